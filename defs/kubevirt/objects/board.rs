//! What a machine of `KubeVirt`'s is made of before any device is attached.

use serde::Serialize;
use serde_with::skip_serializing_none;

/// An object whose presence is its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Empty {}

/// The processors that it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// 64-bit x86.
    Amd64,
    /// 64-bit ARM.
    Arm64,
}

/// Time base and timers.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Clock {
    pub utc: Option<Empty>,
    pub timer: Option<Timers>,
}

/// Timers that differ from the defaults.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Timers {
    pub hpet: Option<Timer>,
    pub hyperv: Option<Timer>,
    pub rtc: Option<Timer>,
}

/// One of them.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub struct Timer {
    pub present: Option<bool>,
    pub tick_policy: Option<TickPolicy>,
}

/// What happens to ticks that the guest missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the word says it")]
pub enum TickPolicy {
    Catchup,
}

/// CPU model and topology.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Cpu {
    pub model: Option<CpuModel>,
    pub sockets: Option<u32>,
    pub cores: Option<u32>,
    pub threads: Option<u32>,
}

/// How the model is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum CpuModel {
    HostModel,
    HostPassthrough,
}

/// Memory at boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Memory {
    pub guest: String,
}

/// What starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Firmware {
    pub bootloader: Bootloader,
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Bootloader {
    Bios(Empty),
    Efi(Efi),
}

/// UEFI.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub struct Efi {
    pub persistent: Option<bool>,
    pub secure_boot: Option<bool>,
}

/// Hypervisor features.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Features {
    pub acpi: Option<State>,
    pub hyperv: Option<Hyperv>,
    pub smm: Option<State>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the word says it")]
pub struct State {
    pub enabled: bool,
}

/// The interfaces of Microsoft's hypervisor.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "KubeVirt's names of the enlightenments")]
pub struct Hyperv {
    pub relaxed: Option<State>,
    pub vapic: Option<State>,
    pub spinlocks: Option<Spinlocks>,
    pub vpindex: Option<State>,
    pub runtime: Option<State>,
    pub synic: Option<State>,
    pub synictimer: Option<Synictimer>,
    pub frequencies: Option<State>,
    pub tlbflush: Option<Tlbflush>,
    pub ipi: Option<State>,
}

/// Attempts before the guest tells the hypervisor that it is waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Spinlocks {
    pub enabled: bool,
    pub spinlocks: u32,
}

/// libvirt's `stimer`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Synictimer {
    pub enabled: bool,
    pub direct: Option<State>,
}

/// Hypercalls that flush address translations.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Tlbflush {
    pub enabled: bool,
    pub extended: Option<State>,
}
