//! The model of the CPU, its caches, its clocks.

use roxmltree::Node;

use super::{at_define, at_start};
use crate::rules::{Rule, Subject, Violation, child};

/// The CPU models of x86 that libvirt 9.0 to 12.8 know.
const MODELS: &str = include_str!("x86/models.txt");
/// The features of x86 CPUs that they know.
const FEATURES: &str = include_str!("x86/features.txt");

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("CPU vendor specified without CPU model"),
        name: "cpu-vendor",
        why: "The vendor belongs to a model.",
        help: "leave out `<vendor>`, or name a model",
        source: "libvirt src/conf/cpu_conf.c",
        find: |subject| {
            let without = subject.first("cpu").filter(|cpu| !names_a_model(*cpu));
            without
                .and_then(|cpu| child(cpu, "vendor"))
                .map(|node| Violation::at(node, "no CPU model is named"))
                .into_iter()
                .collect()
        },
    },
    Rule {
        family: at_define("Non-empty feature list specified without CPU model"),
        name: "cpu-features",
        why: "Features are added to a model, or to the host's CPU.",
        help: "name a model, or write `mode='host-passthrough'`",
        source: "libvirt src/conf/cpu_conf.c",
        find: |subject| {
            // Without a model, the vendor comes first.
            let cpu = without_model(subject.first("cpu")).filter(|cpu| child(*cpu, "vendor").is_none());
            cpu.and_then(|cpu| child(cpu, "feature"))
                .map(|node| Violation::at(node, "no CPU model is named"))
                .into_iter()
                .collect()
        },
    },
    Rule {
        family: at_define("CPU cache"),
        name: "cpu-cache-level",
        why: "An emulated cache is one of the third level; the other modes are about all levels.",
        help: "write `level='3'` with `mode='emulate'`, and no `level` with other modes",
        source: "libvirt docs/formatdomain.rst, CPU model and topology",
        find: |subject| {
            let passed = matches!(subject.value("cpu", "mode"), Some("host-passthrough" | "maximum"));
            let wrong = |node: &Node| match node.attribute("mode") {
                Some("emulate") => node.attribute("level") != Some("3"),
                Some("passthrough") => passed && node.has_attribute("level"),
                Some("disable") => node.has_attribute("level"),
                _ => false,
            };
            let caches = subject.all("cpu/cache").into_iter().filter(wrong);
            caches.map(|node| Violation::at(node, "this mode does not have this level")).collect()
        },
    },
    Rule {
        family: at_define("cannot be used with mode='passthrough'"),
        name: "cpu-address-bits",
        why: "The host's number of bits is passed on.",
        help: "leave out `bits`, or write `mode='emulate'`",
        source: "libvirt docs/formatdomain.rst, CPU model and topology",
        find: |subject| {
            let passed = subject.all("cpu/maxphysaddr[@mode=passthrough]").into_iter();
            let stated = passed.filter(|node| node.has_attribute("bits"));
            stated.map(|node| Violation::at_attribute(node, "bits", "the host's number is passed on")).collect()
        },
    },
    Rule {
        family: at_define("timer is not supported for virtType"),
        name: "timer-architecture",
        why: "Each architecture has clocks of its own.",
        help: "leave it out",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let wrong = |node: &Node| match (subject.value("os/type", "arch"), node.attribute("name")) {
                (Some("x86_64" | "i686"), Some(name)) => name == "armvtimer",
                (Some("aarch64"), Some(name)) => {
                    matches!(name, "kvmclock" | "hypervclock" | "tsc") && node.attribute("present") == Some("yes")
                }
                _ => false,
            };
            let timers = subject.all("clock/timer").into_iter().filter(wrong);
            timers.map(|node| Violation::at_attribute(node, "name", "this machine does not have this clock")).collect()
        },
    },
    Rule {
        family: at_define("rtc timer track"),
        name: "timer-track",
        why: "QEMU's real-time clock follows the guest's time or the host's.",
        help: "write `track='guest'` or `track='wall'`",
        source: "libvirt docs/formatdomain.rst, time keeping",
        find: |subject| {
            let timers = subject
                .all("clock/timer[@name=rtc]")
                .into_iter()
                .filter(|node| node.attribute("track") == Some("boot"));
            timers.map(|node| Violation::at_attribute(node, "track", "QEMU does not have it")).collect()
        },
    },
    Rule {
        family: at_start("Unknown CPU model"),
        name: "cpu-model",
        why: "libvirt knows QEMU's CPU models by their names, and these are of libvirt 12.8.",
        help: "write `<cpu mode='host-passthrough'/>`, or a model that `virsh cpu-models x86_64` lists",
        source: "libvirt src/cpu_map",
        find: |subject| {
            let unknown =
                |node: &Node| node.text().is_some_and(|text| !text.trim().is_empty() && !is_known(MODELS, text.trim()));
            let models = subject.all("cpu/model").into_iter().filter(|node| is_x86(subject) && unknown(node));
            models.map(|node| Violation::at_text(node, "libvirt does not know this CPU model")).collect()
        },
    },
    Rule {
        family: at_start("unknown CPU feature"),
        name: "cpu-feature",
        why: "libvirt knows the features of CPUs by their names, and these are of libvirt 12.8.",
        help: "write it as libvirt does: `sse4.2`, not `sse4_2`",
        source: "libvirt src/cpu_map/x86_features.xml",
        find: |subject| {
            let unknown = |node: &Node| node.attribute("name").is_some_and(|name| !is_known(FEATURES, name));
            let features = subject.all("cpu/feature").into_iter().filter(|node| is_x86(subject) && unknown(node));
            features
                .map(|node| Violation::at_attribute(node, "name", "libvirt does not know this CPU feature"))
                .collect()
        },
    },
];

/// A CPU of the mode `custom` that names no model.
fn without_model<'a, 'input>(cpu: Option<Node<'a, 'input>>) -> Option<Node<'a, 'input>> {
    cpu.filter(|cpu| matches!(cpu.attribute("mode"), None | Some("custom")) && !names_a_model(*cpu))
}

fn names_a_model(cpu: Node) -> bool {
    child(cpu, "model").is_some_and(|model| model.text().is_some_and(|text| !text.trim().is_empty()))
}

fn is_x86(subject: &Subject) -> bool {
    matches!(subject.value("os/type", "arch"), Some("x86_64" | "i686"))
}

fn is_known(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|known| known == name)
}
