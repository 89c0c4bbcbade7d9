//! Where disks are, and what their bus, kind and format do not have.

use roxmltree::Node;

use super::disks::{bus, device, disks, is_bus};
use super::{at_define, at_define_since, at_start};
use crate::rules::{Rule, Subject, Violation, child, child_value, is_on};
use crate::version::v;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("virtio disk cannot have an address of type"),
        name: "address-virtio",
        why: "A virtio disk is a PCI device of its own, and has no place on a disk controller.",
        help: "leave out the `<address>`, which is left from another bus",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| addressed(subject, &["virtio"], &["drive", "usb"], "a virtio disk has no such address"),
    },
    Rule {
        family: at_define("for the disk"),
        name: "address-drive",
        why: "A disk on this bus is on a disk controller (`<address type='drive'>`), which is the device with a PCI address.",
        help: "leave out the `<address>`, which is left from another bus",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            addressed(
                subject,
                &["sata", "scsi", "ide", "fdc"],
                &["pci", "usb"],
                "a disk on this bus has no such address",
            )
        },
    },
    Rule {
        family: at_define("unexpected address type for usb disk"),
        name: "address-usb",
        why: "A USB disk is plugged into a USB port.",
        help: "leave out the `<address>`, which is left from another bus",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| addressed(subject, &["usb"], &["pci", "drive"], "a USB disk has no such address"),
    },
    Rule {
        family: at_define("target must be 0 for"),
        name: "drive-target",
        why: "Only SCSI has several targets.",
        help: "leave out the `<address>`: libvirt finds a free place",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let elsewhere =
                |node: &Node| node.attribute("target").is_some_and(|target| !matches!(target.trim(), "0" | "00"));
            let addresses = on(subject, &["sata", "ide", "fdc"]).filter_map(|disk| child(disk, "address"));
            let all = addresses.filter(|node| node.attribute("type") == Some("drive") && elsewhere(node));
            all.map(|node| Violation::at_attribute(node, "target", "this bus has only the target 0")).collect()
        },
    },
    Rule {
        family: at_define("Only 1 IDE controller is supported"),
        name: "ide-drives",
        why: "The i440FX has one IDE controller, for four drives: `hda` to `hdd`.",
        help: "put further disks on `bus='virtio'` or `bus='sata'`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let beyond =
                |disk: &Node| match child(*disk, "address").filter(|node| node.attribute("type") == Some("drive")) {
                    Some(address) => address
                        .attribute("controller")
                        .is_some_and(|number| number.parse().is_ok_and(|number: u32| number > 0)),
                    None => child_value(*disk, "target", "dev").and_then(number).is_some_and(|number| number > 3),
                };
            let disks = on(subject, &["ide"]).filter(|disk| subject.is_i440fx() && beyond(disk));
            disks
                .filter_map(|disk| Some(Violation::at(child(disk, "target")?, "there are only four IDE drives")))
                .collect()
        },
    },
    Rule {
        family: at_define("tray is only valid for cdrom and floppy"),
        name: "disk-tray",
        why: "A hard disk has no tray.",
        help: "leave out `tray`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let hard = disks(subject).filter(|disk| matches!(device(*disk), "disk" | "lun"));
            targets(hard, "tray", "a hard disk has no tray")
        },
    },
    Rule {
        family: at_define("removable is only valid for usb"),
        name: "disk-removable",
        why: "Only USB and SCSI disks tell the guest whether they can be removed.",
        help: "leave out `removable`, or put the disk on `bus='usb'`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            targets(on(subject, &["virtio", "sata", "ide", "fdc"]), "removable", "this bus does not have it")
        },
    },
    Rule {
        family: at_define("scsi disk supports"),
        name: "disk-vendor",
        why: "A vendor is a field of SCSI disks, a product of SCSI and ATA disks.",
        help: "leave it out, or put the disk on `bus='scsi'`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let vendors =
                on(subject, &["virtio", "sata", "ide", "usb", "fdc"]).filter_map(|disk| child(disk, "vendor"));
            let products = on(subject, &["virtio", "usb"]).filter_map(|disk| child(disk, "product"));
            vendors.chain(products).map(|node| Violation::at(node, "a disk on this bus does not have it")).collect()
        },
    },
    Rule {
        family: at_define("queues attribute in disk driver element is only supported"),
        name: "disk-queues",
        why: "Only a virtio disk has queues of its own; for SCSI, the controller has them.",
        help: "leave out `queues`, or put the disk on `bus='virtio'`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| drivers(subject, &["queues"], "a disk on this bus has no queues of its own"),
    },
    Rule {
        family: at_define("driver option is only supported for virtio devices"),
        name: "disk-virtio-options",
        why: "These are options of virtio devices.",
        help: "leave them out, or put the disk on `bus='virtio'`",
        source: "libvirt docs/formatdomain.rst, virtio-related options",
        find: |subject| drivers(subject, &["iommu", "ats", "packed"], "a disk on this bus is no virtio device"),
    },
    Rule {
        family: at_define("mode supported only for virtio bus"),
        name: "disk-virtio-modes",
        why: "These options say how a virtio disk and QEMU notify each other.",
        help: "leave it out: it has a good default for virtio disks",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| drivers(subject, &["ioeventfd", "event_idx"], "a disk on this bus does not have it"),
    },
    Rule {
        family: at_define("not supported for bus"),
        name: "disk-model",
        why: "The models are those of virtio disks.",
        help: "leave out `model`, or put the disk on `bus='virtio'`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let others = on(subject, &["sata", "scsi", "ide", "usb", "fdc"]);
            let named = others.filter(|disk| disk.attribute("model").is_some_and(|model| model.starts_with("virtio")));
            named.map(|disk| Violation::at_attribute(disk, "model", "a disk on this bus is no virtio device")).collect()
        },
    },
    Rule {
        family: at_define("disk device='lun' is not supported for bus="),
        name: "lun-bus",
        why: "Only SCSI passes a device's own commands on.",
        help: "write `bus='scsi'`, or `device='disk'`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let passed = on(subject, &["sata", "usb"])
                .filter(|disk| device(*disk) == "lun" && disk.attribute("type") == Some("block"));
            passed.map(|disk| Violation::at_attribute(disk, "device", "this bus does not pass a device on")).collect()
        },
    },
    Rule {
        family: at_define("storage format"),
        name: "disk-format",
        why: "QEMU reads an ISO image as a raw one, and makes a FAT file system of a folder only; it has no other way to read these.",
        help: "write the format that the image has: `raw` or `qcow2`",
        source: "libvirt src/qemu/qemu_domain.c",
        find: |subject| {
            let wrong = |disk: &Node| match (disk.attribute("type"), child_value(*disk, "driver", "type")) {
                // Whether a volume is a folder, its pool says when the machine starts.
                (Some("volume"), format) => matches!(format, Some("iso")),
                (Some("dir"), format) => child(*disk, "source").is_some() && format != Some("fat"),
                (_, format) => matches!(format, Some("dir" | "iso" | "cow" | "fat")),
            };
            let all = disks(subject).filter(wrong).map(|disk| child(disk, "driver").unwrap_or(disk));
            let message = "QEMU does not read such a disk";
            // A driver that names no format is marked itself.
            all.map(|node| {
                if node.has_tag_name("driver") {
                    Violation::at_attribute(node, "type", message)
                } else {
                    Violation::at(node, message)
                }
            })
            .collect()
        },
    },
    Rule {
        family: at_define("is allowed only for cdrom or floppy"),
        name: "startup-policy",
        why: "A hard disk that is missing cannot be dropped while the machine moves.",
        help: "write `mandatory` or `optional`",
        source: "libvirt docs/formatdomain.rst, hard drives",
        find: |subject| {
            let hard = disks(subject).filter(|disk| matches!(device(*disk), "disk"));
            let sources = hard.filter_map(|disk| child(disk, "source"));
            let all = sources.filter(|node| node.attribute("startupPolicy") == Some("requisite"));
            all.map(|node| {
                Violation::at_attribute(node, "startupPolicy", "only a drive with removable media has this policy")
            })
            .collect()
        },
    },
    Rule {
        family: at_define("must not be read-only"),
        name: "disk-transient",
        why: "What is written to a transient disk is dropped when the machine ends, and nothing is written to a read-only one.",
        help: "leave out one of the two",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let fixed = disks(subject).filter(|disk| device(*disk) == "disk" && child(*disk, "readonly").is_some());
            fixed
                .filter_map(|disk| child(disk, "transient"))
                .map(|node| Violation::at(node, "this disk is read-only"))
                .collect()
        },
    },
    Rule {
        family: at_start("missing secret info for 'luks' driver"),
        name: "disk-secret",
        why: "An encrypted disk is opened with a secret that libvirt keeps.",
        help: "add `<secret type='passphrase' uuid='…'/>` to `<encryption>`; `virsh secret-define` makes one",
        source: "libvirt docs/formatstorageencryption.rst",
        find: |subject| {
            let parents = disks(subject).flat_map(|disk| [Some(disk), child(disk, "source")]).flatten();
            let encrypted = parents.filter_map(|node| child(node, "encryption"));
            let locked =
                encrypted.filter(|node| node.attribute("format") == Some("luks") && child(*node, "secret").is_none());
            locked.map(|node| Violation::at(node, "no secret is named")).collect()
        },
    },
    Rule {
        family: at_define("Invalid bus type 'fdc' for disk"),
        name: "disk-fdc",
        why: "Only floppy disks are on their controller.",
        help: "write `bus='sata'` or `bus='virtio'` and a name that fits; or is it a `floppy`?",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let targets =
                disks(subject).filter(|disk| device(*disk) != "floppy").filter_map(|disk| child(disk, "target"));
            let all = targets.filter(|node| node.attribute("bus") == Some("fdc"));
            all.map(|node| Violation::at_attribute(node, "bus", "this is no floppy disk")).collect()
        },
    },
    Rule {
        family: at_define("must use 'raw' format"),
        name: "lun-format",
        why: "A device of the host is passed on as it is.",
        help: "write `type='raw'`, or `device='disk'`",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let passed = disks(subject).filter(|disk| device(*disk) == "lun").filter_map(|disk| child(disk, "driver"));
            let other = passed.filter(|node| node.attribute("type").is_some_and(|format| format != "raw"));
            other.map(|node| Violation::at_attribute(node, "type", "such a disk has no format")).collect()
        },
    },
    Rule {
        family: at_define_since(v(9, 5, 0), "'discard_no_unref'"),
        name: "disk-discard",
        why: "Only a qcow2 image that is written to can keep its clusters.",
        help: "leave out `discard_no_unref`, or write `type='qcow2'`",
        source: "libvirt docs/formatdomain.rst, hard drives; src/qemu/qemu_validate.c",
        find: |subject| {
            let wrong = |disk: &Node| {
                child(*disk, "readonly").is_some() || child_value(*disk, "driver", "type") != Some("qcow2")
            };
            let drivers = disks(subject).filter(wrong).filter_map(|disk| child(disk, "driver"));
            let kept = drivers.filter(|node| is_on(node.attribute("discard_no_unref")));
            kept.map(|node| Violation::at_attribute(node, "discard_no_unref", "this disk has no such clusters"))
                .collect()
        },
    },
    Rule {
        family: at_define("bus must be 0 for sata controller"),
        name: "drive-bus",
        why: "A SATA controller has one bus, and its ports are units.",
        help: "leave out the `<address>`: libvirt finds a free place",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let addresses = on(subject, &["sata"]).filter_map(|disk| child(disk, "address"));
            let drives = addresses.filter(|node| node.attribute("type") == Some("drive"));
            let elsewhere = drives.filter(|node| {
                node.attribute("bus").is_some_and(|bus| bus.trim().parse().is_ok_and(|bus: u32| bus > 0))
            });
            elsewhere.map(|node| Violation::at_attribute(node, "bus", "this controller has only the bus 0")).collect()
        },
    },
    Rule {
        family: at_define("transient disk"),
        name: "disk-transient-file",
        why: "What is written to a transient disk goes into a file beside its own.",
        help: "leave out `<transient/>`",
        source: "libvirt docs/formatdomain.rst, hard drives; src/qemu/qemu_validate.c",
        find: |subject| {
            let other = |disk: &Node| {
                let kind = disk.attribute("type");
                kind.is_some_and(|kind| kind != "file") || device(*disk) == "cdrom" && child(*disk, "source").is_none()
            };
            let all = disks(subject).filter(other).filter_map(|disk| child(disk, "transient"));
            all.map(|node| Violation::at(node, "this disk is no file")).collect()
        },
    },
];

