//! What belongs to this boot of the machine, kept in memory.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::files;

/// The number of round trips on the link.
pub static BEATS: AtomicU64 = AtomicU64::new(0);
/// How often the link was connected.
pub static CONNECTS: AtomicU64 = AtomicU64::new(0);
/// Random digits, by which this boot is recognised.
pub static TOKEN: OnceLock<String> = OnceLock::new();
/// When each step was done, in seconds since the kernel started.
static DONE: Mutex<Vec<(&'static str, String)>> = Mutex::new(Vec::new());
/// The modules that could not be loaded.
static FAILED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Seconds since the kernel started.
pub fn uptime() -> String {
    let text = files::text("/proc/uptime").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Notes that a step, with this name in the report, is done.
pub fn done(name: &'static str) {
    DONE.lock().unwrap_or_else(PoisonError::into_inner).push((name, uptime()));
}

/// Notes that a module could not be loaded.
pub fn failed(module: &str) {
    let mut failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    if failed.iter().all(|other| other != module) {
        failed.push(module.to_owned());
        failed.sort();
    }
}

/// What this boot knows, by name in the report. Only the first process knows it.
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
