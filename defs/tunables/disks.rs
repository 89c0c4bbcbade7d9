//! The system disk and its bus.

use crate::connection::{BOTH, SESSION, SYSTEM};
use crate::domain::{
    Blockio, Boot, Controller, ControllerDriver, ControllerModel, ControllerType, Discard, Disk, DiskBus, DiskDevice,
    DiskDriver, DiskSource, DiskTarget, DiskType, Domain, Iothread, Iothreads, OnOff,
};
use crate::machine::{Place, SystemDisk};
use crate::observations::{sees, sees_of, sees_word};
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{introduced, needs, topics};

/// The system disk, in a pool.
pub static VOLUME: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::Is("a volume of the pool `default`"),
    at: "devices/disk[@device=disk]",
    why: "The system disk, as a volume of the pool `default`: a file would need an absolute path with your home in it.",
    since: since(v(1, 0, 5), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hard drives: type volume",
    connections: SESSION,
    safety: Safety::Yours("which disk a machine has"),
    needs: &[&needs::POOL],
    seen: &[sees_of("disk/size-gib", |machine| machine.disk.size.bytes() >> 30)],
    apply: |domain, machine| domain.devices.disks.push(system_disk(&machine.disk)),
};

/// The system disk, as a file.
pub static FILE: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::Is("a file in the folder of the pool `default`"),
    at: "devices/disk[@device=disk]",
    why: "The system disk, in the folder of libvirt's pool `default`. It is named as a file because AppArmor on Debian \
          12 and Ubuntu 24.04 denies QEMU access to disks that are named as volumes of a pool.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hard drives: source 0.0.3; libvirt, issue 546",
    connections: SYSTEM,
    safety: Safety::Yours("which disk a machine has"),
    needs: &[&needs::IMAGE],
    seen: &[sees_of("disk/size-gib", |machine| machine.disk.size.bytes() >> 30)],
    apply: |domain, machine| domain.devices.disks.push(system_disk(&machine.disk)),
};

/// Trimmed space returns to the host.
pub static DISCARD: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("discard"),
    at: "devices/disk[@device=disk]/driver",
    why: "What the guest trims is freed in the image as well, so that the image does not only grow: after a file of 96 MiB \
          was written and deleted, it had 147 MiB again instead of 243.",
    since: since(v(1, 0, 6), v(1, 5, 0)),
    source: "libvirt docs/formatdomain.rst, Hard drives: discard; QEMU 1.5: sheepdog wiki, Discard Support; measured with QEMU \
             10.0",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(driver) = domain.devices.hard_disk().and_then(|disk| disk.driver.as_mut()) {
            driver.discard = Some(Discard::Unmap);
        }
    },
};

/// Booted first.
pub static BOOT: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::Silent,
    at: "devices/disk[@device=disk]/boot",
    why: "First in the boot order. An empty disk is skipped, so a new machine boots the install medium, and later \
          boots from here even if the medium is still in its drive.",
    since: since(v(0, 8, 8), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hard drives: boot",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees_word("boot/from", "hd0")],
    apply: |domain, _| {
        if let Some(disk) = domain.devices.hard_disk() {
            disk.boot = Some(Boot { order: 1 });
        }
    },
};

/// The disk is on virtio-scsi.
pub static ON_VIRTIO_SCSI: Tunable = Tunable {
    topic: &topics::VIRTIO_SCSI,
    cell: Cell::Has,
    at: "devices/disk[@device=disk]/target",
    why: "On the virtio-scsi adapter below.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hard drives: bus 0.4.3",
    connections: BOTH,
    safety: Safety::NeedsGuest(
        "the driver for virtio-scsi: first define the machine with an empty adapter and start it; in Windows, install \
         vioscsi from the virtio-win disc; in Linux, virtio_scsi must be in the initramfs; then move the disk",
    ),
    needs: &[],
    seen: &[sees("disk/driver", "virtio_scsi")],
    apply: |domain, _| target(domain, "sda", DiskBus::Scsi),
};

