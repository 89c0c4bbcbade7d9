//! The since-table against the schemas of several libvirt releases: what one schema has and the one before does not is in the
//! table, with a release in between.
//!
//! The schemas are those that `.ci/schemas target/schemas` downloads. A release that came after the table was last compared
//! with one may have names that are not in the table: a warning says so.

mod common;

use std::collections::BTreeSet;

use domain_definitions::Version;
use domain_definitions::introduced::{COMPARED_WITH, INTRODUCED, Introduced};
use domain_definitions::path::{Tail, XmlPath};
use domain_definitions::version::v;
use judge::grammar::Grammar;

common::tests! {
    nothing: the_table_is_in_order_and_newer_than_the_floor, a_name_is_only_excused_if_its_release_is_newer_than_the_table;
    downloads: what_a_release_has_more_is_in_the_table;
}

/// Whether an entry of the table is about a name of a schema, or about something that the name is inside of. One about
/// anything in an element says nothing of a name in particular.
fn is_about(at: XmlPath, name: &str) -> bool {
    let anything = at.tail() == Tail::Element && at.steps().last().is_some_and(|step| step.name == "*");
    !anything && XmlPath::parse(name).is_ok_and(|name| at.covers(name))
}

/// A release and the names that its schemas know.
type Names = (Version, BTreeSet<String>);

/// The releases at hand, oldest first.
fn releases() -> Vec<Names> {
    let releases = common::releases().into_iter();
    releases.map(|(version, folder)| (version, Grammar::read(&folder.join("domain.rng")).names())).collect()
}

/// The names that a release has and the one before has not, without an entry that says so: first those that should have
/// one, then those that may have come after the table was last compared with a release.
fn unrecorded(releases: &[Names]) -> (Vec<String>, Vec<String>) {
    let (mut wrong, mut unread) = (Vec::new(), Vec::new());
    for pair in releases.windows(2) {
        let [(older, before), (newer, after)] = pair else { continue };
        for name in after.difference(before) {
            let known: Vec<_> = INTRODUCED.iter().filter(|entry| is_about(entry.at, name)).collect();
            if known.iter().any(|entry| *older < entry.since.libvirt && entry.since.libvirt <= *newer) {
                continue;
            }
            let has: Vec<_> = known.iter().map(|entry| format!("{} since {}", entry.at, entry.since.libvirt)).collect();
            let has = if has.is_empty() { "nothing".to_owned() } else { has.join(", ") };
            let what = format!("{name} came between libvirt {older} and {newer}; defs/introduced.rs has {has}");
            let found = if known.is_empty() && *newer > COMPARED_WITH { &mut unread } else { &mut wrong };
            found.push(what);
        }
    }
    (wrong, unread)
}

/// The entries that a release knows although the table has them later.
fn untrue(releases: &[Names]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Introduced { at, since, .. } in INTRODUCED.iter().filter(|entry| entry.at.is_plain()) {
        let older = releases.iter().filter(|(release, _)| *release < since.libvirt);
        for (release, _) in older.filter(|(_, names)| names.contains(at.as_str())) {
            wrong.push(format!("{at} is in the schema of {release}, but the table has it since {}", since.libvirt));
        }
    }
    wrong
}

fn what_a_release_has_more_is_in_the_table() {
    let releases = releases();
    let (mut wrong, unread) = unrecorded(&releases);
    wrong.extend(untrue(&releases));
    if !unread.is_empty() {
        let (count, names) = (unread.len(), unread.join("\n"));
        let advice = format!("record them in defs/introduced.rs, then raise COMPARED_WITH ({COMPARED_WITH}) there");
        eprintln!("warning: {count} new names; {advice}:\n{names}");
    }
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}

fn a_name_is_only_excused_if_its_release_is_newer_than_the_table() {
    let release = |version, names: &[&str]| -> Names { (version, names.iter().map(|&name| name.to_owned()).collect()) };
    let later = v(u16::MAX, 0, 0);
    let count = |newer| {
        let releases = [release(v(1, 0, 0), &["name"]), release(newer, &["name", "surprise"])];
        let (wrong, unread) = unrecorded(&releases);
        (wrong.len(), unread.len())
    };
    assert_eq!(count(COMPARED_WITH), (1, 0));
    assert_eq!(count(later), (0, 1));
    // An entry with another release is wrong in any case.
    let known = INTRODUCED.iter().find(|entry| entry.at.is_plain()).unwrap();
    let releases = [release(v(60000, 0, 0), &[]), release(later, &[known.at.as_str()])];
    assert_eq!(unrecorded(&releases).0.len(), 1);
}

fn the_table_is_in_order_and_newer_than_the_floor() {
    for pair in INTRODUCED.windows(2) {
        assert!(pair[0].at < pair[1].at, "{} is after {}", pair[0].at, pair[1].at);
    }
    for entry in INTRODUCED {
        assert!(!entry.since.within(domain_definitions::FLOOR), "{} is within the floor", entry.at);
    }
}
