//! Paths: how a record names a place in one of libvirt's documents.
//!
//! A path consists of element names (without namespace prefixes) below the root, separated by `/`. `*` stands for any name,
//! and a path that begins with `//` may begin anywhere below the root. After a name may stand `[@attribute=value]`, and
//! `[n]` for the n-th of the siblings that match so far, counted from 1: `devices/disk[@device=cdrom][2]`. What the path is
//! about in that element may stand at the end: `/@attribute`, `/@attribute=value`, or `/.=text`.

mod check;

use std::fmt;

use roxmltree::Node;

pub use check::PathError;

/// A path that has been checked: reading it cannot fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct XmlPath<'a>(&'a str);

/// What a path is about in the element it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail<'a> {
    /// All of it.
    Element,
    /// An attribute.
    Attribute(&'a str),
    /// A value of an attribute.
    Value(&'a str, &'a str),
    /// The text it contains.
    Text(&'a str),
}

/// One element on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Its name, or `*`.
    pub name: &'a str,
    /// `[…][…]`
    conditions: &'a str,
}

/// What an element must be like to be the one that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// It has this attribute with this value.
    Has(&'a str, &'a str),
    /// It is the n-th of those that match so far, counted from 1.
    Nth(usize),
}

impl<'a> XmlPath<'a> {
    /// Checks a path.
    ///
    /// # Errors
    ///
    /// When the text is not one.
    pub const fn parse(text: &'a str) -> Result<XmlPath<'a>, PathError> {
        match check::path(text.as_bytes()) {
            Ok(()) => Ok(XmlPath(text)),
            Err(error) => Err(error),
        }
    }

    /// The path that a record states. In a `const` or a `static`, the compiler checks it.
    ///
    /// # Panics
    ///
    /// When the text is not a path.
    #[must_use]
    pub const fn new(text: &'a str) -> XmlPath<'a> {
        match XmlPath::parse(text) {
            Ok(path) => path,
            Err(error) => panic!("{}", error.expected),
        }
    }

    /// A path that the tests know to be one: only they check it, because a rule asks for it in each document.
    ///
    /// # Panics
    ///
    /// When the text is not one, in a build for tests.
    #[must_use]
    pub(crate) fn known(text: &'a str) -> XmlPath<'a> {
        if cfg!(debug_assertions)
            && let Err(error) = XmlPath::parse(text)
        {
            panic!("`{text}` is {error}");
        }
        XmlPath(text)
    }

    /// Its text without what it is about in the last element.
    #[must_use]
    pub fn elements(self) -> &'a str {
        if self.0.contains(['@', '.']) { self.split().0 } else { self.0 }
    }

    /// Its text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// Whether it may begin anywhere below the root.
    #[must_use]
    pub fn is_anywhere(self) -> bool {
        self.0.starts_with("//")
    }

    /// Whether it names one place, without `//`, `*` and conditions.
    #[must_use]
    pub fn is_plain(self) -> bool {
        !self.is_anywhere() && self.steps().all(|step| step.name != "*" && step.conditions.is_empty())
    }

    /// The elements on the way.
    pub fn steps(self) -> impl Iterator<Item = Step<'a>> {
        let mut rest = Some(self.split().0);
        std::iter::from_fn(move || {
            let text = rest?;
            // A value in a condition may contain a slash.
            let mut inside = false;
            let slash = text.bytes().position(|byte| {
                inside = (inside || byte == b'[') && byte != b']';
                byte == b'/' && !inside
            });
            let step = &text[..slash.unwrap_or(text.len())];
            rest = slash.map(|slash| &text[slash + 1..]);
            let end = step.bytes().position(|byte| byte == b'[').unwrap_or(step.len());
            Some(Step { name: &step[..end], conditions: &step[end..] })
        })
    }

    /// What it is about in the last element.
    #[must_use]
    pub fn tail(self) -> Tail<'a> {
        let Some(tail) = self.split().1 else { return Tail::Element };
        match (tail.strip_prefix('@'), tail.split_once('=')) {
            (Some(attribute), None) => Tail::Attribute(attribute),
            (Some(_), Some((attribute, value))) => Tail::Value(&attribute[1..], value),
            (None, split) => Tail::Text(split.map_or("", |(_, text)| text)),
        }
    }

