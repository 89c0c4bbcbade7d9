//! Guest memory: its size, its backing, and how it returns to the host.

use crate::connection::{BOTH, SYSTEM};
use crate::domain::{
    Domain, Memballoon, MemballoonModel, MemoryAccess, MemoryAccessMode, MemorySource, MemorySourceType, OnOff,
};
use crate::observations::{sees, sees_no, sees_of};
use crate::topics;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};

/// How much.
pub static SIZE: Tunable = Tunable {
    topic: &topics::MEMORY,
    cell: Cell::Of(|machine| machine.memory.to_string()),
    at: "memory",
    why: "A starting point: enough for a desktop with a browser, or for a small server. It is a limit: the host \
          provides memory as the guest touches it, and all of it at once only to a machine with a host device.",
    since: since(v(0, 9, 11), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Memory allocation: unit",
    connections: BOTH,
    safety: Safety::Yours("how much memory a machine has"),
    needs: &[],
    seen: &[sees_of("memory/mib", |machine| machine.memory.bytes() >> 20)],
    apply: |domain, machine| domain.memory = Some(machine.memory),
};

/// Memory that another process can map.
pub static MEMFD: Tunable = Tunable {
    topic: &topics::VIRTIO_FS,
    cell: Cell::Silent,
    at: "memoryBacking/source",
    why: "virtiofsd reads and writes guest memory itself, so that memory must be a file it can be given; memfd is one \
          that is on no disk. It costs huge pages, which Linux by default gives to private memory alone (`never` in \
          /sys/kernel/mm/transparent_hugepage/shmem_enabled): in one measurement, 450 MiB/s written instead of 980.",
    since: since(v(6, 9, 0), v(5, 0, 0)),
    source: "libvirt docs/kbase/virtiofs.rst: without NUMA; Linux Documentation/admin-guide/mm/transhuge.rst, \
          shmem_enabled; overdrive-sh/overdrive, issue 97",
    connections: SYSTEM,
    safety: Safety::Yours("it belongs to a shared folder"),
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        domain.memory_backing.get_or_insert_default().source = Some(MemorySource { kind: MemorySourceType::Memfd });
    },
};

/// Memory that another process can write to.
pub static SHARED: Tunable = Tunable {
    topic: &topics::VIRTIO_FS,
    cell: Cell::Silent,
    at: "memoryBacking/access",
    why: "With private memory, virtiofsd would have a copy, and what it writes would never reach the guest. libvirt \
          refuses a shared folder without this.",
    since: since(v(6, 9, 0), v(5, 0, 0)),
    source: "libvirt docs/kbase/virtiofs.rst: without NUMA",
    connections: SYSTEM,
    safety: Safety::Yours("it belongs to a shared folder"),
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        domain.memory_backing.get_or_insert_default().access = Some(MemoryAccess { mode: MemoryAccessMode::Shared });
    },
};

/// Memory that can be taken back.
pub static BALLOON: Tunable = Tunable {
    topic: &topics::VIRTIO_BALLOON,
    cell: Cell::Has,
    at: "devices/memballoon",
    why: "Through this device, the host learns how much memory the guest uses (`virsh dommemstat`) and can ask for \
          some of it back (`virsh setmem`). The balloon inflates only when you ask.",
    since: since(v(0, 8, 3), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Memory balloon device",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("virtio/balloon", "virtio_balloon")],
    apply: |domain, _| {
        domain.devices.memballoon = Some(Memballoon { model: MemballoonModel::Virtio, free_page_reporting: None });
    },
};

/// Memory that the guest frees returns to the host.
pub static FREE_PAGE_REPORTING: Tunable = Tunable {
    topic: &topics::VIRTIO_BALLOON,
    cell: Cell::With("free page reporting"),
    at: "devices/memballoon",
    why: "A guest whose driver reports free pages (Linux since 5.7; Windows does not yet) returns memory to the host \
          as soon as it is free: six seconds after a program freed 512 MiB, QEMU had 398 instead of 896. Otherwise memory that \
          was used once stays taken until the machine shuts down.",
    since: since(v(6, 9, 0), v(5, 1, 0)),
    source: "libvirt docs/formatdomain.rst, Memory balloon device: freePageReporting; QEMU: libvirt NEWS 6.9.0; \
          measured with QEMU 10.0 (868 stayed 870 without it); Windows: virtio-win/kvm-guest-drivers-windows, issue 899",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("balloon/reporting", "yes")],
    apply: |domain, _| {
        if let Some(memballoon) = &mut domain.devices.memballoon {
            memballoon.free_page_reporting = Some(OnOff::On);
        }
    },
};

/// No balloon.
pub static NO_BALLOON: Tunable = Tunable {
    topic: &topics::VIRTIO_BALLOON,
    cell: Cell::Lacks,
    at: "devices/memballoon",
    why: "Explicit, because libvirt adds a virtio balloon by default, for which this guest has no driver.",
    since: since(v(0, 8, 4), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Memory balloon device: none",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees_no("virtio/balloon")],
    apply: |domain, _| no_balloon(domain),
};

/// No balloon where it would be useless.
pub static NO_BALLOON_FOR_VFIO: Tunable = Tunable {
    topic: &topics::VIRTIO_BALLOON,
    cell: Cell::Lacks,
    at: "devices/memballoon",
    why: "Explicit, because libvirt adds a balloon by default. A host device may write anywhere in the guest's memory, \
          so all of it is pinned, and neither a balloon nor free page reporting can return any.",
    since: since(v(0, 8, 4), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Memory balloon device: none; QEMU hw/vfio (ram_block_discard_disable), \
          hw/virtio/virtio-balloon.c",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees_no("virtio/balloon")],
    apply: |domain, _| no_balloon(domain),
};

fn no_balloon(domain: &mut Domain) {
    domain.devices.memballoon = Some(Memballoon { model: MemballoonModel::None, free_page_reporting: None });
}
