//! What a Cloud Hypervisor machine has in place of QEMU's: libvirt's driver accepts little.
//!
//! Source: `src/ch/` of libvirt 11.3 (`ch_domain.c` for what it refuses, `ch_monitor.c` for what it passes on), and runs of
//! that driver against a program that records its requests.

use crate::domain::{
    Arch, Disk, DiskBus, DiskDevice, DiskDriver, DiskFormat, DiskSource, DiskTarget, DiskType, OsType, OsTypeValue,
};
use crate::version::{ALWAYS, since, v};
use crate::{BOTH, Cell, Connection, Domain, Guest, SESSION, SYSTEM, Tunable, documents, needs, topics};

/// Stands for the user's home, which a file cannot know.
pub const HOME: &str = "/home/user";

/// Hardware virtualization.
pub static HVM: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::Is("Cloud Hypervisor's own"),
    at: "os/type",
    why: "Cloud Hypervisor has a machine type of its own; there is no chipset to choose.",
    since: since(v(7, 5, 0), ALWAYS),
    source: "libvirt NEWS 7.5.0, the first release with the driver; libvirt docs/drvch.rst",
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        domain.os().kind = Some(OsType { arch: Arch::X86_64, machine: None, kind: OsTypeValue::Hvm });
    },
};

/// Firmware, loaded like a kernel.
pub static FIRMWARE: Tunable = Tunable {
    topic: &topics::FIRMWARE,
    cell: Cell::Is("UEFI (CLOUDHV.fd), by its path"),
    at: "os/kernel",
    why: "UEFI, loaded like a kernel, because the driver requires a kernel and does not search for firmware. The path \
          differs between distributions, so write yours here, or that of a Linux kernel (with `initrd` and `cmdline`).",
    since: since(v(7, 5, 0), ALWAYS),
    source: "libvirt src/ch/ch_monitor.c; edk2 OvmfPkg/CloudHv/README",
    connections: BOTH,
    needs: &[&needs::CLOUDHV_FIRMWARE],
    seen: &[],
    apply: |domain, _| domain.os().kernel = Some("/usr/share/cloud-hypervisor/CLOUDHV.fd".to_owned()),
};

/// The system disk, in the user's home.
pub static HOME_FILE: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::Is("a file in your home"),
    at: "devices/disk[@device=disk]",
    why: "The system disk; the driver opens files only, not volumes of a pool, so this must be an absolute path in \
          your home. It is qcow2 because Cloud Hypervisor from 50.1 on refuses writes to the first sector of a raw \
          disk unless it is given the format, which libvirt does not pass on.",
    since: since(v(7, 5, 0), ALWAYS),
    source: "libvirt src/ch/ch_monitor.c; cloud-hypervisor, issue 7754",
    connections: SESSION,
    needs: &[&needs::HOME_IMAGE],
    seen: &[],
    apply: |domain, guest| disk(domain, guest, Connection::Session),
};

/// The system disk, in the system's folder.
pub static FILE: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::Is("a file in the folder of the pool `default`"),
    at: "devices/disk[@device=disk]",
    why: "The system disk; the driver opens files only, not volumes of a pool. It is qcow2 because Cloud Hypervisor \
          from 50.1 on refuses writes to the first sector of a raw disk unless it is given the format, which libvirt \
          does not pass on.",
    since: since(v(7, 5, 0), ALWAYS),
    source: "libvirt src/ch/ch_monitor.c; cloud-hypervisor, issue 7754",
    connections: SYSTEM,
    needs: &[&needs::IMAGE],
    seen: &[],
    apply: |domain, guest| disk(domain, guest, Connection::System),
};

fn disk(domain: &mut Domain, guest: &Guest, connection: Connection) {
    let file = match connection {
        Connection::Session => format!("{HOME}/.local/share/libvirt/images/{}", guest.volume()),
        Connection::System => format!("{}/{}", documents::SYSTEM_POOL, guest.volume()),
    };
    domain.devices.disks.push(Disk {
        kind: DiskType::File,
        device: DiskDevice::Disk,
        driver: Some(DiskDriver { format: DiskFormat::Qcow2, discard: None, discard_no_unref: None, iothread: None }),
        source: Some(DiskSource { file: Some(file), ..DiskSource::default() }),
        target: Some(DiskTarget { dev: "vda".to_owned(), bus: DiskBus::Virtio, rotation_rate: None }),
        blockio: None,
        boot: None,
    });
}
