//! The operating systems: one literal each.

use crate::tunables::{GL, Group, LINUX, PC, SPICE, VIRTIO, WINDOWS};

/// An operating system that definitions are made for.
#[derive(Debug)]
pub struct Guest {
    /// Name of its files and of its disk, e.g. `linux`.
    pub id: &'static str,
    /// Name of the machine, as `virsh` lists it.
    pub name: &'static str,
    /// What graphical tools show.
    pub title: &'static str,
    /// Which systems it is meant for, for the file's header.
    pub covers: &'static str,
    /// Identifier in osinfo-db, from a release that stable distributions carry.
    pub osinfo: &'static str,
    /// Number of virtual CPUs.
    pub vcpus: u32,
    /// Memory in GiB.
    pub memory_gib: u64,
    /// The decisions, in the order in which they are made.
    pub groups: &'static [Group],
}

/// Every guest, in the order of the README's tables.
///
/// Sources: osinfo-db `data/os/libosinfo.org/linux-2022.xml.in` and `data/os/microsoft.com/win-11.xml.in` (at least
/// 2 CPUs, 4 GiB, UEFI).
pub static GUESTS: &[Guest] = &[
    Guest {
        id: "linux",
        name: "Linux",
        title: "Linux desktop",
        covers: "any current Linux distribution",
        osinfo: "http://libosinfo.org/linux/2022",
        vcpus: 4,
        memory_gib: 4,
        groups: &[PC, VIRTIO, SPICE, GL, LINUX],
    },
    Guest {
        id: "windows",
        name: "Windows",
        title: "Windows desktop",
        covers: "Windows 11, and Windows 10",
        osinfo: "http://microsoft.com/win/11",
        vcpus: 4,
        memory_gib: 4,
        groups: &[PC, VIRTIO, SPICE, WINDOWS],
    },
];
