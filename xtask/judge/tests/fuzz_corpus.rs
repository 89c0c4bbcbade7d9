//! What fuzzing has taught us stays learnt: its corpus, and what people get wrong, through the functions it fuzzes.

#[path = "../fuzz/src/lib.rs"]
mod checks;
mod common;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

common::tests! {
    nothing:
        input,
        rules;
    schemas: explain;
}

/// The files below a folder, without those that libFuzzer has left on this machine: git ignores them, so this does.
fn checked_in(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let below = WalkDir::new(&folder).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = below.filter(|entry| entry.file_type().is_file() && entry.file_name().len() != 40);
    let files: Vec<_> = files.map(walkdir::DirEntry::into_path).collect();
    assert!(files.len() >= 10, "{} is nearly empty", folder.display());
    files
}

/// Runs a target on its corpus, on the documents of `tests/broken`, and on those of the rules.
fn replay(target: fn(&[u8]), corpus: &str) {
    let failed = |path: &PathBuf| catch_unwind(AssertUnwindSafe(|| target(&fs::read(path).unwrap()))).is_err();
    let failures: Vec<_> =
        [corpus, "tests/broken", "../../tests/rules"].into_iter().flat_map(checked_in).filter(failed).collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

fn input() {
    replay(checks::input, "fuzz/corpus/input");
}

fn explain() {
    replay(checks::explain, "fuzz/corpus/explain");
}

fn rules() {
    replay(checks::rules, "fuzz/corpus/rules");
}
