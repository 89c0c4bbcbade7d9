//! The chipset and what belongs to it.

use crate::connection::BOTH;
use crate::domain::{Arch, Enabled, MachineType, OsType, OsTypeValue, Present, State, YesNo};
use crate::observations::{sees, sees_no_word, sees_word};
use crate::topics;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};

/// Which chipset.
pub static Q35: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::Is("Q35, unversioned"),
    at: "os/type",
    why: "A PC with PCI Express, which virtio devices, UEFI with Secure Boot and device assignment are designed for. \
          Unversioned: when libvirt defines the machine, it records the newest version that the host has, and keeps \
          it.",
    since: since(v(1, 1, 2), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Controllers: pcie-root, which Q35 needs",
    connections: BOTH,
    safety: Safety::Yours("a guest finds its devices elsewhere on another chipset, and an installed one may not boot"),
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
    why: "Gives the guest the power button that `virsh shutdown` presses. Without ACPI, libvirt also refuses UEFI.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Hypervisor features (no release named)",
    connections: BOTH,
    safety: Safety::Yours("a guest that was installed without ACPI may not boot with it"),
    needs: &[],
    seen: &[sees("acpi/power-button", "present")],
    apply: |domain, _| domain.features().acpi = Some(Present {}),
};

/// No `VMware` interface.
pub static VMPORT: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::Silent,
    at: "features/vmport",
    why: "QEMU emulates VMware's I/O port by default. Nothing in this machine needs it, and a guest that finds it may \
          drive its pointer as a VMware mouse instead of a tablet.",
    since: since(v(1, 2, 16), v(2, 2, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features: vmport; QEMU commit d1048bef9df0 (2.2)",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.features().vmport = Some(State::OFF),
};

/// No S3.
pub static SUSPEND_TO_MEM: Tunable = Tunable {
    topic: &topics::SLEEP,
    cell: Cell::Is("off"),
    at: "pm/suspend-to-mem",
    why: "A guest that suspends itself when idle looks like a hung machine, and not every guest wakes up again with \
          virtio devices. `virsh suspend` pauses any guest from outside.",
    since: since(v(0, 10, 2), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Power management; virt-manager virtinst/domain/pm.py",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees_no_word("acpi/states", "S3")],
    apply: |domain, _| domain.pm().suspend_to_mem = Some(Enabled { enabled: YesNo::No }),
};

/// No S4.
pub static SUSPEND_TO_DISK: Tunable = Tunable {
    topic: &topics::SLEEP,
    cell: Cell::Silent,
    at: "pm/suspend-to-disk",
    why: "Hibernation has the same problems. `virsh managedsave` keeps the machine's state across a reboot of the \
          host, unless something in the machine, such as 3D, prevents it.",
    since: since(v(0, 10, 2), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Power management; virt-manager virtinst/domain/pm.py",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees_no_word("acpi/states", "S4")],
    apply: |domain, _| domain.pm().suspend_to_disk = Some(Enabled { enabled: YesNo::No }),
};
