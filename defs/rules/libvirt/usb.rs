//! USB.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::at_define;
use crate::rules::{Rule, Violation, child, child_value};

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
            ];
            let devices = at.into_iter().flat_map(|at| subject.all(at));
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
            // Controllers without a number get one that is not known here.
            let numbered = !buses.contains(&None);
            let usb = addresses.filter(|node| numbered && node.attribute("type") == Some("usb"));
            // libvirt adds a controller with the number 0 by itself, and others only for devices without an address.
            let lost = usb.filter(|node| {
                let bus = node.attribute("bus").and_then(|bus| bus.parse().ok());
                bus.is_some_and(|bus: u32| bus > 0 && !buses.contains(&Some(bus)))
            });
            lost.map(|node| Violation::at(node, "there is no USB controller with this number")).collect()
        },
    },
];

/// A controller's number; unknown where libvirt chooses it.
fn index(controller: Node) -> Option<u32> {
    controller.attribute("index").and_then(|index| index.parse().ok())
}
