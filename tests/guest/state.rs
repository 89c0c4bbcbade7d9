//! What only this start of the machine knows, kept in memory.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::files;

/// Round trips on the link.
pub static BEATS: AtomicU64 = AtomicU64::new(0);
/// Connections of the link.
pub static CONNECTS: AtomicU64 = AtomicU64::new(0);
/// Random digits, which nobody else can know.
pub static TOKEN: OnceLock<String> = OnceLock::new();
/// When what was done.
static DONE: Mutex<Vec<(&'static str, String)>> = Mutex::new(Vec::new());
/// Modules that could not be loaded.
static FAILED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Seconds since the kernel began.
pub fn uptime() -> String {
    let text = files::text("/proc/uptime").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Something was done now: its name in the report.
pub fn done(name: &'static str) {
    DONE.lock().unwrap_or_else(PoisonError::into_inner).push((name, uptime()));
}

/// A module could not be loaded.
pub fn failed(module: &str) {
    let mut failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    if failed.iter().all(|other| other != module) {
        failed.push(module.to_owned());
        failed.sort();
    }
}

/// What this start knows, under its names in the report. A tool, which is not the first process, knows nothing.
pub fn report() -> Vec<(&'static str, String)> {
    let Some(token) = TOKEN.get() else { return Vec::new() };
    let mut known = vec![
        ("memory/token", token.clone()),
        ("link/beats", BEATS.load(Ordering::Relaxed).to_string()),
        ("link/connects", CONNECTS.load(Ordering::Relaxed).to_string()),
    ];
    known.extend(DONE.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
    let failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    if !failed.is_empty() {
        known.push(("modules/failed", failed.join(" ")));
    }
    known
}
