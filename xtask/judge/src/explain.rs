//! Why a document is rejected, where, and what would be accepted there.
//!
//! libxml2 is a good judge and a poor witness: it often names the parent of a fault, or the whole document. So it is asked
//! again with parts of the document blanked out (spaces keep every position). A part whose removal makes the document valid
//! is guilty; the search continues inside it for the smallest such part. If several faults hide each other, parts are
//! removed until the document is valid, and then put back one by one if that keeps it valid. If no part can be removed,
//! something is missing: what the schema requires is inserted until libxml2 accepts the document.
//!
//! The [`Grammar`] knows what is allowed at the place that was found.

mod faults;
mod missing;
mod words;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use domain_definitions::start_tag;
use quick_xml::escape::partial_escape;
use roxmltree::{Attribute, Document, Node};

use crate::grammar::{self, Datatype, Grammar, Values};
use crate::kind::Kind;
use crate::relaxng::{self, Message};
use words::listed;
pub use words::similar;

/// How often the judge is asked about one document; then an explanation uses what is known by then.
pub const QUESTIONS: usize = 2_000;
/// How long it is asked. Only documents of megabytes take longer, and some of them take libxml2 minutes a question.
const PATIENCE: Duration = Duration::from_secs(5);
/// Elements that are looked at without the judge's help.
const ELEMENTS: usize = 10_000;
/// What to do about an element of which each part is known.
const TOGETHER: &str = "its attributes and elements do not go together; compare with <https://libvirt.org/format.html>";
/// How many faults of one document are reported.
const FAULTS: usize = 100;

/// A fault that a schema finds, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// What kind of fault it is.
    pub kind: Kind,
    /// Bytes of the text that are at fault.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
    /// Another place that matters, and why.
    pub context: Option<(Range<usize>, String)>,
}

/// Explains why `judge` rejects a text. There is at least one rejection: if nothing better is found, what libxml2 says.
///
/// `text` must be well-formed; `judge` decides whether a variant of it is valid.
pub fn explain(text: &str, grammar: &Grammar, messages: &[Message], judge: &dyn Fn(&str) -> bool) -> Vec<Rejection> {
    let mut rejections = Vec::new();
    match Document::parse(text) {
        Ok(document) => {
            let (left, datatypes) = (Cell::new(QUESTIONS), RefCell::default());
            let inquiry = Inquiry { text, grammar, judge, left, started: Instant::now(), datatypes };
            inquiry.blame(document.root_element(), &[], &mut rejections);
        }
        Err(error) => rejections.extend(undeclared(text, grammar, &error)),
    }
    if rejections.is_empty() {
        rejections.extend(messages.iter().map(|message| verbatim(text, message)));
    }
    rejections.sort_by_key(|rejection| rejection.span.start);
    rejections.dedup();
    rejections.truncate(FAULTS);
    rejections
}

/// An undeclared prefix, which libxml2 takes as part of the name.
fn undeclared(text: &str, grammar: &Grammar, error: &roxmltree::Error) -> Option<Rejection> {
    let roxmltree::Error::UnknownNamespace(prefix, _) = error else { return None };
    let written = format!("{prefix}:");
    let at = text.match_indices(&written).map(|(at, _)| at).find(|at| text[..*at].ends_with(['<', ' ', '\n', '\t']))?;
    let end = text[at..].find(|c: char| c.is_whitespace() || "=/>".contains(c)).map_or(text.len(), |len| at + len);
    let help = match grammar.namespace(prefix) {
        Some(namespace) => format!("write <domain xmlns:{prefix}=\"{namespace}\" …>"),
        None => format!("declare it on the first element: xmlns:{prefix}=\"…\""),
    };
    Some(Rejection {
        kind: Kind::Namespace,
        span: at..end,
        message: format!("the prefix `{prefix}` is not declared"),
        help,
        context: None,
    })
}

