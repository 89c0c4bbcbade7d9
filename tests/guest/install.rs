//! Installs the guest: copies the medium to the disk, which then boots as the medium does.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::files;
use crate::report::disk;

/// The volume's name, which `.ci/guest` sets.
const VOLUME: &[u8] = b"GUEST";
/// The place of the volume's name in an ISO 9660 file system.
const VOLUME_AT: u64 = 16 * 2048 + 40;

/// Copies the medium to the disk.
pub fn run() -> Result<(), String> {
    let medium = medium().ok_or("no drive has the medium")?;
    let disk = disk::system().ok_or("no disk")?;
    let device = |name: &Path| Path::new("/dev").join(files::name(name));
    copy(&device(&medium), &device(&disk)).map_err(|error| format!("cannot copy the medium: {error}"))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut to = OpenOptions::new().write(true).open(to)?;
    io::copy(&mut File::open(from)?, &mut to)?;
    to.sync_all()
}

/// The drive with the medium.
fn medium() -> Option<PathBuf> {
    disk::drives().into_iter().find(|drive| {
        let mut name = [0; VOLUME.len()];
        let mut read = || -> io::Result<()> {
            let mut file = File::open(Path::new("/dev").join(files::name(drive)))?;
            file.seek(SeekFrom::Start(VOLUME_AT))?;
            file.read_exact(&mut name)
        };
        read().is_ok() && name == *VOLUME
    })
}
