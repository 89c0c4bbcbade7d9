//! The published crate is the catalogue and where it comes from, and nothing else; without features, it has no dependencies.

use std::collections::BTreeSet;
use std::process::Command;

use domain_definitions::CATALOG;

/// What cargo says, without asking the network.
fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).args([
        "--package",
        "domain-definitions",
        "--offline",
    ]);
    let output = command.output().expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

#[test]
fn only_what_belongs_is_in_the_package() {
    let list = cargo(&["package", "--list", "--allow-dirty"]);
    let (below, files): (BTreeSet<_>, BTreeSet<_>) = list.lines().partition(|path| path.contains('/'));
    let expected =
        [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig", "LICENSE", "README.md", "build.rs"];
    assert_eq!(files, BTreeSet::from(expected));
    let (source, definitions): (BTreeSet<_>, BTreeSet<_>) = below.iter().partition(|path| path.starts_with("defs/"));
    assert_eq!(definitions, CATALOG.iter().map(|entry| &entry.path).collect(), "other XML than the catalogue's");
    assert!(source.contains(&"defs/catalog.tsv") && source.contains(&"defs/lib.rs"));
    let is_source =
        |path: &str| path == "defs/catalog.tsv" || path.rsplit_once('.').is_some_and(|(_, end)| end == "rs");
    assert!(source.iter().all(|path| is_source(path)), "{source:?}");
}

#[test]
fn without_features_there_are_no_dependencies() {
    let tree = |more: &[&str]| cargo(&[&["tree", "--edges", "normal,build", "--prefix", "none"], more].concat());
    assert_eq!(tree(&[]).lines().count(), 1, "{}", tree(&[]));
    assert!(tree(&["--features", "records"]).contains("roxmltree"));
}