/// libxml2's own message, placed at the whole line.
fn verbatim(text: &str, message: &Message) -> Rejection {
    let lines = text.split_inclusive('\n').scan(0, |start, line| {
        let span = *start..*start + line.trim_end().len();
        *start += line.len();
        Some(span)
    });
    let span = lines.into_iter().nth(message.line.saturating_sub(1) as usize).unwrap_or(0..0);
    Rejection { kind: Kind::Rejected, span, message: message.text.clone(), help: String::new(), context: None }
}

/// Judges variants of a text by a compiled schema.
pub fn judge(schema: &relaxng::Schema) -> impl Fn(&str) -> bool + '_ {
    |text| {
        relaxng::Document::parse_utf8(text)
            .is_ok_and(|document| schema.validate(&document).is_ok_and(|messages| messages.is_empty()))
    }
}

struct Inquiry<'a> {
    text: &'a str,
    grammar: &'a Grammar,
    judge: &'a dyn Fn(&str) -> bool,
    /// Questions that may still be asked.
    left: Cell<usize>,
    started: Instant,
    /// Schemas for single datatypes, by their source, and what they said of values: some are asked for often.
    datatypes: RefCell<HashMap<String, DatatypeJudge>>,
}

/// A schema for one datatype, if it can be judged alone, and its answers.
type DatatypeJudge = (Option<relaxng::Schema>, HashMap<String, bool>);

/// A part of an element that can be taken out.
#[derive(Clone)]
enum Part<'a, 'i> {
    Attribute(Attribute<'a, 'i>),
    Element(Node<'a, 'i>),
    Text(Node<'a, 'i>),
}

impl Part<'_, '_> {
    fn range(&self) -> Range<usize> {
        match self {
            Part::Attribute(attribute) => attribute.range(),
            Part::Element(node) | Part::Text(node) => node.range(),
        }
    }
}

