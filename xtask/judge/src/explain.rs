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
mod meant;
mod missing;
mod search;
mod tried;
mod unparsed;
mod words;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::{Duration, Instant};

use quick_xml::escape::partial_escape;
use roxmltree::{Attribute, Document, Node};

use crate::grammar::{self, Datatype, Grammar, Values};
use crate::kind::Kind;
use crate::relaxng::{self, Message};
use crate::repair::Repair;
use unparsed::{undeclared, verbatim};
pub use words::similar;

/// How often the judge is asked about one document; then an explanation uses what is known by then.
pub const QUESTIONS: usize = 2_000;
/// How long it is asked. Only documents of megabytes take longer, and some of them take libxml2 minutes a question.
const PATIENCE: Duration = Duration::from_secs(5);
/// Elements that are looked at without the judge's help.
const ELEMENTS: usize = 10_000;
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
    /// What makes the fault go away, if that is certain.
    pub repair: Option<Repair>,
}

impl Rejection {
    /// A fault at a place, and what to do about it.
    #[must_use]
    pub fn new(kind: Kind, span: Range<usize>, message: String, help: String) -> Rejection {
        Rejection { kind, span, message, help, context: None, repair: None }
    }
}

/// Explains why `judge` rejects a text. There is at least one rejection: if nothing better is found, what libxml2 says.
///
/// `text` must be well-formed; `judge` decides whether a variant of it is valid.
pub fn explain(text: &str, grammar: &Grammar, messages: &[Message], judge: &dyn Fn(&str) -> bool) -> Vec<Rejection> {
    let mut rejections = Vec::new();
    match Document::parse(text) {
        Ok(document) => {
            let (left, datatypes, misspelt) = (Cell::new(QUESTIONS), RefCell::default(), RefCell::default());
            let inquiry = Inquiry { text, grammar, judge, left, started: Instant::now(), datatypes, misspelt };
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

/// Judges variants of a text by a compiled schema.
pub fn judge(schema: &relaxng::Schema) -> impl Fn(&str) -> bool + '_ {
    |text| {
        relaxng::Document::parse(text)
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
    /// Elements of which it is known that only their names are wrong.
    misspelt: RefCell<HashSet<Range<usize>>>,
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
        if !self.may_ask() {
            return false;
        }
        let mut text = blanked(self.text, without);
        if let Some((range, new)) = with {
            text.replace_range(range, new);
        }
        (self.judge)(&text)
    }

    /// Counts a question; false if no more may be asked.
    fn may_ask(&self) -> bool {
        let left = if self.started.elapsed() < PATIENCE { self.left.get() } else { 0 };
        self.left.set(left.saturating_sub(1));
        left > 0
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

    /// A part of `parent` without which the text is valid.
    fn accuse(&self, parent: Node, part: &Part, gone: &[Range<usize>], rejections: &mut Vec<Rejection>) {
        match part {
            Part::Attribute(attribute) => rejections.push(self.attribute(parent, attribute, gone)),
            Part::Text(text) => {
                let texts = self.grammar.texts(&self.grammar.describe(&path(parent)));
                rejections.push(self.text(parent, Some(*text), &texts, gone));
            }
            Part::Element(element) => {
                let (allowed, _) = self.grammar.children(&self.grammar.describe(&path(parent)));
                if !allowed.contains(&name_of(*element)) {
                    rejections.push(self.unknown_element(parent, *element, &allowed, gone));
                } else if let Some(rejection) = self.misnamed(parent, *element, gone) {
                    rejections.push(rejection);
                } else if let Some(rejection) = self.duplicate(parent, *element, gone) {
                    rejections.push(rejection);
                } else if let Some(rejection) = self.selected(parent, *element, gone) {
                    rejections.push(rejection);
                } else {
                    let mut inside = Vec::new();
                    self.blame(*element, &self.alone(parent, *element, gone), &mut inside);
                    // Nothing in it is wrong by itself: then it may lack something beside it.
                    let vague = inside.iter().all(|rejection| rejection.kind == Kind::Content);
                    let beside = || self.exclusive(parent, *element, gone).or_else(|| self.missing(parent, gone));
                    let beside = if vague { beside() } else { None };
                    rejections.extend(beside.map_or(inside, |rejection| vec![rejection]));
                }
            }
        }
    }

    /// An element that is wrong although none of its parts can be taken out: what is wrong must be there in some form.
    fn diagnose(&self, element: Node, gone: &[Range<usize>]) -> Vec<Rejection> {
        self.rename_together(element, gone);
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
        let found = self.missing_within(element, gone).or_else(|| self.lacking(element, gone));
        vec![found.or_else(|| self.smallest_at_fault(element, gone)).unwrap_or_else(|| self.last_word(element))]
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
                rejections.push(self.unknown_element(element, child, &known_children, gone));
            } else if says_something(child) && texts.is_empty() {
                rejections.push(self.text(element, Some(child), &texts, gone));
            }
        }
        let text = element.text().unwrap_or_default();
        let optional = || self.grammar.skeletons(&description).iter().any(|skeleton| skeleton.text.is_none());
        let may_be_empty =
            texts.is_empty() || text.is_empty() && optional() || !known_children.is_empty() && text.trim().is_empty();
        if !may_be_empty && !self.is_one_of(text, &texts) {
            rejections.push(self.text(element, None, &texts, gone));
        }
        rejections.truncate(FAULTS);
        rejections
    }
}

/// A text with some parts blanked out: spaces keep every position.
pub(crate) fn blanked(text: &str, without: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in without {
        for byte in &mut bytes[range.clone()] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    // Whole elements, attributes and texts are taken out, so that what is left is still UTF-8.
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Whether a node is a text that is more than white space.
pub(crate) fn says_something(node: Node) -> bool {
    node.is_text() && node.text().is_some_and(|text| !text.trim().is_empty())
}

/// Whether a node has been taken out.
pub(crate) fn is_gone(node: Node, gone: &[Range<usize>]) -> bool {
    gone.iter().any(|gone| gone.contains(&node.range().start))
}

/// Names from the root to an element.
pub(crate) fn path(element: Node) -> Vec<String> {
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
