//! Drives for discs: installers, drivers, seeds.

use constcat::concat;

use crate::connection::BOTH;
use crate::domain::{Boot, Disk, DiskBus, DiskDevice, DiskSource, DiskTarget, DiskType};
use crate::observations::sees;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{pages, topics};

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
    safety: Safety::Yours("an installed guest may need no drive"),
    needs: &[],
    seen: &[sees("drives/driver", "ahci")],
    apply: |domain, machine| {
        let boot = Some(Boot { order: 2 });
        domain.devices.disks.push(drive("sdb", DiskBus::Sata, machine.media.installer.as_deref(), boot));
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
    safety: Safety::Yours("an installed guest may need no drive"),
    needs: &[],
    seen: &[sees("drives", "2")],
    apply: |domain, machine| {
        domain.devices.disks.push(drive("sdc", DiskBus::Sata, machine.media.drivers.as_deref(), None));
    },
};

/// The drive for the seed of a cloud image.
pub static SEED: Tunable = Tunable {
    topic: &topics::MEDIA,
    cell: Cell::Is("one for the seed"),
    at: "devices/disk[@device=cdrom][1]",
    why: concat!(
        "An empty drive for the seed, the disc with the settings that the image reads when it boots for the first time (see ",
        pages::CLOUD,
        "). It is on the disk's adapter, for which every image has a driver; on SATA, some find no drive."
    ),
    since: since(v(0, 8, 8), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hard drives: boot; cloud-init, data source NoCloud; Debian's linux-image-cloud-amd64 6.1: CONFIG_SATA_AHCI is not set; cloud-init, \
             issue 3897, and virt-manager, issue 445: a seed on SATA is not found, or too late",
    connections: BOTH,
    safety: Safety::Yours("the image has its settings after it has booted once"),
    needs: &[],
    seen: &[sees("drives/driver", "virtio_scsi")],
    apply: |domain, machine| {
        let boot = Some(Boot { order: 2 });
        domain.devices.disks.push(drive("sdb", DiskBus::Scsi, machine.media.installer.as_deref(), boot));
    },
};

/// A drive for discs, empty or with an image.
pub(super) fn drive(dev: &str, bus: DiskBus, image: Option<&str>, boot: Option<Boot>) -> Disk {
    Disk {
        kind: DiskType::File,
        device: DiskDevice::Cdrom,
        driver: None,
        source: image.map(|file| DiskSource { file: Some(file.to_owned()), ..DiskSource::default() }),
        target: Some(DiskTarget { dev: dev.to_owned(), bus, rotation_rate: None }),
        blockio: None,
        boot,
    }
}
