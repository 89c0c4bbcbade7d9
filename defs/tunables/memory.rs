//! Guest memory: how much, what it is made of, and how it comes back.

use crate::connection::{BOTH, SYSTEM};
use crate::domain::{
    Domain, Memballoon, MemballoonModel, MemoryAccess, MemoryAccessMode, MemorySource, MemorySourceType, OnOff,
};
use crate::sights::{sees, sees_no, sees_of};
use crate::topics;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};

/// How much.
pub static SIZE: Tunable = Tunable {
    topic: &topics::MEMORY,
    cell: Cell::Of(|machine| machine.memory.to_string()),
    at: "memory",
    why: "Enough for a desktop with a browser. It is a limit, not a reservation: the host provides what the \
          guest has touched.",
    // as old as libvirt
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees_of("memory/mib", |machine| machine.memory.bytes() >> 20)],
    apply: |domain, machine| domain.memory = Some(machine.memory),
};

/// Memory that another process can be given.
pub static MEMFD: Tunable = Tunable {
    topic: &topics::VIRTIO_FS,
    cell: Cell::Silent,
    at: "memoryBacking/source",
    why: "virtiofsd reads and writes guest memory itself, so that memory has to be a file it can be handed; \
          memfd is one without a place on any disk. Only the shared folder needs this.",
    // memfd: libvirt 4.10.0, QEMU 2.12; without a NUMA cell: libvirt 6.9.0, QEMU 5.0 (docs/kbase/virtiofs.rst)
    since: since(v(6, 9, 0), v(5, 0, 0)),
    connections: SYSTEM,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        domain.memory_backing.get_or_insert_default().source = Some(MemorySource { kind: MemorySourceType::Memfd });
    },
};

/// The other process may write it.
pub static SHARED: Tunable = Tunable {
    topic: &topics::VIRTIO_FS,
    cell: Cell::Silent,
    at: "memoryBacking/access",
    why: "Private memory would give virtiofsd a copy: what it writes would never reach the guest. libvirt \
          refuses a shared folder without this.",
    // as above
    since: since(v(6, 9, 0), v(5, 0, 0)),
    connections: SYSTEM,
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
    why: "The device through which the host learns how much memory the guest uses (`virsh dommemstat`) and can ask for \
          some of it back (`virsh setmem`). Nothing does unasked.",
    // libvirt docs/formatdomain.rst, memballoon 0.8.3
    since: since(v(0, 8, 3), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("virtio/balloon", "virtio_balloon")],
    apply: |domain, _| {
        domain.devices.memballoon = Some(Memballoon { model: MemballoonModel::Virtio, free_page_reporting: None });
    },
};

/// Memory the guest does not use goes back to the host.
pub static FREE_PAGE_REPORTING: Tunable = Tunable {
    topic: &topics::VIRTIO_BALLOON,
    cell: Cell::With("free page reporting"),
    at: "devices/memballoon",
    why: "A guest whose driver reports free pages (Linux since 5.7; Windows does not yet) tells which ones it \
          no longer uses, and the host takes them back at once. Without it, memory that was used once stays \
          taken until the machine is shut down.",
    // libvirt docs/formatdomain.rst, memballoon: freePageReporting 6.9.0 (QEMU 5.1)
    since: since(v(6, 9, 0), v(5, 1, 0)),
    connections: BOTH,
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
    why: "Stated, because libvirt adds a virtio balloon unasked, which this guest has no driver for.",
    // libvirt docs/formatdomain.rst, memballoon: none 0.8.4
    since: since(v(0, 8, 4), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees_no("virtio/balloon")],
    apply: |domain, _| no_balloon(domain),
};

/// No balloon where it could do nothing.
pub static NO_BALLOON_FOR_VFIO: Tunable = Tunable {
    topic: &topics::VIRTIO_BALLOON,
    cell: Cell::Lacks,
    at: "devices/memballoon",
    why: "Stated, because libvirt adds a balloon unasked. A device of the host's may write anywhere in the guest's memory, so \
          all of it is pinned, and neither a balloon nor free page reporting can give any back.",
    // QEMU hw/vfio (ram_block_discard_disable), hw/virtio/virtio-balloon.c
    since: since(v(0, 8, 4), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees_no("virtio/balloon")],
    apply: |domain, _| no_balloon(domain),
};

fn no_balloon(domain: &mut Domain) {
    domain.devices.memballoon = Some(Memballoon { model: MemballoonModel::None, free_page_reporting: None });
}
