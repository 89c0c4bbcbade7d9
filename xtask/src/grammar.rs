//! What a schema allows where: read from the `RelaxNG` files, for the sake of explanations.
//!
//! This never decides whether a document is valid; libxml2 does. It answers "which elements, attributes and values does
//! the schema know here", so that an explanation can say what to write instead. It therefore ignores what only matters
//! for a verdict: order, number, and which alternatives exclude each other.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};

/// A schema's patterns, as far as they name something.
#[derive(Debug)]
enum Pattern {
    Element {
        name: String,
        content: Vec<Pattern>,
    },
    Attribute {
        name: String,
        content: Vec<Pattern>,
    },
    Ref(String),
    /// Anything in between; `required` if it must be there whenever its parent is.
    Group {
        required: bool,
        content: Vec<Pattern>,
    },
    Value(String),
    /// A kind of text that cannot be listed, by the name of its type.
    Data(String),
}

/// A schema with everything it includes.
#[derive(Debug, Default)]
pub struct Grammar {
    defines: HashMap<String, Vec<Pattern>>,
    start: Vec<Pattern>,
}

/// An element as one or several patterns of a schema describe it.
#[derive(Default)]
pub struct Descriptions<'a>(Vec<&'a [Pattern]>);

/// Something that can stand in an element.
#[derive(Clone, Copy)]
struct Part<'a> {
    pattern: &'a Pattern,
    required: bool,
}

impl Grammar {
    /// Reads a schema. What cannot be read is left out: an explanation then says less.
    #[must_use]
    pub fn read(path: &Path) -> Grammar {
        let mut grammar = Grammar::default();
        grammar.include(path, &mut HashSet::new());
        grammar
    }

    fn include(&mut self, path: &Path, seen: &mut HashSet<PathBuf>) {
        if !seen.insert(path.to_owned()) {
            return;
        }
        let Ok(text) = fs::read_to_string(path) else { return };
        let Ok(document) = Document::parse(&text) else { return };
        self.collect(document.root_element(), path, seen);
    }

    fn collect(&mut self, parent: Node, path: &Path, seen: &mut HashSet<PathBuf>) {
        for node in parent.children().filter(Node::is_element) {
            match node.tag_name().name() {
                "start" => self.start.extend(patterns(node)),
                "define" => {
                    let name = node.attribute("name").unwrap_or_default().to_owned();
                    self.defines.entry(name).or_default().extend(patterns(node));
                }
                "include" => {
                    // Definitions inside an include replace those of the included file; for naming, both will do.
                    self.collect(node, path, seen);
                    if let Some(href) = node.attribute("href") {
                        self.include(&path.with_file_name(href), seen);
                    }
                }
                _ => self.collect(node, path, seen),
            }
        }
    }

