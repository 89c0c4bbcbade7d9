//! What `cargo xtask tune` has mended is valid, by libvirt's schemas and by the rules.

mod common;

use std::fs;

use common::{seen, validate_in};
use domain_definitions::FLOOR;
use host::theirs::Theirs;
use xtask::tune::choose::Wish;
use xtask::tune::guest;
use xtask::tune::tuned::{Which, tuned};

common::tests! {
    schemas: what_is_mended_is_valid;
    newer_schemas: what_is_mended_of_a_newer_libvirt_is_valid;
}

/// The releases that the machines of libvirt 11.3 are for, which has written into them what older ones do not know.
const NEWER: [&str; 2] = ["--floor", "libvirt=11.3,qemu=10.0"];

fn what_is_mended_is_valid() {
    mended_is_valid(true, &[]);
}

fn what_is_mended_of_a_newer_libvirt_is_valid() {
    mended_is_valid(false, &NEWER);
}

/// Holds what `tune` makes of machines, those for the oldest releases or the others, against these releases. What a machine already
/// needs is not for `tune` to take away, and nothing is to be added to it.
fn mended_is_valid(old: bool, releases: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for theirs in Theirs::all().unwrap().into_iter().filter(|theirs| is_valid(&theirs.text, &[]) == old) {
        let guest = theirs.guest().and_then(guest::named);
        for all in [false, true] {
            let which = Which { all, ..Which::default() };
            let mended = tuned(&theirs.text, Wish { guest, ..Wish::default() }, which, FLOOR, true).unwrap().text;
            fs::write(folder.path().join(format!("{all}-{}.xml", theirs.file)), mended).unwrap();
            count += 1;
        }
    }
    assert!(count >= 6, "{count}");
    let mut validate = validate_in(folder.path());
    validate.args(["--deny", "libvirt", "--deny", "floor", "--allow", "portable"]).args(releases);
    let output = validate.arg(".").output().unwrap();
    assert!(output.status.success(), "{}", seen(&output));
}

/// Whether a machine is for these releases, or if there are none, for the oldest ones, too.
fn is_valid(machine: &str, releases: &[&str]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("machine.xml"), machine).unwrap();
    let mut validate = validate_in(folder.path());
    validate.args(["--allow", "libvirt", "--allow", "portable", "--deny", "floor"]).args(releases);
    validate.arg("machine.xml").output().unwrap().status.success()
}
