//! The checked-in files are what the source says, and there are no others.

use std::collections::BTreeMap;

use domain_definitions::{CATALOG, Definition, documents};

#[test]
fn the_checked_in_files_are_what_the_source_says() {
    let on_disk: BTreeMap<_, _> = CATALOG.iter().map(|entry| (entry.path.to_owned(), entry.xml.to_owned())).collect();
    let generated: BTreeMap<_, _> = Definition::all()
        .map(|definition| (definition.path(), definition.xml().unwrap_or_else(|error| panic!("{error}"))))
        .chain(documents::all().unwrap().into_iter().map(|document| (document.path, document.text)))
        .collect();

    let mut drift = Vec::new();
    for (path, xml) in &generated {
        match on_disk.get(path) {
            None => drift.push(format!("missing: {path}")),
            Some(found) if found != xml => drift.push(format!("stale: {path}")),
            Some(_) => {}
        }
    }
    drift.extend(on_disk.keys().filter(|path| !generated.contains_key(*path)).map(|path| format!("stray: {path}")));
    assert!(drift.is_empty(), "{}\nsee the differences with `cargo xtask regen --check`", drift.join("\n"));
}
