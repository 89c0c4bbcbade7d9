//! What the guest sees of its machine: a flat JSON object of names and texts. What the machine does not have is left out.

mod boot;
mod clock;
mod cpu;
pub mod disk;
mod display;
#[cfg(target_arch = "x86_64")]
mod hyperv;
mod input;
mod machine;
mod memory;
mod network;
mod pci;
mod sound;
mod virtio;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::{Mutex, PoisonError};

use crate::{files, state, tpm};

/// Value by name.
type Report = BTreeMap<String, String>;

/// Where the host finds the report through the guest agent.
const PLACE: &str = "/run/report.json";

/// The last whole report.
static SEEN: Mutex<Report> = Mutex::new(Report::new());

/// Adds to a report.
trait Add {
    /// Adds a value, if there is one.
    fn add(&mut self, name: &str, value: Option<impl ToString>);
    /// Appends a value to those of the same name.
    fn also(&mut self, name: &str, value: &str);
}

impl Add for Report {
    fn add(&mut self, name: &str, value: Option<impl ToString>) {
        self.extend(value.map(|value| (name.to_owned(), value.to_string())));
    }

    fn also(&mut self, name: &str, value: &str) {
        let all = self.entry(name.to_owned()).or_default();
        if !all.is_empty() {
            all.push(' ');
        }
        all.push_str(value);
    }
}

/// `yes` or `no`.
const fn yes(it_is: bool) -> &'static str {
    if it_is { "yes" } else { "no" }
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Looks at everything: a whole report.
pub fn all() -> String {
    let mut report = Report::new();
    boot::see(&mut report);
    clock::see(&mut report);
    cpu::see(&mut report);
    disk::see(&mut report);
    display::see(&mut report);
    #[cfg(target_arch = "x86_64")]
    hyperv::see(&mut report);
    input::see(&mut report);
    machine::see(&mut report);
    memory::see(&mut report);
    network::see(&mut report);
    pci::see(&mut report);
    sound::see(&mut report);
    virtio::see(&mut report);
    report.extend(tpm::report().into_iter().map(|(name, value)| (name.to_owned(), value)));
    report.add("tpm/key", tpm::key());
    *SEEN.lock().unwrap_or_else(PoisonError::into_inner) = report.clone();
    json(report)
}

/// The last whole report, with the present values of what changes while the machine runs.
pub fn now() -> String {
    json(SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

/// Writes the report to its file.
pub fn write() {
    let new = format!("{PLACE}.new");
    let _ = fs::write(&new, now() + "\n").and_then(|()| fs::rename(new, PLACE));
}

/// A whole report from a process that is not the first, with what only the first one knows from its file.
pub fn from_outside() -> String {
    let kept = fs::read_to_string(PLACE).unwrap_or_default();
    let mut report: Report = serde_json::from_str(&kept).unwrap_or_default();
    let seen: Report = serde_json::from_str(&all()).unwrap_or_default();
    report.extend(seen);
    serde_json::Value::from_iter(report).to_string()
}

fn json(mut report: Report) -> String {
    clock::see_now(&mut report);
    machine::see_now(&mut report);
    network::see_now(&mut report);
    report.extend(state::report().into_iter().map(|(name, value)| (name.to_owned(), value)));
    report.add("uptime", Some(state::uptime()));
    serde_json::Value::from_iter(report).to_string()
}

/// The distinct words, in their order.
fn distinct(words: impl IntoIterator<Item = String>) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    for word in words {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    (!all.is_empty()).then(|| all.join(" "))
}

/// The driver of a device, or else of its nearest ancestor with one; devices of some kinds do not count.
fn nearest_driver(device: &std::path::Path, but: &[&str]) -> Option<String> {
    files::ancestors(device)
        .iter()
        .filter(|place| files::link(place.join("subsystem")).is_none_or(|kind| !but.contains(&kind.as_str())))
        .find_map(|place| files::driver(place))
}
