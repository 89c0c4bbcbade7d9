//! Rules beyond the schema: what `RelaxNG` cannot say of a domain.
//!
//! A [`Rule`] is one record: what it is called, why it is there, where that is known from, what to do, and the function
//! that finds what is against it. The README's table, `--explain` and every finding come from the record. Three families:
//!
//! - [`libvirt`]: what libvirt or QEMU refuses although the schema allows it. Each condition was tried on real releases;
//!   `tests/rules/` has a document that is refused and one that is accepted for each, and CI hands them to libvirt.
//! - [`floor`]: names that came after the releases a document is meant for ([`newer`](crate::newer) knows them).
//! - [`portable`]: what ties a machine to one host, or keeps it from being saved or moved.
//!
//! No rule is ever the judge of validity: rather none than one that is wrong about a document libvirt accepts.

pub mod floor;
pub mod libvirt;
pub mod portable;
mod subject;
mod target;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use roxmltree::{Attribute, Document, Node};
use serde::Serialize;

use crate::locate::start_tag;
use crate::platforms::Hypervisor;
use crate::version::{ALWAYS, Since, Version};
pub use subject::Subject;
use subject::{child, child_value, is_on};
pub use target::Target;

/// Something a domain should not have.
#[derive(Debug)]
pub struct Rule {
    /// What it is about, and what being against it means.
    pub family: Family,
    /// Its name in the family.
    pub name: &'static str,
    /// Why, in a sentence or two.
    pub why: &'static str,
    /// What to do instead.
    pub repair: &'static str,
    /// Where this is known from.
    pub source: &'static str,
    /// What in a domain is against it.
    pub find: fn(&Subject) -> Vec<Fault>,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// libvirt or QEMU refuses it.
    Libvirt(Refusal),
    /// It is newer than the releases the document is meant for.
    Floor,
    /// It ties the machine to its host.
    Portable,
}

/// How and by which releases something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// When the user learns of it.
    pub at: At,
    /// A part of what libvirt says then.
    pub says: &'static str,
    /// The first libvirt release that refuses it; [`ALWAYS`] if all do that are in use.
    pub from: Version,
    /// The first release that accepts it again.
    pub until: Option<Until>,
    /// Whether it depends on what is installed on the host; then it is never more than a warning.
    pub by_host: bool,
}

/// The first release, of the one or of the other program, that accepts something again. Where that is not known, the first
/// after the last that was seen to refuse it: rather silence than a false alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Of libvirt.
    Libvirt(Version),
    /// Of QEMU.
    Qemu(Version),
}

/// A step in the life of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// `virsh define`.
    Define,
    /// `virsh start`.
    Start,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It may not work everywhere.
    Warning,
    /// It does not work.
    Error,
}

/// Something against a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Bytes of the text that are at fault.
    pub span: Range<usize>,
    /// What is wrong, with the names that stand in the document.
    pub message: String,
    /// Another place that matters, and why.
    pub context: Option<(Range<usize>, String)>,
}

/// A fault, and what it means for this document.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule it is against.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What and where.
    pub fault: Fault,
}

/// Every rule, in the order of the README's table.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    libvirt::RULES.iter().copied().flatten().chain(floor::RULES).chain(portable::RULES)
}

/// How often one rule is told of one document: as often as somebody would read it.
const MOST: usize = 10;

/// Judges a domain by every rule. Nothing is found in a document that is no domain. Of what a document has against a rule
/// in many places, the first few are told with the number of the others; for [`Family::Portable`] the first one.
#[must_use]
pub fn judge(document: &Document, target: Target) -> Vec<Finding> {
    let root = document.root_element();
    if root.tag_name().name() != "domain" {
        return Vec::new();
    }
    let subject = Subject::new(root, target);
    // libvirt's other drivers (Cloud Hypervisor, Xen, LXC, bhyve, ...) refuse other things.
    let typed = matches!(root.attribute("type"), Some("kvm" | "qemu"));
    let qemu = typed && target.hypervisor.is_none_or(Hypervisor::is_judged);
    let mut findings = Vec::new();
    for rule in rules() {
        let Some(severity) = rule.severity(target.floor) else { continue };
        if matches!(rule.family, Family::Libvirt(_)) && !qemu {
            continue;
        }
        let mut faults = (rule.find)(&subject);
        let kept = if rule.family == Family::Portable { 1 } else { MOST };
        if faults.len() > kept {
            let more = faults.len() - kept;
            faults.truncate(kept);
            faults[kept - 1].message = format!("{}, and {more} more like it", faults[kept - 1].message);
        }
        findings.extend(faults.into_iter().map(|fault| Finding { rule, severity, fault }));
    }
    findings
}

