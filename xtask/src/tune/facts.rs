//! What each decision of a definition puts into the document: the difference between the machine without it and the machine
//! with it. So nothing about a decision is said twice.

use std::collections::HashSet;

use domain_definitions::machine::Machine;
use domain_definitions::{Definition, Tunable, render};
use roxmltree::{Document, Node};

/// An element of a document: the names on the way, each with its number among its siblings of that name.
pub type Place = Vec<(String, usize)>;

/// Something that is so in a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fact {
    /// Where.
    pub place: Place,
    /// What.
    pub what: What,
}

/// What can be so at an element.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// It is there.
    Element,
    /// An attribute has a value.
    Attribute(String, String),
    /// It contains a text.
    Text(String),
}

/// A decision, and what is so because of it.
pub struct Decided {
    /// The decision.
    pub tunable: &'static Tunable,
    /// In the order of the document.
    pub facts: Vec<Fact>,
    /// The document with this decision and those before it.
    pub text: String,
}

/// A definition, taken apart.
pub struct Apart {
    /// The definition.
    pub definition: Definition,
    /// Its decisions.
    pub decisions: Vec<Decided>,
}

impl Apart {
    /// Takes a definition apart, as it is for a machine. `None` if a record is wrong, which the tests exclude.
    #[must_use]
    pub fn new(definition: Definition, machine: &Machine) -> Option<Apart> {
        let tunables: Vec<_> = definition.tunables().collect();
        let mut decisions = Vec::with_capacity(tunables.len());
        let mut before: HashSet<Fact> = HashSet::new();
        for count in 0..=tunables.len() {
            let made = definition.made(machine, tunables[..count].iter().copied(), definition.floor());
            let text = render::element(&made).ok()?;
            let all = facts(&Document::parse(&text).ok()?);
            if let Some(tunable) = count.checked_sub(1).map(|last| tunables[last]) {
                let facts = all.iter().filter(|fact| !before.contains(fact)).cloned().collect();
                decisions.push(Decided { tunable, facts, text });
            }
            before = all.into_iter().collect();
        }
        Some(Apart { definition, decisions })
    }

    /// The whole document.
    #[must_use]
    pub fn text(&self) -> &str {
        self.decisions.last().map_or("<domain/>", |last| &last.text)
    }
}

/// Everything that is so in a document, in its order.
fn facts(document: &Document) -> Vec<Fact> {
    let mut facts = Vec::new();
    for node in document.root_element().descendants().filter(Node::is_element) {
        let place = place(node);
        let mut add = |what| facts.push(Fact { place: place.clone(), what });
        add(What::Element);
        for attribute in node.attributes() {
            add(What::Attribute(attribute.name().to_owned(), attribute.value().to_owned()));
        }
        if let Some(text) = node.text().map(str::trim).filter(|text| !text.is_empty()) {
            add(What::Text(text.to_owned()));
        }
    }
    facts
}

/// Where an element is.
#[must_use]
pub fn place(node: Node) -> Place {
    let mut place: Place = node.ancestors().take_while(|node| node.parent_element().is_some()).map(step).collect();
    place.reverse();
    place
}

fn step(node: Node) -> (String, usize) {
    let name = node.tag_name().name();
    let mut before = node.prev_siblings().skip(1).filter(Node::is_element);
    (name.to_owned(), before.by_ref().filter(|other| other.tag_name().name() == name).count())
}

/// The element at a place of this very document.
#[must_use]
pub fn at<'a, 'input>(document: &'a Document<'input>, place: &[(String, usize)]) -> Option<Node<'a, 'input>> {
    let find = |parent: Node<'a, 'input>, (name, number): &(String, usize)| {
        let named = parent.children().filter(|child| child.is_element() && child.tag_name().name() == name);
        named.into_iter().nth(*number)
    };
    place.iter().try_fold(document.root_element(), find)
}
