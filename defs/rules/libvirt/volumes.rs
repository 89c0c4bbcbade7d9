//! Volumes: documents of their own, for `virsh vol-create`.

use roxmltree::Node;

use super::{at_vol_create, blanks};
use crate::rules::{Rule, Violation, child_value};

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_vol_create("backing storage not supported for raw volumes"),
        name: "volume-backing",
        why: "A raw image has no place to name another one.",
        help: "write `<format type='qcow2'/>` in `<target>`, or leave out `<backingStore>`",
        source: "libvirt src/storage/storage_util.c",
        find: |subject| {
            let raw = |node: &Node| child_value(*node, "format", "type") == Some("raw");
            let raw = subject.all("target").iter().any(raw);
            let backed = subject.all("backingStore").into_iter().filter(|_| raw);
            backed.map(|node| Violation::at(node, "a raw volume cannot have another one behind it")).collect()
        },
    },
    Rule {
        family: at_vol_create("lazy_refcounts not supported with compat level 0.10"),
        name: "volume-features",
        why: "The format has features since its version 1.1.",
        help: "write `<compat>1.1</compat>`",
        source: "libvirt docs/formatstorage.rst, target elements",
        find: |subject| {
            let old = subject.all("target/compat").iter().any(|node| node.text().map(str::trim) == Some("0.10"));
            let features = subject.all("target/features/lazy_refcounts").into_iter().filter(|_| old);
            features.map(|node| Violation::at(node, "the old version of the format does not have it")).collect()
        },
    },
    Rule {
        family: at_vol_create("missing capacity element"),
        name: "volume-capacity",
        why: "A volume without a backing image needs a size of its own.",
        help: "add `<capacity unit='GiB'>20</capacity>`",
        source: "libvirt docs/formatstorage.rst, general metadata",
        find: |subject| {
            let without = !subject.has("capacity") && !subject.has("backingStore");
            without.then(|| Violation::at(subject.root(), "the volume has no <capacity>")).into_iter().collect()
        },
    },
    Rule {
        family: at_vol_create("unknown volume format type"),
        name: "volume-blanks",
        why: blanks::WHY,
        help: "leave out the blanks",
        source: "RELAX NG specification, 6.2.9; tried on libvirt 9.0, 11.3 and 12.8",
        find: |subject| {
            let formats = ["target/format", "backingStore/format"].into_iter().flat_map(|at| subject.all(at));
            let blank = formats.filter(|node| node.attribute("type").is_some_and(|word| word.trim() != word));
            blank
                .map(|node| Violation::at_attribute(node, "type", "libvirt knows this word without blanks around it"))
                .collect()
        },
    },
];
