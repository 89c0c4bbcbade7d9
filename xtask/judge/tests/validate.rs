//! `validate` gives libvirt's verdict, with the exit status that belongs to it.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{INSTALLED, repository, seen, validate_in};
use domain_definitions::documents::volume;
use domain_definitions::rules::Target;
use domain_definitions::version::v;
use domain_definitions::{CATALOG, FLOOR};
use host::orders::orders;

common::tests! {
    schemas:
        our_definitions_are_valid,
        what_people_ask_for_is_valid,
        standard_input_is_read,
        a_rejection_names_the_place_and_the_repair,
        what_is_not_well_formed_is_shown_with_its_repair,
        what_is_certain_is_repaired_and_the_file_is_not_touched,
        the_verdict_is_xmllint_s,
        every_set_of_schemas_is_asked,
        the_root_element_chooses_the_schema,
        a_piece_is_judged_as_what_it_is_a_piece_of,
        a_document_in_another_is_judged_as_well,
        programs_get_one_object_a_line,
        forges_get_annotations;
}

/// What a run in the repository prints, with the paths of this machine taken out.
fn validate(arguments: &[&str]) -> String {
    seen(&validate_in(&repository()).args(arguments).output().unwrap())
}

/// The verdict on each file.
fn reports(arguments: &[&str]) -> BTreeMap<String, String> {
    let output = validate_in(&repository()).args(["--format", "json"]).args(arguments).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let reports = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    reports.map(|report| (text(&report["path"]), text(&report["verdict"]))).collect()
}

/// Whether a definition needs a newer libvirt than this project's floor, which the schemas here may be older than.
fn states_more(path: &str) -> bool {
    let entry = CATALOG.iter().find(|entry| entry.path == path).unwrap();
    let document = roxmltree::Document::parse(entry.xml).unwrap();
    Target::stated(&document).floor.libvirt > FLOOR.libvirt
}

/// Documents that libvirt's schema rejects, for mistakes that people make in what they publish and ask about: one each,
/// but several in what is called `paste-*`.
fn broken() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 64);
    files
}

fn our_definitions_are_valid() {
    let session = CATALOG.iter().filter(|entry| entry.path.starts_with("session/")).count();
    for (arguments, files) in [(&[][..], CATALOG.len()), (&["session"], session)] {
        let reports = reports(arguments);
        assert_eq!(reports.len(), files);
        assert!(reports.contains_key("session/linux.xml"), "not as a person in the root names it: {reports:#?}");
        let too_new = reports.iter().filter(|(path, verdict)| *verdict == "inapplicable" && states_more(path)).count();
        let valid = reports.values().filter(|verdict| *verdict == "valid").count();
        assert_eq!(valid + too_new, files, "{reports:#?}");
        let said = validate(arguments);
        assert!(said.starts_with(&format!("{valid} files are valid for libvirt (schemas of ")), "{said}");
        assert_eq!(said.lines().count(), if too_new > 0 { 3 } else { 2 }, "{said}");
        assert!(said.ends_with("exit status 0\n"), "{said}");
    }
}

/// Rendered definitions and the documents of their disks: nothing is found, not even what is only a warning.
fn what_people_ask_for_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let (mut written, mut newest) = (0, 0);
    for (index, (definition, options)) in orders().into_iter().enumerate() {
        let machine = options.applied(definition).unwrap();
        let text = definition.write(&machine).unwrap().text;
        newest += usize::from(Target::stated(&roxmltree::Document::parse(&text).unwrap()).floor.libvirt > v(10, 0, 0));
        let texts = [Some(text), options.makes_disk().then(|| volume(definition, &machine).unwrap().text)];
        for (kind, text) in texts.into_iter().flatten().enumerate() {
            fs::write(folder.path().join(format!("{index}-{kind}.xml")), text).unwrap();
            written += 1;
        }
    }
    let folder = folder.path().to_str().unwrap();
    let reports = reports(&[folder]);
    let of = |verdict: &str| reports.values().filter(|given| *given == verdict).count();
    assert!(of("inapplicable") <= newest, "{reports:#?}");
    assert_eq!((reports.len(), of("valid") + of("inapplicable")), (written, written), "{reports:#?}");
    let said = validate(&[folder]);
    assert!(!said.contains("warning["), "{said}");
}

