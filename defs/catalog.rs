//! The checked-in files, embedded.

use crate::connection::Connection;
use crate::version::Since;
#[allow(unused_imports, reason = "a list that is empty, or wrong in every line, has no entry that needs it")]
use crate::version::v;

/// One checked-in file, and what to know before handing it to libvirt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path in the repository, e.g. `session/linux.xml`.
    pub path: &'static str,
    /// What it defines.
    pub kind: Kind,
    /// Whose it is: one user's, or the host's.
    pub connection: Connection,
    /// The address of the libvirt driver that takes it, e.g. `qemu:///session`.
    pub uri: &'static str,
    /// What runs the machine, e.g. `qemu-x86_64`; a pool or network belongs to no platform.
    pub platform: Option<&'static str>,
    /// The guest operating system, e.g. `linux`; a pool or network belongs to no guest.
    pub guest: Option<&'static str>,
    /// How it differs from the guest's plain definition, e.g. `portable`; nothing for the plain one.
    pub variant: Option<&'static str>,
    /// The oldest releases that it works with.
    pub floor: Since,
    /// What it expects on the host, each as a phrase for people.
    pub needs: &'static [&'static str],
    /// Its text, which libvirt accepts as it is.
    pub xml: &'static str,
}

/// What a file defines: the name of its root element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A virtual machine (`virsh define`).
    Domain,
    /// The disk of one (`virsh vol-create`).
    Volume,
    /// What holds disks (`virsh pool-define`).
    Pool,
    /// What machines are connected by (`virsh net-define`).
    Network,
}

impl Entry {
    /// Whether it defines a virtual machine.
    #[must_use]
    pub const fn is_definition(&self) -> bool {
        matches!(self.kind, Kind::Domain)
    }
}

/// Every file under `session/` and `system/`, in the order of their paths.
///
/// ```
/// use domain_definitions::{CATALOG, Connection};
///
/// // What a user without privileges can run Windows on, on any host.
/// let portable = CATALOG.iter().find(|entry| {
///     entry.guest == Some("windows") && entry.variant == Some("portable") && entry.connection == Connection::Session
/// });
/// assert_eq!(portable.map(|entry| entry.path), Some("session/windows-portable.xml"));
/// ```
pub static CATALOG: &[Entry] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// The file at a path like `session/linux.xml`.
#[must_use]
pub fn find(path: &str) -> Option<&'static Entry> {
    CATALOG.iter().find(|entry| entry.path == path)
}