/// The disk is on SATA.
pub static ON_SATA: Tunable = Tunable {
    topic: &topics::SATA,
    cell: Cell::Has,
    at: "devices/disk[@device=disk]/target",
    why: "On SATA, for which every installer, that of Windows included, has a driver. It is slower than virtio: a read \
          takes seven accesses to emulated registers instead of one notification, and there is only one queue.",
    since: since(v(1, 1, 2), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hard drives: bus, and Controllers: pcie-root, which Q35 needs; accesses \
          counted with QEMU 10.0",
    connections: BOTH,
    safety: Safety::NeedsGuest(
        "the driver for AHCI, which all current systems have, in Linux in the initramfs (ahci); Windows must start once \
         in safe mode after the move",
    ),
    needs: &[],
    seen: &[sees("disk/driver", "ahci")],
    apply: |domain, _| target(domain, "sda", DiskBus::Sata),
};

/// The disk is on virtio-blk.
pub static ON_VIRTIO_BLK: Tunable = Tunable {
    topic: &topics::VIRTIO_BLK,
    cell: Cell::Has,
    at: "devices/disk[@device=disk]/target",
    why: "On virtio-blk, a disk that is its own adapter.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hard drives: bus 0.4.3",
    connections: BOTH,
    safety: Safety::NeedsGuest(
        "the driver for virtio-blk: first attach an empty second disk and start the machine; in Windows, install \
         viostor from the virtio-win disc; then move the system disk",
    ),
    needs: &[],
    seen: &[sees("disk/driver", "virtio_blk")],
    apply: |domain, _| target(domain, "vda", DiskBus::Virtio),
};

/// Not a spinning disk.
pub static SOLID_STATE: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("solid-state flag"),
    at: "devices/disk[@device=disk]/target",
    why: "Marked as solid state, so that the guest trims the disk instead of defragmenting it, and does not reorder \
          requests for a disk head that is not there.",
    since: since(v(7, 3, 0), v(2, 11, 0)),
    source: "libvirt docs/formatdomain.rst, Hard drives: rotation_rate; QEMU commit 3b19f4506901 (2.11)",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("disk/rotational", "0")],
    apply: |domain, _| {
        if let Some(target) = domain.devices.hard_disk().and_then(|disk| disk.target.as_mut()) {
            target.rotation_rate = Some(1);
        }
    },
};

/// The adapter the disk is on.
pub static VIRTIO_SCSI: Tunable = Tunable {
    topic: &topics::VIRTIO_SCSI,
    cell: Cell::Silent,
    at: "devices/controller[@type=scsi]",
    why: "virtio-scsi: a request costs one notification and one interrupt, as on virtio-blk. In addition, a disk can \
          be marked as solid state, and many disks share one PCI slot.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Controllers (no release named); counted with QEMU 10.0, where packed rings, another \
             number of queues, and other cache and io modes change neither number",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("virtio/scsi", "virtio_scsi")],
    apply: |domain, _| domain.devices.controllers.push(virtio_scsi()),
};

/// The adapter that the disk will be on.
pub static VIRTIO_SCSI_FOR_LATER: Tunable = Tunable {
    topic: &topics::VIRTIO_SCSI,
    cell: Cell::Is("empty adapter"),
    at: "devices/controller[@type=scsi]",
    why: "An adapter without a disk. Windows loads a disk driver at boot only for an adapter that it has already met; \
          once the driver is installed from the virtio-win disc, the machine can be defined anew with its disk here.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Controllers (no release named); virtio-win",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("virtio/scsi", "virtio_scsi")],
    apply: |domain, _| domain.devices.controllers.push(virtio_scsi()),
};

/// A thread for disks.
pub static IOTHREADS: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("own iothread"),
    at: "iothreads",
    why: "A thread for disk requests, so that they do not wait behind display, network and monitor in QEMU's main \
          loop.",
    since: since(v(1, 2, 8), v(2, 1, 0)),
    source: "libvirt docs/formatdomain.rst, IOThreads allocation; measured with QEMU 10.0: of a thousand reads, the main loop \
             has 0.06 s of processor time instead of 0.10 to 0.14",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.iothreads = Some(1),
};

/// The adapter uses it.
pub static VIRTIO_SCSI_IOTHREAD: Tunable = Tunable {
    topic: &topics::VIRTIO_SCSI,
    cell: Cell::Silent,
    at: "devices/controller[@type=scsi]/driver",
    why: "Runs this adapter, and with it the disk, in the thread declared above.",
    since: since(v(1, 3, 5), v(2, 4, 0)),
    source: "libvirt docs/formatdomain.rst, Controllers: iothread",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(controller) = domain.devices.scsi_controller() {
            controller.driver = Some(ControllerDriver { iothread: Some(1), iothreads: None });
        }
    },
};

