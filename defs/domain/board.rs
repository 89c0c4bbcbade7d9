//! What the machine is made of before any device is attached: memory, firmware, CPU, clock, power management.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::values::{OnOff, Present, YesNo};

/// `<memoryBacking>`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryBacking {
    /// Kind of host memory.
    pub source: Option<MemorySource>,
    /// Who may map it.
    pub access: Option<MemoryAccess>,
}

/// `<memoryBacking><source>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemorySource {
    /// Kind of host memory.
    #[serde(rename = "@type")]
    pub kind: MemorySourceType,
}

/// `<memoryBacking><source type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemorySourceType {
    /// An anonymous file that can be handed to another process.
    Memfd,
}

/// `<memoryBacking><access>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryAccess {
    /// Who may map it.
    #[serde(rename = "@mode")]
    pub mode: MemoryAccessMode,
}

/// `<memoryBacking><access mode=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemoryAccessMode {
    /// Processes beside QEMU.
    Shared,
}

/// `<os>`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Os {
    /// How libvirt chooses the firmware.
    #[serde(rename = "@firmware")]
    pub firmware_kind: Option<FirmwareKind>,
    /// Architecture and machine type.
    #[serde(rename = "type")]
    pub kind: Option<OsType>,
    /// What the chosen firmware must have.
    pub firmware: Option<Firmware>,
    /// How the firmware is loaded.
    pub loader: Option<Loader>,
    /// Absolute path of what is booted instead of a disk.
    pub kernel: Option<String>,
}

/// `<os firmware=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FirmwareKind {
    /// UEFI.
    Efi,
}

/// `<os><type>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OsType {
    /// CPU architecture of the guest.
    #[serde(rename = "@arch")]
    pub arch: Arch,
    /// Chipset.
    #[serde(rename = "@machine")]
    pub machine: Option<MachineType>,
    /// Kind of virtualization.
    #[serde(rename = "$text")]
    pub kind: OsTypeValue,
}

/// `<os><type arch=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arch {
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit ARM.
    #[serde(rename = "aarch64")]
    Aarch64,
}

impl Arch {
    /// All of them.
    pub const ALL: [Arch; 2] = [Arch::X86_64, Arch::Aarch64];

    /// The one of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Arch> {
        Arch::ALL.into_iter().find(|arch| arch.name() == name)
    }

    /// Its name, which is libvirt's, QEMU's and osinfo-db's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64",
            Arch::Aarch64 => "aarch64",
        }
    }
}

/// `<os><type machine=…>`: a QEMU machine type, never a versioned one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MachineType {
    /// PCI Express PC (2009).
    Q35,
    /// QEMU's own board for ARM, which is like no real one.
    Virt,
}

/// The text of `<os><type>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OsTypeValue {
    /// A whole machine, for an unmodified guest.
    Hvm,
}

/// `<os><firmware>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Firmware {
    /// Features that must be there, or must not.
    #[serde(rename = "feature")]
    pub features: Vec<FirmwareFeature>,
}

/// `<os><loader>`, without a path: libvirt finds the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loader {
    /// Whether it forgets its variables when the machine is shut down.
    #[serde(rename = "@stateless")]
    pub stateless: YesNo,
}

/// `<os><firmware><feature>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirmwareFeature {
    /// Required or refused.
    #[serde(rename = "@enabled")]
    pub enabled: YesNo,
    /// Which.
    #[serde(rename = "@name")]
    pub name: FirmwareFeatureName,
}

/// `<os><firmware><feature name=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirmwareFeatureName {
    /// A build that can verify boot loaders.
    SecureBoot,
}

/// `<features>`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// ACPI tables and events.
    pub acpi: Option<Present>,
    /// Hyper-V interfaces offered to the guest.
    pub hyperv: Option<Hyperv>,
    /// `VMware`'s I/O port.
    pub vmport: Option<State>,
}

/// An element with nothing but `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// On or off.
    #[serde(rename = "@state")]
    pub state: OnOff,
}

