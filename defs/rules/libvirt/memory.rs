//! Memory.

use super::at_define;
use crate::rules::{Rule, Violation};

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("Memory size must be specified"),
        name: "memory-zero",
        why: "A machine needs memory.",
        help: "write how much, for example `<memory unit='GiB'>4</memory>`",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            if subject.has("cpu/numa/cell") {
                return Vec::new();
            }
            let message = "the machine has no memory";
            let stated = subject.all("memory");
            if stated.is_empty() {
                return vec![Violation::at(subject.root(), message)];
            }
            let zero = stated.into_iter().filter(|node| node.text().map(str::trim) == Some("0"));
            zero.map(|node| Violation::at_text(node, message)).collect()
        },
    },
    Rule {
        family: at_define("hugepages are not allowed with"),
        name: "hugepages",
        why: "Huge pages are reserved on the host and allocated at the start, so the memory can be neither anonymous nor allocated on demand.",
        help: "leave out `<hugepages>` (the host provides transparent huge pages by itself), or leave out what is marked",
        source: "libvirt docs/formatdomain.rst, memory backing",
        find: |subject| {
            let Some(huge) = subject.first("memoryBacking/hugepages") else { return Vec::new() };
            let others = ["memoryBacking/source[@type=anonymous]", "memoryBacking/allocation[@mode=ondemand]"];
            let others = others.into_iter().flat_map(|at| subject.all(at));
            others
                .map(|node| Violation::at(node, "this kind of memory has no huge pages").with(huge, "asked for here"))
                .collect()
        },
    },
];
