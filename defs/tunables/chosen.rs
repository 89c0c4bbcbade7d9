//! What stands in the place of a decision when a person has chosen: a [`Choice`] each, and the decisions that it brings.
//!
//! No definition of the catalogue has them. They are about what a decision does (memory, a network, a disk), so each is made of
//! the one that it replaces, where there is one.

use super::{cloud_hypervisor, cpu, disks, filesystem, firmware, media, memory, network};
use crate::connection::{BOTH, Connection, SESSION, SYSTEM};
use crate::domain::{DiskFormat, InterfaceMac, InterfaceSource, InterfaceType, PortForward, PortRange, Protocol};
use crate::machine::{Firmware, Machine};
use crate::observations::sees;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{needs, topics};

/// A machine that is not its definition's own.
pub struct Order<'a> {
    /// Where it is.
    pub connection: Connection,
    /// The definition's own.
    pub own: &'a Machine,
    /// The one that is asked for.
    pub asked: &'a Machine,
}

/// What a person's choice does to the decisions of a definition.
pub struct Choice {
    /// Whether it was made.
    pub is_made: fn(&Order) -> bool,
    /// The decisions that it takes out.
    pub takes: &'static [&'static Tunable],
    /// Those that it brings: in the place of the first one that it takes out, or last if it takes none. If it would take some,
    /// and the definition has none of them, it brings nothing.
    pub brings: &'static [&'static Tunable],
}

/// The choices.
pub static CHOICES: &[Choice] = &[
    Choice {
        is_made: |order| order.own.memory != order.asked.memory,
        takes: &[&memory::SIZE, &cloud_hypervisor::MEMORY],
        brings: &[&MEMORY],
    },
    Choice {
        is_made: |order| order.own.vcpus != order.asked.vcpus,
        takes: &[&cpu::COUNT, &cloud_hypervisor::VCPUS],
        brings: &[&CPUS],
    },
    Choice {
        is_made: |order| order.own.disk.place != order.asked.disk.place,
        takes: &[&disks::VOLUME, &disks::FILE],
        brings: &[&DISK],
    },
    Choice {
        is_made: |order| order.own.disk.place != order.asked.disk.place,
        takes: &[&cloud_hypervisor::HOME_FILE, &cloud_hypervisor::FILE],
        brings: &[&CLOUD_HYPERVISOR_DISK],
    },
    // It is about clusters, which only qcow2 has.
    Choice {
        is_made: |order| order.asked.disk.format == DiskFormat::Raw,
        takes: &[&disks::DISCARD_NO_UNREF],
        brings: &[],
    },
    Choice {
        is_made: |order| order.asked.media.installer.is_some(),
        takes: &[&media::INSTALL_MEDIUM],
        brings: &[&INSTALLER],
    },
    Choice {
        is_made: |order| order.asked.media.drivers.is_some(),
        takes: &[&media::DRIVERS_MEDIUM],
        brings: &[&DRIVERS],
    },
    Choice {
        is_made: |order| order.own.share.is_some() && order.own.share != order.asked.share,
        takes: &[&filesystem::SHARE],
        brings: &[&SHARE],
    },
    Choice {
        is_made: |order| shares_first(order) && order.connection == Connection::System,
        takes: &[],
        brings: &[&memory::MEMFD, &memory::SHARED, &SHARE, &filesystem::SHARE_QUEUE],
    },
    Choice {
        is_made: |order| shares_first(order) && order.connection == Connection::Session,
        takes: &[],
        brings: &[&memory::MEMFD, &memory::SHARED, &SHARE_IN_SESSION, &filesystem::SHARE_QUEUE],
    },
    Choice {
        is_made: |order| !order.asked.forwards.is_empty(),
        takes: &[&network::USER],
        brings: &[&USER, &network::PASST, &FORWARDS],
    },
    Choice { is_made: |order| order.asked.bridge.is_some(), takes: &[&network::NETWORK], brings: &[&BRIDGE] },
    Choice { is_made: |order| order.asked.mac.is_some(), takes: &[], brings: &[&MAC] },
    Choice {
        is_made: |order| order.asked.firmware == Firmware::Bios,
        takes: &[&firmware::UEFI, &firmware::VARIABLES, &firmware::SECURE_BOOT_OFF, &firmware::SECURE_BOOT_ON],
        brings: &[&BIOS],
    },
];

/// Whether a folder is asked for where the definition shares none.
fn shares_first(order: &Order) -> bool {
    order.own.share.is_none() && order.asked.share.is_some()
}