impl State {
    /// `state='on'`
    pub const ON: State = State { state: OnOff::On };
    /// `state='off'`
    pub const OFF: State = State { state: OnOff::Off };
}

/// `<hyperv>`: what the enlightenments do stands in [`tunables::hyperv`](crate::tunables::hyperv).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "libvirt's names of the enlightenments, each explained by its tunable")]
pub struct Hyperv {
    pub relaxed: Option<State>,
    pub vapic: Option<State>,
    pub spinlocks: Option<Spinlocks>,
    pub vpindex: Option<State>,
    pub runtime: Option<State>,
    pub synic: Option<State>,
    pub stimer: Option<Stimer>,
    pub frequencies: Option<State>,
    pub tlbflush: Option<Tlbflush>,
    pub ipi: Option<State>,
    pub xmm_input: Option<State>,
}

/// `<hyperv><spinlocks>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spinlocks {
    /// On or off.
    #[serde(rename = "@state")]
    pub state: OnOff,
    /// Attempts before the guest tells the hypervisor that it is waiting; 4095 at least.
    #[serde(rename = "@retries")]
    pub retries: u32,
}

/// `<tlbflush>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tlbflush {
    /// Whether it is on.
    #[serde(rename = "@state")]
    pub state: OnOff,
    /// Whether single addresses can be named.
    pub extended: Option<State>,
}

/// `<hyperv><stimer>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stimer {
    /// On or off.
    #[serde(rename = "@state")]
    pub state: OnOff,
    /// Expiry as an interrupt instead of a message.
    pub direct: Option<State>,
}

/// `<cpu>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// How the model is chosen.
    #[serde(rename = "@mode")]
    pub mode: CpuMode,
    /// How virtual CPUs are arranged.
    pub topology: Option<Topology>,
}

/// `<cpu mode=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CpuMode {
    /// The host's CPU, unchanged.
    HostPassthrough,
    /// The named model closest to the host's CPU, plus the features it lacks.
    HostModel,
    /// All that there is: with KVM the host's CPU, emulated everything that QEMU knows.
    Maximum,
}

/// `<cpu><topology>`: the product is the number of virtual CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// CPU sockets.
    #[serde(rename = "@sockets")]
    pub sockets: u32,
    /// Cores in a socket.
    #[serde(rename = "@cores")]
    pub cores: u32,
    /// Threads in a core.
    #[serde(rename = "@threads")]
    pub threads: u32,
}

/// `<clock>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// What the real-time clock shows at boot.
    #[serde(rename = "@offset")]
    pub offset: ClockOffset,
    /// Timers that differ from QEMU's defaults.
    #[serde(rename = "timer", default)]
    pub timers: Vec<Timer>,
}

/// `<clock offset=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockOffset {
    /// Coordinated universal time.
    Utc,
    /// The host's local time.
    Localtime,
}

/// `<clock><timer>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// Which.
    #[serde(rename = "@name")]
    pub name: TimerName,
    /// What happens to ticks the guest missed.
    #[serde(rename = "@tickpolicy")]
    pub tickpolicy: Option<TickPolicy>,
    /// Whether the guest has it.
    #[serde(rename = "@present")]
    pub present: Option<YesNo>,
}

/// `<clock><timer name=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimerName {
    /// The real-time clock's periodic interrupt.
    Rtc,
    /// The high precision event timer.
    Hpet,
    /// Hyper-V's reference time counter.
    Hypervclock,
}

/// `<clock><timer tickpolicy=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TickPolicy {
    /// Deliver missed ticks at a higher rate until the guest has caught up.
    Catchup,
}

/// `<pm>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pm {
    /// ACPI S3.
    pub suspend_to_mem: Option<Enabled>,
    /// ACPI S4.
    pub suspend_to_disk: Option<Enabled>,
}

/// An element with nothing but `enabled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enabled {
    /// Yes or no.
    #[serde(rename = "@enabled")]
    pub enabled: YesNo,
}
