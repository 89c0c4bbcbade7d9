//! Finding the smallest part of a text that is at fault, with few questions about little text.

use std::ops::Range;

use roxmltree::Node;

use super::faults::near;
use super::words::similar;
use super::{FAULTS, Inquiry, Part, Rejection, is_gone, name_of, path, says_something};
use crate::repair::Repair;

/// From how many parts on they are taken out in halves. Of fewer, each is tried: two that exclude each other are often among them.
const MANY: usize = 9;
/// From how many elements beside one on it is worth two questions to take them out.
const BESIDE: usize = 3;

/// A part, and the element that it is in.
type Placed<'a, 'i> = (Node<'a, 'i>, Part<'a, 'i>);

impl Inquiry<'_> {
    /// Finds the faults in `element`. With `gone` taken out, the text is valid without the element, and is not with it.
    pub(super) fn blame(&self, element: Node, gone: &[Range<usize>], rejections: &mut Vec<Rejection>) {
        let attributes = element.attributes().map(Part::Attribute);
        let children = element.children().filter_map(|node| {
            if node.is_element() { Some(Part::Element(node)) } else { says_something(node).then_some(Part::Text(node)) }
        });
        let parts: Vec<_> = attributes.chain(children).filter(|part| !gone.contains(&part.range())).collect();
        if let Some(guilty) = self.guilty(element, &parts, gone) {
            self.accuse(element, guilty, gone, rejections);
            return;
        }
        // Several together: as many as it takes, then back with those that are innocent.
        let mut parts = Vec::new();
        self.removable(element, gone, &mut parts);
        let parts: Vec<_> = parts.iter().collect();
        let Some(enough) = self.enough(&parts, gone) else {
            rejections.extend(self.diagnose(element, gone));
            return;
        };
        let taken = self.needed(&parts[..enough], &[], gone);
        if let Some(alone) = self.misnamed_alone(&taken, gone).or_else(|| self.of_its_type(&taken, gone)) {
            rejections.push(alone);
            return;
        }
        for (index, (parent, part)) in taken.iter().enumerate().take(FAULTS) {
            let mut others = taken.clone();
            others.remove(index);
            self.accuse(*parent, part, &without(&others, gone), rejections);
        }
    }

    /// The part without which alone the text is valid; of several that exclude each other, the last.
    fn guilty<'p, 'a, 'i>(
        &self,
        of: Node,
        parts: &'p [Part<'a, 'i>],
        gone: &[Range<usize>],
    ) -> Option<&'p Part<'a, 'i>> {
        let valid = |parts: &[&Part]| {
            let parts = parts.iter().map(|part| part.range());
            self.valid(&gone.iter().cloned().chain(parts).collect::<Vec<_>>(), None)
        };
        if parts.len() < MANY {
            return parts.iter().rev().find(|part| valid(&[*part]));
        }
        // Of those that may be absent, half at a time.
        let description = self.grammar.describe(&path(of));
        let (attributes, children) = (self.grammar.attributes(&description).1, self.grammar.children(&description).1);
        let may_be_absent = |part: &&Part| match part {
            Part::Attribute(attribute) => !attributes.contains(attribute.name()),
            Part::Element(node) => !children.contains(&name_of(*node)),
            Part::Text(_) => true,
        };
        let optional: Vec<_> = parts.iter().filter(may_be_absent).collect();
        let mut rest = optional.as_slice();
        while rest.len() > 1 {
            let (left, right) = rest.split_at(rest.len() / 2);
            rest = [right, left].into_iter().find(|half| valid(half)).unwrap_or_default();
        }
        match rest {
            [found] if optional.len() > 1 => Some(found),
            // It may not be absent, or another is needed with it.
            _ => parts.iter().rev().find(|part| valid(&[*part])),
        }
    }

    /// The largest parts of an element that the schema lets be absent, each with its parent.
    fn removable<'a, 'i>(&self, element: Node<'a, 'i>, gone: &[Range<usize>], parts: &mut Vec<Placed<'a, 'i>>) {
        let description = self.grammar.describe(&path(element));
        let (_, required) = self.grammar.attributes(&description);
        let optional = element.attributes().filter(|attribute| !required.contains(attribute.name()));
        parts.extend(optional.map(|attribute| (element, Part::Attribute(attribute))));
        let (_, required) = self.grammar.children(&description);
        for child in element.children().filter(|child| child.is_element() && !gone.contains(&child.range())) {
            let same = |other: &Node| other.tag_name() == child.tag_name() && !gone.contains(&other.range());
            // One of several of a name need not be there.
            if required.contains(&name_of(child)) && !child.prev_siblings().skip(1).any(|other| same(&other)) {
                self.removable(child, gone, parts);
            } else {
                parts.push((element, Part::Element(child)));
            }
        }
    }

    /// How many of these parts, from the first, must be taken out for the text to be valid.
    fn enough(&self, parts: &[&Placed], gone: &[Range<usize>]) -> Option<usize> {
        let valid = |count: usize| self.valid(&without(&parts[..count], gone), None);
        if !valid(parts.len()) {
            // One of the last may be needed.
            return (1..parts.len()).find(|count| valid(*count));
        }
        let (mut too_few, mut enough) = (0, parts.len());
        while enough - too_few > 1 {
            let count = usize::midpoint(too_few, enough);
            if valid(count) { enough = count } else { too_few = count }
        }
        Some(enough)
    }

    /// The one of several parts that is at fault if it is right under the name that was probably meant.
    fn misnamed_alone(&self, taken: &[&Placed], gone: &[Range<usize>]) -> Option<Rejection> {
        taken.iter().find_map(|(parent, part)| {
            let description = self.grammar.describe(&path(*parent));
            match part {
                Part::Attribute(attribute) if attribute.namespace().is_none() => {
                    let (known, _) = self.grammar.attributes(&description);
                    let near = similar(attribute.name(), &known).filter(|_| !known.contains(attribute.name()))?;
                    let mends = self.mends(gone, &Repair::replace(attribute.range_qname(), near.as_str()));
                    mends.then(|| self.attribute(*parent, attribute, gone))
                }
                Part::Element(element) => {
                    let (known, _) = self.grammar.children(&description);
                    let near = near(element.tag_name().name(), &known, true)
                        .filter(|_| !known.contains(&name_of(*element)))?;
                    let mends = self.mends(gone, &self.renamed(*element, near));
                    mends.then(|| self.unknown_element(*parent, *element, &known, gone))
                }
                _ => None,
            }
        })
    }

    /// Where only the type of an element and others of its parts together can be taken out: a wrong type, or what the others lack
    /// for this type.
    fn of_its_type(&self, taken: &[&Placed], gone: &[Range<usize>]) -> Option<Rejection> {
        let (typed, kind) = taken.iter().find_map(|(parent, part)| match part {
            Part::Attribute(attribute) if attribute.name() == "type" => Some((*parent, attribute)),
            _ => None,
        })?;
        let others = taken.iter().filter(|(_, part)| part.range() != kind.range());
        let others: Option<Vec<_>> = others
            .map(|(parent, part)| match part {
                Part::Element(element) if *parent == typed => Some(*element),
                _ => None,
            })
            .collect();
        let others = others?;
        let values = self.grammar.attribute_values(&self.grammar.describe(&path(typed)), "type");
        if self.is_one_of(kind.value(), &values) {
            return others.into_iter().find_map(|element| self.missing_within(element, gone));
        }
        let would_do = |value: &String| self.mends(gone, &Repair::replace(kind.range_value(), value.as_str()));
        values.literals.iter().any(would_do).then(|| self.attribute(typed, kind, gone))
    }

    /// Those of these parts that must be taken out together with the others.
    fn needed<'p, 'a, 'i>(
        &self,
        parts: &[&'p Placed<'a, 'i>],
        others: &[&'p Placed<'a, 'i>],
        gone: &[Range<usize>],
    ) -> Vec<&'p Placed<'a, 'i>> {
        if self.valid(&without(others, gone), None) {
            return Vec::new();
        }
        if parts.len() < 2 {
            return parts.to_vec();
        }
        let (left, right) = parts.split_at(parts.len() / 2);
        let mut needed = self.needed(left, &[others, right].concat(), gone);
        let right = self.needed(right, &[others, &needed].concat(), gone);
        needed.extend(right);
        needed
    }

    /// What is gone, and what may be absent beside an element, if the element is no less wrong then. What is left is judged faster.
    pub(super) fn alone(&self, parent: Node, element: Node, gone: &[Range<usize>]) -> Vec<Range<usize>> {
        let (_, required) = self.grammar.children(&self.grammar.describe(&path(parent)));
        let is_beside = |node: &Node| node.is_element() && *node != element && !required.contains(&name_of(*node));
        let beside = parent.children().filter(|node| is_beside(node) && !is_gone(*node, gone));
        let mut more = gone.to_vec();
        more.extend(beside.map(|node| node.range()));
        if more.len() - gone.len() < BESIDE || self.valid(&more, None) {
            return gone.to_vec();
        }
        let without: Vec<_> = more.iter().cloned().chain([element.range()]).collect();
        if self.valid(&without, None) { more } else { gone.to_vec() }
    }
}

/// What is gone, and some parts.
fn without(parts: &[&Placed], gone: &[Range<usize>]) -> Vec<Range<usize>> {
    gone.iter().cloned().chain(parts.iter().map(|(_, part)| part.range())).collect()
}