fn standard_input_is_read() {
    for (text, status) in [(fs::read(repository().join("system/linux.xml")).unwrap(), 0), (b"<domain/>".to_vec(), 1)] {
        let mut child =
            validate_in(Path::new("/")).args(["-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&text).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status));
    }
}

fn a_rejection_names_the_place_and_the_repair() {
    for path in broken() {
        // What else could be said of these documents is not what they are here for.
        let said = validate(&["--allow", "portable", path.to_str().unwrap()]);
        let name = path.file_stem().unwrap().to_str().unwrap();
        // What the installed libvirt does not know yet is a mistake only up to some release.
        if name.starts_with("newer-") && said.ends_with("exit status 0\n") {
            continue;
        }
        assert!(said.ends_with("exit status 1\n"), "{name} was not rejected:\n{said}");
        // What else is allowed somewhere grows from release to release of libvirt.
        let filters = vec![
            (r"((?:error|warning)\S*: .*\n +--> )\S*/", "$1"),
            (r"(may have|may contain|expected one of) .*,.*", "$1 …"),
        ];
        insta::with_settings!({filters => filters, description => name}, { insta::assert_snapshot!(name, said) });
    }
}

/// The first mistakes of all: what XML does not allow.
fn what_is_not_well_formed_is_shown_with_its_repair() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/malformed");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 12);
    let said: Vec<_> = files.iter().map(|path| validate(&[path.to_str().unwrap()])).collect();
    assert!(said.iter().all(|said| said.ends_with("exit status 2\n")), "{said:?}");
    insta::with_settings!({filters => vec![(r"(--> )\S*/", "$1")]}, { insta::assert_snapshot!(said.concat()) });
}

/// `--fix`: everything above that has a repair, and then the judge is asked again.
fn what_is_certain_is_repaired_and_the_file_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("machine.xml");
    let fix = |text: &str| {
        fs::write(&path, text).unwrap();
        let output = validate_in(folder.path()).args(["--fix", "--allow", "portable", "machine.xml"]).output().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let malformed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/malformed");
    let mut whole = 0;
    for entry in fs::read_dir(malformed).unwrap() {
        let name = entry.unwrap().path();
        let (status, text, said) = fix(&fs::read_to_string(&name).unwrap());
        if status == Some(2) {
            assert!(said.contains("error[input/malformed]"), "{said}");
            continue;
        }
        whole += 1;
        assert!(said.starts_with("repaired machine.xml:"), "{}: {said}", name.display());
        assert_eq!(status, Some(0), "{}: {said}{text}", name.display());
        fs::write(&path, &text).unwrap();
        let then = validate_in(folder.path()).args(["--allow", "portable", "machine.xml"]).output().unwrap();
        assert_eq!(then.status.code(), Some(0), "{}", seen(&then));
    }
    assert!(whole >= 9, "only {whole} were repaired");
    let right = fs::read_to_string(repository().join("session/linux.xml")).unwrap();
    assert_eq!(fix(&right), (Some(0), right.clone(), String::new()));
    // A repair after which as much is wrong is not made: that may not be what was meant.
    let vcpus = |attribute: &str| {
        format!(
            "<domain type='kvm'><name>n</name><memory unit='GiB'>1</memory><vcpus{attribute}>4</vcpus><os><type>hvm</type></os></domain>"
        )
    };
    let (status, text, _) = fix(&vcpus(""));
    assert_eq!((status, text), (Some(0), vcpus("").replace("vcpus", "vcpu")));
    let (status, text, said) = fix(&vcpus(" current='8'"));
    assert_eq!((status, text), (Some(1), vcpus(" current='8'")), "{said}");
    for (arguments, status) in [
        (&["--fix"][..], 2),
        (&["--fix", "."], 2),
        (&["--fix", "machine.xml", "machine.xml"], 2),
        (&["--fix", "/nowhere.xml"], 2),
    ] {
        let output = validate_in(folder.path()).args(arguments).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(status), 0), "{}", seen(&output));
    }
}

