//! The machine as a whole.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;

use rustix::fs::OFlags;

use super::{Add as _, Report, distinct, yes};
use crate::{agent, console, files, seed, share};

pub fn see(report: &mut Report) {
    report.add("kernel", files::text("/proc/sys/kernel/osrelease"));
    report.add("uuid", files::text("/sys/class/dmi/id/product_uuid").map(|digits| digits.to_lowercase()));
    report.add("acpi/sleep", files::text("/sys/power/state"));
    report.add("acpi/mem-sleep", files::text("/sys/power/mem_sleep"));
    report.add("acpi/states", states());
    report.add("console", console::virtio());
    report.add("serial", distinct(console::serial_ports()));
    report.add("host-name", files::text("/proc/sys/kernel/hostname"));
    report.extend(seed::report().into_iter().map(|(name, value)| (name.to_owned(), value)));
}

pub fn see_now(report: &mut Report) {
    report.add("agent", Some(if agent::is_running() { "running" } else { "no" }));
    report.add("share/mounted", Some(yes(share::is_mounted())));
    if share::is_mounted() {
        let names: Vec<_> = files::list(share::PLACE).iter().map(|file| files::name(file)).collect();
        report.add("share/files", Some(names.join(" ")));
    }
}

/// The sleep states that the firmware offers, such as `S0 S3 S5`, which only the kernel's log has.
fn states() -> Option<String> {
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let mut log = OpenOptions::new().read(true).custom_flags(nonblocking).open("/dev/kmsg").ok()?;
    let mut record = [0; 8192];
    loop {
        // A record at a time, until there is no other.
        let size = log.read(&mut record).ok()?;
        let text = String::from_utf8_lossy(&record[..size]);
        if let Some((_, rest)) = text.split_once("ACPI: PM: (supports ") {
            return Some(rest.split_once(')')?.0.to_owned());
        }
    }
}
