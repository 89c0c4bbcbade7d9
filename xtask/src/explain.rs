//! Why a document is rejected, where, and what would be accepted there.
//!
//! libxml2 is the judge, and a poor witness: it often names the parent of a fault, or the whole document. So it is asked
//! again and again, with parts of the document blanked out (spaces keep every position): a part whose absence makes the
//! document valid is guilty, and so is, inside it, the smallest such part. Where several faults hide each other, parts
//! are taken out until the document is valid, and those that change nothing are put back. If no part can be taken out,
//! something is missing: then what the schema requires is put in, until the judge agrees.
//!
//! What is allowed at the place that was found is the [`Grammar`]'s to say.

mod missing;
mod words;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use roxmltree::{Attribute, Document, Node};

use crate::grammar::{Grammar, Values};
use crate::relaxng::{self, Message};
pub use words::similar;
use words::{LISTED, expected, is_number, listed};

/// How often the judge is asked about one document before an explanation makes do with what it has.
pub const QUESTIONS: usize = 2_000;
/// How long it is asked. Only documents of megabytes take longer, and some of them take libxml2 minutes a question.
const PATIENCE: Duration = Duration::from_secs(5);
/// Elements that are looked at without the judge's help.
const ELEMENTS: usize = 10_000;
/// Findings in one document that somebody would still read.
const FINDINGS: usize = 100;

/// One fault, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of fault, e.g. `schema/unknown-element`.
    pub rule: &'static str,
    /// Bytes of the text that are at fault.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
    /// Another place that matters, and why.
    pub context: Option<(Range<usize>, String)>,
}

/// Explains why `judge` rejects a text. Gives at least one finding: where nothing better is found, what libxml2 says.
///
/// `text` must be well-formed; `judge` tells whether a variant of it is valid.
pub fn explain(text: &str, grammar: &Grammar, messages: &[Message], judge: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Ok(document) = Document::parse(text) {
        let inquiry = Inquiry { text, grammar, judge, left: Cell::new(QUESTIONS), started: Instant::now() };
        inquiry.blame(document.root_element(), &[], &mut findings);
    }
    if findings.is_empty() {
        findings.extend(messages.iter().map(|message| verbatim(text, message)));
    }
    findings.sort_by_key(|finding| finding.span.start);
    findings.dedup();
    findings.truncate(FINDINGS);
    findings
}

/// What libxml2 says, as it says it, with the whole line for its place.
fn verbatim(text: &str, message: &Message) -> Finding {
    let lines = text.split_inclusive('\n').scan(0, |start, line| {
        let span = *start..*start + line.trim_end().len();
        *start += line.len();
        Some(span)
    });
    let span = lines.into_iter().nth(message.line.saturating_sub(1) as usize).unwrap_or(0..0);
    Finding { rule: "schema/rejected", span, message: message.text.clone(), help: String::new(), context: None }
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
}

/// A part of an element that can be taken out.
#[derive(Clone)]
enum Part<'a, 'i> {
    Attribute(Attribute<'a, 'i>),
    Element(Node<'a, 'i>),
}

impl Part<'_, '_> {
    fn range(&self) -> Range<usize> {
        match self {
            Part::Attribute(attribute) => attribute.range(),
            Part::Element(element) => element.range(),
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
        let mut bytes = self.text.as_bytes().to_vec();
        for range in without {
            for byte in &mut bytes[range.clone()] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        // Whole elements and attributes are taken out, so that what is left is still UTF-8.
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((range, new)) = with {
            text.replace_range(range, new);
        }
        (self.judge)(&text)
    }

    /// Finds the faults in `element`. With `gone` taken out, the text is valid without the element, and is not with it.
    fn blame(&self, element: Node, gone: &[Range<usize>], findings: &mut Vec<Finding>) {
        let attributes = element.attributes().map(Part::Attribute);
        let children = element.children().filter(Node::is_element).map(Part::Element);
        let parts: Vec<_> = attributes.chain(children).filter(|part| !gone.contains(&part.range())).collect();
        let without = |more: &[Range<usize>]| [gone, more].concat();

        // One part alone; of several that exclude each other, the last.
        let alone: Vec<_> = parts.iter().filter(|part| self.valid(&without(&[part.range()]), None)).collect();
        if let Some(guilty) = alone.last() {
            self.accuse(element, guilty, gone, findings);
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
                for (index, (parent, part)) in taken.iter().enumerate().take(FINDINGS) {
                    let mut others = taken.clone();
                    others.remove(index);
                    self.accuse(*parent, part, &without(&ranges(&others)), findings);
                }
                return;
            }
        }
        findings.extend(self.diagnose(element, gone));
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
            if required.contains(child.tag_name().name()) {
                self.removable(child, gone, parts);
            } else {
                parts.push((element, Part::Element(child)));
            }
        }
    }

