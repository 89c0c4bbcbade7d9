//! Drives for installation media.

use crate::connection::BOTH;
use crate::domain::{Boot, Disk, DiskBus, DiskDevice, DiskSource, DiskTarget, DiskType};
use crate::observations::sees;
use crate::topics;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};

/// The drive for the installer.
pub static INSTALL_MEDIUM: Tunable = Tunable {
    topic: &topics::MEDIA,
    cell: Cell::Is("one for the installer"),
    at: "devices/disk[@device=cdrom][1]",
    why: "An empty drive for the installer, on SATA, because every installer has a driver for it and the chipset has \
          the controller anyway. It is second in the boot order, used while the disk has nothing to boot.",
    since: since(v(0, 8, 8), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hard drives: boot",
    connections: BOTH,
    needs: &[],
    seen: &[sees("drives/driver", "ahci")],
    apply: |domain, machine| {
        domain.devices.disks.push(drive("sdb", machine.media.installer.as_deref(), Some(Boot { order: 2 })));
    },
};

/// The drive for drivers.
pub static DRIVERS_MEDIUM: Tunable = Tunable {
    topic: &topics::MEDIA,
    cell: Cell::Is("one for drivers"),
    at: "devices/disk[@device=cdrom][2]",
    why: "A second empty drive, for the virtio-win disc: Windows has no virtio drivers of its own and installs them \
          from there.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hard drives: device 0.0.3; virtio-win",
    connections: BOTH,
    needs: &[],
    seen: &[sees("drives", "2")],
    apply: |domain, machine| domain.devices.disks.push(drive("sdc", machine.media.drivers.as_deref(), None)),
};

fn drive(dev: &str, image: Option<&str>, boot: Option<Boot>) -> Disk {
    Disk {
        kind: DiskType::File,
        device: DiskDevice::Cdrom,
        driver: None,
        source: image.map(|file| DiskSource { file: Some(file.to_owned()), ..DiskSource::default() }),
        target: Some(DiskTarget { dev: dev.to_owned(), bus: DiskBus::Sata, rotation_rate: None }),
        blockio: None,
        boot,
    }
}
