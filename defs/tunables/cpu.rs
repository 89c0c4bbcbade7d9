//! Virtual CPUs: their number, model and topology.

use crate::connection::BOTH;
use crate::domain::{Cpu, CpuMode, Topology};
use crate::observations::{sees, sees_of};
use crate::topics;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};

/// How many.
pub static COUNT: Tunable = Tunable {
    topic: &topics::CPU,
    cell: Cell::Of(|machine| machine.vcpus.to_string()),
    at: "vcpu",
    why: "A starting point: enough for a desktop or a small server, few enough for a laptop. A virtual CPU is a thread \
          on the host, which takes next to nothing while it is idle.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, CPU allocation (no release named)",
    connections: BOTH,
    safety: Safety::Yours("how many CPUs a machine has"),
    needs: &[],
    seen: &[sees_of("cpu/count", |machine| machine.vcpus.into())],
    apply: |domain, machine| domain.vcpu = Some(machine.vcpus),
};

/// Which model.
pub static HOST_MODEL: Tunable = Tunable {
    topic: &topics::CPU,
    cell: Cell::Is("the host's model"),
    at: "cpu",
    why: "The named model closest to the host's CPU, plus the other features the host offers. That is nearly \
          everything host-passthrough gives, but the same file works on every host, and libvirt records what the guest \
          was given.",
    since: since(v(3, 2, 0), v(2, 9, 0)),
    source: "libvirt docs/formatdomain.rst, CPU model and topology: host-model, which works as designed since these \
          releases",
    connections: BOTH,
    safety: Safety::Yours("the guest sees another processor, and Windows may ask for its activation again"),
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.cpu = Some(Cpu { mode: CpuMode::HostModel, topology: None }),
};

/// The host's own model.
pub static HOST_PASSTHROUGH: Tunable = Tunable {
    topic: &topics::CPU,
    cell: Cell::Is("the host's own"),
    at: "cpu",
    why: "The host's CPU as it is: drivers of graphics cards look for the real model, and the guest needs the host's \
          physical address width to map a card's large memory. A machine with a host device cannot move to another \
          host anyway.",
    since: since(v(0, 9, 11), ALWAYS),
    source: "libvirt docs/formatdomain.rst, CPU model and topology: host-passthrough",
    connections: BOTH,
    safety: Safety::Yours("the guest sees another processor, and the machine is tied to hosts that have it"),
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.cpu = Some(Cpu { mode: CpuMode::HostPassthrough, topology: None }),
};

/// Their topology.
pub static TOPOLOGY: Tunable = Tunable {
    topic: &topics::CPU,
    cell: Cell::Is("cores on one socket"),
    at: "cpu/topology",
    why: "By default, each CPU is a socket of its own; guests treat sockets as far apart, and Windows leaves idle \
          those that its licence does not cover (Home uses one, Pro two). No threads: without pinning, no two of the \
          guest's CPUs are known to share a core.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, CPU model and topology (no release named)",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("cpu/sockets", "1"), sees_of("cpu/cores", |machine| machine.vcpus.into()), sees("cpu/threads", "1")],
    apply: |domain, machine| {
        if let Some(cpu) = &mut domain.cpu {
            cpu.topology = Some(Topology { sockets: 1, cores: machine.vcpus, threads: 1 });
        }
    },
};
