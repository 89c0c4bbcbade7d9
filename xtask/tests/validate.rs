//! `validate` gives libvirt's verdict, with the exit status that belongs to it.

mod common;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{repository, seen, xtask};

/// What a run in the repository prints, with the paths of this machine taken out.
fn validate(arguments: &[&str]) -> String {
    seen(&xtask(&repository()).arg("validate").args(arguments).output().unwrap())
}

/// Documents that libvirt's schema rejects, one mistake each, taken from what people publish and ask about.
fn broken() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10);
    files
}

#[test]
fn our_definitions_are_valid() {
    assert_eq!(validate(&[]), "4 files are valid for libvirt\nexit status 0\n");
    assert_eq!(validate(&["session"]), "2 files are valid for libvirt\nexit status 0\n");
}

#[test]
fn standard_input_is_read() {
    for (text, status) in [(fs::read(repository().join("system/linux.xml")).unwrap(), 0), (b"<domain/>".to_vec(), 1)] {
        let mut child =
            xtask(Path::new("/")).args(["validate", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&text).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status));
    }
}

#[test]
fn broken_documents_are_rejected_with_file_and_line() {
    for path in broken() {
        let path = path.to_str().unwrap();
        let said = validate(&[path]);
        assert!(said.ends_with("exit status 1\n"), "{path} was not rejected:\n{said}");
        let line = said.strip_prefix(&format!("{path}:")).and_then(|rest| rest.split(':').next());
        assert!(line.is_some_and(|line| line.parse::<u32>().is_ok()), "no file and line:\n{said}");
    }
}

#[test]
fn the_verdict_is_xmllint_s() {
    let schema = Path::new("/usr/share/libvirt/schemas/domain.rng");
    let ours = ["session/linux.xml", "session/windows.xml", "system/linux.xml", "system/windows.xml"];
    let files = ours.map(|path| repository().join(path)).into_iter().chain(broken());
    for path in files {
        let xmllint = Command::new("xmllint")
            .args(["--noout", "--relaxng"])
            .args([schema, &path])
            .output()
            .expect("xmllint runs");
        let theirs = match xmllint.status.code() {
            Some(0) => 0,
            Some(3) => 1,
            other => panic!("{}: xmllint ended with {other:?}", path.display()),
        };
        let ours = xtask(&repository()).arg("validate").arg(&path).output().unwrap();
        assert_eq!(ours.status.code(), Some(theirs), "{}: {}", path.display(), seen(&ours));
    }
}

#[test]
fn every_set_of_schemas_is_asked() {
    let installed = "/usr/share/libvirt/schemas";
    let strict = tempfile::tempdir().unwrap();
    let schema = r#"<element name="nothing" xmlns="http://relaxng.org/ns/structure/1.0"><empty/></element>"#;
    fs::write(strict.path().join("domain.rng"), schema).unwrap();
    let strict = strict.path().to_str().unwrap();

    let said = validate(&["--schema", installed, "--schema", &format!("strict={strict}"), "session/linux.xml"]);
    assert!(said.contains("strict says") && !said.contains("schemas says"), "{said}");
    assert!(said.ends_with("exit status 1\n"), "{said}");

    let named = validate(&["--schema", &format!("11.3={installed}"), "--schema", installed, "session/linux.xml"]);
    assert_eq!(named, "1 file is valid for 11.3, schemas\nexit status 0\n");

    let variable =
        xtask(&repository()).args(["validate", "session"]).env("LIBVIRT_SCHEMA_DIR", strict).output().unwrap();
    assert_eq!(variable.status.code(), Some(1), "LIBVIRT_SCHEMA_DIR was not used: {}", seen(&variable));
}

#[test]
fn what_cannot_be_read_is_not_called_valid() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let none = folder.path().join("none");
    fs::create_dir(&none).unwrap();
    let schema = file("domain.rng", b"<grammar");
    let linux = fs::read(repository().join("session/linux.xml")).unwrap();

    let mut said = String::new();
    said += &validate(&[none.to_str().unwrap()]);
    said += &validate(&["/nowhere.xml"]);
    said += &validate(&[&file("empty.xml", b"")]);
    said += &validate(&[&file("truncated.xml", &linux[..linux.len() / 2])]);
    said += &validate(&[&file("binary.xml", b"\x00\xff\x00")]);
    said += &validate(&["session/linux.xml", &file("two.xml", b"<domain/><domain/>")]);
    said += &validate(&["--schema", "/nowhere"]);
    said += &validate(&["--schema", none.to_str().unwrap()]);
    said += &validate(&["--schema", Path::new(&schema).parent().unwrap().to_str().unwrap()]);
    said += &validate(&["--schema", "/usr/share/libvirt/schemas", "--schema", "/usr/share/libvirt/schemas"]);
    said += &seen(&xtask(Path::new("/")).arg("validate").output().unwrap());
    // libxml2's own words differ between its releases.
    let filters = vec![
        (folder.path().to_str().unwrap(), "FOLDER"),
        (r"(\d+: is not well-formed XML): .*", "N: $1: …"),
        (r"N: \d+", "N"),
        (r"(cannot be used as a schema): .*", "$1: …"),
    ];
    insta::with_settings!({filters => filters}, { insta::assert_snapshot!(said) });
}
