//! Disks and optical drives.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::{Add as _, Report, distinct, yes};
use crate::files;

/// How many bytes at the start of a blank disk must be zero.
const BEGINNING: usize = 4096;
/// The kernel gives sizes in sectors of this many bytes, whatever the disk's own are.
const SECTOR: u64 = 512;
/// The place of a volume's name in an ISO 9660 file system, and its size.
const VOLUME_AT: u64 = 16 * 2048 + 40;
const VOLUME: usize = 32;

/// The first disk that is not removable.
pub fn system() -> Option<PathBuf> {
    files::list("/sys/block").into_iter().find(|disk| {
        let number = |name| files::number(disk.join(name));
        disk.join("device").exists() && number("removable") == Some(0) && number("size").is_some_and(|size| size > 0)
    })
}

/// The optical drives.
pub fn drives() -> Vec<PathBuf> {
    files::list("/sys/block").into_iter().filter(|disk| files::name(disk).starts_with("sr")).collect()
}

/// The drive with a medium of this name.
pub fn medium(name: &str) -> Option<PathBuf> {
    drives().into_iter().find(|drive| volume(drive).is_some_and(|volume| volume == name))
}

/// The name of the ISO 9660 file system in a drive.
fn volume(drive: &Path) -> Option<String> {
    let mut name = [0; VOLUME];
    let mut file = File::open(device(drive)).ok()?;
    file.seek(SeekFrom::Start(VOLUME_AT)).ok()?;
    file.read_exact(&mut name).ok()?;
    Some(String::from_utf8_lossy(&name).trim_end().to_owned())
}

/// The file by which programs use a disk.
pub fn device(disk: &Path) -> PathBuf {
    Path::new("/dev").join(files::name(disk))
}

pub fn see(report: &mut Report) {
    let drives = drives();
    report.add("drives", Some(drives.len()));
    report.add("drives/driver", distinct(drives.iter().filter_map(|drive| controller(drive))));
    let Some(disk) = system() else { return };
    let number = |name| files::number(disk.join(name));
    report.add("disk/name", Some(files::name(&disk)));
    report.add("disk/driver", controller(&disk));
    report.add("disk/rotational", number("queue/rotational"));
    report.add("disk/discard", number("queue/discard_max_bytes").map(|bytes| yes(bytes > 0)));
    report.add("disk/size-gib", number("size").map(|sectors| (sectors * SECTOR) >> 30));
    report.add("disk/blank", is_blank(&disk).map(yes));
    let scsi = files::ancestors(&disk).into_iter().find(|place| files::name(place).starts_with("host"));
    if let Some(host) = scsi.filter(|_| controller(&disk).as_deref() == Some("virtio_scsi")) {
        let queues = host.join("scsi_host").join(files::name(&host)).join("nr_hw_queues");
        report.add("scsi/queues", files::number(queues).or(Some(files::list(disk.join("mq")).len() as u64)));
    }
}

/// The driver of a disk's controller.
fn controller(disk: &Path) -> Option<String> {
    super::nearest_driver(disk, &["scsi", "block", "nvme"])
}

fn is_blank(disk: &Path) -> Option<bool> {
    let mut beginning = [0; BEGINNING];
    File::open(device(disk)).ok()?.read_exact(&mut beginning).ok()?;
    Some(beginning.iter().all(|byte| *byte == 0))
}
