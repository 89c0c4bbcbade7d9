//! Whether QEMU is alive.

use std::time::{Duration, Instant};

use host::User;

/// Begins what is said of a QEMU that has stopped doing anything.
pub const HANGS: &str = "QEMU hangs";

/// Watches a host's QEMU for a sign of life. In emulated machines, QEMU 10.0 may hang for ever: a CPU that resets the
/// graphics card waits for the thread that draws the screen (`virtio_gpu_reset`), and that thread waits for the CPU
/// (`memory_region_snapshot_and_clear_dirty`), which it does under emulation only.
pub struct Liveness<'a> {
    user: &'a User,
    last: (Instant, u64),
}

impl<'a> Liveness<'a> {
    /// How long QEMU is watched at least.
    pub const SPAN: Duration = Duration::from_secs(15);
    /// The least processor time that a live QEMU takes in that span, in hundredths of a second. Measured: 1400 and more
    /// while a guest starts, 230 with an idle guest, 0 when QEMU hangs.
    const LEAST: u64 = 10;

    /// Watches the QEMU of a user's host from now on.
    #[must_use]
    pub fn of(user: &'a User) -> Liveness<'a> {
        Liveness { user, last: (Instant::now(), processor_time(user)) }
    }

    /// That QEMU hangs, if it has done too little since the last look.
    pub fn hangs(&mut self) -> Option<String> {
        let (since, before) = self.last;
        let span = since.elapsed();
        if span < Liveness::SPAN {
            return None;
        }
        let now = processor_time(self.user);
        self.last = (Instant::now(), now);
        let taken = now.saturating_sub(before);
        let told = || {
            let (seconds, hundredths) = (taken / 100, taken % 100);
            format!("{HANGS}: it took {seconds}.{hundredths:02} s of processor time in {} s", span.as_secs())
        };
        (taken < Liveness::LEAST).then(told)
    }
}

/// The processor time that QEMU has taken on a user's host, in hundredths of a second.
fn processor_time(user: &User) -> u64 {
    let sum = "awk '$2 ~ /^.qemu-system-/ { sum += $14 + $15 } END { print sum + 0 }' /proc/[0-9]*/stat 2>/dev/null";
    let said = user.command("sh").args(["-c", sum]).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&said).trim().parse().unwrap_or(0)
}
