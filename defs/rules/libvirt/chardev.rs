//! Character devices: serial ports, parallel ports, consoles and channels, and what they are connected to.

use roxmltree::Node;

use super::{at_define, at_start};
use crate::rules::{Rule, Subject, Violation, child, child_value, repeated};

/// Models of serial ports with the type that each needs.
const MODELS: [(&str, &str); 6] = [
    ("isa-serial", "isa-serial"),
    ("usb-serial", "usb-serial"),
    ("pci-serial", "pci-serial"),
    ("pl011", "system-serial"),
    ("16550a", "system-serial"),
    ("isa-debugcon", "isa-debug"),
];

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("Missing source path attribute for char device"),
        name: "chardev-path",
        why: "A device that is connected to a file, a device, a pipe or a socket of the host names it.",
        help: "add `<source path='/…'/>`, or write `type='pty'`",
        source: "libvirt docs/formatdomain.rst, consoles, serial, parallel and channel devices",
        find: |subject| {
            let needs = |node: &Node| match node.attribute("type") {
                Some("file" | "dev" | "pipe") => true,
                // libvirt finds a path for the socket of a channel.
                Some("unix") => !node.has_tag_name("channel"),
                _ => false,
            };
            let all = devices(subject).filter(|node| needs(node) && child_value(*node, "source", "path").is_none());
            all.map(|node| Violation::at(child(node, "source").unwrap_or(node), "no path is given")).collect()
        },
    },
    Rule {
        family: at_define("attribute for char device"),
        name: "chardev-host",
        why: "A device that is connected over the network needs a host and a port (`service`).",
        help: "add `<source mode='…' host='…' service='…'/>` with both",
        source: "libvirt docs/formatdomain.rst, consoles, serial, parallel and channel devices",
        find: |subject| {
            let lacks = |node: &Node| {
                let sources: Vec<_> = node.children().filter(|child| child.has_tag_name("source")).collect();
                match node.attribute("type") {
                    Some("tcp") => {
                        !sources.iter().any(|source| source.has_attribute("host") && source.has_attribute("service"))
                    }
                    Some("udp") => !sources
                        .iter()
                        .any(|source| source.attribute("mode") != Some("bind") && source.has_attribute("service")),
                    _ => false,
                }
            };
            let all = devices(subject).filter(lacks);
            all.map(|node| Violation::at(child(node, "source").unwrap_or(node), "no host and port to connect to"))
                .collect()
        },
    },
    Rule {
        family: at_define("chardev reconnect is possible only for connect mode"),
        name: "chardev-reconnect",
        why: "Only a device that connects by itself (`mode='connect'`) can connect again.",
        help: "leave out `<reconnect>`, or write `mode='connect'`",
        source: "libvirt docs/formatdomain.rst, Unix domain socket client/server",
        find: |subject| {
            let bound = |node: &Node| node.has_tag_name("source") && node.attribute("mode") == Some("bind");
            let known = devices(subject).filter(|node| matches!(node.attribute("type"), Some("unix" | "tcp")));
            let sources = known.flat_map(|node| node.children()).filter(bound);
            let again = |node: Node<'_, '_>| child_value(node, "reconnect", "enabled") == Some("yes");
            let all = sources.filter(|node| again(*node)).filter_map(|node| child(node, "reconnect"));
            all.map(|node| Violation::at(node, "this end waits to be connected to")).collect()
        },
    },
    Rule {
        family: at_define("is already occupied"),
        name: "virtio-serial-port",
        why: "Each channel has a port of its own.",
        help: "leave out the `<address>` of both: libvirt finds free ports",
        source: "libvirt src/conf/domain_addr.c",
        find: |subject| {
            let addresses = devices(subject).filter_map(|node| child(node, "address"));
            let addresses = addresses.filter(|node| node.attribute("type") == Some("virtio-serial"));
            let number = |node: Node, name| node.attribute(name).map_or(Some(0), |text| text.parse::<u32>().ok());
            let place = |node: Node| {
                // Port 0 stands for "choose one".
                let port = number(node, "port").filter(|port| *port > 0)?;
                Some((number(node, "controller")?, number(node, "bus")?, port))
            };
            repeated(addresses, place, |(_, _, port)| format!("a second device has port {port}"))
        },
    },
    Rule {
        family: at_define("unsupported console target type"),
        name: "console-type",
        why: "These are the consoles of containers and of other hypervisors.",
        help: "write `<target type='serial'/>` or `<target type='virtio'/>`",
        source: "libvirt docs/formatdomain.rst, console",
        find: |subject| {
            let other = |node: &Node| matches!(node.attribute("type"), Some("xen" | "uml" | "lxc" | "openvz"));
            let all = subject.all("devices/console/target").into_iter().filter(other);
            all.map(|node| Violation::at_attribute(node, "type", "QEMU has no such console")).collect()
        },
    },
    Rule {
        family: at_define("Only the first console can be a serial port"),
        name: "console-serial",
        why: "The first console may be another name of the first serial port; the others are devices of their own.",
        help: "write `<target type='virtio'/>`, or `<serial>` in the place of `<console>`",
        source: "libvirt docs/formatdomain.rst, console",
        find: |subject| {
            // On these, a console is a serial port unless it says otherwise.
            let implied = matches!(subject.value("os/type", "arch"), Some("x86_64" | "i686" | "aarch64"));
            let message = "this is not the first console, and a serial port";
            let wrong = |console: Node<'_, '_>| {
                let target = child(console, "target");
                match target.and_then(|target| target.attribute("type")) {
                    Some("serial") => Some(Violation::at_attribute(target?, "type", message)),
                    None if implied => Some(Violation::at(console, message)),
                    _ => None,
                }
            };
            subject.all("devices/console").into_iter().skip(1).filter_map(wrong).collect()
        },
    },
    Rule {
        family: at_define("not compatible with guest architecture or machine type"),
        name: "serial-architecture",
        why: "These are the serial ports of POWER servers and mainframes.",
        help: "leave out `<target>`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let x86 = matches!(subject.value("os/type", "arch"), Some("x86_64" | "i686"));
            let other = |node: &Node| x86 && matches!(node.attribute("type"), Some("spapr-vio-serial" | "sclp-serial"));
            let all = subject.all("devices/serial/target").into_iter().filter(other);
            all.map(|node| Violation::at_attribute(node, "type", "x86 machines do not have such a port")).collect()
        },
    },
    Rule {
        family: at_define("requires target type"),
        name: "serial-model",
        why: "A model of serial port is of one type.",
        help: "leave out `<model>`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let right = |target: Node| {
                let model = child_value(target, "model", "name")?;
                let (_, right) = MODELS.iter().find(|(name, _)| *name == model)?;
                target.attribute("type").filter(|kind| kind != right).map(|_| *right)
            };
            let all = subject.all("devices/serial/target").into_iter();
            let violation = |target| {
                let message = format!("this model is of the type `{}`", right(target)?);
                Some(Violation::at_attribute(child(target, "model")?, "name", message))
            };
            all.filter_map(violation).collect()
        },
    },
    Rule {
        family: at_define("only one source element is allowed for character device"),
        name: "chardev-sources",
        why: "A device is connected to one end; only UDP has one to send to and one to receive from.",
        help: "leave out the second one",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let all = devices(subject).filter(|node| node.attribute("type") != Some("udp"));
            let again = |node: Node<'_, '_>| {
                let sources = node.children().filter(|child| child.has_tag_name("source"));
                repeated(sources, |_| Some(()), |()| "this device is connected elsewhere already".to_owned())
            };
            all.flat_map(again).collect()
        },
    },
    Rule {
        family: at_define("source channel"),
        name: "spice-port",
        why: "The viewer finds a port of SPICE by its name, of letters, digits, `-`, `_` and `.`.",
        help: "add `<source channel='…'/>`, for example `org.spice-space.webdav.0`",
        source: "libvirt docs/formatdomain.rst, consoles, serial, parallel and channel devices",
        find: |subject| {
            let known = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            let wrong = |node: &Node| !child_value(*node, "source", "channel").is_some_and(known);
            let ports = devices(subject).filter(|node| node.attribute("type") == Some("spiceport") && wrong(node));
            ports
                .map(|node| Violation::at(child(node, "source").unwrap_or(node), "the port has no such name"))
                .collect()
        },
    },
    Rule {
        family: at_start("Unsupported spicevmc target name"),
        name: "spice-agent",
        why: "The agent in the guest looks for this name.",
        help: "write `name='com.redhat.spice.0'`",
        source: "libvirt docs/formatdomain.rst, channel",
        find: |subject| {
            let targets = subject.all("devices/channel[@type=spicevmc]/target[@type=virtio]").into_iter();
            let others = targets.filter(|node| node.attribute("name").is_some_and(|name| name != "com.redhat.spice.0"));
            others.map(|node| Violation::at_attribute(node, "name", "SPICE's agent does not have this name")).collect()
        },
    },
];

/// What is connected to something of the host.
fn devices<'a, 'input>(subject: &Subject<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    subject.devices().filter(|node| matches!(node.tag_name().name(), "serial" | "parallel" | "console" | "channel"))
}
