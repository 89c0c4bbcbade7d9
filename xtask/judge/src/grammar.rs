//! What a schema allows at each place, read from the `RelaxNG` files for explanations.
//!
//! It never decides whether a document is valid; libxml2 does. It answers which elements, attributes and values the schema
//! knows at a place, so that an explanation can suggest what to write. It ignores what only matters for a verdict: order,
//! number, and which alternatives exclude each other.

mod bound;
mod pattern;
mod read;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub use bound::Bound;
pub use pattern::{Datatype, qualified};
use pattern::{Pattern, local};

/// A schema with everything it includes.
#[derive(Debug, Default)]
pub struct Grammar {
    defines: HashMap<String, Vec<Pattern>>,
    start: Vec<Pattern>,
    /// Prefixes as [`qualified`] makes them, and what they stand for.
    namespaces: BTreeMap<String, String>,
}

/// A smallest content that an element may have.
#[derive(Default)]
pub struct Skeleton<'a> {
    /// Attributes and their values.
    pub attributes: Vec<(&'a str, Values)>,
    /// Child elements.
    pub children: Vec<(&'a str, Descriptions<'a>)>,
    /// The text, if there must be one.
    pub text: Option<Values>,
}

impl Skeleton<'_> {
    /// Whether the element need not contain anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty() && self.text.is_none()
    }
}

