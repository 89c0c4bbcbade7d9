//! The system's network `default`: the one that libvirt's packages provide, for hosts where it is missing.
//!
//! Reference: <https://libvirt.org/formatnetwork.html>; the addresses are those of libvirt's
//! `src/network/default.xml.in`.

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::choice::{Choice, Reason};
use crate::host;
use crate::render::Root;
use crate::version::{ALWAYS, since, v};

/// `<network>`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "libvirt's element names")]
pub struct Network {
    pub name: Option<&'static str>,
    pub forward: Option<Forward>,
    pub bridge: Option<Bridge>,
    pub ip: Option<Ip>,
}

impl Root for Network {
    const NAME: &'static str = "network";
}

/// `<forward>`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Forward {
    /// How packets leave the host.
    #[serde(rename = "@mode")]
    pub mode: &'static str,
}

/// `<bridge>`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bridge {
    /// Its name on the host.
    #[serde(rename = "@name")]
    pub name: &'static str,
}

/// `<ip>`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ip {
    /// The host's address in it.
    #[serde(rename = "@address")]
    pub address: &'static str,
    /// The netmask.
    #[serde(rename = "@netmask")]
    pub netmask: &'static str,
    /// Addresses for the guests.
    pub dhcp: Dhcp,
}

/// `<dhcp>`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Dhcp {
    /// The first and the last address.
    pub range: DhcpRange,
}

/// `<range>`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DhcpRange {
    /// The first address.
    #[serde(rename = "@start")]
    pub start: &'static str,
    /// The last address.
    #[serde(rename = "@end")]
    pub end: &'static str,
}

/// The decisions.
pub static CHOICES: &[Choice<Network>] = &[
    Choice {
        reason: Reason {
            at: "name",
            why: "The definitions, like most others, refer to the network by this name.",
            since: since(v(0, 3, 0), ALWAYS),
            source: "libvirt docs/formatnetwork.rst: name 0.3.0; src/network/default.xml.in",
        },
        apply: |network, ()| network.name = Some(host::DEFAULT),
    },
    Choice {
        reason: Reason {
            at: "forward",
            why: "NAT: guests reach the network through the host's address, and nothing reaches them from there. They need \
              neither an address nor permission on the host's own network.",
            since: since(v(0, 3, 0), ALWAYS),
            source: "libvirt docs/formatnetwork.rst: forward 0.3.0; src/network/default.xml.in",
        },
        apply: |network, ()| network.forward = Some(Forward { mode: "nat" }),
    },
    Choice {
        reason: Reason {
            at: "bridge",
            why: "The usual name, which firewall rules and other programs know. A machine that names a bridge of the host \
              instead of a network finds it under this name.",
            since: since(v(0, 3, 0), ALWAYS),
            source: "libvirt docs/formatnetwork.rst: bridge 0.3.0; src/network/default.xml.in",
        },
        apply: |network, ()| network.bridge = Some(Bridge { name: host::network::BRIDGE }),
    },
    Choice {
        reason: Reason {
            at: "ip",
            why: "libvirt's usual range. If the host's own address is in it, as on a host that is itself such a virtual \
              machine, libvirt refuses to start the network; change 122 to another number throughout.",
            since: since(v(0, 3, 0), ALWAYS),
            source: "libvirt docs/formatnetwork.rst: ip and dhcp 0.3.0; src/network/default.xml.in",
        },
        apply: |network, ()| {
            let range = DhcpRange { start: host::network::FIRST, end: host::network::LAST };
            let dhcp = Dhcp { range };
            network.ip = Some(Ip { address: host::network::ADDRESS, netmask: host::network::NETMASK, dhcp });
        },
    },
];
