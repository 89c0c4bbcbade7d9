//! A path in a record leads somewhere: libvirt's schemas know each name, attribute and value in it. A typing mistake such as
//! `devices/dsik` would otherwise match nothing, in silence.
//!
//! Any schemas will do: those of the releases under `target/schemas`, and this machine's. What only the newest knows is left
//! out where that is not there.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use common::repository;
use domain_definitions::frozen::FROZEN;
use domain_definitions::newer::NEWER;
use domain_definitions::path::{Condition, Tail, XmlPath};
use domain_definitions::rules::{Target, rules};
use domain_definitions::{CATALOG, Definition, documents};
use roxmltree::Document;
use walkdir::WalkDir;
use xtask::grammar::Grammar;

common::tests! {
    nothing: every_path_is_well_formed;
    some_schemas: every_path_leads_somewhere;
}

/// Whose each path is, by the schema that should know it.
type Stated = BTreeMap<(&'static str, String), String>;

/// Every path of every record, by the schema that knows it.
fn stated() -> Stated {
    let mut stated = Stated::new();
    let mut add = |schema, at: &str, whose: String| drop(stated.insert((schema, at.to_owned()), whose));
    for definition in Definition::all() {
        for tunable in definition.tunables() {
            add("domain", tunable.at, format!("a tunable of {}", definition.path()));
        }
    }
    for variant in Definition::all().filter_map(|definition| definition.variant) {
        for at in variant.changes {
            add("domain", at, format!("the variant {}", variant.id));
        }
    }
    for newer in NEWER {
        add("domain", newer.at.as_str(), "defs/newer.rs".to_owned());
    }
    for (fact, at) in &FROZEN {
        add("domain", at.as_str(), format!("{fact} in defs/frozen.rs"));
    }
    for choice in documents::volume::CHOICES {
        add("storagevol", choice.reason.at, "a volume".to_owned());
    }
    for choice in documents::pool::CHOICES {
        add("storagepool", choice.reason.at, "a pool".to_owned());
    }
    for choice in documents::network::CHOICES {
        add("network", choice.reason.at, "a network".to_owned());
    }
    for (at, rule) in asked() {
        add("domain", &at, rule);
    }
    stated
}

/// What each rule asks, of its own documents and of our definitions: every path, and the rule.
fn asked() -> BTreeSet<(String, String)> {
    let ours = CATALOG.iter().filter(|entry| entry.is_definition()).map(|entry| entry.xml.to_owned());
    let ours: Vec<_> = ours.collect();
    let ours: Vec<_> = ours.iter().map(|text| Document::parse(text).expect("ours are well-formed")).collect();
    let mut asked = BTreeSet::new();
    for rule in rules() {
        let files = WalkDir::new(repository().join("tests/rules").join(rule.id())).into_iter().flatten();
        let texts: Vec<_> = files.filter_map(|entry| fs::read_to_string(entry.path()).ok()).collect();
        let own = texts.iter().map(|text| Document::parse(text).expect("the documents of rules are well-formed"));
        let own: Vec<_> = own.collect();
        for document in own.iter().chain(&ours) {
            let paths = rule.examine(document.root_element(), Target::stated(document), None).asked;
            asked.extend(paths.into_iter().map(|at| (at, rule.id())));
        }
    }
    asked
}

/// A schema, and the elements that it knows.
struct Schema {
    grammar: Grammar,
    root: &'static str,
    names: BTreeSet<String>,
}

impl Schema {
    fn read(folder: &Path, name: &str) -> Option<Schema> {
        let path = folder.join(format!("{name}.rng"));
        let root = match name {
            "domain" => "domain",
            "network" => "network",
            "storagepool" => "pool",
            _ => "volume",
        };
        path.is_file().then(|| Grammar::read(&path)).map(|grammar| {
            let names = grammar.names();
            Schema { grammar, root, names }
        })
    }

    /// Whether a document by this schema can have what a path leads to.
    fn knows(&self, at: XmlPath) -> bool {
        let steps: Vec<_> = at.steps().collect();
        // What metadata contains is its owner's business.
        if steps.first().is_some_and(|step| step.name == "metadata") {
            return true;
        }
        let fits = |name: &String| {
            let elements: Vec<_> = name.split('/').collect();
            let Some(start) = elements.len().checked_sub(steps.len()) else { return false };
            let anywhere = start == 0 || at.is_anywhere();
            anywhere
                && steps.iter().zip(&elements[start..]).enumerate().all(|(index, (step, element))| {
                    let described =
                        |attribute: &str, value: Option<&str>| self.has(&elements[..=start + index], attribute, value);
                    let conditions = |condition| match condition {
                        Condition::Has(attribute, value) => described(attribute, Some(value)),
                        Condition::Nth(_) => true,
                    };
                    (step.name == "*" || step.name == *element) && step.conditions().all(conditions)
                })
                && match at.tail() {
                    Tail::Element => true,
                    Tail::Attribute(attribute) => self.has(&elements, attribute, None),
                    Tail::Value(attribute, value) => self.has(&elements, attribute, Some(value)),
                    Tail::Text(text) => {
                        let texts = self.grammar.texts(&self.grammar.describe(&self.below(&elements)));
                        !texts.kinds.is_empty() || texts.literals.contains(text)
                    }
                }
        };
        self.names.iter().filter(|name| XmlPath::parse(name).is_ok_and(|name| name.tail() == Tail::Element)).any(fits)
    }

    /// Whether an element can have an attribute, with a value.
    fn has(&self, elements: &[&str], attribute: &str, value: Option<&str>) -> bool {
        let described = self.grammar.describe(&self.below(elements));
        let values = self.grammar.attribute_values(&described, attribute);
        !values.is_empty() && value.is_none_or(|value| !values.kinds.is_empty() || values.literals.contains(value))
    }

    fn below<'a>(&self, elements: &[&'a str]) -> Vec<&'a str> {
        [&[self.root], elements].concat()
    }
}

