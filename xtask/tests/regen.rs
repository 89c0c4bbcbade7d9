//! `regen` sees every difference, repairs what is its own, and touches nothing else.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{command, repository, seen};
use domain_definitions::measured::results::Results;
use domain_definitions::pages::{FILES, PLOT, REQUIREMENTS, TROUBLE};
use domain_definitions::{CATALOG, Collection, Proven, listing, readme};
use tempfile::TempDir;

fn xtask(folder: &Path) -> Command {
    command(env!("CARGO_BIN_EXE_xtask"), folder)
}

/// Every file that regen writes, or writes a part of.
fn generated() -> impl Iterator<Item = &'static str> {
    let collection = Collection::new().expect("it can be written");
    let regions = readme::regions(&collection, &Proven::default(), &Results::default());
    let files: BTreeSet<_> = regions.into_iter().map(|region| region.file).collect();
    CATALOG.iter().map(|entry| entry.path).chain(files).chain([listing::FILE, PLOT])
}

/// As much of a checkout as regen looks at.
struct Checkout(TempDir);

impl Checkout {
    fn new() -> Checkout {
        let checkout = Checkout(tempfile::tempdir().unwrap());
        for path in generated().chain(["defs/guests.rs", "tests/frozen.txt", "tests/proven.txt", "tests/bench.tsv"]) {
            let target = checkout.path(path);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(repository().join(path), target).unwrap();
        }
        checkout
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn regen(&self, arguments: &[&str]) -> String {
        seen(&xtask(self.0.path()).arg("regen").args(arguments).output().unwrap())
    }

    /// Checks that regen notices something at `path` and repairs it.
    fn is_repaired(&self, path: &str) {
        self.are_repaired(&[path]);
    }

    /// Checks that regen notices something at each path and repairs it: what `--check` said.
    fn are_repaired(&self, paths: &[&str]) -> String {
        let check = self.regen(&["--check"]);
        assert!(check.ends_with("exit status 1\n"), "nothing was reported:\n{check}");
        assert!(check.contains("cargo xtask regen"), "no way out is named:\n{check}");
        let repair = self.regen(&[]);
        assert!(repair.ends_with("exit status 0\n"), "nothing was repaired:\n{repair}");
        for path in paths {
            assert!(check.contains(path), "{path} was not reported:\n{check}");
            assert!(repair.contains(path), "{path} was not repaired:\n{repair}");
            let (found, wanted) = (fs::read(self.path(path)).unwrap(), fs::read(repository().join(path)).unwrap());
            assert!(found == wanted, "{path} was not repaired to what is checked in");
        }
        assert_eq!(self.regen(&["--check"]), "exit status 0\n");
        check
    }
}

#[test]
fn what_is_checked_in_is_fresh_and_left_alone() {
    let checkout = Checkout::new();
    let inodes = || generated().map(|path| fs::metadata(checkout.path(path)).unwrap().ino()).collect::<Vec<_>>();
    let before = inodes();
    assert_eq!(checkout.regen(&["--check"]), "exit status 0\n");
    assert_eq!(checkout.regen(&[]), "exit status 0\n");
    assert_eq!(inodes(), before, "a file that was equal has been written again");
}

#[test]
fn a_changed_character_is_seen_and_repaired() {
    let checkout = Checkout::new();
    for path in generated() {
        let text = fs::read_to_string(checkout.path(path)).unwrap();
        let generated = text.find("BEGIN GENERATED").map_or(0, |marker| marker + 60);
        let at = generated + text[generated..].find('e').unwrap();
        fs::write(checkout.path(path), format!("{}X{}", &text[..at], &text[at + 1..])).unwrap();
    }
    let paths: Vec<_> = generated().collect();
    let check = checkout.are_repaired(&paths);
    // Not the two lines that name the file.
    let lines =
        |sign: &str| check.lines().filter(|line| line.starts_with(sign) && !line.starts_with(&sign.repeat(3))).count();
    assert_eq!((lines("-"), lines("+")), (paths.len(), paths.len()), "a diff is missing:\n{check}");
}

#[test]
fn any_garbage_is_repaired() {
    let checkout = Checkout::new();
    let path = "session/linux.xml";
    let file = checkout.path(path);
    let text = fs::read(&file).unwrap();
    let garbage: [&[u8]; 4] =
        [b"", b"\xff\xfe\x00\x01", b"<<<<<<< HEAD\n=======\n>>>>>>> other\n", b"<!DOCTYPE x [<!ENTITY"];
    for garbage in garbage {
        fs::write(&file, garbage).unwrap();
        checkout.is_repaired(path);
    }
    fs::write(&file, [b"\xff", &text[..]].concat()).unwrap();
    checkout.is_repaired(path);
    fs::remove_file(&file).unwrap();
    checkout.is_repaired(path);
    // No page there has a generated region: what is hand-written, nothing brings back.
    fs::remove_dir_all(checkout.path("system")).unwrap();
    checkout.is_repaired("system/linux.xml");

    let page = fs::read(checkout.path(FILES)).unwrap();
    let marker = b"BEGIN GENERATED status -->\n";
    let at = page.windows(marker.len()).position(|window| window == marker).unwrap() + marker.len();
    fs::write(checkout.path(FILES), [&page[..at], b"\xff<<<<<<<\n", &page[at..]].concat()).unwrap();
    checkout.is_repaired(FILES);
    fs::remove_file(checkout.path(TROUBLE)).unwrap();
    let said = checkout.regen(&[]);
    assert!(said.contains(&format!("error: {TROUBLE}: cannot be read")), "{said}");
}

#[test]
fn what_is_frozen_is_not_changed_to_what_the_source_says() {
    let checkout = Checkout::new();
    let file = checkout.path("tests/frozen.txt");
    let lines = fs::read_to_string(&file).unwrap();
    // What was released had another bus.
    let other = lines.replacen("bus=scsi", "bus=virtio", 1);
    fs::write(&file, &other).unwrap();
    let said = checkout.regen(&[]);
    assert!(said.contains("users' machines depend on") && said.ends_with("exit status 2\n"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), other, "it was overwritten");
    // A line that is missing belongs to a new definition.
    fs::write(&file, lines.lines().skip(2).fold(String::new(), |text, line| text + line + "\n")).unwrap();
    checkout.is_repaired("tests/frozen.txt");
    fs::remove_file(&file).unwrap();
    checkout.is_repaired("tests/frozen.txt");
}

#[test]
fn what_cannot_be_looked_at_is_not_taken_for_missing() {
    for path in ["tests/frozen.txt", "tests/proven.txt", "tests/bench.tsv"] {
        let checkout = Checkout::new();
        fs::remove_file(checkout.path(path)).unwrap();
        fs::create_dir(checkout.path(path)).unwrap();
        let said = checkout.regen(&[]);
        assert!(said.contains(&format!("{path}: cannot be read")) && said.ends_with("exit status 2\n"), "{said}");
    }
    let checkout = Checkout::new();
    fs::remove_dir_all(checkout.path("session")).unwrap();
    fs::write(checkout.path("session"), "mine").unwrap();
    let said = checkout.regen(&["--check"]);
    assert!(
        said.contains("session/") && said.contains(": cannot be read") && said.ends_with("exit status 2\n"),
        "{said}"
    );
    // Where nothing was proven yet, nothing is said to be.
    let checkout = Checkout::new();
    fs::remove_file(checkout.path("tests/proven.txt")).unwrap();
    let said = checkout.regen(&["--check"]);
    assert!(!said.ends_with("exit status 2\n"), "{said}");
}

#[test]
fn what_is_wrong_is_counted() {
    let checkout = Checkout::new();
    let counted = || {
        let said = checkout.regen(&["--check"]);
        said.lines().find_map(|line| line.strip_prefix("error: ")).map(str::to_owned).expect(&said)
    };
    fs::write(checkout.path("session/mine.xml"), "mine").unwrap();
    assert_eq!(counted(), "0 generated files differ from their source, 1 files are strays");
    fs::write(checkout.path("session/linux.xml"), "").unwrap();
    let all = "1 generated files differ from their source, 1 files are strays: run `cargo xtask regen` and commit what it writes";
    assert_eq!(counted(), all);
}

#[test]
fn a_link_is_replaced_and_what_it_points_to_is_kept() {
    let checkout = Checkout::new();
    let (link, precious) = (checkout.path("session/linux.xml"), checkout.path("precious"));
    // Even where it points to the same text.
    for text in ["mine".to_owned(), fs::read_to_string(&link).unwrap()] {
        fs::write(&precious, &text).unwrap();
        fs::remove_file(&link).unwrap();
        symlink(&precious, &link).unwrap();
        checkout.is_repaired("session/linux.xml");
        assert_eq!(fs::read_to_string(&precious).unwrap(), text);
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
    }
}

#[test]
fn hand_written_text_around_a_region_is_kept() {
    let checkout = Checkout::new();
    let page = checkout.path(FILES);
    let text = fs::read_to_string(&page).unwrap().replace("## What is proven", "My own words.\n\n## What is proven");
    fs::write(&page, text.replace("| chipset |", "| chip |")).unwrap();
    assert!(checkout.regen(&[]).contains(&format!("Wrote {FILES}")));
    assert_eq!(fs::read_to_string(&page).unwrap(), text);
}

#[test]
fn strays_are_reported_and_never_touched() {
    let checkout = Checkout::new();
    for stray in ["session/mine.xml", "system/notes.md", "session/deep/er.xml"] {
        let file = checkout.path(stray);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "mine").unwrap();
        for arguments in [&["--check"][..], &[]] {
            let said = checkout.regen(arguments);
            assert!(said.contains(stray) && said.ends_with("exit status 1\n"), "{said}");
            assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        }
        fs::remove_file(&file).unwrap();
    }
    assert_eq!(checkout.regen(&["--check"]), "exit status 0\n");
}

