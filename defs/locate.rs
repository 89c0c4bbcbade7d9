//! Finding elements: the one that a decision owns, and those that a rule is about.

use std::ops::Range;

use roxmltree::{Document, Node};

/// Why an `at` names no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocateError {
    /// No element matches.
    #[error("no such element")]
    Missing,
    /// More than one does.
    #[error("{0} elements match; tell them apart with [@attribute=value] or [n]")]
    Ambiguous(usize),
}

/// Finds the one element that `at` names.
///
/// `at` is a path of element names (without namespace prefixes) below the root, separated by `/`. A name may be
/// followed by `[@attribute=value]` and by `[n]`, the n-th of the siblings that match so far, counted from 1:
/// `devices/disk[@device=cdrom][2]`.
///
/// # Errors
///
/// When no element matches, or several do.
pub fn locate<'a, 'input>(document: &'a Document<'input>, at: &str) -> Result<Node<'a, 'input>, LocateError> {
    let found = all(document.root_element(), at);
    match found[..] {
        [node] => Ok(node),
        [] => Err(LocateError::Missing),
        _ => Err(LocateError::Ambiguous(found.len())),
    }
}

/// Every element below `root` that a path like that of [`locate`] matches, in the order of the document. `*` stands for
/// any name, and a path that begins with `//` may begin anywhere below `root`.
#[must_use]
pub fn all<'a, 'input>(root: Node<'a, 'input>, at: &str) -> Vec<Node<'a, 'input>> {
    let (mut found, at) = match at.strip_prefix("//") {
        Some(at) => (root.descendants().filter(Node::is_element).collect(), at),
        None => (vec![root], at),
    };
    for step in at.split('/') {
        found = found.into_iter().flat_map(|parent| children(parent, step)).collect();
    }
    found
}

/// The bytes of an element's start tag, `<` and `>` included.
#[must_use]
pub fn start_tag(element: Node) -> Range<usize> {
    let Range { start, end } = element.range();
    // A `>` may stand in a value, too; behind the last attribute it ends the tag.
    let behind = element.attributes().map(|attribute| attribute.range().end).max().unwrap_or(start);
    let text = element.document().input_text();
    start..text[behind..end].find('>').map_or(end, |at| behind + at + 1)
}

/// The children of `parent` that one step matches.
fn children<'a, 'input>(parent: Node<'a, 'input>, step: &str) -> Vec<Node<'a, 'input>> {
    let mut predicates = step.split('[').map(|part| part.trim_end_matches(']'));
    let name = predicates.next().unwrap_or_default();
    let fits = |child: &Node| child.is_element() && (name == "*" || child.tag_name().name() == name);
    let named = parent.children().filter(fits);
    predicates.fold(named.collect(), |nodes: Vec<Node>, predicate| {
        if let Some(attribute) = predicate.strip_prefix('@') {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            nodes.into_iter().filter(|node| node.attribute(key) == Some(value)).collect()
        } else {
            let position: usize = predicate.parse().unwrap_or(0);
            position.checked_sub(1).and_then(|index| nodes.get(index).copied()).into_iter().collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_siblings_apart() {
        let document = Document::parse("<d><x><a t='1'/><a t='2' n='p'/><a t='2' n='q'/><b/></x></d>").unwrap();
        let name = |at| locate(&document, at).map(|node| node.attribute("n"));
        assert_eq!(name("x/b"), Ok(None));
        assert_eq!(name("x/a[@t=2][1]"), Ok(Some("p")));
        assert_eq!(name("x/a[3]"), Ok(Some("q")));
        assert_eq!(name("x/a[@t=2]"), Err(LocateError::Ambiguous(2)));
        for missing in ["x/c", "y/a", "x/a[4]", "x/a[0]", "x/a[@t=3]", "x/a[@u]", "", "x/b/b"] {
            assert_eq!(name(missing), Err(LocateError::Missing), "{missing}");
        }
    }
}
