//! Clocks and timers.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Add as _, Report};
use crate::files;

pub fn see(report: &mut Report) {
    let sources = "/sys/devices/system/clocksource/clocksource0";
    report.add("clock/source", files::text(format!("{sources}/current_clocksource")));
    report.add("clock/available", files::text(format!("{sources}/available_clocksource")));
    let hpet = fs::exists("/sys/firmware/acpi/tables/HPET").unwrap_or(false);
    report.add("clock/hpet", Some(if hpet { "present" } else { "absent" }));
}

pub fn see_now(report: &mut Report) {
    report.add("clock/rtc", files::number("/sys/class/rtc/rtc0/since_epoch"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    report.add("clock/now", now.map(|now| now.as_secs()));
}