    /// Every element below `root` that it leads to, in the order of the document.
    #[must_use]
    pub fn all<'d, 'input>(self, root: Node<'d, 'input>) -> Vec<Node<'d, 'input>> {
        let begin = if self.is_anywhere() { root.descendants().filter(Node::is_element).collect() } else { vec![root] };
        self.steps().fold(begin, |found, step| found.into_iter().flat_map(|parent| step.children(parent)).collect())
    }

    /// What it is about: the value of its attribute, or else the text of the element.
    #[must_use]
    pub fn value<'d>(self, element: Node<'d, '_>) -> Option<&'d str> {
        match self.tail() {
            Tail::Attribute(name) | Tail::Value(name, _) => element.attribute(name),
            Tail::Element | Tail::Text(_) => element.text(),
        }
    }

    /// Whether another, plain path leads to the same place or to something in it, whatever the conditions.
    #[must_use]
    pub fn covers(self, plain: XmlPath) -> bool {
        let (own, other): (Vec<_>, Vec<_>) = (self.steps().collect(), plain.steps().collect());
        let starts = if self.is_anywhere() { 0..other.len() } else { 0..1 };
        let meets = |(one, two): (&Step, &Step)| one.name == "*" || one.name == two.name;
        starts.into_iter().filter_map(|start| other.get(start..start + own.len()).map(|part| (start, part))).any(
            |(start, part)| {
                let ends_there = start + own.len() == other.len();
                own.iter().zip(part).all(meets)
                    && match (self.tail(), plain.tail()) {
                        (Tail::Element, _) => true,
                        (Tail::Attribute(one), Tail::Attribute(two) | Tail::Value(two, _)) => ends_there && one == two,
                        (one, two) => ends_there && one == two,
                    }
            },
        )
    }

    /// The steps, and the tail if there is one, as they are written.
    fn split(self) -> (&'a str, Option<&'a str>) {
        let text = self.0.strip_prefix("//").unwrap_or(self.0);
        let bytes = text.as_bytes();
        let mut inside = false;
        let tail = (0..bytes.len()).find(|&at| {
            inside = (inside || bytes[at] == b'[') && bytes[at] != b']';
            bytes[at] == b'/' && !inside && matches!(bytes.get(at + 1), Some(b'@' | b'.'))
        });
        tail.map_or((text, None), |at| (&text[..at], Some(&text[at + 1..])))
    }
}

impl fmt::Display for XmlPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Tail<'_> {
    /// What it is called: an element, an attribute or a value.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Tail::Element => "element",
            Tail::Attribute(_) => "attribute",
            Tail::Value(..) | Tail::Text(_) => "value",
        }
    }
}

