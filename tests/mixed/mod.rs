//! Documents put together from parts of others.

use std::collections::BTreeMap;
use std::ops::Range;

use roxmltree::{Document, Node};

/// Seeded, so that a failure can be looked at again.
const SEED: u64 = 113;
/// What there is one of in a domain, in an order that libvirt's own documents have.
const SINGLE: [&str; 14] = [
    "memory",
    "currentMemory",
    "memoryBacking",
    "vcpu",
    "iothreads",
    "iothreadids",
    "cputune",
    "sysinfo",
    "os",
    "features",
    "cpu",
    "clock",
    "pm",
    "maxMemory",
];

/// Documents each of which has the parts of a few of `sources`: of what there is one of, one source's; of devices, all.
pub fn mixtures(sources: &[String], number: usize) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(SEED);
    let parsed: Vec<_> = sources.iter().filter_map(|text| Document::parse(text).ok()).collect();
    let mix = |_| {
        let several = random.usize(2..4);
        let chosen: Vec<_> = (0..several).filter_map(|_| random.choice(&parsed)).collect();
        mixture(&chosen, &mut random)
    };
    (0..number).map(mix).collect()
}

fn mixture(sources: &[&Document], random: &mut fastrand::Rng) -> String {
    let mut parts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut devices = Vec::new();
    for source in sources {
        let text = |range: Range<usize>| source.input_text()[range].to_owned();
        for child in source.root_element().children().filter(Node::is_element) {
            match SINGLE.iter().find(|name| child.has_tag_name(**name)) {
                Some(name) => parts.entry(*name).or_default().push(text(child.range())),
                None if child.has_tag_name("devices") => {
                    devices.extend(child.children().filter(Node::is_element).map(|device| text(device.range())));
                }
                None => {}
            }
        }
    }
    // A second VNC display would be refused whatever else there is; and so would most repetitions.
    devices.sort();
    devices.dedup();
    let singles = SINGLE.iter().filter_map(|name| random.choice(parts.get(name)?).cloned());
    let lines: Vec<_> = singles.collect();
    format!(
        "<domain type='qemu'>\n<name>mixture</name>\n{}\n<devices>\n{}\n</devices>\n</domain>\n",
        lines.join("\n"),
        devices.join("\n")
    )
}
