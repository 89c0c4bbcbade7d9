//! Networks: documents of their own, for `virsh net-define`.

use std::net::{IpAddr, Ipv4Addr};

use roxmltree::Node;

use super::{at_net_define, blanks};
use crate::rules::{Rule, Subject, Violation, child, repeated};

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_net_define("element can only be used when <forward> 'mode' is 'nat'"),
        name: "net-nat",
        why: "`<nat>` is about address translation, which only `mode='nat'` does.",
        help: "leave out `<nat>`, or write `mode='nat'`",
        source: "libvirt docs/formatnetwork.rst, connectivity",
        find: |subject| {
            let others = subject
                .all("forward")
                .into_iter()
                .filter(|node| node.attribute("mode").is_some_and(|mode| mode != "nat"));
            others
                .filter_map(|node| child(node, "nat"))
                .map(|node| Violation::at(node, "this network does no address translation"))
                .collect()
        },
    },
    Rule {
        family: at_net_define("bridge delay/stp/zone options only allowed in"),
        name: "net-bridge-options",
        why: "libvirt sets them when it creates the bridge, and this bridge is the host's own.",
        help: "leave out `stp`, `delay` and `zone`",
        source: "libvirt docs/formatnetwork.rst, connectivity",
        find: |subject| {
            // No delay is none, whoever says it.
            let delayed =
                |node: &Node| node.attribute("delay").and_then(|delay| delay.trim().parse().ok()).unwrap_or(0_u32) > 0;
            let options = |node: &Node| node.has_attribute("stp") || node.has_attribute("zone") || delayed(node);
            let bridges = subject.all("bridge").into_iter().filter(|node| is_host_s(subject) && options(node));
            bridges.map(|node| Violation::at(node, "libvirt does not make this bridge")).collect()
        },
    },
    Rule {
        family: at_net_define("forward dev not allowed for network"),
        name: "net-open",
        why: "In an open network, libvirt sets no rules about where packets go.",
        help: "leave out `dev`, or write `mode='route'`",
        source: "libvirt docs/formatnetwork.rst, connectivity",
        find: |subject| {
            let message = "an open network has no such rule";
            let wrong = |open: Node| {
                if open.has_attribute("dev") {
                    Some(Violation::at_attribute(open, "dev", message))
                } else {
                    child(open, "interface").map(|interface| Violation::at(interface, message))
                }
            };
            subject.all("forward[@mode=open]").into_iter().filter_map(wrong).collect()
        },
    },
    Rule {
        family: at_net_define("dhcp sections found"),
        name: "net-dhcp",
        why: "dnsmasq hands out the addresses of one range of each kind.",
        help: "keep one `<dhcp>` for IPv4, and one for IPv6",
        source: "libvirt src/network/bridge_driver.c",
        find: |subject| {
            let family =
                |node: Node| node.parent_element().map(|ip| ip.attribute("family").unwrap_or("ipv4").to_owned());
            let message = |family: &String| format!("a second <dhcp> for {}", family.replace("ip", "IP"));
            repeated(subject.all("ip/dhcp"), family, message)
        },
    },
    Rule {
        family: at_net_define("is reversed"),
        name: "net-range",
        why: "A range begins with its smallest address.",
        help: "swap the two",
        source: "libvirt src/util/virsocketaddr.c",
        find: |subject| {
            let address = |node: &Node, name| node.attribute(name).and_then(|text| text.parse::<Ipv4Addr>().ok());
            let reversed =
                |node: &Node| address(node, "start").zip(address(node, "end")).is_some_and(|(start, end)| start > end);
            let ranges = subject.all("ip/dhcp/range").into_iter().filter(reversed);
            ranges.map(|node| Violation::at(node, "this range ends before it begins")).collect()
        },
    },
    Rule {
        family: at_net_define("specified for non-IPv"),
        name: "net-family",
        why: "An address is IPv4 unless the document says otherwise.",
        help: "write `family='ipv6'` with an IPv6 address, and leave it out with an IPv4 address",
        source: "libvirt docs/formatnetwork.rst, addressing",
        find: |subject| {
            let wrong = |node: Node| {
                let address: IpAddr = node.attribute("address")?.parse().ok()?;
                match node.attribute("family") {
                    None | Some("ipv4") if address.is_ipv6() => Some("this is an IPv6 address"),
                    Some("ipv6") if address.is_ipv4() => Some("this is an IPv4 address"),
                    _ => None,
                }
            };
            let addresses = subject.all("ip").into_iter();
            addresses.filter_map(|node| Some(Violation::at_attribute(node, "address", wrong(node)?))).collect()
        },
    },
    Rule {
        family: at_net_define("multiple default <portgroup> elements"),
        name: "net-portgroup",
        why: "Only one group can be the default, for machines that name none.",
        help: "keep `default='yes'` with one of them",
        source: "libvirt docs/formatnetwork.rst, portgroups",
        find: |subject| {
            repeated(subject.all("portgroup[@default=yes]"), |_| Some(()), |()| "a second default group".to_owned())
        },
    },
    Rule {
        family: at_net_define("Extra data in disabled network"),
        name: "net-dns",
        why: "A name server that does not run has no settings.",
        help: "leave out `enable='no'`, or what is in `<dns>`",
        source: "libvirt src/conf/network_conf.c",
        find: |subject| {
            let disabled = subject.all("dns[@enable=no]").into_iter().filter_map(|node| node.first_element_child());
            disabled.map(|node| Violation::at(node, "this network has no name server")).collect()
        },
    },
    Rule {
        family: at_net_define("Unsupported <ip> element"),
        name: "net-ip",
        why: "In such a network, addresses come from the network that the host is in.",
        help: "leave out `<ip>`",
        source: "libvirt docs/formatnetwork.rst, connectivity",
        find: |subject| {
            let addresses = subject.all("ip").into_iter().filter(|_| is_host_s(subject));
            addresses
                .map(|node| Violation::at(node, "this network is the host's, and libvirt gives it no address"))
                .collect()
        },
    },
    Rule {
        family: at_net_define("Unsupported <domain> element"),
        name: "net-domain",
        why: "In such a network, names come from the network that the host is in.",
        help: "leave out `<domain>`",
        source: "libvirt docs/formatnetwork.rst, connectivity",
        find: |subject| {
            let names = subject.all("domain").into_iter().filter(|_| is_host_s(subject));
            names.map(|node| Violation::at(node, "this network is the host's, and libvirt gives it no names")).collect()
        },
    },
    Rule {
        family: at_net_define("mtu size only allowed in"),
        name: "net-mtu",
        why: "libvirt sets it when it creates the bridge, and this bridge is the host's own.",
        help: "leave out `<mtu>`",
        source: "libvirt docs/formatnetwork.rst, connectivity",
        find: |subject| {
            let sizes = subject.all("mtu").into_iter().filter(|_| is_host_s(subject));
            sizes.map(|node| Violation::at(node, "libvirt does not make this bridge")).collect()
        },
    },
    Rule {
        family: at_net_define("forwarding requested, but no IP address provided"),
        name: "net-address",
        why: "The host is the machines' gateway, and has an address in the network.",
        help: "add `<ip address='192.168.150.1' prefix='24'/>`, with a network that is free",
        source: "libvirt src/conf/network_conf.c",
        find: |subject| {
            let forwarded = |node: &Node| matches!(node.attribute("mode"), None | Some("nat" | "route"));
            let all = subject.all("forward").into_iter().filter(|node| forwarded(node) && !subject.has("ip"));
            all.map(|node| Violation::at(node, "the host has no address in this network")).collect()
        },
    },
    Rule {
        family: at_net_define("can specify a bridge name or a forward dev, but not both"),
        name: "net-source",
        why: "Machines are connected to a bridge of the host, or to one of its network interfaces, not to both.",
        help: "leave out one of the two",
        source: "libvirt docs/formatnetwork.rst, connectivity",
        find: |subject| {
            let Some(bridge) = subject.first("bridge").filter(|node| node.has_attribute("name")) else {
                return Vec::new();
            };
            let interfaces = subject.all("forward[@mode=bridge]/interface").into_iter();
            interfaces.map(|node| Violation::at(node, "the network is on a bridge").with(bridge, "this one")).collect()
        },
    },
    Rule {
        family: at_net_define("unreachable static route gateway"),
        name: "net-route",
        why: "A gateway has an address in this network.",
        help: "write an address in this network",
        source: "libvirt docs/formatnetwork.rst, static routes",
        find: |subject| {
            let networks: Vec<_> = subject.all("ip").iter().map(|node| network(*node)).collect();
            // One that is not known here could have it.
            if networks.iter().any(Option::is_none) {
                return Vec::new();
            }
            let gateway = |node: &Node| node.attribute("gateway").and_then(|text| text.parse::<Ipv4Addr>().ok());
            let within = |address: Ipv4Addr| {
                networks.iter().flatten().any(|(own, mask)| own & mask == u32::from(address) & mask)
            };
            let routes =
                subject.all("route").into_iter().filter(|node| gateway(node).is_some_and(|address| !within(address)));
            routes.map(|node| Violation::at_attribute(node, "gateway", "this address is not in the network")).collect()
        },
    },
    Rule {
        family: at_net_define("unknown forwarding type"),
        name: "net-blanks",
        why: blanks::WHY,
        help: "leave out the blanks",
        source: "RELAX NG specification, 6.2.9; tried on libvirt 9.0, 11.3 and 12.8",
        find: |subject| {
            let blank = subject
                .all("forward")
                .into_iter()
                .filter(|node| node.attribute("mode").is_some_and(|mode| mode.trim() != mode));
            blank
                .map(|node| Violation::at_attribute(node, "mode", "libvirt knows this word without blanks around it"))
                .collect()
        },
    },
    Rule {
        family: at_net_define("is not entirely within network"),
        name: "net-range-network",
        why: "The addresses that dnsmasq hands out are in the host's own network.",
        help: "write addresses of that network",
        source: "libvirt src/util/virsocketaddr.c",
        find: |subject| {
            let beyond = |range: &Node| {
                let (own, mask) = network(range.parent_element()?.parent_element()?)?;
                let within = |name| {
                    let address: Ipv4Addr = range.attribute(name)?.parse().ok()?;
                    Some(u32::from(address) & mask == own & mask)
                };
                Some(!within("start")? || !within("end")?)
            };
            let ranges = subject.all("ip/dhcp/range").into_iter().filter(|range| beyond(range) == Some(true));
            ranges.map(|node| Violation::at(node, "this range is not in the host's network")).collect()
        },
    },
    Rule {
        family: at_net_define("Missing required address attribute"),
        name: "net-ip-address",
        why: "It is the host's address in the network.",
        help: "add `address='192.168.150.1'`, with a network that is free",
        source: "libvirt docs/formatnetwork.rst, addressing",
        find: |subject| {
            let without = subject.all("ip").into_iter().filter(|node| !node.has_attribute("address"));
            without.map(|node| Violation::at(node, "no address is given")).collect()
        },
    },
    Rule {
        family: at_net_define("can only be listed once"),
        name: "net-interface-twice",
        why: "An interface of the host is in the network once.",
        help: "leave out the second one",
        source: "libvirt src/conf/network_conf.c",
        find: |subject| {
            let interfaces = subject.all("forward/interface");
            repeated(interfaces, |node| node.attribute("dev"), |dev| format!("the interface `{dev}` again"))
        },
    },
    Rule {
        family: at_net_define("with the same name"),
        name: "net-portgroup-name",
        why: "Machines choose a group by its name.",
        help: "give each its own name",
        source: "libvirt docs/formatnetwork.rst, portgroups",
        find: |subject| {
            repeated(subject.all("portgroup"), |node| node.attribute("name"), |name| format!("a second group `{name}`"))
        },
    },
    Rule {
        family: at_net_define("Invalid forwarder element"),
        name: "net-forwarder",
        why: "`<forwarder>` names a server to ask, a domain about which no other server is asked, or both.",
        help: "add `addr='…'`, the address of a name server",
        source: "libvirt docs/formatnetwork.rst, addressing",
        find: |subject| {
            let empty = |node: &Node| !node.has_attribute("addr") && !node.has_attribute("domain");
            let all = subject.all("dns/forwarder").into_iter().filter(empty);
            all.map(|node| Violation::at(node, "neither an address nor a domain is given")).collect()
        },
    },
];

/// Whether the network is one of the host's, which libvirt does not make.
fn is_host_s(subject: &Subject) -> bool {
    matches!(subject.value("forward", "mode"), Some("bridge" | "private" | "vepa" | "passthrough"))
}

/// An IPv4 address of the host's, with the mask of its network; all zero for an IPv6 address, which has no route of these.
fn network(ip: Node) -> Option<(u32, u32)> {
    let address: IpAddr = ip.attribute("address")?.parse().ok()?;
    let IpAddr::V4(address) = address else { return Some((0, u32::MAX)) };
    let mask = match (ip.attribute("prefix"), ip.attribute("netmask")) {
        (Some(prefix), _) => u32::MAX.checked_shl(32_u32.checked_sub(prefix.parse().ok()?)?).unwrap_or(0),
        (None, mask) => mask?.parse::<Ipv4Addr>().ok()?.into(),
    };
    Some((address.into(), mask))
}
