//! Showing progress to a person.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A count of the files done, shown on a terminal when a run takes longer than a second.
pub struct Progress {
    bar: ProgressBar,
    begun: Instant,
    shown: AtomicBool,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress { bar: ProgressBar::hidden(), begun: Instant::now(), shown: AtomicBool::new(false) }
    }
}

impl Progress {
    /// Counts a file; from any thread.
    pub fn one_more(&self) {
        self.bar.inc(1);
        if self.begun.elapsed() > Duration::from_secs(1) && !self.shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {human_pos} files checked, {per_sec}");
            self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        }
    }

    /// Prints something without the count in between.
    pub fn hidden(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Takes the count away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
