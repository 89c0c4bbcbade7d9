//! Names that the releases a document is meant for do not know yet.
//!
//! Without `--validate`, `virsh define` drops an element or attribute that it does not know in silence, and refuses a value.

use std::sync::LazyLock;

use super::{Family, Fault, Rule, Subject};
use crate::newer::{NEWER, Newer, Place};

/// The table, taken apart once.
static PLACES: LazyLock<Vec<(&Newer, &str, Place)>> = LazyLock::new(|| {
    let apart = |newer: &'static Newer| {
        let (path, place) = newer.place();
        (newer, path, place)
    };
    NEWER.iter().map(apart).collect()
});

/// The rules: one for each kind of name.
pub static RULES: &[Rule] = &[
    Rule {
        family: Family::Floor,
        name: "element",
        why: "An older libvirt drops an element that it does not know without a word (with `virsh define --validate`, it refuses it), and an older QEMU does not start the machine.",
        repair: "leave it out, or state the releases the document is meant for (`--floor`)",
        source: "defs/newer.rs, from libvirt's documentation and its schemas of 9.0, 11.3 and 12.8",
        find: |subject| newer(subject, |place| matches!(place, Place::Element)),
    },
    Rule {
        family: Family::Floor,
        name: "attribute",
        why: "An older libvirt drops an attribute that it does not know without a word (with `virsh define --validate`, it refuses it), and an older QEMU does not start the machine.",
        repair: "leave it out, or state the releases the document is meant for (`--floor`)",
        source: "defs/newer.rs, from libvirt's documentation and its schemas of 9.0, 11.3 and 12.8",
        find: |subject| newer(subject, |place| matches!(place, Place::Attribute(_))),
    },
    Rule {
        family: Family::Floor,
        name: "value",
        why: "An older libvirt refuses to define a machine with a value that it does not know, and an older QEMU does not start it.",
        repair: "choose an older value, or state the releases the document is meant for (`--floor`)",
        source: "defs/newer.rs, from libvirt's documentation and its schemas of 9.0, 11.3 and 12.8",
        find: |subject| newer(subject, |place| matches!(place, Place::Value(..) | Place::Text(_))),
    },
];

/// Each name of a kind that is newer than the floor, where it first stands.
fn newer(subject: &Subject, kind: fn(&Place) -> bool) -> Vec<Fault> {
    let floor = subject.target.floor;
    let names = PLACES.iter().filter(|(newer, _, place)| kind(place) && !newer.since.within(floor));
    names.filter_map(|(newer, path, place)| first(subject, newer, path, *place)).collect()
}

fn first(subject: &Subject, newer: &Newer, path: &str, place: Place) -> Option<Fault> {
    let floor = subject.target.floor;
    let needs = || match (newer.since.libvirt > floor.libvirt, newer.since.qemu > floor.qemu) {
        (true, true) => format!("libvirt {} and QEMU {}", newer.since.libvirt, newer.since.qemu),
        (true, false) => format!("libvirt {}", newer.since.libvirt),
        (false, _) => format!("QEMU {}", newer.since.qemu),
    };
    subject.all(path).into_iter().find_map(|node| {
        let element = node.tag_name().name();
        match place {
            Place::Element => Some(Fault::at(node, format!("<{element}> here needs {}", needs()))),
            Place::Attribute(name) => node
                .attribute_node(name)
                .map(|_| Fault::at_attribute(node, name, format!("`{name}` of <{element}> needs {}", needs()))),
            Place::Value(name, value) => (node.attribute(name) == Some(value)).then(|| {
                Fault::at_attribute(node, name, format!("`{name}=\"{value}\"` of <{element}> needs {}", needs()))
            }),
            Place::Text(value) => (node.text().map(str::trim) == Some(value))
                .then(|| Fault::at_text(node, format!("`{value}` in <{element}> needs {}", needs()))),
        }
    })
}
