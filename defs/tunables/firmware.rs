//! UEFI and Secure Boot.

use crate::domain::{Firmware, FirmwareFeature, FirmwareFeatureName, FirmwareKind, Os, YesNo};
use crate::version::{ALWAYS, since, v};
use crate::{BOTH, Cell, Tunable, needs, topics};

/// UEFI instead of BIOS.
pub static UEFI: Tunable = Tunable {
    topic: &topics::FIRMWARE,
    cell: Cell::Is("UEFI (OVMF), found by libvirt"),
    at: "os",
    why: "UEFI, which every current system boots from and Windows 11 demands. libvirt finds the host's build \
          by its descriptor, so no firmware path ties this file to a distribution.",
    // libvirt docs/formatdomain.rst, os: firmware 5.2.0
    since: since(v(5, 2, 0), ALWAYS),
    connections: BOTH,
    needs: &[&needs::OVMF],
    apply: |domain, _| domain.os().firmware_kind = Some(FirmwareKind::Efi),
};

/// Any boot loader boots.
pub static SECURE_BOOT_OFF: Tunable = Tunable {
    topic: &topics::SECURE_BOOT,
    cell: Cell::Is("off"),
    at: "os/firmware/feature[@name=secure-boot]",
    why: "Stated, because otherwise the host's first firmware decides, and on Debian that is one which refuses \
          unsigned boot loaders. Off boots every loader, and loads kernel modules that you build yourself.",
    // feature 7.2.0; without a loader element beside it 8.6.0 (libvirt docs/kbase/secureboot.rst)
    since: since(v(8, 6, 0), ALWAYS),
    connections: BOTH,
    needs: &[],
    apply: |domain, _| secure_boot(domain.os(), YesNo::No),
};

/// Only signed boot loaders boot.
pub static SECURE_BOOT_ON: Tunable = Tunable {
    topic: &topics::SECURE_BOOT,
    cell: Cell::Is("on, in force where the host's firmware has keys enrolled"),
    at: "os/firmware/feature[@name=secure-boot]",
    why: "Windows 11 asks for firmware that can verify its boot loader. Enrolled keys are not demanded beside \
          it, since not every distribution has such a build (Arch has none); without them nothing is verified \
          until keys are enrolled.",
    // as above
    since: since(v(8, 6, 0), ALWAYS),
    connections: BOTH,
    needs: &[],
    apply: |domain, _| secure_boot(domain.os(), YesNo::Yes),
};

fn secure_boot(os: &mut Os, enabled: YesNo) {
    let firmware = os.firmware.get_or_insert_with(Firmware::default);
    firmware.features.push(FirmwareFeature { enabled, name: FirmwareFeatureName::SecureBoot });
}