impl<'a> Step<'a> {
    /// Its conditions, in their order.
    pub fn conditions(self) -> impl Iterator<Item = Condition<'a>> {
        self.conditions.split_terminator(']').map(|condition| match condition[1..].split_once('=') {
            Some((attribute, value)) => Condition::Has(&attribute[1..], value),
            None => Condition::Nth(condition[1..].parse().unwrap_or(usize::MAX)),
        })
    }

    /// Whether an element of its name has what the conditions ask for, but for its number.
    #[must_use]
    pub fn fits(self, node: Node) -> bool {
        self.conditions().all(|condition| match condition {
            Condition::Has(attribute, value) => node.attribute(attribute) == Some(value),
            Condition::Nth(_) => true,
        })
    }

    /// The children of `parent` that it leads to.
    fn children<'d, 'input>(self, parent: Node<'d, 'input>) -> Vec<Node<'d, 'input>> {
        let named = |child: &Node| child.is_element() && (self.name == "*" || child.tag_name().name() == self.name);
        let named = parent.children().filter(named).collect();
        self.conditions().fold(named, |nodes: Vec<Node>, condition| match condition {
            Condition::Has(attribute, value) => {
                nodes.into_iter().filter(|node| node.attribute(attribute) == Some(value)).collect()
            }
            Condition::Nth(number) => nodes.into_iter().skip(number - 1).take(1).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::*;

    const TEXT: &str = "<d><x><a t='1'/><a t='2' n='p'/><a t='2' n='q'>w</a><b><a n='/r'/></b></x></d>";

    fn names(path: &str) -> Vec<String> {
        let document = Document::parse(TEXT).unwrap();
        let found = XmlPath::new(path).all(document.root_element());
        found.iter().map(|node| node.attribute("n").unwrap_or(node.tag_name().name()).to_owned()).collect()
    }

    #[test]
    fn leads_to_elements() {
        assert_eq!(names("x/b"), ["b"]);
        assert_eq!(names("x/a[@t=2]"), ["p", "q"]);
        assert_eq!(names("x/a[@t=2][1]"), ["p"]);
        assert_eq!(names("x/a[2][@t=2]"), ["p"]);
        assert_eq!(names("x/a[3]"), ["q"]);
        assert_eq!(names("x/*[4]"), ["b"]);
        assert_eq!(names("*/*/a"), ["/r"]);
        assert_eq!(names("//a"), ["a", "p", "q", "/r"]);
        assert_eq!(names("//b/a[@n=/r]/@n"), ["/r"]);
        for nowhere in ["x/c", "y/a", "x/a[4]", "x/a[@t=3]", "x/a[@u=1]", "x/b/b", "a"] {
            assert!(names(nowhere).is_empty(), "{nowhere}");
        }
    }

    #[test]
    fn is_about_a_part() {
        let tail = |path| XmlPath::new(path).tail();
        assert_eq!(tail("a/b[@c=/@d]"), Tail::Element);
        assert_eq!(tail("a[@b=c]/@d"), Tail::Attribute("d"));
        assert_eq!(tail("//a/@d=e/@f=g"), Tail::Value("d", "e/@f=g"));
        assert_eq!(tail("a/.=*"), Tail::Text("*"));
        let document = Document::parse(TEXT).unwrap();
        let value = |path| XmlPath::new(path).value(XmlPath::new(path).all(document.root_element())[0]);
        assert_eq!(value("x/a[3]/@n"), Some("q"));
        assert_eq!(value("x/a[3]"), Some("w"));
    }

    #[test]
    fn is_printed_as_it_is_written() {
        assert_eq!(XmlPath::new("//a[@b=c]/@d").to_string(), "//a[@b=c]/@d");
    }

    #[test]
    fn is_plain_where_it_names_one_place() {
        for plain in ["a", "a/b", "a/b/@c", "a/@b=c", "a/.=b"] {
            assert!(XmlPath::new(plain).is_plain(), "{plain}");
        }
        for other in ["//a", "*", "a/*", "a[1]", "a[@b=c]", "a[@b=c]/d", "*[1]"] {
            assert!(!XmlPath::new(other).is_plain(), "{other}");
        }
    }

    #[test]
    fn covers_what_is_inside() {
        let covers = |one, other| XmlPath::new(one).covers(XmlPath::new(other));
        for inside in ["a/b", "a/b/@c", "a/b/@c=d", "a/b/.=d", "a/b/e"] {
            for around in ["a/b", "a/b[@c=d]", "//b", "a/*", "//a/b", "a"] {
                assert!(covers(around, inside), "{around} {inside}");
            }
        }
        assert!(covers("a/@c", "a/@c") && covers("a/@c", "a/@c=d") && covers("a/@c=d", "a/@c=d"));
        for (one, other) in [
            ("a/b", "a"),
            ("b", "a/b"),
            ("a/@c", "a/b/@c"),
            ("a/@c", "a"),
            ("a/@c=d", "a/@c"),
            ("a/@c=d", "a/@c=e"),
            ("a/.=d", "a/.=e"),
            ("//a/b", "a/c/b"),
            ("a/bb", "a/b"),
        ] {
            assert!(!covers(one, other), "{one} {other}");
        }
    }
}