fn the_verdict_is_xmllint_s() {
    let schemas = Path::new(INSTALLED);
    let files = CATALOG.iter().map(|entry| repository().join(entry.path)).chain(broken());
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let parsed = roxmltree::Document::parse(&text);
        let root = parsed.as_ref().map_or("domain", |document| document.root_element().tag_name().name());
        let schema = match root {
            "pool" => "storagepool.rng",
            "volume" => "storagevol.rng",
            root => &format!("{root}.rng"),
        };
        let xmllint = Command::new("xmllint")
            .args(["--noout", "--relaxng"])
            .args([&schemas.join(schema), &path])
            .output()
            .expect("xmllint runs");
        let theirs = match xmllint.status.code() {
            Some(0) => true,
            Some(3) => false,
            other => panic!("{}: xmllint ended with {other:?}", path.display()),
        };
        let ours = reports(&[path.to_str().unwrap()]);
        assert!(ours.values().all(|verdict| (verdict == "valid") == theirs), "xmllint says {theirs}: {ours:?}");
    }
}

fn every_set_of_schemas_is_asked() {
    let strict = tempfile::tempdir().unwrap();
    let schema = r#"<element name="nothing" xmlns="http://relaxng.org/ns/structure/1.0"><empty/></element>"#;
    fs::write(strict.path().join("domain.rng"), schema).unwrap();
    let strict = strict.path().to_str().unwrap();

    let said = validate(&["--schema", INSTALLED, "--schema", &format!("strict={strict}"), "session/linux.xml"]);
    assert!(said.contains("not accepted by strict; accepted by schemas"), "{said}");
    assert!(said.ends_with("exit status 1\n"), "{said}");

    let named = validate(&["--schema", &format!("11.3={INSTALLED}"), "--schema", INSTALLED, "session/linux.xml"]);
    assert_eq!(named, "1 file is valid for 11.3, schemas\nexit status 0\n");

    let variable =
        validate_in(&repository()).args(["session/linux.xml"]).env("LIBVIRT_SCHEMA_DIR", strict).output().unwrap();
    assert_eq!(variable.status.code(), Some(1), "LIBVIRT_SCHEMA_DIR was not used: {}", seen(&variable));
}

fn the_root_element_chooses_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str| {
        let path = folder.path().join("document.xml");
        fs::write(&path, text).unwrap();
        validate(&[path.to_str().unwrap()]).replace(folder.path().to_str().unwrap(), "FOLDER")
    };
    let valid = [
        "<network><name>n</name><forward mode='nat'/><ip address='192.0.2.1' netmask='255.255.255.0'/></network>",
        "<pool type='dir'><name>p</name><target><path>/p</path></target></pool>",
        "<volume><name>v</name><capacity unit='GiB'>1</capacity><target><format type='qcow2'/></target></volume>",
    ];
    for text in valid {
        let said = check(text);
        assert!(
            said.starts_with("1 file is valid for libvirt (") && said.ends_with("\nexit status 0\n"),
            "{text}: {said}"
        );
    }
    let wrong = ["<network><name>n</name><forward mode='natt'/></network>", "<domian/>", "<domstatus/>", "<html/>"];
    insta::assert_snapshot!(wrong.map(check).concat());
}

