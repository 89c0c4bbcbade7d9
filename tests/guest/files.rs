//! Reads the kernel's files under /proc and /sys.

use std::fs;
use std::path::{Path, PathBuf};

/// The text of a file, trimmed; none if there is no such file, or it is empty.
pub fn text(path: impl AsRef<Path>) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The number in a file: decimal, or hexadecimal after `0x`.
pub fn number(path: impl AsRef<Path>) -> Option<u64> {
    let text = text(path)?;
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The paths in a folder, sorted; none if there is no such folder.
pub fn list(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The last part of the path that a link points to.
pub fn link(path: impl AsRef<Path>) -> Option<String> {
    Some(name(&fs::read_link(path).ok()?))
}

/// The driver bound to a device.
pub fn driver(device: &Path) -> Option<String> {
    link(device.join("driver"))
}

/// A device and its ancestors, from the device up.
pub fn ancestors(device: &Path) -> Vec<PathBuf> {
    let real = fs::canonicalize(device).unwrap_or_default();
    real.ancestors().take_while(|path| path.starts_with("/sys/devices")).map(Path::to_path_buf).collect()
}
