//! Disks: the system disk, which CDI makes, and the drives, whose discs are uploaded.

use std::collections::BTreeMap;

use super::mapping::{Field, Mapping, Upload, domain, either, own};
use super::objects::{
    self, BlockSize, Bus, CustomBlockSize, DataVolumeSource, DataVolumeSpec, DataVolumeTemplate, Empty, Meta, OnBus,
    Requests, Resources, SecretRef, Storage, Target, Volume, VolumeSource, quantity,
};
use crate::definition::Definition;
use crate::domain::{
    Blockio, Boot, Discard, Disk, DiskBus, DiskDevice, DiskDriver, DiskFormat, DiskSource, DiskTarget, DiskType,
};
use crate::machine::Machine;
use crate::tunables::media;

/// Whose disks these are.
pub(super) struct Context<'a> {
    /// What the machine was made of.
    pub(super) definition: Definition,
    /// What somebody has chosen.
    pub(super) machine: &'a Machine,
    /// Its name in the cluster.
    pub(super) name: &'a str,
}

/// A disk, with what it takes.
pub(super) struct Drive {
    pub(super) disk: objects::Disk,
    pub(super) volume: Volume,
    pub(super) template: Option<DataVolumeTemplate>,
}

/// Which of a machine's drives one is.
#[derive(Clone, Copy)]
struct Place {
    name: &'static str,
    at: &'static str,
    boot_at: &'static str,
    boot: Field,
    bus_at: &'static str,
    bus: Field,
}

const SYSTEM: Place = Place {
    name: "system",
    at: "devices/disk[@device=disk]",
    boot_at: "devices/disk[@device=disk]/boot",
    boot: own(domain!("devices/disks/system/bootOrder")),
    bus_at: "devices/disk[@device=disk]/target",
    bus: either(domain!("devices/disks/system/disk/bus"), "spec/devices/preferredDiskBus"),
};

const INSTALLER: Place = Place {
    name: "installer",
    at: "devices/disk[@device=cdrom][1]",
    boot_at: "devices/disk[@device=cdrom][1]/boot",
    boot: own(domain!("devices/disks/installer/bootOrder")),
    bus_at: "devices/disk[@device=cdrom][1]/target",
    bus: either(domain!("devices/disks/installer/cdrom/bus"), "spec/devices/preferredCdromBus"),
};

const SEED: Place = Place {
    name: "seed",
    boot: own(domain!("devices/disks/seed/bootOrder")),
    bus: either(domain!("devices/disks/seed/cdrom/bus"), "spec/devices/preferredCdromBus"),
    ..INSTALLER
};

const DRIVERS: Place = Place {
    name: "drivers",
    at: "devices/disk[@device=cdrom][2]",
    boot_at: "devices/disk[@device=cdrom][2]/boot",
    boot: own(domain!("devices/disks/drivers/bootOrder")),
    bus_at: "devices/disk[@device=cdrom][2]/target",
    bus: either(domain!("devices/disks/drivers/cdrom/bus"), "spec/devices/preferredCdromBus"),
};

/// Every disk and drive, in their order.
pub(super) fn drives(mapping: &mut Mapping, disks: Vec<Disk>, context: &Context) -> Vec<Drive> {
    let mut drives = 0;
    let is_cloud = context.definition.has(&media::SEED);
    let mut place = |device| match device {
        DiskDevice::Disk => SYSTEM,
        DiskDevice::Cdrom => {
            drives += 1;
            match drives {
                1 if is_cloud => SEED,
                1 => INSTALLER,
                _ => DRIVERS,
            }
        }
    };
    let placed: Vec<_> = disks.into_iter().map(|disk| (place(disk.device), disk)).collect();
    placed.into_iter().map(|(place, disk)| drive(mapping, place, disk, context, is_cloud)).collect()
}

fn drive(mapping: &mut Mapping, place: Place, disk: Disk, context: &Context, is_cloud: bool) -> Drive {
    let Disk { kind, device, driver, source, target, blockio, boot } = disk;
    // Where an image is on a host means nothing in a cluster; what is there instead is told of the disk.
    let (DiskType::File | DiskType::Volume) = kind;
    let (Some(DiskSource { file: _, pool: _, volume: _ }) | None) = source;
    let (volume, template) = contents(mapping, place, context, is_cloud);
    if let Some(driver) = driver {
        self::driver(mapping, driver);
    }
    let block_size = blockio.map(|Blockio { discard_granularity }| {
        mapping.same("devices/disk[@device=disk]/blockio", own(domain!("devices/disks/system/blockSize")));
        BlockSize { custom: CustomBlockSize { discard_granularity, logical: 512, physical: 512 } }
    });
    let boot_order = boot.map(|Boot { order }| {
        mapping.same_or(
            place.boot_at,
            place.boot,
            place.name == SYSTEM.name,
            "Tried while the disk has nothing to boot.",
        );
        order
    });
    let bus = target.map(|target| bus(mapping, place, &target));
    let on_bus = OnBus { bus };
    let target = match device {
        DiskDevice::Disk => Target::Disk(on_bus),
        DiskDevice::Cdrom => Target::Cdrom(on_bus),
    };
    let dedicated_io_thread = (place.name == SYSTEM.name && bus == Some(Bus::Virtio)).then_some(true);
    let disk = objects::Disk { name: place.name, block_size, boot_order, dedicated_io_thread, target };
    Drive { disk, volume: Volume { name: place.name, source: volume }, template }
}

