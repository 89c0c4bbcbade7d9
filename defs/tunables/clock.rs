//! Time: the clock that the guest starts with, and its timers.

use crate::connection::BOTH;
use crate::domain::{Clock, ClockOffset, Domain, TickPolicy, Timer, TimerName, YesNo};
use crate::observations::sees;
use crate::topics;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};

/// The real-time clock shows UTC.
pub static UTC: Tunable = Tunable {
    topic: &topics::CLOCK,
    cell: Cell::Is("UTC"),
    at: "clock",
    why: "The real-time clock shows UTC, which every system but Windows expects.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Time keeping (no release named)",
    connections: BOTH,
    safety: Safety::Yours("a guest that was installed with local time shows the wrong time until it is told"),
    needs: &[],
    seen: &[sees("clock/shows", "utc")],
    apply: |domain, _| domain.clock = Some(Clock { offset: ClockOffset::Utc, timers: Vec::new() }),
};

/// The real-time clock shows local time.
pub static LOCALTIME: Tunable = Tunable {
    topic: &topics::CLOCK,
    cell: Cell::Is("local time"),
    at: "clock",
    why: "Windows expects local time in the real-time clock. With UTC, its time would be wrong by the time zone at \
          every boot.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Time keeping (no release named)",
    connections: BOTH,
    safety: Safety::Yours("a Windows that was told to expect UTC shows the wrong time"),
    needs: &[],
    seen: &[sees("clock/shows", "local-time")],
    apply: |domain, _| domain.clock = Some(Clock { offset: ClockOffset::Localtime, timers: Vec::new() }),
};

/// Missed ticks are delivered later. For Windows alone: the others do not keep time by this clock.
pub static RTC_CATCHUP: Tunable = Tunable {
    topic: &topics::CLOCK,
    cell: Cell::Silent,
    at: "clock/timer[@name=rtc]",
    why: "Ticks of the real-time clock that a busy host cannot deliver in time come later instead of never. Windows \
          counts them while it uses that clock, and would otherwise fall behind.",
    since: since(v(0, 8, 0), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Time keeping: tickpolicy; QEMU qemu-options.hx, -rtc driftfix",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        timer(domain, Timer { name: TimerName::Rtc, tickpolicy: Some(TickPolicy::Catchup), present: None });
    },
};

/// No HPET.
pub static NO_HPET: Tunable = Tunable {
    topic: &topics::CLOCK,
    cell: Cell::Silent,
    at: "clock/timer[@name=hpet]",
    why: "Guests have better clocks here (kvmclock, Hyper-V reference time), but some use an HPET if they find one. \
          Emulating it keeps the host busy while the guest idles: 9 % of a CPU against 0.6 % in one measurement.",
    since: since(v(0, 8, 0), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Time keeping: hpet; systemd/mkosi, issue 3811; virt-manager \
             virtinst/domain/clock.py gives none to any guest",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("clock/hpet", "absent")],
    apply: |domain, _| {
        timer(domain, Timer { name: TimerName::Hpet, tickpolicy: None, present: Some(YesNo::No) });
    },
};

/// Hyper-V's reference time.
pub static HYPERVCLOCK: Tunable = Tunable {
    topic: &topics::HYPERV,
    cell: Cell::With("hypervclock"),
    at: "clock/timer[@name=hypervclock]",
    why: "Windows reads this clock from a page of memory instead of asking the hypervisor, which makes every time \
          stamp cheaper. The synthetic timers (stimer) require it.",
    since: since(v(1, 2, 2), v(2, 0, 0)),
    source: "libvirt docs/formatdomain.rst, Time keeping: hypervclock; QEMU docs/system/i386/hyperv.rst, hv-time",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        timer(domain, Timer { name: TimerName::Hypervclock, tickpolicy: None, present: Some(YesNo::Yes) });
    },
};

fn timer(domain: &mut Domain, timer: Timer) {
    if let Some(timers) = domain.timers() {
        timers.push(timer);
    }
}
