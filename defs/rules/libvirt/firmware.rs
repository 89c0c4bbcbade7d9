//! Firmware, beyond what [`boot`](super::boot) has: where it is, and what it keeps.

use roxmltree::Node;

use super::{at_define, at_define_for_want_of_firmware, at_start};
use crate::rules::{Rule, Violation, child, is_on};
use crate::version::v;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("no loader path specified and firmware auto selection disabled"),
        name: "loader-path",
        why: "`<loader>` holds the path of the firmware; without one, libvirt chooses the firmware only if it is told to.",
        help: "write `<os firmware='efi'>`, and leave out `<loader>`",
        source: "libvirt docs/formatdomain.rst, BIOS bootloader",
        find: |subject| {
            let empty = |text: Option<&str>| text.is_none_or(|text| text.trim().is_empty());
            let loaders = subject.all("os/loader").into_iter().filter(|node| !is_chosen(*node) && empty(node.text()));
            loaders
                .map(|node| Violation::at(node, "no path is given, and <os> does not let libvirt choose the firmware"))
                .collect()
        },
    },
    Rule {
        family: at_define("is not permitted when loader is stateless"),
        name: "nvram-stateless",
        why: "Stateless firmware keeps no variables.",
        help: "leave out `<nvram>`, or `stateless='yes'`",
        source: "libvirt docs/formatdomain.rst, BIOS bootloader",
        find: |subject| {
            let Some(loader) = subject.first("os/loader[@stateless=yes]") else { return Vec::new() };
            let kept = subject.all("os/nvram").into_iter();
            kept.map(|node| Violation::at(node, "this firmware keeps no variables").with(loader, "stateless")).collect()
        },
    },
    Rule {
        family: at_define("type 'bios' does not support"),
        name: "nvram-bios",
        why: "Only UEFI firmware keeps variables.",
        help: "leave out `<nvram>`, or write `<os firmware='efi'>`",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let bios = subject.value("os", "firmware") == Some("bios");
            let kept = subject.all("os/nvram").into_iter().filter(|_| bios);
            kept.map(|node| Violation::at(node, "BIOS firmware keeps no variables")).collect()
        },
    },
    Rule {
        family: at_define_for_want_of_firmware(v(9, 2, 0), "Unable to find 'bios' firmware"),
        name: "firmware-bios",
        why: "No distribution describes its BIOS firmware, which QEMU loads by default. Before libvirt 9.2, the start fails instead.",
        help: "leave out `firmware='bios'`",
        source: "the firmware descriptors of QEMU and Debian 12 to sid, none of which is for a BIOS",
        find: |subject| {
            let asked = subject.all("os").into_iter().filter(|node| node.attribute("firmware") == Some("bios"));
            let asked = asked.filter(|node| child(*node, "nvram").is_none());
            asked
                .map(|node| Violation::at_attribute(node, "firmware", "no BIOS firmware is offered to libvirt"))
                .collect()
        },
    },
    Rule {
        family: at_define_for_want_of_firmware(v(9, 2, 0), "Unable to find 'efi' firmware that is compatible"),
        name: "firmware-writable",
        why: "UEFI firmware is shared by all machines of a host, and its variables are kept apart, so every build is read-only. Before libvirt 9.2, `readonly` beside `firmware` is refused in any case.",
        help: "leave out `<loader>`",
        source: "the firmware descriptors of QEMU and Debian 12 to sid",
        find: |subject| {
            let loaders = subject.all("os/loader[@readonly=no]").into_iter().filter(|_| subject.autoselects_efi());
            loaders.map(|node| Violation::at_attribute(node, "readonly", "no UEFI firmware is writable")).collect()
        },
    },
    Rule {
        family: at_define("Secure boot is supported with q35 machine types only"),
        name: "secure-loader-chipset",
        why: "Secure Boot needs System Management Mode to guard its variables, which QEMU has for Q35.",
        help: "write `machine='q35'`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let old = subject.is_i440fx();
            let secure = subject
                .all("os/loader[@secure=yes]")
                .into_iter()
                .filter(|node| old && !is_chosen(*node) && node.text().is_some());
            secure
                .map(|node| Violation::at_attribute(node, "secure", "this chipset (i440FX) has no Secure Boot"))
                .collect()
        },
    },
    Rule {
        family: at_define("Secure boot requires SMM feature enabled"),
        name: "secure-loader-smm",
        why: "System Management Mode guards the variables of Secure Boot.",
        help: "write `<smm state='on'/>`",
        source: "libvirt docs/kbase/secureboot.rst",
        find: |subject| {
            let off = subject.first("features/smm").filter(|node| node.attribute("state") == Some("off"));
            let Some(off) = off.filter(|_| subject.is_q35()) else { return Vec::new() };
            let secure = subject
                .all("os/loader")
                .into_iter()
                .filter(|node| is_on(node.attribute("secure")) && !is_chosen(*node) && node.text().is_some());
            secure
                .map(|node| {
                    Violation::at_attribute(node, "secure", "this needs System Management Mode")
                        .with(off, "turned off here")
                })
                .collect()
        },
    },
    Rule {
        family: at_define_for_want_of_firmware(v(9, 2, 0), "Unable to find 'efi' firmware that is compatible"),
        name: "secure-loader-feature",
        why: "Firmware has Secure Boot or not, and `secure` asks for it. Before libvirt 9.2, `secure` beside `firmware` is refused in any case.",
        help: "leave out `secure`, or write `<feature name='secure-boot' enabled='yes'/>`",
        source: "libvirt docs/formatdomain.rst, BIOS bootloader",
        find: |subject| {
            let off = subject.first("os/firmware/feature[@name=secure-boot][@enabled=no]");
            let Some(off) = off.filter(|_| subject.autoselects_efi()) else { return Vec::new() };
            let loaders = subject.all("os/loader[@secure=yes]").into_iter();
            loaders
                .map(|node| {
                    Violation::at_attribute(node, "secure", "no such firmware has it").with(off, "turned off here")
                })
                .collect()
        },
    },
    Rule {
        family: at_start("unable to find any master var store for loader"),
        name: "nvram-rom",
        why: "Only firmware in flash memory (`type='pflash'`) keeps variables.",
        help: "write `<os firmware='efi'>`, and leave out the paths; or `type='pflash'`",
        source: "libvirt docs/formatdomain.rst, BIOS bootloader",
        find: |subject| {
            let Some(rom) = subject.first("os/loader[@type=rom]") else { return Vec::new() };
            let kept =
                subject.all("os/nvram").into_iter().filter(|node| !is_chosen(rom) && !node.has_attribute("template"));
            kept.map(|node| Violation::at(node, "this firmware keeps no variables").with(rom, "not in flash memory"))
                .collect()
        },
    },
];

/// Whether libvirt chooses the firmware that a loader is about.
fn is_chosen(loader: Node) -> bool {
    loader.parent_element().is_some_and(|os| os.has_attribute("firmware"))
}
