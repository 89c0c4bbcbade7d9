//! What a machine on ARM has in place of a PC's parts.
//!
//! Sources: QEMU docs/system/arm/virt.rst for the board, edk2 ArmVirtPkg/ArmVirtQemu.dsc for what its firmware drives, libvirt
//! tests/domaincapsdata/qemu_10.0.0-virt.aarch64.xml for what libvirt offers on a host with KVM.

use super::{console, cpu, display, firmware, machine, media, sound, tpm, usb};
use crate::connection::BOTH;
use crate::domain::{
    Arch, Boot, Cpu, CpuMode, DiskBus, Input, InputBus, InputType, MachineType, OsType, OsTypeValue, TpmModel,
};
use crate::observations::{sees, sees_word};
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{needs, topics};

/// Which board.
pub static VIRT: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::Is("`virt`, unversioned"),
    at: "os/type",
    why: "QEMU's board for virtual machines on ARM, with PCI Express and an interrupt controller like the host's. \
          Unversioned: when libvirt defines the machine, it records the newest version that the host has, and keeps \
          it.",
    since: since(ALWAYS, ALWAYS),
    source: "QEMU docs/system/arm/virt.rst (no release named): the board to choose unless real hardware is to be reproduced; \
             libvirt src/qemu/qemu_domain.c, which chooses the version of the interrupt controller (GIC)",
    connections: BOTH,
    safety: Safety::Yours("a guest finds its devices elsewhere on another board, and an installed one may not boot"),
    needs: &[],
    seen: &[sees_word("pci/chipset", "1b36:0008")],
    apply: |domain, _| {
        let machine = Some(MachineType::Virt);
        domain.os().kind = Some(OsType { arch: Arch::Aarch64, machine, kind: OsTypeValue::Hvm });
    },
};

/// UEFI.
pub static UEFI: Tunable = Tunable {
    cell: Cell::Is("UEFI (AAVMF), found by libvirt"),
    why: "UEFI, by which systems for ARM start on servers and virtual machines. libvirt finds the host's build by its \
          descriptor, so no firmware path ties this file to a distribution.",
    source: "libvirt docs/formatdomain.rst, Operating system booting: firmware; edk2 ArmVirtPkg/ArmVirtQemu.dsc; Arm, Base \
             Boot Requirements",
    needs: &[&needs::firmware::AAVMF],
    ..firmware::UEFI
};

/// Firmware that keeps its variables.
pub static VARIABLES: Tunable = Tunable {
    why: "Firmware that keeps its variables, such as boot entries, in a file of the machine's own. Explicit, because the \
          order of the host's firmware descriptors decides otherwise, and a stateless build may be among them.",
    source: "libvirt docs/formatdomain.rst, Operating system booting: stateless; QEMU docs/interop/firmware.json, \
             FirmwareFlashMode: stateless",
    ..firmware::VARIABLES
};

/// ACPI.
pub static ACPI: Tunable = Tunable {
    why: "Gives the guest the power button that `virsh shutdown` presses, and tells it by tables what is on the board. \
          On ARM, libvirt takes it with UEFI only.",
    source: "libvirt docs/formatdomain.rst, Hypervisor features (no release named); libvirt src/qemu/qemu_validate.c: ACPI \
             requires UEFI on this architecture",
    ..machine::ACPI
};

/// Which processor.
pub static MAXIMUM: Tunable = Tunable {
    topic: &topics::CPU,
    cell: Cell::Is("all that the host's has"),
    at: "cpu",
    why: "With KVM, the host's own CPU: there are no named models close to it on ARM, so host-model does not exist there. \
          Unlike host-passthrough, which is the same with KVM, it can also be emulated.",
    since: since(v(7, 1, 0), v(2, 9, 0)),
    source: "libvirt docs/formatdomain.rst, CPU model and topology: maximum 7.1.0; libvirt \
             tests/domaincapsdata/qemu_10.0.0-virt.aarch64.xml; QEMU target/arm/cpu64.c: with KVM, max is host",
    connections: BOTH,
    safety: Safety::Yours("the guest sees another processor, and the machine is tied to hosts that have it"),
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.cpu = Some(Cpu { mode: CpuMode::Maximum, topology: None }),
};

/// Their topology.
pub static TOPOLOGY: Tunable = Tunable {
    why: "By default, each CPU is a socket of its own, and guests treat sockets as far apart. No threads: without pinning, \
          no two of the guest's CPUs are known to share a core.",
    ..cpu::TOPOLOGY
};

