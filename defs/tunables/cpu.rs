//! Virtual CPUs: how many, which model, how arranged.

use crate::connection::BOTH;
use crate::domain::{Cpu, CpuMode, Topology};
use crate::sights::{sees, sees_of};
use crate::topics;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};

/// How many.
pub static COUNT: Tunable = Tunable {
    topic: &topics::CPU,
    cell: Cell::Of(|machine| machine.vcpus.to_string()),
    at: "vcpu",
    why: "Enough for a desktop, few enough for a laptop. A guest's CPU is a thread on the host, which takes \
          nothing while it is idle.",
    // as old as libvirt
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees_of("cpu/count", |machine| machine.vcpus.into())],
    apply: |domain, machine| domain.vcpu = Some(machine.vcpus),
};

/// Which model.
pub static HOST_MODEL: Tunable = Tunable {
    topic: &topics::CPU,
    cell: Cell::Is("the host's model"),
    at: "cpu",
    why: "The named model closest to the host's CPU, plus what else the host offers: nearly everything \
          host-passthrough gives, but the same file works on every host, and libvirt records what the guest \
          was given.",
    // libvirt docs/formatdomain.rst, cpu: host-model since 1.1.1, as it works today since 3.2.0 and QEMU 2.9.0
    since: since(v(3, 2, 0), v(2, 9, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.cpu = Some(Cpu { mode: CpuMode::HostModel, topology: None }),
};

/// The host's own, as it is.
pub static HOST_PASSTHROUGH: Tunable = Tunable {
    topic: &topics::CPU,
    cell: Cell::Is("the host's own"),
    at: "cpu",
    why: "The host's CPU as it is, with its width of physical addresses: the guest needs that to map the large memory \
          of a graphics card, and drivers of such cards look for the real model. A machine that holds a device of the \
          host cannot move to another anyway.",
    // libvirt docs/formatdomain.rst, cpu: host-passthrough 0.9.11
    since: since(v(0, 9, 11), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| domain.cpu = Some(Cpu { mode: CpuMode::HostPassthrough, topology: None }),
};

/// How they are arranged.
pub static TOPOLOGY: Tunable = Tunable {
    topic: &topics::CPU,
    cell: Cell::Is("cores on one socket"),
    at: "cpu/topology",
    why: "Left unsaid, every CPU becomes a socket of its own, which guests treat as far apart; Windows leaves \
          those idle that its licence does not cover (Home uses one, Pro two). No threads: they would promise \
          siblings on one core, which is untrue without pinning.",
    // libvirt docs/formatdomain.rst, cpu: topology, without dies and clusters
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("cpu/sockets", "1"), sees_of("cpu/cores", |machine| machine.vcpus.into()), sees("cpu/threads", "1")],
    apply: |domain, machine| {
        if let Some(cpu) = &mut domain.cpu {
            cpu.topology = Some(Topology { sockets: 1, cores: machine.vcpus, threads: 1 });
        }
    },
};
