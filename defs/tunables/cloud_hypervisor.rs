//! What a Cloud Hypervisor machine has in place of QEMU's: libvirt's driver accepts little.
//!
//! Source: `src/ch/` of libvirt 11.3 (`ch_domain.c` for what it refuses, `ch_monitor.c` for what it passes on), and both files
//! run by hand with libvirt 10.7 and 11.3 and Cloud Hypervisor 50 to 53.

use super::{cpu, disks, memory, network};
use crate::connection::{BOTH, SESSION, SYSTEM};
use crate::domain::{Arch, Disk, DiskBus, DiskTarget, OsType, OsTypeValue};
use crate::machine::Machine;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{host, needs, topics};

/// How much memory.
pub static MEMORY: Tunable = Tunable {
    why: "A starting point: enough for a small server. It is a limit: the host provides memory as the guest touches it.",
    ..memory::SIZE
};

/// How many CPUs.
pub static VCPUS: Tunable = Tunable {
    why: "A starting point: enough for a small server. A virtual CPU is a thread on the host, which takes next to nothing \
          while it is idle.",
    ..cpu::COUNT
};

/// Hardware virtualization.
pub static HVM: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::Is("Cloud Hypervisor's own"),
    at: "os/type",
    why: "Cloud Hypervisor has a machine type of its own; there is no chipset to choose.",
    since: since(v(7, 5, 0), ALWAYS),
    source: "libvirt NEWS 7.5.0, the first release with the driver; libvirt docs/drvch.rst",
    connections: BOTH,
    safety: Safety::Safe,
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
    why: "UEFI, loaded like a kernel, because the driver requires a kernel and does not search for firmware. This \
          is where Debian's package puts it; elsewhere, write your path here, or that of a Linux kernel (with `initrd` \
          and `cmdline`).",
    since: since(v(7, 5, 0), ALWAYS),
    source: "libvirt src/ch/ch_monitor.c; edk2 OvmfPkg/CloudHv/README; Debian's package cloudhv-efi-x86-64",
    connections: BOTH,
    safety: Safety::Yours("an installed guest boots from the firmware or the kernel that it has"),
    needs: &[&needs::CLOUDHV_FIRMWARE],
    seen: &[],
    apply: |domain, _| domain.os().kernel = Some(host::CLOUDHV_FIRMWARE.to_owned()),
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
    safety: Safety::Yours("which disk a machine has"),
    needs: &[&needs::HOME_IMAGE],
    seen: &[],
    apply: |domain, machine| domain.devices.disks.push(virtio_disk(machine)),
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
    safety: Safety::Yours("which disk a machine has"),
    needs: &[&needs::IMAGE],
    seen: &[],
    apply: |domain, machine| domain.devices.disks.push(virtio_disk(machine)),
};

/// What the guest sees of the network.
pub static VIRTIO_NET: Tunable = Tunable {
    why: "virtio-net, the only card that there is. It has to be named: Cloud Hypervisor expects a header before each \
          packet, which libvirt adds only for a virtio card, and without it nothing gets through.",
    source: "libvirt src/hypervisor/domain_interface.c: IFF_VNET_HDR where virDomainNetIsVirtioModel; tried with libvirt \
             10.7 and 11.3: without it, the guest gets no lease",
    connections: SYSTEM,
    ..network::VIRTIO_NET
};

fn virtio_disk(machine: &Machine) -> Disk {
    let target = DiskTarget { dev: "vda".to_owned(), bus: DiskBus::Virtio, rotation_rate: None };
    Disk { target: Some(target), ..disks::system_disk(&machine.disk) }
}
