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
    /// How much of the processor it takes in that time, in hundredths of a second, if a guest is starting on it. Measured when
    /// it stands still: 0.
    const LEAST: u64 = 10;

    /// That of a user's host, from now on.
    #[must_use]
    pub fn of(user: &'a User) -> Pulse<'a> {
        Pulse { user, last: (Instant::now(), taken(user)) }
    }

    /// Whether it did something since this was last found out.
    pub fn beats(&mut self) -> bool {
        let (since, before) = self.last;
        if since.elapsed() < Pulse::SPAN {
            return true;
        }
        let now = taken(self.user);
        self.last = (Instant::now(), now);
        now.saturating_sub(before) >= Pulse::LEAST
    }
}

/// The processor's time that QEMU has taken on a user's host, in hundredths of a second.
fn taken(user: &User) -> u64 {
    let sum =
        "awk '$2 == \"(qemu-system-x86)\" { sum += $14 + $15 } END { print sum + 0 }' /proc/[0-9]*/stat 2>/dev/null";
    let said = user.command("sh").args(["-c", sum]).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&said).trim().parse().unwrap_or(0)
}
