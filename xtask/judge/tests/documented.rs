//! The since-table against libvirt's documentation: the release that it has for a name, the documentation has beside that
//! name. The schemas leave a bracket of releases (`introduced.rs`); this is what tells two in one bracket apart, unless both stand
//! beside that name. What is known from schemas alone keeps to its bracket.
//!
//! The documentation is that of the newest release that `.ci/schemas target/schemas` downloads.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::releases;
use domain_definitions::Version;
use domain_definitions::introduced::{INTRODUCED, Introduced};
use regex::{Regex, RegexBuilder};
use roxmltree::{Document, Node, ParsingOptions};

common::tests! {
    downloads: the_documentation_names_the_same_release;
}

/// Longer ones speak of too many things, for what is in them to belong together.
const LONGEST: usize = 2100;

/// What libvirt's documentation says.
struct Documentation {
    /// The paragraphs, items, and rows of tables about the domain XML.
    blocks: Vec<String>,
    /// What came with each release.
    news: BTreeMap<Version, String>,
}

impl Documentation {
    /// The documentation at hand.
    fn read() -> Option<Documentation> {
        let (_, schemas) = releases().pop()?;
        let folder = schemas.join("../../doc/libvirt-doc/html");
        let page = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let (domain, news) = (page("formatdomain.html"), page("news.html"));
        Some(Documentation { blocks: blocks(&parsed(&domain)), news: by_release(&parsed(&news)) })
    }

    /// The releases that stand beside a name.
    fn releases_beside(&self, name: &str) -> BTreeSet<Version> {
        let (name, release) = (word(name), Regex::new(r"\d+\.\d+\.\d+").unwrap());
        let beside = self.blocks.iter().filter(|text| name.is_match(text));
        let blocks = beside.flat_map(|text| release.find_iter(text).filter_map(|found| found.as_str().parse().ok()));
        let news = self.news.iter().filter(|(_, text)| name.is_match(text)).map(|(release, _)| *release);
        blocks.chain(news).collect()
    }
}

/// A page, which is XHTML.
fn parsed(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(page, options).unwrap()
}

fn text(node: Node) -> String {
    let words: String = node.descendants().filter_map(|node| node.is_text().then(|| node.text()).flatten()).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn blocks(page: &Document) -> Vec<String> {
    // Not to be taken for one of libvirt's.
    let qemu = Regex::new(r"QEMU (version )?\d+[\d.]*").unwrap();
    let mut blocks = Vec::new();
    for node in page.descendants() {
        let block = match node.tag_name().name() {
            "p" | "li" | "tr" => text(node),
            // A term, with what is said of it.
            "dd" => {
                node.prev_sibling_element().map_or_else(String::new, |term| format!("{} ", text(term))) + &text(node)
            }
            _ => continue,
        };
        if block.len() <= LONGEST {
            blocks.push(qemu.replace_all(&block, "").into_owned());
        }
    }
    blocks
}

fn by_release(page: &Document) -> BTreeMap<Version, String> {
    let heading = Regex::new(r"^v?(\d+\.\d+\.\d+)\b").unwrap();
    let sections = page.descendants().filter(|node| node.has_tag_name("section"));
    let release = |section: Node| {
        let first = section.first_element_child().map(text)?;
        Some((heading.captures(&first)?[1].parse().ok()?, text(section)))
    };
    sections.filter_map(release).collect()
}

/// A name by itself.
fn word(name: &str) -> Regex {
    let pattern = format!(r"(^|[^\w-]){}($|[^\w-])", regex::escape(name));
    RegexBuilder::new(&pattern).case_insensitive(true).build().unwrap()
}

/// What an entry is called in prose: the last element, attribute or value; of "anything in" something, that.
fn name(entry: &Introduced) -> &str {
    let (inside, last) = entry.at.as_str().rsplit_once('/').unwrap_or(("", entry.at.as_str()));
    match last {
        "*" => inside.rsplit_once('=').map_or(inside, |(_, value)| value.trim_end_matches(']')),
        last => last.rsplit(['=', '@']).next().unwrap_or(last),
    }
}

/// Whether an entry of the table is the one that another has come `with`.
fn is_called(entry: &Introduced, name: &str) -> bool {
    entry.at.as_str().strip_suffix(name).is_some_and(|before| before.ends_with(['/', '@', '=']))
}

fn the_documentation_names_the_same_release() {
    let documentation = Documentation::read().expect("libvirt's documentation is beside the schemas");
    let mut wrong = Vec::new();
    for entry in INTRODUCED {
        let libvirt = entry.since.libvirt;
        let (beside, releases) = match entry.source.strip_prefix("with ") {
            Some(with) => {
                let with = with.split([' ', ',', ';']).next().unwrap_or(with);
                let others = INTRODUCED.iter().filter(|other| is_called(other, with)).map(|other| other.since.libvirt);
                (format!("the entries called `{with}`, which it came with, have"), others.collect())
            }
            None if entry.source.starts_with("schema") => continue,
            None => {
                let name = name(entry);
                (format!("beside `{name}`, libvirt's documentation has"), documentation.releases_beside(name))
            }
        };
        if !releases.contains(&libvirt) {
            let releases: Vec<_> = releases.iter().map(Version::to_string).collect();
            let releases = if releases.is_empty() { "nothing".to_owned() } else { releases.join(", ") };
            wrong.push(format!("{} is there since libvirt {libvirt}; {beside} {releases}", entry.at));
        }
    }
    assert!(wrong.is_empty(), "{} faults in defs/introduced.rs:\n{}", wrong.len(), wrong.join("\n"));
}
