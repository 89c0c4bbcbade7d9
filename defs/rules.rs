//! Rules beyond the schema: what `RelaxNG` cannot say of a domain.
//!
//! A [`Rule`] is one record: its name, why it exists, what to write instead, where that is known from, and the function that
//! finds what is against it. The tables, `--explain` and every finding come from the record. Four families:
//!
//! - [`libvirt`]: what libvirt or QEMU refuses although the schema allows it.
//! - [`floor`]: names that are newer than the releases a document is meant for ([`introduced`](crate::introduced) lists them).
//! - [`mistake`]: what nothing refuses, and nobody can have meant.
//! - [`portable`]: what ties a machine to one host, or keeps it from being saved or moved.
//!
//! `tests/rules/FAMILY/NAME/` has documents that are against each rule and near twins that are not; `tests/rules.rs` hands
//! them to real libvirt and QEMU.
//!
//! A rule never decides whether a document is valid: a missing rule is better than one that is wrong about a document that
//! libvirt accepts.

mod blocks;
mod candidates;
pub mod floor;
pub mod libvirt;
pub mod mistake;
mod places;
pub mod portable;
mod refusal;
mod subject;
mod target;
mod violation;

use roxmltree::Document;
use serde::Serialize;

use crate::platforms::Hypervisor;
use crate::version::Since;
pub use blocks::{Blocks, disagreements};
pub use refusal::{At, Refusal, Until};
pub use subject::{Examined, Subject};
use subject::{child, child_value, is_on};
pub use target::Target;
pub use violation::Violation;
use violation::repeated;

/// Something a domain should not have.
#[derive(Debug)]
pub struct Rule {
    /// What it is about, and what being against it means.
    pub family: Family,
    /// Its name in the family.
    pub name: &'static str,
    /// Why, in a sentence or two.
    pub why: &'static str,
    /// What to do instead; completes "Instead: ….".
    pub help: &'static str,
    /// Where this is known from.
    pub source: &'static str,
    /// What in a domain is against it.
    pub find: fn(&Subject) -> Vec<Violation>,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// libvirt or QEMU refuses it.
    Libvirt(Refusal),
    /// Nothing refuses it, and nobody can have meant it.
    Mistake,
    /// It is newer than the releases the document is meant for.
    Floor,
    /// It ties the machine to its host, or blocks something while the machine runs.
    Portable(Option<Blocks>),
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

/// A violation, and what it means for this document.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that is violated.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What and where.
    pub violation: Violation,
}

/// Every rule, in the order of the tables.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let libvirt = libvirt::RULES.into_iter().flatten().copied().flatten();
    libvirt.chain(mistake::RULES).chain(floor::RULES).chain(portable::RULES.iter().copied().flatten())
}

/// How many violations of one rule are reported: as many as somebody would read.
const MOST: usize = 10;

/// Judges a domain, a network or a volume by every rule for such a document; in any other, nothing is found. Of many violations
/// of one rule, the first few are reported, with the number of the others; of a portable rule, only the first.
#[must_use]
pub fn judge(document: &Document, target: Target) -> Vec<Finding> {
    judge_by(document, target, |_| true)
}

/// Judges a document by those rules that are asked for.
#[must_use]
pub fn judge_by(document: &Document, target: Target, is_asked: impl Fn(&Rule) -> bool) -> Vec<Finding> {
    let root = document.root_element();
    let name = root.tag_name().name();
    if !candidates::are_about(name) {
        return Vec::new();
    }
    let subject = Subject::new(root, target);
    // libvirt's other drivers (Cloud Hypervisor, Xen, LXC, bhyve, ...) refuse other things.
    let typed = matches!(root.attribute("type"), Some("kvm" | "qemu"));
    let qemu = typed && target.hypervisor.is_none_or(Hypervisor::is_judged);
    let mut findings = Vec::new();
    for rule in candidates::of(&subject) {
        let Some(severity) = rule.severity(target.floor) else { continue };
        let is_foreign = matches!(rule.family, Family::Libvirt(_)) && name == "domain" && !qemu;
        if is_foreign || !is_asked(rule) {
            continue;
        }
        let mut violations = (rule.find)(&subject);
        let kept = if rule.is_portable() { 1 } else { MOST };
        if violations.len() > kept {
            let more = violations.len() - kept;
            violations.truncate(kept);
            violations[kept - 1].message = format!("{}, and {more} more like it", violations[kept - 1].message);
        }
        findings.extend(violations.into_iter().map(|violation| Finding { rule, severity, violation }));
    }
    findings
}

