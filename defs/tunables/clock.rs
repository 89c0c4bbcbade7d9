//! Time: the clock the guest starts with and the timers it is given.

use crate::connection::BOTH;
use crate::domain::{Clock, ClockOffset, Domain, TickPolicy, Timer, TimerName, YesNo};
use crate::sights::sees;
use crate::topics;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};

/// The real-time clock shows UTC.
pub static UTC: Tunable = Tunable {
    topic: &topics::CLOCK,
    cell: Cell::Is("UTC"),
    at: "clock",
    why: "The real-time clock shows UTC, as every system but Windows expects.",
    // as old as libvirt
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("clock/shows", "utc")],
    apply: |domain, _| domain.clock = Some(Clock { offset: ClockOffset::Utc, timers: Vec::new() }),
};

/// The real-time clock shows local time.
pub static LOCALTIME: Tunable = Tunable {
    topic: &topics::CLOCK,
    cell: Cell::Is("local time"),
    at: "clock",
    why: "Windows keeps its real-time clock in local time; with UTC it would be wrong by the time zone at \
          every boot.",
    // as old as libvirt
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("clock/shows", "local-time")],
    apply: |domain, _| domain.clock = Some(Clock { offset: ClockOffset::Localtime, timers: Vec::new() }),
};

/// Ticks are made up for.
pub static RTC_CATCHUP: Tunable = Tunable {
    topic: &topics::CLOCK,
    cell: Cell::Silent,
    at: "clock/timer[@name=rtc]",
    why: "Ticks of the real-time clock that a busy host could not deliver come later instead of never: Windows \
          counts them while it uses that clock, and its time would fall behind.",
    // libvirt docs/formatdomain.rst, timer: tickpolicy 0.8.0; effect: QEMU qemu-options.hx, -rtc driftfix
    since: since(v(0, 8, 0), ALWAYS),
    connections: BOTH,
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
    why: "Guests have better clocks here (kvmclock, Hyper-V reference time), but some use an HPET that they \
          find, and emulating one keeps the host busy while the guest idles: 9 % of a CPU against 0.6 % in one \
          measurement (systemd/mkosi, issue 3811).",
    // libvirt docs/formatdomain.rst, timer: hpet, present 0.8.0
    since: since(v(0, 8, 0), ALWAYS),
    connections: BOTH,
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
    why: "A clock that Windows reads from a page of memory instead of asking the hypervisor; every time stamp \
          gets cheaper, and the synthetic timers (stimer) depend on it.",
    // libvirt docs/formatdomain.rst, timer: hypervclock 1.2.2
    since: since(v(1, 2, 2), v(2, 0, 0)),
    connections: BOTH,
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
