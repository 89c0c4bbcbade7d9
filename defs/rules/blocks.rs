//! What a running machine cannot do because of something it has.

use std::fmt;

use super::{Rule, Until};
use crate::version::Since;

/// What a running machine cannot do because of something it has, and how the user learns of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Whether it cannot be saved and restored: `virsh save`, `managedsave`, snapshots with memory. What cannot be saved
    /// cannot be migrated either.
    pub save: bool,
    /// Parts of what QEMU (`query-migrate`) or libvirt says then, one of them at a time, with `…` for what differs from machine
    /// to machine; none where nothing is said.
    pub says: &'static [&'static str],
    /// The first release with which it can.
    pub until: Option<Until>,
}

impl Blocks {
    /// Whether this pair of releases has the limit.
    #[must_use]
    pub fn applies_to(self, releases: Since) -> bool {
        !self.until.is_some_and(|until| until.is_reached(releases))
    }

    /// Whether a message of QEMU's or libvirt's is about this.
    fn explains(self, message: &str) -> bool {
        self.says.iter().any(|said| {
            let rest = said.split('…').try_fold(message, |rest, part| Some(rest.split_once(part)?.1));
            rest.is_some()
        })
    }
}

/// Where rules and a pair of releases disagree about a machine: `ties` are the rules it is against, `said` is what QEMU
/// (`query-migrate`) or libvirt says against saving or moving it.
#[must_use]
pub fn disagreements(ties: &[&Rule], releases: Since, said: &[&str]) -> Vec<String> {
    let stated: Vec<_> = ties.iter().filter_map(|rule| Some((rule, rule.blocks()?))).collect();
    let stated: Vec<_> =
        stated.into_iter().filter(|(_, blocks)| blocks.applies_to(releases) && !blocks.says.is_empty()).collect();
    let unstated = said.iter().filter(|said| !stated.iter().any(|(_, blocks)| blocks.explains(said)));
    let unstated = unstated.map(|said| format!("no rule states {said:?}"));
    let unsaid = stated.iter().filter(|(_, blocks)| !said.iter().any(|said| blocks.explains(said)));
    let unsaid = unsaid.map(|(rule, blocks)| format!("{} states {:?}, which nobody says", rule.id(), blocks.says));
    unstated.chain(unsaid).collect()
}

/// A sentence: "A running machine with it can be neither saved nor migrated (`virgl is not yet migratable`)."
impl fmt::Display for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(until) => write!(f, "Before {until}, a")?,
            None => write!(f, "A")?,
        }
        let limit = if self.save { "can be neither saved nor migrated" } else { "cannot be migrated" };
        write!(f, " running machine with it {limit}")?;
        match self.says.first() {
            Some(says) => write!(f, " (`{says}`)."),
            None => write!(f, "."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::rules;
    use crate::version::{since, v};

    #[test]
    fn rules_and_messages_are_held_against_each_other() {
        let [crypto, vdagent, uuid] = ["crypto", "vdagent", "uuid"]
            .map(|name| rules().find(|rule| rule.is_portable() && rule.name == name).unwrap());
        let (old, new) = (since(v(11, 3, 0), v(10, 0, 0)), since(v(12, 8, 0), v(11, 1, 0)));
        let said = "non-migratable device: 0000:00:01.0/virtio-crypto";
        assert!(disagreements(&[crypto, uuid], old, &[said]).is_empty());
        assert_eq!(disagreements(&[uuid], old, &[said]).len(), 1);
        assert_eq!(disagreements(&[crypto], old, &["non-migratable device: 0000:00:01.0/usb-audio"]).len(), 2);
        assert_eq!(disagreements(&[vdagent], old, &[]).len(), 1);
        assert!(disagreements(&[vdagent], new, &[]).is_empty());
    }
}
