//! Network cards, and sockets.

use super::{at_define, at_start};
use crate::connection::Connection;
use crate::rules::{Fault, Rule, child};

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_start("multiqueue is not supported for network interfaces of type user"),
        name: "network-queues",
        why: "A network stack in a process of the user has one queue.",
        repair: "leave out `queues`",
        source: "libvirt src/qemu/qemu_command.c",
        find: |subject| {
            let cards = subject.all("devices/interface[@type=user]").into_iter();
            let drivers = cards.filter_map(|card| child(card, "driver"));
            let several = drivers
                .filter(|node| node.attribute("queues").and_then(|queues| queues.parse().ok()).unwrap_or(1_u32) > 1);
            several.map(|node| Fault::at_attribute(node, "queues", "this kind of network has one queue")).collect()
        },
    },
    Rule {
        family: at_start("Network not found"),
        name: "session-network",
        why: "A fresh session has no networks: making one needs the host's administrator.",
        repair: "write `<interface type='user'>`",
        source: "libvirt docs/formatdomain.rst, network interfaces",
        find: |subject| {
            if subject.target.connection != Some(Connection::Session) {
                return Vec::new();
            }
            let cards = subject.all("devices/interface[@type=network]").into_iter();
            cards.map(|node| Fault::at_attribute(node, "type", "a session has no networks of libvirt's")).collect()
        },
    },
    Rule {
        family: at_define("guest CIDs must be >= 3"),
        name: "vsock-cid",
        why: "0 to 2 are the hypervisor's and the host's addresses.",
        repair: "write `<cid auto='yes'/>`",
        source: "libvirt src/conf/domain_validate.c; vsock(7)",
        find: |subject| {
            let cids =
                subject.all("devices/vsock/cid").into_iter().filter(|node| node.attribute("auto") != Some("yes"));
            let low = cids.filter(|node| {
                node.attribute("address")
                    .and_then(|address| address.parse::<u32>().ok())
                    .is_some_and(|address| address < 3)
            });
            low.map(|node| Fault::at_attribute(node, "address", "a guest's address is 3 or more")).collect()
        },
    },
];