    /// A part of `parent` without which the text is valid.
    fn accuse(&self, parent: Node, part: &Part, gone: &[Range<usize>], findings: &mut Vec<Finding>) {
        match part {
            Part::Attribute(attribute) => findings.push(self.attribute(parent, attribute, gone)),
            Part::Element(element) => {
                let (allowed, _) = self.grammar.children(&self.grammar.describe(&path(parent)));
                let known = allowed.contains(element.tag_name().name());
                if !known {
                    findings.push(self.unknown_element(parent, *element, &allowed));
                } else if let Some(finding) = self.duplicate(parent, *element, gone) {
                    findings.push(finding);
                } else {
                    let mut inside = Vec::new();
                    self.blame(*element, gone, &mut inside);
                    // Nothing in it is wrong by itself: then it may lack something beside it.
                    let vague = inside.iter().all(|finding| finding.rule == "schema/content");
                    let beside = if vague { self.missing(parent, gone) } else { None };
                    findings.extend(beside.map_or(inside, |finding| vec![finding]));
                }
            }
        }
    }

    fn unknown_element(&self, parent: Node, element: Node, allowed: &BTreeSet<String>) -> Finding {
        let (name, inside) = (element.tag_name().name(), parent.tag_name().name());
        let elsewhere = self.grammar.parents_of(name);
        let help = if let Some(similar) = similar(name, allowed) {
            format!("did you mean <{similar}>?")
        } else if !elsewhere.is_empty() && elsewhere.len() <= LISTED / 4 {
            let places: Vec<_> = elsewhere.iter().map(|place| format!("<{place}>")).collect();
            format!("it belongs in {}", places.join(" or "))
        } else {
            format!("<{inside}> may contain {}", listed(allowed.iter().map(|name| format!("<{name}>"))))
        };
        Finding {
            rule: "schema/unknown-element",
            span: start_tag(self.text, element),
            message: format!("<{inside}> does not have an element <{name}>"),
            help,
            context: None,
        }
    }

    /// If another element of the same name beside it would do as well, there is one too many.
    fn duplicate(&self, parent: Node, element: Node, gone: &[Range<usize>]) -> Option<Finding> {
        let name = element.tag_name();
        let same = |node: &Node| node.is_element() && node.tag_name() == name && *node != element;
        let others = parent.children().filter(same).filter(|other| !gone.contains(&other.range()));
        let other = others.into_iter().find(|other| self.valid(&[gone, &[other.range()]].concat(), None))?;
        let name = name.name();
        Some(Finding {
            rule: "schema/duplicate-element",
            span: start_tag(self.text, element),
            message: format!("<{}> may have only one <{name}>", parent.tag_name().name()),
            help: "keep one of the two".to_owned(),
            context: Some((start_tag(self.text, other), format!("the other <{name}>"))),
        })
    }

    fn attribute(&self, element: Node, attribute: &Attribute, gone: &[Range<usize>]) -> Finding {
        let (name, inside) = (attribute.name(), element.tag_name().name());
        let description = self.grammar.describe(&path(element));
        let (allowed, _) = self.grammar.attributes(&description);
        if !allowed.contains(name) {
            let help = match similar(name, &allowed) {
                Some(similar) => format!("did you mean `{similar}`?"),
                None if allowed.is_empty() => format!("<{inside}> has no attributes"),
                None => format!("<{inside}> may have {}", listed(allowed.iter().map(|name| format!("`{name}`")))),
            };
            return Finding {
                rule: "schema/unknown-attribute",
                span: attribute.range_qname(),
                message: format!("<{inside}> does not have an attribute `{name}`"),
                help,
                context: None,
            };
        }
        let values = self.grammar.attribute_values(&description, name);
        self.value(attribute, inside, &values, gone)
    }

    /// A value that is not accepted: what would be.
    fn value(&self, attribute: &Attribute, inside: &str, values: &Values, gone: &[Range<usize>]) -> Finding {
        let (name, value) = (attribute.name(), attribute.value());
        let range = attribute.range_value();
        let fits = |literal: &&String| self.valid(gone, Some((range.clone(), literal)));
        let mut accepted: BTreeSet<_> = values.literals.iter().filter(fits).cloned().collect();
        if accepted.is_empty() && !values.literals.contains(value) {
            // Something else is wrong as well, so that the judge accepts none; the schema's own list, then.
            accepted.clone_from(&values.literals);
        }
        let message = if values.literals.contains(value) {
            format!("`{name}` of <{inside}> cannot be `{value}` here")
        } else {
            format!("`{name}` of <{inside}> cannot be `{value}`")
        };
        Finding {
            rule: "schema/value",
            span: range,
            message,
            help: expected(value, &accepted, &values.kinds),
            context: None,
        }
    }

