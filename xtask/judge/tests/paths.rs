//! A path in a record leads somewhere: libvirt's schemas know each name, attribute and value in it. A typing mistake such as
//! `devices/dsik` would otherwise match nothing, in silence.
//!
//! Any schemas will do: those of the releases under `target/schemas`, and this machine's. What only the newest knows is left
//! out where that is not there.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::repository;
use domain_definitions::frozen::FROZEN;
use domain_definitions::introduced::INTRODUCED;
use domain_definitions::path::{Condition, Step, Tail, XmlPath};
use domain_definitions::rules::{Target, rules};
use domain_definitions::{CATALOG, Definition, documents};
use judge::grammar::Grammar;
use roxmltree::Document;
use walkdir::WalkDir;

common::tests! {
    nothing: every_path_is_well_formed;
    some_schemas: every_path_leads_somewhere;
}

/// Whose each path is, by the schema that should know it.
type Stated = BTreeMap<(&'static str, String), String>;

/// Every path of every record.
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
    for newer in INTRODUCED {
        add("domain", newer.at.as_str(), "defs/introduced.rs".to_owned());
    }
    for (fact, at) in &FROZEN {
        add("domain", at.as_str(), format!("{fact} in defs/frozen.rs"));
    }
    for (schema, at, rule) in asked() {
        add(schema, at, rule);
    }
    let volume = documents::volume::CHOICES.iter().map(|choice| ("storagevol", choice.reason.at));
    let pool = documents::pool::CHOICES.iter().map(|choice| ("storagepool", choice.reason.at));
    let network = documents::network::CHOICES.iter().map(|choice| ("network", choice.reason.at));
    for (schema, at) in volume.chain(pool).chain(network) {
        add(schema, at, format!("a choice of a {schema} document"));
    }
    stated
}

/// What each rule asks, of its own documents and of our definitions: the schema, every path, and the rule.
fn asked() -> BTreeSet<(&'static str, &'static str, String)> {
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
            let schema = match rule.family.root() {
                "volume" => "storagevol",
                root => root,
            };
            asked.extend(paths.into_iter().map(|at| (schema, at, rule.id())));
        }
    }
    asked
}

/// A schema, and the paths of the elements that it knows.
struct Schema {
    grammar: Grammar,
    root: &'static str,
    elements: Vec<Vec<String>>,
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
        let grammar = path.is_file().then(|| Grammar::read(&path))?;
        let names = grammar.names();
        let elements = names.iter().filter(|name| XmlPath::parse(name).is_ok_and(|name| name.tail() == Tail::Element));
        let elements = elements.map(|name| name.split('/').map(str::to_owned).collect()).collect();
        Some(Schema { grammar, root, elements })
    }

    /// Whether a document by this schema can have what a path leads to.
    fn knows(&self, at: XmlPath) -> bool {
        let steps: Vec<_> = at.steps().collect();
        // What metadata contains is its owner's business.
        let metadata = steps.first().is_some_and(|step| step.name == "metadata");
        metadata || self.elements.iter().any(|element| self.leads_to(&steps, at, element))
    }

    /// Whether a path can lead to this element.
    fn leads_to(&self, steps: &[Step], at: XmlPath, element: &[String]) -> bool {
        let Some(start) = element.len().checked_sub(steps.len()).filter(|start| *start == 0 || at.is_anywhere()) else {
            return false;
        };
        let named = steps.iter().zip(&element[start..]).all(|(step, name)| step.name == "*" || step.name == name);
        let fulfils = |(index, step): (usize, &Step)| {
            step.conditions().all(|condition| match condition {
                Condition::Has(attribute, value) => self.has(&element[..=start + index], attribute, Some(value)),
                Condition::Nth(_) => true,
            })
        };
        named && steps.iter().enumerate().all(fulfils) && self.has_tail(element, at.tail())
    }

    fn has_tail(&self, element: &[String], tail: Tail) -> bool {
        match tail {
            Tail::Element => true,
            Tail::Attribute(attribute) => self.has(element, attribute, None),
            Tail::Value(attribute, value) => self.has(element, attribute, Some(value)),
            Tail::Text(text) => {
                let texts = self.grammar.texts(&self.grammar.describe(&self.below(element)));
                !texts.datatypes.is_empty() || texts.literals.contains(text)
            }
        }
    }

    /// Whether an element can have an attribute, with a value.
    fn has(&self, element: &[String], attribute: &str, value: Option<&str>) -> bool {
        let values = self.grammar.attribute_values(&self.grammar.describe(&self.below(element)), attribute);
        !values.is_empty() && value.is_none_or(|value| !values.datatypes.is_empty() || values.literals.contains(value))
    }

    /// The names from the root on, with the prefix of a namespace that libvirt's own is not.
    fn below(&self, element: &[String]) -> Vec<String> {
        let (known, _) = self.grammar.children(&self.grammar.describe(&[self.root]));
        let ends = element.first().map(|first| format!(":{first}")).unwrap_or_default();
        let is_own = element.first().is_none_or(|first| known.contains(first));
        let prefix = known.iter().find_map(|name| name.strip_suffix(&ends)).filter(|_| !is_own);
        let written = |name: &String| prefix.map_or_else(|| name.clone(), |prefix| format!("{prefix}:{name}"));
        [self.root.to_owned()].into_iter().chain(element.iter().map(written)).collect()
    }
}

/// Folders with schemas, and whether those of the newest release are among them.
fn folders() -> (Vec<PathBuf>, bool) {
    let suites = repository().join("target/schemas");
    let of = |suite: &str| suites.join(suite).join("root/usr/share/libvirt/schemas");
    let all = ["sid", "trixie", "bookworm"].map(of).into_iter().chain(["/usr/share/libvirt/schemas".into()]);
    (all.filter(|folder| folder.join("domain.rng").is_file()).collect(), of("sid").join("domain.rng").is_file())
}

/// Whether a path is about something that came after the floor, so that an older schema need not know it: the place that it
/// leads to, or the value of a condition on the way.
fn is_newer(at: XmlPath) -> bool {
    let names: Vec<_> = at.steps().map(|step| step.name).collect();
    let conditions = at.steps().flat_map(|step| step.conditions().collect::<Vec<_>>());
    let values: Vec<_> = conditions
        .filter_map(|condition| match condition {
            Condition::Has(attribute, value) => Some(format!("/@{attribute}={value}")),
            Condition::Nth(_) => None,
        })
        .collect();
    let names = names.join("/");
    let place = XmlPath::parse(&names).ok();
    INTRODUCED.iter().any(|newer| {
        newer.at == at
            || place.is_some_and(|place| newer.at.covers(place))
            || values.iter().any(|value| newer.at.as_str().ends_with(value.as_str()))
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
