//! PCI: addresses, and the controllers that they are on.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::at_define;
use crate::rules::{Rule, Subject, Violation, child, child_value, repeated};

/// Kinds of PCI controllers, with QEMU's devices for them.
const MODELS: [(&str, &[&str]); 6] = [
    ("pcie-root-port", &["pcie-root-port", "ioh3420"]),
    ("pcie-to-pci-bridge", &["pcie-pci-bridge"]),
    ("pci-bridge", &["pci-bridge"]),
    ("dmi-to-pci-bridge", &["i82801b11-bridge"]),
    ("pcie-switch-upstream-port", &["x3130-upstream"]),
    ("pcie-switch-downstream-port", &["xio3130-downstream"]),
];

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("Attempted double use of PCI Address"),
        name: "pci-address",
        why: "Two devices cannot have the same PCI address.",
        help: "leave out the `<address>` of both: libvirt finds free ones",
        source: "libvirt docs/pci-addresses.rst",
        find: |subject| {
            let addresses: Vec<_> = placed(subject).collect();
            let place =
                |address: Node| Place::of(address).map(|place| (place.domain, place.bus, place.slot, place.function));
            let named = |(domain, bus, slot, function): &(u32, u32, u32, u32)| {
                format!("the PCI address {domain:04x}:{bus:02x}:{slot:02x}.{function:x}")
            };
            let own = chipset(subject);
            let taken = addresses.iter().filter(|address| {
                place(**address).is_some_and(|(domain, bus, slot, function)| {
                    let primary = address.parent_element().is_some_and(|device| is_primary_sata(subject, device));
                    (domain, bus) == (0, 0) && own.contains(&(slot, function)) && !primary
                })
            });
            let taken = taken.filter_map(|address| {
                Some(Violation::at(*address, format!("the chipset itself has {}", named(&place(*address)?))))
            });
            let taken: Vec<_> = taken.collect();
            let twice = repeated(addresses, place, |place| format!("a second device has {}", named(place)));
            taken.into_iter().chain(twice).collect()
        },
    },
    Rule {
        family: at_define("Invalid PCI address"),
        name: "pci-slot",
        why: "There is one PCI domain, and not every controller has every slot: a root port has slot 0 alone, a bridge has none with this number.",
        help: "leave out the `<address>`: libvirt finds a free one",
        source: "libvirt docs/pci-addresses.rst",
        find: |subject| {
            let wrong = |address: Node| {
                let place = Place::of(address)?;
                let model = model_of(subject, place.bus);
                match model {
                    _ if place.domain > 0 => Some("there is only the PCI domain 0"),
                    Some("pcie-root-port" | "pcie-switch-downstream-port") if place.slot > 0 => {
                        Some("a port has only slot 0")
                    }
                    Some("pci-bridge" | "pcie-to-pci-bridge") if place.slot == 0 => Some("a bridge has no slot 0"),
                    // libvirt adds the bridges that are missing.
                    None if place.bus > 0 && place.slot == 0 && subject.is_i440fx() => Some("a bridge has no slot 0"),
                    _ => None,
                }
            };
            placed(subject).filter_map(|address| Some(Violation::at(address, wrong(address)?))).collect()
        },
    },
    Rule {
        family: at_define("for this machine type, but model="),
        name: "pci-root",
        why: "The chipset determines the root of the PCI bus: `pcie-root` for Q35, `pci-root` for the i440FX. The controllers of one do not fit the other.",
        help: "leave out all controllers of type `pci`: libvirt adds those it needs",
        source: "libvirt docs/pci-hotplug.rst",
        find: |subject| {
            let right = match (subject.is_q35(), subject.is_i440fx()) {
                (true, _) => "pcie-root",
                (_, true) => "pci-root",
                _ => return Vec::new(),
            };
            let roots = numbered(subject).into_iter().filter(|(_, index)| *index == 0).map(|(node, _)| node);
            let roots = roots.filter(|node| node.attribute("model").is_some_and(|model| model != right));
            let message = |node: Node| {
                let wrong = node.attribute("model").unwrap_or_default();
                format!("the root of this chipset's PCI bus is `{right}`, not `{wrong}`")
            };
            roots.map(|node| Violation::at_attribute(node, "model", message(node))).collect()
        },
    },
    Rule {
        family: at_define("pci-root and pcie-root controllers should have index 0"),
        name: "pci-root-index",
        why: "The root of the PCI bus is bus 0.",
        help: "leave the controller out: libvirt adds those it needs",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let roots = numbered(subject).into_iter().filter(|(node, index)| is_root(node) && *index != 0);
            let message = "the root of the PCI bus has the index 0";
            roots.map(|(node, _)| Violation::at_attribute(node, "index", message)).collect()
        },
    },
    Rule {
        family: at_define("pci-root and pcie-root controllers should not have an address"),
        name: "pci-root-address",
        why: "The root of the PCI bus is on no other bus.",
        help: "leave out its `<address>`",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let roots = subject.all("devices/controller[@type=pci]").into_iter().filter(is_root);
            let addresses = roots.filter_map(|node| child(node, "address"));
            addresses.map(|node| Violation::at(node, "the root of the PCI bus has no address")).collect()
        },
    },
    Rule {
        family: at_define("cannot be plugged into the PCI controller"),
        name: "pci-parent",
        why: "A root port is on the root, a switch on a root port, and only ports and bridges take devices.",
        help: "leave out the `<address>`: libvirt finds a controller that fits",
        source: "libvirt docs/pci-hotplug.rst; src/conf/domain_addr.c",
        find: |subject| {
            let wrong = |address: &Node| {
                let (Some(place), Some(device)) = (Place::of(*address), address.parent_element()) else { return false };
                let Some(parent) = model_of(subject, place.bus) else { return false };
                match device.attribute("model").filter(|_| device.attribute("type") == Some("pci")) {
                    Some("pcie-root-port") => matches!(parent, "pcie-root-port" | "pcie-to-pci-bridge" | "pci-root"),
                    Some("pcie-switch-upstream-port") => matches!(parent, "pcie-root" | "pci-root"),
                    Some("pcie-switch-downstream-port") => {
                        matches!(parent, "pcie-root" | "pcie-root-port" | "pci-root")
                    }
                    Some("pcie-to-pci-bridge") => matches!(parent, "pcie-root" | "pci-root"),
                    Some(_) => false,
                    None => parent == "pcie-switch-upstream-port",
                }
            };
            let all = placed(subject).filter(wrong);
            all.map(|node| Violation::at(node, "the controller with this number does not take such a device")).collect()
        },
    },
    Rule {
        family: at_define("is available, and it cannot be automatically added"),
        name: "pci-chipset",
        why: "These controllers are PCI Express, which the i440FX does not have; and a switch has both kinds of ports.",
        help: "write `machine='q35'` and `model='pcie-root-port'`, or `model='pci-bridge'`",
        source: "libvirt docs/pci-hotplug.rst",
        find: |subject| {
            let express = |node: &Node| {
                matches!(
                    node.attribute("model"),
                    Some(
                        "pcie-root-port"
                            | "pcie-switch-upstream-port"
                            | "pcie-switch-downstream-port"
                            | "dmi-to-pci-bridge"
                    )
                )
            };
            let all = subject.all("devices/controller[@type=pci]").into_iter().filter(express);
            // Elsewhere, `pci-root` and `pci-parent` speak.
            let all = all.filter(|node| {
                subject.is_i440fx() && node.attribute("index") != Some("0") && child(*node, "address").is_none()
            });
            let all =
                all.map(|node| Violation::at_attribute(node, "model", "this chipset (i440FX) has no PCI Express"));
            // libvirt adds root ports, and no switches.
            let switched = subject.has("devices/controller[@model=pcie-switch-upstream-port]");
            let ports = subject.all("devices/controller[@model=pcie-switch-downstream-port]").into_iter();
            let ports = ports.filter(|node| subject.is_q35() && !switched && child(*node, "address").is_none());
            let ports = ports.map(|node| {
                Violation::at_attribute(node, "model", "there is no switch (`pcie-switch-upstream-port`) for this port")
            });
            all.chain(ports).collect()
        },
    },
    Rule {
        family: at_define("controller must have PCI address"),
        name: "primary-controller",
        why: "The first SATA controller of Q35 and the first IDE controller of the i440FX are parts of the chipset, with a fixed place.",
        help: "leave out the `<address>`",
        source: "libvirt src/qemu/qemu_domain_address.c",
        find: |subject| {
            let (kind, fixed) = match (subject.is_q35(), subject.is_i440fx()) {
                (true, _) => ("sata", (0, 0, 0x1f, 2)),
                (_, true) => ("ide", (0, 0, 1, 1)),
                _ => return Vec::new(),
            };
            let controllers = subject.all("devices/controller[@index=0]").into_iter();
            let first = controllers
                .filter(|node| node.attribute("type") == Some(kind))
                .filter_map(|node| child(node, "address"));
            let elsewhere = first
                .filter(|node| Place::of(*node).is_some_and(|at| (at.domain, at.bus, at.slot, at.function) != fixed));
            elsewhere.map(|node| Violation::at(node, "the chipset has this controller in another place")).collect()
        },
    },
    Rule {
        family: at_define("controllers with index"),
        name: "controller-index",
        why: "A controller is identified by its type and index.",
        help: "give it the next free number, or leave out `index`",
        source: "libvirt docs/formatdomain.rst, controllers",
        find: |subject| {
            // One USB 2 controller is four with the same number: a master and its companions.
            let controllers = subject.all("devices/controller").into_iter();
            let controllers = controllers.filter(|node| node.attribute("type") != Some("usb"));
            let key =
                |node: Node| Some((node.attribute("type")?.to_owned(), node.attribute("index")?.parse::<u32>().ok()?));
            repeated(controllers, key, |(kind, index)| format!("a second {kind} controller has the index {index}"))
        },
    },
    Rule {
        family: at_define("but index must be larger than bus"),
        name: "pci-bridge",
        why: "A PCI bridge needs a conventional PCI bus, which Q35 has only behind a controller of its own; without one, libvirt plugs the bridge into itself.",
        help: "write `model='pcie-to-pci-bridge'`",
        source: "libvirt docs/pci-hotplug.rst; tried on libvirt 9.0, 11.3 and 12.8",
        find: |subject| {
            let others = ["pcie-to-pci-bridge", "dmi-to-pci-bridge"];
            let controllers = subject.all("devices/controller[@type=pci]");
            let older =
                controllers.iter().any(|node| node.attribute("model").is_some_and(|model| others.contains(&model)));
            let bridges = controllers.into_iter().filter(|node| {
                let bridge = node.attribute("model") == Some("pci-bridge") && child(*node, "address").is_none();
                bridge && subject.is_q35() && !older
            });
            bridges.map(|node| Violation::at_attribute(node, "model", "this bridge has no bus to be on")).collect()
        },
    },
    Rule {
        family: at_define("Option 'modelName' has invalid value"),
        name: "pci-model",
        why: "Each kind of PCI controller has devices of its own in QEMU.",
        help: "leave out the `<model>`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let wrong = |node: &Node| {
                let model = node.parent_element().and_then(|controller| controller.attribute("model"));
                let fits = MODELS.iter().find(|(kind, _)| Some(*kind) == model);
                fits.zip(node.attribute("name")).is_some_and(|((_, names), name)| !names.contains(&name.trim()))
            };
            let models = subject.all("devices/controller[@type=pci]/model").into_iter().filter(wrong);
            models.map(|node| Violation::at_attribute(node, "name", "this is another kind of controller")).collect()
        },
    },
];

