//! The since-table against the schemas of several libvirt releases: what one schema has and the one before does not is in the
//! table, with a release in between.
//!
//! `.ci/schemas target/schemas` downloads the schemas. Without them, the test says so and passes, except in CI.

mod common;

use std::collections::BTreeSet;
use std::path::PathBuf;

use common::repository;
use domain_definitions::Version;
use domain_definitions::newer::NEWER;
use domain_definitions::path::{Tail, XmlPath};
use xtask::grammar::Grammar;

/// Whether an entry of the table is about a name of a schema, or about something that the name is inside of. One about
/// anything in an element says nothing of a name in particular.
fn is_about(at: XmlPath, name: &str) -> bool {
    let anything = at.tail() == Tail::Element && at.steps().last().is_some_and(|step| step.name == "*");
    !anything && XmlPath::parse(name).is_ok_and(|name| at.covers(name))
}

/// The releases at hand with the names they know, oldest first.
fn releases() -> Vec<(Version, BTreeSet<String>)> {
    let suites: PathBuf = repository().join("target/schemas");
    let mut releases: Vec<_> = [("bookworm", "9.0.0"), ("trixie", "11.3.0"), ("sid", "12.8.0")]
        .into_iter()
        .filter_map(|(suite, version)| {
            let schema = suites.join(suite).join("root/usr/share/libvirt/schemas/domain.rng");
            schema.is_file().then(|| (version.parse().unwrap(), Grammar::read(&schema).names()))
        })
        .collect();
    releases.sort_by_key(|(version, _)| *version);
    releases
}

#[test]
fn what_a_release_has_more_is_in_the_table() {
    let releases = releases();
    if releases.len() < 3 {
        assert!(std::env::var_os("CI").is_none(), "the schemas of three releases are not in target/schemas");
        println!("skipped: run `.ci/schemas target/schemas` first");
        return;
    }
    let mut wrong = Vec::new();
    for pair in releases.windows(2) {
        let [(older, before), (newer, after)] = pair else { continue };
        for name in after.difference(before) {
            let known: Vec<_> = NEWER.iter().filter(|entry| is_about(entry.at, name)).collect();
            if !known.iter().any(|entry| *older < entry.since.libvirt && entry.since.libvirt <= *newer) {
                let known: Vec<_> =
                    known.iter().map(|entry| format!("{} since {}", entry.at, entry.since.libvirt)).collect();
                let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
                wrong.push(format!("{name} came between libvirt {older} and {newer}; defs/newer.rs has {known}"));
            }
        }
    }
    for entry in NEWER.iter().filter(|entry| entry.at.is_plain()) {
        for (release, names) in releases.iter().filter(|(release, _)| *release < entry.since.libvirt) {
            if names.contains(entry.at.as_str()) {
                wrong.push(format!(
                    "{} is in the schema of {release}, but the table has it since {}",
                    entry.at, entry.since.libvirt
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_is_in_order_and_newer_than_the_floor() {
    for pair in NEWER.windows(2) {
        assert!(pair[0].at < pair[1].at, "{} is after {}", pair[0].at, pair[1].at);
    }
    for entry in NEWER {
        assert!(!entry.since.within(domain_definitions::FLOOR), "{} is within the floor", entry.at);
    }
}
