//! What machines run on: a hypervisor on an architecture.
//!
//! A guest is an operating system; where it runs is a [`Platform`]. Guests and variants are written in the words of QEMU on
//! a PC, and a platform swaps the groups of decisions that are otherwise on it, like a variant does. Where little would be
//! left, a guest has a [`Profile`](crate::guests::Profile) of its own there instead. So another architecture is a record
//! here, the groups it swaps, and its name in the profiles that make sense on it.

use std::fmt;
use std::str::FromStr;

use crate::connection::Connection;
use crate::domain::Arch;
#[allow(clippy::wildcard_imports, reason = "the groups are the words that these records are written in")]
use crate::groups::*;
use crate::host;
use crate::machine::Place;
use crate::needs::{self, HostRequirement};
use crate::version::{ALWAYS, FLOOR, Since, since, v};

/// A hypervisor that libvirt has a driver for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hypervisor {
    /// QEMU with KVM.
    Qemu,
    /// Cloud Hypervisor, with KVM as well: machines without a screen, of virtio devices alone.
    CloudHypervisor,
}

impl Hypervisor {
    /// Both of them.
    pub const ALL: [Hypervisor; 2] = [Hypervisor::Qemu, Hypervisor::CloudHypervisor];

    /// The address of its driver.
    #[must_use]
    pub const fn uri(self, connection: Connection) -> &'static str {
        match (self, connection) {
            (Hypervisor::Qemu, Connection::Session) => "qemu:///session",
            (Hypervisor::Qemu, Connection::System) => "qemu:///system",
            (Hypervisor::CloudHypervisor, Connection::Session) => "ch:///session",
            (Hypervisor::CloudHypervisor, Connection::System) => "ch:///system",
        }
    }

    /// Whether its driver refuses what the rules of the family `libvirt` say: they were tried on QEMU's. The schema is one
    /// for all drivers.
    #[must_use]
    pub const fn is_judged(self) -> bool {
        matches!(self, Hypervisor::Qemu)
    }
}

/// A driver and a connection of it: what an address like `qemu:///session` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whose driver it is.
    pub hypervisor: Hypervisor,
    /// Whose machines are there.
    pub connection: Connection,
}

impl Address {
    /// Every address that definitions are made for.
    pub fn all() -> impl Iterator<Item = Address> {
        let both = |hypervisor| Connection::ALL.iter().map(move |&connection| Address { hypervisor, connection });
        Hypervisor::ALL.into_iter().flat_map(both)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hypervisor.uri(self.connection))
    }
}

/// An address that no definition is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressError;

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = Address::all().map(|address| address.to_string()).collect();
        write!(f, "write one of {}", known.join(", "))
    }
}

impl std::error::Error for AddressError {}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        Address::all().find(|address| address.to_string() == text).ok_or(AddressError)
    }
}

/// A hypervisor on an architecture.
#[derive(Debug)]
pub struct Platform {
    /// Its name for programs, e.g. `qemu-x86_64`.
    pub id: &'static str,
    /// The folder of its definitions below a connection's, e.g. `cloud-hypervisor`; none has one if nothing is said.
    pub folder: Option<&'static str>,
    /// The hosts that it is for, as a noun phrase.
    pub hosts: &'static str,
    /// What runs the machines.
    pub hypervisor: Hypervisor,
    /// The processors that they run on.
    pub arch: Arch,
    /// The oldest releases that any of its definitions promises to work with.
    pub floor: Since,
    /// What each of its definitions needs, whatever its tunables.
    pub needs: &'static [&'static HostRequirement],
    /// Where the system disk is.
    pub disks: fn(Connection) -> Place,
    /// Whether libvirt makes that disk, from a volume's document (`virsh vol-create`); else it is the user's to make.
    pub has_volumes: bool,
    /// Whether its machines can be written for a cluster (`KubeVirt`).
    pub fits_cluster: bool,
    /// The groups that are different here. They are swapped after those of a variant, see
    /// [`Definition::tunables`](crate::definition::Definition::tunables).
    pub swaps: &'static [Swap],
}