/// Devices that have a place on the PCI bus.
const ON_PCI: [&str; 13] = [
    "disk",
    "filesystem",
    "controller",
    "interface",
    "input",
    "sound",
    "video",
    "hostdev",
    "watchdog",
    "memballoon",
    "rng",
    "shmem",
    "vsock",
];

/// Whether a device is one at all: the model `none` says that there is none.
pub(super) fn is_there(device: Node) -> bool {
    device.attribute("model") != Some("none") && child_value(device, "model", "type") != Some("none")
}

/// A place on the PCI bus that a document chooses.
struct Place {
    domain: u32,
    bus: u32,
    slot: u32,
    function: u32,
}

impl Place {
    /// The place that an address chooses; all zero stands for "choose one", whatever the function.
    fn of(address: Node) -> Option<Place> {
        let number = |name| address.attribute(name).map_or(Some(0), hex);
        let (domain, bus, slot) = (number("domain")?, number("bus")?, number("slot")?);
        let chosen = address.attribute("type") == Some("pci") && (domain, bus, slot) != (0, 0, 0);
        chosen.then_some(Place { domain, bus, slot, function: number("function")? })
    }
}

/// The PCI addresses of devices that have one. What else may have such an address, libvirt does not place there.
fn placed<'a, 'input>(subject: &Subject<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    let devices = subject.devices().filter(|device| ON_PCI.contains(&device.tag_name().name()) && is_there(*device));
    devices.filter_map(|device| child(device, "address")).filter(|address| address.attribute("type") == Some("pci"))
}

