//! UEFI and Secure Boot.

use crate::connection::BOTH;
use crate::domain::{Firmware, FirmwareFeature, FirmwareFeatureName, FirmwareKind, Loader, Os, YesNo};
use crate::sights::sees;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{needs, topics};

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
    seen: &[sees("boot/firmware", "uefi")],
    apply: |domain, _| domain.os().firmware_kind = Some(FirmwareKind::Efi),
};

/// Firmware that remembers.
pub static VARIABLES: Tunable = Tunable {
    topic: &topics::FIRMWARE,
    cell: Cell::With("variables that stay"),
    at: "os/loader",
    why: "Firmware that keeps its variables, such as the boot entries that an installer makes and the keys of Secure \
          Boot, in a file of the machine's own. Stated, because the first build of Debian's next release is one for \
          encrypted memory, which keeps nothing.",
    // libvirt docs/formatdomain.rst, os: loader stateless 8.6.0. Seen on Debian sid in November 2026: libvirt 12.8 took
    // 60-edk2-x86_64-amdsev.json, which sorts before 60-edk2-x86_64.json, for machines without Secure Boot.
    since: since(v(8, 6, 0), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.os().loader = Some(Loader { stateless: YesNo::No }),
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
    seen: &[sees("boot/secure-boot", "off")],
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
    seen: &[sees("boot/secure-boot", "on")],
    apply: |domain, _| secure_boot(domain.os(), YesNo::Yes),
};

fn secure_boot(os: &mut Os, enabled: YesNo) {
    let firmware = os.firmware.get_or_insert_with(Firmware::default);
    firmware.features.push(FirmwareFeature { enabled, name: FirmwareFeatureName::SecureBoot });
}
