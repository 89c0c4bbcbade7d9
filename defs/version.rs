//! Release numbers of libvirt and QEMU, and the oldest pair the plain definitions promise to work with.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// A release of libvirt or QEMU. Ordered as releases are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u16,
    minor: u16,
    patch: u16,
}

/// Short constructor, so that a version in a record reads like one: `v(8, 6, 0)`.
#[must_use]
pub const fn v(major: u16, minor: u16, patch: u16) -> Version {
    Version { major, minor, patch }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Why a text is not a release number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionError(String);

// By hand, because the embedded catalogue has no dependencies.
impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a release number; write two or three numbers separated by dots, like 9.0 or 9.0.0",
            self.0
        )
    }
}

impl Error for VersionError {}

/// `9.0` is 9.0.0.
impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Version, VersionError> {
        let wrong = || VersionError(text.to_owned());
        let numbers: Result<Vec<u16>, _> = text.split('.').map(str::parse).collect();
        match numbers.map_err(|_| wrong())?[..] {
            [major, minor] => Ok(v(major, minor, 0)),
            [major, minor, patch] => Ok(v(major, minor, patch)),
            _ => Err(wrong()),
        }
    }
}

/// The first releases that understand something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// First libvirt release whose schema and parser know the element, attribute or value.
    pub libvirt: Version,
    /// First QEMU release that has what libvirt asks it for.
    pub qemu: Version,
}

/// Short constructor for [`Since`]: libvirt first, QEMU second.
#[must_use]
pub const fn since(libvirt: Version, qemu: Version) -> Since {
    Since { libvirt, qemu }
}

impl Since {
    /// The releases that understand both.
    #[must_use]
    pub fn and(self, other: Since) -> Since {
        Since { libvirt: self.libvirt.max(other.libvirt), qemu: self.qemu.max(other.qemu) }
    }

    /// Whether everything that needs `self` works on the pair `floor`.
    #[must_use]
    pub fn within(self, floor: Since) -> bool {
        self.and(floor) == floor
    }
}

/// "libvirt 8.6.0 and QEMU 7.0.0", or the one of them that matters.
impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Since { libvirt: ALWAYS, qemu: ALWAYS } => f.write_str("any release"),
            Since { libvirt, qemu: ALWAYS } => write!(f, "libvirt {libvirt}"),
            Since { libvirt: ALWAYS, qemu } => write!(f, "QEMU {qemu}"),
            Since { libvirt, qemu } => write!(f, "libvirt {libvirt} and QEMU {qemu}"),
        }
    }
}

/// Stands in [`Since`] for what is older than any release still in use, and for the program that has nothing to do with it.
pub const ALWAYS: Version = v(0, 0, 0);

/// The oldest pair of releases that every definition works with unless its name says otherwise.
///
/// libvirt 8.6.0 is where `<os firmware='efi'>` with `<feature>`s became enough to choose Secure Boot (before it, a
/// `<loader secure=…>` was needed as well; libvirt's `docs/kbase/secureboot.rst`). QEMU 7.0.0 is of the same year, and the
/// oldest that this project has examined.
pub const FLOOR: Since = since(v(8, 6, 0), v(7, 0, 0));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_as_it_is_written() {
        assert_eq!("9.0".parse(), Ok(v(9, 0, 0)));
        assert_eq!(v(10, 1, 2).to_string().parse(), Ok(v(10, 1, 2)));
        for wrong in ["", "9", "9.0.0.0", "9.x", "-9.0", "9.0.70000"] {
            let error = wrong.parse::<Version>().unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{wrong}` is not a release number; ")), "{error}");
        }
    }
}
