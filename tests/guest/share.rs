//! The host's shared folder.

use std::fs;

use rustix::mount::{MountFlags, mount as mount_file_system};

use crate::files;

/// Its mount tag.
const TAG: &str = "share";
/// Its mount point.
pub const PLACE: &str = "/share";

/// Mounts the shared folder, if the machine has one.
pub fn mount() {
    let _ = fs::create_dir_all(PLACE);
    let _ = mount_file_system(TAG, PLACE, "virtiofs", MountFlags::empty(), None);
}

/// Whether it is mounted.
pub fn is_mounted() -> bool {
    let mounts = files::text("/proc/mounts").unwrap_or_default();
    mounts.lines().any(|line| line.split(' ').nth(1) == Some(PLACE))
}