/// What is left of a definition's decisions, and what has come to them, when the choices are made.
#[must_use]
pub fn made(order: &Order, own: impl Iterator<Item = &'static Tunable>) -> Vec<&'static Tunable> {
    let mut tunables: Vec<_> = own.collect();
    for choice in CHOICES.iter().filter(|choice| (choice.is_made)(order)) {
        let is_one = |all: &[&'static Tunable], tunable: &Tunable| all.iter().any(|one| std::ptr::eq(*one, tunable));
        let place = tunables.iter().position(|tunable| is_one(choice.takes, tunable));
        let Some(place) = place.or(choice.takes.is_empty().then_some(tunables.len())) else { continue };
        tunables.retain(|tunable| !is_one(choice.takes, tunable));
        let new: Vec<_> = choice.brings.iter().copied().filter(|new| !is_one(&tunables, new)).collect();
        tunables.splice(place..place, new);
    }
    tunables
}

/// How much memory.
pub static MEMORY: Tunable = Tunable {
    why: "As much as was asked for. It is a limit: the host provides memory as the guest touches it, and all of it at once only \
          to a machine with a host device.",
    ..memory::SIZE
};

/// How many CPUs.
pub static CPUS: Tunable = Tunable {
    why: "As many as were asked for. A virtual CPU is a thread on the host, which takes next to nothing while it is idle.",
    ..cpu::COUNT
};

/// A disk that is there.
pub static DISK: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::Is("a file"),
    at: "devices/disk[@device=disk]",
    why: "The system disk, a file that was there before: the guest writes to it, and no copy is made.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hard drives: source 0.0.3",
    connections: BOTH,
    safety: Safety::Yours("it is what somebody has chosen"),
    needs: &[],
    seen: &[],
    apply: |domain, machine| domain.devices.disks.push(disks::system_disk(&machine.disk)),
};

/// The same for Cloud Hypervisor.
pub static CLOUD_HYPERVISOR_DISK: Tunable = Tunable { apply: cloud_hypervisor::FILE.apply, ..DISK };

/// A medium in the drive for the installer.
pub static INSTALLER: Tunable = Tunable {
    cell: Cell::Is("an installer"),
    why: "The installer, in a drive on SATA, because every installer has a driver for it and the chipset has the controller \
          anyway. It is second in the boot order, used while the disk has nothing to boot.",
    ..media::INSTALL_MEDIUM
};

/// A medium in the drive for drivers.
pub static DRIVERS: Tunable = Tunable {
    cell: Cell::Is("drivers"),
    why: "A second medium, meant to be the virtio-win disc: Windows has no virtio drivers of its own and installs them from there.",
    ..media::DRIVERS_MEDIUM
};

/// A folder of the host.
pub static SHARE: Tunable = Tunable {
    why: "The host's folder that was asked for. A Linux guest mounts it with `mount -t virtiofs share /mnt`, and files keep their \
          owners; Windows needs WinFsp and the virtio-win drivers.",
    needs: &[&needs::VIRTIOFSD],
    ..filesystem::SHARE
};

/// A folder of the user's.
pub static SHARE_IN_SESSION: Tunable = Tunable {
    why: "The folder that was asked for. A Linux guest mounts it with `mount -t virtiofs share /mnt`; what its root writes there \
          is yours, and what its other users write has the ids that /etc/subuid gives you.",
    since: since(v(10, 0, 0), v(4, 2, 0)),
    source: "libvirt docs/kbase/virtiofs.rst, Running unprivileged: 10.0.0",
    connections: SESSION,
    ..SHARE
};

/// A network without privileges, from which ports lead to the guest.
pub static USER: Tunable = Tunable {
    why: "User-mode networking: the guest reaches the network, and of the guest, only the ports below are reached. It is the only \
          kind that works without privileges on every host.",
    ..network::USER
};

/// Those ports.
pub static FORWARDS: Tunable = Tunable {
    topic: &topics::NETWORK,
    cell: Cell::With("ports of the host"),
    at: "devices/interface/portForward",
    why: "These ports of the host lead to the guest, which takes passt. At this address, programs on the host reach them, and \
          other computers do not.",
    since: since(v(9, 2, 0), v(7, 2, 0)),
    source: "libvirt NEWS 9.2.0: with SELinux and AppArmor; libvirt, issue 462: Debian 12's 9.0.0 refuses `type='passt'`",
    connections: SESSION,
    safety: Safety::Yours("it is what somebody has chosen"),
    needs: &[&needs::PASST],
    seen: &[],
    apply: |domain, machine| {
        let ranges: Vec<_> =
            machine.forwards.iter().map(|forward| PortRange { start: forward.host, to: forward.guest }).collect();
        for interface in &mut domain.devices.interfaces {
            let address = "127.0.0.1".to_owned();
            interface.port_forward = Some(PortForward { protocol: Protocol::Tcp, address, ranges: ranges.clone() });
        }
    },
};

/// A bridge of the host's.
pub static BRIDGE: Tunable = Tunable {
    topic: &topics::NETWORK,
    cell: Cell::Is("a bridge of the host"),
    at: "devices/interface",
    why: "A bridge of the host's: the guest is on the network behind it like a computer of its own, and gets its address there.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Bridge to LAN (no release named)",
    connections: SYSTEM,
    safety: Safety::Yours("it is what somebody has chosen"),
    needs: &[],
    seen: &[],
    apply: |domain, machine| {
        let source = InterfaceSource { network: None, bridge: machine.bridge.clone() };
        domain.devices.interfaces.push(network::interface(InterfaceType::Bridge, Some(source)));
    },
};

/// The address of the network card.
pub static MAC: Tunable = Tunable {
    topic: &topics::NETWORK,
    cell: Cell::With("an address of its own"),
    at: "devices/interface/mac",
    why: "The address that was asked for, by which a network knows the guest. No other machine on that network may have it.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Network interfaces: mac (no release named)",
    connections: BOTH,
    safety: Safety::Yours("it is what somebody has chosen"),
    needs: &[],
    seen: &[],
    apply: |domain, machine| {
        for interface in &mut domain.devices.interfaces {
            interface.mac = machine.mac.clone().map(|address| InterfaceMac { address });
        }
    },
};

/// BIOS instead of UEFI: what it does is what it takes out.
pub static BIOS: Tunable = Tunable {
    topic: &topics::FIRMWARE,
    cell: Cell::Is("BIOS"),
    at: "os",
    why: "BIOS, which QEMU brings (SeaBIOS), for a disk that was installed with it. A disk that was installed with UEFI does not \
          boot here.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, BIOS bootloader; QEMU pc-bios/bios-256k.bin",
    connections: BOTH,
    safety: Safety::Yours("it is what somebody has chosen"),
    needs: &[],
    seen: &[sees("boot/firmware", "bios")],
    apply: |_, _| {},
};
