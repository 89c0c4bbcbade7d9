//! The network interface.

use crate::domain::{Interface, InterfaceModel, InterfaceModelType, InterfaceSource, InterfaceType};
use crate::version::{ALWAYS, since};
use crate::{Cell, SESSION, SYSTEM, Tunable, needs, topics};

/// A network without privileges.
pub static USER: Tunable = Tunable {
    topic: &topics::VIRTIO_NET,
    cell: Cell::Is("yes"),
    at: "devices/interface",
    why: "A network stack in a process of yours: out to everywhere, in from nowhere. It is the only kind that \
          works without privileges on every host; libvirt takes passt where QEMU has no SLIRP. virtio-net is \
          the fastest model.",
    // as old as libvirt; passt instead of a missing SLIRP: libvirt NEWS 10.6.0
    since: since(ALWAYS, ALWAYS),
    connections: SESSION,
    needs: &[&needs::USER_NETWORK],
    apply: |domain, _| domain.devices.interfaces.push(interface(InterfaceType::User, None)),
};

/// libvirt's NAT network.
pub static NETWORK: Tunable = Tunable {
    topic: &topics::VIRTIO_NET,
    cell: Cell::Is("yes"),
    at: "devices/interface",
    why: "libvirt's own NAT network, which has this name on every host: out to everywhere, and host and guests \
          reach each other. virtio-net is the fastest model, and uses vhost in the host's kernel where it can.",
    // as old as libvirt
    since: since(ALWAYS, ALWAYS),
    connections: SYSTEM,
    needs: &[&needs::NETWORK],
    apply: |domain, _| {
        let source = InterfaceSource { network: "default".to_owned() };
        domain.devices.interfaces.push(interface(InterfaceType::Network, Some(source)));
    },
};

fn interface(kind: InterfaceType, source: Option<InterfaceSource>) -> Interface {
    Interface { kind, source, model: InterfaceModel { kind: InterfaceModelType::Virtio } }
}
