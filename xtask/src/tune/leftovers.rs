//! What machines carry along that no decision of ours is about: traces of older tools and of earlier changes.

use std::path::Path;

use domain_definitions::topics::{self, Topic};
use domain_definitions::{Version, locate_all};
use roxmltree::{Document, Node};

use super::edit;
use super::matching::named;

/// Something that is left over.
pub struct Leftover {
    /// Its row in the status table.
    pub topic: &'static Topic,
    /// Where it is.
    pub line: u32,
    /// What, in a sentence without its end.
    pub what: String,
    /// What to do about it, if `--write` does not.
    pub remedy: Option<&'static str>,
    /// The text without it.
    pub mended: Option<String>,
}

/// How many are looked at: as many as somebody would read. Each that is mended makes room for another.
const MOST: usize = 10;

/// What is left over in a machine, the first of it; what it says of machine versions is for a release of QEMU.
#[must_use]
pub fn of(document: &Document, qemu: Option<Version>) -> Vec<Leftover> {
    let root = document.root_element();
    let mut all: Vec<Leftover> = Vec::new();
    let line = |node: Node| document.text_pos_at(node.range().start).row;
    let mended = |topic, node: Node, what: String| Leftover {
        topic,
        line: line(node),
        what,
        remedy: None,
        mended: Some(edit::without(node)),
    };
    for timer in locate_all(root, "clock/timer[@name=pit][@tickpolicy=delay]").into_iter().take(MOST) {
        if timer.attributes().len() == 2 {
            let what = "the timer `pit` is set to what KVM does with it anyway, from the time before it did";
            all.push(mended(&topics::CLOCK, timer, what.to_owned()));
        }
    }
    for disk in locate_all(root, "devices/disk") {
        let bus = named(disk, "target").next().and_then(|target| target.attribute("bus"));
        let address = named(disk, "address").next();
        let kind = address.and_then(|address| address.attribute("type"));
        let wrong =
            matches!((bus, kind), (Some("virtio"), Some("drive")) | (Some("scsi" | "sata" | "ide"), Some("pci")));
        if let (true, Some(address), Some(bus), Some(kind)) = (wrong && all.len() < MOST, address, bus, kind) {
            let what =
                format!("a disk on the bus {bus} has an address of the type {kind}, from the bus that it was on");
            all.push(mended(&topics::DISK, address, what));
        }
    }
    for drive in locate_all(root, "devices/disk[@device=cdrom]/source") {
        if all.len() < MOST
            && let Some(file) = drive.attribute("file").filter(|file| is_gone(file))
        {
            all.push(Leftover {
                topic: &topics::MEDIA,
                line: line(drive),
                what: format!("a CD drive has the file {file}, which this host does not have"),
                remedy: Some("empty the drive (`virsh change-media MACHINE TARGET --eject --config`), or the machine does not start"),
                mended: None,
            });
        }
    }
    let kinds = locate_all(root, "os/type");
    if let (Some(kind), Some(qemu)) = (kinds.first(), qemu)
        && let Some(machine) = kind.attribute("machine").filter(|machine| is_expired(machine, qemu))
    {
        all.push(Leftover {
            topic: &topics::CHIPSET,
            line: line(*kind),
            what: format!("QEMU {qemu} calls the machine version {machine} deprecated, and will remove it"),
            remedy: Some(
                "once the guest has a backup, write a newer version (`qemu-system-x86_64 -machine help`), with `virsh edit`; \
                 Windows may ask for its activation again",
            ),
            mended: None,
        });
    }
    all
}

/// Whether this host has no such file. One in a folder that may not be looked into may be there.
fn is_gone(file: &str) -> bool {
    file.starts_with('/') && Path::new(file).try_exists().is_ok_and(|exists| !exists)
}

/// Whether QEMU calls a machine version deprecated: since 9.1, it does so three major releases later
/// (`include/hw/boards.h`, `MACHINE_VER_DEPRECATION_MAJOR`).
fn is_expired(machine: &str, qemu: Version) -> bool {
    let of = |text: &str| {
        let mut numbers = text.split('.').map(|number| number.parse::<u32>().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    let version = machine.strip_prefix("pc-q35-").or_else(|| machine.strip_prefix("pc-i440fx-")).and_then(of);
    let (Some((major, minor)), Some(there)) = (version, of(&qemu.to_string())) else { return false };
    there >= (9, 1) && (major + 3, minor) < there
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_gone_only_where_somebody_could_look() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("disc.iso"), "").unwrap();
        // Nobody can look into this one, not even root.
        symlink("loop", path("loop")).unwrap();
        assert!(is_gone(&path("other.iso")));
        assert!(!is_gone(&path("disc.iso")) && !is_gone(&path("loop/disc.iso")) && !is_gone("disc.iso"));
    }

    #[test]
    fn a_machine_version_expires_three_major_releases_later() {
        let expired = |machine: &str, qemu: &str| is_expired(machine, qemu.parse().unwrap());
        assert!(expired("pc-q35-6.2", "10.0.2") && expired("pc-i440fx-2.12", "9.1.0"));
        assert!(!expired("pc-q35-7.0", "10.0.2") && expired("pc-q35-7.0", "10.1.0"));
        assert!(!expired("pc-q35-2.4", "9.0.0") && !expired("q35", "11.0.0") && !expired("pc-q35-rhel9.2.0", "11.0.0"));
    }
}
