//! Which release of libvirt schemas are of.
//!
//! Schemas do not say so. But the since-table ([`domain_definitions::newer`]) has the release that each name came with: schemas
//! are at least as new as the newest name they have, and older than the next name, which they lack.

use std::fmt;
use std::iter;

use domain_definitions::Version;
use domain_definitions::newer::NEWER;
use domain_definitions::version::ALWAYS;

use crate::grammar::Grammar;

/// The release of libvirt that schemas are of, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Their name says it.
    Named(Version),
    /// The names in them tell.
    Between {
        /// The oldest release that it can be; [`ALWAYS`] if it is older than all that the since-table knows.
        from: Version,
        /// The first release that it cannot be, if there is one in the since-table.
        before: Option<Version>,
    },
}

impl Release {
    /// What the names in the schema for domains tell.
    #[must_use]
    pub fn of(grammar: &Grammar) -> Release {
        let shown = NEWER.iter().filter(|newer| is_shown(newer.at));
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

/// Whether schemas show by a name of the since-table how new they are: by an element or attribute in one place. Values need
/// not be listed in a schema, or old schemas allow them already; and what is new for some elements of a name may be old for
/// the others.
fn is_shown(at: &str) -> bool {
    !at.starts_with("//") && !at.contains(['[', '=', '*'])
}

/// Whether the schema has a name: `devices/crypto`, `devices/sound/@streams`.
fn knows(grammar: &Grammar, at: &str) -> bool {
    let (path, attribute) = at.rsplit_once("/@").map_or((at, None), |(path, name)| (path, Some(name)));
    let path: Vec<_> = iter::once("domain").chain(path.split('/')).collect();
    let element = grammar.describe(&path);
    match attribute {
        None => !element.is_empty(),
        Some(name) => grammar.attributes(&element).0.contains(name),
    }
}