/// QEMU on a PC.
pub static QEMU: Platform = Platform {
    id: "qemu-x86_64",
    folder: None,
    hosts: "a PC",
    hypervisor: Hypervisor::Qemu,
    arch: Arch::X86_64,
    floor: FLOOR,
    needs: &[&needs::KVM, &needs::LIBVIRT, &needs::QEMU],
    disks: |connection| match connection {
        Connection::Session => Place::Pool(host::DEFAULT.into()),
        Connection::System => Place::Folder(host::SYSTEM_POOL.into()),
    },
    has_volumes: true,
    fits_cluster: true,
    swaps: &[],
};

/// QEMU on ARM.
pub static QEMU_AARCH64: Platform = Platform {
    id: "qemu-aarch64",
    folder: Some("aarch64"),
    hosts: "an ARM host (aarch64)",
    arch: Arch::Aarch64,
    needs: &[&needs::KVM, &needs::LIBVIRT, &needs::QEMU_ARM],
    // KubeVirt runs machines on ARM, but no manifest was checked for it.
    fits_cluster: false,
    swaps: &[
        (PC, &[ARM_BOARD]),
        (HOST_MODEL, &[ARM_CPU]),
        (INSTALL_MEDIUM, &[SCSI_MEDIUM]),
        // Whatever has a pointer has a screen, and needs a keyboard, which a PC has in any case.
        (VIRTIO_TABLET, &[VIRTIO_TABLET, USB_KEYBOARD]),
        (USB_TABLET, &[USB_TABLET, USB_KEYBOARD]),
        (VIRTIO_KEYBOARD, &[]),
        (TPM, &[ARM_TPM]),
        (VGA, &[ARM_SCREEN]),
        (SOUND, &[ARM_SOUND]),
        (NO_USB, &[ARM_NO_USB]),
        (SERIAL_CONSOLE, &[ARM_CONSOLE]),
        (CLOUD_CONSOLE, &[ARM_CONSOLE]),
        (NO_HPET, &[]),
    ],
    ..QEMU
};

/// Cloud Hypervisor on a PC. The floor is the first libvirt whose driver connects a machine to a network (NEWS 10.7.0);
/// older ones also speak an interface that Cloud Hypervisor has given up.
pub static CLOUD_HYPERVISOR: Platform = Platform {
    id: "cloud-hypervisor-x86_64",
    folder: Some("cloud-hypervisor"),
    hosts: "a PC with Cloud Hypervisor",
    hypervisor: Hypervisor::CloudHypervisor,
    arch: Arch::X86_64,
    floor: since(v(10, 7, 0), ALWAYS),
    needs: &[&needs::KVM, &needs::LIBVIRT, &needs::CLOUD_HYPERVISOR],
    // Its driver opens files only, no volumes of pools.
    disks: |connection| match connection {
        Connection::Session => Place::Folder(constcat::concat!(host::HOME, "/", host::SESSION_POOL).into()),
        Connection::System => Place::Folder(host::SYSTEM_POOL.into()),
    },
    has_volumes: false,
    fits_cluster: false,
    swaps: &[],
};

/// Every platform.
pub static PLATFORMS: &[&Platform] = &[&QEMU, &QEMU_AARCH64, &CLOUD_HYPERVISOR];

impl Platform {
    /// The address of its driver.
    #[must_use]
    pub const fn uri(&self, connection: Connection) -> &'static str {
        self.hypervisor.uri(connection)
    }

    /// The name of something of a guest's among the platforms: `separator` stands between the folder, if there is one, and
    /// the name.
    #[must_use]
    pub fn named(&self, separator: char, name: &str) -> String {
        self.folder.map_or_else(|| name.to_owned(), |folder| format!("{folder}{separator}{name}"))
    }

    /// The platform whose definitions are in the folder of a path like `session/cloud-hypervisor/linux.xml`.
    #[must_use]
    pub fn of_path(path: &str) -> Option<&'static Platform> {
        let rest = path.strip_prefix(Connection::of_path(path)?.name())?.strip_prefix('/')?;
        let folder = rest.rsplit_once('/').map(|(folder, _)| folder);
        PLATFORMS.iter().copied().find(|platform| platform.folder == folder)
    }
}
