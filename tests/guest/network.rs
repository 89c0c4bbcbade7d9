//! The first network card, which gets its address by DHCP.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::files;

/// Waits for a card until all devices are present, and requests an address.
pub fn up(all_there: &AtomicBool) {
    busybox(&["ip", "link", "set", "lo", "up"]);
    loop {
        let last = all_there.load(Ordering::Acquire);
        if let Some(card) = card() {
            busybox(&["ip", "link", "set", &card, "up"]);
            busybox(&["udhcpc", "-i", &card, "-s", "/lease", "-n", "-q", "-t", "10", "-T", "1", "-S"]);
            return;
        }
        if last {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Makes the kernel forget its neighbours' MAC addresses.
pub fn forget_neighbours() {
    if let Some(card) = card() {
        busybox(&["ip", "neigh", "flush", "dev", &card]);
    }
}

/// The first network card.
pub fn card() -> Option<String> {
    let cards = files::list("/sys/class/net").into_iter();
    cards.filter(|card| card.join("device").exists()).map(|card| files::name(&card)).next()
}

/// What the DHCP server gave, as the script `lease` saved it: `address`, `gateway`.
pub fn lease(name: &str) -> Option<String> {
    files::text(format!("/run/lease/{name}"))
}

fn busybox(arguments: &[&str]) {
    let _ = Command::new("/bin/busybox")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
