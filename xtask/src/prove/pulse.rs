//! Whether QEMU is alive.

use std::time::{Duration, Instant};

use host::User;

/// How what is said of a QEMU that does nothing any more begins.
pub const STANDS_STILL: &str = "QEMU stands still";

/// Whether a host's QEMU does anything at all. In emulated machines, QEMU 10.0 may come to a stop for ever: a CPU that resets
/// the graphics card waits for the thread that draws the screen (`virtio_gpu_reset`), and that one for the CPU
/// (`memory_region_snapshot_and_clear_dirty`), which it needs under emulation only.
pub struct Pulse<'a> {
    user: &'a User,
    last: (Instant, u64),
}

impl<'a> Pulse<'a> {
    /// How long it is watched at least.
    pub const SPAN: Duration = Duration::from_secs(15);
    /// How much of the processor it takes in that time, in hundredths of a second. Measured: 1400 and more while a guest starts,
    /// 230 with one that is up and has nothing to do, 0 when it stands still.
    const LEAST: u64 = 10;

    /// That of a user's host, from now on.
    #[must_use]
    pub fn of(user: &'a User) -> Pulse<'a> {
        Pulse { user, last: (Instant::now(), taken(user)) }
    }

    /// What it did since this was last found out, if that is too little.
    pub fn stopped(&mut self) -> Option<String> {
        let (since, before) = self.last;
        let span = since.elapsed();
        if span < Pulse::SPAN {
            return None;
        }
        let now = taken(self.user);
        self.last = (Instant::now(), now);
        let taken = now.saturating_sub(before);
        let told = || {
            let (seconds, hundredths) = (taken / 100, taken % 100);
            format!("{STANDS_STILL}: it took {seconds}.{hundredths:02} s of processor time in {} s", span.as_secs())
        };
        (taken < Pulse::LEAST).then(told)
    }
}

/// The processor's time that QEMU has taken on a user's host, in hundredths of a second.
fn taken(user: &User) -> u64 {
    let sum =
        "awk '$2 == \"(qemu-system-x86)\" { sum += $14 + $15 } END { print sum + 0 }' /proc/[0-9]*/stat 2>/dev/null";
    let said = user.command("sh").args(["-c", sum]).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&said).trim().parse().unwrap_or(0)
}
