//! The system disk, and the bus it is on.

use crate::connection::{BOTH, SESSION, SYSTEM};
use crate::domain::{
    Blockio, Boot, Controller, ControllerDriver, ControllerModel, ControllerType, Discard, Disk, DiskBus, DiskDevice,
    DiskDriver, DiskSource, DiskTarget, DiskType, Domain, Iothread, Iothreads, OnOff,
};
use crate::machine::{Place, SystemDisk};
use crate::sights::{sees, sees_of, sees_word};
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{needs, newer, topics};

/// The system disk, in a pool.
pub static VOLUME: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::Is("a volume of the pool `default`"),
    at: "devices/disk[@device=disk]",
    why: "The system disk. A volume of the pool `default`, because a file would need an absolute path with your \
          home in it.",
    // libvirt docs/formatdomain.rst, disk: type volume 1.0.5
    since: since(v(1, 0, 5), ALWAYS),
    connections: SESSION,
    needs: &[&needs::POOL],
    seen: &[sees_of("disk/size-gib", |machine| machine.disk.size.bytes() >> 30)],
    apply: |domain, machine| domain.devices.disks.push(system_disk(&machine.disk)),
};

/// The system disk, as a file.
pub static FILE: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::Is("a file in the folder of the pool `default`"),
    at: "devices/disk[@device=disk]",
    why: "The system disk. The folder is that of libvirt's pool `default`; the file is named directly, because \
          AppArmor on Debian 12 and Ubuntu 24.04 denies QEMU a disk that is named as a volume of a pool.",
    // as old as libvirt; AppArmor: libvirt issue 546
    since: since(ALWAYS, ALWAYS),
    connections: SYSTEM,
    needs: &[&needs::IMAGE],
    seen: &[sees_of("disk/size-gib", |machine| machine.disk.size.bytes() >> 30)],
    apply: |domain, machine| domain.devices.disks.push(system_disk(&machine.disk)),
};

/// Freed space goes back.
pub static DISCARD: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("discard"),
    at: "devices/disk[@device=disk]/driver",
    why: "Space that the guest frees is freed in the image on the host, too, so that it does not only ever \
          grow.",
    // libvirt docs/formatdomain.rst, disk: discard 1.0.6
    since: since(v(1, 0, 6), v(1, 5, 0)),
    connections: BOTH,
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
    why: "First in the boot order. An empty disk is skipped, so a new machine starts from the install medium, \
          and after that from here, without a medium to take out.",
    // libvirt docs/formatdomain.rst, boot: per device 0.8.8
    since: since(v(0, 8, 8), ALWAYS),
    connections: BOTH,
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
    // as old as libvirt
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("disk/driver", "virtio_scsi")],
    apply: |domain, _| target(domain, "sda", DiskBus::Scsi),
};

/// The disk is on SATA.
pub static ON_SATA: Tunable = Tunable {
    topic: &topics::SATA,
    cell: Cell::Has,
    at: "devices/disk[@device=disk]/target",
    why: "On SATA, for which every installer, that of Windows included, has a driver of its own. Slower than \
          virtio: every request is an emulated register access, and there is one queue.",
    // as old as Q35
    since: since(v(1, 1, 2), ALWAYS),
    connections: BOTH,
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
    // as old as libvirt
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("disk/driver", "virtio_blk")],
    apply: |domain, _| target(domain, "vda", DiskBus::Virtio),
};

/// Not a spinning disk.
pub static SOLID_STATE: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("solid-state flag"),
    at: "devices/disk[@device=disk]/target",
    why: "Marked as solid state: the guest trims it instead of defragmenting it, and does not order requests \
          for the sake of a disk head that is not there.",
    // libvirt docs/formatdomain.rst, disk: rotation_rate 7.3.0, only on SCSI, IDE and SATA
    since: since(v(7, 3, 0), v(2, 11, 0)),
    connections: BOTH,
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
    why: "virtio-scsi: a paravirtual adapter that speaks all of SCSI, so that trimming and the solid-state \
          mark reach the guest, and many disks share one PCI slot.",
    // older than any release in use
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("virtio/scsi", "virtio_scsi")],
    apply: |domain, _| domain.devices.controllers.push(virtio_scsi()),
};