/// The disk uses it.
pub static VIRTIO_BLK_IOTHREAD: Tunable = Tunable {
    topic: &topics::VIRTIO_BLK,
    cell: Cell::Silent,
    at: "devices/disk[@device=disk]/driver",
    why: "Runs this disk in the thread declared above.",
    since: since(v(1, 2, 8), v(2, 1, 0)),
    source: "libvirt docs/formatdomain.rst, Hard drives: iothread",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(driver) = domain.devices.hard_disk().and_then(|disk| disk.driver.as_mut()) {
            driver.iothread = Some(1);
        }
    },
};

/// Discarded clusters stay allocated.
pub static DISCARD_NO_UNREF: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("discard_no_unref"),
    at: "devices/disk[@device=disk]/driver",
    why: "Discarded clusters stay allocated in the image, as holes. Otherwise whatever is written next takes their \
          place, and the image fragments.",
    since: introduced::since("devices/disk/driver/@discard_no_unref"),
    source: "libvirt docs/formatdomain.rst, Hard drives: discard_no_unref; QEMU qapi/block-core.json, discard-no-unref",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(driver) = domain.devices.hard_disk().and_then(|disk| disk.driver.as_mut()) {
            driver.discard_no_unref = Some(OnOff::On);
        }
    },
};

/// The unit in which Windows trims.
pub static DISCARD_GRANULARITY: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("discard in clusters"),
    at: "devices/disk[@device=disk]/blockio",
    why: "Windows trims in units of 64 KiB, a cluster of the image. In units of one sector, the default, trimming fails in \
          Windows since the updates of May 2026 with virtio-win 0.1.285 and later (virtio-win, issue 1574).",
    since: introduced::since("devices/disk/blockio/@discard_granularity"),
    source: "libvirt schemas of 9.0 and 10.0; virtio-win/kvm-guest-drivers-windows, issue 1574",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(disk) = domain.devices.hard_disk() {
            disk.blockio = Some(Blockio { discard_granularity: 65536 });
        }
    },
};

/// Two threads for disks.
pub static IOTHREADS_TWO: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("two iothreads"),
    at: "iothreads",
    why: "Two threads for disk requests, so that they do not wait behind display, network and monitor in QEMU's main \
          loop, and a fast disk can use two of the host's CPUs.",
    since: since(v(1, 2, 8), v(2, 1, 0)),
    source: "libvirt docs/formatdomain.rst, IOThreads allocation",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.iothreads = Some(2),
};

/// The adapter distributes its queues over them.
pub static VIRTIO_SCSI_IOTHREADS: Tunable = Tunable {
    topic: &topics::VIRTIO_SCSI,
    cell: Cell::Silent,
    at: "devices/controller[@type=scsi]/driver",
    why: "The adapter has a queue for each of the guest's CPUs; each thread declared above serves half of them.",
    since: introduced::since("devices/controller/driver/iothreads"),
    source: "libvirt docs/formatdomain.rst, Controllers: iothreads",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        let threads = vec![Iothread { id: 1 }, Iothread { id: 2 }];
        if let Some(controller) = domain.devices.scsi_controller() {
            controller.driver = Some(ControllerDriver { iothread: None, iothreads: Some(Iothreads { threads }) });
        }
    },
};

/// A machine's system disk, on no bus yet: a volume or a file, as a person chose its place.
pub(super) fn system_disk(disk: &SystemDisk) -> Disk {
    let (kind, source) = match &disk.place {
        Place::Pool(pool) => {
            let (pool, volume) = (Some(pool.to_string()), Some(disk.name.to_string()));
            (DiskType::Volume, DiskSource { pool, volume, file: None })
        }
        Place::Folder(folder) => {
            let file = Some(format!("{folder}/{}", disk.name));
            (DiskType::File, DiskSource { file, pool: None, volume: None })
        }
    };
    Disk {
        kind,
        device: DiskDevice::Disk,
        driver: Some(DiskDriver { format: disk.format, discard: None, discard_no_unref: None, iothread: None }),
        source: Some(source),
        target: None,
        blockio: None,
        boot: None,
    }
}

fn target(domain: &mut Domain, dev: &str, bus: DiskBus) {
    if let Some(disk) = domain.devices.hard_disk() {
        disk.target = Some(DiskTarget { dev: dev.to_owned(), bus, rotation_rate: None });
    }
}

fn virtio_scsi() -> Controller {
    Controller {
        kind: ControllerType::Scsi,
        index: None,
        model: ControllerModel::VirtioScsi,
        ports: None,
        driver: None,
    }
}
