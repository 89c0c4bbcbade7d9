//! A program can believe what an entry of the catalogue says, and damaged files keep nothing from being built.

#[path = "../build.rs"]
#[allow(dead_code, reason = "cargo runs its main")]
mod build;

use std::fs;
use std::path::Path;

use domain_definitions::{CATALOG, Connection, Definition, Entry, Kind, documents, find};
use roxmltree::Document;

#[test]
fn an_entry_says_what_its_definition_says() {
    let mut machines = 0;
    for entry in CATALOG.iter().filter(|entry| entry.is_definition()) {
        let definition = Definition::find(entry.path).unwrap_or_else(|| panic!("{} is of no guest", entry.path));
        let needs: Vec<_> = definition.needs().iter().map(|need| need.what).collect();
        let said = Entry {
            path: entry.path,
            kind: Kind::Domain,
            connection: definition.connection,
            uri: definition.platform.uri(definition.connection),
            platform: Some(definition.platform.id),
            guest: Some(definition.guest.id),
            variant: definition.variant.map(|variant| variant.id),
            floor: definition.floor(),
            needs: entry.needs,
            xml: entry.xml,
        };
        assert_eq!(*entry, said);
        assert_eq!(entry.needs, needs, "{}", entry.path);
        machines += 1;
    }
    assert_eq!(machines, Definition::all().count());
    let ch = find("session/cloud-hypervisor/linux.xml").expect("it is checked in");
    assert_eq!((ch.uri, ch.guest), ("ch:///session", Some("linux")), "it would be defined on another driver");
}

#[test]
fn an_entry_is_of_the_kind_and_on_the_connection_that_it_says() {
    for entry in CATALOG {
        let document = Document::parse(entry.xml).unwrap_or_else(|error| panic!("{}: {error}", entry.path));
        let kind = match document.root_element().tag_name().name() {
            "domain" => Kind::Domain,
            "volume" => Kind::Volume,
            "pool" => Kind::Pool,
            "network" => Kind::Network,
            other => panic!("{}: a <{other}>", entry.path),
        };
        assert_eq!(entry.kind, kind, "{}", entry.path);
        assert!(entry.path.starts_with(&format!("{}/", entry.connection)), "{}", entry.path);
        assert!(entry.uri.ends_with(&format!(":///{}", entry.connection)), "{}: {}", entry.path, entry.uri);
        assert_eq!(entry.guest.is_some(), matches!(kind, Kind::Domain | Kind::Volume), "{}", entry.path);
        assert_eq!(entry.platform.is_some(), entry.guest.is_some(), "{}", entry.path);
    }
}

#[test]
fn every_document_that_is_asked_for_is_an_entry() {
    let documents = documents::all().expect("they can be written");
    let entries = CATALOG.iter().filter(|entry| !entry.is_definition()).map(|entry| entry.path);
    assert!(documents.iter().map(|document| document.path.as_str()).eq(entries));
}

/// A volume is for a machine: the plain definition of its guest has that disk, on the same driver.
#[test]
fn every_volume_is_asked_for() {
    let mut volumes = 0;
    for volume in CATALOG.iter().filter(|entry| entry.kind == Kind::Volume) {
        let document = Document::parse(volume.xml).expect("it is one of ours");
        let name = document.descendants().find(|node| node.has_tag_name("name")).and_then(|node| node.text());
        let name = name.expect("a volume has a name");
        let plain = |entry: &&Entry| {
            let of_its_guest = (entry.guest, entry.platform, entry.uri) == (volume.guest, volume.platform, volume.uri);
            entry.is_definition() && of_its_guest && entry.variant.is_none()
        };
        let definition = CATALOG.iter().find(plain).unwrap_or_else(|| panic!("{} is for no machine", volume.path));
        let document = Document::parse(definition.xml).expect("it is one of ours");
        let mut sources = document.descendants().filter(|node| node.has_tag_name("source"));
        let asks = sources.any(|source| {
            let file = source.attribute("file").is_some_and(|file| file.ends_with(&format!("/{name}")));
            file || source.attribute("volume") == Some(name)
        });
        assert!(asks, "{} does not ask for {name}", definition.path);
        volumes += 1;
    }
    let with = Definition::all().filter(|definition| definition.variant.is_none() && definition.platform.has_volumes);
    assert_eq!(volumes, with.count(), "a machine has no volume");
}

/// A checkout with a file, and a list of these bytes: what the build makes of it, and what it warns of.
fn embedded(list: &[u8], file: &[u8]) -> (String, Vec<String>) {
    let root = tempfile::tempdir().expect("a folder can be made");
    for (path, bytes) in [(build::LIST, list), ("session/linux.xml", file)] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder can be made");
        fs::write(path, bytes).expect("a file can be written");
    }
    build::catalog(root.path())
}

#[test]
fn whatever_is_in_the_files_the_build_goes_on() {
    let line = "session/linux.xml\tdomain\tsession\tqemu:///session\tqemu-x86_64\tlinux\t-\t8.6.0\t7.0.0\t6.2.0\tKVM";
    let (good, warnings) = embedded(line.as_bytes(), b"<domain/>");
    assert!(
        warnings.is_empty() && good.contains("linux: v(6, 2, 0) }") && good.contains("xml: \"<domain/>\""),
        "{good}{warnings:?}"
    );

    let garbage = format!("<<<<<<< HEAD\n{line}\n=======\n>>>>>>> other\n");
    let (kept, warnings) = embedded(garbage.as_bytes(), b"<<<<<<< HEAD");
    assert!(kept.contains("xml: \"<<<<<<< HEAD\""), "{kept}");
    assert_eq!(warnings.len(), 3, "{warnings:?}");

    let none = "&[\n]\n";
    let damaged = [
        ("8.6.0", "8.6"),
        ("7.0.0", "99999.0.0"),
        ("\t6.2.0", ""),
        ("domain\t", "domain \t"),
        ("\tsession\t", "\tSession\t"),
        ("linux.xml", "gone.xml"),
        ("\t", " "),
    ];
    for (from, to) in damaged {
        let (left, warnings) = embedded(line.replace(from, to).as_bytes(), b"<domain/>");
        assert_eq!((left.as_str(), warnings.len()), (none, 1), "{from:?} as {to:?}: {warnings:?}");
    }
    let (left, warnings) = embedded(line.as_bytes(), b"\xff<domain/>");
    assert_eq!(left, none);
    assert!(warnings[0].contains("is not UTF-8"), "{warnings:?}");
    // What is in a field cannot become Rust.
    let (left, _) = embedded(line.replace("KVM", "\" }, evil(), \u{fffd}").as_bytes(), b"<domain/>");
    assert!(left.contains(r#"needs: &["\" }, evil(), "#), "{left}");
    assert_eq!(embedded(b"\xff\xfe\x00\x01", b"").0, none);
    let (left, warnings) = build::catalog(Path::new("/nonexistent"));
    assert_eq!((left.as_str(), warnings.len()), (none, 1));
}

#[test]
fn the_list_is_read_as_it_is_written() {
    let (text, warnings) = build::catalog(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(text.matches("Entry {").count(), CATALOG.len());
    let sessions = CATALOG.iter().filter(|entry| entry.connection == Connection::Session).count();
    assert_eq!(text.matches("connection: Connection::Session").count(), sessions);
}
