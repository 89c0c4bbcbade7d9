//! Firmware, boot order, identity.

use super::{at_define, at_define_for_want_of_firmware, at_start};
use crate::rules::{Rule, Violation, child, repeated};
use crate::version::v;

const SECURE_BOOT: &str = "os/firmware/feature[@name=secure-boot][@enabled=yes]";

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("cannot contain '/'"),
        name: "name",
        why: "Files are named after the machine, so its name cannot contain a slash.",
        help: "write a hyphen instead",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let named =
                subject.all("name").into_iter().filter(|node| node.text().is_some_and(|name| name.contains('/')));
            named.map(|node| Violation::at_text(node, "a machine's name cannot contain a slash")).collect()
        },
    },
    Rule {
        family: at_define("per-device boot elements cannot be used together with os/boot elements"),
        name: "boot-twice",
        why: "Boot order is set either for the machine (`<boot dev=…>` in `<os>`) or for each device (`<boot order=…>`).",
        help: "keep the `<boot order=…>` of the devices, which is more exact, and leave out `<boot dev=…>`",
        source: "libvirt docs/formatdomain.rst, BIOS bootloader",
        find: |subject| {
            let of_devices = BOOTABLE.into_iter().find_map(|at| subject.first(at));
            let Some(of_device) = of_devices else { return Vec::new() };
            let of_machine = subject.all("os/boot").into_iter();
            let violation = |node| Violation::at(node, "the devices already have a boot order");
            of_machine.map(|node| violation(node).with(of_device, "a device's own place in the boot order")).collect()
        },
    },
    Rule {
        family: at_define("used for more than one device"),
        name: "boot-order",
        why: "Two devices cannot have the same place in the boot order.",
        help: "give it the next free number",
        source: "libvirt docs/formatdomain.rst, BIOS bootloader",
        find: |subject| {
            let all = BOOTABLE.into_iter().flat_map(|at| subject.all(at));
            repeated(all, |node| node.attribute("order"), |order| format!("a second device boots at place {order}"))
        },
    },
    Rule {
        family: at_define("UEFI requires ACPI on this architecture"),
        name: "uefi-acpi",
        why: "UEFI describes the machine to the guest through ACPI.",
        help: "put `<acpi/>` into `<features>`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let uefi = subject.autoselects_efi() || subject.has("os/loader[@type=pflash]");
            let x86 = subject.is_q35() || subject.is_i440fx();
            match subject.first("os") {
                Some(os) if uefi && x86 && !subject.has("features/acpi") => {
                    vec![Violation::at(os, "UEFI needs <acpi/> in <features>")]
                }
                _ => Vec::new(),
            }
        },
    },
    Rule {
        family: at_define("cannot use feature-based firmware autoselection when firmware autoselection is disabled"),
        name: "firmware-features",
        why: "Features can only be asked for when libvirt chooses the firmware.",
        help: "write `<os firmware='efi'>`, and leave out the path in `<loader>`",
        source: "libvirt docs/formatdomain.rst, BIOS bootloader",
        find: |subject| {
            let chosen = subject.first("os").is_some_and(|os| os.has_attribute("firmware"));
            let asked =
                subject.all("os/firmware").into_iter().filter(|node| !chosen && child(*node, "feature").is_some());
            asked.map(|node| Violation::at(node, "<os> does not let libvirt choose the firmware")).collect()
        },
    },
    Rule {
        family: at_define("cannot be enabled when firmware feature 'secure-boot' is disabled"),
        name: "enrolled-keys",
        why: "Keys are enrolled for Secure Boot, and are of no use without it.",
        help: "turn `secure-boot` on as well, or leave out `enrolled-keys`",
        source: "libvirt docs/kbase/secureboot.rst",
        find: |subject| {
            let off = subject.has("os/firmware/feature[@name=secure-boot][@enabled=no]");
            let keys = subject.all("os/firmware/feature[@name=enrolled-keys][@enabled=yes]").into_iter();
            keys.filter(|_| off)
                .map(|node| Violation::at(node, "`secure-boot` is off, so no keys can be enrolled"))
                .collect()
        },
    },
    Rule {
        family: at_define_for_want_of_firmware(v(9, 2, 0), "Unable to find 'efi' firmware that is compatible"),
        name: "secure-boot-chipset",
        why: "Secure Boot needs System Management Mode to guard its variables, and QEMU's firmware for it is made for Q35. Before libvirt 9.2, the start fails instead.",
        help: "write `machine='q35'`",
        source: "libvirt docs/kbase/secureboot.rst; the firmware descriptors of QEMU and Debian",
        find: |subject| {
            if !subject.is_i440fx() || !subject.autoselects_efi() {
                return Vec::new();
            }
            let asked = subject.all(SECURE_BOOT).into_iter();
            asked.map(|node| Violation::at(node, "this chipset (i440FX) has no Secure Boot")).collect()
        },
    },
    Rule {
        family: at_define_for_want_of_firmware(v(9, 2, 0), "Unable to find 'efi' firmware that is compatible"),
        name: "hibernation",
        why: "No distribution's UEFI build offers hibernation (S4) to the guest, and libvirt looks for one that does. Before libvirt 9.2, the start fails instead.",
        help: "write `<suspend-to-disk enabled='no'/>`; `virsh managedsave` keeps a machine's state from outside",
        source: "the firmware descriptors of QEMU and Debian 12 to sid, none of which has `acpi-s4`",
        find: |subject| {
            let asked =
                subject.all("pm/suspend-to-disk[@enabled=yes]").into_iter().filter(|_| subject.autoselects_efi());
            asked.map(|node| Violation::at(node, "no UEFI firmware offers hibernation (S4)")).collect()
        },
    },
    Rule {
        family: at_define("no loader path specified and firmware auto selection disabled"),
        name: "nvram-without-loader",
        why: "Without UEFI firmware, there are no variables to keep.",
        help: "write `<os firmware='efi'>`, and leave out the path in `<nvram>`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let chosen = subject.first("os").is_some_and(|os| os.has_attribute("firmware"));
            let loaded = subject.has("os/loader");
            let kept = subject.all("os/nvram").into_iter().filter(|_| !chosen && !loaded);
            kept.map(|node| Violation::at(node, "there is no UEFI whose variables this could keep")).collect()
        },
    },
    Rule {
        family: at_start("sysinfo are not available"),
        name: "smbios-sysinfo",
        why: "`<smbios mode='sysinfo'>` shows `<sysinfo>` to the guest, and there is none.",
        help: "add `<sysinfo type='smbios'>`, or leave out `<smbios>`",
        source: "libvirt docs/formatdomain.rst, SMBIOS system information",
        find: |subject| {
            let asked = subject.all("os/smbios[@mode=sysinfo]").into_iter();
            let asked = asked.filter(|_| !subject.has("sysinfo"));
            asked.map(|node| Violation::at(node, "there is no <sysinfo> to show to the guest")).collect()
        },
    },
];

/// What has a place in the boot order.
const BOOTABLE: [&str; 4] =
    ["devices/disk/boot", "devices/interface/boot", "devices/hostdev/boot", "devices/redirdev/boot"];
