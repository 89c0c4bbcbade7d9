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
    last: (Instant, Option<u64>),
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

    /// That QEMU hangs or has ended, if it has done too little since the last look.
    pub fn fault(&mut self) -> Option<String> {
        let (since, before) = self.last;
        let span = since.elapsed();
        if span < Liveness::SPAN {
            return None;
        }
        self.last = (Instant::now(), processor_time(self.user));
        fault(before, self.last.1, span)
    }
}

/// What is wrong, given QEMU's processor time before a span and after it.
fn fault(before: Option<u64>, now: Option<u64>, span: Duration) -> Option<String> {
    let Some(now) = now else { return Some("QEMU has ended".to_owned()) };
    // Where one of two machines has ended, its time is gone, and says nothing of the other.
    let taken = now.checked_sub(before.unwrap_or(0))?;
    let told = || {
        let (seconds, hundredths) = (taken / 100, taken % 100);
        format!("{HANGS}: it took {seconds}.{hundredths:02} s of processor time in {} s", span.as_secs())
    };
    (taken < Liveness::LEAST).then(told)
}

/// The processor time that QEMU has taken on a user's host, in hundredths of a second; none if it does not run.
fn processor_time(user: &User) -> Option<u64> {
    let sum = "awk '$2 ~ /^.qemu-system-/ { sum += $14 + $15; runs = 1 } END { if (runs) print sum }' /proc/[0-9]*/stat 2>/dev/null";
    let said = user.command("sh").args(["-c", sum]).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&said).trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_has_ended_does_not_hang() {
        let fault = |before, now| fault(before, now, Duration::from_secs(17));
        assert_eq!(fault(Some(100), Some(1500)), None);
        let hangs = "QEMU hangs: it took 0.09 s of processor time in 17 s";
        assert_eq!(fault(Some(100), Some(109)).as_deref(), Some(hangs));
        assert_eq!(fault(Some(1500), None).as_deref(), Some("QEMU has ended"));
        assert_eq!(fault(Some(3000), Some(1500)), None, "another machine's time is gone");
        assert_eq!(fault(None, Some(1500)), None);
    }
}
