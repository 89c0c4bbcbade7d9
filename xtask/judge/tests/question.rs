//! What a user can ask of the rules, and how the answers look.

mod common;

use std::fs;
use std::path::Path;

use common::{releases, repository, seen, validate_in};
use domain_definitions::rules::{Family, judge, rules};
use domain_definitions::version::v;
use judge::kind::Kind;
use judge::question::Question;
use roxmltree::Document;

common::tests! {
    nothing:
        a_rule_is_explained,
        without_a_name_all_rules_are_listed,
        wrong_questions_are_refused;
    schemas:
        each_family_has_its_severity,
        denied_is_an_error_and_allowed_is_left_out,
        a_floor_decides_what_is_newer,
        a_connection_decides_what_is_there,
        what_a_document_states_is_not_told_again,
        a_sarif_log_has_the_findings_of_all_files,
        colours_are_for_terminals_and_for_who_asks;
    downloads: a_finding_tells_which_release_accepts_it;
}

/// A document with something for each family: a second disk of one name, a name newer than the floor, a fixed UUID. The
/// schemas of libvirt 9.0 know all of it.
const DOCUMENT: &str = "<domain type='kvm'>
  <name>example</name>
  <uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>
  <memory unit='GiB'>4</memory>
  <os firmware='efi'>
    <type arch='x86_64' machine='q35'>hvm</type>
  </os>
  <features>
    <acpi/>
  </features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='volume' device='disk'>
      <source pool='default' volume='a.qcow2'/>
      <target dev='sda' bus='scsi'/>
    </disk>
    <disk type='file' device='cdrom'>
      <target dev='sda' bus='sata'/>
    </disk>
    <interface type='user'>
      <backend type='passt'/>
    </interface>
  </devices>
</domain>
";

/// What `validate` prints of a text in a file that is called `example.xml`.
fn ask(text: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("example.xml"), text).unwrap();
    seen(&validate_in(folder.path()).args(arguments).arg("example.xml").output().unwrap())
}

/// The ids and severities of what is found.
fn found(text: &str, arguments: &[&str]) -> Vec<String> {
    let said = ask(text, &[&["--format", "json"], arguments].concat());
    let report: serde_json::Value = serde_json::from_str(said.lines().next().unwrap()).expect(&said);
    let findings = report["findings"].as_array().unwrap().iter();
    let words = findings.map(|finding| (finding["severity"].as_str().unwrap(), finding["rule"].as_str().unwrap()));
    words.map(|(severity, rule)| format!("{severity} {rule}")).collect()
}

fn each_family_has_its_severity() {
    let all =
        ["warning portable/uuid", "warning portable/emulator", "error libvirt/disk-target", "warning floor/attribute"];
    assert_eq!(found(DOCUMENT, &[]), all);
    insta::assert_snapshot!(ask(DOCUMENT, &[]));
}

fn denied_is_an_error_and_allowed_is_left_out() {
    let denied =
        ["error portable/uuid", "error portable/emulator", "error libvirt/disk-target", "warning floor/attribute"];
    assert_eq!(found(DOCUMENT, &["--deny", "portable"]), denied);
    let allowed = ["error libvirt/disk-target", "error floor/attribute"];
    assert_eq!(found(DOCUMENT, &["--allow", "portable", "--deny", "floor"]), allowed);
    let one = ["--allow", "portable/uuid", "--allow", "libvirt/disk-target", "--allow", "floor/attribute"];
    assert_eq!(found(DOCUMENT, &one), ["warning portable/emulator"]);
    let said = ask(DOCUMENT, &[&one[..], &["--format", "github"]].concat());
    assert!(said.ends_with("exit status 0\n"), "a warning is no fault: {said}");
}

