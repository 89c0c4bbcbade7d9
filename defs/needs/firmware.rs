//! UEFI builds, with the descriptors by which libvirt finds them.

use super::{HostRequirement, NO_FIRMWARE, Packages, Without};

/// What to do when no firmware fits.
const INSTALL: &str = "install it; if it is installed, KVM is the cause, see above";

/// The packages with edk2's builds for PCs, with Secure Boot and without.
const EDK2: Packages = Packages {
    debian: "ovmf",
    fedora: "edk2-ovmf",
    arch: "edk2-ovmf",
    opensuse: "qemu-ovmf-x86_64",
    rhel: "edk2-ovmf",
};

/// UEFI builds with their descriptors, by which libvirt finds them.
pub static OVMF: HostRequirement = HostRequirement {
    id: "ovmf",
    what: "UEFI firmware (OVMF)",
    errors: &[NO_FIRMWARE],
    help: INSTALL,
    packages: Some(EDK2),
    without: Without::Refused,
    check: "offers os firmware efi",
};

/// The same for ARM.
///
/// Sources of the names: Fedora's edk2.spec (`%package aarch64`), Arch's PKGBUILD of edk2 (`package_edk2-aarch64`), and openSUSE's
/// qemu.spec, in which `%package arm` recommends `qemu-uefi-aarch64`.
pub static AAVMF: HostRequirement = HostRequirement {
    id: "aavmf",
    what: "UEFI firmware for ARM (AAVMF)",
    errors: &[NO_FIRMWARE],
    help: INSTALL,
    packages: Some(Packages {
        debian: "qemu-efi-aarch64",
        fedora: "edk2-aarch64",
        arch: "edk2-aarch64",
        opensuse: "qemu-uefi-aarch64",
        rhel: "edk2-aarch64",
    }),
    without: Without::Refused,
    check: "offers os firmware efi",
};

/// A UEFI build that can verify boot loaders: [`OVMF`]'s packages have one, but not every distribution's does.
pub static SECURE_BOOT: HostRequirement = HostRequirement {
    id: "secure_boot",
    what: "UEFI firmware with Secure Boot",
    errors: &[NO_FIRMWARE],
    help: "install it; a machine with Secure Boot needs a build that can verify boot loaders. If it is installed, KVM is the cause, see above",
    packages: Some(EDK2),
    without: Without::Refused,
    check: "offers loader secure yes",
};