    /// What the schema says of the element at a path of names from the root, in every place where it allows it.
    #[must_use]
    pub fn describe(&self, path: &[&str]) -> Descriptions<'_> {
        let mut found = vec![self.start.as_slice()];
        for name in path {
            let parts: Vec<_> = found.iter().flat_map(|content| self.parts(content)).collect();
            let same = |part: &Part<'_>| matches!(part.pattern, Pattern::Element { name: n, .. } if n == name);
            found = parts.iter().filter(|part| same(part)).filter_map(|part| part.pattern.content()).collect();
        }
        Descriptions(found)
    }

    /// Everything the schema has a name for, as paths below the root: `a/b` for an element, `a/b/@c` for an attribute,
    /// `a/b/@c=d` and `a/b/.=d` for a value it lists. An element inside one of the same name is left out.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let roots = self.parts(&self.start).into_iter().filter_map(|part| part.pattern.content());
        let mut open: Vec<(Vec<&str>, &[Pattern])> = roots.map(|content| (Vec::new(), content)).collect();
        while let Some((path, content)) = open.pop() {
            let at = |last: &str| path.iter().copied().chain([last]).collect::<Vec<_>>().join("/");
            for part in self.parts(content) {
                match part.pattern {
                    Pattern::Element { name, content } if !path.contains(&name.as_str()) => {
                        names.insert(at(name));
                        open.push(([path.as_slice(), &[name]].concat(), content));
                    }
                    Pattern::Attribute { name, content } => {
                        names.insert(at(&format!("@{name}")));
                        let values = self.values(std::iter::once(content.as_slice())).literals;
                        names.extend(values.iter().map(|value| at(&format!("@{name}={value}"))));
                    }
                    Pattern::Value(value) => drop(names.insert(at(&format!(".={value}")))),
                    _ => {}
                }
            }
        }
        names
    }

    /// Names of the elements that may contain an element of this name, wherever in the schema.
    #[must_use]
    pub fn parents_of(&self, name: &str) -> BTreeSet<String> {
        let mut parents = BTreeSet::new();
        let all = self.defines.values().chain([&self.start]);
        let mut open: Vec<&Pattern> = all.flatten().collect();
        while let Some(pattern) = open.pop() {
            if let Pattern::Element { name: parent, content } = pattern {
                let knows = |part: &Part<'_>| matches!(part.pattern, Pattern::Element { name: n, .. } if n == name);
                if self.parts(content).iter().any(knows) {
                    parents.insert(parent.clone());
                }
            }
            open.extend(pattern.content().unwrap_or_default());
        }
        parents
    }

    /// The parts of some content, through references and groups, without looking into elements.
    fn parts<'a>(&'a self, content: &'a [Pattern]) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        self.gather(content, true, &mut HashSet::new(), &mut parts);
        parts
    }

    fn gather<'a>(
        &'a self,
        content: &'a [Pattern],
        required: bool,
        seen: &mut HashSet<&'a str>,
        parts: &mut Vec<Part<'a>>,
    ) {
        for pattern in content {
            match pattern {
                Pattern::Ref(name) => {
                    if seen.insert(name) {
                        self.gather(self.defines.get(name).map_or(&[], Vec::as_slice), required, seen, parts);
                        seen.remove(name.as_str());
                    }
                }
                Pattern::Group { required: group, content } => self.gather(content, required && *group, seen, parts),
                _ => parts.push(Part { pattern, required }),
            }
        }
    }

    /// Names of the child elements that are allowed, and of those that must be there.
    #[must_use]
    pub fn children(&self, of: &Descriptions) -> (BTreeSet<String>, BTreeSet<String>) {
        self.named(of, |pattern| match pattern {
            Pattern::Element { name, .. } => Some(name),
            _ => None,
        })
    }

    /// Names of the attributes that are allowed, and of those that must be there.
    #[must_use]
    pub fn attributes(&self, of: &Descriptions) -> (BTreeSet<String>, BTreeSet<String>) {
        self.named(of, |pattern| match pattern {
            Pattern::Attribute { name, .. } => Some(name),
            _ => None,
        })
    }

    fn named(
        &self,
        of: &Descriptions,
        name: impl Fn(&Pattern) -> Option<&String>,
    ) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut allowed, mut required) = (BTreeSet::new(), BTreeSet::new());
        for part in of.0.iter().flat_map(|content| self.parts(content)) {
            if let Some(name) = name(part.pattern) {
                allowed.insert(name.clone());
                if part.required {
                    required.insert(name.clone());
                }
            }
        }
        (allowed, required)
    }

    /// The values that an attribute may have.
    #[must_use]
    pub fn attribute_values(&self, of: &Descriptions, attribute: &str) -> Values {
        let contents = of.0.iter().flat_map(|content| self.parts(content)).filter_map(|part| match part.pattern {
            Pattern::Attribute { name, content } if name == attribute => Some(content.as_slice()),
            _ => None,
        });
        self.values(contents)
    }

    /// The texts that an element may contain.
    #[must_use]
    pub fn texts(&self, of: &Descriptions) -> Values {
        self.values(of.0.iter().copied())
    }

    fn values<'a>(&'a self, contents: impl Iterator<Item = &'a [Pattern]>) -> Values {
        let mut values = Values::default();
        for part in contents.flat_map(|content| self.parts(content)) {
            match part.pattern {
                Pattern::Value(value) => drop(values.literals.insert(value.clone())),
                Pattern::Data(kind) => drop(values.kinds.insert(kind.clone())),
                _ => {}
            }
        }
        values
    }
}

