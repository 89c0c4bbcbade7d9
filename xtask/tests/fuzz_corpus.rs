//! What fuzzing has taught us stays learnt: its corpus, and what people get wrong, through the functions it fuzzes.

#[path = "../fuzz/src/lib.rs"]
mod checks;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The files in a folder, without those that libFuzzer has left on this machine: git ignores them, so this does.
fn checked_in(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let found = |path: &PathBuf| path.file_name().is_some_and(|name| name.len() == 40);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| !found(path)).collect();
    files.sort();
    assert!(files.len() >= 10, "{} is nearly empty", folder.display());
    files
}

/// Runs a target on its corpus and on the documents of `tests/broken`.
fn replay(target: fn(&[u8]), corpus: &str) {
    let failed = |path: &PathBuf| catch_unwind(AssertUnwindSafe(|| target(&fs::read(path).unwrap()))).is_err();
    let failures: Vec<_> = [corpus, "tests/broken"].into_iter().flat_map(checked_in).filter(failed).collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn input() {
    replay(checks::input, "fuzz/corpus/input");
}

#[test]
fn explain() {
    replay(checks::explain, "fuzz/corpus/explain");
}
