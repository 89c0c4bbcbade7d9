//! The since-table against the schemas of several libvirt releases: what one has and the one before has not is in the
//! table, with a release in between.
//!
//! The schemas are those that `.ci/schemas target/schemas` downloads.

mod common;

use std::collections::BTreeSet;
use std::path::PathBuf;

use common::repository;
use domain_definitions::Version;
use domain_definitions::newer::NEWER;
use judge::grammar::Grammar;

common::tests! {
    nothing: the_table_is_in_order_and_newer_than_the_floor;
    downloads: what_a_release_has_more_is_in_the_table;
}

/// A path of a schema or of the table, without `[@…]`.
fn plain(at: &str) -> String {
    let mut depth = 0;
    let outside = at.chars().filter(|&c| {
        depth += i32::from(c == '[');
        let keep = depth == 0;
        depth -= i32::from(c == ']');
        keep
    });
    outside.collect()
}

/// Whether an entry of the table is about a name of a schema, or about something that the name is inside of.
fn covers(at: &str, name: &str) -> bool {
    let at = plain(at);
    let inside = |start: &str| {
        let rest = name.strip_prefix(start);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || (start.contains("/@") && rest.starts_with('='))
        })
    };
    match at.strip_prefix("//") {
        None => inside(&at),
        Some(at) => name
            .match_indices(at)
            .any(|(start, _)| (start == 0 || name.as_bytes()[start - 1] == b'/') && inside(&name[..start + at.len()])),
    }
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

fn what_a_release_has_more_is_in_the_table() {
    let releases = releases();
    let mut wrong = Vec::new();
    for pair in releases.windows(2) {
        let [(older, before), (newer, after)] = pair else { continue };
        for name in after.difference(before) {
            let known: Vec<_> = NEWER.iter().filter(|entry| covers(entry.at, name)).collect();
            if !known.iter().any(|entry| *older < entry.since.libvirt && entry.since.libvirt <= *newer) {
                let known: Vec<_> =
                    known.iter().map(|entry| format!("{} since {}", entry.at, entry.since.libvirt)).collect();
                let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
                wrong.push(format!("{name} came between libvirt {older} and {newer}; defs/newer.rs has {known}"));
            }
        }
    }
    let (_, newest) = &releases[releases.len() - 1];
    for entry in NEWER {
        let at = plain(entry.at);
        let exact = at == entry.at && !at.starts_with("//");
        for (release, names) in releases.iter().filter(|(release, _)| *release < entry.since.libvirt && exact) {
            if names.contains(&at) {
                wrong.push(format!(
                    "{at} is in the schema of {release}, but the table has it since {}",
                    entry.since.libvirt
                ));
            }
        }
        let free = at.contains('=') || at.contains('*');
        if !free && !newest.iter().any(|name| covers(entry.at, name)) {
            wrong.push(format!("{} is in no schema", entry.at));
        }
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

fn the_table_is_in_order_and_newer_than_the_floor() {
    for pair in NEWER.windows(2) {
        assert!(pair[0].at < pair[1].at, "{} is after {}", pair[0].at, pair[1].at);
    }
    for entry in NEWER {
        assert!(!entry.since.within(domain_definitions::FLOOR), "{} is within the floor", entry.at);
    }
}
