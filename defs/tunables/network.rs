//! The network interface.

use crate::connection::{BOTH, SESSION, SYSTEM};
use crate::domain::{
    Domain, Interface, InterfaceBackend, InterfaceBackendType, InterfaceModel, InterfaceModelType, InterfaceSource,
    InterfaceType,
};
use crate::sights::{sees, sees_some, sees_word};
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{host, needs, newer, topics};

/// A network without privileges.
pub static USER: Tunable = Tunable {
    topic: &topics::NETWORK,
    cell: Cell::Is("user"),
    at: "devices/interface",
    why: "A network stack in a process of yours: out to everywhere, in from nowhere. It is the only kind that \
          works without privileges on every host; libvirt takes passt where QEMU has no SLIRP.",
    // as old as libvirt; passt instead of a missing SLIRP: libvirt NEWS 10.6.0
    since: since(ALWAYS, ALWAYS),
    connections: SESSION,
    needs: &[&needs::USER_NETWORK],
    seen: &[sees_some("net/address")],
    apply: |domain, _| domain.devices.interfaces.push(interface(InterfaceType::User, None)),
};

/// libvirt's NAT network.
pub static NETWORK: Tunable = Tunable {
    topic: &topics::NETWORK,
    cell: Cell::Is("libvirt's `default`"),
    at: "devices/interface",
    why: "libvirt's own NAT network, which has this name on every host: out to everywhere, and host and guests \
          reach each other.",
    // as old as libvirt
    since: since(ALWAYS, ALWAYS),
    connections: SYSTEM,
    needs: &[&needs::NETWORK],
    seen: &[sees_word("net/address", host::network::PREFIX)],
    apply: |domain, machine| {
        let source = InterfaceSource { network: machine.network.to_string() };
        domain.devices.interfaces.push(interface(InterfaceType::Network, Some(source)));
    },
};

/// passt instead of QEMU's own stack.
pub static PASST: Tunable = Tunable {
    topic: &topics::NETWORK,
    cell: Cell::With("passt"),
    at: "devices/interface/backend",
    why: "passt instead of the stack inside QEMU, which it is faster than: a process of its own, without privileges, that \
          speaks through the host's own sockets, IPv6 included.",
    since: newer::since("devices/interface/backend/@type"),
    connections: SESSION,
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
    why: "virtio-net, the fastest model; on a network of the host it runs in the host's kernel (vhost) where it can.",
    // older than any release in use
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("net/driver", "virtio_net")],
    apply: |domain, _| model(domain, InterfaceModelType::Virtio),
};

/// What the guest sees: a card of Intel's.
pub static E1000E: Tunable = Tunable {
    topic: &topics::VIRTIO_NET,
    cell: Cell::Is("no: Intel 82574L"),
    at: "devices/interface/model",
    why: "Intel's 82574L, a real card with a driver of its own in the guest; virtio-net would be faster.",
    // QEMU 2.7 (changelog: e1000e); libvirt takes any model that QEMU has
    since: since(ALWAYS, v(2, 7, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[sees("net/driver", "e1000e")],
    apply: |domain, _| model(domain, InterfaceModelType::E1000e),
};

fn interface(kind: InterfaceType, source: Option<InterfaceSource>) -> Interface {
    Interface { kind, source, model: None, backend: None }
}

fn model(domain: &mut Domain, kind: InterfaceModelType) {
    for interface in &mut domain.devices.interfaces {
        interface.model = Some(InterfaceModel { kind });
    }
}
