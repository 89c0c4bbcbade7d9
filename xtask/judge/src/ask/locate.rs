//! Which part of a document libvirt's refusal is about.
//!
//! libvirt's messages name no place. So it is asked again, with parts of the document blanked out, as [`explain`](crate::explain)
//! asks a schema, but with one difference: there are faults that it does not get to. First, everything goes without which
//! libvirt still says the same. In what is left, the part is guilty without which libvirt accepts the rest.

use std::ops::Range;

use domain_definitions::start_tag;
use roxmltree::{Document, Node};

use crate::explain::{blanked, is_gone, path, says_something};

/// What a document cannot be without, by the names from its root: libvirt would refuse it for another reason.
const ESSENTIAL: [&[&str]; 9] = [
    &["domain", "name"],
    &["domain", "memory"],
    &["domain", "os"],
    &["domain", "os", "type"],
    &["network", "name"],
    &["pool", "name"],
    &["pool", "target"],
    &["volume", "name"],
    &["volume", "capacity"],
];
/// How far below the root parts go: as far as a device. What is in one belongs together.
const DEPTH: usize = 2;

/// The place that a refusal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Bytes of the text that are at fault.
    pub span: Range<usize>,
    /// What libvirt accepts the rest without; none if there is no such part, as when something is missing.
    pub part: Option<Range<usize>>,
    /// Another part without which it would accept the rest as well: the other one of a pair.
    pub other: Option<Range<usize>>,
    /// What had to be blanked out so that nothing but this fault is left.
    pub beside: Vec<Range<usize>>,
}

/// Finds the place. `ask` is why libvirt refuses a text, and nothing if it accepts it. With `gone` blanked out, it refuses
/// `document` with `message`.
pub fn locate(
    document: &Document,
    gone: &[Range<usize>],
    message: &str,
    ask: &mut dyn FnMut(&str) -> Option<String>,
) -> Place {
    let text = document.input_text();
    let root = document.root_element();
    let mut says = |gone: &[Range<usize>], more: &[Range<usize>]| ask(&blanked(text, &[gone, more].concat()));

    let mut beside = gone.to_vec();
    let mut level = vec![root];
    for _ in 0..DEPTH {
        let children = level.iter().flat_map(Node::children);
        level = children.filter(|node| node.is_element() && !is_gone(*node, &beside)).collect();
        let dispensable = level.iter().filter(|node| !is_essential(**node)).map(Node::range).collect();
        sweep(dispensable, &mut beside, |beside, more| says(beside, more).as_deref() == Some(message));
        level.retain(|node| !is_gone(*node, &beside));
    }

    let suspects = parts(root, &beside);
    let answers: Vec<_> = suspects.iter().map(|part| says(&beside, &[part.range()])).collect();
    let those = |wanted: &dyn Fn(&Option<String>) -> bool| -> Vec<&Part> {
        suspects.iter().zip(&answers).filter(|(_, answer)| wanted(answer)).map(|(part, _)| part).collect()
    };
    let accepted = innermost(those(&|answer| answer.is_none()));
    if let Some(guilty) = accepted.last() {
        let elsewhere = |part: &&&Part| device(part.node()) != device(guilty.node());
        let other = accepted.iter().rev().find(elsewhere).map(|part| part.span());
        let span = named(message, guilty.node()).unwrap_or_else(|| guilty.span());
        return Place { span, part: Some(guilty.range()), other, beside };
    }
    // Another fault is in the same part, or what is at fault must be there in some form.
    let (elements, attributes): (Vec<_>, Vec<_>) = those(&|answer| answer.as_deref() != Some(message))
        .into_iter()
        .filter(|part| !matches!(part, Part::Text(_)) && part.node() != root)
        .partition(|part| matches!(part, Part::Element(_)));
    let elements = elements.into_iter().filter(|part| !is_essential(part.node())).collect();
    let guilty = innermost(elements).last().copied().or(attributes.last().copied());
    let span = named(message, root).unwrap_or_else(|| guilty.map_or_else(|| start_tag(root), Part::span));
    Place { span, part: None, other: None, beside }
}

/// The attribute that a message names, in or below an element: `… attribute 'id' in element 'vendor': …`
/// (libvirt's `src/util/virxml.c`).
fn named(message: &str, element: Node) -> Option<Range<usize>> {
    let (_, rest) = message.split_once("attribute '")?;
    let (attribute, rest) = rest.split_once("' in element '")?;
    let (name, _) = rest.split_once('\'')?;
    let mut all = element.descendants().filter(|node| node.tag_name().name() == name);
    all.find_map(|node| node.attribute_node(attribute)).map(|attribute| attribute.range())
}

/// Takes out as many parts as possible, first many at once, while `same` holds.
fn sweep(
    mut parts: Vec<Range<usize>>,
    gone: &mut Vec<Range<usize>>,
    mut same: impl FnMut(&[Range<usize>], &[Range<usize>]) -> bool,
) {
    let mut chunk = parts.len();
    while chunk > 0 {
        let mut at = 0;
        while at < parts.len() {
            let end = parts.len().min(at + chunk);
            if same(gone, &parts[at..end]) {
                gone.extend(parts.drain(at..end));
            } else {
                at = end;
            }
        }
        chunk /= 2;
    }
}

/// A part of a document that libvirt may take offence at.
enum Part<'a, 'i> {
    Element(Node<'a, 'i>),
    Attribute(Node<'a, 'i>, Range<usize>),
    Text(Node<'a, 'i>),
}