impl Inquiry<'_> {
    /// Whether the text would be valid with some parts blanked out and then one range replaced.
    fn valid(&self, without: &[Range<usize>], with: Option<(Range<usize>, &str)>) -> bool {
        let left = if self.started.elapsed() < PATIENCE { self.left.get() } else { 0 };
        self.left.set(left.saturating_sub(1));
        if left == 0 {
            return false;
        }
        let mut text = self.blanked(without);
        if let Some((range, new)) = with {
            text.replace_range(range, new);
        }
        (self.judge)(&text)
    }

    /// The text with some parts blanked out.
    fn blanked(&self, without: &[Range<usize>]) -> String {
        let mut bytes = self.text.as_bytes().to_vec();
        for range in without {
            for byte in &mut bytes[range.clone()] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        // Whole elements, attributes and texts are taken out, so that what is left is still UTF-8.
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether a value is of a datatype. As with the document, libxml2 judges.
    fn is_of(&self, value: &str, datatype: &Datatype) -> bool {
        if datatype.source.is_empty() {
            return true;
        }
        let schema = || {
            let text = format!(
                "<element name='v' xmlns='http://relaxng.org/ns/structure/1.0' \
                 datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>{}</element>",
                datatype.source
            );
            relaxng::Schema::compile_text(&text).ok()
        };
        let mut datatypes = self.datatypes.borrow_mut();
        let (schema, answers) = datatypes.entry(datatype.source.clone()).or_insert_with(|| (schema(), HashMap::new()));
        *answers.entry(value.to_owned()).or_insert_with(|| {
            let value = partial_escape(value);
            // A datatype that cannot be judged alone accuses nobody.
            schema.as_ref().is_none_or(|schema| judge(schema)(&format!("<v>{value}</v>")))
        })
    }

    /// Whether a value is one of those that the schema knows.
    fn is_one_of(&self, value: &str, values: &Values) -> bool {
        values.literals.contains(value.trim()) || values.datatypes.iter().any(|datatype| self.is_of(value, datatype))
    }

    /// Finds the faults in `element`. With `gone` taken out, the text is valid without the element, and is not with it.
    fn blame(&self, element: Node, gone: &[Range<usize>], rejections: &mut Vec<Rejection>) {
        let attributes = element.attributes().map(Part::Attribute);
        let children = element.children().filter_map(|node| {
            if node.is_element() { Some(Part::Element(node)) } else { says_something(node).then_some(Part::Text(node)) }
        });
        let parts: Vec<_> = attributes.chain(children).filter(|part| !gone.contains(&part.range())).collect();
        let without = |more: &[Range<usize>]| [gone, more].concat();

        // One part alone; of several that exclude each other, the last.
        let alone: Vec<_> = parts.iter().filter(|part| self.valid(&without(&[part.range()]), None)).collect();
        if let Some(guilty) = alone.last() {
            self.accuse(element, guilty, gone, rejections);
            return;
        }
        // Several together: as many as it takes, then back with those that are innocent.
        let mut parts = Vec::new();
        self.removable(element, gone, &mut parts);
        let mut taken: Vec<&(Node, Part)> = Vec::new();
        let ranges = |parts: &[&(Node, Part)]| parts.iter().map(|(_, part)| part.range()).collect::<Vec<_>>();
        for part in parts.iter().take_while(|_| self.left.get() > 0) {
            taken.push(part);
            if self.valid(&without(&ranges(&taken)), None) {
                let mut index = 0;
                while index < taken.len() {
                    let part = taken.remove(index);
                    if !self.valid(&without(&ranges(&taken)), None) {
                        taken.insert(index, part);
                        index += 1;
                    }
                }
                for (index, (parent, part)) in taken.iter().enumerate().take(FAULTS) {
                    let mut others = taken.clone();
                    others.remove(index);
                    self.accuse(*parent, part, &without(&ranges(&others)), rejections);
                }
                return;
            }
        }
        rejections.extend(self.diagnose(element, gone));
    }

    /// The largest parts of an element that the schema lets be absent, each with its parent.
    fn removable<'a, 'i>(
        &self,
        element: Node<'a, 'i>,
        gone: &[Range<usize>],
        parts: &mut Vec<(Node<'a, 'i>, Part<'a, 'i>)>,
    ) {
        let description = self.grammar.describe(&path(element));
        let (_, required) = self.grammar.attributes(&description);
        let optional = element.attributes().filter(|attribute| !required.contains(attribute.name()));
        parts.extend(optional.map(|attribute| (element, Part::Attribute(attribute))));
        let (_, required) = self.grammar.children(&description);
        for child in element.children().filter(|child| child.is_element() && !gone.contains(&child.range())) {
            if required.contains(&name_of(child)) {
                self.removable(child, gone, parts);
            } else {
                parts.push((element, Part::Element(child)));
            }
        }
    }

    /// A part of `parent` without which the text is valid.
    fn accuse(&self, parent: Node, part: &Part, gone: &[Range<usize>], rejections: &mut Vec<Rejection>) {
        match part {
            Part::Attribute(attribute) => rejections.push(self.attribute(parent, attribute, gone)),
            Part::Text(text) => {
                let texts = self.grammar.texts(&self.grammar.describe(&path(parent)));
                rejections.push(self.text(parent, Some(*text), &texts));
            }
            Part::Element(element) => {
                let (allowed, _) = self.grammar.children(&self.grammar.describe(&path(parent)));
                if !allowed.contains(&name_of(*element)) {
                    rejections.push(self.unknown_element(parent, *element, &allowed));
                } else if let Some(rejection) = self.duplicate(parent, *element, gone) {
                    rejections.push(rejection);
                } else {
                    let mut inside = Vec::new();
                    self.blame(*element, gone, &mut inside);
                    // Nothing in it is wrong by itself: then it may lack something beside it.
                    let vague = inside.iter().all(|rejection| rejection.kind == Kind::Content);
                    let beside = if vague { self.missing(parent, gone) } else { None };
                    rejections.extend(beside.map_or(inside, |rejection| vec![rejection]));
                }
            }
        }
    }

    /// An element that is wrong although none of its parts can be taken out: what is wrong must be there in some form.
    fn diagnose(&self, element: Node, gone: &[Range<usize>]) -> Vec<Rejection> {
        let suspects: Vec<_> = element
            .descendants()
            .filter(|node| node.is_element() && !is_gone(*node, gone))
            .take(ELEMENTS)
            .flat_map(|node| self.suspects(node, gone))
            .take(FAULTS)
            .collect();
        if !suspects.is_empty() {
            return suspects;
        }
        if let Some(rejection) = self.missing_within(element, gone) {
            return vec![rejection];
        }
        let description = self.grammar.describe(&path(element));
        let inside = qualified_name(self.text, element);
        let (_, required) = self.grammar.children(&description);
        let help = if required.is_empty() {
            TOGETHER.to_owned()
        } else {
            format!("it must contain {}", listed(required.iter().map(|name| format!("<{name}>"))))
        };
        vec![Rejection {
            kind: Kind::Content,
            span: start_tag(element),
            message: format!("<{inside}> is not accepted as it is"),
            help,
            context: None,
        }]
    }

    /// What the schema knows nowhere at this place, whatever stands beside it.
    fn suspects(&self, element: Node, gone: &[Range<usize>]) -> Vec<Rejection> {
        let description = self.grammar.describe(&path(element));
        if description.is_empty() {
            return Vec::new();
        }
        let (known_attributes, _) = self.grammar.attributes(&description);
        let (known_children, _) = self.grammar.children(&description);
        let mut rejections = Vec::new();
        for attribute in element.attributes().filter(|attribute| !gone.contains(&attribute.range())) {
            let values = self.grammar.attribute_values(&description, attribute.name());
            let known = known_attributes.contains(attribute.name());
            if attribute.namespace().is_none() && !(known && self.is_one_of(attribute.value(), &values)) {
                rejections.push(self.attribute(element, &attribute, gone));
            }
        }
        let texts = self.grammar.texts(&description);
        for child in element.children().filter(|child| !is_gone(*child, gone)) {
            // A nameless element in the grammar is one of any name.
            let known = known_children.contains("") || known_children.contains(&name_of(child));
            if child.is_element() && !known {
                rejections.push(self.unknown_element(element, child, &known_children));
            } else if says_something(child) && texts.is_empty() {
                rejections.push(self.text(element, Some(child), &texts));
            }
        }
        let text = element.text().unwrap_or_default();
        let may_be_empty = texts.is_empty() || !known_children.is_empty() && text.trim().is_empty();
        if !may_be_empty && !self.is_one_of(text, &texts) {
            rejections.push(self.text(element, None, &texts));
        }
        rejections.truncate(FAULTS);
        rejections
    }
}

/// Whether a node is a text that is more than white space.
fn says_something(node: Node) -> bool {
    node.is_text() && node.text().is_some_and(|text| !text.trim().is_empty())
}

/// Whether a node has been taken out.
fn is_gone(node: Node, gone: &[Range<usize>]) -> bool {
    gone.iter().any(|gone| gone.contains(&node.range().start))
}

/// Names from the root to an element.
fn path(element: Node) -> Vec<String> {
    let mut names: Vec<_> = element.ancestors().filter(Node::is_element).map(name_of).collect();
    names.reverse();
    names
}

/// The name of an element as the grammar has it.
fn name_of(element: Node) -> String {
    grammar::qualified(element.tag_name().name(), element.tag_name().namespace())
}

/// The name of an element as it is written.
fn qualified_name<'t>(text: &'t str, element: Node) -> &'t str {
    let rest = &text[element.range().start + 1..];
    &rest[..rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(rest.len())]
}

#[cfg(test)]
mod tests;
