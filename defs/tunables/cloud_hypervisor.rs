//! What a machine of Cloud Hypervisor has in the place of QEMU's: libvirt's driver takes little.
//!
//! Known from libvirt's `src/ch/` (`ch_domain.c` for what is refused, `ch_monitor.c` for what is handed on) in 11.3, and from
//! running that driver against a program that takes down what it is asked for.

use super::{cpu, disks, memory};
use crate::connection::{BOTH, SESSION, SYSTEM};
use crate::domain::{Arch, Disk, DiskBus, DiskTarget, OsType, OsTypeValue};
use crate::machine::Machine;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{host, needs, topics};

/// How much memory.
pub static MEMORY: Tunable = Tunable {
    why: "Enough for a small server. It is a limit, not a reservation: the host provides what the guest has touched.",
    ..memory::SIZE
};

/// How many CPUs.
pub static VCPUS: Tunable = Tunable {
    why: "Enough for a small server. A guest's CPU is a thread on the host, which takes nothing while it is idle.",
    ..cpu::COUNT
};

/// Hardware virtualization.
pub static HVM: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::Is("Cloud Hypervisor's own"),
    at: "os/type",
    why: "A machine of its own kind: there are no chipsets to choose from.",
    // libvirt 7.5.0, the first with this driver
    since: since(v(7, 5, 0), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        domain.os().kind = Some(OsType { arch: Arch::X86_64, machine: None, kind: OsTypeValue::Hvm });
    },
};

/// Firmware, as a kernel.
pub static FIRMWARE: Tunable = Tunable {
    topic: &topics::FIRMWARE,
    cell: Cell::Is("UEFI (CLOUDHV.fd), by its path"),
    at: "os/kernel",
    why: "UEFI, loaded as if it were a kernel: the driver wants one, and does not search for firmware. Distributions keep \
          the file in different places, so write yours here; or give it a Linux kernel, with `initrd` and `cmdline`.",
    // libvirt src/ch/ch_monitor.c; edk2 OvmfPkg/CloudHv/README
    since: since(v(7, 5, 0), ALWAYS),
    connections: BOTH,
    needs: &[&needs::CLOUDHV_FIRMWARE],
    seen: &[],
    apply: |domain, _| domain.os().kernel = Some(host::CLOUDHV_FIRMWARE.to_owned()),
};

/// The system disk, in the user's home.
pub static HOME_FILE: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::Is("a file in your home"),
    at: "devices/disk[@device=disk]",
    why: "The system disk. The driver opens files only, no volumes of pools, so your home has to stand here. In qcow2, not \
          raw: newer releases of Cloud Hypervisor let no guest write the first sector of a raw disk whose format nobody has \
          told them, and libvirt does not.",
    // cloud-hypervisor issue 7754
    since: since(v(7, 5, 0), ALWAYS),
    connections: SESSION,
    needs: &[&needs::HOME_IMAGE],
    seen: &[],
    apply: |domain, machine| domain.devices.disks.push(virtio_disk(machine)),
};

/// The system disk, in the system's folder.
pub static FILE: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::Is("a file in the folder of the pool `default`"),
    at: "devices/disk[@device=disk]",
    why: "The system disk. The driver opens files only, no volumes of pools. In qcow2, not raw: newer releases of Cloud \
          Hypervisor let no guest write the first sector of a raw disk whose format nobody has told them, and libvirt does \
          not.",
    // cloud-hypervisor issue 7754
    since: since(v(7, 5, 0), ALWAYS),
    connections: SYSTEM,
    needs: &[&needs::IMAGE],
    seen: &[],
    apply: |domain, machine| domain.devices.disks.push(virtio_disk(machine)),
};

fn virtio_disk(machine: &Machine) -> Disk {
    let target = DiskTarget { dev: "vda".to_owned(), bus: DiskBus::Virtio, rotation_rate: None };
    Disk { target: Some(target), ..disks::system_disk(&machine.disk) }
}
