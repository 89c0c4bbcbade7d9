//! What the machine is made of before any device is attached.

use super::mapping::{Mapping, domain, either, own};
use super::objects::{self, Bootloader, CpuModel, Efi, Empty, Memory, quantity};
use crate::domain::{
    Arch, Clock, ClockOffset, Cpu, CpuMode, Devices, DiskBus, Enabled, Features, Firmware, FirmwareFeature,
    FirmwareFeatureName, FirmwareKind, Hyperv, Loader, MemoryAccess, MemoryAccessMode, MemoryBacking, MemorySource,
    MemorySourceType, OnOff, Os, OsType, OsTypeValue, Pm, Present, Spinlocks, State, Stimer, TickPolicy, Timer,
    TimerName, Tlbflush, Topology, YesNo,
};
use crate::size::Size;

/// `<memory>`.
pub(super) fn memory(mapping: &mut Mapping, size: Size) -> Memory {
    let why = "A node must have all of it free when the machine starts, unless the cluster overcommits memory.";
    mapping.other("memory", either(domain!("memory/guest"), "spec/memory/guest"), why);
    Memory { guest: quantity(size) }
}

/// `<memoryBacking>`.
pub(super) fn backing(mapping: &mut Mapping, backing: &MemoryBacking) {
    let MemoryBacking { source, access } = *backing;
    let what = "it chooses the kind of memory, shared where virtio-fs needs it";
    if let Some(MemorySource { kind }) = source {
        let MemorySourceType::Memfd = kind;
        mapping.by_itself("memoryBacking/source", what);
    }
    if let Some(MemoryAccess { mode }) = access {
        let MemoryAccessMode::Shared = mode;
        mapping.by_itself("memoryBacking/access", what);
    }
}

/// `<vcpu>`.
pub(super) fn vcpu(mapping: &mut Mapping, count: u32) -> objects::Cpu {
    let why =
        "The node reserves a tenth of a CPU for each, unless the cluster is set up differently (`cpuAllocationRatio`).";
    mapping.other("vcpu", either(domain!("cpu"), "spec/cpu/guest"), why);
    // As libvirt has them, if no topology says otherwise.
    objects::Cpu { sockets: Some(count), ..objects::Cpu::default() }
}

/// `<iothreads>`: whose they are stands at the disk and its controller.
pub(super) fn iothreads(mapping: &mut Mapping, devices: &Devices) {
    let is_virtio = |bus| match bus {
        DiskBus::Virtio => true,
        DiskBus::Scsi | DiskBus::Sata => false,
    };
    if devices.disks.iter().flat_map(|disk| &disk.target).any(|target| is_virtio(target.bus)) {
        mapping.same("iothreads", own(domain!("devices/disks/system/dedicatedIOThread")));
    } else {
        mapping.lost(
            "iothreads",
            "KubeVirt refuses a thread (`dedicatedIOThread`) for a disk that is not on `bus: virtio`; a guest with a driver for \
             that bus can have both",
        );
    }
}

/// `<os>`, and whether it takes system management mode.
pub(super) fn os(mapping: &mut Mapping, os: Os) -> (objects::Firmware, Option<objects::State>) {
    let Os { firmware_kind, kind, firmware, loader, kernel } = os;
    // `spec.template.spec.architecture` says the rest; see `Refusal::Architecture` for ARM.
    if let Some(OsType { arch: Arch::X86_64 | Arch::Aarch64, machine: _, kind: OsTypeValue::Hvm }) = kind {
        mapping.by_itself(
            "os/type",
            "its default is a Q35 of a certain version, which it records when the machine is made; `q35` alone would be another \
             one after an update",
        );
    }
    if kernel.is_some() {
        mapping.lost("os/kernel", "no file of a host can be booted");
    }
    match firmware_kind {
        Some(FirmwareKind::Efi) => {}
        None => {
            mapping.same("os", either(domain!("firmware/bootloader/bios"), "spec/firmware/preferredUseBios"));
            return (objects::Firmware { bootloader: Bootloader::Bios(Empty {}) }, None);
        }
    }
    let why = "UEFI, which every current system boots from. KubeVirt brings the build.";
    mapping.other("os", either(domain!("firmware/bootloader/efi"), "spec/firmware/preferredEfi"), why);
    let mut efi = Efi::default();
    let mut smm = None;
    for FirmwareFeature { enabled, name } in firmware.into_iter().flat_map(|Firmware { features }| features) {
        let FirmwareFeatureName::SecureBoot = name;
        let field = either(domain!("firmware/bootloader/efi/secureBoot"), "spec/firmware/preferredEfi/secureBoot");
        let why = match enabled {
            YesNo::Yes => "Windows 11 requires firmware that can verify its boot loader.",
            YesNo::No => "Explicit, because KubeVirt's default is on, and any boot loader should start.",
        };
        mapping.other("os/firmware/feature[@name=secure-boot]", field, why);
        efi.secure_boot = Some(yes(enabled));
        smm = yes(enabled).then_some(objects::State { enabled: true });
    }
    if let Some(Loader { stateless }) = loader {
        let field = either(domain!("firmware/bootloader/efi/persistent"), "spec/firmware/preferredEfi/persistent");
        let why = "Boot entries and Secure Boot keys are kept. Explicit, because KubeVirt forgets them by default whenever the \
                   machine stops.";
        mapping.other("os/loader", field, why);
        efi.persistent = Some(!yes(stateless));
        if !yes(stateless) {
            mapping.needs.push(PERSISTENT);
        }
    }
    (objects::Firmware { bootloader: Bootloader::Efi(efi) }, smm)
}

