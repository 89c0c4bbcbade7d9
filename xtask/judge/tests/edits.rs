//! Single edits of documents that libvirt accepts: how many of those that it then refuses the rules alone report, and that they
//! reject none that it still accepts.
//!
//! The normal run makes a few. `EDITS=2000 cargo test --package judge --test edits -- --nocapture` makes as many as it takes to
//! have so many refused ones; `EDITS_IN=FOLDER` keeps those that are missed.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use common::edits::{Vocabulary, edited};
use common::repository;
use domain_definitions::CATALOG;
use domain_definitions::rules::{Family, Severity, Target, judge};
use judge::ask::Libvirt;
use judge::input;
use judge::report::Verdict;
use judge::schemas::{self, Compiler};
use roxmltree::Document;

common::tests! {
    measured_libvirt: what_libvirt_refuses_is_found_and_what_it_accepts_is_not_rejected;
}

/// How many refused copies the normal run looks for.
const FEW: usize = 40;
/// How many of a hundred the rules must find. Of 2,000, they find 97; in a few, chance has more weight.
const FOUND: usize = 85;
/// Seeded, so that a failure can be looked at again.
const SEED: u64 = 2_026;

/// A copy, and what is said of it.
enum Judged {
    /// By libvirt; with the rules that find something all the same, and those of them that call it an error.
    Accepted { found: bool, errors: Vec<String> },
    /// With libvirt's message; whether a rule finds something, and whether it is what libvirt says.
    Refused { message: String, found: bool, named: bool },
}

/// How many edits libvirt refuses, in how many of them a rule finds something, and in how many what libvirt says.
#[derive(Default)]
struct Counts {
    refused: usize,
    found: usize,
    named: usize,
}

impl Counts {
    /// How many of a hundred are found.
    fn share(&self) -> usize {
        self.found * 100 / self.refused.max(1)
    }
}

