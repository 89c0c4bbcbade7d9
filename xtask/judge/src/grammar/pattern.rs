//! The patterns of a schema, as its `RelaxNG` files have them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use roxmltree::Node;

/// A schema's patterns, as far as they name something.
#[derive(Debug)]
pub enum Pattern {
    Element {
        name: String,
        content: Vec<Pattern>,
        source: Source,
    },
    Attribute {
        name: String,
        content: Vec<Pattern>,
    },
    Ref(String),
    /// All of these.
    Group(Vec<Pattern>),
    /// One of these.
    Choice(Vec<Pattern>),
    /// All of these, or nothing.
    Optional(Vec<Pattern>),
    Value(String),
    Data(Datatype),
}

/// A datatype: values that cannot be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Datatype {
    /// The definition it stands in, e.g. `UUID`; says what it is for.
    pub define: String,
    /// Its type, e.g. `unsignedInt`, or `text` for any text.
    pub name: String,
    /// What restricts it, e.g. `pattern`, with the restriction.
    pub limits: BTreeMap<String, String>,
    /// The pattern as the schema has it, to judge a value by; empty if it is any text.
    pub source: String,
}

impl Pattern {
    pub fn content(&self) -> Option<&[Pattern]> {
        match self {
            Pattern::Element { content, .. } | Pattern::Attribute { content, .. } => Some(content),
            _ => None,
        }
    }
}

/// Where a pattern is written.
#[derive(Clone, Debug)]
pub struct Source {
    file: Arc<str>,
    part: Range<usize>,
}

impl Source {
    /// It as it is written.
    pub fn text(&self) -> &str {
        &self.file[self.part.clone()]
    }
}

/// Reads the patterns of one file.
pub struct Reader<'a, 'i> {
    /// The text of the file.
    pub file: &'a Arc<str>,
    /// What the names of definitions begin with: each grammar has its own.
    pub scope: &'a str,
    /// The grammars inside patterns that were met, with their scopes.
    pub nested: RefCell<Vec<(String, Node<'a, 'i>)>>,
}

/// What a grammar's start is called among its definitions.
pub const START: &str = "#start";

impl<'a, 'i> Reader<'a, 'i> {
    pub fn patterns(&self, parent: Node<'a, 'i>) -> Vec<Pattern> {
        parent.children().filter(Node::is_element).filter_map(|node| self.pattern(node)).collect()
    }

    fn pattern(&self, node: Node<'a, 'i>) -> Option<Pattern> {
        let patterns = |node| self.patterns(node);
        let name = || node.attribute("name").unwrap_or_default().to_owned();
        let text = || node.text().unwrap_or_default().trim().to_owned();
        let any_text = || Pattern::Data(Datatype { name: "text".to_owned(), ..Datatype::default() });
        Some(match node.tag_name().name() {
            "element" => {
                let namespace = node.ancestors().find_map(|node| node.attribute("ns"));
                let source = Source { file: self.file.clone(), part: node.range() };
                Pattern::Element { name: qualified(&name(), namespace), content: patterns(node), source }
            }
            "attribute" => {
                let content = patterns(node);
                // Without content, an attribute is any text.
                let content = if content.is_empty() { vec![any_text()] } else { content };
                Pattern::Attribute { name: name(), content }
            }
            "ref" => Pattern::Ref(format!("{}{}", self.scope, name())),
            "grammar" => {
                // Where it stands tells it from all others.
                let scope = format!("{}{}/", self.scope, node.range().start);
                let start = format!("{scope}{START}");
                self.nested.borrow_mut().push((scope, node));
                Pattern::Ref(start)
            }
            // Nothing is a way to satisfy a choice.
            "group" | "interleave" | "oneOrMore" | "mixed" | "empty" => Pattern::Group(patterns(node)),
            "choice" => Pattern::Choice(patterns(node)),
            "optional" | "zeroOrMore" => Pattern::Optional(patterns(node)),
            "value" => Pattern::Value(text()),
            "data" => Pattern::Data(datatype(node)),
            "text" | "list" => any_text(),
            _ => return None,
        })
    }
}

fn datatype(data: Node) -> Datatype {
    let define = data.ancestors().find(|node| node.has_tag_name((data.tag_name().namespace().unwrap_or(""), "define")));
    let params = data.children().filter(|node| node.tag_name().name() == "param");
    let limit = |param: Node| Some((param.attribute("name")?.to_owned(), param.text().unwrap_or_default().to_owned()));
    Datatype {
        define: define.and_then(|define| define.attribute("name")).unwrap_or_default().to_owned(),
        name: data.attribute("type").unwrap_or("text").to_owned(),
        limits: params.filter_map(limit).collect(),
        source: data.document().input_text()[data.range()].to_owned(),
    }
}

/// A name with what its namespace is commonly abbreviated to, e.g. `qemu:commandline`.
#[must_use]
pub fn qualified(name: &str, namespace: Option<&str>) -> String {
    match namespace {
        None | Some("") => name.to_owned(),
        Some(namespace) => format!("{}:{name}", prefix(namespace)),
    }
}

/// A name without its prefix.
pub fn local(qualified: &str) -> &str {
    qualified.rsplit(':').next().unwrap_or(qualified)
}

/// `qemu` for `http://libvirt.org/schemas/domain/qemu/1.0`, and other namespaces as they are.
pub fn prefix(namespace: &str) -> &str {
    let libvirt = namespace.strip_prefix("http://libvirt.org/schemas/").and_then(|rest| rest.strip_suffix("/1.0"));
    libvirt.and_then(|rest| rest.rsplit('/').next()).unwrap_or(namespace)
}
