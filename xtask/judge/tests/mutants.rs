//! Thousands of damaged copies of documents of all kinds: the verdict is xmllint's, and the explanation points at the damage, once.

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::copies::{Mutant, damaged};
use common::{INSTALLED, repository, validate_in};
use roxmltree::Document;

common::tests! {
    schemas: the_verdict_is_xmllint_s_and_the_place_is_right;
}

/// How many copies are made.
const MUTANTS: usize = 2_000;
/// How many of the rejected ones must be explained at the element that was damaged, or its parent.
const FOUND: f64 = 0.99;
/// How many of the rejected ones must be explained by one finding: there is one fault in each.
const ONCE: f64 = 0.97;
/// Of how many copies one is of a domain; the others are of other documents.
const DOMAINS: usize = 2;
/// Definitions of ours. Those of the other kinds are `kinds/` and ours together.
const MACHINES: [&str; 4] = ["session/linux.xml", "session/windows.xml", "system/linux.xml", "system/windows.xml"];
const OTHERS: [&str; 3] =
    ["system/network/default.xml", "system/storage/default.xml", "session/storage/linux.qcow2.xml"];
/// The schema of each kind of document, for xmllint.
const SCHEMAS: [(&str, &str); 17] = [
    ("capabilities", "capability"),
    ("cpu", "cpu"),
    ("device", "nodedev"),
    ("domain", "domain"),
    ("domainCapabilities", "domaincaps"),
    ("domainbackup", "domainbackup"),
    ("domaincheckpoint", "domaincheckpoint"),
    ("domainsnapshot", "domainsnapshot"),
    ("filter", "nwfilter"),
    ("filterbinding", "nwfilterbinding"),
    ("interface", "interface"),
    ("network", "network"),
    ("networkport", "networkport"),
    ("pool", "storagepool"),
    ("secret", "secret"),
    ("storagepoolCapabilities", "storagepoolcaps"),
    ("volume", "storagevol"),
];

/// A copy, and the root of what it is a copy of.
struct Copy {
    mutant: Mutant,
    root: &'static str,
}

/// The root of a document, as [`SCHEMAS`] has it.
fn root(text: &str) -> &'static str {
    let document = Document::parse(text).unwrap();
    let name = document.root_element().tag_name().name().to_owned();
    SCHEMAS.iter().map(|(root, _)| *root).find(|root| *root == name).unwrap()
}

/// Documents that are copied: machines, and others. What the installed schemas are too old for is left out: in a copy of it, more is
/// wrong than the damage.
fn sources() -> [Vec<String>; 2] {
    let read = |path: &&str| fs::read_to_string(repository().join(path)).unwrap();
    let kinds = fs::read_dir(repository().join("xtask/judge/tests/kinds")).unwrap();
    let mut kinds: Vec<_> = kinds.map(|entry| entry.unwrap().path()).collect();
    kinds.sort();
    let kinds = kinds.iter().map(|path| fs::read_to_string(path).unwrap());
    let others: Vec<_> = OTHERS.iter().map(read).chain(kinds).collect();
    for (kind, _) in SCHEMAS.iter().filter(|(kind, _)| *kind != "domain") {
        assert!(others.iter().any(|text| root(text) == *kind), "there is no {kind}");
    }
    let all = [MACHINES.iter().map(read).collect(), others];
    let known = all.clone().map(known);
    let [count, of] = [&known, &all].map(|documents| documents.iter().map(Vec::len).sum::<usize>());
    assert!(count * 4 >= of * 3, "the installed schemas know only {count} of {of} documents");
    known
}

/// Those documents that xmllint says are valid.
fn known(documents: Vec<String>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = |number: usize| folder.path().join(format!("{number}.xml")).to_str().unwrap().to_owned();
    for (number, text) in documents.iter().enumerate() {
        fs::write(path(number), text).unwrap();
    }
    let files: Vec<_> = documents.iter().enumerate().map(|(number, text)| (path(number), root(text))).collect();
    let valid = valid(&files);
    let numbered = documents.into_iter().enumerate();
    numbered.filter(|(number, _)| valid.contains(&path(*number))).map(|(_, text)| text).collect()
}

