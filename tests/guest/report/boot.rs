//! How the machine started.

use std::fs;

use super::{Add as _, Report};
use crate::files;

/// The vendor GUID of UEFI's global variables.
const GLOBAL: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";

pub fn see(report: &mut Report) {
    let line = files::text("/proc/cmdline").unwrap_or_default();
    report.add("boot/from", line.split(' ').find_map(|word| word.strip_prefix("boot_from=")));
    let uefi = fs::exists("/sys/firmware/efi").unwrap_or(false);
    report.add("boot/firmware", Some(if uefi { "uefi" } else { "bios" }));
    // A build of the firmware without it has no such variable.
    report.add("boot/secure-boot", switch("SecureBoot").or(uefi.then_some("off")));
    report.add("boot/setup-mode", switch("SetupMode"));
    // The kernel lists what there is, with brackets around what is on.
    let lockdown = files::text("/sys/kernel/security/lockdown").unwrap_or_default();
    let on = lockdown.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    report.add("boot/lockdown", on.map(|(on, _)| on));
}

/// Whether a UEFI variable is on. Its value follows four bytes of attributes.
fn switch(name: &str) -> Option<&'static str> {
    match fs::read(format!("/sys/firmware/efi/efivars/{name}-{GLOBAL}")).ok()?.get(4)? {
        0 => Some("off"),
        _ => Some("on"),
    }
}
