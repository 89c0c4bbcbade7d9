//! What the rules of the family `libvirt` say is what real libvirt does.
//!
//! For each rule, `tests/rules/NAME/` has documents that are refused for its reason (`refused*.xml`) and near twins that are
//! accepted (`accepted*.xml`). Each release that is at hand gets them, if the rule names it: this machine's own, and those
//! under `target/roots/`, which `.ci/roots` makes and only root can enter. A document whose metadata says that it is for the
//! system connection is handed over by root.

mod mixed;
mod trials;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use domain_definitions::rules::{At, Family, Refusal, Rule, Severity, Target, judge, rules};
use domain_definitions::{CATALOG, Connection};
use host::{Fault, Release, User, is_root};
use libtest_mimic::{Arguments, Trial};
use roxmltree::Document;
use trials::completion;

/// Documents that are put together for each release.
const MIXTURES: usize = 600;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("each rule has its documents, and finds what it should in them", || Ok(documents_are_judged()?)),
        Trial::test("no rule minds what libvirt accepts", || Ok(nothing_accepted_is_refused()?)),
        Trial::test("portable findings stand in our headers", || Ok(portable_findings_are_stated()?)),
    ];
    let judge = |release| Arc::new(Judge { release, answers: OnceLock::new() });
    let releases: Vec<_> = Release::all().into_iter().map(judge).collect();
    // A libvirt that was asked is waited for most of the time, so each release has a thread for the mixtures, which take long,
    // and one for the rules.
    arguments.test_threads.get_or_insert(2 * releases.len());
    for release in &releases {
        let (release, name) = (Arc::clone(release), format!("no false alarm among mixtures on {}", release.name()));
        trials.push(Trial::ignorable_test(name, move || completion(release.accepts_nothing_refused())));
    }
    for (rule, refusal) in refusals() {
        for release in releases.iter().filter(|release| release.is_named_by(refusal)) {
            let (release, name) = (Arc::clone(release), format!("{} on {}", rule.id(), release.name()));
            trials.push(Trial::ignorable_test(name, move || completion(release.agrees(rule, refusal))));
        }
        let tried = releases.iter().any(|release| release.is_named_by(refusal));
        let none = move || Fault::Missing(format!("no release at hand is one that {} names ({refusal})", rule.id()));
        let check = move || if tried { Ok(()) } else { Err(none()) };
        trials.push(Trial::ignorable_test(format!("{} is tried", rule.id()), move || completion(check())));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The rules about refusals.
fn refusals() -> impl Iterator<Item = (&'static Rule, Refusal)> {
    rules().filter_map(|rule| match rule.family {
        Family::Libvirt(refusal) => Some((rule, refusal)),
        Family::Floor | Family::Portable => None,
    })
}

/// A document of a rule.
struct Twin {
    /// Its path from the repository's root.
    path: String,
    text: String,
    accepted: bool,
}

impl Twin {
    fn target(&self) -> Target {
        Target::stated(&Document::parse(&self.text).expect("a document of ours is well-formed"))
    }
}

fn twins(rule: &Rule) -> Vec<Twin> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules").join(rule.name);
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let twin = |path: PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap_or_default();
        Twin { path: format!("tests/rules/{}/{file}", rule.name), text, accepted: file.starts_with("accepted") }
    };
    paths.into_iter().map(twin).collect()
}

/// The ids of the rules of the family `libvirt` that a document is against.
fn found(text: &str) -> Vec<String> {
    let document = Document::parse(text).expect("a document of ours is well-formed");
    let findings = judge(&document, Target::stated(&document));
    let refused = findings.into_iter().filter(|finding| matches!(finding.rule.family, Family::Libvirt(_)));
    refused.map(|finding| finding.rule.id()).collect()
}

fn documents_are_judged() -> Result<(), String> {
    let mut wrong = Vec::new();
    for (rule, _) in refusals() {
        let twins = twins(rule);
        for accepted in [true, false] {
            if !twins.iter().any(|twin| twin.accepted == accepted) {
                let which = if accepted { "accepted" } else { "refused" };
                wrong.push(format!("tests/rules/{}/ has no {which}*.xml", rule.name));
            }
        }
        for twin in twins.iter().filter(|twin| !twin.accepted) {
            let found = found(&twin.text);
            if found.is_empty() || found.iter().any(|id| *id != rule.id()) {
                wrong.push(format!("{} should be against {} alone, and is against {found:?}", twin.path, rule.id()));
            }
        }
    }
    let known: Vec<_> = refusals().map(|(rule, _)| rule.name.to_owned()).collect();
    let folders =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")).into_iter().flatten().flatten();
    let strays =
        folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).filter(|name| !known.contains(name));
    wrong.extend(strays.map(|name| format!("tests/rules/{name}/ belongs to no rule")));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn nothing_accepted_is_refused() -> Result<(), String> {
    let twins = refusals().flat_map(|(rule, _)| twins(rule)).filter(|twin| twin.accepted);
    let twins = twins.map(|twin| (twin.path, twin.text));
    let ours = CATALOG.iter().map(|entry| (entry.path.to_owned(), entry.xml.to_owned()));
    let wrong: Vec<_> =
        twins.chain(ours).map(|(path, text)| (path, found(&text))).filter(|(_, found)| !found.is_empty()).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("libvirt accepts these, the rules do not: {wrong:#?}")) }
}