/// Those files, each with the root of its document, that xmllint says are valid.
fn valid(files: &[(String, &str)]) -> Vec<String> {
    let judged = SCHEMAS.iter().flat_map(|(root, schema)| {
        let schema = format!("{INSTALLED}/{schema}.rng");
        let paths = files.iter().filter(|(_, of)| of == root).map(|(path, _)| path);
        let xmllint = Command::new("xmllint").args(["--noout", "--relaxng", &schema]).args(paths).output().unwrap();
        let said = String::from_utf8_lossy(&xmllint.stderr).into_owned();
        said.lines().filter_map(|line| line.strip_suffix(" validates")).map(str::to_owned).collect::<Vec<_>>()
    });
    judged.collect()
}

/// Where the innermost element begins that contains a line and column.
fn element_at(text: &str, line: u64, column: u64) -> usize {
    let before: usize = text.split_inclusive('\n').take(usize::try_from(line).unwrap() - 1).map(str::len).sum();
    let at =
        before + text[before..].chars().take(usize::try_from(column).unwrap() - 1).map(char::len_utf8).sum::<usize>();
    let document = Document::parse(text).unwrap();
    let around = document.descendants().filter(|node| node.is_element() && node.range().contains(&at));
    around.map(|node| node.range().start).max().unwrap()
}

fn the_verdict_is_xmllint_s_and_the_place_is_right() {
    let [machines, others] = sources();
    let mut random = fastrand::Rng::with_seed(8_6);
    let folder = tempfile::tempdir().unwrap();
    let mut copies = HashMap::new();
    for number in 0..MUTANTS {
        let source = random.choice(if number % DOMAINS == 0 { &machines } else { &others }).unwrap();
        let copy = Copy { mutant: damaged(source, &mut random), root: root(source) };
        let path = folder.path().join(format!("{number:04}.xml"));
        fs::write(&path, &copy.mutant.text).unwrap();
        copies.insert(path.to_str().unwrap().to_owned(), copy);
    }
    let valid = valid(&copies.iter().map(|(path, copy)| (path.clone(), copy.root)).collect::<Vec<_>>());

    let output = validate_in(Path::new("/"))
        .args(["--format", "json", "--allow", "libvirt", "--allow", "floor", "--allow", "portable"])
        .arg(folder.path())
        .output()
        .unwrap();
    let reports = String::from_utf8(output.stdout).unwrap();
    let (mut judged, mut rejected, mut found, mut once, mut wrong) = (0, 0_u32, 0_u32, 0_u32, Vec::new());
    for line in reports.lines() {
        let report: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = report["path"].as_str().unwrap();
        let Copy { mutant, root } = &copies[path];
        let what = format!("a <{root}> that {}", mutant.what);
        // Without a name, a host's interface is a device of a machine, and a host's CPU without an architecture is a machine's.
        if ["interface", "cpu"].contains(root) && is_a_piece(&mutant.text) {
            judged += 1;
            continue;
        }
        assert_eq!(report["verdict"] == "valid", valid.iter().any(|valid| valid == path), "verdict on {what}");
        judged += 1;
        if report["verdict"] == "invalid" {
            rejected += 1;
            let findings = report["findings"].as_array().unwrap();
            let at = |finding: &serde_json::Value| {
                element_at(&mutant.text, finding["line"].as_u64().unwrap(), finding["column"].as_u64().unwrap())
            };
            let is_found = findings.iter().any(|finding| mutant.near.contains(&at(finding)));
            found += u32::from(is_found);
            once += u32::from(findings.len() == 1);
            if !is_found || findings.len() > 1 {
                let said =
                    findings.iter().map(|f| format!("{}:{} {} {}", f["line"], f["column"], f["message"], f["help"]));
                wrong.push(format!("{what}: {}", said.collect::<Vec<_>>().join(" | ")));
            }
        }
    }
    assert_eq!(judged, MUTANTS);
    assert!(rejected > 500, "only {rejected} copies were rejected; the damage is too gentle");
    let share = |of: u32| f64::from(of) / f64::from(rejected);
    let shares = format!(
        "{rejected} of {MUTANTS} copies rejected, {:.2} % explained where they were damaged, {:.2} % by one finding",
        share(found) * 100.0,
        share(once) * 100.0
    );
    println!("{shares}");
    assert!(share(found) >= FOUND && share(once) >= ONCE, "{shares}:\n{}", wrong.join("\n"));
}

/// Whether a document is judged as a piece of a machine.
fn is_a_piece(text: &str) -> bool {
    let document = Document::parse(text).unwrap();
    let root = document.root_element();
    match root.tag_name().name() {
        "interface" => !root.has_attribute("name"),
        _ => !root.children().any(|child| child.has_tag_name("arch")),
    }
}
