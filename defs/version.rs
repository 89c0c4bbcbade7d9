//! Release numbers of libvirt, QEMU and Linux, and the oldest ones the plain definitions promise to work with.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// A release of libvirt, QEMU or Linux. Ordered as releases are.
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

/// `9.0.0`; the short form, `{:#}`, is `9.0`, as releases of Linux are called.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if f.alternate() { Ok(()) } else { write!(f, ".{}", self.patch) }
    }
}

impl Version {
    /// The release of a kernel that calls itself `6.12.57+deb13-amd64` (`uname -r`): 6.12, since what comes with later
    /// numbers is fixes alone.
    #[must_use]
    pub fn of_kernel(name: &str) -> Option<Version> {
        let mut numbers = name.split(|other: char| !other.is_ascii_digit()).map(str::parse);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some(v(major, minor, 0)),
            _ => None,
        }
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
    /// First release of the host's Linux whose KVM has what the hypervisor asks it for; see [`Since::on_linux`].
    pub linux: Version,
}

/// Short constructor for [`Since`]: libvirt first, QEMU second; any Linux.
#[must_use]
pub const fn since(libvirt: Version, qemu: Version) -> Since {
    Since { libvirt, qemu, linux: ALWAYS }
}

impl Since {
    /// The same, on a host with at least this Linux: `since(…).on_linux(6, 2)`.
    ///
    /// What Linux 5.14 has need not be stated: no distribution with the libvirt of [`FLOOR`] has an older kernel (RHEL 9 and
    /// openSUSE Leap 15.5 have this one).
    #[must_use]
    pub const fn on_linux(self, major: u16, minor: u16) -> Since {
        Since { linux: v(major, minor, 0), ..self }
    }

    /// What is left of it where QEMU emulates the processor: the kernel's part is KVM's.
    #[must_use]
    pub const fn emulated(self) -> Since {
        Since { linux: ALWAYS, ..self }
    }

    /// The releases that understand both.
    #[must_use]
    pub fn and(self, other: Since) -> Since {
        Since {
            libvirt: self.libvirt.max(other.libvirt),
            qemu: self.qemu.max(other.qemu),
            linux: self.linux.max(other.linux),
        }
    }

    /// Whether everything that needs `self` works on the releases `floor`.
    #[must_use]
    pub fn within(self, floor: Since) -> bool {
        self.and(floor) == floor
    }
}

/// "libvirt 11.0.0, QEMU 7.1.0 and Linux 6.2", or those of them that matter.
impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Since { libvirt, qemu, linux } = *self;
        let programs = [(libvirt, format!("libvirt {libvirt}")), (qemu, format!("QEMU {qemu}"))];
        let all = programs.into_iter().chain([(linux, format!("Linux {linux:#}"))]);
        let told: Vec<_> = all.filter(|(release, _)| *release != ALWAYS).map(|(_, told)| told).collect();
        match told.as_slice() {
            [] => f.write_str("any release"),
            [one] => f.write_str(one),
            [others @ .., last] => write!(f, "{} and {last}", others.join(", ")),
        }
    }
}

/// Stands in [`Since`] for what is older than any release still in use, and for the program that has nothing to do with it.
pub const ALWAYS: Version = v(0, 0, 0);

/// The oldest releases that every definition works with unless its name says otherwise.
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

    #[test]
    fn a_kernel_is_of_the_release_that_its_name_begins_with() {
        for name in ["6.12", "6.12.57+deb13-amd64", "6.12.0-rc3", "6.12-arch1"] {
            assert_eq!(Version::of_kernel(name), Some(v(6, 12, 0)), "{name}");
        }
        for wrong in ["", "6", "six.two", "6.x", "99999.1"] {
            assert_eq!(Version::of_kernel(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn of_several_floors_each_number_counts_and_what_matters_is_told() {
        let (old, new) = (since(v(9, 0, 0), v(8, 1, 0)), since(v(11, 2, 0), v(7, 1, 0)).on_linux(6, 2));
        assert_eq!(old.and(new), since(v(11, 2, 0), v(8, 1, 0)).on_linux(6, 2));
        assert!(old.within(old.and(new)) && new.within(old.and(new)));
        // Each of the three alone is enough to be above.
        for above in [since(v(9, 0, 1), ALWAYS), since(ALWAYS, v(8, 2, 0)), since(ALWAYS, ALWAYS).on_linux(5, 15)] {
            assert!(!above.within(old), "{above}");
        }
        assert!(new.emulated().and(old) == since(v(11, 2, 0), v(8, 1, 0)));
        let none = since(ALWAYS, ALWAYS);
        let told = [none, since(v(9, 0, 0), ALWAYS), since(ALWAYS, v(8, 1, 0)), none.on_linux(6, 2), old, new];
        let words = [
            "any release",
            "libvirt 9.0.0",
            "QEMU 8.1.0",
            "Linux 6.2",
            "libvirt 9.0.0 and QEMU 8.1.0",
            "libvirt 11.2.0, QEMU 7.1.0 and Linux 6.2",
        ];
        assert_eq!(told.map(|floor| floor.to_string()), words);
    }
}