/// What keeping state takes.
pub(super) const PERSISTENT: &str = "room for the state of firmware and TPM: a default storage class, or `vmStateStorageClass`, \
                                     and the feature gate `VMPersistentState` where a release still has it";

/// `<features>`.
pub(super) fn features(
    mapping: &mut Mapping,
    features: Option<Features>,
    smm: Option<objects::State>,
) -> Option<objects::Features> {
    let Features { acpi, hyperv, vmport } = features?;
    let acpi = acpi.map(|Present {}| {
        mapping.same("features/acpi", either(domain!("features/acpi"), "spec/features/preferredAcpi"));
        objects::State { enabled: true }
    });
    let hyperv = hyperv.map(|hyperv| enlightenments(mapping, &hyperv));
    if let Some(State { state: _ }) = vmport {
        mapping.lost(
            "features/vmport",
            "QEMU's default: the guest finds VMware's I/O port, which does no harm without its driver",
        );
    }
    if smm.is_some() {
        let field = either(domain!("features/smm"), "spec/features/preferredSmm");
        mapping.other("os/firmware/feature[@name=secure-boot]", field, "KubeVirt requires it for Secure Boot.");
    }
    Some(objects::Features { acpi, hyperv, smm })
}

/// A field below both `hyperv` and `preferredHyperv`.
macro_rules! hyperv {
    ($path:literal) => {
        either(
            concat!("spec/template/spec/domain/features/hyperv/", $path),
            concat!("spec/features/preferredHyperv/", $path),
        )
    };
}

fn enlightenments(mapping: &mut Mapping, hyperv: &Hyperv) -> objects::Hyperv {
    let Hyperv { relaxed, vapic, spinlocks, vpindex, runtime, synic, stimer, frequencies, tlbflush, ipi, xmm_input } =
        *hyperv;
    let mut plain = |given: Option<State>, at, field| {
        given.map(|state| {
            mapping.same(at, field);
            enabled(state)
        })
    };
    let relaxed = plain(relaxed, "features/hyperv/relaxed", hyperv!("relaxed"));
    let vapic = plain(vapic, "features/hyperv/vapic", hyperv!("vapic"));
    let vpindex = plain(vpindex, "features/hyperv/vpindex", hyperv!("vpindex"));
    let runtime = plain(runtime, "features/hyperv/runtime", hyperv!("runtime"));
    let synic = plain(synic, "features/hyperv/synic", hyperv!("synic"));
    let frequencies = plain(frequencies, "features/hyperv/frequencies", hyperv!("frequencies"));
    let ipi = plain(ipi, "features/hyperv/ipi", hyperv!("ipi"));
    let spinlocks = spinlocks.map(|Spinlocks { state, retries }| {
        mapping.same("features/hyperv/spinlocks", hyperv!("spinlocks"));
        objects::Spinlocks { enabled: on(state), spinlocks: retries }
    });
    let synictimer = stimer.map(|Stimer { state, direct }| {
        mapping.same("features/hyperv/stimer", hyperv!("synictimer"));
        let direct = direct.map(|direct| {
            mapping.same("features/hyperv/stimer/direct", hyperv!("synictimer/direct"));
            enabled(direct)
        });
        objects::Synictimer { enabled: on(state), direct }
    });
    let tlbflush = tlbflush.map(|Tlbflush { state, extended }| {
        mapping.same("features/hyperv/tlbflush", hyperv!("tlbflush"));
        let extended = extended.map(|extended| {
            mapping.same("features/hyperv/tlbflush/extended", hyperv!("tlbflush/extended"));
            enabled(extended)
        });
        objects::Tlbflush { enabled: on(state), extended }
    });
    if let Some(State { state: _ }) = xmm_input {
        mapping.lost("features/hyperv/xmm_input", "hypercalls take their parameters from memory");
    }
    objects::Hyperv { relaxed, vapic, spinlocks, vpindex, runtime, synic, synictimer, frequencies, tlbflush, ipi }
}