#[test]
fn what_keeps_it_from_running_is_named() {
    let checkout = Checkout::new();
    let page = checkout.path(REQUIREMENTS);
    let text = fs::read_to_string(&page).unwrap();
    let broken = [
        text.replace("END GENERATED floors", "END floors"),
        text.replace("END GENERATED floors", "END GENERATED floors END GENERATED needs"),
        text.replace("BEGIN GENERATED floors", "? GENERATED floors")
            .replace("END GENERATED floors", "BEGIN GENERATED floors")
            .replace("? GENERATED floors", "END GENERATED floors"),
        text.replace("BEGIN GENERATED floors -->", "BEGIN GENERATED floors --><!-- END GENERATED floors -->")
            .replace("\n<!-- END GENERATED floors -->", "\n"),
    ];
    let mut said = String::new();
    for broken in broken {
        fs::write(&page, &broken).unwrap();
        said += &checkout.regen(&[]);
        assert_eq!(fs::read_to_string(&page).unwrap(), broken, "a file that could not be understood was written");
        if broken.contains("BEGIN GENERATED floors") && broken.contains("END GENERATED floors -->") {
            let line = |word: &str| 1 + broken.lines().position(|line| line.contains(word)).unwrap();
            let (begin, end) = (line("BEGIN GENERATED floors"), line("END GENERATED floors"));
            let order = format!("line {end} ends the region `floors`, which line {begin} begins;");
            assert!(end > begin || said.contains(&order), "no {order:?}:\n{said}");
        }
    }
    fs::write(&page, &text).unwrap();

    let definition = checkout.path("system/linux.xml");
    fs::remove_file(&definition).unwrap();
    fs::create_dir(&definition).unwrap();
    said += &checkout.regen(&[]);
    said += &seen(&xtask(Path::new("/")).arg("regen").output().unwrap());
    insta::with_settings!({filters => vec![(r"line \d+", "line N")]}, { insta::assert_snapshot!(said) });
}