fn a_floor_decides_what_is_newer() {
    let floor = |floor: &str| found(DOCUMENT, &["--allow", "portable", "--allow", "libvirt", "--floor", floor]);
    assert_eq!(floor("libvirt=8.10.0"), ["warning floor/attribute"]);
    assert_eq!(floor("libvirt=9.0,qemu=7.1"), ["warning floor/attribute"]);
    assert_eq!(floor("libvirt=9.0,qemu=7.2"), [""; 0]);
    // The host's kernel is a release like the others. The schemas at hand may be too old for the rest of the file.
    let file = fs::read_to_string(repository().join("session/windows-latest.xml")).unwrap();
    let document = Document::parse(&file).unwrap();
    let newer = |floor: &str| {
        let floor = Some(floor.parse().unwrap());
        let question = Question { floor, connection: None, deny: &[], allow: &[] };
        let findings = judge(&document, question.target(Some(&document))).into_iter();
        let newer = findings.filter(|finding| finding.rule.family == Family::Floor);
        newer.map(|finding| finding.violation.message).collect::<Vec<_>>()
    };
    assert_eq!(newer("linux=6.1"), ["<extended> here needs Linux 6.2"]);
    assert_eq!(newer("linux=6.2"), [""; 0]);
    assert_eq!(floor("libvirt=9.0,qemu=7.2,linux=6.1"), [""; 0]);
    // What this release only refuses since 11.9 is an error for who asks about that and later ones.
    let twin = fs::read_to_string(repository().join("tests/rules/libvirt/hyperv-requires/refused-1.xml")).unwrap();
    assert_eq!(found(&twin, &[]), ["warning libvirt/hyperv-requires"]);
    assert_eq!(found(&twin, &["--floor", "libvirt=12.0"]), ["error libvirt/hyperv-requires"]);
    // And what releases before 10.0 refused is nothing to who asks about later ones.
    let twin = fs::read_to_string(repository().join("tests/rules/libvirt/virtiofs-session/refused.xml")).unwrap();
    let quiet = ["--allow", "portable", "--floor"];
    assert_eq!(found(&twin, &[&quiet[..], &["libvirt=9.0"]].concat()), ["warning libvirt/virtiofs-session"]);
    assert_eq!(found(&twin, &[&quiet[..], &["libvirt=10.0"]].concat()), [""; 0]);
}

fn a_connection_decides_what_is_there() {
    let text = "<domain type='kvm'><name>n</name><memory>1048576</memory><os><type>hvm</type></os><devices>\
                <interface type='network'><source network='default'/></interface></devices></domain>";
    assert_eq!(found(text, &[]), [""; 0]);
    assert_eq!(found(text, &["--connect", "qemu:///system"]), [""; 0]);
    assert_eq!(found(text, &["--connect", "qemu:///session"]), ["warning libvirt/session-network"]);
    // What QEMU's driver refuses is nothing to another.
    assert_eq!(found(text, &["--connect", "ch:///session"]), [""; 0]);
    assert_eq!(found(text, &["--connect", "ch:///system"]), [""; 0]);
}

fn what_a_document_states_is_not_told_again() {
    let stated = format!("<!--\n  - portable/uuid: on purpose.\n-->\n{DOCUMENT}");
    let rest = ["warning portable/emulator", "error libvirt/disk-target", "warning floor/attribute"];
    assert_eq!(found(&stated, &[]), rest);
    assert!(found(&stated, &["--deny", "portable"]).contains(&"error portable/uuid".to_owned()));
    // Only in front, and only for what ties to a host: nobody can state that libvirt accepts it.
    let stated = format!("<!-- - libvirt/disk-target: on purpose. -->\n{DOCUMENT}<!-- - portable/uuid: -->\n");
    assert_eq!(found(&stated, &[]).len(), 4);
}

fn a_finding_tells_which_release_accepts_it() {
    let releases = releases();
    let sets: Vec<_> =
        releases.iter().map(|(version, folder)| format!("--schema={version}={}", folder.display())).collect();
    let arguments: Vec<_> = sets.iter().map(String::as_str).chain(["--allow=libvirt", "--allow=portable"]).collect();
    let text = DOCUMENT.replace("  </devices>", "    <sound model='virtio'/>\n  </devices>");
    let said = ask(&text, &arguments);
    // The sound card is what is newer.
    let names = |newer: bool| {
        let releases = releases.iter().filter(|(version, _)| (*version >= v(10, 4, 0)) == newer);
        releases.map(|(version, _)| version.to_string()).collect::<Vec<_>>().join(", ")
    };
    let expected = format!("not accepted by {}; accepted by {}", names(false), names(true));
    assert!(said.contains(&expected), "{expected}: {said}");
    assert!(said.contains("needs libvirt 10.4.0 and QEMU 8.2.0"), "{said}");
}

