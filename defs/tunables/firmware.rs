//! UEFI and Secure Boot.

use crate::connection::BOTH;
use crate::domain::{Firmware, FirmwareFeature, FirmwareFeatureName, FirmwareKind, Loader, Os, YesNo};
use crate::observations::sees;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{needs, topics};

/// UEFI instead of BIOS.
pub static UEFI: Tunable = Tunable {
    topic: &topics::FIRMWARE,
    cell: Cell::Is("UEFI (OVMF), found by libvirt"),
    at: "os",
    why: "UEFI, which every current system boots from and Windows 11 requires. libvirt finds the host's build by its \
          descriptor, so no firmware path ties this file to a distribution.",
    since: since(v(5, 2, 0), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Operating system booting: firmware",
    connections: BOTH,
    safety: Safety::Yours("a guest that was installed on BIOS does not boot from UEFI"),
    needs: &[&needs::firmware::OVMF],
    seen: &[sees("boot/firmware", "uefi")],
    apply: |domain, _| domain.os().firmware_kind = Some(FirmwareKind::Efi),
};

/// Firmware that keeps its variables.
pub static VARIABLES: Tunable = Tunable {
    topic: &topics::FIRMWARE,
    cell: Cell::With("variables that stay"),
    at: "os/loader",
    why: "Firmware that keeps its variables, such as boot entries and Secure Boot keys, in a file of the machine's \
          own. Explicit, because a stateless build, such as the one for AMD SEV on Debian sid, may come first among \
          the host's firmware descriptors.",
    since: since(v(8, 6, 0), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Operating system booting: stateless; on Debian sid in November 2026, \
          libvirt 12.8 took 60-edk2-x86_64-amdsev.json, which sorts before 60-edk2-x86_64.json",
    connections: BOTH,
    safety: Safety::Yours("the firmware of a machine is chosen once, when libvirt first defines it"),
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.os().loader = Some(Loader { stateless: YesNo::No }),
};

/// Any boot loader starts.
pub static SECURE_BOOT_OFF: Tunable = Tunable {
    topic: &topics::SECURE_BOOT,
    cell: Cell::Is("off"),
    at: "os/firmware/feature[@name=secure-boot]",
    why: "Explicit, because otherwise the host's first firmware descriptor decides, and on Debian that build rejects \
          unsigned boot loaders. With Secure Boot off, any boot loader starts, and the guest may load drivers that \
          nobody has signed.",
    since: since(v(8, 6, 0), ALWAYS),
    source: "libvirt docs/kbase/secureboot.rst (before 8.6.0, a loader element was needed as well)",
    connections: BOTH,
    safety: Safety::Yours(
        "which boot loaders may start, and the firmware is chosen once, when libvirt first defines the machine",
    ),
    needs: &[],
    seen: &[sees("boot/secure-boot", "off")],
    apply: |domain, _| secure_boot(domain.os(), YesNo::No),
};

/// Only signed boot loaders start.
pub static SECURE_BOOT_ON: Tunable = Tunable {
    topic: &topics::SECURE_BOOT,
    cell: Cell::Is("on, in force where the host's firmware has keys enrolled"),
    at: "os/firmware/feature[@name=secure-boot]",
    why: "Windows 11 requires firmware that can verify its boot loader. Enrolled keys are not required here, because \
          some distributions have no such build (Arch, for one); without keys, nothing is verified until some are \
          enrolled.",
    since: since(v(8, 6, 0), ALWAYS),
    source: "libvirt docs/kbase/secureboot.rst (before 8.6.0, a loader element was needed as well)",
    connections: BOTH,
    safety: Safety::Yours(
        "which boot loaders may start, and the firmware is chosen once, when libvirt first defines the machine",
    ),
    needs: &[&needs::firmware::SECURE_BOOT],
    seen: &[sees("boot/secure-boot", "on")],
    apply: |domain, _| secure_boot(domain.os(), YesNo::Yes),
};

fn secure_boot(os: &mut Os, enabled: YesNo) {
    let firmware = os.firmware.get_or_insert_with(Firmware::default);
    firmware.features.push(FirmwareFeature { enabled, name: FirmwareFeatureName::SecureBoot });
}