/// `<cpu>`.
pub(super) fn cpu(mapping: &mut Mapping, cpu: Cpu, cpus: &mut Option<objects::Cpu>) {
    let Cpu { mode, topology } = cpu;
    let own = cpus.get_or_insert_default();
    mapping.same("cpu", either(domain!("cpu/model"), "spec/cpu/model"));
    own.model = Some(match mode {
        CpuMode::HostModel => CpuModel::HostModel,
        CpuMode::HostPassthrough | CpuMode::Maximum => CpuModel::HostPassthrough,
    });
    if let Some(Topology { sockets, cores, threads }) = topology {
        mapping.same("cpu/topology", either(domain!("cpu/cores"), "spec/cpu/preferredCPUTopology"));
        (own.sockets, own.cores, own.threads) = (Some(sockets), Some(cores), Some(threads));
    }
}

/// `<clock>`.
pub(super) fn clock(mapping: &mut Mapping, clock: Clock) -> objects::Clock {
    let Clock { offset, timers } = clock;
    let field = either(domain!("clock/utc"), "spec/clock/preferredClockOffset");
    match offset {
        ClockOffset::Utc => mapping.same("clock", field),
        ClockOffset::Localtime => {
            let why = "Windows expects local time, which KubeVirt does not have: write `timezone: Europe/Berlin` or your own zone in \
                       place of `utc`, or let Windows read UTC (the value RealTimeIsUniversal in its registry).";
            mapping.other("clock", field, why);
        }
    }
    let mut own = objects::Timers::default();
    let is_empty = timers.is_empty();
    for Timer { name, tickpolicy, present } in timers {
        let tick_policy = tickpolicy.map(|TickPolicy::Catchup| objects::TickPolicy::Catchup);
        let timer = Some(objects::Timer { present: present.map(yes), tick_policy });
        match name {
            TimerName::Rtc => {
                let field = either(domain!("clock/timer/rtc"), "spec/clock/preferredTimer/rtc");
                mapping.same("clock/timer[@name=rtc]", field);
                own.rtc = timer;
            }
            TimerName::Hpet => {
                let field = either(domain!("clock/timer/hpet"), "spec/clock/preferredTimer/hpet");
                mapping.same("clock/timer[@name=hpet]", field);
                own.hpet = timer;
            }
            TimerName::Hypervclock => {
                let field = either(domain!("clock/timer/hyperv"), "spec/clock/preferredTimer/hyperv");
                mapping.same("clock/timer[@name=hypervclock]", field);
                own.hyperv = timer;
            }
        }
    }
    objects::Clock { utc: Some(Empty {}), timer: (!is_empty).then_some(own) }
}

/// `<pm>`.
pub(super) fn pm(mapping: &mut Mapping, pm: Pm) {
    let Pm { suspend_to_mem, suspend_to_disk } = pm;
    if let Some(Enabled { enabled: _ }) = suspend_to_mem {
        mapping.lost("pm/suspend-to-mem", "QEMU's default: switch suspending off in the guest");
    }
    if let Some(Enabled { enabled: _ }) = suspend_to_disk {
        mapping.lost("pm/suspend-to-disk", "QEMU's default: switch hibernating off in the guest");
    }
}

fn enabled(State { state }: State) -> objects::State {
    objects::State { enabled: on(state) }
}

/// Whether it is on.
pub(super) fn on(value: OnOff) -> bool {
    match value {
        OnOff::On => true,
        OnOff::Off => false,
    }
}

/// Whether it is so.
pub(super) fn yes(value: YesNo) -> bool {
    match value {
        YesNo::Yes => true,
        YesNo::No => false,
    }
}
