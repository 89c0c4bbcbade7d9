//! Disks.

use roxmltree::Node;

use super::at_define;
use crate::rules::{Rule, Subject, Violation, child, child_value, is_on, repeated};

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("duplicated for disk sources"),
        name: "disk-target",
        why: "The name in `<target dev=…>` identifies a disk, whatever its bus.",
        help: "give it the next free name, for example `sdb` or `vdb`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let targets = subject.all("devices/disk/target");
            repeated(targets, |node| node.attribute("dev"), |dev| format!("a second disk is called `{dev}`"))
        },
    },
    Rule {
        family: at_define("missing source information"),
        name: "disk-source",
        why: "Only drives with removable media (`cdrom`, `floppy`) can be empty.",
        help: "add `<source file='…'/>`, or `<source pool='…' volume='…'/>` for `type='volume'`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let files =
                |disk: &Node| matches!(disk.attribute("type"), Some("file" | "block" | "dir" | "volume" | "nvme"));
            let hard = disks(subject).filter(|disk| device(*disk) == "disk" && files(disk));
            let empty = |source: Node| source.attributes().len() == 0 && source.first_element_child().is_none();
            let violation = |disk| match child(disk, "source") {
                None => Some(Violation::at(disk, "this disk has no <source>")),
                Some(source) => empty(source).then(|| Violation::at(source, "nothing is named here")),
            };
            hard.filter_map(violation).collect()
        },
    },
    Rule {
        family: at_define("does not support ejectable media"),
        name: "disk-ejectable",
        why: "virtio-blk has no removable media.",
        help: "write `<target dev='sda' bus='sata'/>` (with a name that is free)",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let drives = disks(subject).filter(|disk| matches!(device(*disk), "cdrom" | "floppy"));
            let virtio = drives.filter(|disk| device(*disk) == "cdrom" && bus(*disk) == Some("virtio"));
            virtio
                .filter_map(|disk| Some(Violation::at(child(disk, "target")?, "a CD-ROM drive cannot be on virtio")))
                .collect()
        },
    },
    Rule {
        family: at_define("for floppy disk"),
        name: "disk-floppy",
        why: "Floppy disks have a controller of their own.",
        help: "write `<target dev='fda' bus='fdc'/>`; or is it a `cdrom`?",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let floppies = disks(subject).filter(|disk| device(*disk) == "floppy");
            let elsewhere =
                floppies.filter(|disk| matches!(bus(*disk), Some("sata" | "scsi" | "ide" | "usb" | "virtio")));
            elsewhere
                .filter_map(|disk| Some(Violation::at(child(disk, "target")?, "a floppy disk is on the bus `fdc`")))
                .collect()
        },
    },
    Rule {
        family: at_define("IDE controllers are unsupported for this QEMU binary or machine type"),
        name: "ide",
        why: "The chipset Q35 has SATA and no IDE; ARM's machines have neither.",
        help: "write `bus='sata'` (`bus='scsi'` on ARM) and a name that begins with `sd`; leave out any controller of type `ide`",
        source: "libvirt src/qemu/qemu_domain.c",
        find: |subject| {
            let arm = matches!(subject.value("os/type", "arch"), Some("aarch64"));
            if !subject.is_q35() && !arm {
                return Vec::new();
            }
            let disks = disks(subject).filter(|disk| bus(*disk) == Some("ide"));
            let disks = disks.filter_map(|disk| child(disk, "target"));
            let controllers = subject.all("devices/controller[@type=ide]");
            let machine = if arm { "an ARM machine" } else { "this chipset (Q35)" };
            let violation = |node| Violation::at(node, format!("{machine} has no IDE"));
            disks.chain(controllers).map(violation).collect()
        },
    },
    Rule {
        family: at_define("disks are not supported"),
        name: "disk-read-only",
        why: "A hard disk on IDE or SATA cannot tell the guest that it is read-only.",
        help: "put it on `bus='virtio'` or `bus='scsi'`, or make it a `cdrom`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let hard = disks(subject).filter(|disk| device(*disk) == "disk");
            let fixed = hard.filter(|disk| matches!(bus(*disk), Some("ide" | "sata")));
            let violation = |node| Violation::at(node, "a hard disk on this bus cannot be read-only");
            fixed.filter_map(|disk| child(disk, "readonly")).map(violation).collect()
        },
    },
    Rule {
        family: at_define("rotation rate is only valid for"),
        name: "rotation-rate",
        why: "Only a hard disk has one, and neither virtio-blk nor USB has a field for it.",
        help: "leave it out, or put the hard disk on `bus='scsi'` with a virtio-scsi controller",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let others = disks(subject)
                .filter(|disk| is_bus(*disk, &["virtio", "usb", "fdc"]) || matches!(device(*disk), "cdrom" | "floppy"));
            let targets = others.filter_map(|disk| child(disk, "target"));
            let rated = targets.filter(|target| target.has_attribute("rotation_rate"));
            rated
                .map(|node| Violation::at_attribute(node, "rotation_rate", "this disk cannot pass it on to the guest"))
                .collect()
        },
    },
    Rule {
        family: at_define("disk support wwn"),
        name: "disk-wwn",
        why: "Of QEMU's disks, those on SCSI and IDE have a world wide name.",
        help: "write `<serial>` instead, or put the disk on `bus='scsi'`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let others = disks(subject).filter(|disk| is_bus(*disk, &["virtio", "usb", "sata"]));
            others
                .filter_map(|disk| child(disk, "wwn"))
                .map(|node| Violation::at(node, "this bus has no such name"))
                .collect()
        },
    },
    Rule {
        family: at_define("io='native' needs either no disk cache or directsync cache mode"),
        name: "io-native",
        why: "Linux's native asynchronous I/O works only without the page cache.",
        help: "add `cache='none'`, or leave out `io`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let drivers = subject.all("devices/disk/driver[@io=native]").into_iter();
            let cached = drivers.filter(|node| !matches!(node.attribute("cache"), Some("none" | "directsync")));
            cached
                .map(|node| {
                    Violation::at_attribute(node, "io", "this needs a disk that bypasses the host's page cache")
                })
                .collect()
        },
    },
    Rule {
        family: at_define("IOThreads not available for bus"),
        name: "iothread-bus",
        why: "Only a virtio disk can have an I/O thread of its own; for SCSI, the controller has it.",
        help: "put the disk on `bus='virtio'`, or leave out `iothread`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let others =
                disks(subject).filter(|disk| matches!(bus(*disk), Some("sata" | "ide" | "scsi" | "usb" | "fdc")));
            let threaded =
                others.filter_map(|disk| child(disk, "driver")).filter(|node| node.has_attribute("iothread"));
            threaded
                .map(|node| Violation::at_attribute(node, "iothread", "a disk on this bus cannot have an I/O thread"))
                .collect()
        },
    },
    Rule {
        family: at_define("copy_on_read is not compatible with read-only disk"),
        name: "copy-on-read",
        why: "Copy-on-read writes into the image, which a read-only disk does not allow.",
        help: "leave out one of the two",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let fixed = disks(subject).filter(|disk| child(*disk, "readonly").is_some());
            let drivers =
                fixed.filter_map(|disk| child(disk, "driver")).filter(|node| is_on(node.attribute("copy_on_read")));
            drivers.map(|node| Violation::at_attribute(node, "copy_on_read", "this disk is read-only")).collect()
        },
    },
    Rule {
        family: at_define("requires use of supported storage format"),
        name: "disk-shared",
        why: "Two machines that write to one qcow2 image destroy it; only raw ones can be shared.",
        help: "use `type='raw'`, or leave out `<shareable/>`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let written = disks(subject).filter(|disk| device(*disk) == "disk" && child(*disk, "readonly").is_none());
            let shared = written.filter(|disk| child(*disk, "shareable").is_some());
            let qcow2 = shared.filter(|disk| child_value(*disk, "driver", "type") == Some("qcow2"));
            let violation = |node| Violation::at(node, "a qcow2 image cannot be shared");
            qcow2.filter_map(|disk| child(disk, "shareable")).map(violation).collect()
        },
    },
    Rule {
        family: at_define("unsupported driver name"),
        name: "disk-driver",
        why: "Only Xen had this driver.",
        help: "write `name='qemu'`, or leave it out",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let wrong = |node: &Node| matches!(node.attribute("name"), Some("phy" | "tap" | "tap2" | "file"));
            let drivers = subject.all("devices/disk/driver").into_iter().filter(wrong);
            drivers.map(|node| Violation::at_attribute(node, "name", "QEMU has no such driver")).collect()
        },
    },
    Rule {
        family: at_define("Invalid harddisk device name"),
        name: "disk-name",
        why: "Names that begin with `fd` are those of floppy disks.",
        help: "write a name that fits the bus: `sda` for `sata`, `scsi` and `usb`, `vda` for `virtio`",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let hard = disks(subject).filter(|disk| device(*disk) == "disk").filter_map(|disk| child(disk, "target"));
            let named = hard.filter(|node| node.attribute("dev").is_some_and(|name| name.starts_with("fd")));
            named.map(|node| Violation::at_attribute(node, "dev", "this is the name of a floppy disk")).collect()
        },
    },
];

/// The disks.
pub(super) fn disks<'a, 'input>(
    subject: &Subject<'a, 'input>,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    subject.all("devices/disk").into_iter()
}

/// What kind of drive it is.
pub(super) fn device<'a>(disk: Node<'a, '_>) -> &'a str {
    disk.attribute("device").unwrap_or("disk")
}

/// Its bus, stated or as libvirt takes it from the name.
pub(super) fn bus<'a>(disk: Node<'a, '_>) -> Option<&'a str> {
    let target = child(disk, "target")?;
    target.attribute("bus").or_else(|| match target.attribute("dev")?.get(..2)? {
        "hd" => Some("ide"),
        "vd" => Some("virtio"),
        "fd" => Some("fdc"),
        _ => None,
    })
}

/// Whether a disk is on one of some buses.
pub(super) fn is_bus(disk: Node, buses: &[&str]) -> bool {
    bus(disk).is_some_and(|bus| buses.contains(&bus))
}
