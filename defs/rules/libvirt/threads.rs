//! I/O threads: which devices have some, and which of the machine's.

use roxmltree::Node;

use super::cpu::threads;
use super::{at_define, at_define_since};
use crate::rules::{Rule, Subject, Violation, child, repeated};
use crate::version::v;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("attribute only supported for virtio scsi controllers"),
        name: "iothread-controller",
        why: "Of controllers, only virtio's for SCSI has I/O threads.",
        help: "write `model='virtio-scsi'`, or leave out the I/O threads",
        source: "libvirt docs/formatdomain.rst, controllers; src/conf/domain_validate.c",
        find: |subject| {
            let controllers = subject.all("devices/controller[@type=scsi]").into_iter();
            let others = controllers.filter(is_other);
            let drivers = others.filter_map(|node| child(node, "driver"));
            // 0 is none.
            let threaded = drivers.filter(|node| node.attribute("iothread").is_some_and(|id| id.trim() != "0"));
            threaded.map(|node| Violation::at_attribute(node, "iothread", "this model has no I/O threads")).collect()
        },
    },
    Rule {
        family: at_define_since(v(11, 2, 0), "iothreads are supported only by"),
        name: "iothreads-controller",
        why: "Of controllers, only virtio's for SCSI has I/O threads. Releases before 11.2 do not know `<iothreads>` here.",
        help: "write `model='virtio-scsi'`, or leave out `<iothreads>`",
        source: "libvirt docs/formatdomain.rst, controllers",
        find: |subject| {
            let others = subject.all("devices/controller[@type=scsi]").into_iter().filter(is_other);
            let threads = others.filter_map(|node| child(node, "driver")).filter_map(|node| child(node, "iothreads"));
            threads.map(|node| Violation::at(node, "this model has no I/O threads")).collect()
        },
    },
    Rule {
        family: at_define_since(v(11, 2, 0), "attribute can't be used together with 'iothreads' subelement"),
        name: "iothread-both",
        why: "A device has one I/O thread, or several. Releases before 11.2 do not know `<iothreads>` in controllers.",
        help: "leave out `iothread`, or `<iothreads>`",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let both = mapped(subject).filter_map(|threads| threads.parent_element());
            let both = both.filter(|driver| driver.has_attribute("iothread"));
            both.map(|node| Violation::at_attribute(node, "iothread", "this device has several I/O threads")).collect()
        },
    },
    Rule {
        family: at_define_since(v(11, 2, 0), "duplicate mapping for iothread"),
        name: "iothread-mapped-twice",
        why: "A device names each of its I/O threads once. Releases before 11.2 do not know `<iothreads>` in controllers.",
        help: "leave out the second one",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let again = |threads: Node<'_, '_>| {
                let threads: Vec<_> = threads.children().filter(|child| child.has_tag_name("iothread")).collect();
                repeated(threads, |node| node.attribute("id").map(str::to_owned), |id| format!("I/O thread {id} again"))
            };
            mapped(subject).flat_map(again).collect()
        },
    },
    Rule {
        family: at_define_since(v(11, 2, 0), "not defined in iothreadid"),
        name: "iothread-mapped",
        why: "A device names some of the machine's I/O threads, of which there are as many as `<iothreads>` in `<domain>` says. Releases before 11.2 do not know `<iothreads>` in controllers.",
        help: "raise the number in the machine's `<iothreads>`, or name existing threads (numbers start at 1)",
        source: "libvirt docs/formatdomain.rst, IOThreads allocation",
        find: |subject| {
            let Some(known) = threads(subject) else { return Vec::new() };
            let named = mapped(subject).flat_map(|threads| threads.children());
            let number = |node: &Node| node.attribute("id").and_then(|id| id.parse::<u64>().ok());
            let lost = named.filter(|node| number(node).is_some_and(|id| !known.contains(&id)));
            lost.map(|node| Violation::at_attribute(node, "id", "the machine does not have this I/O thread")).collect()
        },
    },
];

/// Whether a SCSI controller is not virtio's.
fn is_other(controller: &Node) -> bool {
    !controller.attribute("model").is_some_and(|model| model.starts_with("virtio"))
}

/// The lists of I/O threads that disks and controllers have.
fn mapped<'a, 'input>(subject: &Subject<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    let at = ["devices/disk/driver/iothreads", "devices/controller/driver/iothreads"];
    at.map(|at| subject.all(at)).into_iter().flatten()
}
