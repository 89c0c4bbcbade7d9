//! Devices of the host.

use roxmltree::Node;

use super::at_define;
use super::pci::hex;
use crate::rules::{Rule, Violation, child, child_value, is_on, repeated};

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("Hostdev already exists in the domain configuration"),
        name: "hostdev-twice",
        why: "A device of the host is in the machine once.",
        help: "leave out the second one",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            repeated(subject.all("devices/hostdev"), of_the_host, |_| "the same device of the host again".to_owned())
        },
    },
    Rule {
        family: at_define("Zero is not permitted"),
        name: "hostdev-vendor",
        why: "No vendor has the number 0.",
        help: "write the two numbers that `lsusb` shows, or the device's place, `<address bus='…' device='…'/>`",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let vendors = subject.all("devices/hostdev[@type=usb]/source/vendor").into_iter();
            let zero = vendors.filter(|node| node.attribute("id").and_then(hex) == Some(0));
            zero.map(|node| Violation::at_attribute(node, "id", "no vendor has this number")).collect()
        },
    },
    Rule {
        family: at_define("address type"),
        name: "hostdev-address",
        why: "A USB device of the host is in a USB port of the guest, and a PCI device on its PCI bus.",
        help: "leave out the `<address>`, or put the one of the host into `<source>`",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let wrong = |device: Node| {
                let kind = child_value(device, "address", "type")?;
                match (device.attribute("type")?, kind) {
                    ("usb", "pci" | "drive") => Some("a USB device has no such address"),
                    ("pci", "usb" | "drive") => Some("a PCI device has no such address"),
                    _ => None,
                }
            };
            let all = subject.all("devices/hostdev[@mode=subsystem]").into_iter();
            all.filter_map(|node| Some(Violation::at(child(node, "address")?, wrong(node)?))).collect()
        },
    },
    Rule {
        family: at_define("graphics device is needed for attribute value 'display=on'"),
        name: "mdev-display",
        why: "The picture of a mediated device is shown on a display of the machine's.",
        help: "add a `<graphics>`, or write `display='off'`",
        source: "libvirt docs/formatdomain.rst, host device assignment",
        find: |subject| {
            let all = subject.all("devices/hostdev[@type=mdev]").into_iter();
            let shown = all.filter(|node| is_on(node.attribute("display")) && !subject.has("devices/graphics"));
            shown.map(|node| Violation::at_attribute(node, "display", "the machine has no display")).collect()
        },
    },
    Rule {
        family: at_define("hostdev mode 'capabilities' is not supported"),
        name: "hostdev-mode",
        why: "Only containers are given capabilities of the host.",
        help: "write `mode='subsystem'` and the device of the host",
        source: "libvirt docs/formatdomain.rst, host device assignment",
        find: |subject| {
            let all = subject.all("devices/hostdev[@mode=capabilities]").into_iter();
            all.map(|node| Violation::at_attribute(node, "mode", "a virtual machine has only `subsystem`")).collect()
        },
    },
    Rule {
        family: at_define("ROM tuning is only supported for PCI devices"),
        name: "hostdev-rom",
        why: "Only PCI devices have a ROM.",
        help: "leave out `<rom>`",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let roms = subject.all("devices/hostdev[@type=usb]/rom").into_iter();
            roms.map(|node| Violation::at(node, "a USB device has no ROM")).collect()
        },
    },
];

/// Which device of the host it is.
fn of_the_host(device: Node) -> Option<String> {
    let source = child(device, "source")?;
    let number = |node: Node, name| node.attribute(name).map_or(Some(0), hex);
    match (device.attribute("type")?, child(source, "address")) {
        ("pci", Some(address)) => {
            let number = |name| number(address, name);
            let place = (number("domain")?, number("bus")?, number("slot")?, number("function")?);
            Some(format!("pci {place:?}"))
        }
        ("usb", Some(address)) => Some(format!("usb at {:?}", (number(address, "bus")?, number(address, "device")?))),
        ("usb", None) => {
            let id = |name| child(source, name).and_then(|node| node.attribute("id").and_then(hex));
            Some(format!("usb {:?}", (id("vendor")?, id("product")?)))
        }
        ("mdev", Some(address)) => Some(format!("mdev {}", address.attribute("uuid")?.to_lowercase())),
        _ => None,
    }
}
