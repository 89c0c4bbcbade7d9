//! Changes to the text of a document. Whatever is not named stays byte for byte.

use std::ops::Range;

use domain_definitions::start_tag;
use roxmltree::Node;

use super::matching::children;

/// A text with some bytes replaced.
fn replaced(text: &str, part: Range<usize>, by: &str) -> String {
    format!("{}{by}{}", &text[..part.start], &text[part.end..])
}

/// The quotation mark that the document uses: virsh prints apostrophes, the files of this project do not.
fn quote(node: Node) -> char {
    let root = node.document().root_element();
    let text = root.document().input_text();
    if text[start_tag(root)].contains('\'') { '\'' } else { '"' }
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Sets an attribute; a new one stands behind the last of `before` that is there.
pub fn set_attribute(node: Node, name: &str, value: &str, before: &[&str]) -> String {
    let text = node.document().input_text();
    if let Some(attribute) = node.attributes().find(|attribute| attribute.name() == name) {
        return replaced(text, attribute.range_value(), value);
    }
    let mark = quote(node);
    let behind = node.attributes().rfind(|attribute| before.contains(&attribute.name()));
    let at = behind.map_or_else(|| end_of_names(node), |attribute| attribute.range().end);
    replaced(text, at..at, &format!(" {name}={mark}{value}{mark}"))
}

/// Where a start tag's last attribute, or else its name, ends.
fn end_of_names(node: Node) -> usize {
    let text = node.document().input_text();
    let tag = start_tag(node);
    tag.start + text[tag.clone()].trim_end_matches(['>', '/']).trim_end().len()
}

/// Declares a prefix on an element.
pub fn declare(node: Node, prefix: &str, uri: &str) -> String {
    let (text, mark, at) = (node.document().input_text(), quote(node), end_of_names(node));
    replaced(text, at..at, &format!(" xmlns:{prefix}={mark}{uri}{mark}"))
}

/// Takes the declaration of a prefix out.
pub fn undeclare(node: Node, prefix: &str) -> Option<String> {
    let (text, tag) = (node.document().input_text(), start_tag(node));
    let name = format!("xmlns:{prefix}");
    let start = tag.start + text[tag.clone()].find(&name)?;
    let value = &text[start..tag.end];
    let mark = value.find(['"', '\''])?;
    let length = value[mark + 1..].find(&value[mark..=mark])?;
    Some(replaced(text, text[..start].trim_end().len()..start + mark + length + 2, ""))
}

/// Takes an attribute out.
pub fn without_attribute(node: Node, name: &str) -> String {
    let text = node.document().input_text();
    let Some(attribute) = node.attributes().find(|attribute| attribute.name() == name) else { return text.to_owned() };
    let Range { start, end } = attribute.range();
    let start = text[..start].trim_end().len();
    replaced(text, start..end, "")
}

/// Sets what an element contains.
pub fn set_text(node: Node, content: &str) -> String {
    let text = node.document().input_text();
    let (tag, Range { end, .. }) = (start_tag(node), node.range());
    if text[tag.clone()].ends_with("/>") {
        let name = written_name(node);
        return replaced(text, end - 2..end, &format!(">{content}</{name}>"));
    }
    if content.is_empty() {
        return replaced(text, tag.end - 1..end, "/>");
    }
    let closing = text[..end].rfind("</").unwrap_or(end);
    replaced(text, tag.end..closing, content)
}

/// Takes an element out, with the line that it stands on if it is alone there.
pub fn without(node: Node) -> String {
    let text = node.document().input_text();
    let Range { start, end } = node.range();
    // A parent that has nothing else is written as one that has nothing.
    let blank =
        |other: &Node| *other == node || other.is_text() && other.text().is_none_or(|text| text.trim().is_empty());
    if let Some(parent) = node.parent_element().filter(|parent| parent.children().all(|other| blank(&other))) {
        let tag = start_tag(parent);
        return replaced(text, tag.end - 1..parent.range().end, "/>");
    }
    let alone = indent(node).filter(|_| text[end..].starts_with(['\n', '\r']));
    let start = alone.map_or(start, |indent| {
        let before = &text[..start - indent.len()];
        before.strip_suffix('\n').map_or(start, |before| before.strip_suffix('\r').unwrap_or(before).len())
    });
    replaced(text, start..end, "")
}

/// Where a new element goes.
#[derive(Clone, Copy)]
pub enum Spot<'a, 'input> {
    /// Behind an element.
    Behind(Node<'a, 'input>),
    /// Before an element.
    Before(Node<'a, 'input>),
    /// Into an element that has none.
    Into(Node<'a, 'input>),
}

/// Puts an element in, which is given as it stands at the beginning of a line, with the quotation marks of this project.
pub fn insert(spot: Spot, element: &str) -> String {
    let (Spot::Behind(node) | Spot::Before(node) | Spot::Into(node)) = spot;
    let text = node.document().input_text();
    let element = element.replace('"', &quote(node).to_string());
    let newline = newline(text);
    let lines = |indent: &str| element.lines().collect::<Vec<_>>().join(&format!("{newline}{indent}"));
    match spot {
        Spot::Behind(node) => {
            let at = node.range().end;
            let added = indent(node).map_or_else(|| element.clone(), |own| format!("{newline}{own}{}", lines(own)));
            replaced(text, at..at, &added)
        }
        Spot::Before(node) => {
            let at = above(node);
            let added = indent(node).map_or_else(|| element.clone(), |own| format!("{}{newline}{own}", lines(own)));
            replaced(text, at..at, &added)
        }
        Spot::Into(node) => {
            let outer = indent(node).unwrap_or_default();
            let inner = format!("{outer}  ");
            let added = format!("{newline}{inner}{}{newline}{outer}", lines(&inner));
            let (tag, end) = (start_tag(node), node.range().end);
            if text[tag.clone()].ends_with("/>") {
                let name = written_name(node);
                return replaced(text, end - 2..end, &format!(">{added}</{name}>"));
            }
            // What is in there, such as a comment, stays before it.
            let closing = text[..end].rfind("</").unwrap_or(end);
            let from = tag.end + text[tag.end..closing].trim_end().len();
            replaced(text, from..closing, &added)
        }
    }
}

/// Where an element begins, with the comments right above it.
fn above(node: Node) -> usize {
    let blank = |node: &Node| node.text().is_some_and(|text| text.trim().is_empty());
    let before = node.prev_siblings().skip(1).take_while(|node| node.is_comment() || node.is_text() && blank(node));
    before.filter(Node::is_comment).last().map_or(node.range().start, |comment| comment.range().start)
}

/// The name as it is written, with its prefix.
fn written_name<'a>(node: Node<'a, '_>) -> &'a str {
    let text = &node.document().input_text()[start_tag(node)];
    let end = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(text.len());
    &text[1..end]
}

/// What stands before an element on its line, if that is only space.
fn indent<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let text = node.document().input_text();
    let start = node.range().start;
    let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[line..start];
    (line > 0 && before.trim().is_empty()).then_some(before)
}

