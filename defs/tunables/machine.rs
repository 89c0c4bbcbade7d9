//! The chipset and what belongs to it.

use crate::connection::BOTH;
use crate::domain::{Arch, Enabled, MachineType, OsType, OsTypeValue, Present, State, YesNo};
use crate::sights::{sees, sees_no_word, sees_word};
use crate::topics;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};

/// Which chipset.
pub static Q35: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::Is("Q35, unversioned"),
    at: "os/type",
    why: "A PC with PCI Express, which virtio devices, UEFI with Secure Boot and device assignment are made \
          for. No version number: libvirt takes the newest the host has when it defines the machine, and keeps \
          to that.",
    // libvirt docs/formatdomain.rst, controllers: pcie-root, which Q35 needs, since 1.1.2
    since: since(v(1, 1, 2), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees_word("pci/chipset", "8086:29c0")],
    apply: |domain, _| {
        domain.os().kind = Some(OsType { arch: Arch::X86_64, machine: Some(MachineType::Q35), kind: OsTypeValue::Hvm });
    },
};

/// ACPI.
pub static ACPI: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::Silent,
    at: "features/acpi",
    why: "The power button, so that `virsh shutdown` reaches the guest; without ACPI, libvirt refuses UEFI as \
          well.",
    // as old as libvirt
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("acpi/power-button", "present")],
    apply: |domain, _| domain.features().acpi = Some(Present {}),
};

/// No `VMware` interface.
pub static VMPORT: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::Silent,
    at: "features/vmport",
    why: "QEMU's imitation of VMware's I/O port, on unless it is turned off. Nothing in this machine needs it, \
          and a guest that finds it may drive its pointer as a VMware mouse instead of the tablet below.",
    // libvirt docs/formatdomain.rst, features: vmport 1.2.16
    since: since(v(1, 2, 16), v(2, 2, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.features().vmport = Some(State::OFF),
};

/// No S3.
pub static SUSPEND_TO_MEM: Tunable = Tunable {
    topic: &topics::SLEEP,
    cell: Cell::Is("off"),
    at: "pm/suspend-to-mem",
    why: "A desktop that suspends itself when idle looks like a hung machine here, and not every guest wakes \
          up again with virtio devices. `virsh suspend` pauses any guest, from outside.",
    // libvirt docs/formatdomain.rst, pm 0.10.2
    since: since(v(0, 10, 2), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees_no_word("acpi/states", "S3")],
    apply: |domain, _| domain.pm().suspend_to_mem = Some(Enabled { enabled: YesNo::No }),
};

/// No S4.
pub static SUSPEND_TO_DISK: Tunable = Tunable {
    topic: &topics::SLEEP,
    cell: Cell::Silent,
    at: "pm/suspend-to-disk",
    why: "Hibernation has the same faults. Where nothing in the machine forbids it (3D does), `virsh \
          managedsave` keeps its state across a reboot of the host.",
    // libvirt docs/formatdomain.rst, pm 0.10.2
    since: since(v(0, 10, 2), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees_no_word("acpi/states", "S4")],
    apply: |domain, _| domain.pm().suspend_to_disk = Some(Enabled { enabled: YesNo::No }),
};