impl<'a, 'i> Part<'a, 'i> {
    /// The element that it is, or is in.
    fn node(&self) -> Node<'a, 'i> {
        match self {
            Part::Element(node) | Part::Attribute(node, _) => *node,
            Part::Text(text) => text.parent().unwrap_or(*text),
        }
    }

    /// All of it.
    fn range(&self) -> Range<usize> {
        match self {
            Part::Element(node) | Part::Text(node) => node.range(),
            Part::Attribute(_, range) => range.clone(),
        }
    }

    /// What is shown of it.
    fn span(&self) -> Range<usize> {
        match self {
            Part::Element(node) => start_tag(*node),
            Part::Attribute(_, range) => range.clone(),
            Part::Text(node) => {
                let (range, text) = (node.range(), &node.document().input_text()[node.range()]);
                let before = text.len() - text.trim_start().len();
                range.start + before..range.start + before + text.trim().len()
            }
        }
    }
}

/// All parts of an element that are still there.
fn parts<'a, 'i>(root: Node<'a, 'i>, gone: &[Range<usize>]) -> Vec<Part<'a, 'i>> {
    let there = root.descendants().filter(|node| !is_gone(*node, gone));
    let parts_of = |node: Node<'a, 'i>| {
        let attributes = node.attributes().map(|attribute| attribute.range());
        let attributes =
            attributes.filter(|range| !gone.contains(range)).map(move |range| Part::Attribute(node, range));
        let itself = (node.is_element() && node != root).then_some(Part::Element(node));
        itself.into_iter().chain(attributes).chain(says_something(node).then_some(Part::Text(node)))
    };
    there.flat_map(parts_of).collect()
}

/// Those that have no other of them inside.
fn innermost<'p, 'a, 'i>(parts: Vec<&'p Part<'a, 'i>>) -> Vec<&'p Part<'a, 'i>> {
    let ranges: Vec<_> = parts.iter().map(|part| part.range()).collect();
    let within = |inner: &Range<usize>, outer: &Range<usize>| {
        inner != outer && outer.start <= inner.start && inner.end <= outer.end
    };
    parts.into_iter().filter(|part| !ranges.iter().any(|range| within(range, &part.range()))).collect()
}

/// The device that a node is in, or what else is as deep.
fn device<'a, 'i>(node: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    let ancestors: Vec<_> = node.ancestors().filter(Node::is_element).collect();
    ancestors.into_iter().rev().nth(DEPTH).or(Some(node))
}

fn is_essential(node: Node) -> bool {
    let path = path(node);
    ESSENTIAL.iter().any(|names| path == *names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place at which `ask` refuses, as text: what is guilty, and the other part.
    fn place(text: &str, ask: &dyn Fn(&Document) -> Option<&'static str>) -> (String, Option<String>) {
        let document = Document::parse(text).unwrap();
        let mut ask = |text: &str| ask(&Document::parse(text).unwrap()).map(str::to_owned);
        let message = ask(text).unwrap();
        let place = locate(&document, &[], &message, &mut ask);
        (text[place.span].to_owned(), place.other.map(|other| text[other].to_owned()))
    }

    fn count(document: &Document, tag: &str) -> usize {
        document.descendants().filter(|node| node.has_tag_name(tag)).count()
    }

    const MACHINE: &str = "<domain><name>n</name><memory>1</memory><os><type>hvm</type></os><devices><disk bus='ide'/>\
                           <sound/><input bus='ps2'/><video heads='2'><model>\nqxl </model></video></devices></domain>";

    #[test]
    fn one_part_is_guilty() {
        let bus = |document: &Document| {
            (document.descendants().any(|node| node.attribute("bus") == Some("ps2"))).then_some("no such bus")
        };
        assert_eq!(place(MACHINE, &bus), ("bus='ps2'".to_owned(), None));
        let text = |document: &Document| {
            (document.descendants().any(|node| node.text().is_some_and(|text| text.trim() == "qxl"))).then_some("no")
        };
        assert_eq!(place(MACHINE, &text), ("qxl".to_owned(), None));
    }

    #[test]
    fn of_two_that_exclude_each_other_the_last_is_guilty() {
        let both = |document: &Document| (count(document, "disk") + count(document, "sound") == 2).then_some("either");
        assert_eq!(place(MACHINE, &both), ("<sound/>".to_owned(), Some("<disk bus='ide'/>".to_owned())));
    }

    #[test]
    fn what_libvirt_does_not_get_to_does_not_matter() {
        let two = |document: &Document| match (count(document, "video"), count(document, "input")) {
            (1, _) => Some("no such video"),
            (_, 1) => Some("no such input"),
            _ => None,
        };
        assert_eq!(place(MACHINE, &two), ("<video heads='2'>".to_owned(), None));
    }

    #[test]
    fn where_something_is_missing_it_is_so_at_the_first_element() {
        let clock = |document: &Document| (count(document, "clock") == 0).then_some("there must be a clock");
        assert_eq!(place(MACHINE, &clock), ("<domain>".to_owned(), None));
    }

    #[test]
    fn what_must_be_there_is_not_blamed_for_what_else_is_wrong() {
        let wrong = |document: &Document| match (count(document, "type"), count(document, "sound")) {
            (0, _) => Some("an os <type> must be specified"),
            (_, 1) => Some("no sound"),
            _ => None,
        };
        assert_eq!(place(MACHINE, &wrong), ("<sound/>".to_owned(), None));
    }
}