fn what_libvirt_refuses_is_found_and_what_it_accepts_is_not_rejected() {
    let wanted = env::var("EDITS").map_or(FEW, |number| number.parse().expect("EDITS is a number"));
    let sets = schemas::load(&[]).unwrap();
    let (compiler, libvirt) = (sets[0].compiler(), Libvirt::new().unwrap());
    let (sources, vocabulary) = sources();
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut usable: BTreeMap<(usize, usize), bool> = BTreeMap::new();
    let (mut seen, mut accepted) = (BTreeSet::new(), 0_usize);
    let mut counts = [Counts::default(), Counts::default()];
    let (mut wrong, mut missed) = (Vec::new(), BTreeMap::<String, usize>::new());
    while counts[0].refused + counts[1].refused < wanted {
        // Half of them are edits of whole machines, the others of what the rules' twins have.
        let kind = random.usize(..sources.len());
        let number = random.usize(..sources[kind].len());
        let source = &sources[kind][number];
        // One that a rule finds something in would count every refusal of its edits as found.
        let good = || matches!(judged(source, &compiler, &libvirt), Some(Judged::Accepted { found: false, .. }));
        if !*usable.entry((kind, number)).or_insert_with(good) {
            continue;
        }
        let Some(copy) = edited(source, &vocabulary, &mut random) else { continue };
        if !seen.insert(copy.clone()) {
            continue;
        }
        match judged(&copy, &compiler, &libvirt) {
            None => {}
            Some(Judged::Accepted { errors, .. }) => {
                accepted += 1;
                if !errors.is_empty() {
                    wrong.push(format!("accepted, although {errors:?}:\n{copy}"));
                }
            }
            Some(Judged::Refused { message, found, named }) => {
                let counts = &mut counts[kind];
                counts.refused += 1;
                counts.found += usize::from(found);
                counts.named += usize::from(named);
                if !found {
                    keep(missed.values().sum(), &message, &copy);
                    *missed.entry(without_names(&message)).or_default() += 1;
                }
            }
        }
    }
    for (kind, counts) in ["machines", "twins"].into_iter().zip(&counts) {
        println!(
            "of {} refused edits of {kind}, the rules find {} ({} %)",
            counts.refused,
            counts.found,
            counts.share()
        );
    }
    let [machines, twins] = counts;
    let all = Counts {
        refused: machines.refused + twins.refused,
        found: machines.found + twins.found,
        named: machines.named + twins.named,
    };
    let (share, Counts { refused, found, named }) = (all.share(), all);
    println!("of all {refused}, they find {found} ({share} %), {named} of them for the reason that libvirt gives");
    println!("of {accepted} accepted, they reject {}", wrong.len());
    let mut missed: Vec<_> = missed.into_iter().collect();
    missed.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    for (message, times) in missed {
        println!("{times:4} {message}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(share >= FOUND, "the rules find only {share} %");
}

/// What is said of a copy; none if the schema rejects it, or this machine cannot judge it.
fn judged(text: &str, compiler: &Compiler, libvirt: &Libvirt) -> Option<Judged> {
    let input = input::parse(text.as_bytes()).ok()?;
    let document = Document::parse(&input.text).ok()?;
    let schema = compiler.schema(&input.document.root())?.ok()?;
    if !schema.schema.validate(&input.document).ok()?.is_empty() {
        return None;
    }
    let target = Target::stated(&document);
    let findings = judge(&document, target).into_iter();
    let findings: Vec<_> = findings.filter(|finding| matches!(finding.rule.family, Family::Libvirt(_))).collect();
    let found = !findings.is_empty();
    let asked = libvirt.verdict(&input, Some(&document), target);
    match (asked.verdict, asked.message) {
        // Where it is valid, it can be defined, and not be started.
        (Verdict::Invalid | Verdict::Valid, Some(message)) if asked.unjudged.is_none() => {
            let said = message.to_lowercase();
            let named = findings.iter().any(|finding| match finding.rule.family {
                Family::Libvirt(refusal) => said.contains(&refusal.says.to_lowercase()),
                Family::Mistake | Family::Floor | Family::Portable(_) => false,
            });
            Some(Judged::Refused { message, found, named })
        }
        (Verdict::Valid, _) => {
            let errors = findings.into_iter().filter(|finding| finding.severity == Severity::Error);
            Some(Judged::Accepted { found, errors: errors.map(|finding| finding.rule.id()).collect() })
        }
        _ => None,
    }
}

/// Whole machines, and documents that the rules accept; and what all of them, and those that are refused, have.
fn sources() -> ([Vec<String>; 2], Vocabulary) {
    let ours = CATALOG.iter().map(|entry| entry.xml.to_owned());
    let theirs = files(&repository().join("xtask/tests/tune"));
    let whole: Vec<_> = ours.chain(theirs.into_values()).collect();
    let twins = files(&repository().join("tests/rules/libvirt"));
    let vocabulary = Vocabulary::of(whole.iter().chain(twins.values()).map(String::as_str));
    let accepted = twins
        .into_iter()
        .filter(|(path, _)| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("accepted")));
    ([whole, accepted.map(|(_, text)| text).collect()], vocabulary)
}

fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten().map(walkdir::DirEntry::into_path);
    let documents = files.filter(|path| path.extension().is_some_and(|end| end == "xml"));
    documents.filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?))).collect()
}

/// Writes down a copy that was missed, if somebody wants to see them.
fn keep(number: usize, message: &str, copy: &str) {
    let Some(folder) = env::var_os("EDITS_IN") else { return };
    let text = format!("{copy}\n<!-- {} -->\n", message.replace("--", "- -"));
    fs::write(Path::new(&folder).join(format!("{number:04}.xml")), text).unwrap();
}

/// A message without what a document calls things.
fn without_names(message: &str) -> String {
    let message = message.lines().next().unwrap_or_default();
    let word = |word: &str| {
        if word.contains(|c: char| c.is_ascii_digit() || c == '\'') { "…".to_owned() } else { word.to_owned() }
    };
    message.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
