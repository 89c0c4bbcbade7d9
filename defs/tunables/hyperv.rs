//! Hyper-V enlightenments: interfaces of Microsoft's hypervisor that Windows uses when it finds them.
//!
//! Only those that work on Intel and AMD and survive migration. Left out on purpose: `evmcs`
//! (Intel only, other hosts refuse to start), `reenlightenment` (migration fails once the guest uses it), `reset`
//! (current Hyper-V has none either), `vendor_id` (cosmetic), `avic` (slows down hosts whose CPUs lack APIC
//! virtualization), `emsr_bitmap` and the direct form of `tlbflush` (for nested guests, and useless on Intel without
//! `evmcs`). What is newer than the floor is in the latest variant only.
//!
//! Sources: QEMU `docs/system/i386/hyperv.rst` for meaning and dependencies, libvirt `docs/formatdomain.rst` (features,
//! hyperv) for the releases.

use crate::connection::BOTH;
use crate::domain::{Domain, Hyperv, OnOff, Spinlocks, State, Stimer, Tlbflush};
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{since, v};
use crate::{introduced, topics};

/// `relaxed`.
pub static RELAXED: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("relaxed"),
    at: "features/hyperv/relaxed",
    why: "Windows does not mistake a busy host for a hung CPU and crash with a watchdog error.",
    since: since(v(1, 0, 0), v(2, 0, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.relaxed = Some(State::ON)),
};

/// `vapic`.
pub static VAPIC: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("vapic"),
    at: "features/hyperv/vapic",
    why: "Windows acknowledges interrupts in shared memory, without an exit to the hypervisor.",
    since: since(v(1, 1, 0), v(2, 0, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.vapic = Some(State::ON)),
};

/// `spinlocks`.
pub static SPINLOCKS: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("spinlocks"),
    at: "features/hyperv/spinlocks",
    why: "After this many failed attempts to take a lock, a virtual CPU lets the host run another one, perhaps the one \
          that holds the lock. virt-install, KubeVirt and Proxmox set the same number.",
    since: since(v(1, 1, 0), v(2, 0, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst; virt-manager \
          virtinst/domain/features.py",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.spinlocks = Some(Spinlocks { state: OnOff::On, retries: 8191 })),
};

/// `vpindex`.
pub static VPINDEX: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("vpindex"),
    at: "features/hyperv/vpindex",
    why: "Gives CPUs the numbers by which hypercalls address them. synic, tlbflush and ipi require it.",
    since: since(v(1, 3, 3), v(2, 5, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.vpindex = Some(State::ON)),
};

/// `runtime`.
pub static RUNTIME: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("runtime"),
    at: "features/hyperv/runtime",
    why: "Windows learns how long its CPUs really ran, and does not charge its programs for time that the host took.",
    since: since(v(1, 3, 3), v(2, 5, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.runtime = Some(State::ON)),
};

/// `synic`.
pub static SYNIC: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("synic"),
    at: "features/hyperv/synic",
    why: "The synthetic interrupt controller, through which the synthetic timers deliver.",
    since: since(v(1, 3, 3), v(2, 6, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.synic = Some(State::ON)),
};

/// `stimer`.
pub static STIMER: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("stimer"),
    at: "features/hyperv/stimer",
    why: "Synthetic timers, so that an idle Windows does not keep the host busy with emulated ones: 1 to 3 % of a CPU \
          against 30 to 40 % in one report.",
    since: since(v(1, 3, 3), v(2, 6, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst; \
          OpenNebula/addon-storpool, issue 79",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.stimer = Some(Stimer { state: OnOff::On, direct: None })),
};

/// `direct` timers.
pub static STIMER_DIRECT: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("direct timers"),
    at: "features/hyperv/stimer/direct",
    why: "Timers expire as ordinary interrupts, the only kind that Hyper-V inside the guest (WSL 2, memory integrity) \
          can use.",
    since: since(v(5, 7, 0), v(4, 1, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst",
    connections: BOTH,
    safety: Safety::Safe,
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
    why: "Windows reads the frequencies of its clocks instead of measuring them.",
    since: since(v(4, 7, 0), v(2, 12, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.frequencies = Some(State::ON)),
};

/// `tlbflush`.
pub static TLBFLUSH: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("tlbflush"),
    at: "features/hyperv/tlbflush",
    why: "One hypercall flushes address translations on many CPUs, without waking those that are not running.",
    since: since(v(4, 7, 0), v(3, 0, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.tlbflush = Some(Tlbflush { state: OnOff::On, extended: None })),
};

/// `ipi`.
pub static IPI: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("ipi"),
    at: "features/hyperv/ipi",
    why: "One hypercall interrupts many CPUs.",
    since: since(v(4, 10, 0), v(3, 1, 0)),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.ipi = Some(State::ON)),
};

/// `xmm_input`.
pub static XMM_INPUT: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("xmm_input"),
    at: "features/hyperv/xmm_input",
    why: "Hypercalls can pass their arguments in XMM registers, which saves KVM reading them from guest memory.",
    since: introduced::since("features/hyperv/xmm_input"),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, |hyperv| hyperv.xmm_input = Some(State::ON)),
};

/// `tlbflush`, `extended`.
pub static TLBFLUSH_EXTENDED: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("extended tlbflush"),
    at: "features/hyperv/tlbflush/extended",
    why: "Windows names the address ranges to flush, and other translations stay cached. Before Linux 6.2, KVM does not \
          have it, and QEMU does not start.",
    since: introduced::since("features/hyperv/tlbflush/extended"),
    source: "libvirt docs/formatdomain.rst, Hypervisor features; QEMU docs/system/i386/hyperv.rst; Linux: \
          \"KVM: x86: hyper-v: Expose support for extended gva ranges for flush hypercalls\" (6.2), lxc/incus, issue 3565, and tried \
          with 6.1 (refused) and 6.12",
    connections: BOTH,
    safety: Safety::Safe,
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
