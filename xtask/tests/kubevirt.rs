//! `render --to kubevirt`: what it prints has the form of `KubeVirt`'s own types, says what became of every decision, and is what is
//! checked in. No cluster takes part: whether `KubeVirt`'s admission accepts it, and what runs then, is not tested.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use common::{command, seen};
use domain_definitions::kubevirt::{self, Becomes, TYPES};
use domain_definitions::options::Options;
use domain_definitions::{Connection, Definition};
use jsonschema::Validator;
use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::{Value, json};

/// `KubeVirt`'s types, by [`.ci/kubevirt-types`].
fn types() -> Value {
    let types: Value = serde_json::from_str(include_str!("kubevirt/types.json")).unwrap();
    let source = types["$comment"].as_str().unwrap();
    assert!(
        source.contains(&format!("kubevirt-api {TYPES},")),
        "the headers name release {TYPES}, the types are of: {source}"
    );
    types
}

/// What judges objects, by their kind.
static VALIDATORS: LazyLock<Vec<(&str, Validator)>> = LazyLock::new(|| {
    let kinds = ["VirtualMachine", "VirtualMachineClusterPreference", "VirtualMachineClusterInstancetype"];
    let validator = |kind| {
        let mut types = types();
        types["$ref"] = json!(format!("#/definitions/{kind}"));
        (kind, jsonschema::validator_for(&types).unwrap())
    };
    kinds.map(validator).into()
});

fn faults(object: &Value) -> Vec<String> {
    let kind = object["kind"].as_str().expect("it says what it is");
    let (_, validator) = VALIDATORS.iter().find(|(known, _)| *known == kind).expect("the verb makes it");
    validator.iter_errors(object).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// What is in a YAML document.
fn json_of(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Mapping(map) => {
            map.iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), json_of(value))).collect()
        }
        Yaml::Sequence(items) => items.iter().map(json_of).collect(),
        scalar => {
            let bool = scalar.as_bool().map(Value::from);
            let text = || scalar.as_str().map(Value::from);
            bool.or_else(|| scalar.as_integer().map(Value::from)).or_else(text).unwrap_or_else(|| panic!("{scalar:?}"))
        }
    }
}

fn objects(text: &str) -> Vec<Value> {
    Yaml::load_from_str(text).unwrap().iter().map(json_of).collect()
}

