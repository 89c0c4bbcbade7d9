//! What runs the machines, and by which of libvirt's drivers.

use crate::version::{ALWAYS, since, v};
use crate::{Connection, FLOOR, Need, Since, needs};

/// A hypervisor that libvirt has a driver for, and definitions are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hypervisor {
    /// QEMU with KVM.
    Qemu,
    /// Cloud Hypervisor, with KVM as well: machines without a screen, of virtio devices alone.
    CloudHypervisor,
}

impl Hypervisor {
    /// The address that libvirt takes.
    #[must_use]
    pub const fn uri(self, connection: Connection) -> &'static str {
        match (self, connection) {
            (Hypervisor::Qemu, connection) => connection.uri(),
            (Hypervisor::CloudHypervisor, Connection::Session) => "ch:///session",
            (Hypervisor::CloudHypervisor, Connection::System) => "ch:///system",
        }
    }

    /// The oldest releases that any definition for it promises to work with. For Cloud Hypervisor, the first libvirt whose
    /// driver connects a machine to a network (NEWS 10.7.0); older ones also speak an interface that Cloud Hypervisor has
    /// given up.
    #[must_use]
    pub const fn floor(self) -> Since {
        match self {
            Hypervisor::Qemu => FLOOR,
            Hypervisor::CloudHypervisor => since(v(10, 7, 0), ALWAYS),
        }
    }

    /// What each of its definitions needs, whatever its tunables.
    #[must_use]
    pub fn needs(self) -> &'static [&'static Need] {
        match self {
            Hypervisor::Qemu => needs::FOR_QEMU,
            Hypervisor::CloudHypervisor => needs::FOR_CLOUD_HYPERVISOR,
        }
    }
}