/// The model of the controller with this number; libvirt adds what the document does not have.
fn model_of<'a>(subject: &Subject<'a, '_>, bus: u32) -> Option<&'a str> {
    match bus {
        0 if subject.is_q35() => Some("pcie-root"),
        0 if subject.is_i440fx() => Some("pci-root"),
        _ => {
            let controllers = numbered(subject).into_iter();
            let mut same = controllers.filter(|(_, index)| *index == bus).map(|(node, _)| node);
            same.next()?.attribute("model")
        }
    }
}

/// Whether a controller is a root of the PCI bus.
fn is_root(controller: &Node) -> bool {
    matches!(controller.attribute("model"), Some("pci-root" | "pcie-root"))
}

/// The PCI controllers with their numbers: the stated ones, and for the others the smallest that are free. None are known if
/// one is no number.
fn numbered<'a, 'input>(subject: &Subject<'a, 'input>) -> Vec<(Node<'a, 'input>, u32)> {
    let controllers = subject.all("devices/controller[@type=pci]");
    let stated = |node: &Node<'a, 'input>| node.attribute("index").map(|index| index.trim().parse::<u32>());
    let Ok(mut used) = controllers.iter().filter_map(stated).collect::<Result<BTreeSet<_>, _>>() else {
        return Vec::new();
    };
    let mut number = |node: &Node<'a, 'input>| match stated(node) {
        Some(index) => index.ok(),
        None => (0..=u32::MAX).find(|free| used.insert(*free)),
    };
    controllers.into_iter().filter_map(|node| Some((node, number(&node)?))).collect()
}

/// The slots and functions of bus 0 where the chipset has its own devices, whatever the document says.
fn chipset(subject: &Subject) -> &'static [(u32, u32)] {
    match (subject.is_q35(), subject.is_i440fx()) {
        (true, _) => &[(0x1f, 0), (0x1f, 2), (0x1f, 3)],
        (_, true) => &[(1, 0), (1, 3)],
        _ => &[],
    }
}

/// Whether it is the SATA controller of Q35, which is in its place.
fn is_primary_sata(subject: &Subject, device: Node) -> bool {
    let first = matches!(device.attribute("index"), None | Some("0"));
    subject.is_q35() && first && device.attribute("type") == Some("sata")
}

/// A number of a PCI address, in hexadecimal with `0x` or in decimal.
pub(super) fn hex(number: &str) -> Option<u32> {
    match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    }
}
