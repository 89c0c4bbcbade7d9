//! Input devices.

use super::{Add as _, Report, nearest_driver};
use crate::{files, power};

pub fn see(report: &mut Report) {
    let inputs = files::list("/sys/class/input").into_iter().filter(|file| files::name(file).starts_with("input"));
    for input in inputs {
        if let Some(name) = files::text(input.join("name")) {
            // Above USB's own driver is one for the kind of device.
            let driver = nearest_driver(&input.join("device"), &["hid"]).unwrap_or_else(|| "none".to_owned());
            report.also(&format!("input/{name}"), &driver);
        }
    }
    report.add("acpi/power-button", Some(if power::button().is_some() { "present" } else { "absent" }));
}
