//! Repairs, and whether the judge takes the text with them.

use std::collections::BTreeSet;
use std::ops::Range;

use domain_definitions::start_tag;
use quick_xml::escape::partial_escape;
use roxmltree::{Attribute, Node};

use super::faults::near;
use super::meant::{self, Meant};
use super::words;
use super::{ELEMENTS, Inquiry, Rejection, blanked, is_gone, name_of, path, qualified_name};
use crate::kind::Kind;
use crate::repair::Repair;

/// How many elements are replaced to find the smallest at fault.
const REPLACED: usize = 60;
/// The longest element that is shown as it would be right, in bytes.
const LONGEST: usize = 100;

/// How many ways to write an element are tried to find whether one is meant.
const TRIED: usize = 12;

/// Of how many that would do the shortest is shown.
const SHOWN: usize = 3;

impl Inquiry<'_> {
    /// Whether the text is valid with a repair, and without what is gone.
    pub(super) fn mends(&self, gone: &[Range<usize>], repair: &Repair) -> bool {
        self.may_ask() && (self.judge)(&repair.applied(&blanked(self.text, gone)))
    }

    /// An element under another name, in both its tags.
    pub(super) fn renamed(&self, element: Node, new: &str) -> Repair {
        let (range, len) = (element.range(), qualified_name(self.text, element).len());
        let start = Repair::replace(range.start + 1..range.start + 1 + len, new);
        match self.text[range.clone()].rfind("</") {
            Some(end) if !self.text[range.clone()].ends_with("/>") => {
                let end = range.start + end + 2;
                start.and(Repair::replace(end..end + len, new))
            }
            _ => start,
        }
    }

    /// Whether an element is meant to have another name, although what it contains is wrong as well: a right one of that name would
    /// do in its place, or it is one of several that are right when all are renamed.
    pub(super) fn is_meant(&self, parent: Node, element: Node, name: &str, gone: &[Range<usize>]) -> bool {
        let path: Vec<_> = path(parent).into_iter().chain([name.to_owned()]).collect();
        let description = self.grammar.describe(&path);
        let would_do = |new: &String| self.mends(gone, &Repair::replace(element.range(), new.as_str()));
        self.misspelt.borrow().contains(&element.range())
            || self.smallest(name, &description).take(TRIED).any(|new| would_do(&new))
    }

    /// The same of an attribute.
    pub(super) fn is_meant_attribute(
        &self,
        of: Node,
        attribute: &Attribute,
        name: &str,
        gone: &[Range<usize>],
    ) -> bool {
        let values = self.grammar.attribute_values(&self.grammar.describe(&path(of)), name);
        let would_do = |value: &String| {
            self.mends(gone, &Repair::replace(attribute.range(), format!("{name}=\"{}\"", partial_escape(value))))
        };
        self.misspelt.borrow().contains(&attribute.range_qname())
            || self.samples(&values).iter().take(TRIED).any(would_do)
    }

    /// Remembers what has a name or value in an element that is nearly known, if the text is valid once all have the known ones.
    pub(super) fn rename_together(&self, element: Node, gone: &[Range<usize>]) {
        let mut unknown = Vec::new();
        let elements = element.descendants().filter(|node| node.is_element() && !is_gone(*node, gone)).take(ELEMENTS);
        for parent in elements {
            let description = self.grammar.describe(&path(parent));
            let (allowed, _) = self.grammar.attributes(&description);
            let attributes = parent.attributes().filter(|attribute| !gone.contains(&attribute.range()));
            for attribute in attributes.filter(|attribute| attribute.namespace().is_none() && !allowed.is_empty()) {
                let (range, near) = if allowed.contains(attribute.name()) {
                    let values = self.grammar.attribute_values(&description, attribute.name());
                    let is_known = self.is_one_of(attribute.value(), &values);
                    let near = if is_known { None } else { words::meant(attribute.value(), &values.literals).cloned() };
                    (attribute.range_value(), near)
                } else {
                    (attribute.range_qname(), near(attribute.name(), &allowed, true).cloned())
                };
                unknown.extend(near.map(|near| (range.clone(), Repair::replace(range, near))));
            }
            let (allowed, _) = self.grammar.children(&description);
            let children = parent.children().filter(|child| child.is_element() && !is_gone(*child, gone));
            for child in children.filter(|child| !allowed.is_empty() && !allowed.contains(&name_of(*child))) {
                let near = near(child.tag_name().name(), &allowed, true);
                unknown.extend(near.map(|near| (child.range(), self.renamed(child, near))));
            }
        }
        let all = unknown.iter().map(|(_, renamed)| renamed.clone()).reduce(Repair::and);
        if unknown.len() > 1 && all.is_some_and(|all| self.mends(gone, &all)) {
            self.misspelt.borrow_mut().extend(unknown.into_iter().map(|(range, _)| range));
        }
    }

    /// What an element was meant to be that is not known there: by its meaning, and with the repair, if it is certain.
    pub(super) fn meant_element(
        &self,
        parent: Node,
        element: Node,
        gone: &[Range<usize>],
    ) -> Option<(String, Option<Repair>)> {
        match meant::by_element(parent.tag_name().name(), element.tag_name().name())? {
            Meant::Word(word) => {
                let repair = self.renamed(element, word);
                let is_there = parent.children().any(|child| child.has_tag_name(word) && !is_gone(child, gone));
                let mends = self.mends(gone, &repair);
                (mends || !is_there).then(|| (format!("write <{word}>"), mends.then_some(repair)))
            }
            Meant::Advice(advice) => Some((advice.to_owned(), None)),
        }
    }

    /// An element that libvirt knows there for something else, and that is right under the name that was meant.
    pub(super) fn misnamed(&self, parent: Node, element: Node, gone: &[Range<usize>]) -> Option<Rejection> {
        let (help, repair) = self.meant_element(parent, element, gone)?;
        let (inside, name) = (qualified_name(self.text, parent), qualified_name(self.text, element));
        let message = format!("<{name}> in <{inside}> has another meaning");
        let rejection = Rejection::new(Kind::UnknownElement, start_tag(element), message, help);
        Some(Rejection { repair: Some(repair?), ..rejection })
    }

    /// An element that is right if its parent does not have one of its attributes.
    pub(super) fn exclusive(&self, parent: Node, element: Node, gone: &[Range<usize>]) -> Option<Rejection> {
        let (inside, name) = (qualified_name(self.text, parent), qualified_name(self.text, element));
        let mut attributes = parent.attributes().filter(|attribute| !gone.contains(&attribute.range()));
        let other = attributes.find(|attribute| self.mends(gone, &Repair::remove(attribute.range())))?;
        let written = &self.text[other.range()];
        Some(Rejection {
            context: Some((other.range(), format!("excludes <{name}>"))),
            ..Rejection::new(
                Kind::Content,
                start_tag(element),
                format!("<{name}> does not go together with {written} of <{inside}>"),
                "remove one of the two".to_owned(),
            )
        })
    }

    /// The value that was meant, if it can be told from this one and the text is valid with it.
    pub(super) fn meant_value(
        &self,
        element: Node,
        attribute: &Attribute,
        gone: &[Range<usize>],
    ) -> Option<(String, Repair)> {
        let value = attribute.value();
        let word = match meant::by_value(element.tag_name().name(), attribute.name(), value) {
            Some(Meant::Word(word)) => Some(word.to_owned()),
            _ => None,
        };
        let candidates = [word, without_blanks(value), as_mac(value)];
        candidates.into_iter().flatten().find_map(|meant| {
            let repair = Repair::replace(attribute.range_value(), meant.clone());
            self.mends(gone, &repair).then_some((meant, repair))
        })
    }

    /// An element that is wrong only because an attribute of its parent says that there is another kind of it.
    pub(super) fn selected(&self, parent: Node, element: Node, gone: &[Range<usize>]) -> Option<Rejection> {
        let selector = parent.attribute_node("type")?;
        let (inside, name) = (qualified_name(self.text, parent), qualified_name(self.text, element));
        let description = self.grammar.describe(&path(parent));
        // Else another value does not change what is wrong, and each would cost a question.
        if !self.grammar.decides(&description, "type", selector.value()) {
            return None;
        }
        let values = self.grammar.attribute_values(&description, "type").literals;
        let would_do = |value: &&String| {
            value.as_str() != selector.value()
                && self.mends(gone, &Repair::replace(selector.range_value(), value.as_str()))
        };
        let others: BTreeSet<_> = values.iter().filter(would_do).collect();
        if others.is_empty() || others.len() > 3 {
            return None;
        }
        let types: Vec<_> = others.iter().map(|value| format!("type=\"{value}\"")).collect();
        let instead = self.least(element, gone).map(|least| format!(", or {least} in its place")).unwrap_or_default();
        Some(Rejection {
            context: Some((start_tag(parent), format!("this is type=\"{}\"", selector.value()))),
            ..Rejection::new(
                Kind::Content,
                start_tag(element),
                format!("<{inside} type=\"{}\"> does not take this <{name}>", selector.value()),
                format!("write {} for <{inside}>{instead}", types.join(" or ")),
            )
        })
    }

    /// The least that is accepted in the place of an element: with one attribute of another name if that does, else an example.
    fn least(&self, element: Node, gone: &[Range<usize>]) -> Option<String> {
        let description = self.grammar.describe(&path(element));
        let ((names, _), start) = (self.grammar.attributes(&description), element.range().start);
        let renamed = element.attributes().flat_map(|attribute| {
            let span = attribute.range_qname();
            names.iter().map(move |name| {
                let mut text = self.text[element.range()].to_owned();
                text.replace_range(span.start - start..span.end - start, name);
                text
            })
        });
        let mut renamed = renamed.filter(|text| text.len() < LONGEST).take(REPLACED);
        if let Some(new) = renamed.find(|new| self.mends(gone, &Repair::replace(element.range(), new.as_str()))) {
            return Some(new);
        }
        let all = self.smallest(qualified_name(self.text, element), &description);
        let accepted = all.filter(|new| self.mends(gone, &Repair::replace(element.range(), new.as_str())));
        accepted.take(SHOWN).min_by_key(String::len)
    }

    /// The smallest element in the place of which something is accepted.
    pub(super) fn smallest_at_fault(&self, element: Node, gone: &[Range<usize>]) -> Option<Rejection> {
        let mut within: Vec<_> =
            element.descendants().filter(|node| node.is_element() && !is_gone(*node, gone)).take(REPLACED).collect();
        within.sort_by_key(|node| node.range().len());
        within.into_iter().find_map(|node| {
            let least = self.least(node, gone)?;
            let name = qualified_name(self.text, node);
            // What an element may contain often depends on the type of the one that it is in.
            let parent = node.parent_element().filter(|parent| parent.has_attribute("type"));
            let message = parent.map_or_else(
                || format!("what is in this <{name}> does not go together"),
                |parent| {
                    let (inside, kind) =
                        (qualified_name(self.text, parent), parent.attribute("type").unwrap_or_default());
                    format!("<{inside} type=\"{kind}\"> does not take this <{name}>")
                },
            );
            let help = format!("what is accepted here is for example {least}");
            Some(Rejection::new(Kind::Content, start_tag(node), message, help))
        })
    }
}

/// A value without blanks and characters that look like blanks around it, if it has some.
fn without_blanks(value: &str) -> Option<String> {
    let is_blank = |c: char| c.is_whitespace() || crate::malformed::unseen(c).is_some();
    let trimmed = value.trim_matches(is_blank);
    (trimmed != value).then(|| trimmed.to_owned())
}

/// A MAC address with two digits each and colons between, if these are the digits of one.
fn as_mac(value: &str) -> Option<String> {
    let parts: Vec<String> = if value.len() == 12 && value.is_ascii() {
        (0..6).map(|index| value[index * 2..index * 2 + 2].to_owned()).collect()
    } else {
        value.split([':', '-']).map(|part| format!("{part:0>2}")).collect()
    };
    let digits = |part: &String| part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit());
    (parts.len() == 6 && parts.iter().all(digits)).then(|| parts.join(":").to_lowercase())
}
