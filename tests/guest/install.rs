//! Installs the guest: copies the medium to the disk, which then boots as the medium does.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::report::disk;

/// The volume's name, which `.ci/guest` sets.
const VOLUME: &str = "GUEST";

/// Copies the medium to the disk.
pub fn run() -> Result<(), String> {
    let medium = disk::medium(VOLUME).ok_or("no drive has the medium")?;
    let disk = disk::system().ok_or("no disk")?;
    copy(&disk::device(&medium), &disk::device(&disk)).map_err(|error| format!("cannot copy the medium: {error}"))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut to = OpenOptions::new().write(true).open(to)?;
    io::copy(&mut File::open(from)?, &mut to)?;
    to.sync_all()
}