/// Folders with schemas, and whether those of the newest release are among them.
fn folders() -> (Vec<std::path::PathBuf>, bool) {
    let suites = repository().join("target/schemas");
    let of = |suite: &str| suites.join(suite).join("root/usr/share/libvirt/schemas");
    let all = ["sid", "trixie", "bookworm"].map(of).into_iter().chain(["/usr/share/libvirt/schemas".into()]);
    (all.filter(|folder| folder.join("domain.rng").is_file()).collect(), of("sid").join("domain.rng").is_file())
}

/// Whether something came after the floor, so that an older schema need not know it.
fn is_newer(at: XmlPath) -> bool {
    // A condition, too, may be what is newer.
    let names = at.steps().map(|step| step.name).collect::<Vec<_>>().join("/");
    let conditions = at.steps().flat_map(|step| step.conditions().collect::<Vec<_>>());
    let values = conditions.filter_map(|condition| match condition {
        Condition::Has(attribute, value) => Some(format!("@{attribute}={value}")),
        Condition::Nth(_) => None,
    });
    let parts: Vec<_> = values.map(|value| format!("/{value}")).collect();
    NEWER.iter().any(|newer| {
        let covers = |text: &str| XmlPath::parse(text).is_ok_and(|plain| newer.at.covers(plain));
        newer.at == at || covers(&names) || parts.iter().any(|part| newer.at.as_str().ends_with(part.as_str()))
    })
}

fn every_path_is_well_formed() {
    let malformed: Vec<_> = stated()
        .iter()
        .filter_map(|((_, at), whose)| Some(format!("{whose}: `{at}` is {}", XmlPath::parse(at).err()?)))
        .collect();
    assert!(malformed.is_empty(), "{}", malformed.join("\n"));
}

fn every_path_leads_somewhere() {
    let stated = stated();
    let (folders, newest) = folders();
    let schemas: BTreeMap<_, Vec<_>> = ["domain", "network", "storagepool", "storagevol"]
        .into_iter()
        .map(|name| (name, folders.iter().filter_map(|folder| Schema::read(folder, name)).collect()))
        .collect();
    let (mut unknown, mut left_out) = (Vec::new(), 0);
    for ((schema, at), whose) in &stated {
        let path = XmlPath::new(at);
        if schemas[schema].iter().any(|schema: &Schema| schema.knows(path)) {
            continue;
        }
        if newest || !is_newer(path) {
            unknown.push(format!("{whose}: no schema of libvirt's knows `{at}`"));
        } else {
            left_out += 1;
        }
    }
    println!("{} paths, {left_out} of them too new for the schemas at hand", stated.len());
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}