    /// An element that is wrong although none of its parts can be taken out: what is wrong must be there in some form.
    fn diagnose(&self, element: Node, gone: &[Range<usize>]) -> Vec<Finding> {
        let suspects: Vec<_> = element
            .descendants()
            .filter(|node| node.is_element() && !gone.iter().any(|gone| gone.contains(&node.range().start)))
            .take(ELEMENTS)
            .flat_map(|node| self.suspects(node, gone))
            .take(FINDINGS)
            .collect();
        if !suspects.is_empty() {
            return suspects;
        }
        let description = self.grammar.describe(&path(element));
        let inside = element.tag_name().name();
        if let Some(finding) = self.missing(element, gone) {
            return vec![finding];
        }
        let texts = self.grammar.texts(&description);
        let has_children = element.children().any(|child| child.is_element());
        let has_texts = !texts.literals.is_empty() || !texts.kinds.is_empty();
        if has_texts && !has_children {
            return vec![self.text(element, &texts)];
        }
        let (_, required) = self.grammar.children(&description);
        let help = if required.is_empty() {
            "its attributes and elements do not go together; compare with <https://libvirt.org/format.html>".to_owned()
        } else {
            format!("it must contain {}", listed(required.iter().map(|name| format!("<{name}>"))))
        };
        vec![Finding {
            rule: "schema/content",
            span: start_tag(self.text, element),
            message: format!("<{inside}> is not accepted as it is"),
            help,
            context: None,
        }]
    }

    /// A text that is not accepted.
    fn text(&self, element: Node, texts: &Values) -> Finding {
        let text = element.text().unwrap_or_default().trim();
        let span = element.first_child().map_or_else(|| start_tag(self.text, element), |child| child.range());
        Finding {
            rule: "schema/content",
            span,
            message: format!("<{}> cannot contain {text:?}", element.tag_name().name()),
            help: expected(text, &texts.literals, &texts.kinds),
            context: None,
        }
    }

    /// What the schema knows nowhere at this place, whatever stands beside it.
    fn suspects(&self, element: Node, gone: &[Range<usize>]) -> Vec<Finding> {
        let description = self.grammar.describe(&path(element));
        if description.is_empty() {
            return Vec::new();
        }
        let (attributes, _) = self.grammar.attributes(&description);
        let (children, _) = self.grammar.children(&description);
        let wrong_attribute = |attribute: &Attribute| {
            let values = self.grammar.attribute_values(&description, attribute.name());
            let listed = values.kinds.is_empty() && !values.literals.is_empty();
            let unknown = attribute.namespace().is_none() && !attributes.contains(attribute.name());
            unknown || (listed && !values.literals.contains(attribute.value()))
        };
        let unknown_child = |child: &Node| {
            child.is_element() && child.tag_name().namespace().is_none() && !children.contains(child.tag_name().name())
        };
        let attributes = element.attributes().filter(wrong_attribute).map(|a| self.attribute(element, &a, gone));
        let unknown = element.children().filter(unknown_child);
        let texts = self.grammar.texts(&description);
        let text = element.text().unwrap_or_default().trim();
        let number =
            texts.literals.is_empty() && !texts.kinds.is_empty() && texts.kinds.iter().all(|kind| is_number(kind));
        let wrong_text = (number && text.parse::<i128>().is_err()).then(|| self.text(element, &texts));
        attributes
            .chain(unknown.map(|child| self.unknown_element(element, child, &children)))
            .chain(wrong_text)
            .take(FINDINGS)
            .collect()
    }
}

/// Names from the root to an element.
fn path<'a>(element: Node<'a, '_>) -> Vec<&'a str> {
    let mut names: Vec<_> = element.ancestors().filter(Node::is_element).map(|node| node.tag_name().name()).collect();
    names.reverse();
    names
}

fn qualified_name<'t>(text: &'t str, element: Node) -> &'t str {
    let rest = &text[element.range().start + 1..];
    &rest[..rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(rest.len())]
}

/// The bytes of an element's start tag.
fn start_tag(text: &str, element: Node) -> Range<usize> {
    let start = element.range().start;
    let behind = element.attributes().map(|attribute| attribute.range().end).max().unwrap_or(start);
    let end = text[behind..].find('>').map_or(element.range().end, |at| behind + at + 1);
    start..end
}
