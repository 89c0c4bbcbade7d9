//! The elements of a document by their paths. A rule asks for several paths in each document, and most of them are not there.

use std::cell::RefCell;
use std::hash::{Hash as _, Hasher as _};

use roxmltree::Node;
use rustc_hash::{FxHashMap, FxHasher};

use crate::path::{Condition, Step, XmlPath};

/// The elements of a document by the names on the way to them from the root. Each such way has a number; the root's is 0.
pub(super) struct Places<'a, 'input> {
    /// The numbers of the ways that end with a name. The root's own is not among them.
    names: FxHashMap<&'a str, Vec<usize>>,
    /// The number of a way, by its [`hash`]; by the next number that is free where two have the same.
    numbers: FxHashMap<u64, usize>,
    /// By its number, what each way leads to.
    all: Vec<Place<'a, 'input>>,
}

struct Place<'a, 'input> {
    parent: usize,
    name: &'a str,
    hash: u64,
    /// In the order of the document.
    elements: Vec<Node<'a, 'input>>,
}

impl<'a, 'input> Places<'a, 'input> {
    pub(super) fn new(root: Node<'a, 'input>) -> Places<'a, 'input> {
        let top = Place { parent: 0, name: "", hash: 0, elements: vec![root] };
        let mut places = Places { names: FxHashMap::default(), numbers: FxHashMap::default(), all: vec![top] };
        // Level by level. What has the same path is on one level.
        let mut all = vec![(root, 0)];
        let mut next = 0;
        while let Some(&(element, parent)) = all.get(next) {
            for child in element.children().filter(Node::is_element) {
                let number = places.number(parent, child.tag_name().name());
                places.all[number].elements.push(child);
                all.push((child, number));
            }
            next += 1;
        }
        places
    }

    /// The number of a way, which is new if the first element is met.
    fn number(&mut self, parent: usize, name: &'a str) -> usize {
        let hash = hash(self.all[parent].hash, name);
        let mut key = hash;
        while let Some(&number) = self.numbers.get(&key) {
            let place = &self.all[number];
            if place.parent == parent && place.name == name {
                return number;
            }
            key = key.wrapping_add(1);
        }
        let number = self.all.len();
        self.all.push(Place { parent, name, hash, elements: Vec::new() });
        self.numbers.insert(key, number);
        self.names.entry(name).or_default().push(number);
        number
    }

    /// The names of all elements below the root.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.names.keys().copied()
    }

    /// Whether a path leads to something, whose way this is.
    pub(super) fn leads_somewhere(&self, Way { at, hash }: Way) -> bool {
        self.numbers.contains_key(&hash) && !self.all(at).is_empty()
    }

    /// Every element that a path leads to, see [`path`](crate::path), in the order of the document.
    ///
    /// # Panics
    ///
    /// When it is no path, in a build for tests, which run every rule.
    pub(super) fn all(&self, at: &'static str) -> Vec<Node<'a, 'input>> {
        Query::of(at, |query| {
            if query.is_wild {
                return self.wild(query);
            }
            let mut key = query.hash;
            while let Some(&number) = self.numbers.get(&key) {
                if self.leads_to(query, number) {
                    return self.at(number, query);
                }
                key = key.wrapping_add(1);
            }
            Vec::new()
        })
    }

    /// What a path with `*` or `//` leads to. Mostly, that is nothing, or all in one place.
    fn wild(&self, query: &Query) -> Vec<Node<'a, 'input>> {
        let all: Vec<_>;
        let numbers = match query.steps.last().map_or("*", |step| step.step.name) {
            "*" => {
                all = (1..self.all.len()).collect();
                &all
            }
            name => self.names.get(name).map_or(&[][..], Vec::as_slice),
        };
        let mut numbers = numbers.iter().filter(|number| self.leads_to(query, **number));
        match (numbers.next(), numbers.next()) {
            (None, _) => Vec::new(),
            (Some(number), None) => self.at(*number, query),
            (Some(_), Some(_)) => query.path.all(self.root()),
        }
    }

    /// Whether a path leads to a place, whatever its conditions.
    fn leads_to(&self, query: &Query, mut number: usize) -> bool {
        for Taken { step, .. } in query.steps.iter().rev() {
            // The root is on no way.
            if number == 0 || step.name != "*" && step.name != self.all[number].name {
                return false;
            }
            number = self.all[number].parent;
        }
        number == 0 || query.path.is_anywhere()
    }

    /// Those elements of a place that a path leads to, whose names are those on the way there.
    fn at(&self, number: usize, query: &Query) -> Vec<Node<'a, 'input>> {
        let elements = &self.all[number].elements;
        if query.is_numbered {
            return query.path.all(self.root());
        }
        if query.is_bare {
            return elements.clone();
        }
        let fits = |node: &&Node| query.steps.iter().rev().zip(node.ancestors()).all(|(step, node)| step.fits(node));
        elements.iter().filter(fits).copied().collect()
    }

    fn root(&self) -> Node<'a, 'input> {
        self.all[0].elements[0]
    }
}

