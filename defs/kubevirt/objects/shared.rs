//! The objects that machines of `KubeVirt`'s share.

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::board::{Architecture, CpuModel, Efi, Empty, Hyperv, Memory, State, Timers};
use super::devices::{Bus, CardModel, InputBus, SoundModel, Tpm, VideoType};

/// `VirtualMachineClusterInstancetype`: the size of machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct InstancetypeSpec {
    pub cpu: InstancetypeCpu,
    pub memory: Memory,
}

/// Its CPUs.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct InstancetypeCpu {
    pub guest: u32,
    pub model: Option<CpuModel>,
}

/// `VirtualMachineClusterPreference`: what a system wants, whatever the size of its machine.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "KubeVirt's names, each explained by its type")]
pub struct PreferenceSpec {
    pub clock: Option<ClockPreference>,
    pub cpu: CpuPreference,
    pub devices: DevicePreference,
    pub features: Option<FeaturePreference>,
    pub firmware: Option<FirmwarePreference>,
    pub preferred_architecture: Architecture,
}

/// Time base and timers.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub struct ClockPreference {
    pub preferred_clock_offset: Option<Offset>,
    pub preferred_timer: Option<Timers>,
}

/// What the real-time clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the word says it")]
pub enum Offset {
    Utc(Empty),
}

/// What becomes of the number of CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the word says it")]
pub struct CpuPreference {
    #[serde(rename = "preferredCPUTopology")]
    pub topology: PreferredTopology,
}

/// Where CPUs are put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PreferredTopology {
    /// All in one socket, one thread in a core.
    Cores,
    /// Each in a socket of its own, which is `KubeVirt`'s default.
    Sockets,
}

/// Devices.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub struct DevicePreference {
    pub preferred_autoattach_graphics_device: Option<bool>,
    pub preferred_autoattach_mem_balloon: Option<bool>,
    pub preferred_autoattach_serial_console: Option<bool>,
    pub preferred_cdrom_bus: Option<Bus>,
    pub preferred_disk_bus: Option<Bus>,
    pub preferred_input_bus: Option<InputBus>,
    pub preferred_interface_model: Option<CardModel>,
    pub preferred_rng: Option<Empty>,
    pub preferred_sound_model: Option<SoundModel>,
    #[serde(rename = "preferredTPM")]
    pub preferred_tpm: Option<Tpm>,
    pub preferred_video_type: Option<VideoType>,
}

/// Hypervisor features.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub struct FeaturePreference {
    pub preferred_acpi: Option<State>,
    pub preferred_hyperv: Option<Hyperv>,
    pub preferred_smm: Option<State>,
}

/// What starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum FirmwarePreference {
    PreferredEfi(Efi),
    PreferredUseBios(bool),
}
