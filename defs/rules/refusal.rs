//! How, and by which releases, libvirt or QEMU refuses something.

use std::fmt;

use super::Severity;
use crate::version::ALWAYS;
use crate::version::{Since, Version};

/// How and by which releases something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The root element of the documents that it is about.
    pub root: &'static str,
    /// When the user learns of it.
    pub at: At,
    /// A part of libvirt's message.
    pub says: &'static str,
    /// The first libvirt release that refuses it; [`ALWAYS`] if all releases in use do.
    pub from: Version,
    /// The first release that accepts it again.
    pub until: Option<Until>,
    /// Whether it depends on what is installed on the host; then it is never more than a warning.
    pub by_host: bool,
}

/// The first release of libvirt or QEMU that accepts something again. Where that is not known, the first release after the
/// last one that was seen to refuse it: a missed warning is better than a false one.
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

impl Refusal {
    /// Whether this pair of releases refuses it.
    #[must_use]
    pub fn applies_to(self, releases: Since) -> bool {
        self.from <= releases.libvirt && !self.is_over(releases)
    }

    /// Whether this pair of releases, and so every later one, accepts it again.
    fn is_over(self, releases: Since) -> bool {
        self.until.is_some_and(|until| until.is_reached(releases))
    }

    /// Where every release from `floor` on refuses to define it, an error; where only some do, or where the start fails, a
    /// warning.
    pub(super) fn severity(self, floor: Since) -> Option<Severity> {
        if self.is_over(floor) {
            return None;
        }
        let by_all = self.from <= floor.libvirt && self.until.is_none() && !self.by_host;
        Some(if by_all && self.at == At::Define { Severity::Error } else { Severity::Warning })
    }
}

impl Until {
    /// Whether a pair of releases is that new.
    #[must_use]
    pub fn is_reached(self, releases: Since) -> bool {
        match self {
            Until::Libvirt(until) => until <= releases.libvirt,
            Until::Qemu(until) => until <= releases.qemu,
        }
    }
}

/// Who refuses it, and when: "refused at define by libvirt 11.9.0 and later".
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = match (self.at, self.root) {
            (At::Define, "volume") => "creation",
            (At::Define, _) => "define",
            (At::Start, _) => "start",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::{since, v};

    #[test]
    fn releases_refuse_it_from_the_first_to_the_last() {
        let refusal = |from, until| Refusal { root: "domain", at: At::Define, says: "no", from, until, by_host: false };
        let pair = |libvirt| since(v(libvirt, 0, 0), v(8, 0, 0));
        let bounded = refusal(v(9, 0, 0), Some(Until::Libvirt(v(11, 0, 0))));
        assert_eq!(
            [8, 9, 10, 11, 12].map(|libvirt| bounded.applies_to(pair(libvirt))),
            [false, true, true, false, false]
        );
        let severities = [8, 10, 11].map(|libvirt| bounded.severity(pair(libvirt)));
        assert_eq!(severities, [Some(Severity::Warning), Some(Severity::Warning), None]);
        let by_qemu = |until| refusal(ALWAYS, Some(Until::Qemu(v(until, 0, 0)))).applies_to(pair(9));
        assert_eq!([7, 8, 9].map(by_qemu), [false, false, true]);
        let unbounded = refusal(v(9, 0, 0), None);
        assert!(unbounded.applies_to(pair(9)) && !unbounded.applies_to(pair(8)));
        let severities = [8, 9].map(|libvirt| unbounded.severity(pair(libvirt)));
        assert_eq!(severities, [Some(Severity::Warning), Some(Severity::Error)]);
    }
}
