//! The typed model holds everything that the files hold.

use domain_definitions::{CATALOG, Definition, Domain, render};

#[test]
fn reading_a_file_back_gives_the_same_domain() {
    for definition in Definition::all() {
        let path = definition.path();
        let xml = definition.xml().unwrap_or_else(|error| panic!("{path}: {error}"));
        let read: Domain = quick_xml::de::from_str(&xml).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(read, definition.domain(), "{path} says something else than the domain it was written from");
    }
}

#[test]
fn writing_what_was_read_gives_the_same_text() {
    for entry in CATALOG.iter().filter(|entry| entry.is_definition()) {
        let read: Domain = quick_xml::de::from_str(entry.xml).unwrap_or_else(|error| panic!("{}: {error}", entry.path));
        let written = render::element(&read).unwrap_or_else(|error| panic!("{}: {error}", entry.path));
        assert_eq!(without_comments(entry.xml), written, "{} does not survive being read and written", entry.path);
    }
}

/// Every comment of ours is made of whole lines.
fn without_comments(xml: &str) -> String {
    let mut inside = false;
    let kept = xml.lines().filter(|line| {
        let starts = line.trim_start().starts_with("<!--");
        let comment = inside || starts;
        inside = comment && !line.ends_with("-->");
        !comment
    });
    kept.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_name_the_model_does_not_know_is_refused() {
    let xml = CATALOG.iter().find(|entry| entry.path == "session/linux.xml").expect("it is checked in").xml;
    for (known, unknown) in [("<acpi/>", "<acpi/><apic/>"), ("ports=", "prots="), ("\"q35\"", "\"pc\"")] {
        let changed = xml.replacen(known, unknown, 1);
        assert_ne!(changed, xml);
        assert!(quick_xml::de::from_str::<Domain>(&changed).is_err(), "{unknown} was read as if it were known");
    }
}
