//! The system's network `default`: the one that libvirt's own packages bring, for hosts where it is missing.
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
    /// Which part of it is the network's.
    #[serde(rename = "@netmask")]
    pub netmask: &'static str,
    /// Addresses for the guests.
    pub dhcp: Dhcp,
}

/// `<dhcp>`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Dhcp {
    /// From which to which.
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
            why: "The name by which the definitions, and most others, ask for it.",
            since: since(v(0, 3, 0), ALWAYS),
            source: "libvirt docs/formatnetwork.rst: name 0.3.0; src/network/default.xml.in",
        },
        apply: |network, ()| network.name = Some(host::DEFAULT),
    },
    Choice {
        reason: Reason {
            at: "forward",
            why: "Guests reach the world through the host's address, and it does not reach them: no address, and no rights, \
                  on the host's own network are needed.",
            since: since(v(0, 3, 0), ALWAYS),
            source: "libvirt docs/formatnetwork.rst: forward 0.3.0; src/network/default.xml.in",
        },
        apply: |network, ()| network.forward = Some(Forward { mode: "nat" }),
    },
    Choice {
        reason: Reason {
            at: "bridge",
            why: "The name that firewalls' rules and other programs know. A machine that was given to a bridge of the host \
                  by name finds it here.",
            since: since(v(0, 3, 0), ALWAYS),
            source: "libvirt docs/formatnetwork.rst: bridge 0.3.0; src/network/default.xml.in",
        },
        apply: |network, ()| network.bridge = Some(Bridge { name: host::network::BRIDGE }),
    },
    Choice {
        reason: Reason {
            at: "ip",
            why: "libvirt's usual range. If the host itself is in it, as a virtual machine on such a network is, libvirt \
                  refuses to start this one; change 122 to another number throughout.",
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