/// The disks on some buses.
fn on<'a, 'input>(
    subject: &Subject<'a, 'input>,
    buses: &'static [&str],
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    disks(subject).filter(move |disk| is_bus(*disk, buses))
}

/// The addresses of some types that disks on some buses have.
fn addressed(subject: &Subject, buses: &'static [&str], types: &[&str], message: &str) -> Vec<Violation> {
    let addresses = on(subject, buses).filter_map(|disk| child(disk, "address"));
    let wrong = addresses.filter(|node| node.attribute("type").is_some_and(|kind| types.contains(&kind)));
    wrong.map(|node| Violation::at(node, message)).collect()
}

/// The targets of disks that have an attribute.
fn targets<'a, 'input: 'a>(disks: impl Iterator<Item = Node<'a, 'input>>, name: &str, message: &str) -> Vec<Violation> {
    let targets = disks.filter_map(|disk| child(disk, "target")).filter(|node| node.has_attribute(name));
    targets.map(|node| Violation::at_attribute(node, name, message)).collect()
}

/// The drivers of disks that are no virtio devices and have the first of some attributes.
fn drivers(subject: &Subject, names: &[&str], message: &str) -> Vec<Violation> {
    let drivers = on(subject, &["sata", "scsi", "ide", "usb", "fdc"]).filter_map(|disk| child(disk, "driver"));
    let found = drivers.filter_map(|node| Some((node, *names.iter().find(|name| node.has_attribute(**name))?)));
    found.map(|(node, name)| Violation::at_attribute(node, name, message)).collect()
}

/// The number of a disk by its name: 0 for `hda`, 26 for `hdaa`.
pub(super) fn number(name: &str) -> Option<u32> {
    let letters = ["fd", "hd", "vd", "sd", "xvd", "ubd"].iter().find_map(|prefix| name.strip_prefix(prefix))?;
    let letter = |letter: u8| letter.is_ascii_lowercase().then(|| u32::from(letter - b'a') + 1);
    let number = letters.bytes().try_fold(0_u32, |number, byte| number.checked_mul(26)?.checked_add(letter(byte)?))?;
    number.checked_sub(1)
}

/// Where libvirt puts a disk that has no address, by its name: controller, bus, target and unit.
pub(super) fn implied(disk: Node) -> Option<(u32, u32, u32, u32)> {
    let number = child_value(disk, "target", "dev").and_then(number)?;
    match bus(disk)? {
        "sata" => Some((number / 6, 0, 0, number % 6)),
        "ide" => Some((number / 4, number / 2 % 2, 0, number % 2)),
        _ => None,
    }
}
