//! Everything else in `<devices>`: addresses, controllers, channels, TPM, input.

use std::collections::BTreeMap;

use roxmltree::Node;

use super::disks::{bus, disks};
use super::drives::implied;
use super::pci::is_there;
use super::{at_define, at_define_until, at_start};
use crate::connection::Connection;
use crate::rules::{Rule, Subject, Violation, child, child_value, repeated};
use crate::version::v;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("Found duplicate drive address for disk"),
        name: "drive-address",
        why: "Two disks cannot have the same place on a controller.",
        help: "leave out the `<address>` of both: libvirt finds free ones",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let number =
                |address: Node, name| address.attribute(name).map_or(Some(0), |number| number.parse::<u32>().ok());
            let stated = |address: Node| {
                let number = |name| number(address, name);
                Some((number("controller")?, number("bus")?, number("target")?, number("unit")?))
            };
            let is_stated = |node: &Node| node.has_tag_name("address");
            let place = |node: Node| {
                let disk = node.parent_element()?;
                let place = if is_stated(&node) { stated(node)? } else { implied(disk)? };
                Some((bus(disk)?.to_owned(), place))
            };
            let nodes = disks(subject).filter_map(|disk| match child(disk, "address") {
                Some(address) => Some(address).filter(|address| address.attribute("type") == Some("drive")),
                None => child(disk, "target"),
            });
            let (mut first, mut violations) = (BTreeMap::new(), Vec::new());
            for node in nodes {
                let Some(key) = place(node) else { continue };
                match first.get(&key) {
                    // Two disks of one name are another rule's.
                    Some(earlier)
                        if is_stated(&node)
                            || is_stated(earlier)
                            || node.attribute("dev") != earlier.attribute("dev") =>
                    {
                        let message = format!("a second disk has this place on the {} controller", key.0);
                        violations.push(Violation::at(node, message).with(*earlier, "the first one"));
                    }
                    Some(_) => {}
                    None => drop(first.insert(key, node)),
                }
            }
            violations
        },
    },
    Rule {
        family: at_define("'queues' is only supported by virtio-scsi"),
        name: "controller-queues",
        why: "Only virtio's SCSI controller has several queues.",
        help: "write `model='virtio-scsi'`, or leave out `queues`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let controllers = subject.all("devices/controller[@type=scsi][@model=lsilogic]").into_iter();
            let several = |node: &Node| node.attribute("queues").is_some_and(|queues| queues.trim() != "0");
            let drivers = controllers.filter_map(|node| child(node, "driver")).filter(several);
            drivers.map(|node| Violation::at_attribute(node, "queues", "this model has one queue")).collect()
        },
    },
    Rule {
        family: at_define("non unique alias detected"),
        name: "alias",
        why: "An alias identifies one device.",
        help: "give each device its own name, or leave out one `<alias>`",
        source: "libvirt docs/formatdomain.rst, devices",
        find: |subject| {
            // libvirt itself shows a serial port again as a console, alias and all.
            let named = subject.devices().filter(|device| !device.has_tag_name("console") && is_there(*device));
            let aliases = named.filter_map(|device| child(device, "alias"));
            // libvirt forgets all others.
            let kept = |node: Node| node.attribute("name").filter(|name| name.starts_with("ua-")).map(str::to_owned);
            repeated(aliases, kept, |name| format!("a second device is called `{name}`"))
        },
    },
    Rule {
        family: at_start("A port already exists by name"),
        name: "channel-name",
        why: "The guest finds a channel by its name.",
        help: "leave out the second one",
        source: "tried on QEMU 7.2, 10.0 and 11.1",
        find: |subject| {
            let targets = subject.all("devices/channel/target[@type=virtio]");
            repeated(targets, |node| node.attribute("name"), |name| format!("a second channel is called `{name}`"))
        },
    },
    Rule {
        family: at_define("specified twice"),
        name: "filesystem-target",
        why: "The guest mounts a shared folder by this name.",
        help: "give each its own name",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let targets = virtiofs(subject).filter_map(|folder| child(folder, "target"));
            repeated(targets, |node| node.attribute("dir"), |dir| format!("a second shared folder is called `{dir}`"))
        },
    },
    Rule {
        family: at_define("requires shared memory"),
        name: "virtiofs-memory",
        why: "A program outside QEMU, such as virtiofsd, reads and writes the guest's memory itself, so that memory must be shared.",
        help: "add `<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>`",
        source: "libvirt docs/kbase/virtiofs.rst",
        find: |subject| {
            let shared = subject.has("memoryBacking/access[@mode=shared]");
            // Memory nodes can each be shared or not; then libvirt's answer is not for us to give.
            let nodes = subject.has("cpu/numa/cell");
            let folders = virtiofs(subject);
            let disks = disks(subject).filter(|disk| disk.attribute("type") == Some("vhostuser"));
            let all = folders.chain(disks).filter(|_| !shared && !nodes);
            all.map(|node| Violation::at(node, "this device needs shared memory")).collect()
        },
    },
    Rule {
        family: at_define("virtiofs only supports passthrough accessmode"),
        name: "virtiofs-access-mode",
        why: "virtiofsd passes file ownership through unchanged.",
        help: "leave out `accessmode`",
        source: "libvirt docs/kbase/virtiofs.rst",
        find: |subject| {
            let other = |node: &Node| node.attribute("accessmode").is_some_and(|mode| mode != "passthrough");
            let folders = virtiofs(subject).filter(other);
            folders.map(|node| Violation::at_attribute(node, "accessmode", "virtiofs has only `passthrough`")).collect()
        },
    },
    Rule {
        family: at_define_until(v(10, 0, 0), "virtiofs is not yet supported in session mode"),
        name: "virtiofs-session",
        why: "A session can run virtiofsd since libvirt 10.0.",
        help: "share the folder differently (SPICE's WebDAV, or over the network), or state the releases the document is meant for (`--floor`)",
        source: "libvirt NEWS 10.0.0; docs/kbase/virtiofs.rst",
        find: |subject| {
            let session = subject.target().connection == Some(Connection::Session);
            let folders = virtiofs(subject).filter(|_| session);
            folders
                .map(|node| Violation::at(node, "a session of an older libvirt cannot share folders with virtiofs"))
                .collect()
        },
    },
    Rule {
        family: at_define("only a single TPM non-proxy device is supported"),
        name: "tpm-twice",
        why: "A machine has one TPM.",
        help: "keep one of the two",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let tpms = subject.all("devices/tpm").into_iter();
            let tpms = tpms.filter(|node| node.attribute("model") != Some("spapr-tpm-proxy"));
            repeated(tpms, |_| Some(()), |()| "a second TPM".to_owned())
        },
    },
    Rule {
        family: at_define("TPM 1.2"),
        name: "tpm-version",
        why: "The interface `tpm-crb` exists since TPM 2.0.",
        help: "write `version='2.0'`, or `model='tpm-tis'`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let old = subject.all("devices/tpm[@model=tpm-crb]/backend[@type=emulator][@version=1.2]").into_iter();
            old.map(|node| Violation::at_attribute(node, "version", "this model is TPM 2.0 only")).collect()
        },
    },
    Rule {
        family: at_define("ps2 bus does not support"),
        name: "input-bus",
        why: "PS/2 has mice and keyboards, but no tablets.",
        help: "write `bus='usb'` or `bus='virtio'`",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let tablets = subject.all("devices/input[@type=tablet][@bus=ps2]").into_iter();
            tablets.map(|node| Violation::at_attribute(node, "bus", "a tablet cannot be on PS/2")).collect()
        },
    },
    Rule {
        family: at_define("is only supported with Q35 machines"),
        name: "iommu-chipset",
        why: "Intel's IOMMU is a part of Q35.",
        help: "write `machine='q35'`, or leave out `<iommu>`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let arm = subject.value("os/type", "arch") == Some("aarch64");
            let lacks = arm || subject.is_i440fx();
            let units = subject.all("devices/iommu[@model=intel]").into_iter().filter(|_| lacks);
            let machine = if arm { "an ARM machine" } else { "this chipset (i440FX)" };
            units.map(|node| Violation::at(node, format!("{machine} has no such IOMMU"))).collect()
        },
    },
    Rule {
        family: at_define("IOMMU eim requires interrupt remapping to be enabled"),
        name: "iommu-eim",
        why: "Extended interrupt mode needs the IOMMU's interrupt remapping.",
        help: "add `intremap='on'`, or leave out `eim`",
        source: "libvirt docs/formatdomain.rst, IOMMU devices",
        find: |subject| {
            let drivers = subject.all("devices/iommu[@model=intel]/driver[@eim=on]").into_iter();
            let without = drivers.filter(|node| node.attribute("intremap") != Some("on"));
            without.map(|node| Violation::at_attribute(node, "eim", "this needs `intremap='on'`")).collect()
        },
    },
    Rule {
        family: at_define("Multiple panic devices with model"),
        name: "panic-twice",
        why: "A machine has at most one panic device of each model.",
        help: "keep one of the two",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let devices = subject.all("devices/panic");
            repeated(
                devices,
                |node| node.attribute("model"),
                |model| format!("a second panic device of model `{model}`"),
            )
        },
    },
    Rule {
        family: at_define("only supports mount filesystem type"),
        name: "filesystem-type",
        why: "The other types are those of containers.",
        help: "write `type='mount'`",
        source: "libvirt docs/formatdomain.rst, filesystems",
        find: |subject| {
            let other =
                |node: &Node| matches!(node.attribute("type"), Some("file" | "block" | "ram" | "bind" | "template"));
            let all = subject.all("devices/filesystem").into_iter().filter(other);
            all.map(|node| Violation::at_attribute(node, "type", "a virtual machine has only `mount`")).collect()
        },
    },
    Rule {
        family: at_define("fmode and dmode must be used with accessmode=mapped"),
        name: "filesystem-modes",
        why: "Only where owners and modes are mapped are there modes for new files.",
        help: "leave out `fmode` and `dmode`, or write `accessmode='mapped'` (without virtiofs)",
        source: "libvirt docs/formatdomain.rst, filesystems",
        find: |subject| {
            let all = subject
                .all("devices/filesystem")
                .into_iter()
                .filter(|node| node.attribute("accessmode") != Some("mapped"));
            let name = |node: &Node| ["fmode", "dmode"].into_iter().find(|name| node.has_attribute(*name));
            all.filter_map(|node| {
                Some(Violation::at_attribute(node, name(&node)?, "this access mode has no such modes"))
            })
            .collect()
        },
    },
    Rule {
        family: at_define_until(v(11, 0, 0), "virtiofs does not yet support read-only mode"),
        name: "virtiofs-read-only",
        why: "virtiofsd can share a folder read-only since libvirt 11.0.",
        help: "leave out `<readonly/>`, and mount it read-only in the guest; or state the releases the document is meant for (`--floor`)",
        source: "libvirt NEWS 11.0.0",
        find: |subject| {
            let fixed = virtiofs(subject).filter_map(|node| child(node, "readonly"));
            fixed.map(|node| Violation::at(node, "an older libvirt cannot share a folder read-only")).collect()
        },
    },
    Rule {
        family: at_define("unsupported input bus xen"),
        name: "input-xen",
        why: "Only Xen has this bus.",
        help: "write `bus='usb'` or `bus='virtio'`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let all = subject.all("devices/input[@bus=xen]").into_iter();
            all.map(|node| Violation::at_attribute(node, "bus", "QEMU's machines do not have this bus")).collect()
        },
    },
    Rule {
        family: at_define("guests support panic device of model"),
        name: "panic-architecture",
        why: "These are the panic devices of POWER servers and mainframes.",
        help: "write `model='isa'`",
        source: "libvirt docs/formatdomain.rst, panic device",
        find: |subject| {
            let x86 = matches!(subject.value("os/type", "arch"), Some("x86_64" | "i686"));
            let other = |node: &Node| x86 && matches!(node.attribute("model"), Some("pseries" | "s390"));
            let all = subject.all("devices/panic").into_iter().filter(other);
            all.map(|node| Violation::at_attribute(node, "model", "x86 machines do not have this device")).collect()
        },
    },
    Rule {
        family: at_define("does not support TPM model"),
        name: "tpm-architecture",
        why: "`tpm-crb` belongs to PCs, and the models with `spapr` to POWER servers; `tpm-tis` works on PCs and on ARM.",
        help: "write `model='tpm-tis'`",
        source: "libvirt docs/formatdomain.rst, TPM device",
        find: |subject| {
            let arch = subject.value("os/type", "arch");
            let other = |node: &Node| match node.attribute("model") {
                Some("tpm-spapr" | "spapr-tpm-proxy") => matches!(arch, Some("x86_64" | "i686" | "aarch64")),
                Some("tpm-crb") => arch == Some("aarch64"),
                _ => false,
            };
            let all = subject.all("devices/tpm").into_iter().filter(other);
            all.map(|node| Violation::at_attribute(node, "model", "this machine does not have this TPM")).collect()
        },
    },
    Rule {
        family: at_define("is only supported by virtio-scsi"),
        name: "controller-options",
        why: "These are options of virtio's SCSI controller.",
        help: "write `model='virtio-scsi'`, or leave them out",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let controllers = subject.all("devices/controller[@type=scsi][@model=lsilogic]").into_iter();
            let name = |node: &Node| {
                ["cmd_per_lun", "max_sectors", "ioeventfd"].into_iter().find(|name| node.has_attribute(*name))
            };
            let drivers = controllers.filter_map(|node| child(node, "driver"));
            drivers
                .filter_map(|node| Some(Violation::at_attribute(node, name(&node)?, "this model does not have it")))
                .collect()
        },
    },
    Rule {
        family: at_define("address of type 'unassigned' is supported only for hostdevs"),
        name: "address-unassigned",
        why: "Only a device of the host can be kept out of the guest.",
        help: "leave out the `<address>`",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            // A virtio disk has another rule.
            let others = subject.devices().filter(|node| !matches!(node.tag_name().name(), "hostdev" | "disk"));
            let all = others
                .filter_map(|node| child(node, "address"))
                .filter(|node| node.attribute("type") == Some("unassigned"));
            all.map(|node| Violation::at(node, "this device has a place in the machine")).collect()
        },
    },
    Rule {
        family: at_define("lacks multiple smartcard support"),
        name: "smartcard-twice",
        why: "QEMU has one reader for smart cards.",
        help: "keep one of the two",
        source: "libvirt src/qemu/qemu_command.c",
        find: |subject| repeated(subject.all("devices/smartcard"), |_| Some(()), |()| "a second smart card".to_owned()),
    },
];

/// The folders shared by virtiofsd.
fn virtiofs<'a, 'input>(subject: &Subject<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    let folders = subject.all("devices/filesystem").into_iter();
    folders.filter(|folder| child_value(*folder, "driver", "type") == Some("virtiofs"))
}
