//! The machine as a whole: its type, chipset, features, what it does when the guest ends, what it says of itself.

use roxmltree::Node;

use super::{at_define, at_define_since, at_start};
use crate::connection::Connection;
use crate::rules::{Rule, Violation, child, repeated};
use crate::version::v;

/// Features of other architectures' processors.
const OF_OTHERS: [&str; 8] = ["hpt", "htm", "nested-hv", "ccf-assist", "cfpc", "sbbc", "ibs", "gic"];

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("an os <type> must be specified"),
        name: "os",
        why: "The type says what the machine runs, and on which chipset.",
        help: "add `<os><type machine='q35'>hvm</type></os>`",
        source: "libvirt docs/formatdomain.rst, operating system booting",
        find: |subject| {
            let lacks = !subject.has("os");
            lacks.then(|| Violation::at(subject.root(), "the machine has no <os>")).into_iter().collect()
        },
    },
    Rule {
        family: at_define("greater than specified machine type limit 255"),
        name: "cpus-chipset",
        why: "The i440FX has up to 255 CPUs.",
        help: "write `machine='q35'`, or fewer CPUs",
        source: "QEMU hw/i386/pc_piix.c",
        find: |subject| {
            let many = |node: &Node| {
                node.text().and_then(|text| text.trim().parse::<u64>().ok()).is_some_and(|cpus| cpus > 255)
            };
            let cpus = subject.all("vcpu").into_iter().filter(|node| subject.is_i440fx() && many(node));
            cpus.map(|node| Violation::at_text(node, "this chipset (i440FX) has up to 255 CPUs")).collect()
        },
    },
    Rule {
        family: at_define("No PCI buses available"),
        name: "no-pci",
        why: "These machines of QEMU's have no PCI bus, and displays, video devices and libvirt's default balloon are PCI devices.",
        help: "write `machine='q35'`, or leave out the devices and write `<memballoon model='none'/>`",
        source: "tried on QEMU 7.2, 10.0 and 11.1",
        find: |subject| {
            let bare = |node: &Node| matches!(node.attribute("machine"), Some("isapc" | "microvm"));
            // A bus that the document names is there for libvirt, whatever QEMU says of it.
            let named = subject.has("devices/controller[@type=pci]");
            let machine = subject.first("os/type").filter(|node| bare(node) && !named);
            let Some(machine) = machine else { return Vec::new() };
            let name = machine.attribute("machine").unwrap_or_default();
            let needs = |node: &Node| match node.tag_name().name() {
                "graphics" | "video" => true,
                "memballoon" => node.attribute("model") != Some("none"),
                _ => false,
            };
            let violation = |device| {
                Violation::at(device, format!("this needs a PCI bus, and `{name}` has none"))
                    .with(machine, "without PCI")
            };
            subject.devices().find(needs).map(violation).into_iter().collect()
        },
    },
    Rule {
        family: at_define("qemu driver doesn't support"),
        name: "events",
        why: "QEMU's machines are destroyed or restarted; the other actions are those of other hypervisors. `restart` at power-off and `destroy` at reboot exclude each other.",
        help: "write `destroy` or `restart`",
        source: "libvirt docs/formatdomain.rst, events configuration",
        find: |subject| {
            let says = |node: &Node, value| node.text().map(str::trim) == Some(value);
            let crash = subject.all("on_crash").into_iter().filter(|node| says(node, "rename-restart"));
            let others = subject.all("on_poweroff").into_iter().chain(subject.all("on_reboot"));
            let others = others.filter(|node| says(node, "rename-restart") || says(node, "preserve"));
            let message = "QEMU's machines cannot do this";
            let alone = crash.chain(others).map(|node| Violation::at_text(node, message));
            // QEMU is told once what happens at either.
            let off = subject.first("on_poweroff").filter(|node| says(node, "restart"));
            let again = subject.first("on_reboot").filter(|node| says(node, "destroy"));
            let together = off.zip(again).map(|(off, again)| {
                Violation::at(off, "a machine that ends at a restart cannot start again when it is shut down")
                    .with(again, "it ends here")
            });
            alone.chain(together).collect()
        },
    },
    Rule {
        family: at_define("feature is not supported for architecture"),
        name: "features-architecture",
        why: "These are features of ARM's or POWER's processors.",
        help: "leave it out",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            if !matches!(subject.value("os/type", "arch"), Some("x86_64" | "i686")) {
                return Vec::new();
            }
            let features = subject.all("features").into_iter().flat_map(|node| node.children());
            let others = features
                .filter(|node| OF_OTHERS.contains(&node.tag_name().name()) && node.attribute("state") != Some("off"));
            others.map(|node| Violation::at(node, "x86 machines do not have this feature")).collect()
        },
    },
    Rule {
        family: at_define("SMM TSEG is only supported with q35 machine type"),
        name: "tseg-chipset",
        why: "The size of the memory for System Management Mode is a property of Q35.",
        help: "leave out `<tseg>`, or write `machine='q35'`",
        source: "libvirt docs/formatdomain.rst, hypervisor features",
        find: |subject| {
            let sizes = subject
                .all("features/smm")
                .into_iter()
                .filter(|_| subject.is_i440fx())
                .filter_map(|node| child(node, "tseg"));
            sizes.map(|node| Violation::at(node, "this chipset (i440FX) has no such memory")).collect()
        },
    },
    Rule {
        family: at_define_since(v(11, 3, 0), "does not support ACPI"),
        name: "acpi-architecture",
        why: "Mainframes and small ARM boards have no ACPI. Tried on libvirt 11.3: which release began to refuse it is not known.",
        help: "leave out `<acpi/>`",
        source: "tried on libvirt 11.3 with QEMU 10.0",
        find: |subject| {
            let board = |node: &Node| {
                node.attribute("arch") == Some("s390x")
                    || node.attribute("machine").is_some_and(|name| name.starts_with("raspi"))
            };
            let without = subject.first("os/type").is_some_and(|node| board(&node));
            let asked = subject.all("features/acpi").into_iter().filter(|_| without);
            asked.map(|node| Violation::at(node, "this machine has no ACPI")).collect()
        },
    },
    Rule {
        family: at_define("Invalid BIOS 'date' format"),
        name: "sysinfo-date",
        why: "SMBIOS writes dates as in the United States.",
        help: "write month, day and year: `05/17/2023`",
        source: "libvirt docs/formatdomain.rst, SMBIOS system information",
        find: |subject| {
            // libvirt reads the first of several.
            let date = subject.first("sysinfo/bios/entry[@name=date]").into_iter();
            let wrong = date.filter(|node| !node.text().is_some_and(is_date));
            wrong.map(|node| Violation::at_text(node, "this is no date as SMBIOS writes them")).collect()
        },
    },
    Rule {
        family: at_define("UUID mismatch between <uuid> and <sysinfo>"),
        name: "sysinfo-uuid",
        why: "The guest sees one UUID, the machine's own.",
        help: "write the same UUID, or leave out the entry",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let digits = |node: &Node| node.text().map(|text| text.trim().replace('-', "").to_lowercase());
            let Some(own) = subject.first("uuid") else { return Vec::new() };
            let others =
                subject.all("sysinfo/system/entry[@name=uuid]").into_iter().filter(|node| digits(node) != digits(&own));
            others
                .map(|node| Violation::at_text(node, "the machine has another UUID").with(own, "the machine's own"))
                .collect()
        },
    },
    Rule {
        family: at_define("Invalid firmware name"),
        name: "fwcfg-name",
        why: "QEMU keeps the other names for itself.",
        help: "begin it with `opt/` and a domain name of yours: `opt/org.example/NAME`",
        source: "libvirt docs/formatdomain.rst, SMBIOS system information; QEMU docs/specs/fw_cfg.rst",
        find: |subject| {
            let entries = subject.all("sysinfo[@type=fwcfg]/entry").into_iter();
            let wrong = entries.filter(|node| node.attribute("name").is_some_and(|name| !name.starts_with("opt/")));
            wrong.map(|node| Violation::at_attribute(node, "name", "such a name begins with `opt/`")).collect()
        },
    },
    Rule {
        family: at_define_since(v(9, 1, 0), "watchdogs with different actions"),
        name: "watchdog-action",
        why: "QEMU has one action for all watchdogs of a machine.",
        help: "write the same action for all",
        source: "libvirt docs/formatdomain.rst, watchdog devices",
        find: |subject| {
            let all = subject.all("devices/watchdog");
            let action = |node: Node| node.attribute("action").unwrap_or("reset").to_owned();
            let first = all.first().map(|node| action(*node));
            let others = all.into_iter().filter(|node| Some(action(*node)) != first);
            others.map(|node| Violation::at(node, "another watchdog does something else")).collect()
        },
    },
    Rule {
        family: at_define("ACPI requires UEFI on this architecture"),
        name: "acpi-firmware",
        why: "On ARM, UEFI hands the tables of ACPI to the guest.",
        help: "write `<os firmware='efi'>`, or leave out `<acpi/>`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let virt =
                |node: &Node| node.attribute("machine").is_some_and(|name| name == "virt" || name.starts_with("virt-"));
            let arm = subject.first("os/type").filter(|node| node.attribute("arch") == Some("aarch64") && virt(node));
            let os = arm.and_then(|node| node.parent_element());
            let bare = os.is_some_and(|os| !os.has_attribute("firmware") && child(os, "loader").is_none());
            let asked = subject.all("features/acpi").into_iter().filter(|_| bare);
            asked.map(|node| Violation::at(node, "this machine has no UEFI")).collect()
        },
    },
    Rule {
        family: at_define("of 'value' attribute of 'qemu:property'"),
        name: "override-value",
        why: "A property of the type `bool` is true or false.",
        help: "write `value='true'` or `value='false'`",
        source: "libvirt docs/drvqemu.rst, overriding properties of QEMU devices",
        find: |subject| {
            let wrong = |node: &Node| node.attribute("value").is_some_and(|value| !matches!(value, "true" | "false"));
            let all = subject.all("override/device/frontend/property[@type=bool]").into_iter().filter(wrong);
            all.map(|node| Violation::at_attribute(node, "value", "this is neither true nor false")).collect()
        },
    },
    Rule {
        family: at_define("does not support machine type"),
        name: "machine-architecture",
        why: "Each architecture has machines of its own.",
        help: "write `machine='virt'`, or `arch='x86_64'`",
        source: "libvirt docs/formatdomain.rst, operating system booting; QEMU `-machine help`",
        find: |subject| {
            let foreign = |node: &Node| {
                let of_pcs = |name| matches!(name, "q35" | "pc" | "isapc" | "microvm") || name.starts_with("pc-");
                let others = ["aarch64", "armv7l", "riscv64", "s390x", "ppc64", "ppc64le"];
                node.attribute("arch").is_some_and(|arch| others.contains(&arch))
                    && node.attribute("machine").is_some_and(of_pcs)
            };
            let kinds = subject.all("os/type").into_iter().filter(foreign);
            kinds
                .map(|node| Violation::at_attribute(node, "machine", "this architecture does not have this machine"))
                .collect()
        },
    },
    Rule {
        family: at_define("PCI"),
        name: "machine-x86",
        why: "Each architecture has machines of its own. libvirt looks for the machine's PCI bus first, and finds none.",
        help: "write `machine='q35'`, or `arch='aarch64'`",
        source: "libvirt docs/formatdomain.rst, operating system booting; tried on libvirt 9.0, 11.3 and 12.8",
        find: |subject| {
            let foreign = |node: &Node| {
                let names = ["virt", "raspi3b", "pseries", "s390-ccw-virtio"];
                matches!(node.attribute("arch"), Some("x86_64" | "i686"))
                    && node.attribute("machine").is_some_and(|name| names.contains(&name) || name.starts_with("virt-"))
            };
            let kinds = subject.all("os/type").into_iter().filter(foreign);
            kinds.map(|node| Violation::at_attribute(node, "machine", "a PC does not have this machine")).collect()
        },
    },
    Rule {
        family: at_define_since(v(9, 1, 0), "domain can only have one watchdog with model"),
        name: "watchdog-twice",
        why: "This watchdog is a part of the chipset. Before libvirt 9.1, a machine has one watchdog of any kind, and not this one.",
        help: "keep one of the two",
        source: "libvirt src/qemu/qemu_validate.c; NEWS 9.1.0",
        find: |subject| {
            let all = subject.all("devices/watchdog[@model=itco]");
            repeated(all, |_| Some(()), |()| "the chipset has one such watchdog".to_owned())
        },
    },
    Rule {
        family: at_define_since(v(9, 1, 0), "is only part of q35 machine"),
        name: "watchdog-chipset",
        why: "This watchdog is a part of Q35. Releases before 9.1 do not know it.",
        help: "write `model='i6300esb'`, or `machine='q35'`",
        source: "libvirt src/qemu/qemu_validate.c; NEWS 9.1.0",
        find: |subject| {
            let all = subject.all("devices/watchdog[@model=itco]").into_iter().filter(|_| subject.is_i440fx());
            all.map(|node| Violation::at_attribute(node, "model", "this chipset (i440FX) has no such watchdog"))
                .collect()
        },
    },
    Rule {
        family: at_start("Security driver model 'dac' is not available"),
        name: "session-dac",
        why: "In a session, everything belongs to one user, and no owners are changed.",
        help: "leave out `<seclabel>`",
        source: "libvirt docs/formatdomain.rst, security label; src/qemu/qemu_driver.c",
        find: |subject| {
            let session = subject.target().connection == Some(Connection::Session);
            let labels = subject.all("seclabel[@model=dac]").into_iter().filter(|_| session);
            let labels = labels.filter(|node| node.attribute("type") != Some("none"));
            labels.map(|node| Violation::at_attribute(node, "model", "a session does not change owners")).collect()
        },
    },
];

/// Whether a text is month, day and year, the year in two digits or four.
fn is_date(text: &str) -> bool {
    let number = |part: &str| part.trim_start().trim_start_matches('+').parse::<u32>().ok();
    let parts: Vec<_> = text.split('/').map(number).collect();
    let [Some(month), Some(day), Some(year)] = parts[..] else { return false };
    (1..=12).contains(&month) && (1..=31).contains(&day) && !(100..1900).contains(&year)
}
