//! Thousands of damaged copies of our definitions: the verdict is xmllint's, and the explanation points at the damage.

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::copies::damaged;
use common::{repository, validate_in};
use roxmltree::Document;

common::tests! {
    schemas: the_verdict_is_xmllint_s_and_the_place_is_right;
}

/// How many copies are made.
const MUTANTS: usize = 2_000;
/// How many of the rejected ones must be explained at the element that was damaged, or its parent.
const FOUND: f64 = 0.98;
/// The schema, for xmllint.
const SCHEMA: &str = "/usr/share/libvirt/schemas/domain.rng";

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
    let sources: Vec<_> = ["session/linux.xml", "session/windows.xml", "system/linux.xml", "system/windows.xml"]
        .map(|path| fs::read_to_string(repository().join(path)).unwrap())
        .into();
    let mut random = fastrand::Rng::with_seed(8_6);
    let folder = tempfile::tempdir().unwrap();
    let mut mutants = HashMap::new();
    for number in 0..MUTANTS {
        let mutant = damaged(random.choice(&sources).unwrap(), &mut random);
        let path = folder.path().join(format!("{number:04}.xml"));
        fs::write(&path, &mutant.text).unwrap();
        mutants.insert(path.to_str().unwrap().to_owned(), mutant);
    }

    let xmllint = Command::new("xmllint").args(["--noout", "--relaxng", SCHEMA]).args(mutants.keys()).output().unwrap();
    let said = String::from_utf8_lossy(&xmllint.stderr).into_owned();
    let valid: Vec<_> = said.lines().filter_map(|line| line.strip_suffix(" validates")).collect();

    let output = validate_in(Path::new("/"))
        .args(["--format", "json", "--allow", "libvirt", "--allow", "floor", "--allow", "portable"])
        .arg(folder.path())
        .output()
        .unwrap();
    let reports = String::from_utf8(output.stdout).unwrap();
    let (mut judged, mut rejected, mut found, mut missed) = (0, 0_u32, 0_u32, Vec::new());
    for line in reports.lines() {
        let report: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = report["path"].as_str().unwrap();
        let mutant = &mutants[path];
        assert_eq!(report["verdict"] == "valid", valid.contains(&path), "verdict on a copy that {}", mutant.what);
        judged += 1;
        if report["verdict"] == "invalid" {
            rejected += 1;
            let findings = report["findings"].as_array().unwrap();
            let at = |finding: &serde_json::Value| {
                element_at(&mutant.text, finding["line"].as_u64().unwrap(), finding["column"].as_u64().unwrap())
            };
            if findings.iter().any(|finding| mutant.near.contains(&at(finding))) {
                found += 1;
            } else {
                missed.push(format!("{}: {findings:?}", mutant.what));
            }
        }
    }
    assert_eq!(judged, MUTANTS);
    assert!(rejected > 500, "only {rejected} copies were rejected; the damage is too gentle");
    let found = f64::from(found) / f64::from(rejected);
    println!("{rejected} of {MUTANTS} copies rejected, {:.2} % explained where they were damaged", found * 100.0);
    assert!(found >= FOUND, "only {:.2} % were; missed:\n{}", found * 100.0, missed.join("\n"));
}