#[test]
fn results_that_cannot_be_read_are_named_and_left_alone() {
    let checkout = Checkout::new();
    let file = checkout.path("tests/proven.txt");
    fs::write(&file, "session/linux.xml: flies\n").unwrap();
    let said = checkout.regen(&[]);
    assert!(said.ends_with("exit status 2\n"), "{said}");
    assert!(said.contains("tests/proven.txt:1: `session/linux.xml: flies`"), "{said}");
    assert!(said.contains("cargo xtask prove --record"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "session/linux.xml: flies\n");
}

#[test]
fn a_new_guest_is_added_once_and_behind_the_others() {
    let checkout = Checkout::new();
    let file = checkout.path("defs/guests.rs");
    let text = || fs::read_to_string(&file).unwrap();
    let new = |name: &str| seen(&xtask(checkout.0.path()).args(["new", name]).output().unwrap());
    let before = text();
    for wrong in ["9plan", "Plan9", "plan-9", ""] {
        let said = new(wrong);
        assert!(said.contains("use small letters and digits") && said.ends_with("exit status 2\n"), "{said}");
    }
    let said = new("linux");
    assert!(said.contains("has a guest with the id \"linux\" already") && said.ends_with("exit status 2\n"), "{said}");
    assert_eq!(text(), before);

    let said = new("plan9");
    assert!(said.contains("Added plan9 to defs/guests.rs\n") && said.ends_with("exit status 0\n"), "{said}");
    let after = text();
    let added = after.strip_prefix(before.strip_suffix("];\n").unwrap()).expect("what was there is kept");
    let names = ["    Guest {\n        id: \"plan9\",\n        name: \"Plan9\",\n", "\n    },\n];\n"];
    assert!(added.starts_with(names[0]) && added.ends_with(names[1]), "{added}");
    let said = new("plan9");
    assert!(said.contains("has a guest with the id \"plan9\" already") && said.ends_with("exit status 2\n"), "{said}");
    assert_eq!(text(), after);
}
