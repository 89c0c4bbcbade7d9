//! Virtio devices, and the features negotiated with them.

use std::path::{Path, PathBuf};

use super::{Add as _, Report, yes};
use crate::files;

/// The names of the device IDs in the virtio specification.
const NAMES: [(u64, &str); 17] = [
    (1, "net"),
    (2, "block"),
    (3, "console"),
    (4, "rng"),
    (5, "balloon"),
    (8, "scsi"),
    (9, "9p"),
    (16, "gpu"),
    (18, "input"),
    (19, "vsock"),
    (20, "crypto"),
    (23, "iommu"),
    (24, "mem"),
    (25, "sound"),
    (26, "fs"),
    (27, "pmem"),
    (29, "mac80211"),
];

pub fn see(report: &mut Report) {
    for device in files::list("/sys/bus/virtio/devices") {
        let driver = files::driver(&device).unwrap_or_else(|| "none".to_owned());
        report.also(&format!("virtio/{}", name(&device)), &driver);
    }
    report.add("balloon/reporting", first("balloon").map(|balloon| yes(agreed(&balloon, 5))));
    report.add("display/3d", Some(yes(first("gpu").is_some_and(|gpu| agreed(&gpu, 0)))));
    for port in files::list("/sys/class/virtio-ports") {
        if let Some(name) = files::text(port.join("name")) {
            report.add(&format!("channel/{name}"), Some("yes"));
        }
    }
}

/// The first device with an ID.
fn first(kind: &str) -> Option<PathBuf> {
    files::list("/sys/bus/virtio/devices").into_iter().find(|device| name(device) == kind)
}

fn name(device: &Path) -> String {
    let number = files::number(device.join("device")).unwrap_or_default();
    NAMES.iter().find(|(other, _)| *other == number).map_or(number.to_string(), |(_, name)| (*name).to_owned())
}

/// Whether a feature was negotiated.
fn agreed(device: &Path, bit: usize) -> bool {
    files::text(device.join("features")).is_some_and(|bits| bits.as_bytes().get(bit) == Some(&b'1'))
}