impl Rule {
    /// `family/name`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.family.name(), self.name)
    }

    /// Why it is there, and who refuses what is against it.
    #[must_use]
    pub fn note(&self) -> String {
        match self.family {
            Family::Libvirt(refusal) => format!("{} It is {refusal}.", self.why),
            Family::Floor | Family::Portable => self.why.to_owned(),
        }
    }

    /// How bad it is for a document that is meant for `floor` and what came after it; `None` if no such release minds.
    #[must_use]
    pub fn severity(&self, floor: Since) -> Option<Severity> {
        match self.family {
            Family::Libvirt(refusal) => refusal.severity(floor),
            Family::Floor | Family::Portable => Some(Severity::Warning),
        }
    }
}

impl Family {
    /// The families' names.
    pub const NAMES: [&str; 3] = ["libvirt", "floor", "portable"];

    /// What ids begin with.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Family::Libvirt(_) => Family::NAMES[0],
            Family::Floor => Family::NAMES[1],
            Family::Portable => Family::NAMES[2],
        }
    }
}

impl Refusal {
    /// Whether a pair of releases refuses it.
    #[must_use]
    pub fn names(self, releases: Since) -> bool {
        self.from <= releases.libvirt && !self.is_over(releases)
    }

    /// Whether a pair of releases, and so every later one, accepts it again.
    fn is_over(self, releases: Since) -> bool {
        match self.until {
            None => false,
            Some(Until::Libvirt(until)) => until <= releases.libvirt,
            Some(Until::Qemu(until)) => until <= releases.qemu,
        }
    }

    /// Where every release from `floor` on refuses to define it, it is an error; where only some do, or it is found out when
    /// the machine starts, a warning.
    fn severity(self, floor: Since) -> Option<Severity> {
        if self.is_over(floor) {
            return None;
        }
        let by_all = self.from <= floor.libvirt && self.until.is_none() && !self.by_host;
        Some(if by_all && self.at == At::Define { Severity::Error } else { Severity::Warning })
    }
}

/// Who refuses it, and when: "refused at define by libvirt 11.9.0 and later".
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = match self.at {
            At::Define => "define",
            At::Start => "start",
        };
        write!(f, "refused at {at} by ")?;
        match (self.from == ALWAYS, self.until) {
            (true, None) => write!(f, "every release"),
            (true, Some(until)) => write!(f, "releases before {until}"),
            (false, None) => write!(f, "libvirt {} and later", self.from),
            (false, Some(until)) => write!(f, "libvirt {} and later, before {until}", self.from),
        }
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Until::Libvirt(version) => write!(f, "libvirt {version}"),
            Until::Qemu(version) => write!(f, "QEMU {version}"),
        }
    }
}

impl Fault {
    /// An element, marked at its start tag.
    fn at(node: Node, message: impl Into<String>) -> Fault {
        Fault { span: start_tag(node), message: message.into(), context: None }
    }

    /// An attribute, marked with its value; the element, if it is not there.
    fn at_attribute(node: Node, name: &str, message: impl Into<String>) -> Fault {
        let span = node.attribute_node(name).map_or_else(|| start_tag(node), |attribute: Attribute| attribute.range());
        Fault { span, message: message.into(), context: None }
    }

    /// What an element contains.
    fn at_text(node: Node, message: impl Into<String>) -> Fault {
        let span = node.first_child().map_or_else(|| start_tag(node), |text| text.range());
        Fault { span, message: message.into(), context: None }
    }

    /// Shows another place as well.
    fn with(mut self, node: Node, why: impl Into<String>) -> Fault {
        self.context = Some((start_tag(node), why.into()));
        self
    }
}

/// Each element of which an earlier one has the same key, as a fault at the later one that shows the earlier.
fn repeated<'a, 'input: 'a, K: Ord>(
    nodes: impl IntoIterator<Item = Node<'a, 'input>>,
    key: impl Fn(Node<'a, 'input>) -> Option<K>,
    message: impl Fn(&K) -> String,
) -> Vec<Fault> {
    let mut first: BTreeMap<K, Node> = BTreeMap::new();
    let mut faults = Vec::new();
    for node in nodes {
        let Some(key) = key(node) else { continue };
        match first.get(&key) {
            Some(earlier) => faults.push(Fault::at(node, message(&key)).with(*earlier, "the first one")),
            None => drop(first.insert(key, node)),
        }
    }
    faults
}
