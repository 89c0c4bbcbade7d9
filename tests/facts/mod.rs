//! What a machine is, taken apart, so that two can be compared.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeSet;

use domain_definitions::{Definition, render};
use roxmltree::{Document, Node};

/// Every attribute and text of a definition's machine, with the path to it; elements that occur several times are told
/// apart by their place.
pub fn facts(definition: &Definition) -> BTreeSet<String> {
    of(&render::element(&definition.domain()).expect("it can be written"))
}

/// The same of a text.
pub fn of(text: &str) -> BTreeSet<String> {
    below(Document::parse(text).expect("it was just written").root_element(), "")
}

fn below(node: Node, path: &str) -> BTreeSet<String> {
    let mut facts = BTreeSet::from([format!("{path} {}", node.text().unwrap_or_default().trim())]);
    facts.extend(node.attributes().map(|a| format!("{path}@{}={}", a.name(), a.value())));
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        let place = child.prev_siblings().skip(1).filter(|sibling| sibling.has_tag_name(name)).count();
        let step = if place == 0 { name.to_owned() } else { format!("{name}[{place}]") };
        let path = if path.is_empty() { step } else { format!("{path}/{step}") };
        facts.extend(below(child, &path));
    }
    facts
}
