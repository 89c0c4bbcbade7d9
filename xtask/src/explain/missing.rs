//! Finding what is missing, by putting it in.

use std::collections::BTreeSet;
use std::ops::Range;

use roxmltree::Node;

use super::words::{SAMPLES, listed, samples};
use super::{Finding, Inquiry, path, qualified_name, start_tag};

impl Inquiry<'_> {
    /// Something without which `element` is not accepted, found by putting it in.
    pub(super) fn missing(&self, element: Node, gone: &[Range<usize>]) -> Option<Finding> {
        let path = path(element);
        let description = self.grammar.describe(&path);
        let inside = element.tag_name().name();
        let tag = start_tag(self.text, element);
        let behind_name = element.range().start + 1 + qualified_name(self.text, element).len();

        let (attributes, required) = self.grammar.attributes(&description);
        let absent = |name: &&String| element.attribute(name.as_str()).is_none();
        let (first, then): (Vec<_>, Vec<_>) = attributes.iter().filter(absent).partition(|n| required.contains(*n));
        let mut values = BTreeSet::new();
        for name in first.into_iter().chain(then) {
            for sample in samples(&self.grammar.attribute_values(&description, name)) {
                if self.valid(gone, Some((behind_name..behind_name, &format!(" {name}=\"{sample}\"")))) {
                    values.insert(sample);
                }
            }
            if !values.is_empty() {
                return Some(Finding {
                    rule: "schema/missing-attribute",
                    span: tag,
                    message: format!("<{inside}> lacks the attribute `{name}`"),
                    help: format!("add for example {}", listed(values.iter().map(|v| format!("{name}=\"{v}\"")))),
                    context: None,
                });
            }
        }

        let (children, required) = self.grammar.children(&description);
        let present: BTreeSet<_> = element.children().map(|child| child.tag_name().name().to_owned()).collect();
        let absent: Vec<_> = children.difference(&present).collect();
        let (first, then): (Vec<_>, Vec<_>) = absent.into_iter().partition(|name| required.contains(*name));
        for name in first.into_iter().chain(then) {
            for new in self.instances(&path, name, 2) {
                let (at, new_text) = self.inside(element, &new);
                if self.valid(gone, Some((at, &new_text))) {
                    return Some(Finding {
                        rule: "schema/missing-element",
                        span: tag,
                        message: format!("<{inside}> lacks <{name}>"),
                        help: format!("add for example {new}"),
                        context: None,
                    });
                }
            }
        }
        None
    }

    /// Small elements called `name` below `path`: each with what the schema requires of it, filled with samples.
    fn instances(&self, path: &[&str], name: &str, depth: usize) -> Vec<String> {
        let path = [path, &[name]].concat();
        let description = self.grammar.describe(&path);
        let (_, children) = self.grammar.children(&description);
        let attribute = |name: &String, turn: usize| {
            let samples = samples(&self.grammar.attribute_values(&description, name));
            let sample = samples.iter().cycle().nth(turn).map_or("", String::as_str);
            format!(" {name}=\"{sample}\"")
        };
        let inner: String = match depth {
            0 => String::new(),
            _ => {
                children.iter().filter_map(|child| self.instances(&path, child, depth - 1).into_iter().next()).collect()
            }
        };
        let (allowed, required) = self.grammar.attributes(&description);
        let mut instances = Vec::new();
        // Which sample a value's pattern accepts, only the judge knows: so each in turn.
        for turn in 0..SAMPLES.len() {
            let attributes: String = required.iter().map(|name| attribute(name, turn)).collect();
            if !inner.is_empty() {
                instances.push(format!("<{name}{attributes}>{inner}</{name}>"));
                continue;
            }
            instances.push(format!("<{name}{attributes}/>"));
            let texts = samples(&self.grammar.texts(&description));
            instances.extend(texts.into_iter().map(|text| format!("<{name}{attributes}>{text}</{name}>")));
            // One attribute beside those that are required is often what an element is for.
            let more = allowed.difference(&required).map(|more| attribute(more, turn));
            instances.extend(more.map(|more| format!("<{name}{attributes}{more}/>")));
        }
        let mut seen = BTreeSet::new();
        instances.retain(|instance| seen.insert(instance.clone()));
        instances
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
