//! Faults that can be pointed at: what is there and may not be, and what would be accepted in its place.

use std::collections::BTreeSet;
use std::ops::Range;

use domain_definitions::start_tag;
use quick_xml::escape::partial_escape;
use roxmltree::{Attribute, Node};

use super::meant::{self, Meant};
use super::words::{self, LISTED, listed, number_with_unit, places, similar};
use super::{Inquiry, Rejection, is_gone, name_of, path, qualified_name};
use crate::grammar::{Datatype, Values};
use crate::kind::Kind;
use crate::malformed::unseen;
use crate::repair::Repair;

impl Inquiry<'_> {
    pub(super) fn unknown_element(
        &self,
        parent: Node,
        element: Node,
        allowed: &BTreeSet<String>,
        gone: &[Range<usize>],
    ) -> Rejection {
        let (name, inside) = (qualified_name(self.text, element), qualified_name(self.text, parent));
        let attributes: Vec<_> = element.attributes().map(|attribute| attribute.name()).collect();
        let canonical = name_of(element);
        // Rather a place where its attributes are known as well.
        let elsewhere = Some(self.grammar.parents_of(&canonical, &attributes)).filter(|places| !places.is_empty());
        let elsewhere = elsewhere.unwrap_or_else(|| self.grammar.parents_of(&canonical, &[]));
        let local = element.tag_name().name();
        let (mut helps, mut repair) = (Vec::new(), None);
        let mut advised = false;
        if let Some(help) = self.namespace(name, local, allowed) {
            helps.push(help);
        } else if let Some((help, certain)) = self.meant_element(parent, element, gone) {
            helps.push(help);
            (repair, advised) = (certain, true);
        } else if let Some(command) = meant::command(local).filter(|_| elsewhere.is_empty()) {
            helps.push(format!("it is a document of its own, for `virsh {command}`"));
        } else if let Some(near) = near(local, allowed, elsewhere.is_empty()) {
            let renamed = self.renamed(element, near);
            let mends = self.mends(gone, &renamed);
            if mends || self.is_meant(parent, element, near, gone) {
                helps.push(format!("did you mean <{near}>?"));
                repair = mends.then_some(renamed);
            } else if parent.children().any(|child| name_of(child) == *near && !is_gone(child, gone)) {
                helps.push(format!("remove it: <{near}> is there already"));
            }
        }
        let owners = self.children_with(parent, local);
        if helps.is_empty() && attributes.is_empty() && (1..=2).contains(&owners.len()) {
            helps.push(format!("it is an attribute of {}, or", places(&owners)));
        }
        if !advised && !elsewhere.is_empty() && elsewhere.len() <= LISTED / 4 {
            let it = if helps.is_empty() { "it".to_owned() } else { format!("<{name}>") };
            helps.push(format!("{it} belongs in {}", places(&elsewhere)));
        } else if helps.is_empty() && allowed.is_empty() {
            helps.push(format!("<{inside}> has no elements"));
        } else if helps.is_empty() {
            helps.push(format!("<{inside}> may contain {}", listed(allowed.iter().map(|name| format!("<{name}>")))));
        }
        Rejection {
            kind: Kind::UnknownElement,
            span: start_tag(element),
            message: format!("<{inside}> does not have an element <{name}>"),
            help: helps.join(" "),
            context: None,
            repair,
        }
    }

    /// For an element that would be known in another namespace: that one.
    fn namespace(&self, written: &str, local: &str, allowed: &BTreeSet<String>) -> Option<String> {
        let same: Vec<_> = allowed
            .iter()
            .filter_map(|name| name.split_once(':'))
            .filter(|(_, name)| *name == local)
            .map(|(prefix, _)| prefix)
            .collect();
        // Of libvirt's drivers, QEMU's is the one that is used most by far.
        let prefer = |prefix: &&&str| written == format!("{prefix}:{local}") || **prefix == "qemu";
        let prefix = same.iter().find(prefer).or(same.first())?;
        let namespace = self.grammar.namespace(prefix)?;
        Some(format!("its namespace must be declared: <{prefix}:{local} xmlns:{prefix}=\"{namespace}\">"))
    }

    /// If a copy of another element of the same name would not do either, there is one too many.
    pub(super) fn duplicate(&self, parent: Node, element: Node, gone: &[Range<usize>]) -> Option<Rejection> {
        let same = |node: &Node| node.is_element() && node.tag_name() == element.tag_name() && *node != element;
        let other = parent.children().filter(same).find(|other| !is_gone(*other, gone))?;
        let copy = super::blanked(self.text, gone)[other.range()].to_owned();
        if self.valid(gone, Some((element.range(), &copy))) {
            return None;
        }
        let name = qualified_name(self.text, element);
        Some(Rejection {
            kind: Kind::DuplicateElement,
            span: start_tag(element),
            message: format!("<{}> may have only one <{name}>", qualified_name(self.text, parent)),
            help: "keep one, with what you need of both".to_owned(),
            context: Some((start_tag(other), format!("the other <{name}>"))),
            repair: None,
        })
    }

    pub(super) fn attribute(&self, element: Node, attribute: &Attribute, gone: &[Range<usize>]) -> Rejection {
        let (name, inside) = (attribute.name(), qualified_name(self.text, element));
        let description = self.grammar.describe(&path(element));
        let (allowed, _) = self.grammar.attributes(&description);
        if allowed.contains(name) {
            let values = self.grammar.attribute_values(&description, name);
            return self.value(element, attribute, &values, gone);
        }
        let free = allowed.iter().filter(|name| element.attribute(name.as_str()).is_none()).cloned().collect();
        let renamed = |similar: &String| Repair::replace(attribute.range_qname(), similar.as_str());
        let near = similar(name, &free);
        let repair = near.map(renamed).filter(|repair| self.mends(gone, repair));
        let near = near.filter(|near| repair.is_some() || self.is_meant_attribute(element, attribute, near, gone));
        let advice = match meant::by_element(inside, name) {
            Some(Meant::Advice(advice)) => Some(advice.to_owned()),
            _ => None,
        };
        let help = match near {
            _ if advice.is_some() => advice.unwrap_or_default(),
            Some(similar) => format!("did you mean `{similar}`?"),
            None => self.place_of(element, attribute, gone).unwrap_or_else(|| {
                if allowed.is_empty() {
                    format!("<{inside}> has no attributes")
                } else {
                    format!("<{inside}> may have {}", listed(allowed.iter().map(|name| format!("`{name}`"))))
                }
            }),
        };
        Rejection {
            kind: Kind::UnknownAttribute,
            span: attribute.range_qname(),
            message: format!("<{inside}> does not have an attribute `{name}`"),
            help,
            context: None,
            repair,
        }
    }

    /// Where something belongs that was written as an attribute of `element`.
    fn place_of(&self, element: Node, attribute: &Attribute, gone: &[Range<usize>]) -> Option<String> {
        let (name, inside) = (attribute.name(), qualified_name(self.text, element));
        if let Some(meant) = self.other_name(element, attribute, gone) {
            return Some(meant);
        }
        let path = path(element);
        let (children, _) = self.grammar.children(&self.grammar.describe(&path));
        if children.contains(name) {
            return Some(format!("it is an element of its own in <{inside}>: <{name}>"));
        }
        let known = self.children_with(element, name);
        if (1..=2).contains(&known.len()) {
            return Some(format!("it belongs in {}, which belongs in <{inside}>", places(&known)));
        }
        let parents = self.grammar.parents_of(&name_of(element), &[name]);
        if (1..=LISTED / 4).contains(&parents.len()) {
            return Some(format!("only a <{inside}> in {} has it", places(&parents)));
        }
        let elements = self.grammar.elements_with(name);
        (1..=2).contains(&elements.len()).then(|| format!("it belongs in {}", places(&elements)))
    }

    /// Children that an element may have and that may have an attribute.
    fn children_with(&self, element: Node, attribute: &str) -> BTreeSet<String> {
        let path = path(element);
        let (children, _) = self.grammar.children(&self.grammar.describe(&path));
        let knows = |child: &String| {
            let path: Vec<_> = path.iter().chain([child]).collect();
            self.grammar.attributes(&self.grammar.describe(&path)).0.contains(attribute)
        };
        children.into_iter().filter(knows).collect()
    }

    /// The attribute that was meant, if under its name the value is accepted and without it something is missing.
    fn other_name(&self, element: Node, attribute: &Attribute, gone: &[Range<usize>]) -> Option<String> {
        let (allowed, _) = self.grammar.attributes(&self.grammar.describe(&path(element)));
        let renamed = |name: &&String| {
            element.attribute(name.as_str()).is_none() && self.valid(gone, Some((attribute.range_qname(), name)))
        };
        if self.valid(&[gone, &[attribute.range()]].concat(), None) && !allowed.contains(attribute.name()) {
            return None;
        }
        let meant: Vec<_> = allowed.iter().filter(renamed).map(|name| format!("`{name}`")).collect();
        (1..=3).contains(&meant.len()).then(|| format!("did you mean {}?", meant.join(" or ")))
    }

    /// A value that is not accepted: what would be.
    fn value(&self, element: Node, attribute: &Attribute, values: &Values, gone: &[Range<usize>]) -> Rejection {
        let (name, value) = (attribute.name(), attribute.value());
        let inside = qualified_name(self.text, element);
        let range = attribute.range_value();
        let shown = if value.trim() == value { value.to_owned() } else { format!("{value:?}") };
        if let Some((meant, repair)) = self.meant_value(element, attribute, gone) {
            let message = format!("`{name}` of <{inside}> cannot be `{shown}`");
            let help = format!("write `{meant}`");
            return Rejection { repair: Some(repair), ..Rejection::new(Kind::Value, range, message, help) };
        }
        // What goes with it is another matter.
        let meant = match meant::by_value(element.tag_name().name(), name, value) {
            Some(Meant::Word(word)) if values.literals.contains(word) => Some(format!("write `{word}`")),
            Some(Meant::Advice(advice)) => Some(advice.to_owned()),
            _ => None,
        };
        if let Some(help) = meant {
            return Rejection::new(Kind::Value, range, format!("`{name}` of <{inside}> cannot be `{shown}`"), help);
        }
        let fits = |sample: &&String| self.valid(gone, Some((range.clone(), sample)));
        let known = self.is_one_of(value, values);
        let samples = self.samples(values);
        let accepted: BTreeSet<_> = samples.iter().filter(fits).cloned().collect();
        if known && accepted.is_empty() && self.valid(&[gone, &[attribute.range()]].concat(), None) {
            let meant = self.other_name(element, attribute, gone);
            return Rejection {
                kind: Kind::UnknownAttribute,
                span: attribute.range_qname(),
                message: format!("<{inside}> cannot have `{name}` here"),
                help: meant.unwrap_or_else(|| "it does not go together with what is around it; remove it".to_owned()),
                context: None,
                repair: None,
            };
        }
        // If something else is wrong as well, so that the judge accepts none: the schema's own list.
        let literals = if accepted.is_empty() { &values.literals } else { &(&accepted & &values.literals) };
        let datatype_fits = |datatype: &&Datatype| {
            let alone = Values { datatypes: BTreeSet::from([(*datatype).clone()]), ..Values::default() };
            self.samples(&alone).iter().any(|sample| accepted.contains(sample))
        };
        let datatypes: BTreeSet<_> = values.datatypes.iter().filter(datatype_fits).cloned().collect();
        let datatypes = if datatypes.is_empty() && literals.is_empty() { values.datatypes.clone() } else { datatypes };
        let or_nothing = if value.is_empty() && self.valid(&[gone, &[element.range()]].concat(), None) {
            format!("; or leave <{inside}> out")
        } else {
            String::new()
        };
        // What is meant is said if the judge takes it, be it together with what is meant elsewhere.
        let (alone, together) = (words::meant(value, literals), self.misspelt.borrow().contains(&range));
        let meant = alone.filter(|meant| together || accepted.contains(*meant));
        let here = if known { " here" } else { "" };
        let with_unit = self.with_unit(element, value).map(|(number, unit)| format!("{name}=\"{number}\" {unit}"));
        Rejection {
            kind: Kind::Value,
            span: range.clone(),
            message: format!("`{name}` of <{inside}> cannot be `{shown}`{here}"),
            help: meant.map_or_else(|| self.expected(literals, &datatypes), did_you_mean)
                + &unit_apart(with_unit)
                + &or_nothing,
            context: None,
            repair: meant
                .filter(|meant| accepted.contains(*meant))
                .map(|meant| Repair::replace(range.clone(), meant.as_str())),
        }
    }

    fn expected(&self, literals: &BTreeSet<String>, datatypes: &BTreeSet<Datatype>) -> String {
        words::expected(literals, datatypes, &|value, datatype| self.is_of(value, datatype))
    }

    /// For a number with a unit behind it, in an element that has an attribute for the unit: the number, and that.
    fn with_unit<'v>(&self, element: Node, value: &'v str) -> Option<(&'v str, String)> {
        let (number, unit) = number_with_unit(value)?;
        let units = self.grammar.attribute_values(&self.grammar.describe(&path(element)), "unit");
        self.is_one_of(unit, &units).then(|| (number, format!("unit=\"{unit}\"")))
    }

    /// A text that is not accepted: a node of its own, or all that the element has.
    pub(super) fn text(&self, element: Node, node: Option<Node>, texts: &Values, gone: &[Range<usize>]) -> Rejection {
        let inside = qualified_name(self.text, element);
        let node = node.or_else(|| element.first_child());
        let text = node.and_then(|node| node.text()).unwrap_or_default();
        let trimmed = text.trim();
        let span = match node {
            // What is written in the place; an entity or a CDATA section is marked whole.
            Some(node) if self.text[node.range()] == *text && !trimmed.is_empty() => {
                let start = node.range().start + text.len() - text.trim_start().len();
                start..start + trimmed.len()
            }
            Some(node) if !trimmed.is_empty() => node.range(),
            _ => start_tag(element),
        };
        if let Some(called) = only_unseen(trimmed) {
            let message = format!("<{inside}> cannot contain {called}");
            let repair = Some(Repair::remove(span.clone()));
            return Rejection { repair, ..Rejection::new(Kind::Content, span, message, "remove it".to_owned()) };
        }
        let description = self.grammar.describe(&path(element));
        let ((attributes, _), (children, _)) =
            (self.grammar.attributes(&description), self.grammar.children(&description));
        // A list of one kind of element, such as entries: each has a text of its own.
        if let (true, Some(name), 1) = (texts.is_empty(), children.first(), children.len()) {
            let inner = format!("<{name}>{}</{name}>", partial_escape(trimmed));
            let repair = Repair::replace(span.clone(), inner.as_str());
            if self.mends(gone, &repair) {
                let message = format!("<{inside}> cannot contain {trimmed:?} itself");
                let rejection = Rejection::new(Kind::Content, span, message, format!("write {inner}"));
                return Rejection { repair: Some(repair), ..rejection };
            }
        }
        let help = if !texts.is_empty() {
            let with_unit = self.with_unit(element, trimmed);
            let with_unit = with_unit.map(|(number, unit)| format!("<{inside} {unit}>{number}</{inside}>"));
            let mends = |meant: &&String| self.mends(gone, &Repair::replace(span.clone(), meant.as_str()));
            let meant = words::meant(trimmed, &texts.literals).filter(|_| !trimmed.is_empty()).filter(mends);
            let expected = || self.expected(&texts.literals, &texts.datatypes);
            meant.map_or_else(expected, did_you_mean) + &unit_apart(with_unit)
        } else if element.first_element_child().is_none() && !attributes.is_empty() {
            let attributes = listed(attributes.iter().map(|name| format!("`{name}`")));
            format!("it has no text; <{inside}> may have {attributes}")
        } else {
            "it has no text; write <!-- and --> around a comment".to_owned()
        };
        let message = match trimmed {
            "" => format!("<{inside}> cannot be empty"),
            _ => format!("<{inside}> cannot contain {trimmed:?}"),
        };
        Rejection { kind: Kind::Content, span, message, help, context: None, repair: None }
    }
}

/// The name that was meant by one that is not known at its place.
pub(super) fn near<'n>(name: &str, allowed: &'n BTreeSet<String>, is_known_nowhere: bool) -> Option<&'n String> {
    // One that is known elsewhere is hardly misspelt, unless by one letter.
    similar(name, allowed).filter(|near| is_known_nowhere || strsim::levenshtein(name, near) == 1)
}

/// What a text is called that is nothing but characters that nobody sees.
fn only_unseen(text: &str) -> Option<String> {
    let called = text.chars().next().and_then(unseen)?;
    text.chars().all(|c| c.is_whitespace() || unseen(c).is_some()).then_some(called)
}

fn did_you_mean(word: &String) -> String {
    format!("did you mean `{word}`?")
}

/// Says how to write a number and its unit, if there is something to say.
fn unit_apart(written: Option<String>) -> String {
    written.map_or_else(String::new, |written| format!("; write {written}"))
}
