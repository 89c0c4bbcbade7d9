//! The releases that a person names.

use std::str::FromStr;

use domain_definitions::version::VersionError;
use domain_definitions::{Since, Version};

/// Releases as `--floor` takes them: `libvirt=9.0,qemu=7.2`, or one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    libvirt: Option<Version>,
    qemu: Option<Version>,
}

impl Floor {
    /// These releases, and those of `otherwise` that are not named.
    #[must_use]
    pub fn or(self, otherwise: Since) -> Since {
        Since { libvirt: self.libvirt.unwrap_or(otherwise.libvirt), qemu: self.qemu.unwrap_or(otherwise.qemu) }
    }
}

impl FromStr for Floor {
    type Err = String;

    fn from_str(text: &str) -> Result<Floor, String> {
        let mut floor = Floor { libvirt: None, qemu: None };
        for part in text.split(',') {
            let (program, version) = part.split_once('=').ok_or("write it like libvirt=9.0,qemu=7.2")?;
            let version = version.parse().map_err(|error: VersionError| error.to_string())?;
            let slot = match program {
                "libvirt" => &mut floor.libvirt,
                "qemu" => &mut floor.qemu,
                _ => return Err(format!("`{program}` is neither libvirt nor qemu")),
            };
            if slot.replace(version).is_some() {
                return Err(format!("{program} is there twice"));
            }
        }
        Ok(floor)
    }
}
