//! What machines share: a preference says what a system wants, an instancetype how large a machine is.
//!
//! Whatever moves there leaves the machine, since `KubeVirt` refuses a size in both. Where the devices of one kind do not agree (two
//! pointers on two buses), each keeps its own.

use std::collections::BTreeMap;

use super::objects::{
    Bootloader, Clock, ClockPreference, Cpu, CpuPreference, DevicePreference, Devices, DomainSpec, Empty,
    FeaturePreference, Features, Firmware, FirmwarePreference, InstancetypeCpu, InstancetypeSpec, MachineSpec, Matcher,
    Memory, Meta, Object, Offset, OnBus, PreferenceSpec, PreferredTopology, Target, Video,
};

/// The objects that machines share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// What a system wants.
    pub preference: Object<PreferenceSpec>,
    /// How large its machine is.
    pub instancetype: Object<InstancetypeSpec>,
}

/// Moves what machines can share out of one; `system` names the preference.
#[must_use]
pub fn shared(machine: &mut Object<MachineSpec>, system: &str) -> Shared {
    let spec = &mut machine.spec;
    let architecture = spec.template.spec.architecture;
    let DomainSpec { clock, cpu, devices, features, firmware, memory } = &mut spec.template.spec.domain;

    let Cpu { model, sockets, cores, threads } = cpu.take().unwrap_or_default();
    let one = |count: Option<u32>| count.unwrap_or(1);
    let guest = one(sockets) * one(cores) * one(threads);
    let topology = match (one(sockets), one(threads)) {
        (1, 1) => PreferredTopology::Cores,
        _ => PreferredTopology::Sockets,
    };
    let memory = memory.take().unwrap_or(Memory { guest: String::new() });
    let size = format!("{guest}cpu-{}", memory.guest.to_ascii_lowercase());
    let own = |name: String| Meta { name, annotations: BTreeMap::new() };
    let size = Object::instancetype(own(size), InstancetypeSpec { cpu: InstancetypeCpu { guest, model }, memory });

    let clock = clock.take().map(|Clock { utc, timer }| ClockPreference {
        preferred_clock_offset: utc.map(Offset::Utc),
        preferred_timer: timer,
    });
    let features = features.take().map(|Features { acpi, hyperv, smm }| FeaturePreference {
        preferred_acpi: acpi,
        preferred_hyperv: hyperv,
        preferred_smm: smm,
    });
    let firmware = firmware.take().map(|Firmware { bootloader }| match bootloader {
        Bootloader::Bios(Empty {}) => FirmwarePreference::PreferredUseBios(true),
        Bootloader::Efi(efi) => FirmwarePreference::PreferredEfi(efi),
    });
    let preference = PreferenceSpec {
        clock,
        cpu: CpuPreference { topology },
        devices: self::devices(devices),
        features,
        firmware,
        preferred_architecture: architecture,
    };
    let preference = Object::preference(own(system.replace('/', "-")), preference);
    spec.preference = Some(Matcher::of(&preference));
    spec.instancetype = Some(Matcher::of(&size));
    Shared { preference, instancetype: size }
}

fn devices(devices: &mut Devices) -> DevicePreference {
    let Devices {
        autoattach_graphics_device,
        autoattach_mem_balloon,
        autoattach_serial_console,
        client_passthrough: _, // A preference has none.
        disks,
        inputs,
        interfaces,
        rng,
        sound,
        tpm,
        video,
    } = devices;
    let (mut hard, mut drives) = (Vec::new(), Vec::new());
    for disk in disks {
        match &mut disk.target {
            Target::Disk(OnBus { bus }) => hard.push(bus),
            Target::Cdrom(OnBus { bus }) => drives.push(bus),
        }
    }
    DevicePreference {
        preferred_autoattach_graphics_device: autoattach_graphics_device.take(),
        preferred_autoattach_mem_balloon: autoattach_mem_balloon.take(),
        preferred_autoattach_serial_console: autoattach_serial_console.take(),
        preferred_cdrom_bus: agreed(drives),
        preferred_disk_bus: agreed(hard),
        preferred_input_bus: agreed(inputs.iter_mut().map(|input| &mut input.bus).collect()),
        preferred_interface_model: agreed(interfaces.iter_mut().map(|card| &mut card.model).collect()),
        preferred_rng: rng.take(),
        preferred_sound_model: sound.as_mut().and_then(|sound| sound.model.take()),
        preferred_tpm: tpm.take(),
        preferred_video_type: video.take().map(|Video { kind }| kind),
    }
}

/// What all of them say, taken out of each.
fn agreed<T: Copy + PartialEq>(all: Vec<&mut Option<T>>) -> Option<T> {
    let first = **all.first()?;
    if all.iter().any(|one| **one != first) {
        return None;
    }
    for one in all {
        *one = None;
    }
    first
}
