//! The checked-in files are what the source says, and there are no others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain_definitions::{CATALOG, Collection, Connection, listing, pages};
use walkdir::WalkDir;

fn collection() -> Collection {
    Collection::new().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_embedded_files_are_what_the_source_says() {
    let embedded: BTreeMap<_, _> = CATALOG.iter().map(|entry| (entry.path, entry.xml)).collect();
    let collection = collection();
    let generated: BTreeMap<_, _> = collection.files().collect();

    let mut drift = Vec::new();
    for (path, xml) in &generated {
        match embedded.get(path) {
            None => drift.push(format!("missing: {path}")),
            Some(found) if found != xml => drift.push(format!("stale: {path}")),
            Some(_) => {}
        }
    }
    drift.extend(embedded.keys().filter(|path| !generated.contains_key(*path)).map(|path| format!("stray: {path}")));
    assert!(drift.is_empty(), "{}\nsee the differences with `cargo xtask regen --check`", drift.join("\n"));
}

#[test]
fn every_file_is_in_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = std::fs::read_to_string(root.join(listing::FILE)).expect("the list is there");
    assert!(list == listing::list(&collection()), "{} is stale; run `cargo xtask regen`", listing::FILE);
    let folders = Connection::ALL.iter().flat_map(|connection| WalkDir::new(root.join(connection.name())));
    let files = folders.map(|entry| entry.expect("it can be read")).filter(|entry| entry.file_type().is_file());
    let is_page = |path: &PathBuf| pages::all().any(|page| root.join(page) == *path);
    let on_disk: Vec<_> = files.map(walkdir::DirEntry::into_path).filter(|path| !is_page(path)).collect();
    for file in &on_disk {
        assert!(CATALOG.iter().any(|entry| root.join(entry.path) == *file), "{} is a stray", file.display());
    }
    assert_eq!(on_disk.len(), CATALOG.len());
}
