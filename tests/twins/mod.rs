//! The documents of a rule, `tests/rules/FAMILY/NAME/*.xml`: those that are against it and near twins that are not.
//!
//! Before each element that a rule should find stands a comment: `<!-- against -->`, or with `@name` behind it where the rule is
//! about an attribute, with `text()` where it is about what the element contains.
//!
//! The near twins of refusals are called `accepted*.xml`, because libvirt has to accept them; `near*.xml` are those among them
//! that no machine like this can try, and say why.

// Each test that includes this needs a part of it.
#![allow(dead_code)]

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use domain_definitions::rules::{Family, Rule, Target};
use domain_definitions::start_tag;
use roxmltree::{Document, Node};

/// A document of a rule.
#[derive(Clone, Debug)]
pub struct Twin {
    /// Its path from the repository's root.
    pub path: String,
    pub text: String,
    /// Whether it is against the rule.
    pub against: bool,
    /// Whether real libvirt can be asked.
    pub can_be_tried: bool,
}

impl Twin {
    pub fn parsed(&self) -> Document<'_> {
        Document::parse(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    pub fn target(&self) -> Target {
        Target::stated(&self.parsed())
    }

    /// The bytes that a rule finds in it, as if nothing were at `hidden`.
    pub fn found(&self, rule: &Rule, hidden: Option<&str>) -> BTreeSet<(usize, usize)> {
        let document = self.parsed();
        let examined = rule.examine(document.root_element(), Target::stated(&document), hidden);
        examined.violations.into_iter().map(|violation| bytes(violation.span)).collect()
    }

    /// The bytes that are marked.
    pub fn marked(&self) -> Result<BTreeSet<(usize, usize)>, String> {
        let document = self.parsed();
        let marks = document.descendants().filter(Node::is_comment).filter_map(|comment| {
            let mark = comment.text()?.trim().strip_prefix("against")?;
            let span = comment.next_sibling_element().and_then(|element| part(element, mark.trim()));
            Some(span.map(bytes).ok_or_else(|| format!("{}: nothing is where it marks {mark:?}", self.path)))
        });
        marks.collect()
    }

    /// What stands at some bytes of it.
    pub fn at(&self, spans: &BTreeSet<(usize, usize)>) -> Vec<&str> {
        spans.iter().map(|(start, end)| &self.text[*start..*end]).collect()
    }
}

fn bytes(span: Range<usize>) -> (usize, usize) {
    (span.start, span.end)
}

/// A part of an element.
fn part(element: Node, part: &str) -> Option<Range<usize>> {
    match part.strip_prefix('@') {
        Some(name) => element.attribute_node(name).map(|attribute| attribute.range()),
        None if part == "text()" => element.first_child().map(|text| text.range()),
        None => Some(start_tag(element)),
    }
}

/// How the names of the files of a family begin that are against a rule, and those of the near twins.
pub fn prefixes(family: Family) -> (&'static str, &'static str) {
    match family {
        Family::Libvirt(_) => ("refused", "accepted"),
        Family::Mistake | Family::Floor | Family::Portable(_) => ("against", "near"),
    }
}

/// Where the documents of all rules are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// The documents of a rule; one whose name begins otherwise is against it, and fails without a mark.
pub fn twins(rule: &Rule) -> Vec<Twin> {
    let entries = fs::read_dir(folder().join(rule.id())).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let (_, near) = prefixes(rule.family);
    let twin = |path: PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap_or_default();
        let untried = matches!(rule.family, Family::Libvirt(_)) && file.starts_with("near");
        let path = format!("tests/rules/{}/{file}", rule.id());
        Twin { path, text, against: !file.starts_with(near) && !untried, can_be_tried: !untried }
    };
    paths.into_iter().map(twin).collect()
}
