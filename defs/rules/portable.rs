//! What ties a machine to one host, or keeps it from being saved or moved.
//!
//! None of this is wrong by itself: some of it is the price of a thing worth having, and our own definitions state in their
//! header which of it they pay. What a rule says of saving and moving, `tests/blocks.rs` and `tests/starts.rs` check with QEMU
//! for all that starts paused.

mod host;
mod migration;

use super::{Blocks, Family, Rule, Until};
use crate::version::Version;

/// The rules: what ties to a host, then what blocks saving and moving.
pub static RULES: &[&[Rule]] = &[host::RULES, migration::RULES];

/// It fits one host, or hosts of one kind.
const TIED: Family = Family::Portable(None);

/// It can be neither saved nor moved; QEMU or libvirt says one of these.
const fn unsaved(says: &'static [&'static str]) -> Family {
    Family::Portable(Some(Blocks { save: true, says, until: None }))
}

/// It can be neither saved nor moved with QEMU releases before this one.
const fn unsaved_until_qemu(until: Version, says: &'static [&'static str]) -> Family {
    Family::Portable(Some(Blocks { save: true, says, until: Some(Until::Qemu(until)) }))
}

/// It can be saved, but not moved to a different host; nothing says so.
const UNMOVED: Family = Family::Portable(Some(Blocks { save: false, says: &[], until: None }));
