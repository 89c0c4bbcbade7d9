//! Documents that are newer than the schemas at hand.

mod common;

use std::fs;

use common::{INSTALLED, releases, seen, validate_in};
use domain_definitions::version::v;
use judge::grammar::Grammar;
use judge::release::Release;
use tempfile::TempDir;

common::tests! {
    nothing:
        what_no_schema_shows_dates_none,
        what_installed_schemas_are_too_old_for_is_reported_and_does_not_count,
        where_nothing_could_be_judged_the_run_has_failed,
        what_a_rule_finds_counts_all_the_same,
        a_document_that_states_no_newer_release_is_rejected,
        programs_get_it_file_by_file,
        schemas_that_a_user_chose_have_to_be_new_enough;
    schemas:
        of_several_schemas_those_that_are_new_enough_judge;
    downloads:
        names_date_schemas;
}

/// Schemas of a libvirt that takes everything but one element, and so has nothing that came after the floor.
const OLD: &str = r#"<grammar xmlns="http://relaxng.org/ns/structure/1.0">
  <start><element name="domain"><ref name="anything"/></element></start>
  <define name="anything">
    <zeroOrMore>
      <choice>
        <text/>
        <attribute><anyName/></attribute>
        <element><anyName><except><name>throttlegroups</name></except></anyName><ref name="anything"/></element>
      </choice>
    </zeroOrMore>
  </define>
</grammar>"#;
/// A document that those schemas accept.
const PLAIN: &str = "<domain type='kvm'><name>plain</name><memory>1048576</memory><os><type>hvm</type></os></domain>";
/// One with a name that came with libvirt 11.2.
const NEW: &str =
    "<domain type='kvm'><name>new</name><memory>1048576</memory><os><type>hvm</type></os><throttlegroups/></domain>";
/// The release that it is for.
const FLOOR: [&str; 2] = ["--floor", "libvirt=11.2"];

/// Documents, with old schemas beside them.
struct Folder(TempDir);

impl Folder {
    fn new(documents: &[(&str, &str)]) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("old")).unwrap();
        for (name, text) in [("old/domain.rng", OLD)].iter().chain(documents) {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Folder(folder)
    }

    /// What `validate` prints with the old schemas installed.
    fn validate(&self, arguments: &[&str]) -> String {
        let mut command = validate_in(self.0.path());
        seen(&command.args(arguments).env("LIBVIRT_SCHEMA_DIR", "old").output().unwrap())
    }
}

fn what_installed_schemas_are_too_old_for_is_reported_and_does_not_count() {
    let folder = Folder::new(&[("plain.xml", PLAIN), ("new.xml", NEW)]);
    assert_eq!(
        folder.validate(&[&FLOOR[..], &["plain.xml", "new.xml"]].concat()),
        "1 file is valid for libvirt (schemas of a release before 8.7.0)\n\
         note: 1 file is for a newer libvirt than the installed schemas and was not judged by them: new.xml; \
         run `.ci/schemas target/schemas`, and pass what it prints to --schema\n\
         exit status 0\n"
    );
    let names: Vec<_> = (1..=6).map(|number| format!("new-{number}.xml")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), NEW)).chain([("plain.xml", PLAIN)]).collect();
    let said = Folder::new(&many).validate(&[&FLOOR[..], &["."]].concat());
    assert!(said.contains("6 files are for a newer libvirt"), "{said}");
    assert!(said.contains("judged by them: ./new-1.xml, ./new-2.xml, ./new-3.xml, ./new-4.xml and 2 more;"), "{said}");
}

fn where_nothing_could_be_judged_the_run_has_failed() {
    let folder = Folder::new(&[("new.xml", NEW)]);
    for format in ["human", "json", "github", "sarif"] {
        let said = folder.validate(&[&FLOOR[..], &["--format", format, "new.xml"]].concat());
        assert!(said.contains("error: 1 file is for a newer libvirt"), "{said}");
        assert!(said.ends_with("exit status 2\n"), "{said}");
    }
}

fn what_a_rule_finds_counts_all_the_same() {
    let wrong = NEW.replace("<name>new<", "<name>a/b<");
    let folder = Folder::new(&[("plain.xml", PLAIN), ("new.xml", &wrong)]);
    let said = folder.validate(&[&FLOOR[..], &["plain.xml", "new.xml"]].concat());
    assert!(said.contains("error[libvirt/name]"), "{said}");
    assert!(said.contains("error: checked 2, rejected 1, could not read 0\nnote: 1 file is for a newer"), "{said}");
    assert!(said.ends_with("exit status 1\n"), "{said}");
    let said = folder.validate(&[&FLOOR[..], &["session.xml", "plain.xml", "new.xml"]].concat());
    assert!(said.contains("error: checked 3, rejected 1, could not read 1\nnote: 1 file is for a newer"), "{said}");
}

