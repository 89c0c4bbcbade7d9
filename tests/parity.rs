//! A guest is the same machine on both connections, but for what the connection forces.

use std::collections::BTreeSet;

use domain_definitions::{BOTH, Connection, Definition, GUESTS, render};
use roxmltree::{Document, Node};

/// What may differ, and why.
const FORCED: [(&str, &str); 7] = [
    ("metadata/definition@file", "it is another file"),
    ("memoryBacking", "the shared folder needs memory that virtiofsd can map"),
    ("devices/disk@type", "a session's disk is a volume, since a path would have a home in it"),
    ("devices/disk/source", "as above"),
    ("devices/filesystem", "a session can share folders only since libvirt 10.0"),
    ("devices/interface@type", "a session cannot use libvirt's networks"),
    ("devices/interface/source", "as above"),
];

#[test]
fn session_and_system_differ_only_in_what_the_connection_forces() {
    for guest in GUESTS {
        let [session, system] = [Connection::Session, Connection::System].map(|connection| {
            let domain = Definition { guest, connection }.domain();
            let text = render::element(&domain).expect("it can be written");
            facts(Document::parse(&text).expect("it was just written").root_element(), "")
        });
        let difference: Vec<_> = session.symmetric_difference(&system).collect();
        assert!(!difference.is_empty(), "{}: the two files are the same", guest.id);
        let surprises: Vec<_> = difference.into_iter().filter(|fact| !is_forced(fact)).collect();
        assert!(surprises.is_empty(), "{}: session and system differ in {surprises:#?}", guest.id);
    }
}

fn is_forced(fact: &str) -> bool {
    FORCED.iter().any(|(path, _)| fact.starts_with(path))
}

/// Every attribute and text, with the path to it; elements that occur several times are told apart by their place.
fn facts(node: Node, path: &str) -> BTreeSet<String> {
    let mut facts = BTreeSet::from([format!("{path} {}", node.text().unwrap_or_default().trim())]);
    facts.extend(node.attributes().map(|a| format!("{path}@{}={}", a.name(), a.value())));
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        let place = child.prev_siblings().skip(1).filter(|sibling| sibling.has_tag_name(name)).count();
        let step = if place == 0 { name.to_owned() } else { format!("{name}[{place}]") };
        let below = if path.is_empty() { step } else { format!("{path}/{step}") };
        facts.extend(self::facts(child, &below));
    }
    facts
}

#[test]
fn every_difference_is_a_tunable_of_one_connection() {
    for definition in Definition::all() {
        for tunable in definition.tunables().filter(|tunable| tunable.connections != BOTH) {
            let at = tunable.at.split('[').next().unwrap_or_default();
            let forced = is_forced(at) || FORCED.iter().any(|(path, _)| path.starts_with(at));
            assert!(forced, "{}: nothing forces `{}` to depend on the connection", definition.path(), tunable.at);
        }
    }
}
