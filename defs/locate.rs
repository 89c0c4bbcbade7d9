//! Finding the one element that a decision owns, and where an element stands in its text.

use std::ops::Range;

use roxmltree::{Document, Node};

use crate::path::{PathError, XmlPath};

/// Why an `at` names no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocateError {
    /// It is not a path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// No element matches.
    #[error("no such element")]
    Missing,
    /// More than one does.
    #[error("{0} elements match; tell them apart with [@attribute=value] or [n]")]
    Ambiguous(usize),
}

/// Finds the one element that `at` names, a path as in [`path`](crate::path).
///
/// # Errors
///
/// When `at` is not a path, no element matches, or several do.
pub fn locate<'a, 'input>(document: &'a Document<'input>, at: &str) -> Result<Node<'a, 'input>, LocateError> {
    let found = XmlPath::parse(at)?.all(document.root_element());
    match found[..] {
        [node] => Ok(node),
        [] => Err(LocateError::Missing),
        _ => Err(LocateError::Ambiguous(found.len())),
    }
}

/// Every element below `root` that a path of ours leads to, in the order of the document.
///
/// # Panics
///
/// When `at` is not a path.
#[must_use]
pub fn all<'a, 'input>(root: Node<'a, 'input>, at: &str) -> Vec<Node<'a, 'input>> {
    XmlPath::parse(at).unwrap_or_else(|error| panic!("`{at}` is {error}")).all(root)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_one_element() {
        let document = Document::parse("<d><x><a t='1'/><a t='2' n='p'/><a t='2' n='q'/><b/></x></d>").unwrap();
        let name = |at| locate(&document, at).map(|node| node.attribute("n"));
        assert_eq!(name("x/b"), Ok(None));
        assert_eq!(name("x/a[@t=2][1]"), Ok(Some("p")));
        assert_eq!(name("x/c"), Err(LocateError::Missing));
        assert_eq!(name("x/a[@t=2]"), Err(LocateError::Ambiguous(2)));
        assert!(matches!(name("x/a[0]"), Err(LocateError::Path(_))));
    }

    #[test]
    fn a_start_tag_ends_behind_its_last_attribute() {
        let text = "<d><x a='>' b='1' >t</x><y>></y><z/></d>";
        let document = Document::parse(text).unwrap();
        let tag = |at| text.get(start_tag(locate(&document, at).unwrap())).unwrap();
        assert_eq!([tag("x"), tag("y"), tag("z")], ["<x a='>' b='1' >", "<y>", "<z/>"]);
    }
}