fn a_rule_is_explained() {
    let rules = ["libvirt/hyperv-requires", "portable/gl", "schema/value"];
    let explained = rules.map(|rule| seen(&validate_in(Path::new("/")).args(["--explain", rule]).output().unwrap()));
    insta::assert_snapshot!(explained.concat());
    let consequences =
        [("schema/too-old", "only newer schemas can tell"), ("input/unreadable", "the file cannot be judged")];
    for (kind, consequence) in consequences {
        let said = seen(&validate_in(Path::new("/")).args(["--explain", kind]).output().unwrap());
        assert!(said.contains(consequence), "{said}");
    }
    let floor = seen(&validate_in(Path::new("/")).args(["--explain", "floor/value"]).output().unwrap());
    assert!(floor.contains("  devices/sound/@model=virtio: libvirt 10.4.0 and QEMU 8.2.0\n"), "{floor}");
    assert!(!floor.contains("features/ps2"), "{floor}");
    let floor = seen(&validate_in(Path::new("/")).args(["--explain", "floor/element"]).output().unwrap());
    let expected = "  features/hyperv/tlbflush/extended: libvirt 11.0.0, QEMU 7.1.0 and Linux 6.2\n";
    assert!(floor.contains(expected), "{floor}");
    // A name that only one family has needs none; and one word leads to the rules that have it.
    let asked = |name: &str| seen(&validate_in(Path::new("/")).args(["--explain", name]).output().unwrap());
    assert_eq!(asked("cpu-topology"), asked("libvirt/cpu-topology"));
    let near = asked("topology");
    assert!(near.contains("did you mean libvirt/cpu-topology") && near.ends_with("exit status 2\n"), "{near}");
    let family = seen(&validate_in(Path::new("/")).args(["--explain", "floor"]).output().unwrap());
    let rules = "  floor/element\n  floor/attribute\n  floor/value\n";
    assert_eq!(family, format!("floor is a family of rules:\n{rules}exit status 0\n"));
}

fn without_a_name_all_rules_are_listed() {
    let listed = seen(&validate_in(Path::new("/")).arg("--explain").output().unwrap());
    let lines: Vec<_> = listed.lines().filter_map(|line| line.split_once("  ")).collect();
    let kinds = Kind::ALL.iter().map(|kind| (kind.to_string(), kind.meaning()));
    let known: Vec<_> = kinds.chain(rules().map(|rule| (rule.id(), rule.why))).collect();
    assert_eq!(lines.len(), known.len(), "{listed}");
    for ((name, what), (id, why)) in lines.into_iter().zip(known) {
        let sentence = why.strip_prefix(what.trim_start());
        let whole = sentence.is_some_and(|rest| [".", ""].contains(&rest) || rest.starts_with(". "));
        assert!(name == id && whole, "{name}: {what}; {why}");
        let explained = validate_in(Path::new("/")).args(["--explain", name]).output().unwrap();
        assert!(explained.status.success() && explained.stdout.starts_with(name.as_bytes()), "{name}");
    }
}

fn wrong_questions_are_refused() {
    let wrong: [&[&str]; 14] = [
        &["--explain", "libvirt/cpu-topolgy"],
        &["--explain", "topology"],
        &["--explain", "portable/cpu-topology"],
        &["--explain", "libvirt/name", "session/linux.xml"],
        &["--explain", "nothing"],
        &["--allow", "portabel"],
        &["--allow", "schema/value"],
        &["--allow", "asked/define"],
        &["--deny", "schema"],
        &["--floor", "9.0"],
        &["--floor", "libvirt=9"],
        &["--floor", "libvirt=9.0,libvirt=9.1"],
        &["--floor", "kernel=6.1"],
        &["--connect", "xen:///"],
    ];
    let said = wrong.map(|arguments| {
        let said = seen(&validate_in(Path::new("/")).args(arguments).output().unwrap());
        assert!(said.ends_with("exit status 2\n"), "{arguments:?}: {said}");
        said
    });
    insta::assert_snapshot!(said.concat());
}

fn a_sarif_log_has_the_findings_of_all_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a file.xml"), DOCUMENT).unwrap();
    fs::write(folder.path().join("b.xml"), "<domain>").unwrap();
    let output = validate_in(folder.path()).args(["--format", "sarif", "."]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let mut log: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let driver = &mut log["runs"][0]["tool"]["driver"];
    let rules = driver["rules"].take();
    let known: Vec<_> = rules.as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        assert!(known.contains(&result["ruleId"].as_str().unwrap()), "{result}");
    }
    let text = serde_json::to_string_pretty(&log).unwrap();
    insta::with_settings!({filters => vec![("well-formed XML: .*\"", "well-formed XML: …\"")]}, { insta::assert_snapshot!(text) });
}

fn colours_are_for_terminals_and_for_who_asks() {
    let coloured = |arguments: &[&str], variable: Option<&str>| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("example.xml"), DOCUMENT).unwrap();
        let mut command = validate_in(folder.path());
        command.args(arguments).arg("example.xml").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        if let Some(variable) = variable {
            command.env(variable, "1");
        }
        command.output().unwrap().stdout.contains(&0x1b)
    };
    assert!(!coloured(&[], None));
    assert!(coloured(&["--color", "always"], None));
    assert!(coloured(&["--color=always"], Some("NO_COLOR")));
    assert!(coloured(&[], Some("CLICOLOR_FORCE")));
    assert!(!coloured(&["--color=never"], Some("CLICOLOR_FORCE")));
    assert!(!coloured(&[], Some("NO_COLOR")));
}
