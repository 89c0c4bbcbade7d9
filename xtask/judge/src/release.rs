//! Finding out which libvirt release schemas belong to.
//!
//! The schemas do not say. But the since-table ([`domain_definitions::introduced`]) knows the release that introduced each name:
//! schemas are at least as new as the newest name they have, and older than the next newer name, which they lack.

use std::fmt;
use std::iter;

use domain_definitions::Version;
use domain_definitions::introduced::INTRODUCED;
use domain_definitions::path::{Tail, XmlPath};
use domain_definitions::version::ALWAYS;

use crate::grammar::Grammar;

/// The libvirt release that schemas belong to, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The user named it.
    Named(Version),
    /// The names in the schemas show it.
    Between {
        /// The oldest release it can be; [`ALWAYS`] if the schemas have no name that the since-table knows.
        from: Version,
        /// The first release it cannot be, if the schemas lack a name.
        before: Option<Version>,
    },
}

impl Release {
    /// Finds the release by the names in the schema for domains.
    #[must_use]
    pub fn of(grammar: &Grammar) -> Release {
        let shown = INTRODUCED.iter().filter(|newer| is_shown(newer.at));
        let (known, unknown): (Vec<_>, Vec<_>) = shown.partition(|newer| knows(grammar, newer.at));
        let from = known.iter().map(|newer| newer.since.libvirt).max().unwrap_or(ALWAYS);
        let before = unknown.iter().map(|newer| newer.since.libvirt).filter(|since| *since > from).min();
        Release::Between { from, before }
    }

    /// Whether it is certainly older than `version`.
    #[must_use]
    pub fn is_before(self, version: Version) -> bool {
        match self {
            Release::Named(named) => named < version,
            Release::Between { before, .. } => before.is_some_and(|before| before <= version),
        }
    }
}

/// `11.3.0`, `11.2.0 or later`, `a release before 8.7.0`.
impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Release::Named(version) => write!(f, "{version}"),
            Release::Between { from: ALWAYS, before: Some(before) } => write!(f, "a release before {before}"),
            Release::Between { from, .. } => write!(f, "{from} or later"),
        }
    }
}

/// Whether an entry of the since-table can date a schema: only an element or an attribute at one place can. A schema may not
/// list a value although it allows it, and an element can be new in one role and old in another.
fn is_shown(at: XmlPath) -> bool {
    at.is_plain() && matches!(at.tail(), Tail::Element | Tail::Attribute(_))
}

/// Whether the schema has a name: `devices/crypto`, `devices/sound/@streams`.
fn knows(grammar: &Grammar, at: XmlPath) -> bool {
    let path: Vec<_> = iter::once("domain").chain(at.steps().map(|step| step.name)).collect();
    let element = grammar.describe(&path);
    match at.tail() {
        Tail::Attribute(name) => grammar.attributes(&element).0.contains(name),
        _ => !element.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use domain_definitions::introduced::Introduced;

    use super::*;

    #[test]
    fn what_a_release_lacks_does_not_make_it_older_than_what_it_has() {
        let shown = || INTRODUCED.iter().filter(|newer| is_shown(newer.at) && newer.at.tail() == Tail::Element);
        let beside = |one: &&Introduced| {
            shown().any(|other| other.since.libvirt == one.since.libvirt && !other.at.covers(one.at))
        };
        let one = shown().find(beside).unwrap();
        let steps: Vec<_> = iter::once("domain").chain(one.at.steps().map(|step| step.name)).collect();
        let element = |inside, name: &&str| format!("<element name='{name}'>{inside}</element>");
        let schema = steps.iter().rev().fold("<empty/>".to_owned(), element);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("domain.rng");
        fs::write(
            &path,
            format!("<grammar xmlns='http://relaxng.org/ns/structure/1.0'><start>{schema}</start></grammar>"),
        )
        .unwrap();
        let Release::Between { from, before } = Release::of(&Grammar::read(&path)) else { panic!("nothing names it") };
        assert_eq!(from, one.since.libvirt);
        assert!(before.is_none_or(|before| before > from), "{from} {before:?}");
    }
}