impl Descriptions<'_> {
    /// Whether the schema knows no such element there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What an attribute or a text may be.
#[derive(Debug, Default)]
pub struct Values {
    /// Words that are listed.
    pub literals: BTreeSet<String>,
    /// Types of text that cannot be listed, e.g. `unsignedInt`.
    pub kinds: BTreeSet<String>,
}

impl Pattern {
    fn content(&self) -> Option<&[Pattern]> {
        match self {
            Pattern::Element { content, .. } | Pattern::Attribute { content, .. } | Pattern::Group { content, .. } => {
                Some(content)
            }
            Pattern::Ref(_) | Pattern::Value(_) | Pattern::Data(_) => None,
        }
    }
}

fn patterns(parent: Node) -> Vec<Pattern> {
    parent.children().filter(Node::is_element).filter_map(pattern).collect()
}

fn pattern(node: Node) -> Option<Pattern> {
    let name = || node.attribute("name").unwrap_or_default().to_owned();
    let text = || node.text().unwrap_or_default().trim().to_owned();
    Some(match node.tag_name().name() {
        "element" => Pattern::Element { name: name(), content: patterns(node) },
        "attribute" => {
            let content = patterns(node);
            // Without content, an attribute is any text.
            let content = if content.is_empty() { vec![Pattern::Data("text".to_owned())] } else { content };
            Pattern::Attribute { name: name(), content }
        }
        "ref" => Pattern::Ref(name()),
        "group" | "interleave" | "oneOrMore" | "mixed" => Pattern::Group { required: true, content: patterns(node) },
        "choice" | "optional" | "zeroOrMore" => Pattern::Group { required: false, content: patterns(node) },
        "value" => Pattern::Value(text()),
        "data" => Pattern::Data(node.attribute("type").unwrap_or("text").to_owned()),
        "text" | "list" => Pattern::Data("text".to_owned()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grammar() -> Grammar {
        let folder = tempfile::tempdir().unwrap();
        let schema = r#"<grammar xmlns="http://relaxng.org/ns/structure/1.0">
            <start><ref name="top"/></start>
            <define name="top"><element name="top"><interleave>
                <element name="must"><attribute name="kind"><choice><value>a</value><value>b</value></choice></attribute></element>
                <optional><ref name="may"/></optional>
            </interleave></element></define>
            <define name="may"><element name="may"><data type="unsignedInt"/><zeroOrMore><ref name="may"/></zeroOrMore></element></define>
        </grammar>"#;
        let path = folder.path().join("schema.rng");
        fs::write(&path, schema).unwrap();
        Grammar::read(&path)
    }

    #[test]
    fn knows_what_is_allowed_where() {
        let (grammar, set) =
            (grammar(), |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>());
        let top = grammar.describe(&["top"]);
        assert_eq!(grammar.children(&top), (set(&["may", "must"]), set(&["must"])));
        let must = grammar.describe(&["top", "must"]);
        assert_eq!(grammar.attributes(&must), (set(&["kind"]), set(&["kind"])));
        assert_eq!(grammar.attribute_values(&must, "kind").literals, set(&["a", "b"]));
        let may = grammar.describe(&["top", "may", "may"]);
        assert_eq!(grammar.texts(&may).kinds, set(&["unsignedInt"]));
        assert!(grammar.describe(&["top", "none"]).is_empty());
        assert_eq!(grammar.parents_of("may"), set(&["may", "top"]));
    }
}
