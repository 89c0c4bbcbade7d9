//! PCI devices.

use std::fs;
use std::path::Path;

use super::{Add as _, Report, distinct};
use crate::files;

/// The classes of PCI-to-PCI bridges and of USB controllers.
const BRIDGE: u64 = 0x06_04;
const USB: u64 = 0x0C_03;
/// The ID of the PCI Express capability, and the port type of a root port.
const EXPRESS: u8 = 0x10;
const ROOT_PORT: u8 = 4;

pub fn see(report: &mut Report) {
    let devices = files::list("/sys/bus/pci/devices");
    let class = |device: &Path| files::number(device.join("class")).unwrap_or_default() >> 8;
    for device in &devices {
        let driver = files::driver(device).unwrap_or_else(|| "none".to_owned());
        report.also(&format!("pci/{}", id(device)), &driver);
    }
    // The first device of the first bus is what the board is made around.
    report.add("pci/chipset", devices.first().map(|device| id(device)));
    let ports = || devices.iter().filter(|device| class(device) == BRIDGE && is_root_port(device).unwrap_or(false));
    report.add("pci/root-ports", Some(ports().count()));
    report.add("pci/free-slots", Some(ports().filter(|port| is_free(port)).count()));
    let usb = devices.iter().filter(|device| class(device) == USB).filter_map(|device| files::driver(device));
    report.add("usb/controllers", distinct(usb));
}

/// Vendor and device ID, such as `1af4:1041`.
fn id(device: &Path) -> String {
    let number = |name| files::number(device.join(name)).unwrap_or_default();
    format!("{:04x}:{:04x}", number("vendor"), number("device"))
}

fn is_root_port(device: &Path) -> Option<bool> {
    let config = fs::read(device.join("config")).ok()?;
    // A list of capabilities begins at 0x34; each has its number, the next one's place, and its own content.
    let mut at = usize::from(*config.get(0x34)?);
    while at != 0 {
        if *config.get(at)? == EXPRESS {
            return Some(config.get(at + 2)? >> 4 == ROOT_PORT);
        }
        at = usize::from(*config.get(at + 1)?);
    }
    None
}

/// Whether no device is behind a port. Devices are folders with two colons in their names.
fn is_free(port: &Path) -> bool {
    files::list(port).iter().all(|entry| {
        let name = files::name(entry);
        name.matches(':').count() != 2 || name.contains("pcie")
    })
}