/// What tells most ways apart: made of that of the way to the parent, and the last name. In tests, many have the same.
fn hash(parent: u64, name: &str) -> u64 {
    let mut hasher = FxHasher::default();
    (parent, name).hash(&mut hasher);
    if cfg!(test) { hasher.finish() % 8 } else { hasher.finish() }
}

/// A path that goes one way, and what tells at once that nothing is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    at: &'static str,
    hash: u64,
}

impl Way {
    /// The way of a path; `None` if it may go several.
    pub(super) fn of(at: &'static str) -> Option<Way> {
        let path = XmlPath::parse(at).ok()?;
        let is_wild = path.is_anywhere() || path.steps().any(|step| step.name == "*");
        (!is_wild).then(|| Way { at, hash: path.steps().fold(0, |parent, step| hash(parent, step.name)) })
    }
}

/// A path, taken apart.
struct Query {
    path: XmlPath<'static>,
    steps: Vec<Taken>,
    /// The [`hash`] of its way.
    hash: u64,
    /// Whether it has `*` or `//`.
    is_wild: bool,
    /// Whether it has no conditions.
    is_bare: bool,
    /// Whether it counts elements.
    is_numbered: bool,
}

/// A step, and what the element must have for it.
struct Taken {
    step: Step<'static>,
    has: Vec<(&'static str, &'static str)>,
}

impl Query {
    /// Runs something with a path taken apart. Each thread does that once for each of the paths of all rules.
    fn of<T>(at: &'static str, ask: impl FnOnce(&Query) -> T) -> T {
        thread_local! {
            /// By where the text of the path is, which no other can have.
            static KNOWN: RefCell<FxHashMap<*const str, Box<Query>>> = RefCell::default();
        }
        KNOWN.with_borrow_mut(|known| ask(known.entry(at).or_insert_with(|| Box::new(Query::new(XmlPath::known(at))))))
    }

    fn new(path: XmlPath<'static>) -> Query {
        let taken = |step: Step<'static>| {
            let has = step.conditions().filter_map(|condition| match condition {
                Condition::Has(attribute, value) => Some((attribute, value)),
                Condition::Nth(_) => None,
            });
            Taken { step, has: has.collect() }
        };
        let conditions = || path.steps().flat_map(Step::conditions);
        Query {
            path,
            steps: path.steps().map(taken).collect(),
            hash: path.steps().fold(0, |parent, step| hash(parent, step.name)),
            is_wild: path.is_anywhere() || path.steps().any(|step| step.name == "*"),
            is_bare: conditions().next().is_none(),
            is_numbered: conditions().any(|condition| matches!(condition, Condition::Nth(_))),
        }
    }
}

impl Taken {
    fn fits(&self, node: Node) -> bool {
        self.has.iter().all(|(attribute, value)| node.attribute(*attribute) == Some(*value))
    }
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::*;

    #[test]
    fn a_path_leads_where_a_search_finds_it() {
        let text = "<d><x t='1'><a t='1'/><a t='2'><a/><b t='2'/></a><b><x/></b></x><y><a/><c><a/></c></y><x><a t='1'/></x></d>";
        let document = Document::parse(text).unwrap();
        let places = Places::new(document.root_element());
        let paths = [
            "x",
            "y",
            "d",
            "x/a",
            "y/a",
            "x/c",
            "x/a/a",
            "x[@t=1]/a",
            "x[@t=2]/a",
            "x/a[@t=1]",
            "x/a[@t=2]/b[@t=2]",
            "x[@t=1]/a[@t=1]",
            "x/a[2]",
            "x[2]/a",
            "x/a/@t",
            "x/a/@t=1",
            "x/a/.=w",
            "*",
            "*/a",
            "*/a[@t=1]",
            "x/*/x",
            "y/*",
            "y/*/a",
            "z/*",
            "//a",
            "//x",
            "//a/b",
            "//b[@t=2]",
            "//d",
            "//d/x",
            "//c/a",
            "//x/x",
            "//*",
            "//a[1]",
        ];
        for path in paths {
            assert_eq!(places.all(path), XmlPath::new(path).all(document.root_element()), "{path}");
        }
        let mut names: Vec<_> = places.names().collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c", "x", "y"]);
    }
}