/// How many smallest contents of one element are looked at.
const SKELETONS: usize = 32;

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
    /// What the schema says of the element at a path of names from the root, in every place where it allows it.
    #[must_use]
    pub fn describe(&self, path: &[impl AsRef<str>]) -> Descriptions<'_> {
        let mut found = vec![self.start.as_slice()];
        for name in path {
            let parts: Vec<_> = found.iter().flat_map(|content| self.parts(content)).collect();
            let same = |part: &Part<'_>| matches!(part.pattern, Pattern::Element { name: n, .. } if n == name.as_ref());
            found = parts.iter().filter(|part| same(part)).filter_map(|part| part.pattern.content()).collect();
        }
        Descriptions(found)
    }

    /// Everything the schema has a name for, as [paths](domain_definitions::path) below the root: `a/b` for an element, `a/b/@c`
    /// for an attribute, `a/b/@c=d` and `a/b/.=d` for a value it lists. An element inside one of the same name is left out.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let roots = self.parts(&self.start).into_iter().filter_map(|part| part.pattern.content());
        let mut open: Vec<(Vec<&str>, &[Pattern])> = roots.map(|content| (Vec::new(), content)).collect();
        while let Some((path, content)) = open.pop() {
            let at = |last: &str| path.iter().copied().chain([last]).collect::<Vec<_>>().join("/");
            for part in self.parts(content) {
                match part.pattern {
                    Pattern::Element { name, content, .. } if !path.contains(&local(name)) => {
                        names.insert(at(local(name)));
                        open.push(([path.as_slice(), &[local(name)]].concat(), content));
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

    /// Names of the elements in such a document that may contain an element of this name with these attributes.
    #[must_use]
    pub fn parents_of(&self, name: &str, attributes: &[&str]) -> BTreeSet<String> {
        let mut parents = BTreeSet::new();
        self.visit(|parent, parts| {
            let fits = |part: &Part<'_>| match part.pattern {
                Pattern::Element { name: n, content, .. } if n == name => {
                    let (known, _) = self.attributes(&Descriptions(vec![content.as_slice()]));
                    attributes.iter().all(|attribute| known.contains(*attribute))
                }
                _ => false,
            };
            if parts.iter().any(fits) {
                parents.insert(parent.to_owned());
            }
        });
        parents
    }

    /// The patterns, as they are written, of the elements of a name that may stand in the element at a path, or anywhere if the
    /// path is empty.
    #[must_use]
    pub fn sources(&self, path: &[&str], name: &str) -> BTreeSet<&str> {
        let mut parts: Vec<Part> = Vec::new();
        if path.is_empty() {
            self.visit(|_, inside| parts.extend(inside));
        } else {
            parts.extend(self.describe(path).0.into_iter().flat_map(|content| self.parts(content)));
        }
        let same = parts.into_iter().filter_map(|part| match part.pattern {
            Pattern::Element { name: n, source, .. } if n == name => Some(source.text()),
            _ => None,
        });
        same.collect()
    }

    /// Names of the elements in such a document that may have an attribute.
    #[must_use]
    pub fn elements_with(&self, attribute: &str) -> BTreeSet<String> {
        let mut elements = BTreeSet::new();
        self.visit(|element, parts| {
            if parts.iter().any(|part| matches!(part.pattern, Pattern::Attribute { name, .. } if name == attribute)) {
                elements.insert(element.to_owned());
            }
        });
        elements
    }

    /// Calls `each` for every element that a document of this schema can have, with its parts.
    fn visit<'a>(&'a self, mut each: impl FnMut(&'a str, &[Part<'a>])) {
        let mut seen = HashSet::new();
        let mut open = self.parts(&self.start);
        while let Some(part) = open.pop() {
            if let Pattern::Element { name, content, .. } = part.pattern
                && seen.insert(std::ptr::from_ref(part.pattern))
            {
                let parts = self.parts(content);
                each(name, &parts);
                open.extend(parts);
            }
        }
    }

    /// What a prefix that [`qualified`] makes stands for.
    #[must_use]
    pub fn namespace(&self, prefix: &str) -> Option<&str> {
        self.namespaces.get(prefix).map(String::as_str)
    }

    /// The smallest contents that an element may have, of each of its descriptions.
    #[must_use]
    pub fn skeletons<'a>(&'a self, of: &Descriptions<'a>) -> Vec<Skeleton<'a>> {
        let sets = of.0.iter().flat_map(|content| self.smallest(content, &mut HashSet::new()));
        sets.map(|patterns| self.skeleton(&patterns)).collect()
    }

    /// Parts of an element that may be left out, each alone.
    #[must_use]
    pub fn extras<'a>(&'a self, of: &Descriptions<'a>) -> Vec<Skeleton<'a>> {
        let parts = of.0.iter().flat_map(|content| self.parts(content)).filter(|part| !part.required);
        parts.map(|part| self.skeleton(&[part.pattern])).collect()
    }

    fn skeleton<'a>(&'a self, patterns: &[&'a Pattern]) -> Skeleton<'a> {
        let mut skeleton = Skeleton::default();
        for pattern in patterns {
            match pattern {
                Pattern::Element { name, content, .. } => skeleton.children.push((name, Descriptions(vec![content]))),
                Pattern::Attribute { name, content } => {
                    skeleton.attributes.push((name, self.values([content.as_slice()].into_iter())));
                }
                _ => skeleton.text = Some(self.values([std::slice::from_ref(*pattern)].into_iter())),
            }
        }
        skeleton
    }

    /// Sets of parts that are enough for some content, one for each way through its choices.
    fn smallest<'a>(&'a self, content: &'a [Pattern], seen: &mut HashSet<&'a str>) -> Vec<Vec<&'a Pattern>> {
        let mut sets: Vec<Vec<&Pattern>> = vec![Vec::new()];
        for pattern in content {
            let ways = match pattern {
                Pattern::Ref(name) if seen.insert(name) => {
                    let ways = self.smallest(self.defines.get(name).map_or(&[], Vec::as_slice), seen);
                    seen.remove(name.as_str());
                    ways
                }
                Pattern::Ref(_) => Vec::new(),
                Pattern::Group(content) => self.smallest(content, seen),
                Pattern::Choice(content) => {
                    content.iter().flat_map(|way| self.smallest(std::slice::from_ref(way), seen)).collect()
                }
                Pattern::Optional(_) => continue,
                _ => vec![vec![pattern]],
            };
            let both = |set: &Vec<&'a Pattern>, way: &Vec<&'a Pattern>| [set.as_slice(), way.as_slice()].concat();
            sets = ways.iter().flat_map(|way| sets.iter().map(move |set| both(set, way))).take(SKELETONS).collect();
        }
        sets
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
                Pattern::Group(content) => self.gather(content, required, seen, parts),
                Pattern::Choice(content) | Pattern::Optional(content) => self.gather(content, false, seen, parts),
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
                Pattern::Data(datatype) => drop(values.datatypes.insert(datatype.clone())),
                _ => {}
            }
        }
        values
    }
}

impl<'a> Descriptions<'a> {
    /// Each description by itself.
    pub fn each(&self) -> impl Iterator<Item = Descriptions<'a>> {
        self.0.iter().map(|content| Descriptions(vec![content]))
    }

    /// Whether the schema knows no such element there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What an attribute or a text may be.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// Words that are listed.
    pub literals: BTreeSet<String>,
    /// Values that cannot be listed.
    pub datatypes: BTreeSet<Datatype>,
}

impl Values {
    /// Whether there can be no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.literals.is_empty() && self.datatypes.is_empty()
    }
}

#[cfg(test)]
mod tests;
