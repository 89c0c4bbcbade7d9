//! How many of the documents that libvirt refuses, although its schema accepts them, the rules find without libvirt, and where.

mod common;

use std::collections::BTreeMap;

use common::{repository, validate_in};
use serde_json::Value;

common::tests! {
    schemas: what_libvirt_refuses_is_found_without_it;
}

/// Of a hundred documents.
const FOUND: usize = 90;

/// The documents are those that `--ask` is tried with, each of which libvirt refuses; the snapshot has the place of each finding.
fn what_libvirt_refuses_is_found_without_it() {
    let output = validate_in(&repository())
        .args(["--format", "json", "--allow", "mistake", "--allow", "floor", "xtask/judge/tests/refused"])
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let reports = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found: BTreeMap<_, _> = reports.map(|report| (name(&report).to_owned(), findings(&report))).collect();
    let silent = found.values().filter(|found| found.is_empty()).count();
    let share = (found.len() - silent) * 100 / found.len();
    println!("of {} documents that libvirt refuses, the rules find {share} %", found.len());
    let shown = |(name, found): (&String, &Vec<String>)| match &found[..] {
        [] => format!("{name}: nothing\n"),
        found => found.join("\n") + "\n",
    };
    insta::assert_snapshot!(found.iter().map(shown).collect::<String>());
    assert!(found.len() >= 60 && share >= FOUND, "only {share} % of {}", found.len());
}

fn name(report: &Value) -> &str {
    report["path"].as_str().unwrap().rsplit('/').next().unwrap()
}

/// What rules say, a line each.
fn findings(report: &Value) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter();
    let of_rules = all.filter(|finding| finding["rule"].as_str().unwrap().starts_with("libvirt/"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    of_rules
        .map(|finding| {
            let (rule, message) = (text(&finding["rule"]), text(&finding["message"]));
            format!("{}:{}:{} {rule}: {message}", name(report), finding["line"], finding["column"])
        })
        .collect()
}
