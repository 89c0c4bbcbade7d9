//! The seed of a cloud image: a disc with the settings of a new machine, as cloud-init's data source `NoCloud` reads it.

use std::fs;

use rustix::mount::{MountFlags, mount};

use crate::files;
use crate::report::disk;

/// The name of its volume.
const VOLUME: &str = "cidata";
/// Its mount point.
const PLACE: &str = "/seed";

/// Mounts the seed, if there is one, and takes the machine's name from it.
pub fn take() {
    let Some(drive) = disk::medium(VOLUME) else { return };
    let _ = fs::create_dir_all(PLACE);
    let _ = mount(disk::device(&drive), PLACE, "iso9660", MountFlags::RDONLY, None);
    if let Some(name) = said("local-hostname") {
        let _ = fs::write("/proc/sys/kernel/hostname", name);
    }
}

/// What the report says about the seed; nothing if there is none.
pub fn report() -> Vec<(&'static str, String)> {
    let known =
        [("seed/instance-id", said("instance-id")), ("seed/user-data", files::text(format!("{PLACE}/user-data")))];
    known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// What the seed says of the machine: a line of its meta-data.
fn said(name: &str) -> Option<String> {
    let text = files::text(format!("{PLACE}/meta-data"))?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned())
}