fn text(definition: Definition, options: &Options, is_shared: bool) -> String {
    let machine = options.applied(definition).unwrap();
    let path = definition.path();
    xtask::render::kubevirt::text(definition, &machine, is_shared).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every definition that the verb takes, and some options.
fn all() -> impl Iterator<Item = (Definition, Options)> {
    let all = Definition::all().filter(|definition| definition.platform.fits_cluster);
    all.flat_map(|definition| {
        let options = Options {
            name: "web-1".parse().ok(),
            title: Some("# [Web]: yes".to_owned()),
            memory: "8GiB".parse().ok(),
            cpus: "8".parse().ok(),
            disk: "120GiB".parse().ok(),
            mac: "52:54:00:12:34:56".parse().ok(),
            ..Options::default()
        };
        let bios = Options { bios: true, ..Options::default() };
        let bios = bios.applied(definition).is_ok().then_some(bios);
        [Options::default(), options].into_iter().chain(bios).map(move |options| (definition, options))
    })
}

#[test]
fn every_manifest_has_the_form_of_kubevirts_types() {
    for (definition, options) in all() {
        for is_shared in [false, true] {
            let objects = objects(&text(definition, &options, is_shared));
            let kinds: Vec<_> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
            let shared = ["VirtualMachineClusterPreference", "VirtualMachineClusterInstancetype"];
            assert_eq!(kinds, [&shared[..2 * usize::from(is_shared)], &["VirtualMachine"]].concat());
            for object in &objects {
                let faults = faults(object);
                assert!(faults.is_empty(), "{} {options:?}: {faults:#?}", definition.path());
            }
        }
    }
}

/// Every object in a value, by its JSON pointer.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.push(at.to_owned());
            for (key, value) in map {
                pointers(value, &format!("{at}/{}", key.replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                pointers(value, &format!("{at}/{number}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_field_that_kubevirt_does_not_know_or_lacks_is_rejected() {
    let definition = Definition::find("session/windows-portable.xml").unwrap();
    let (mut free, mut lacking) = (BTreeSet::new(), BTreeSet::new());
    let objects =
        [false, true].into_iter().flat_map(|is_shared| objects(&text(definition, &Options::default(), is_shared)));
    for object in objects {
        let mut places = Vec::new();
        pointers(&object, "", &mut places);
        for place in places {
            let mut more = object.clone();
            more.pointer_mut(&place).unwrap()["unheardOf"] = json!("x");
            if faults(&more).is_empty() {
                free.insert(place.rsplit('/').next().unwrap().to_owned());
            }
            for key in object.pointer(&place).unwrap().as_object().unwrap().keys() {
                let mut less = object.clone();
                less.pointer_mut(&place).unwrap().as_object_mut().unwrap().remove(key);
                if !less["kind"].is_null() && !faults(&less).is_empty() {
                    lacking.insert(key.clone());
                }
            }
        }
    }
    // These are maps of anybody's, or `{}` in Kubernetes' types.
    let expected = ["annotations", "blank", "masquerade", "preferredRng", "requests", "rng"].map(str::to_owned);
    assert_eq!(free, BTreeSet::from(expected));
    let expected =
        ["cpu", "devices", "domain", "guest", "memory", "name", "spec", "template", "type"].map(str::to_owned);
    assert_eq!(lacking, BTreeSet::from(expected));

    let mut object = self::objects(&text(definition, &Options::default(), false)).remove(0);
    object["spec"]["template"]["spec"]["domain"]["cpu"]["cores"] = json!("4");
    assert_eq!(faults(&object), ["/spec/template/spec/domain/cpu/cores: \"4\" is not of type \"number\""]);
}

#[test]
fn every_decision_has_a_fate_and_every_reason_is_somebodys() {
    for (definition, options) in all() {
        let machine = options.applied(definition).unwrap();
        let fates = kubevirt::manifest(definition, &machine).fates;
        let tunables = definition.tunables_for(&machine);
        for tunable in &tunables {
            let below = format!("{}/@", tunable.at);
            let is_told = fates.iter().any(|fate| fate.at == tunable.at || fate.at.starts_with(&below));
            assert!(is_told, "{}: nothing is said of {}", definition.path(), tunable.at);
        }
        for fate in fates.iter().filter(|fate| matches!(fate.becomes, Becomes::Same(_))) {
            let has_reason = tunables.iter().any(|tunable| tunable.at == fate.at);
            assert!(has_reason, "{}: no decision is at {}, so its field has no reason", definition.path(), fate.at);
        }
    }
}

#[test]
fn the_manifests_are_what_is_checked_in() {
    let fit = Definition::all()
        .filter(|definition| definition.fits_cluster() && definition.connection == Connection::Session);
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("kubevirt");
    settings.bind(|| {
        for definition in fit {
            insta::assert_snapshot!(definition.stem(), text(definition, &Options::default(), false));
        }
        let windows = Definition::find("session/windows-portable.xml").unwrap();
        insta::assert_snapshot!("windows-portable --preference", text(windows, &Options::default(), true));
    });
}

#[test]
fn a_size_is_in_the_instancetype_alone() {
    for (definition, options) in all() {
        let [_, size, machine] = &objects(&text(definition, &options, true))[..] else { panic!("three objects") };
        let domain = &machine["spec"]["template"]["spec"]["domain"];
        assert!(domain["cpu"].is_null() && domain["memory"].is_null(), "KubeVirt refuses a size in both: {domain}");
        let own = options.applied(definition).unwrap();
        assert_eq!(size["spec"]["cpu"]["guest"], json!(own.vcpus));
        assert_eq!(machine["spec"]["instancetype"]["name"], size["metadata"]["name"]);
    }
}

fn render(folder: &Path, arguments: &[&str]) -> (bool, String, String) {
    let output = command(env!("CARGO_BIN_EXE_xtask"), folder).arg("render").args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), said, seen(&output))
}

#[test]
fn what_means_nothing_in_a_cluster_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.img"), [0; 512]).unwrap();
    for (arguments, message) in [
        (&["linux-portable", "--disk", "old.img"][..], "virtctl image-upload dv NAME --size SIZE --image-path"),
        (&["linux-portable", "--share", "."], "--share"),
        (
            &["linux-portable", "--name", "Web", "--forward", "2222:22"],
            "virtctl expose vm web --name web-22 --port 2222 --target-port 22",
        ),
        (&["system/linux-portable", "--bridge", "br0"], "NetworkAttachmentDefinition"),
        (&["linux-portable", "--memory", "host/4"], "--memory: a cluster has no share of this computer"),
        (&["linux-portable", "--cpus", "host/4"], "--cpus: a cluster has no share of this computer"),
        (&["linux-portable", "--name", "a.b_c"], "--name: a.b_c is no name in a cluster"),
        (&["session/cloud-hypervisor/linux"], "take a file for QEMU, such as session/linux-portable"),
        (
            &["session/aarch64/linux"],
            "is for aarch64, and manifests are made for PCs only; take one such as session/linux-portable",
        ),
        (&["linux-portable", "--cpus", "256"], "--cpus: 256 are more than the 255"),
    ] {
        let (ended_well, printed, seen) =
            render(folder.path(), &[arguments, &["--to", "kubevirt", "--out", "new"]].concat());
        assert!(!ended_well && printed.is_empty() && seen.ends_with("exit status 2\n"), "{arguments:?}: {seen}");
        assert!(seen.contains(message), "{arguments:?} should say {message:?}: {seen}");
        assert!(!folder.path().join("new").exists(), "{arguments:?}");
    }
    let (ended_well, _, seen) = render(folder.path(), &["linux", "--preference"]);
    assert!(!ended_well && seen.contains("--to"), "{seen}");
}

#[test]
fn what_is_not_made_for_a_cluster_is_printed_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let (ended_well, printed, seen) = render(folder.path(), &["linux", "--to", "kubevirt"]);
    let warning = "warning: session/linux.xml is not made for a cluster, and the header says what is lost; \
                   session/linux-portable or session/linux-cloud is\n";
    assert!(ended_well && seen.contains(warning), "{seen}");
    for lost in
        ["devices/graphics/gl: no GL", "devices/channel[@type=spicevmc]: no shared clipboard", "VNC in place of SPICE"]
    {
        assert!(printed.contains(lost), "{lost}: {printed}");
    }
    let (ended_well, printed, seen) =
        render(folder.path(), &["linux-cloud", "--to", "kubevirt", "--name", "Web", "--out", "vms"]);
    assert!(ended_well && !seen.contains("warning") && printed.contains("Wrote vms/web.yaml\n"), "{seen}");
    let written = fs::read_to_string(folder.path().join("vms/web.yaml")).unwrap();
    assert!(written.contains("kubectl create --filename web.yaml\n"), "{written}");
    let (ended_well, _, seen) =
        render(folder.path(), &["linux-cloud", "--to", "kubevirt", "--name", "Web", "--out", "vms"]);
    assert!(!ended_well && seen.contains("vms/web.yaml: there is such a file, which stays as it is"), "{seen}");
}
