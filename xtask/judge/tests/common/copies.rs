//! Copies of a definition that differ from it: damaged, or as valid as before.

use std::ops::Range;

use roxmltree::{Document, Node};

/// One damaged copy.
pub struct Mutant {
    /// The copy.
    pub text: String,
    /// What was done, for messages.
    pub what: String,
    /// Where the damaged element, its parent and, if it was doubled, its copy begin.
    pub near: [usize; 3],
}

/// A copy with one element damaged; some are valid all the same.
pub fn damaged(text: &str, random: &mut fastrand::Rng) -> Mutant {
    let document = Document::parse(text).unwrap();
    let elements: Vec<_> = document.root_element().descendants().filter(Node::is_element).skip(1).collect();
    let element = elements[random.usize(..elements.len())];
    let parent = element.parent_element().unwrap();
    let range = element.range();
    let whole = &text[range.clone()];
    let attribute = random.choice(element.attributes().collect::<Vec<_>>());
    let start = range.start;
    let (what, edit, new): (&str, Range<usize>, String) = match (random.u8(..7), attribute) {
        (0, Some(attribute)) => ("renamed an attribute", attribute.range_qname(), format!("{}x", attribute.name())),
        (1, Some(attribute)) => ("changed a value", attribute.range_value(), "bogus!".to_owned()),
        (2, Some(attribute)) => ("removed an attribute", attribute.range(), String::new()),
        (3, _) => ("removed an element", range.clone(), String::new()),
        (4, _) => ("doubled an element", range.end..range.end, whole.to_owned()),
        (5, _) if !whole.ends_with("/>") && element.first_element_child().is_none() => {
            let inside = element.first_child().map_or(range.end..range.end, |child| child.range());
            ("changed a text", inside, "bogus!".to_owned())
        }
        _ => {
            let name = element.tag_name().name();
            let new = whole.replacen(name, &format!("{name}x"), 1);
            let new = match new.rfind(&format!("/{name}>")) {
                Some(close) => format!("{}/{name}x>", &new[..close]),
                None => new,
            };
            ("renamed an element", range.clone(), new)
        }
    };
    let path: Vec<_> = element.ancestors().filter(Node::is_element).map(|node| node.tag_name().name()).collect();
    let mut mutant = text.to_owned();
    mutant.replace_range(edit, &new);
    Mutant {
        text: mutant,
        what: format!("{what} at {}", path.join(" in ")),
        near: [start, parent.range().start, range.end],
    }
}

/// Devices that a machine can do without.
const OPTIONAL: [&str; 8] = ["channel", "console", "input", "memballoon", "redirdev", "rng", "sound", "tpm"];

/// A copy that is another machine, and valid if the original is: another name, size, choice of devices, more comments.
pub fn varied(text: &str, name: &str, random: &mut fastrand::Rng) -> String {
    let document = Document::parse(text).unwrap();
    let cpus = random.u8(1..=32).to_string();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for element in document.root_element().descendants().filter(Node::is_element) {
        let start = element.range().start;
        let content = || element.first_child().unwrap().range();
        match element.tag_name().name() {
            "name" => edits.push((content(), name.to_owned())),
            "memory" => edits.push((content(), random.u32(1..=1024).to_string())),
            "vcpu" => edits.push((content(), cpus.clone())),
            "topology" => edits.push((element.attribute_node("cores").unwrap().range_value(), cpus.clone())),
            device if OPTIONAL.contains(&device) && random.u8(..4) == 0 => edits.push((element.range(), String::new())),
            "disk" | "interface" | "graphics" if random.bool() => {
                edits.push((start..start, format!("<!-- Note {} -->", random.u32(..))));
            }
            _ => {}
        }
    }
    // From the back, so that positions hold.
    edits.sort_by_key(|(range, _)| range.start);
    edits.into_iter().rev().fold(text.to_owned(), |mut text, (range, new)| {
        text.replace_range(range, &new);
        text
    })
}
