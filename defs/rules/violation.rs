//! A place in a document that is against a rule.

use std::collections::BTreeMap;
use std::ops::Range;

use roxmltree::{Attribute, Node};

use crate::locate::start_tag;

/// A place in a document that is against a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The bytes of the text that the rule is about.
    pub span: Range<usize>,
    /// What is wrong, with the names that the document uses.
    pub message: String,
    /// Another place that matters, and why.
    pub context: Option<(Range<usize>, String)>,
}

impl Violation {
    /// An element, marked at its start tag.
    pub(super) fn at(node: Node, message: impl Into<String>) -> Violation {
        Violation { span: start_tag(node), message: message.into(), context: None }
    }

    /// An attribute, marked with its value; the element, if it does not have the attribute.
    pub(super) fn at_attribute(node: Node, name: &str, message: impl Into<String>) -> Violation {
        let span = node.attribute_node(name).map_or_else(|| start_tag(node), |attribute: Attribute| attribute.range());
        Violation { span, message: message.into(), context: None }
    }

    /// The text of an element.
    pub(super) fn at_text(node: Node, message: impl Into<String>) -> Violation {
        let span = node.first_child().map_or_else(|| start_tag(node), |text| text.range());
        Violation { span, message: message.into(), context: None }
    }

    /// Shows another place as well.
    pub(super) fn with(mut self, node: Node, why: impl Into<String>) -> Violation {
        self.context = Some((start_tag(node), why.into()));
        self
    }
}

/// Each element with the same key as an earlier one, as a violation at the later one that shows the earlier.
pub(super) fn repeated<'a, 'input: 'a, K: Ord>(
    nodes: impl IntoIterator<Item = Node<'a, 'input>>,
    key: impl Fn(Node<'a, 'input>) -> Option<K>,
    message: impl Fn(&K) -> String,
) -> Vec<Violation> {
    let mut first: BTreeMap<K, Node> = BTreeMap::new();
    let mut violations = Vec::new();
    for node in nodes {
        let Some(key) = key(node) else { continue };
        match first.get(&key) {
            Some(earlier) => violations.push(Violation::at(node, message(&key)).with(*earlier, "the first one")),
            None => drop(first.insert(key, node)),
        }
    }
    violations
}
