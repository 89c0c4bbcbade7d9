//! Hyper-V enlightenments: interfaces of Microsoft's hypervisor that Windows uses when it finds them.
//!
//! Only those that work on Intel and AMD, survive migration, and are within the floor. Left out on purpose: `evmcs`
//! (Intel only, other hosts refuse to start), `reenlightenment` (migration fails once the guest uses it), `reset`
//! (current Hyper-V has none either), `vendor_id` (cosmetic), `avic` (slows down hosts whose CPUs lack APIC
//! virtualization), `emsr_bitmap` and the direct form of `tlbflush` (for nested guests, and useless on Intel without
//! `evmcs`). What is newer than the floor is in the latest variant alone.
//!
//! Sources: QEMU `docs/system/i386/hyperv.rst` for meaning and dependencies, libvirt `docs/formatdomain.rst` (features,
//! hyperv) for the releases.

use crate::connection::BOTH;
use crate::domain::{Domain, Hyperv, OnOff, Spinlocks, State, Stimer, Tlbflush};
use crate::tunables::{Cell, Tunable};
use crate::version::{since, v};
use crate::{newer, topics};

/// `relaxed`.
pub static RELAXED: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("relaxed"),
    at: "features/hyperv/relaxed",
    why: "Windows does not take a busy host for a hung CPU and crash with a watchdog error.",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(1, 0, 0), v(2, 0, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.relaxed = Some(State::ON)),
};

/// `vapic`.
pub static VAPIC: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("vapic"),
    at: "features/hyperv/vapic",
    why: "Interrupts are acknowledged in shared memory, without leaving the guest.",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(1, 1, 0), v(2, 0, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.vapic = Some(State::ON)),
};

/// `spinlocks`.
pub static SPINLOCKS: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("spinlocks"),
    at: "features/hyperv/spinlocks",
    why: "A CPU that waits for a lock this often in vain lets the host run another, perhaps the one that holds \
          it. 8191 is within the range QEMU advises for busy hosts.",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(1, 1, 0), v(2, 0, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.spinlocks = Some(Spinlocks { state: OnOff::On, retries: 8191 })),
};

/// `vpindex`.
pub static VPINDEX: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("vpindex"),
    at: "features/hyperv/vpindex",
    why: "CPUs get the numbers by which Hyper-V calls address them; synic, tlbflush and ipi depend on it.",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(1, 3, 3), v(2, 5, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.vpindex = Some(State::ON)),
};

/// `runtime`.
pub static RUNTIME: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("runtime"),
    at: "features/hyperv/runtime",
    why: "Windows learns how long its CPUs really ran, so that time stolen by the host is not charged to its \
          programs.",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(1, 3, 3), v(2, 5, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.runtime = Some(State::ON)),
};

/// `synic`.
pub static SYNIC: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("synic"),
    at: "features/hyperv/synic",
    why: "The synthetic interrupt controller, which the synthetic timers deliver through.",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(1, 3, 3), v(2, 6, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.synic = Some(State::ON)),
};

/// `stimer`.
pub static STIMER: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("stimer"),
    at: "features/hyperv/stimer",
    why: "Synthetic timers, so that an idle Windows does not keep the host busy with emulated ones: 1 to 3 % \
          of a CPU against 30 to 40 % in one report (OpenNebula/addon-storpool, issue 79).",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(1, 3, 3), v(2, 6, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.stimer = Some(Stimer { state: OnOff::On, direct: None })),
};

/// `direct` timers.
pub static STIMER_DIRECT: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("direct timers"),
    at: "features/hyperv/stimer/direct",
    why: "Timers expire as plain interrupts, the only kind that Hyper-V inside the guest (WSL 2, memory \
          integrity) can use.",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(5, 7, 0), v(4, 1, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        set(domain, |hyperv| {
            if let Some(stimer) = &mut hyperv.stimer {
                stimer.direct = Some(State::ON);
            }
        });
    },
};

/// `frequencies`.
pub static FREQUENCIES: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("frequencies"),
    at: "features/hyperv/frequencies",
    why: "Windows is told the frequencies of its clocks instead of measuring them.",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(4, 7, 0), v(2, 12, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.frequencies = Some(State::ON)),
};

/// `tlbflush`.
pub static TLBFLUSH: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("tlbflush"),
    at: "features/hyperv/tlbflush",
    why: "One call to the hypervisor flushes address translations on all CPUs, and none has to be woken up for \
          it.",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(4, 7, 0), v(3, 0, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.tlbflush = Some(Tlbflush { state: OnOff::On, extended: None })),
};

/// `ipi`.
pub static IPI: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("ipi"),
    at: "features/hyperv/ipi",
    why: "One call to the hypervisor interrupts many CPUs.",
    // libvirt docs/formatdomain.rst, hyperv table
    since: since(v(4, 10, 0), v(3, 1, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.ipi = Some(State::ON)),
};

/// `xmm_input`.
pub static XMM_INPUT: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("xmm_input"),
    at: "features/hyperv/xmm_input",
    why: "Calls to the hypervisor may carry their arguments in wide registers instead of memory.",
    since: newer::since("features/hyperv/xmm_input"),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.xmm_input = Some(State::ON)),
};

/// `tlbflush`, `extended`.
pub static TLBFLUSH_EXTENDED: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("extended tlbflush"),
    at: "features/hyperv/tlbflush/extended",
    why: "Windows names the addresses whose translations it wants flushed; others stay cached.",
    since: newer::since("features/hyperv/tlbflush/extended"),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        set(domain, |hyperv| {
            if let Some(tlbflush) = &mut hyperv.tlbflush {
                tlbflush.extended = Some(State::ON);
            }
        });
    },
};

fn set(domain: &mut Domain, change: impl FnOnce(&mut Hyperv)) {
    change(domain.features().hyperv.get_or_insert_default());
}
