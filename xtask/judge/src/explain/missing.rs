//! Finding what is missing, by inserting it.

use std::collections::BTreeSet;
use std::ops::Range;

use domain_definitions::start_tag;
use roxmltree::Node;

use super::words::{listed, samples};
use super::{Inquiry, Rejection, name_of, path, qualified_name};
use crate::grammar::{Descriptions, Skeleton, Values};
use crate::kind::Kind;

/// How many ways to write one missing element are tried.
const INSTANCES: usize = 40;
/// How many of those that would do are shown.
const SHOWN: usize = 3;

impl Inquiry<'_> {
    /// Something without which `element`, or something in it, is not accepted.
    pub(super) fn missing_within(&self, element: Node, gone: &[Range<usize>]) -> Option<Rejection> {
        let within = element.descendants().skip(1).filter(|node| node.is_element() && !super::is_gone(*node, gone));
        let lacking = within.filter(|node| self.lacks_something(*node));
        let children: Vec<_> =
            element.children().filter(|child| child.is_element() && !super::is_gone(*child, gone)).collect();
        let here = lacking.chain([element]).chain(children.clone()).find_map(|node| self.missing(node, gone));
        // What is there instead, in the wrong place, may have to go first. One that is there and wrong is not missing.
        here.or_else(|| {
            let instead = |child: &Node| {
                let found = self.missing(element, &[gone, &[child.range()]].concat())?;
                (found.message != self.lacks(element, qualified_name(self.text, *child))).then_some(found)
            };
            children.iter().find_map(instead)
        })
    }

    /// Says that an element lacks another.
    fn lacks(&self, element: Node, name: &str) -> String {
        format!("<{}> lacks <{name}>", qualified_name(self.text, element))
    }

    /// What the schema requires of an element in each of its forms, and is not there: several things, or one alone would do.
    pub(super) fn lacking(&self, element: Node, gone: &[Range<usize>]) -> Option<Rejection> {
        let description = self.grammar.describe(&path(element));
        // What only one of several elements of this name requires is not missing from another.
        let required = |of: Descriptions| (self.grammar.attributes(&of).1, self.grammar.children(&of).1);
        let both = |(a, b): (BTreeSet<String>, BTreeSet<String>), (c, d)| (&a & &c, &b & &d);
        let (attributes, children) = description.each().map(required).reduce(both).unwrap_or_default();
        let is_there =
            |name: &str| element.children().any(|child| name_of(child) == name && !super::is_gone(child, gone));
        let attributes = attributes.iter().filter(|name| element.attribute(name.as_str()).is_none());
        let attributes: Vec<_> = attributes.map(|name| format!("the attribute `{name}`")).collect();
        let children = children.iter().filter(|name| !is_there(name)).map(|name| format!("<{name}>"));
        let all: Vec<_> = attributes.into_iter().chain(children).collect();
        let inside = qualified_name(self.text, element);
        let message = format!("<{inside}> lacks {}", listed(all.iter().cloned()));
        let help = "add what is missing, and ask again".to_owned();
        (!all.is_empty()).then(|| Rejection::new(Kind::MissingElement, start_tag(element), message, help))
    }

    /// What is left to say of an element of which each part is known: what it may have, of which only some goes together.
    pub(super) fn last_word(&self, element: Node) -> Rejection {
        let description = self.grammar.describe(&path(element));
        let (attributes, _) = self.grammar.attributes(&description);
        let (children, _) = self.grammar.children(&description);
        let inside = qualified_name(self.text, element);
        let message = format!("what is in this <{inside}> does not go together");
        let known = attributes.iter().map(|name| format!("`{name}`"));
        let known = listed(known.chain(children.iter().map(|name| format!("<{name}>"))));
        let help = format!("of these, only some go together: {known}");
        Rejection::new(Kind::Content, start_tag(element), message, help)
    }

    /// Whether an element has not even the least that the schema asks of it in any place.
    fn lacks_something(&self, element: Node) -> bool {
        let description = self.grammar.describe(&path(element));
        let has = |skeleton: &Skeleton| {
            let attribute = |name: &str| element.attribute(name).is_some();
            let child = |name: &str| element.children().any(|child| name_of(child) == name);
            skeleton.attributes.iter().all(|(name, _)| attribute(name))
                && skeleton.children.iter().all(|(name, _)| child(name))
        };
        !description.is_empty() && !self.grammar.skeletons(&description).iter().any(has)
    }

    /// Something without which `element` is not accepted, found by putting it in: first what the schema always requires.
    pub(super) fn missing(&self, element: Node, gone: &[Range<usize>]) -> Option<Rejection> {
        let description = self.grammar.describe(&path(element));
        let (attributes, required_attributes) = self.grammar.attributes(&description);
        let absent = |name: &&String| element.attribute(name.as_str()).is_none();
        let (first, then): (Vec<_>, Vec<_>) =
            attributes.iter().filter(absent).partition(|name| required_attributes.contains(*name));

        let (children, required_children) = self.grammar.children(&description);
        let present: BTreeSet<_> =
            element.children().filter(|child| !super::is_gone(*child, gone)).map(name_of).collect();
        // The prefix of a namespace may not be declared.
        let absent = children.difference(&present).filter(|name| !name.contains(':'));
        let (first_children, then_children): (Vec<_>, Vec<_>) =
            absent.partition(|name| required_children.contains(*name));

        let attribute = |name: &String| self.missing_attribute(element, name, &description, gone);
        let child = |name: &String| self.missing_child(element, name, gone);
        let required = first.into_iter().find_map(attribute).or_else(|| first_children.into_iter().find_map(child));
        required.or_else(|| {
            // What can be left out of an element that is right does not put this one right.
            let bound = if self.valid(gone, None) { None } else { Some(self.grammar.bound(&description)) };
            let may_help = |names: &BTreeSet<&str>, name: &str| names.contains("") || names.contains(name);
            let is_bound = |name: &&String| bound.as_ref().is_none_or(|bound| may_help(&bound.attributes, name));
            let attributes = then.into_iter().filter(is_bound);
            let is_bound = |name: &&String| bound.as_ref().is_none_or(|bound| may_help(&bound.elements, name));
            let children = then_children.into_iter().filter(is_bound);
            attributes.into_iter().find_map(attribute).or_else(|| children.into_iter().find_map(child))
        })
    }

    fn missing_attribute(
        &self,
        element: Node,
        name: &str,
        description: &Descriptions,
        gone: &[Range<usize>],
    ) -> Option<Rejection> {
        let inside = qualified_name(self.text, element);
        let behind_name = element.range().start + 1 + inside.len();
        let would_do =
            |sample: &String| self.valid(gone, Some((behind_name..behind_name, &format!(" {name}=\"{sample}\""))));
        let allowed = self.grammar.attribute_values(description, name);
        let mut values: Vec<_> = self.samples(&allowed).into_iter().filter(would_do).collect();
        if values.is_empty() {
            return None;
        }
        if allowed.literals.is_empty() {
            // One example says as much as several.
            values.truncate(1);
        }
        Some(Rejection {
            kind: Kind::MissingAttribute,
            span: start_tag(element),
            message: format!("<{inside}> lacks the attribute `{name}`"),
            help: format!("add for example {}", listed(values.iter().map(|v| format!("{name}=\"{v}\"")))),
            context: None,
            repair: None,
        })
    }

    fn missing_child(&self, element: Node, name: &str, gone: &[Range<usize>]) -> Option<Rejection> {
        let path: Vec<_> = path(element).into_iter().chain([name.to_owned()]).collect();
        let accepted = |new: &String| {
            let (at, new_text) = self.inside(element, new);
            self.valid(gone, Some((at, &new_text)))
        };
        let description = self.grammar.describe(&path);
        let mut would_do: Vec<_> = self.smallest(name, &description).filter(accepted).take(SHOWN).collect();
        if would_do.is_empty() {
            would_do.extend(self.with_an_extra(name, &description).find(accepted));
        }
        if would_do.is_empty() {
            return None;
        }
        // The shortest is mostly the one that was meant.
        would_do.sort_by_key(String::len);
        Some(Rejection {
            kind: Kind::MissingElement,
            span: start_tag(element),
            message: self.lacks(element, name),
            help: format!("add for example {}", would_do.join(" or ")),
            context: None,
            repair: None,
        })
    }

    /// Elements called `name` with no more than the schema requires, in each way it can be had.
    pub(super) fn smallest<'a>(&'a self, name: &'a str, of: &Descriptions<'a>) -> impl Iterator<Item = String> + 'a {
        // An element that need not say anything is there for something that it may say.
        let full: Vec<_> = of.each().filter_map(|of| self.full(name, &of)).collect();
        let skeletons = self.grammar.skeletons(of).into_iter().filter(|skeleton| !skeleton.is_empty());
        let written = skeletons.flat_map(move |skeleton| self.written(name, &[&skeleton], 2));
        let mut seen = BTreeSet::new();
        let all = full.into_iter().chain(written);
        all.filter(move |instance| seen.insert(instance.clone())).take(INSTANCES)
    }

    /// The same with one part more, which is often what an element is for.
    fn with_an_extra<'a>(&'a self, name: &'a str, of: &Descriptions<'a>) -> impl Iterator<Item = String> + 'a {
        let (skeletons, extras) = (self.grammar.skeletons(of), self.grammar.extras(of));
        let bare = skeletons.iter().any(Skeleton::is_empty).then(|| format!("<{name}/>"));
        let (ones, others) = (skeletons.len(), extras.len());
        let pairs = (0..ones).flat_map(move |one| (0..others).map(move |other| (one, other)));
        let written = pairs.flat_map(move |(one, other)| self.written(name, &[&skeletons[one], &extras[other]], 2));
        bare.into_iter().chain(written).take(INSTANCES)
    }

    /// An element of which everything is optional, with all its attributes, if those are few enough to form one thing, e.g. an
    /// address.
    fn full(&self, name: &str, of: &Descriptions) -> Option<String> {
        if !self.grammar.skeletons(of).iter().any(Skeleton::is_empty) {
            return None;
        }
        let extras = self.grammar.extras(of);
        let attributes: Vec<_> = extras.iter().flat_map(|extra| &extra.attributes).collect();
        let names: BTreeSet<_> = attributes.iter().map(|(name, _)| name).collect();
        let one_thing = (1..=6).contains(&attributes.len()) && names.len() == attributes.len();
        let sample = |values: &Values| {
            let samples = self.samples(values);
            // As people know addresses.
            let hexadecimal = samples.iter().find(|sample| sample.starts_with("0x"));
            hexadecimal.or(samples.first()).cloned().unwrap_or_default()
        };
        let written = attributes.iter().map(|(name, values)| format!(" {name}=\"{}\"", sample(values)));
        one_thing.then(|| format!("<{name}{}/>", written.collect::<String>()))
    }

    /// An element with the parts of some skeletons, filled with each sample in turn.
    fn written(&self, name: &str, skeletons: &[&Skeleton], depth: usize) -> Vec<String> {
        let attributes: Vec<_> = skeletons.iter().flat_map(|skeleton| &skeleton.attributes).collect();
        let attributes: Vec<_> = attributes.into_iter().map(|(name, values)| (name, self.samples(values))).collect();
        let texts: Vec<_> = skeletons.iter().filter_map(|skeleton| skeleton.text.as_ref()).collect();
        let texts: Vec<_> = texts.into_iter().map(|values| self.samples(values)).collect();
        let children = skeletons.iter().flat_map(|skeleton| &skeleton.children);
        let inner: String = match depth {
            0 => String::new(),
            _ => children.map(|(name, of)| self.first(name, of, depth - 1)).collect(),
        };
        let turns = attributes.iter().map(|(_, samples)| samples.len()).chain(texts.iter().map(Vec::len)).max();
        let pick = |samples: &Vec<String>, turn: usize| samples.iter().cycle().nth(turn).cloned().unwrap_or_default();
        let written = |turn: usize| {
            let attributes: Vec<_> =
                attributes.iter().map(|(name, samples)| format!(" {name}=\"{}\"", pick(samples, turn))).collect();
            let attributes = attributes.concat();
            let text: String = texts.iter().map(|samples| pick(samples, turn)).collect();
            match text + &inner {
                content if content.is_empty() => format!("<{name}{attributes}/>"),
                content => format!("<{name}{attributes}>{content}</{name}>"),
            }
        };
        (0..turns.unwrap_or(1).max(1)).map(written).collect()
    }

    /// One small element called `name`.
    fn first(&self, name: &str, of: &Descriptions, depth: usize) -> String {
        let skeleton = self.grammar.skeletons(of).into_iter().next().unwrap_or_default();
        let full = if skeleton.is_empty() { of.each().find_map(|of| self.full(name, &of)) } else { None };
        full.or_else(|| self.written(name, &[&skeleton], depth).into_iter().next()).unwrap_or_default()
    }

    /// Texts that a value may be.
    pub(super) fn samples(&self, values: &Values) -> Vec<String> {
        samples(values, &|value, datatype| self.is_of(value, datatype))
    }

    /// How to put a new child last in an element: what to replace, and by what.
    fn inside(&self, element: Node, new: &str) -> (Range<usize>, String) {
        let Range { start, end } = element.range();
        if self.text[start..end].ends_with("/>") {
            return (end - 2..end, format!(">{new}</{}>", qualified_name(self.text, element)));
        }
        let close = self.text[start..end].rfind("</").map_or(end, |at| start + at);
        (close..close, new.to_owned())
    }
}
