//! Network cards, and sockets.

use super::{at_define, at_start};
use crate::connection::Connection;
use crate::rules::{Rule, Violation, child};

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
            if subject.target.connection != Some(Connection::Session) {
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
];
