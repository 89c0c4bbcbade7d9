//! The network interface.

use crate::connection::{BOTH, SESSION, SYSTEM};
use crate::domain::{
    Domain, Interface, InterfaceBackend, InterfaceBackendType, InterfaceModel, InterfaceModelType, InterfaceSource,
    InterfaceType,
};
use crate::observations::{sees, sees_some, sees_word};
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{host, introduced, needs, topics};

/// A network without privileges.
pub static USER: Tunable = Tunable {
    topic: &topics::NETWORK,
    cell: Cell::Is("user"),
    at: "devices/interface",
    why: "User-mode networking: the guest reaches the network, and nothing reaches the guest. It is the only kind that \
          works without privileges on every host; from libvirt 10.6 on, it runs passt where QEMU has no SLIRP.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Userspace connection using SLIRP (no release named); libvirt NEWS 10.6.0: \
          passt where SLIRP is missing",
    connections: SESSION,
    safety: Safety::Yours("which network a machine is on"),
    needs: &[&needs::USER_NETWORK],
    seen: &[sees_some("net/address")],
    apply: |domain, _| domain.devices.interfaces.push(interface(InterfaceType::User, None)),
};

/// libvirt's NAT network.
pub static NETWORK: Tunable = Tunable {
    topic: &topics::NETWORK,
    cell: Cell::Is("libvirt's `default`"),
    at: "devices/interface",
    why: "libvirt's own NAT network, which has this name on every host: the guest reaches the network, and host and \
          guests reach each other.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Virtual network (no release named)",
    connections: SYSTEM,
    safety: Safety::Yours("which network a machine is on"),
    needs: &[&needs::NETWORK],
    seen: &[sees_word("net/address", host::network::PREFIX)],
    apply: |domain, machine| {
        let source = InterfaceSource { network: Some(machine.network.to_string()), bridge: None };
        domain.devices.interfaces.push(interface(InterfaceType::Network, Some(source)));
    },
};

/// passt instead of QEMU's own stack.
pub static PASST: Tunable = Tunable {
    topic: &topics::NETWORK,
    cell: Cell::With("passt"),
    at: "devices/interface/backend",
    why: "passt instead of the network stack inside QEMU (SLIRP): an unprivileged process of its own. In bulk \
          transfers, the guest takes about a third of the interrupts.",
    since: introduced::since("devices/interface/backend/@type"),
    source: "libvirt docs/formatdomain.rst, Userspace connection using passt; interrupts counted with QEMU 10.0",
    connections: SESSION,
    safety: Safety::Yours("the guest gets the host's addresses in place of 10.0.2.15"),
    needs: &[&needs::PASST],
    seen: &[],
    apply: |domain, _| {
        for interface in &mut domain.devices.interfaces {
            interface.backend = Some(InterfaceBackend { kind: InterfaceBackendType::Passt });
        }
    },
};

/// What the guest sees: virtio-net.
pub static VIRTIO_NET: Tunable = Tunable {
    topic: &topics::VIRTIO_NET,
    cell: Cell::Has,
    at: "devices/interface/model",
    why: "virtio-net, the fastest model: packets take no access to emulated registers. On a network of the host, its packets go through the host's kernel (vhost) \
          where that is available.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Network interfaces: model virtio, and driver vhost (no release named); \
          counted with QEMU 10.0, where packed rings and longer queues change nothing",
    connections: BOTH,
    safety: Safety::NeedsGuest(
        "the driver for virtio-net: in Windows, install NetKVM from the virtio-win disc, which works without the card; \
         Linux has virtio_net; then change the card, whose network settings begin anew",
    ),
    needs: &[],
    seen: &[sees("net/driver", "virtio_net")],
    apply: |domain, _| model(domain, InterfaceModelType::Virtio),
};

/// What the guest sees: an Intel card.
pub static E1000E: Tunable = Tunable {
    topic: &topics::VIRTIO_NET,
    cell: Cell::Is("no: Intel 82574L"),
    at: "devices/interface/model",
    why: "Intel's 82574L, a real card for which this guest has a driver. virtio-net would be faster: here, a request and its \
          answer take four accesses to emulated registers, there none.",
    since: since(ALWAYS, v(2, 7, 0)),
    source: "QEMU ChangeLog 2.7: e1000e; libvirt passes on any model that QEMU has; counted with QEMU 10.0",
    connections: BOTH,
    safety: Safety::NeedsGuest("the driver for Intel's 82574L (e1000e), which Windows 10, Windows 11 and Linux have"),
    needs: &[],
    seen: &[sees("net/driver", "e1000e")],
    apply: |domain, _| model(domain, InterfaceModelType::E1000e),
};

pub(super) fn interface(kind: InterfaceType, source: Option<InterfaceSource>) -> Interface {
    Interface { kind, mac: None, source, model: None, backend: None, port_forward: None }
}

fn model(domain: &mut Domain, kind: InterfaceModelType) {
    for interface in &mut domain.devices.interfaces {
        interface.model = Some(InterfaceModel { kind });
    }
}
