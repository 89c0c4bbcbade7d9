//! Memory.

use super::at_define;
use crate::rules::{Fault, Rule};

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("Memory size must be specified"),
        name: "memory-zero",
        why: "A machine has memory.",
        repair: "write how much, for example `<memory unit='GiB'>4</memory>`",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let none = subject.all("cpu/numa/cell").is_empty();
            let zero = subject.all("memory").into_iter().filter(|node| none && node.text().map(str::trim) == Some("0"));
            zero.map(|node| Fault::at_text(node, "the machine has no memory")).collect()
        },
    },
    Rule {
        family: at_define("hugepages are not allowed with"),
        name: "hugepages",
        why: "Huge pages are set aside on the host and taken at the start, so they cannot be anonymous memory or be taken on demand.",
        repair: "leave out `<hugepages>`: the host gives transparent huge pages by itself; or leave out what is marked",
        source: "libvirt docs/formatdomain.rst, memory backing",
        find: |subject| {
            let Some(huge) = subject.first("memoryBacking/hugepages") else { return Vec::new() };
            let others = ["memoryBacking/source[@type=anonymous]", "memoryBacking/allocation[@mode=ondemand]"];
            let others = others.into_iter().flat_map(|at| subject.all(at));
            others
                .map(|node| Fault::at(node, "this kind of memory has no huge pages").with(huge, "asked for here"))
                .collect()
        },
    },
];
