//! USB.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::{at_define, at_start};
use crate::rules::{Rule, Subject, Violation, child, child_value, repeated};

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("USB"),
        name: "usb-disabled",
        why: "`<controller type='usb' model='none'/>` turns USB off, and these devices need it.",
        help: "write `model='qemu-xhci'` for the controller, or leave out the devices",
        source: "libvirt docs/formatdomain.rst, controllers",
        find: |subject| {
            let Some(none) = subject.first("devices/controller[@type=usb][@model=none]") else { return Vec::new() };
            let at = [
                "devices/input[@bus=usb]",
                "devices/redirdev[@bus=usb]",
                "devices/hostdev[@type=usb]",
                "devices/sound[@model=usb]",
                "devices/hub",
                "devices/smartcard",
                "devices/controller[@type=ccid]",
            ];
            let devices = at.into_iter().flat_map(|at| subject.all(at));
            let tablets =
                subject.all("devices/input[@type=tablet]").into_iter().filter(|node| !node.has_attribute("bus"));
            let devices = devices.chain(tablets);
            let disks = subject.all("devices/disk").into_iter();
            let disks = disks.filter(|disk| child_value(*disk, "target", "bus") == Some("usb"));
            let others = subject.all("devices/controller[@type=usb]").into_iter().filter(|node| *node != none);
            let all = devices.chain(disks).chain(others);
            all.map(|node| Violation::at(node, "this needs USB, which is turned off").with(none, "turned off here"))
                .collect()
        },
    },
    Rule {
        family: at_define("controller only supports up to '15' ports"),
        name: "usb-ports",
        why: "QEMU's USB 3 controllers have up to 15 ports.",
        help: "write `ports='15'`; a second controller (`index='1'`) has as many again",
        source: "libvirt docs/formatdomain.rst, controllers",
        find: |subject| {
            let xhci = |node: &Node| matches!(node.attribute("model"), Some("qemu-xhci" | "nec-xhci"));
            let many = |node: &Node| node.attribute("ports").and_then(|ports| ports.parse().ok()).unwrap_or(0_u32) > 15;
            let all = subject.all("devices/controller[@type=usb]").into_iter().filter(|node| xhci(node) && many(node));
            all.map(|node| Violation::at_attribute(node, "ports", "this controller has up to 15 ports")).collect()
        },
    },
    Rule {
        family: at_define("Missing USB bus"),
        name: "usb-bus",
        why: "`bus` is the `index` of the USB controller that a device is plugged into, and that controller must exist.",
        help: "leave out the `<address>`: libvirt finds a free port",
        source: "libvirt src/conf/domain_addr.c",
        find: |subject| {
            let buses: BTreeSet<_> =
                subject.all("devices/controller[@type=usb]").iter().map(|node| index(*node)).collect();
            let at = [
                "devices/input[@bus=usb]/address",
                "devices/redirdev[@bus=usb]/address",
                "devices/hostdev[@type=usb]/address",
                "devices/sound[@model=usb]/address",
            ];
            let disks = subject.all("devices/disk").into_iter();
            let disks = disks.filter(|disk| child_value(*disk, "target", "bus") == Some("usb"));
            let addresses = at.into_iter().flat_map(|at| subject.all(at));
            let addresses = addresses.chain(disks.filter_map(|disk| child(disk, "address")));
            // Controllers without a number get the smallest ones that are free, and share them at most.
            let count = subject.all("devices/controller[@type=usb]").len();
            let count = if buses.contains(&None) { u32::try_from(count).unwrap_or(u32::MAX) } else { 0 };
            let usb = addresses.filter(|node| node.attribute("type") == Some("usb"));
            // libvirt adds a controller with the number 0 by itself, and others only for devices without an address.
            let lost = usb.filter(|node| {
                let bus = node.attribute("bus").and_then(|bus| bus.parse().ok());
                bus.is_some_and(|bus: u32| bus > 0 && bus >= count && !buses.contains(&Some(bus)))
            });
            lost.map(|node| Violation::at(node, "there is no USB controller with this number")).collect()
        },
    },
    Rule {
        family: at_define("Duplicate USB controllers with index"),
        name: "usb-controller-twice",
        why: "A controller is identified by its type and index; only USB 2's companions share one.",
        help: "give it the next free number, or leave out `index`",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let controllers = subject.all("devices/controller[@type=usb]").into_iter().filter(is_xhci);
            repeated(controllers, index, |index| format!("a second USB controller has the index {index}"))
        },
    },
    Rule {
        family: at_define("No master USB controller specified"),
        name: "usb-companion",
        why: "A UHCI controller of the ICH9 is the companion of an EHCI controller with the same index.",
        help: "add `<controller type='usb' model='ich9-ehci1'/>` with the same index, or write `model='qemu-xhci'` alone",
        source: "libvirt docs/formatdomain.rst, controllers",
        find: |subject| {
            let model = |node: &Node| node.attribute("model").unwrap_or_default().to_owned();
            let controllers = subject.all("devices/controller[@type=usb]");
            let is_companion = |node: &Node| model(node).starts_with("ich9-uhci");
            // libvirt takes any controller for it.
            let master = controllers.iter().any(|node| !is_companion(node));
            let companions = controllers.into_iter().filter(|node| !master && is_companion(node));
            companions
                .map(|node| {
                    Violation::at_attribute(node, "model", "there is no controller that this is a companion of")
                })
                .collect()
        },
    },
    Rule {
        family: at_define("not present on USB bus"),
        name: "usb-port",
        why: "A controller has the ports 1 to its number, which is 4 for USB 3 unless `ports` says otherwise.",
        help: "leave out the `<address>`: libvirt finds a free port",
        source: "libvirt src/conf/domain_addr.c",
        find: |subject| {
            let controllers: Vec<_> = subject.all("devices/controller[@type=usb]").into_iter().collect();
            let ports = |bus: u32| {
                let mut own = controllers.iter().filter(|node| index(**node) == Some(bus));
                let (controller, other) = (own.next()?, own.next());
                let stated = || controller.attribute("ports").map_or(Some(4), |ports| ports.parse().ok());
                if other.is_none() && is_xhci(controller) { stated() } else { None }
            };
            let beyond = |address: &Node| {
                let number = |name| address.attribute(name).and_then(|number| number.parse::<u32>().ok());
                let (bus, port) = (number("bus").unwrap_or(0), number("port"));
                port.zip(ports(bus)).is_some_and(|(port, ports)| port > ports)
            };
            let all = addresses(subject).filter(beyond);
            all.map(|node| Violation::at_attribute(node, "port", "the controller does not have this port")).collect()
        },
    },
    Rule {
        family: at_define("Duplicate USB address"),
        name: "usb-port-twice",
        why: "One device is in a port.",
        help: "leave out the `<address>` of both: libvirt finds free ports",
        source: "libvirt src/conf/domain_addr.c",
        find: |subject| {
            let place = |node: Node| {
                Some((node.attribute("bus").unwrap_or("0").to_owned(), node.attribute("port")?.to_owned()))
            };
            repeated(addresses(subject), place, |(_, port)| format!("a second device is in port {port}"))
        },
    },
    Rule {
        family: at_define("ps2 is not supported by this QEMU binary"),
        name: "input-architecture",
        why: "PS/2 belongs to x86 machines.",
        help: "write `bus='usb'` or `bus='virtio'`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let arm = subject.value("os/type", "arch") == Some("aarch64");
            let inputs = subject.all("devices/input[@bus=ps2]").into_iter().filter(|_| arm);
            inputs.map(|node| Violation::at_attribute(node, "bus", "an ARM machine has no PS/2")).collect()
        },
    },
    Rule {
        family: at_define("there is no hub at port"),
        name: "usb-hub",
        why: "Port `1.3` is the third port of the hub in port 1.",
        help: "leave out the `<address>`: libvirt finds a free port",
        source: "libvirt src/conf/domain_addr.c",
        find: |subject| {
            let bus = |address: Node| address.attribute("bus").unwrap_or("0").trim().to_owned();
            let hubs: Vec<_> = subject.all("devices/hub").iter().map(|hub| child(*hub, "address")).collect();
            // One without an address may be anywhere.
            if hubs.iter().any(Option::is_none) {
                return Vec::new();
            }
            let hubs: BTreeSet<_> = hubs
                .into_iter()
                .flatten()
                .map(|node| (bus(node), node.attribute("port").unwrap_or_default()))
                .collect();
            let lost = |address: &Node| {
                let hub = address.attribute("port").and_then(|port| port.rsplit_once('.'));
                hub.is_some_and(|(hub, _)| !hubs.contains(&(bus(*address), hub)))
            };
            let all = addresses(subject).filter(lost);
            all.map(|node| Violation::at_attribute(node, "port", "there is no hub with this port")).collect()
        },
    },
    Rule {
        family: at_define("USB is disabled for this domain"),
        name: "usb-missing",
        why: "Mainframes and `isapc`, a PC without PCI, have no USB unless the document has a controller for it.",
        help: "add `<controller type='usb' model='qemu-xhci'/>`, or leave out the devices",
        source: "libvirt src/qemu/qemu_domain.c",
        find: |subject| {
            let bare =
                |node: &Node| node.attribute("machine") == Some("isapc") || node.attribute("arch") == Some("s390x");
            let without = subject.first("os/type").is_some_and(|node| bare(&node));
            if !without || subject.has("devices/controller[@type=usb]") {
                return Vec::new();
            }
            let at = ["devices/input[@bus=usb]", "devices/redirdev[@bus=usb]"];
            let devices = at.into_iter().flat_map(|at| subject.all(at));
            let disks = subject.all("devices/disk").into_iter();
            let disks = disks.filter(|disk| child_value(*disk, "target", "bus") == Some("usb"));
            devices.chain(disks).map(|node| Violation::at(node, "this machine has no USB controller")).collect()
        },
    },
    Rule {
        family: at_start("doesn't support 'ports'"),
        name: "usb-ports-model",
        why: "Only QEMU's USB 3 controllers have a number of ports to choose.",
        help: "write `model='qemu-xhci'`, or leave out `ports`",
        source: "libvirt docs/formatdomain.rst, controllers",
        find: |subject| {
            let older = |node: &Node| {
                node.attribute("model").is_some_and(|model| model.starts_with("ich9") || model.starts_with("piix"))
            };
            let all = subject.all("devices/controller[@type=usb]").into_iter().filter(older);
            let all = all.filter(|node| node.has_attribute("ports"));
            all.map(|node| Violation::at_attribute(node, "ports", "the ports of this controller are fixed")).collect()
        },
    },
];

/// A controller's number; unknown where libvirt chooses it.
fn index(controller: Node) -> Option<u32> {
    controller.attribute("index").and_then(|index| index.parse().ok())
}

fn is_xhci(controller: &Node) -> bool {
    matches!(controller.attribute("model"), Some("qemu-xhci" | "nec-xhci"))
}

/// The USB addresses of devices that are on USB.
fn addresses<'a, 'input>(subject: &Subject<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    let on_usb = |device: &Node| match device.tag_name().name() {
        "input" | "redirdev" => device.attribute("bus") == Some("usb"),
        "hostdev" | "hub" => device.attribute("type") == Some("usb"),
        "disk" => child_value(*device, "target", "bus") == Some("usb"),
        "sound" => device.attribute("model") == Some("usb"),
        _ => false,
    };
    let addresses = subject.devices().filter(on_usb).filter_map(|device| child(device, "address"));
    addresses.filter(|address| address.attribute("type") == Some("usb"))
}