/// What is in a disk.
fn contents(
    mapping: &mut Mapping,
    place: Place,
    context: &Context,
    is_cloud: bool,
) -> (VolumeSource, Option<DataVolumeTemplate>) {
    let Context { machine, name, .. } = context;
    match place.name {
        "system" => {
            let (source, why) = if is_cloud {
                let why =
                    "CDI makes the disk, raw and with the cluster's default storage class, and waits for the image.";
                (DataVolumeSource::Upload(Empty {}), why)
            } else {
                let why = "CDI makes the disk, empty, raw and with the cluster's default storage class.";
                (DataVolumeSource::Blank(Empty {}), why)
            };
            mapping.other(place.at, own("spec/dataVolumeTemplates"), why);
            if is_cloud {
                mapping.uploads.push(Upload::Image((*name).to_owned()));
            }
            let requests = Requests { storage: quantity(machine.disk.size) };
            let spec = DataVolumeSpec { source, storage: Storage { resources: Resources { requests } } };
            let mut annotations = BTreeMap::new();
            if is_cloud {
                // Else the volume would wait for the machine, and the machine for its image.
                annotations.insert("cdi.kubevirt.io/storage.bind.immediate.requested", "true".to_owned());
            }
            let metadata = Meta { name: (*name).to_owned(), annotations };
            let template = DataVolumeTemplate { metadata, spec };
            (VolumeSource::DataVolume { name: (*name).to_owned() }, Some(template))
        }
        "seed" => {
            let why = "KubeVirt makes the seed of this Secret, whose key `userdata` is the file user-data.";
            mapping.other(place.at, own("spec/template/spec/volumes/seed"), why);
            let seed = format!("{name}-seed");
            mapping.uploads.push(Upload::Seed(seed.clone()));
            (VolumeSource::CloudInitNoCloud { secret_ref: SecretRef { name: seed } }, None)
        }
        "installer" => {
            let why = "The installer's disc, which is uploaded before the machine is made.";
            mapping.other(place.at, own("spec/template/spec/volumes/installer"), why);
            let volume = format!("{name}-installer");
            let file = machine.media.installer.clone();
            mapping.uploads.push(Upload::Disc { volume: volume.clone(), gib: 10, file });
            (VolumeSource::DataVolume { name: volume }, None)
        }
        _ => {
            let why = "The virtio-win disc, which is uploaded before the machine is made: Windows has no virtio drivers of its own.";
            mapping.other(place.at, own("spec/template/spec/volumes/drivers"), why);
            let volume = format!("{name}-drivers");
            let file = machine.media.drivers.clone();
            mapping.uploads.push(Upload::Disc { volume: volume.clone(), gib: 1, file });
            (VolumeSource::DataVolume { name: volume }, None)
        }
    }
}

fn driver(mapping: &mut Mapping, driver: DiskDriver) {
    // The thread is told of `iothreads`.
    let DiskDriver { format, discard, discard_no_unref, iothread: _ } = driver;
    let (DiskFormat::Qcow2 | DiskFormat::Raw) = format;
    mapping.by_itself(
        "devices/disk[@device=disk]/driver/@type",
        "its disks are raw, and snapshots are the storage's (`VirtualMachineSnapshot`)",
    );
    if let Some(discard) = discard {
        let Discard::Unmap = discard;
        mapping.by_itself(
            "devices/disk[@device=disk]/driver/@discard",
            "it frees what the guest trims, unless the disk is preallocated",
        );
    }
    if discard_no_unref.is_some() {
        mapping.by_itself(
            "devices/disk[@device=disk]/driver/@discard_no_unref",
            "its disks are raw, and have no clusters",
        );
    }
}

fn bus(mapping: &mut Mapping, place: Place, target: &DiskTarget) -> Bus {
    let DiskTarget { dev: _, bus, rotation_rate } = *target;
    if rotation_rate.is_some() {
        mapping.lost(
            "devices/disk[@device=disk]/target/@rotation_rate",
            "the guest may take the disk for a rotating one: switch defragmentation off in Windows",
        );
    }
    let (bus, why) = match bus {
        DiskBus::Virtio => (Bus::Virtio, "virtio-blk, as in libvirt's definition."),
        DiskBus::Scsi => {
            (Bus::Scsi, "virtio-scsi, as in libvirt's definition, so that the guest finds its disk on both.")
        }
        DiskBus::Sata => (Bus::Sata, "SATA, which every system has a driver for."),
    };
    mapping.other(place.bus_at, place.bus, why);
    bus
}
