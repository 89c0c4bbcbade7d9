//! Everything else in `<devices>`: addresses, controllers, channels, TPM, input.

use roxmltree::Node;

use super::{at_define, at_define_until, at_start};
use crate::connection::Connection;
use crate::rules::{Rule, Subject, Violation, child, child_value, repeated};
use crate::version::v;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("Attempted double use of PCI Address"),
        name: "pci-address",
        why: "Two devices cannot have the same PCI address.",
        help: "leave out the `<address>` of both: libvirt finds free ones",
        source: "libvirt docs/pci-addresses.rst",
        find: |subject| {
            // What else may have such an address, libvirt does not place there.
            let placed =
                subject.devices().filter(|device| ON_PCI.contains(&device.tag_name().name()) && is_there(*device));
            let placed = placed.filter_map(|device| child(device, "address"));
            let pci = placed.filter(|address| address.attribute("type") == Some("pci"));
            let place = |address: Node| {
                let number = |name| address.attribute(name).map_or(Some(0), hex);
                let (domain, bus, slot) = (number("domain")?, number("bus")?, number("slot")?);
                // All zero stands for "choose one", whatever the function.
                ((domain, bus, slot) != (0, 0, 0)).then_some((domain, bus, slot, number("function")?))
            };
            repeated(pci, place, |(domain, bus, slot, function)| {
                format!("a second device has the PCI address {domain:04x}:{bus:02x}:{slot:02x}.{function:x}")
            })
        },
    },
    Rule {
        family: at_define("Found duplicate drive address for disk"),
        name: "drive-address",
        why: "Two disks cannot have the same place on a controller.",
        help: "leave out the `<address>` of both: libvirt finds free ones",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let disks = subject.all("devices/disk").into_iter();
            let placed = disks.filter_map(|disk| {
                let address = child(disk, "address").filter(|address| address.attribute("type") == Some("drive"))?;
                child_value(disk, "target", "bus").map(|_| address)
            });
            let place = |address: Node| {
                let bus = address.parent_element().and_then(|disk| child_value(disk, "target", "bus"))?.to_owned();
                let number = |name| address.attribute(name).map_or(Some(0), |number| number.parse::<u32>().ok());
                Some((bus, number("controller")?, number("bus")?, number("target")?, number("unit")?))
            };
            repeated(placed, place, |(bus, ..)| format!("a second disk has this place on the {bus} controller"))
        },
    },
    Rule {
        family: at_define("for this machine type, but model="),
        name: "pci-root",
        why: "The chipset determines the root of the PCI bus: `pcie-root` for Q35, `pci-root` for the i440FX. The controllers of one do not fit the other.",
        help: "leave out all controllers of type `pci`: libvirt adds those it needs",
        source: "libvirt docs/pci-hotplug.rst",
        find: |subject| {
            let (right, wrong) = match (subject.is_q35(), subject.is_i440fx()) {
                (true, _) => ("pcie-root", "pci-root"),
                (_, true) => ("pci-root", "pcie-root"),
                _ => return Vec::new(),
            };
            let roots = subject.all("devices/controller[@type=pci][@index=0]").into_iter();
            let roots = roots.filter(|node| node.attribute("model") == Some(wrong));
            let message = format!("the root of this chipset's PCI bus is `{right}`, not `{wrong}`");
            roots.map(|node| Violation::at_attribute(node, "model", message.clone())).collect()
        },
    },
    Rule {
        family: at_define("controllers with index"),
        name: "controller-index",
        why: "A controller is identified by its type and index.",
        help: "give it the next free number, or leave out `index`",
        source: "libvirt docs/formatdomain.rst, controllers",
        find: |subject| {
            // One USB 2 controller is four with the same number: a master and its companions.
            let controllers = subject.all("devices/controller").into_iter();
            let controllers = controllers.filter(|node| node.attribute("type") != Some("usb"));
            let key =
                |node: Node| Some((node.attribute("type")?.to_owned(), node.attribute("index")?.parse::<u32>().ok()?));
            repeated(controllers, key, |(kind, index)| format!("a second {kind} controller has the index {index}"))
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
        why: "virtiofsd reads and writes the guest's memory itself, so that memory must be shared.",
        help: "add `<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>`",
        source: "libvirt docs/kbase/virtiofs.rst",
        find: |subject| {
            let shared = subject.has("memoryBacking/access[@mode=shared]");
            // Memory nodes can each be shared or not; then libvirt's answer is not for us to give.
            let nodes = subject.has("cpu/numa/cell");
            let folders = virtiofs(subject).filter(|_| !shared && !nodes);
            folders.map(|node| Violation::at(node, "this shared folder needs shared memory")).collect()
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
            let session = subject.target.connection == Some(Connection::Session);
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
            let units = subject.all("devices/iommu[@model=intel]").into_iter().filter(|_| subject.is_i440fx());
            units.map(|node| Violation::at(node, "this chipset (i440FX) has no IOMMU")).collect()
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
];

/// Devices that have a place on the PCI bus.
const ON_PCI: [&str; 13] = [
    "disk",
    "filesystem",
    "controller",
    "interface",
    "input",
    "sound",
    "video",
    "hostdev",
    "watchdog",
    "memballoon",
    "rng",
    "shmem",
    "vsock",
];

/// Whether a device is one at all: the model `none` says that there is none.
fn is_there(device: Node) -> bool {
    device.attribute("model") != Some("none") && child_value(device, "model", "type") != Some("none")
}

/// The folders shared by virtiofsd.
fn virtiofs<'a, 'input>(subject: &Subject<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    let folders = subject.all("devices/filesystem").into_iter();
    folders.filter(|folder| child_value(*folder, "driver", "type") == Some("virtiofs"))
}

/// A number of a PCI address, in hexadecimal with `0x` or in decimal.
fn hex(number: &str) -> Option<u32> {
    match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    }
}