/// The drive for the installer.
pub static INSTALL_MEDIUM: Tunable = Tunable {
    cell: Cell::Is("one for the installer, on the disk's adapter"),
    why: "An empty drive for the installer, on the disk's adapter, for which firmware and installers have a driver: this board \
          has no SATA, and libvirt takes no empty drive on USB. It is second in the boot order, used while the disk has \
          nothing to boot.",
    source: "libvirt docs/formatdomain.rst, Hard drives: boot; libvirt src/qemu/qemu_validate.c: usb disk must not be empty; edk2 \
             ArmVirtPkg/ArmVirtQemu.dsc: VirtioScsiDxe, and no driver for SATA; RHEL's \
             configs/devices/aarch64-softmmu/aarch64-rh-devices.mak: no AHCI",
    seen: &[sees("drives/driver", "virtio_scsi")],
    apply: |domain, machine| {
        let boot = Some(Boot { order: 2 });
        domain.devices.disks.push(media::drive("sdb", DiskBus::Scsi, machine.media.installer.as_deref(), boot));
    },
    ..media::INSTALL_MEDIUM
};

/// A keyboard.
pub static KEYBOARD: Tunable = Tunable {
    topic: &topics::USB_KEYBOARD,
    cell: Cell::Has,
    at: "devices/input[@type=keyboard]",
    why: "A keyboard on USB: this board has no PS/2, and firmware, boot loaders and installers take keys from USB, while \
          firmware before 2025 has no driver for a virtio keyboard.",
    since: since(v(1, 2, 2), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Input devices: keyboard 1.2.2; edk2 ArmVirtPkg/ArmVirtQemu.dsc: UsbKbDxe; \
             OvmfPkg/VirtioKeyboardDxe, first in edk2-stable202502",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("input/QEMU QEMU USB Keyboard", "usbhid")],
    apply: |domain, _| domain.devices.inputs.push(Input { kind: InputType::Keyboard, bus: InputBus::Usb }),
};

/// No controller.
pub static NO_USB: Tunable = Tunable {
    why: "Nobody plugs anything into a machine without a screen, and the kernel of a small cloud image may have no driver \
          for USB. libvirt adds no controller on this board, and the file says that there is to be none.",
    source: "libvirt docs/formatdomain.rst, Controllers: none (no release named); QEMU's command line with libvirt 11.3 is the \
             same without it",
    ..usb::NONE
};

/// TPM 2.0.
pub static TPM: Tunable = Tunable {
    why: "A TPM 2.0, which Linux can keep disk keys in: swtpm emulates it with a state of its own for each machine, and the \
          host's chip is not used. Its interface here is TIS, the only one on this board, for which Debian's kernel has no \
          driver.",
    since: since(v(4, 5, 0), v(5, 1, 0)),
    source: "libvirt docs/formatdomain.rst, TPM device: emulator 4.5.0; QEMU 5.1, hw/tpm/tpm_tis_sysbus.c: tpm-tis-device; \
             Debian's linux-image-arm64 6.12: CONFIG_TCG_TIS is not set; libvirt tests/domaincapsdata/qemu_10.0.0-virt.aarch64.xml",
    seen: &[],
    apply: |domain, machine| {
        (tpm::TPM.apply)(domain, machine);
        if let Some(tpm) = &mut domain.devices.tpm {
            tpm.model = TpmModel::TpmTis;
        }
    },
    ..tpm::TPM
};

/// The graphics card, for a guest that has VGA on a PC as well.
pub static VIRTIO_GPU: Tunable = Tunable {
    why: "virtio-gpu: any resolution, and a screen that follows the size of the viewer's window. No VGA: with KVM on ARM, \
          guest and host see different contents of a frame buffer that is a device's memory.",
    source: "libvirt docs/formatdomain.rst, Video devices: virtio; edk2 ArmVirtPkg/ArmVirtQemu.dsc: VirtioGpuDxe, and no \
             driver for VGA on ARM since commits bfb0ee0adbb1 and cefbbb3d0871, because of KVM",
    ..display::VIRTIO_GPU
};

/// The sound card.
pub static SOUND: Tunable = Tunable {
    why: "Intel HD Audio on PCI Express, for which Linux and FreeBSD have a driver on ARM as well. The virtio model is newer \
          than the floor, and QEMU can neither save nor migrate a machine that has it.",
    source: "libvirt docs/formatdomain.rst, Sound devices: ich9; Debian's linux-image-arm64 6.12: CONFIG_SND_HDA_INTEL=m; \
             FreeBSD sys/modules/sound/driver/Makefile: hda on every architecture",
    ..sound::ICH9
};

/// A text console on the board's serial port.
pub static SERIAL: Tunable = Tunable {
    why: "The board's serial port (a PL011), for `virsh console`: firmware, boot loader and kernel write there, because \
          ACPI's tables name it as the console. Linux calls it ttyAMA0, FreeBSD ttyu0.",
    source: "libvirt docs/formatdomain.rst, Serial port (no release named); QEMU hw/arm/virt-acpi-build.c: SPCR; Linux \
             drivers/acpi/spcr.c; FreeBSD's manual: uart(4)",
    seen: &[sees_word("serial", "ttyAMA0")],
    ..console::SERIAL
};
