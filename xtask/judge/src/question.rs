//! What a user asks of the rules: for which releases and connection, and which findings are errors or left out.

use std::collections::BTreeSet;
use std::str::FromStr;

use domain_definitions::introduced::INTRODUCED;
use domain_definitions::platforms::{Address, AddressError};
use domain_definitions::rules::{Family, Finding, Rule, Severity, Target, rules};
use memchr::memmem;
use roxmltree::Document;
pub use xtask::floor::Floor;

use crate::explain::similar;
use crate::kind::Kind;

/// What a user asks.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The oldest releases the documents are meant for, if the user says so.
    pub floor: Option<Floor>,
    /// The driver and the connection they are meant for, if the user says so.
    pub connection: Option<Address>,
    /// Families whose findings are errors.
    pub deny: &'a [String],
    /// Rules and families whose findings are left out.
    pub allow: &'a [Allowed],
}

impl Question<'_> {
    /// What one document is judged for; `None` is a document that cannot be asked.
    #[must_use]
    pub fn target(&self, document: Option<&Document>) -> Target {
        let mut target = document.map(Target::stated).unwrap_or_default();
        if let Some(floor) = self.floor {
            target.floor = floor.or(target.floor);
        }
        if let Some(Address { hypervisor, connection }) = self.connection {
            target.hypervisor = Some(hypervisor);
            target.connection = Some(connection);
        }
        target
    }

    /// Whether the user has findings of this name left out.
    #[must_use]
    pub fn allows(&self, id: &str) -> bool {
        self.allow.iter().any(|allowed| allowed.0 == id)
    }

    /// Whether the user wants to know what is against a rule.
    #[must_use]
    pub fn asks(&self, rule: &Rule) -> bool {
        !self.allow.iter().any(|allowed| allowed.covers(rule))
    }

    /// How bad a finding is for this user; `None` if it is to be left out because the document itself states it in its header,
    /// which is what stands before the root element.
    #[must_use]
    pub fn severity(&self, finding: &Finding, header: &str) -> Option<Severity> {
        if self.deny.iter().any(|family| family == finding.rule.family.name()) {
            return Some(Severity::Error);
        }
        let known = finding.rule.is_portable() && states(header, finding.rule);
        (!known).then_some(finding.severity)
    }
}

/// Whether a comment in the header has the rule in its list (`- portable/gl: …`), as the headers of this project's
/// definitions do. The author then knows already.
fn states(header: &str, rule: &Rule) -> bool {
    let item = format!("- {}:", rule.id());
    memmem::find_iter(header.as_bytes(), &item).any(|at| {
        let before = &header[..at];
        before.rfind("<!--") > before.rfind("-->")
    })
}

/// A rule or a family that a user allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(String);

impl Allowed {
    fn covers(&self, rule: &Rule) -> bool {
        let (family, name) = (rule.family.name(), rule.name);
        self.0.split_once('/').map_or(self.0 == family, |(of, only)| of == family && only == name)
    }
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Allowed, String> {
        if text == "asked" || text.starts_with("asked/") {
            return Err("what libvirt itself refuses cannot be allowed; without --ask, it is not asked".to_owned());
        }
        if let Some(kind) = Kind::ALL.iter().find(|kind| kind.id() == text)
            && kind.severity() == Severity::Warning
        {
            return Ok(Allowed(text.to_owned()));
        }
        if Kind::ALL.iter().any(|kind| kind.id() == text) || text == "schema" || text == "input" {
            return Err("what libvirt's schema rejects cannot be allowed: libvirt rejects it as well".to_owned());
        }
        if Family::NAMES.contains(&text) || rules().any(|rule| rule.id() == text) {
            return Ok(Allowed(text.to_owned()));
        }
        Err(NoRule::new(text).to_string())
    }
}

/// The driver and the connection at an address of libvirt's.
///
/// # Errors
///
/// When it is none that definitions are made for.
pub fn connection(address: &str) -> Result<Address, AddressError> {
    address.parse()
}

/// How many names are suggested.
const NEAR: usize = 6;

