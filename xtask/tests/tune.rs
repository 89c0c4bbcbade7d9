//! `cargo xtask tune`: somebody's machines, held against ours and mended.

mod common;

use domain_definitions::platforms::QEMU;
use domain_definitions::{Definition, Since};
use xtask::tune::choose::Wish;
use xtask::tune::report::Counts;
use xtask::tune::tuned::{Tuned, Which, tuned};

/// Releases that know everything.
const NEWEST: Since =
    Since { libvirt: domain_definitions::version::v(99, 0, 0), qemu: domain_definitions::version::v(99, 0, 0) };
const ALL: Which = Which { all: true, only: &[], except: &[] };

/// The definitions that machines are held against.
fn definitions() -> impl Iterator<Item = Definition> {
    Definition::all().filter(|definition| std::ptr::eq(definition.platform, &QEMU))
}

fn bare(definition: &Definition) -> String {
    definition.write(&definition.machine()).expect("it can be written").bare
}

fn tune(text: &str, wish: Wish, which: Which) -> Tuned {
    tuned(text, wish, which, NEWEST, false).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn like<'a>(stem: &'a str, definition: &Definition) -> Wish<'a> {
    Wish { like: Some(stem), connection: Some(definition.connection), guest: None }
}

#[test]
fn of_our_own_files_there_is_nothing_to_say() {
    for definition in definitions() {
        for text in [definition.xml().expect("it can be written"), bare(&definition)] {
            let tuned = tune(&text, Wish::default(), ALL);
            assert_eq!(tuned.definition.path(), definition.path());
            assert_eq!(tuned.text, text, "{}", definition.path());
            let Counts { already, .. } = Counts::of(&tuned);
            assert_eq!(Counts::of(&tuned), Counts { already, ..Counts::default() }, "{}", definition.path());
            assert!(tuned.leftovers.is_empty() && tuned.findings.is_empty(), "{}", definition.path());
        }
    }
}

#[test]
fn a_file_becomes_any_other_of_its_guest_and_itself_again() {
    for from in definitions() {
        for to in definitions().filter(|to| std::ptr::eq(to.guest, from.guest) && to.connection == from.connection) {
            let (stem, text) = (to.stem(), bare(&from));
            let there = tune(&text, like(&stem, &to), ALL).text;
            similar_asserts(&there, &bare(&to), &format!("{} like {stem}", from.path()));
            let stem = from.stem();
            similar_asserts(&tune(&there, like(&stem, &from), ALL).text, &text, &format!("{} and back", from.path()));
        }
    }
}

/// Shows what differs.
fn similar_asserts(found: &str, wanted: &str, what: &str) {
    let diff = similar::TextDiff::from_lines(wanted, found);
    assert!(found == wanted, "{what}\n{}", diff.unified_diff());
}