/// A device alone, as `virsh attach-device` takes it, and other pieces that people show.
fn a_piece_is_judged_as_what_it_is_a_piece_of() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str| {
        fs::write(folder.path().join("piece.xml"), text).unwrap();
        seen(&validate_in(folder.path()).args(["--allow", "portable", "piece.xml"]).output().unwrap())
    };
    let device = "it goes into <devices>, or to `virsh attach-device`";
    for (text, place) in [
        (
            "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source></hostdev>",
            device,
        ),
        ("<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>", device),
        ("<interface type='network'><source network='default'/><model type='virtio'/></interface>", device),
        ("<memory model='dimm'><target><size unit='MiB'>512</size><node>0</node></target></memory>", device),
        ("<cpu mode='host-passthrough' check='none'/>", "piece of a <domain>: it goes into <domain>"),
        ("<features><acpi/></features>", "piece of a <domain>: it goes into <domain>"),
        ("<devices><memballoon model='none'/></devices>", "piece of a <domain>: it goes into <domain>"),
        ("<hyperv><relaxed state='on'/></hyperv>", "piece of a <domain>: it goes into <features>"),
        ("<dhcp><range start='192.168.1.2' end='192.168.1.9'/></dhcp>", "piece of a <network>: it goes into <ip>"),
    ] {
        let said = check(text);
        assert!(said.starts_with("note: piece.xml: <") && said.contains(place), "{said}");
        assert!(said.ends_with("exit status 0\n") && said.contains("1 file is valid"), "{said}");
    }
    // What has a schema of its own is no piece.
    for text in [
        "<interface type='ethernet' name='eth0'><start mode='onboot'/></interface>",
        "<cpu><arch>x86_64</arch><model>qemu64</model></cpu>",
        "<storagepoolCapabilities><pool type='dir' supported='no'/></storagepoolCapabilities>",
    ] {
        let said = check(text);
        assert!(said.starts_with("1 file is valid"), "{said}");
    }
    let wrong = [
        "<disk type='file' device='disk'><driver name='qemu' type='qcow'/><target dev='vda' bus='virtoi'/></disk>",
        "<interface type='bridge'><source bridge='br0'/><modle type='virtio'/></interface>",
        "<cpu mode='host-passthru'/>",
        "<graphics type='spice'><listen type='adress'/></graphics>",
        "<storagepoolCapabilities><pool type='dir' supported='maybe'/></storagepoolCapabilities>",
    ];
    insta::assert_snapshot!(wrong.map(check).concat());
    let json = validate_in(folder.path()).args(["--format", "json", "piece.xml"]).output().unwrap();
    assert!(!String::from_utf8_lossy(&json.stdout).contains("\"piece\""));
    check("<hub type='usb'/>");
    for format in ["json", "github", "sarif"] {
        let output = validate_in(folder.path()).args(["--format", format, "piece.xml"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("<hub> alone is a piece of a <domain>"), "{said}");
    }
}

/// A snapshot, a checkpoint and what else has whole documents in it.
fn a_document_in_another_is_judged_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: String| {
        fs::write(folder.path().join("document.xml"), text).unwrap();
        seen(&validate_in(folder.path()).arg("document.xml").output().unwrap())
    };
    let domain = |device: &str| {
        format!(
            "<domain type='kvm'>\n<name>n</name>\n<memory>4096</memory>\n<os><type>hvm</type></os>\n\
             <devices>\n{device}\n</devices>\n</domain>"
        )
    };
    let snapshot = |device: &str| format!("<domainsnapshot>\n<name>s</name>\n{}\n</domainsnapshot>\n", domain(device));
    let checkpoint = |device: &str| snapshot(device).replace("domainsnapshot", "domaincheckpoint");
    let [right, wrong] = ["model type='virtio'", "mouel type='virtio'"]
        .map(|model| format!("<interface type='user'><{model}/></interface>"));
    for text in [snapshot(&right), checkpoint(&right)] {
        let said = check(text);
        assert!(said.ends_with("exit status 0\n"), "{said}");
    }
    insta::assert_snapshot!(check(snapshot(&wrong)) + &check(checkpoint(&wrong)));
}

fn programs_get_one_object_a_line() {
    let broken = "xtask/judge/tests/broken/two-memory-elements.xml";
    let output = validate_in(&repository())
        .args(["--format", "json", "session/linux.xml", broken, "/nowhere.xml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let summary = String::from_utf8_lossy(&output.stderr);
    assert!(summary.starts_with("error: checked 3, rejected 1, could not read 1"), "{summary}");
    let lines: Vec<serde_json::Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let verdicts: Vec<_> = lines.iter().map(|line| (line["path"].as_str(), line["verdict"].as_str())).collect();
    assert_eq!(
        verdicts,
        [
            (Some("session/linux.xml"), Some("valid")),
            (Some(broken), Some("invalid")),
            (Some("/nowhere.xml"), Some("unreadable"))
        ]
    );
    assert_eq!(lines[0]["schemas"][0]["verdict"], "valid");
    insta::assert_snapshot!(serde_json::to_string_pretty(&lines[1]).unwrap());
}

fn forges_get_annotations() {
    insta::assert_snapshot!(validate(&[
        "--format",
        "github",
        "xtask/judge/tests/broken/two-memory-elements.xml",
        "/a,b:c.xml"
    ]));
}
