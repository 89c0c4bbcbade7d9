//! The releases that a person names.

use std::str::FromStr;

use domain_definitions::version::VersionError;
use domain_definitions::{Since, Version};

/// Releases as `--floor` takes them: `libvirt=9.0,qemu=7.2,linux=6.1`, or some of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    libvirt: Option<Version>,
    qemu: Option<Version>,
    linux: Option<Version>,
}

impl Floor {
    /// These releases, and those of `otherwise` that are not named.
    #[must_use]
    pub fn or(self, otherwise: Since) -> Since {
        Since {
            libvirt: self.libvirt.unwrap_or(otherwise.libvirt),
            qemu: self.qemu.unwrap_or(otherwise.qemu),
            linux: self.linux.unwrap_or(otherwise.linux),
        }
    }
}

impl FromStr for Floor {
    type Err = String;

    fn from_str(text: &str) -> Result<Floor, String> {
        let mut floor = Floor { libvirt: None, qemu: None, linux: None };
        for part in text.split(',') {
            let (program, version) = part.split_once('=').ok_or("write it like libvirt=9.0,qemu=7.2,linux=6.1")?;
            let version = version.parse().map_err(|error: VersionError| error.to_string())?;
            let slot = match program {
                "libvirt" => &mut floor.libvirt,
                "qemu" => &mut floor.qemu,
                "linux" => &mut floor.linux,
                _ => return Err(format!("`{program}` is none of libvirt, qemu and linux")),
            };
            if slot.replace(version).is_some() {
                return Err(format!("{program} is there twice"));
            }
        }
        Ok(floor)
    }
}