/// The adapter that the disk will be on.
pub static VIRTIO_SCSI_FOR_LATER: Tunable = Tunable {
    topic: &topics::VIRTIO_SCSI,
    cell: Cell::Is("empty adapter"),
    at: "devices/controller[@type=scsi]",
    why: "An adapter without a disk. Windows loads a disk's driver at boot only where it has met the adapter \
          before; once it has, with the driver installed from the drivers' disc, the machine can be defined \
          again with the disk on it.",
    // older than any release in use
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("virtio/scsi", "virtio_scsi")],
    apply: |domain, _| domain.devices.controllers.push(virtio_scsi()),
};

/// A thread for disks.
pub static IOTHREADS: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("own iothread"),
    at: "iothreads",
    why: "A thread for disk requests, so that they do not queue behind display, network and monitor in QEMU's \
          main loop.",
    // libvirt docs/formatdomain.rst, iothreads 1.2.8 (QEMU 2.1)
    since: since(v(1, 2, 8), v(2, 1, 0)),
    connections: BOTH,
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
    // libvirt docs/formatdomain.rst, controllers: iothread 1.3.5 (QEMU 2.4)
    since: since(v(1, 3, 5), v(2, 4, 0)),
    connections: BOTH,
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
    // libvirt docs/formatdomain.rst, disk: iothread 1.2.8 (QEMU 2.1)
    since: since(v(1, 2, 8), v(2, 1, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(driver) = domain.devices.hard_disk().and_then(|disk| disk.driver.as_mut()) {
            driver.iothread = Some(1);
        }
    },
};

/// What is freed keeps its place.
pub static DISCARD_NO_UNREF: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("discard_no_unref"),
    at: "devices/disk[@device=disk]/driver",
    why: "Space that the guest has freed keeps its place in the image, empty. Otherwise the next thing that is written \
          takes it, wherever that belongs, and in time neighbours in the guest are far apart in the file.",
    // meaning: QEMU qapi/block-core.json, discard-no-unref
    since: newer::since("devices/disk/driver/@discard_no_unref"),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(driver) = domain.devices.hard_disk().and_then(|disk| disk.driver.as_mut()) {
            driver.discard_no_unref = Some(OnOff::On);
        }
    },
};

/// What Windows may free at a time.
pub static DISCARD_GRANULARITY: Tunable = Tunable {
    topic: &topics::DISK,
    cell: Cell::With("discard in clusters"),
    at: "devices/disk[@device=disk]/blockio",
    why: "Freed in pieces of 64 KiB, a cluster of the image: current releases of Windows do not trim at all where the \
          smallest piece is one sector, which is what the disk would say of itself.",
    // virtio-win kvm-guest-drivers-windows, issue 1574
    since: newer::since("devices/disk/blockio/@discard_granularity"),
    connections: BOTH,
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
    why: "Two threads for disk requests: they do not queue behind display, network and monitor in QEMU's main loop, and a \
          fast disk is not bound to one CPU of the host.",
    // libvirt docs/formatdomain.rst, iothreads 1.2.8 (QEMU 2.1)
    since: since(v(1, 2, 8), v(2, 1, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.iothreads = Some(2),
};

/// The adapter's queues are shared out among them.
pub static VIRTIO_SCSI_IOTHREADS: Tunable = Tunable {
    topic: &topics::VIRTIO_SCSI,
    cell: Cell::Silent,
    at: "devices/controller[@type=scsi]/driver",
    why: "The adapter has a queue for each of the guest's CPUs; each thread declared above serves every second one.",
    since: newer::since("devices/controller/driver/iothreads"),
    connections: BOTH,
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
