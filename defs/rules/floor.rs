//! Names that the releases a document is meant for do not know yet.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::{Family, Rule, Subject, Violation};
use crate::introduced::{INTRODUCED, Introduced};
use crate::path::Tail;
use crate::version::{ALWAYS, Since, Version};

/// The rules: one for each kind of name.
pub static RULES: &[Rule] = &[
    newer("element", |subject| names(subject, "element")),
    newer("attribute", |subject| names(subject, "attribute")),
    newer("value", |subject| names(subject, "value")),
];

/// The rule about a kind of name.
const fn newer(kind: &'static str, find: fn(&Subject) -> Vec<Violation>) -> Rule {
    Rule {
        family: Family::Floor,
        name: kind,
        why: "An older libvirt silently drops elements and attributes that it does not know (`virsh define --validate` refuses them), and refuses unknown values. An older QEMU, or one on an older Linux, does not start the machine.",
        help: "leave it out, or state the releases the document is meant for (`--floor`)",
        source: "defs/introduced.rs, from libvirt's documentation and its schemas of 9.0, 11.3 and 12.8",
        find,
    }
}

/// The numbers of the names in their table, by kind and by the element they are about. A document has few of these elements.
static BY_ELEMENT: LazyLock<FxHashMap<&str, FxHashMap<&str, Vec<usize>>>> = LazyLock::new(|| {
    let mut by_element: FxHashMap<_, FxHashMap<_, Vec<_>>> = FxHashMap::default();
    for (number, newer) in INTRODUCED.iter().enumerate() {
        let element = newer.at.steps().last().map_or("*", |step| step.name);
        by_element.entry(newer.at.tail().kind()).or_default().entry(element).or_default().push(number);
    }
    by_element
});

/// Each name of a kind that is newer than the floor, at its first place.
fn names(subject: &Subject, kind: &str) -> Vec<Violation> {
    let floor = subject.target().floor;
    let emulates = subject.root().attribute("type") == Some("qemu");
    let since = |newer: &Introduced| if emulates { newer.since.emulated() } else { newer.since };
    let Some(by_element) = BY_ELEMENT.get(kind) else { return Vec::new() };
    let mut numbers: Vec<_> =
        subject.names().chain(["*"]).filter_map(|name| by_element.get(name)).flatten().copied().collect();
    numbers.sort_unstable();
    let names = numbers.into_iter().map(|number| &INTRODUCED[number]);
    names.filter(|newer| !since(newer).within(floor)).filter_map(|newer| first(subject, newer, since(newer))).collect()
}

fn first(subject: &Subject, newer: &Introduced, since: Since) -> Option<Violation> {
    let floor = subject.target().floor;
    let above = |release: Version, floor: Version| if release > floor { release } else { ALWAYS };
    let needs = Since {
        libvirt: above(since.libvirt, floor.libvirt),
        qemu: above(since.qemu, floor.qemu),
        linux: above(since.linux, floor.linux),
    };
    let elements = subject.at(newer.at.as_str());
    // To read it costs more than to look for an element that is not there.
    let tail = if elements.is_empty() { return None } else { newer.at.tail() };
    elements.into_iter().find_map(|node| {
        let element = node.tag_name().name();
        match tail {
            Tail::Element => Some(Violation::at(node, format!("<{element}> here needs {needs}"))),
            Tail::Attribute(name) => node
                .attribute_node(name)
                .map(|_| Violation::at_attribute(node, name, format!("`{name}` of <{element}> needs {needs}"))),
            Tail::Value(name, value) => (node.attribute(name) == Some(value)).then(|| {
                Violation::at_attribute(node, name, format!("`{name}=\"{value}\"` of <{element}> needs {needs}"))
            }),
            Tail::Text(value) => (node.text().map(str::trim) == Some(value))
                .then(|| Violation::at_text(node, format!("`{value}` in <{element}> needs {needs}"))),
        }
    })
}