fn a_document_that_states_no_newer_release_is_rejected() {
    let folder = Folder::new(&[("new.xml", NEW)]);
    let said = folder.validate(&["new.xml"]);
    assert!(said.contains("needs libvirt 11.2.0"), "{said}");
    assert!(said.ends_with("error: checked 1, rejected 1, could not read 0\nexit status 1\n"), "{said}");
}

fn programs_get_it_file_by_file() {
    let folder = Folder::new(&[("plain.xml", PLAIN), ("new.xml", NEW)]);
    let said = |format| folder.validate(&[&FLOOR[..], &["--format", format, "plain.xml", "new.xml"]].concat());
    let why = "is for libvirt 11.2.0 or later; the installed schemas are older";
    assert_eq!(
        said("json"),
        format!(
            "{}\n{}\nexit status 0\n",
            r#"{"path":"plain.xml","verdict":"valid","schemas":[{"name":"libvirt","verdict":"valid"}],"findings":[]}"#,
            format_args!(
                r#"{{"path":"new.xml","verdict":"inapplicable","schemas":[{{"name":"libvirt","verdict":"inapplicable"}}],"unjudged":"{why}","findings":[]}}"#
            )
        )
    );
    assert_eq!(said("github"), format!("::notice file=new.xml,title=schema/too-old::{why}\nexit status 0\n"));
    let sarif = said("sarif");
    let log: serde_json::Value = serde_json::from_str(sarif.strip_suffix("exit status 0\n").unwrap()).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    let words = ["ruleId", "kind", "level"].map(|key| results[0][key].as_str().unwrap());
    assert_eq!(words, ["schema/too-old", "notApplicable", "none"]);
    assert_eq!(results[0]["message"]["text"], why);
}

fn schemas_that_a_user_chose_have_to_be_new_enough() {
    let folder = Folder::new(&[("plain.xml", PLAIN), ("new.xml", NEW)]);
    for (chosen, release) in [("old", "11.2"), ("9.0=old", "9.1"), ("9.0.0=old", "11.2")] {
        let floor = format!("libvirt={release}");
        assert_eq!(
            folder.validate(&["--schema", chosen, "--floor", &floor, "plain.xml", "new.xml"]),
            format!(
                "error: new.xml: is for libvirt {release}.0 or later, and no schemas given are that new\n\n\
                 error: checked 2, rejected 0, could not read 1\nexit status 2\n"
            )
        );
    }
    let rejected = folder.validate(&["--schema", "9.0=old", "--floor", "libvirt=9.0", "new.xml"]);
    assert!(rejected.ends_with("exit status 1\n"), "{rejected}");
}

fn of_several_schemas_those_that_are_new_enough_judge() {
    let text = "<domain type='kvm'><name>n</name><memory>1</memory><os><type>hvm</type></os>\
                <devices><interface type='null'/></devices></domain>";
    let nothing = r#"<element name="nothing" xmlns="http://relaxng.org/ns/structure/1.0"><empty/></element>"#;
    let folder = Folder::new(&[("example.xml", text), ("old/domain.rng", nothing)]);
    let newest = format!("99.0={INSTALLED}");
    let sets = ["--schema", "8.6=old", "--schema", &newest, "--floor", "libvirt=8.7", "example.xml"];
    let said = folder.validate(&[&["--format", "json"], &sets[..]].concat());
    assert!(said.contains(r#"{"name":"8.6","verdict":"inapplicable"},{"name":"99.0","verdict":"valid"}"#), "{said}");
    assert!(said.ends_with("exit status 0\n"), "{said}");
}

fn what_no_schema_shows_dates_none() {
    // What came with 12.3 is a value that no schema lists: one that lacks it may be of that release.
    let schema = r#"<element name="domain" xmlns="http://relaxng.org/ns/structure/1.0"><element name="iommufd"><empty/></element></element>"#;
    let folder = Folder::new(&[("old/domain.rng", &format!("<grammar><start>{schema}</start></grammar>"))]);
    let release = Release::of(&Grammar::read(&folder.0.path().join("old/domain.rng")));
    assert_eq!(release, Release::Between { from: v(12, 2, 0), before: Some(v(12, 4, 0)) });
}

fn names_date_schemas() {
    let releases = releases();
    let told: Vec<_> =
        releases.iter().map(|(_, folder)| Release::of(&Grammar::read(&folder.join("domain.rng")))).collect();
    for ((version, _), told) in releases.iter().zip(&told) {
        let Release::Between { from, before } = told else { panic!("{version}: {told}") };
        assert!(from <= version && before.is_none_or(|before| *version < before), "{version}: {told:?}");
        assert!(!told.is_before(*version), "{version}: {told:?}");
    }
    let (newest, _) = releases.last().unwrap();
    assert!(told[0].is_before(*newest), "{:?} and {newest}", told[0]);
}