/// There is no rule of a name.
#[derive(Debug, thiserror::Error)]
#[error("there is no rule called {name}; {}", .meant)]
pub struct NoRule {
    name: String,
    meant: String,
}

impl NoRule {
    fn new(name: &str) -> NoRule {
        // The part behind the family decides: users leave out the family, or name another.
        let last = |id: &str| id.rsplit('/').next().unwrap_or(id).to_owned();
        let names: BTreeSet<_> = ids().map(|id| last(&id)).collect();
        let word = last(name);
        let near: Vec<_> = match similar(&word, &names) {
            Some(meant) => ids().filter(|id| last(id) == *meant).collect(),
            // Else those that have the word in their names.
            None => ids().filter(|id| last(id).split('-').any(|part| part == word)).take(NEAR).collect(),
        };
        let meant = match near[..] {
            [] => "`cargo xtask validate --explain` lists them".to_owned(),
            _ => format!("did you mean {}?", near.join(" or ")),
        };
        NoRule { name: name.to_owned(), meant }
    }
}

/// The names of all rules, families and kinds.
fn ids() -> impl Iterator<Item = String> {
    let others = Kind::ALL.iter().map(|kind| kind.id()).chain(Family::NAMES);
    others.map(str::to_owned).chain(rules().map(Rule::id))
}

/// The names of all kinds and rules, each with the first sentence of its explanation.
#[must_use]
pub fn list() -> String {
    let kinds = Kind::ALL.iter().map(|kind| (kind.to_string(), kind.meaning()));
    let all: Vec<_> = kinds.chain(rules().map(|rule| (rule.id(), rule.why))).collect();
    let width = all.iter().map(|(id, _)| id.len()).max().unwrap_or_default();
    let first = |what: &'static str| what.split_once(". ").map_or(what, |(first, _)| first).trim_end_matches('.');
    let lines: Vec<_> = all.iter().map(|(id, what)| format!("{id:width$}  {}\n", first(what))).collect();
    lines.concat()
}

/// The explanation of a rule, a family of rules, or a kind.
///
/// # Errors
///
/// When there is none of this name.
pub fn explained(id: &str) -> Result<String, NoRule> {
    if let Some(kind) = Kind::ALL.iter().find(|kind| kind.id() == id) {
        return Ok(format!("{id}\n\n{}\n\n{}\n", kind.meaning(), kind.consequence()));
    }
    if Family::NAMES.contains(&id) {
        let ids = rules().filter(|rule| rule.family.name() == id).map(|rule| format!("  {}\n", rule.id()));
        return Ok(format!("{id} is a family of rules:\n{}", ids.collect::<String>()));
    }
    // Without its family, a name that only one has is as good.
    let mut called = ids().filter(|known| !id.contains('/') && known.rsplit('/').next() == Some(id));
    if let (Some(only), None) = (called.next(), called.next()) {
        return explained(&only);
    }
    let rule = rules().find(|rule| rule.id() == id).ok_or_else(|| NoRule::new(id))?;
    let what = consequence(rule);
    Ok(format!("{id}\n\n{}\n\nInstead: {}.\n\n{what}\n\nSource: {}\n", rule.why, rule.help, rule.source))
}

/// What breaking a rule means.
fn consequence(rule: &Rule) -> String {
    match rule.family {
        Family::Libvirt(refusal) => {
            let capital = refusal.to_string().replacen('r', "R", 1);
            format!("{capital}, with a message that contains:\n  {}", refusal.says)
        }
        Family::Mistake => "A warning, unless --deny mistake makes it an error.".to_owned(),
        Family::Floor => {
            let names = INTRODUCED.iter().filter(|newer| newer.at.tail().kind() == rule.name);
            let lines: Vec<_> = names.map(|newer| format!("  {}: {}", newer.at, newer.since)).collect();
            format!(
                "A warning, unless --deny floor makes it an error. What came after this project's floor:\n{}",
                lines.join("\n")
            )
        }
        Family::Portable(blocks) => {
            let blocks = blocks.map(|blocks| format!("{blocks}\n\n")).unwrap_or_default();
            format!("{blocks}A warning, unless --deny portable makes it an error.")
        }
    }
}