impl Rule {
    /// `family/name`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.family.name(), self.name)
    }

    /// Whether it belongs to the family `portable`.
    #[must_use]
    pub fn is_portable(&self) -> bool {
        matches!(self.family, Family::Portable(_))
    }

    /// What a running machine cannot do because of it.
    #[must_use]
    pub fn blocks(&self) -> Option<Blocks> {
        match self.family {
            Family::Portable(blocks) => blocks,
            Family::Libvirt(_) | Family::Mistake | Family::Floor => None,
        }
    }

    /// Why it exists, and what happens to a machine that is against it.
    #[must_use]
    pub fn note(&self) -> String {
        match self.family {
            Family::Libvirt(refusal) => format!("{} It is {refusal}.", self.why),
            Family::Portable(Some(blocks)) => format!("{} {blocks}", self.why),
            Family::Mistake | Family::Floor | Family::Portable(None) => self.why.to_owned(),
        }
    }

    /// How bad it is for a document that is meant for `floor` and later releases; `None` if none of them is affected.
    #[must_use]
    pub fn severity(&self, floor: Since) -> Option<Severity> {
        match self.family {
            Family::Libvirt(refusal) => refusal.severity(floor),
            Family::Portable(Some(blocks)) if !blocks.applies_to(floor) => None,
            Family::Mistake | Family::Floor | Family::Portable(_) => Some(Severity::Warning),
        }
    }
}

impl Family {
    /// The families' names.
    pub const NAMES: [&str; 4] = ["libvirt", "mistake", "floor", "portable"];

    /// The root element of the documents that it is about.
    #[must_use]
    pub const fn root(self) -> &'static str {
        match self {
            Family::Libvirt(refusal) => refusal.root,
            Family::Mistake | Family::Floor | Family::Portable(_) => "domain",
        }
    }

    /// What ids begin with.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Family::Libvirt(_) => Family::NAMES[0],
            Family::Mistake => Family::NAMES[1],
            Family::Floor => Family::NAMES[2],
            Family::Portable(_) => Family::NAMES[3],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a rule says of a domain with so many copies of an element in `<clock>` or `<devices>`.
    fn messages(rule: &str, element: &str, copies: usize) -> Vec<String> {
        let all = element.repeat(copies);
        let text = format!("<domain type='kvm'><clock>{all}</clock><devices>{all}</devices></domain>");
        let findings = judge(&Document::parse(&text).unwrap(), Target::default()).into_iter();
        findings.filter(|finding| finding.rule.id() == rule).map(|finding| finding.violation.message).collect()
    }

    #[test]
    fn of_many_violations_the_first_are_reported_and_the_others_counted() {
        let timers = |copies| messages("libvirt/timer-platform", "<timer name='platform'/>", copies);
        let (few, many) = (timers(MOST), timers(MOST + 2));
        assert_eq!((few.len(), many.len()), (MOST, MOST));
        assert_eq!(few[..MOST - 1], many[..MOST - 1]);
        assert_eq!(many[MOST - 1], format!("{}, and 2 more like it", few[MOST - 1]));
        let crypto = |copies| messages("portable/crypto", "<crypto model='virtio'/>", copies);
        assert_eq!(crypto(3), [format!("{}, and 2 more like it", crypto(1)[0])]);
    }
}
