//! Single edits of documents, such as a person makes: something left out, doubled, pasted from another document, given another
//! value.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use roxmltree::{Document, Node};

/// What documents have, by the path of names to it: what an edit puts elsewhere.
#[derive(Default)]
pub struct Vocabulary {
    /// Elements, as they are written.
    elements: BTreeMap<String, BTreeSet<String>>,
    /// Attributes with their values.
    attributes: BTreeMap<String, BTreeSet<(String, String)>>,
    /// Texts of elements that have nothing else.
    texts: BTreeMap<String, BTreeSet<String>>,
}

impl Vocabulary {
    /// That of some documents.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a str>) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        for text in documents {
            let Ok(document) = Document::parse(text) else { continue };
            for element in elements(&document) {
                let path = path(element);
                // The elements of a device are often its own; a whole device may stand anywhere.
                vocabulary.elements.entry(path.clone()).or_default().insert(text[element.range()].to_owned());
                let values =
                    element.attributes().map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()));
                vocabulary.attributes.entry(path.clone()).or_default().extend(values);
                if let Some(text) = own_text(element) {
                    vocabulary.texts.entry(path).or_default().insert(text.to_owned());
                }
            }
        }
        vocabulary
    }

    fn element(&self, path: &str, random: &mut fastrand::Rng) -> Option<&str> {
        random.choice(self.elements.get(path)?).map(String::as_str)
    }

    /// An element that others have in a place like this one.
    fn child(&self, parent: &str, random: &mut fastrand::Rng) -> Option<&str> {
        let prefix = format!("{parent}/");
        let inside = |path: &&String| path.strip_prefix(&prefix).is_some_and(|name| !name.contains('/'));
        let path = random.choice(self.elements.keys().filter(inside).collect::<Vec<_>>())?;
        self.element(path, random)
    }

    fn attribute(&self, path: &str, name: Option<&str>, random: &mut fastrand::Rng) -> Option<(&str, &str)> {
        let known = self.attributes.get(path)?.iter().filter(|(known, _)| name.is_none_or(|name| name == known));
        random.choice(known.collect::<Vec<_>>()).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn text(&self, path: &str, random: &mut fastrand::Rng) -> Option<&str> {
        random.choice(self.texts.get(path)?).map(String::as_str)
    }
}

/// A copy of a document with one edit; none if the edit does not fit what was chosen.
pub fn edited(text: &str, vocabulary: &Vocabulary, random: &mut fastrand::Rng) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let element = random.choice(elements(&document).collect::<Vec<_>>())?;
    let (path, range) = (path(element), element.range());
    let attribute = random.choice(element.attributes().collect::<Vec<_>>());
    let start = domain_definitions::start_tag(element);
    let (at, new): (Range<usize>, String) = match random.u8(..12) {
        0 => (range, String::new()),
        1 => (range.end..range.end, text[range].to_owned()),
        2 => (attribute?.range(), String::new()),
        3 | 4 => {
            let attribute = attribute?;
            let (_, value) = vocabulary.attribute(&path, Some(attribute.name()), random)?;
            (attribute.range_value(), escaped(value))
        }
        5 => {
            let attribute = attribute?;
            (attribute.range_value(), number(attribute.value(), random)?)
        }
        6 => {
            let (name, value) = vocabulary.attribute(&path, None, random)?;
            let behind = start.start + 1 + element.tag_name().name().len();
            (behind..behind, format!(" {name}=\"{}\"", escaped(value)))
        }
        7 => (element.first_child()?.range(), escaped(vocabulary.text(&path, random)?)),
        8 => (element.first_child()?.range(), number(own_text(element)?, random)?),
        9 => (range, vocabulary.element(&path, random)?.to_owned()),
        10 => {
            let behind = element.last_child()?.range().end;
            (behind..behind, vocabulary.child(&path, random)?.to_owned())
        }
        _ => match attribute {
            Some(attribute) => (attribute.range_value(), format!(" {}", escaped(attribute.value()))),
            None => (element.first_child()?.range(), format!("\n{}\n", escaped(own_text(element)?))),
        },
    };
    let mut edited = text.to_owned();
    edited.replace_range(at, &new);
    (edited != text).then_some(edited)
}

/// Every element but the root, and but what is no part of the machine.
fn elements<'a, 'input>(document: &'a Document<'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    let apart = |node: Node| matches!(node.tag_name().name(), "metadata" | "name" | "description" | "title");
    let root = document.root_element();
    root.descendants().skip(1).filter(move |node| node.is_element() && !node.ancestors().any(apart))
}

fn path(element: Node) -> String {
    let names = element.ancestors().filter(Node::is_element).map(|node| node.tag_name().name());
    names.collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("/")
}

fn own_text<'a>(element: Node<'a, '_>) -> Option<&'a str> {
    let only = element.first_child().filter(|text| text.is_text() && element.children().count() == 1);
    only.and_then(|text| text.text()).filter(|text| !text.trim().is_empty())
}

/// Another number, written as that one is.
fn number(written: &str, random: &mut fastrand::Rng) -> Option<String> {
    let (digits, hex) = match written.strip_prefix("0x") {
        Some(digits) => (u32::from_str_radix(digits, 16).ok()?, true),
        None => (written.parse().ok()?, false),
    };
    let near = [0, 1, 2, 3, digits.saturating_sub(1), digits.saturating_add(1), digits.saturating_mul(2), digits / 2];
    let other = random.choice(near.into_iter().filter(|near| *near != digits).collect::<Vec<_>>())?;
    Some(if hex { format!("{other:#0width$x}", width = written.len()) } else { other.to_string() })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&apos;")
}
