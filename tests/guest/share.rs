//! The folder that the host shares.

use std::fs;

use rustix::mount::{MountFlags, mount as mount_file_system};

use crate::files;

/// The name that the host gives it.
const TAG: &str = "share";
/// Where it is here.
pub const PLACE: &str = "/share";

/// Mounts it if the machine has it.
pub fn mount() {
    let _ = fs::create_dir_all(PLACE);
    let _ = mount_file_system(TAG, PLACE, "virtiofs", MountFlags::empty(), None);
}

/// Whether it is mounted.
pub fn is_mounted() -> bool {
    let mounts = files::text("/proc/mounts").unwrap_or_default();
    mounts.lines().any(|line| line.split(' ').nth(1) == Some(PLACE))
}
