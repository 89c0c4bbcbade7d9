//! Network cards, and sockets.

use roxmltree::Node;

use super::{at_define, at_define_since, at_start};
use crate::connection::Connection;
use crate::rules::{Rule, Subject, Violation, child, child_value};
use crate::version::v;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_start("multiqueue is not supported for network interfaces of type user"),
        name: "network-queues",
        why: "User-mode networking has one queue.",
        help: "leave out `queues`",
        source: "libvirt src/qemu/qemu_command.c",
        find: |subject| {
            let cards = subject.all("devices/interface[@type=user]").into_iter();
            let drivers = cards.filter_map(|card| child(card, "driver"));
            let several = drivers
                .filter(|node| node.attribute("queues").and_then(|queues| queues.parse().ok()).unwrap_or(1_u32) > 1);
            several.map(|node| Violation::at_attribute(node, "queues", "this kind of network has one queue")).collect()
        },
    },
    Rule {
        family: at_start("Network not found"),
        name: "session-network",
        why: "A session has no libvirt networks: creating one takes the host's administrator.",
        help: "write `<interface type='user'>`",
        source: "libvirt docs/formatdomain.rst, network interfaces",
        find: |subject| {
            if subject.target().connection != Some(Connection::Session) {
                return Vec::new();
            }
            let cards = subject.all("devices/interface[@type=network]").into_iter();
            cards.map(|node| Violation::at_attribute(node, "type", "a session has no libvirt networks")).collect()
        },
    },
    Rule {
        family: at_define("guest CIDs must be >= 3"),
        name: "vsock-cid",
        why: "Addresses 0 to 2 belong to the hypervisor and the host.",
        help: "write `<cid auto='yes'/>`",
        source: "libvirt src/conf/domain_validate.c; vsock(7)",
        find: |subject| {
            let cids =
                subject.all("devices/vsock/cid").into_iter().filter(|node| node.attribute("auto") != Some("yes"));
            let low = cids.filter(|node| {
                node.attribute("address")
                    .and_then(|address| address.parse::<u32>().ok())
                    .is_some_and(|address| address < 3)
            });
            low.map(|node| Violation::at_attribute(node, "address", "a guest's address is 3 or more")).collect()
        },
    },
    Rule {
        family: at_define_since(v(9, 1, 0), "can only be used with the 'passt' backend"),
        name: "port-forward",
        why: "Only passt forwards ports; QEMU's own user-mode network, the default, ignored them in libvirt 9.0.",
        help: "add `<backend type='passt'/>`",
        source: "libvirt docs/formatdomain.rst, userspace connection using passt",
        find: |subject| {
            let user =
                subject.all("devices/interface").into_iter().filter(|node| node.attribute("type") != Some("vhostuser"));
            let without = user.filter(|node| child_value(*node, "backend", "type") != Some("passt"));
            without
                .filter_map(|node| child(node, "portForward"))
                .map(|node| Violation::at(node, "this network forwards no ports"))
                .collect()
        },
    },
    Rule {
        family: at_define_since(v(9, 1, 0), "The 'passt' backend can only be used with"),
        name: "passt",
        why: "passt is a user-mode network.",
        help: "write `type='user'`, or leave out `<backend>`",
        source: "libvirt docs/formatdomain.rst, userspace connection using passt",
        find: |subject| {
            let other = |node: &Node| !matches!(node.attribute("type"), Some("user" | "vhostuser"));
            let backends =
                subject.all("devices/interface").into_iter().filter(other).filter_map(|node| child(node, "backend"));
            let passt = backends.filter(|node| node.attribute("type") == Some("passt"));
            passt.map(|node| Violation::at_attribute(node, "type", "this kind of network is not passt's")).collect()
        },
    },
    Rule {
        family: at_define("setting MTU on interface type"),
        name: "network-mtu",
        why: "User-mode networking has no interface on the host whose packet size could be set.",
        help: "leave out `<mtu>`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| of_user(subject, "mtu", "this kind of network has no size of packets"),
    },
    Rule {
        family: at_define("coalesce settings on interface type"),
        name: "network-coalesce",
        why: "User-mode networking has no interface on the host.",
        help: "leave out `<coalesce>`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| of_user(subject, "coalesce", "this kind of network has no such settings"),
    },
    Rule {
        family: at_define("Invalid attempt to set network interface guest-side IP"),
        name: "network-address",
        why: "Only with user-mode networking does QEMU give the guest an address.",
        help: "leave out `<ip>`; give the guest its address in the network's DHCP, or in the guest",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let other = |node: &Node| matches!(node.attribute("type"), Some("network" | "bridge"));
            let all = subject.all("devices/interface").into_iter().filter(other).filter_map(|node| child(node, "ip"));
            all.map(|node| Violation::at(node, "libvirt cannot give the guest an address here")).collect()
        },
    },
    Rule {
        family: at_define("packed driver option is only supported for virtio devices"),
        name: "network-packed",
        why: "This is an option of virtio devices.",
        help: "leave it out, or write `<model type='virtio'/>`",
        source: "libvirt docs/formatdomain.rst, virtio-related options",
        find: |subject| {
            let others = subject.all("devices/interface").into_iter();
            let others = others
                .filter(|node| child_value(*node, "model", "type").is_some_and(|model| !model.starts_with("virtio")));
            let drivers = others.filter_map(|node| child(node, "driver")).filter(|node| node.has_attribute("packed"));
            drivers.map(|node| Violation::at_attribute(node, "packed", "this model is no virtio device")).collect()
        },
    },
    Rule {
        family: at_define("rx_queue_size has to be a power of two"),
        name: "network-queue-size",
        why: "The size of a virtio queue is a power of two.",
        help: "write `rx_queue_size='256'`, `512` or `1024`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let odd = |node: &Node| {
                node.attribute("rx_queue_size")
                    .and_then(|size| size.parse::<u32>().ok())
                    .is_some_and(|size| size > 0 && !size.is_power_of_two())
            };
            let others = subject.all("devices/interface[@type=network]").into_iter();
            let virtio = others.filter(|node| child_value(*node, "model", "type") == Some("virtio"));
            let drivers = virtio.filter_map(|node| child(node, "driver")).filter(odd);
            drivers.map(|node| Violation::at_attribute(node, "rx_queue_size", "this is no power of two")).collect()
        },
    },
    Rule {
        family: at_define("is not supported for network interfaces with type='user'"),
        name: "network-isolated",
        why: "Only ports of a bridge can be isolated from each other.",
        help: "leave out `<port>`",
        source: "libvirt docs/formatdomain.rst, isolating guests' network traffic from each other",
        find: |subject| {
            let ports = subject.all("devices/interface[@type=user]/port[@isolated=yes]").into_iter();
            ports.map(|node| Violation::at(node, "this network has no ports")).collect()
        },
    },
    Rule {
        family: at_define_since(v(9, 1, 0), "'interface' requires shared memory"),
        name: "vhostuser-memory",
        why: "Another program reads and writes the guest's memory itself, so that memory must be shared. Tried: libvirt 11.3 and 12.8 refuse it at define.",
        help: "add `<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>`",
        source: "libvirt docs/formatdomain.rst, vhost-user interface",
        find: |subject| {
            let shared = subject.has("memoryBacking/access[@mode=shared]") || subject.has("cpu/numa/cell");
            let cards = subject.all("devices/interface[@type=vhostuser]").into_iter().filter(|_| !shared);
            cards.map(|node| Violation::at(node, "this device needs shared memory")).collect()
        },
    },
    Rule {
        family: at_define("requires a 'source' element"),
        name: "network-source",
        why: "A card on a bridge needs the bridge.",
        help: "add `<source bridge='…'/>` with a bridge of the host's",
        source: "libvirt docs/formatdomain.rst, bridge to LAN",
        find: |subject| {
            let cards = subject.all("devices/interface[@type=bridge]").into_iter();
            let without = cards.filter(|card| child(*card, "source").is_none());
            without.map(|node| Violation::at(node, "no bridge is named")).collect()
        },
    },
    Rule {
        family: at_define("'vhostuser'"),
        name: "network-vhostuser",
        why: "The other program drives a virtio device.",
        help: "write `<model type='virtio'/>`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let models = subject.all("devices/interface[@type=vhostuser]/model").into_iter();
            let others = models.filter(|node| node.attribute("type").is_some_and(|model| !model.starts_with("virtio")));
            others.map(|node| Violation::at_attribute(node, "type", "this model is no virtio device")).collect()
        },
    },
    Rule {
        family: at_define_since(v(11, 1, 0), "'path'"),
        name: "network-vhostuser-path",
        why: "The other program is found at a socket. Before libvirt 11.1, the schema says so.",
        help: "add `<source type='unix' path='/…' mode='client'/>`",
        source: "libvirt docs/formatdomain.rst, vhost-user interface",
        find: |subject| {
            let cards = subject.all("devices/interface[@type=vhostuser]").into_iter();
            // passt makes the socket itself.
            let cards = cards.filter(|card| child(*card, "source").is_none() && child(*card, "backend").is_none());
            cards.map(|node| Violation::at(node, "no socket is named")).collect()
        },
    },
];

/// The children of one name of interfaces of user-mode networking.
fn of_user(subject: &Subject, name: &str, message: &str) -> Vec<Violation> {
    let cards = subject.all("devices/interface[@type=user]").into_iter();
    cards.filter_map(|card| child(card, name)).map(|node| Violation::at(node, message)).collect()
}