/// The children of `<domain>` in the order in which libvirt prints them, as far as one of ours may follow them.
const ORDER: &[&str] = &[
    "name",
    "uuid",
    "genid",
    "title",
    "description",
    "metadata",
    "maxMemory",
    "memory",
    "currentMemory",
    "memoryBacking",
    "blkiotune",
    "memtune",
    "vcpu",
    "vcpus",
    "iothreads",
    "iothreadids",
    "defaultiothread",
    "cputune",
    "numatune",
    "resource",
    "sysinfo",
    "bootloader",
    "bootloader_args",
    "os",
    "idmap",
    "features",
    "cpu",
    "clock",
    "on_poweroff",
    "on_reboot",
    "on_crash",
    "on_lockfailure",
    "pm",
    "perf",
    "devices",
];

/// Where an element goes that is new in `parent`: behind what libvirt prints before it, as far as that is there. `counterpart`
/// finds what plays the part of an element of ours.
pub fn spot<'a, 'input>(
    parent: Node<'a, 'input>,
    ours: Node,
    counterpart: impl Fn(Node) -> Option<Node<'a, 'input>>,
) -> Spot<'a, 'input> {
    let name = ours.tag_name().name();
    let last = |name: &str| children(parent).filter(|child| child.tag_name().name() == name).last();
    if parent.parent_element().is_none()
        && let Some(place) = ORDER.iter().position(|other| *other == name)
    {
        let before = |node: &Node| ORDER[..=place].contains(&node.tag_name().name());
        if let Some(found) = children(parent).filter(before).last() {
            return Spot::Behind(found);
        }
    }
    let before = || ours.prev_siblings().skip(1).filter(Node::is_element);
    let of_kind = |node: &Node| node.tag_name().name() == name;
    let found = |node: Node| counterpart(node).filter(|found| found.parent() == Some(parent));
    // Behind the one of its kind that it follows, or else behind all: libvirt wants a serial console to be the first.
    if let Some(found) = before().filter(of_kind).find_map(found).or_else(|| last(name)) {
        return Spot::Behind(found);
    }
    if let Some(found) = before().find_map(|node| last(node.tag_name().name())) {
        return Spot::Behind(found);
    }
    for sibling in ours.next_siblings().skip(1).filter(Node::is_element) {
        if let Some(found) = children(parent).find(|child| child.tag_name().name() == sibling.tag_name().name()) {
            return Spot::Before(found);
        }
    }
    children(parent).last().map_or(Spot::Into(parent), Spot::Behind)
}