/// Our own definitions are clean, or say in their header what they are not.
fn portable_findings_are_stated() -> Result<(), String> {
    let mut wrong = Vec::new();
    for entry in CATALOG {
        let document = Document::parse(entry.xml).map_err(|error| format!("{}: {error}", entry.path))?;
        let findings = judge(&document, Target::stated(&document));
        let header = entry.xml.split("-->").next().unwrap_or_default();
        for finding in &findings {
            let stated = header.contains(&format!("- {}:", finding.rule.id()));
            if finding.rule.family != Family::Portable || !stated {
                wrong.push(format!("{}: {}: {}", entry.path, finding.rule.id(), finding.fault.message));
            }
        }
        let stated = header.lines().filter_map(|line| line.trim().strip_prefix("- portable/")?.split_once(':'));
        for (name, _) in stated {
            if !findings.iter().any(|finding| finding.rule.name == name) {
                wrong.push(format!("{}: its header states portable/{name}, which is not found", entry.path));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// A release, and what it says.
struct Judge {
    release: Release,
    /// What it did with each document, by path: what libvirt said, if it refused.
    answers: OnceLock<Result<BTreeMap<String, Option<String>>, String>>,
}

impl Judge {
    fn name(&self) -> String {
        self.release.name()
    }

    fn is_named_by(&self, refusal: Refusal) -> bool {
        self.release.numbers.is_some_and(|numbers| refusal.names(numbers))
    }

    /// Whether this release refuses and accepts what a rule says it does, for the reason the rule gives.
    fn agrees(&self, rule: &Rule, refusal: Refusal) -> Result<(), Fault> {
        let answers = self.answers.get_or_init(|| {
            self.ask().map_err(|fault| match fault {
                Fault::Missing(what) | Fault::Wrong(what) => what,
            })
        });
        let answers = answers.as_ref().map_err(|what| Fault::Missing(what.clone()))?;
        let mut wrong = Vec::new();
        for twin in twins(rule) {
            let path = &twin.path;
            match (answers.get(path), twin.accepted) {
                (None, _) => return Err(Fault::Missing(format!("{path} is for the system, which only root can try"))),
                (Some(None), true) => {}
                (Some(Some(said)), false) if said.to_lowercase().contains(&refusal.says.to_lowercase()) => {}
                (Some(None), false) => wrong.push(format!("{path} was accepted, but the rule says: {refusal}")),
                (Some(Some(said)), true) => wrong.push(format!("{path} was refused: {said}")),
                (Some(Some(said)), false) => {
                    wrong.push(format!("{path} was refused, but not with {:?}: {said}", refusal.says));
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(Fault::Wrong(wrong.join("\n"))) }
    }

    /// Hands every document of the rules to this release's real QEMU driver.
    fn ask(&self) -> Result<BTreeMap<String, Option<String>>, Fault> {
        let named = refusals().filter(|(_, refusal)| self.is_named_by(*refusal));
        let all = named.flat_map(|(rule, refusal)| twins(rule).into_iter().map(move |twin| (twin, refusal.at)));
        let system = |twin: &Twin| twin.target().connection == Some(Connection::System);
        let (privileged, ordinary): (Vec<_>, Vec<_>) = all.partition(|(twin, _)| system(twin));
        let mut answers = self.ask_as(&ordinary, true)?;
        if is_root() {
            answers.append(&mut self.ask_as(&privileged, false)?);
        }
        Ok(answers)
    }

    fn ask_as(&self, twins: &[(Twin, At)], ordinary: bool) -> Result<BTreeMap<String, Option<String>>, Fault> {
        let user = User::of(self.release.root.as_deref(), ordinary)?;
        let driver = if ordinary { user.session()? } else { user.qemu_driver()? };
        let documents: Vec<_> = twins.iter().map(|(twin, at)| (twin.text.as_str(), *at == At::Start)).collect();
        let paths = twins.iter().map(|(twin, _)| twin.path.clone());
        Ok(paths.zip(user.hand_over(&driver, &documents)?).collect())
    }

    /// Whether a release accepts nothing that the rules call an error, in documents put together from parts of others.
    fn accepts_nothing_refused(&self) -> Result<(), Fault> {
        let user = User::of(self.release.root.as_deref(), true)?;
        let driver = user.session()?;
        let twins: Vec<_> = refusals().flat_map(|(rule, _)| twins(rule)).map(|twin| twin.text).collect();
        let mixtures = mixed::mixtures(&twins, MIXTURES);
        let documents: Vec<_> = mixtures.iter().map(|text| (text.as_str(), false)).collect();
        let answers = user.hand_over(&driver, &documents)?;
        let accepted: Vec<_> = mixtures.iter().zip(&answers).filter(|(_, answer)| answer.is_none()).collect();
        let wrong: Vec<_> = accepted
            .iter()
            .map(|(text, _)| (errors(text), text))
            .filter(|(errors, _)| !errors.is_empty())
            .map(|(errors, text)| format!("accepted, although {errors:?}:\n{text}"))
            .collect();
        println!("{}: accepted {} of {MIXTURES} mixtures, false alarms {}", self.name(), accepted.len(), wrong.len());
        if accepted.len() < MIXTURES / 20 {
            return Err(Fault::Wrong(format!("only {} mixtures were accepted, too few to tell", accepted.len())));
        }
        if wrong.is_empty() { Ok(()) } else { Err(Fault::Wrong(wrong.join("\n"))) }
    }
}

/// What the rules call an error in a document.
fn errors(text: &str) -> Vec<String> {
    let document = Document::parse(text).expect("a document of ours is well-formed");
    let findings = judge(&document, Target::stated(&document));
    let errors = findings.into_iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.rule.id()).collect()
}
