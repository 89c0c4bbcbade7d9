//! What the rules say, held against their documents, and what those of the family `libvirt` say, held against real libvirt.
//!
//! For each rule, `tests/rules/FAMILY/NAME/` has documents that are against it and near twins that are not: `refused*.xml` and
//! `accepted*.xml` where the rule is about a refusal, `against*.xml` and `near*.xml` otherwise. Each release at hand that a
//! refusal applies to gets the documents: this machine's own, and those under `target/roots/`, which `.ci/roots` makes and only
//! root can enter. A document whose metadata says that it is for the system connection is handed over by root.

mod mixed;
mod trials;
mod twins;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use domain_definitions::introduced::INTRODUCED;
use domain_definitions::path::{Condition, Tail, XmlPath};
use domain_definitions::rules::{At, Family, Refusal, Rule, Severity, Target, judge, rules};
use domain_definitions::version::ALWAYS;
use domain_definitions::{CATALOG, Connection, FLOOR, Since};
use host::{Fault, Release, User, is_root};
use libtest_mimic::{Arguments, Trial};
use roxmltree::Document;
use trials::completion;
use twins::{Twin, folder, prefixes, twins};

/// What libvirt says of a machine of an architecture that there is no QEMU for.
const NO_EMULATOR: &str = "No emulator found for arch";
/// Documents that are put together for each release.
const MIXTURES: usize = 600;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("each rule has its documents", || Ok(all(rules().flat_map(lacks))?)),
        Trial::test("each rule finds what is marked in its documents", || Ok(all(rules().flat_map(missed))?)),
        Trial::test("each path of a rule has a document that depends on it", || Ok(all(rules().flat_map(idle))?)),
        Trial::test("each name of the since-table is found", || Ok(all(unfound())?)),
        Trial::test("no rule minds what libvirt accepts", || Ok(nothing_accepted_is_refused()?)),
        Trial::test("portable findings stand in our headers", || Ok(portable_findings_are_stated()?)),
    ];
    let judge = |release| Arc::new(Judge { release, answers: OnceLock::new() });
    let releases: Vec<_> = Release::all().into_iter().map(judge).collect();
    // libvirt's answers take their time, so each release has a thread for the mixtures, which take long, and one for the
    // rules.
    arguments.test_threads.get_or_insert(2 * releases.len());
    for release in &releases {
        let (release, name) = (Arc::clone(release), format!("no false alarm among mixtures on {}", release.name()));
        trials.push(Trial::ignorable_test(name, move || completion(release.accepts_nothing_refused())));
    }
    for (rule, refusal) in refusals() {
        for release in releases.iter().filter(|release| release.is_affected_by(refusal)) {
            let (release, name) = (Arc::clone(release), format!("{} on {}", rule.id(), release.name()));
            trials.push(Trial::ignorable_test(name, move || completion(release.agrees(rule, refusal))));
        }
        let tried = releases.iter().any(|release| release.is_affected_by(refusal));
        let none =
            move || Fault::Missing(format!("no release at hand is one that {} applies to ({refusal})", rule.id()));
        let check = move || if tried { Ok(()) } else { Err(none()) };
        trials.push(Trial::ignorable_test(format!("{} is tried", rule.id()), move || completion(check())));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Good if nothing is wrong.
fn all(wrong: impl IntoIterator<Item = String>) -> Result<(), String> {
    let wrong: Vec<_> = wrong.into_iter().collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// The rules about refusals.
fn refusals() -> impl Iterator<Item = (&'static Rule, Refusal)> {
    rules().filter_map(|rule| match rule.family {
        Family::Libvirt(refusal) => Some((rule, refusal)),
        Family::Mistake | Family::Floor | Family::Portable(_) => None,
    })
}

/// The ids of the rules of the family `libvirt` that a document is against.
fn found(text: &str) -> Vec<String> {
    let document = Document::parse(text).expect("a document of ours is well-formed");
    let findings = judge(&document, Target::stated(&document));
    let refused = findings.into_iter().filter(|finding| matches!(finding.rule.family, Family::Libvirt(_)));
    refused.map(|finding| finding.rule.id()).collect()
}

/// The documents that a rule lacks, and the folders that belong to no rule.
fn lacks(rule: &'static Rule) -> Vec<String> {
    let (id, twins) = (rule.id(), twins(rule));
    let (against, near) = prefixes(rule.family);
    let without =
        |prefix: &&str| !twins.iter().any(|twin| twin.path.starts_with(&format!("tests/rules/{id}/{prefix}")));
    let mut wrong: Vec<_> = [against, near]
        .iter()
        .filter(|prefix| without(prefix))
        .map(|prefix| format!("tests/rules/{id}/ has no {prefix}*.xml"))
        .collect();
    let family = fs::read_dir(folder().join(rule.family.name())).into_iter().flatten().flatten();
    let folders = family.map(|entry| format!("{}/{}", rule.family.name(), entry.file_name().to_string_lossy()));
    let strays = folders.filter(|folder| !rules().any(|rule| rule.id() == *folder));
    wrong.extend(strays.map(|stray| format!("tests/rules/{stray}/ belongs to no rule")));
    wrong
}

/// What a rule finds in its documents and should not, or the other way round.
fn missed(rule: &'static Rule) -> Vec<String> {
    let mut wrong = Vec::new();
    for twin in twins(rule) {
        let (found, marked) = match twin.marked() {
            Ok(marked) => (twin.found(rule, None), marked),
            Err(why) => {
                wrong.push(why);
                continue;
            }
        };
        if found != marked {
            wrong.push(format!(
                "{}: {} finds {:?}, where {:?} is marked",
                twin.path,
                rule.id(),
                twin.at(&found),
                twin.at(&marked)
            ));
        }
        if twin.against == marked.is_empty() {
            let should = if twin.against { "has no mark" } else { "is a near twin and has a mark" };
            wrong.push(format!("{} {should}", twin.path));
        }
        let others = self::found(&twin.text).into_iter().filter(|id| *id != rule.id());
        if matches!(rule.family, Family::Libvirt(_)) && twin.against {
            wrong.extend(others.map(|other| format!("{} is against {other} as well", twin.path)));
        }
    }
    wrong
}

/// The paths of a rule that could lead nowhere, and its documents would be judged the same. Those of the family `floor` are a
/// table, which [`unfound`] goes through.
fn idle(rule: &'static Rule) -> Vec<String> {
    if rule.family == Family::Floor {
        return Vec::new();
    }
    let twins = twins(rule);
    let asked = |twin: &Twin| rule.examine(twin.parsed().root_element(), twin.target(), None).asked;
    let asked: BTreeSet<_> = twins.iter().flat_map(asked).collect();
    let matters = |at: &&str| twins.iter().any(|twin| twin.found(rule, None) != twin.found(rule, Some(at)));
    asked
        .iter()
        .filter(|at| !matters(at))
        .map(|at| format!("{}: no document depends on its path `{at}`", rule.id()))
        .collect()
}

/// The names of the since-table that the rules of the family `floor` do not find in a document made of their path.
fn unfound() -> Vec<String> {
    let mut wrong = Vec::new();
    for newer in INTRODUCED {
        let text = document_with(newer.at);
        let document = Document::parse(&text).expect("it is made of elements");
        let kind = newer.at.tail().kind();
        let floor = rules().filter(|rule| rule.family == Family::Floor && rule.name == kind);
        let floor = floor.collect::<Vec<_>>();
        // A document for releases whose libvirt knows the name needs those of the other programs alone, and so on.
        let qemu = Since { libvirt: ALWAYS, ..newer.since };
        let known = Since { libvirt: newer.since.libvirt, ..FLOOR };
        let linux = Since { qemu: ALWAYS, ..qemu };
        let both = Since { qemu: newer.since.qemu.max(FLOOR.qemu), ..known };
        let targets = [(FLOOR, newer.since), (known, qemu), (both, linux)];
        for (target, needs) in targets.into_iter().filter(|(floor, _)| !newer.since.within(*floor)) {
            let target = Target { floor: target, ..Target::default() };
            let found = floor.iter().flat_map(|rule| rule.examine(document.root_element(), target, None).violations);
            let needs = format!("needs {needs}");
            if !found.into_iter().any(|violation| violation.message.ends_with(&needs)) {
                wrong.push(format!("floor/{kind} does not find that {} {needs}: {text}", newer.at));
            }
        }
    }
    wrong
}

/// The smallest document in which a path leads somewhere.
fn document_with(at: XmlPath) -> String {
    let (mut own, text) = match at.tail() {
        Tail::Element => (None, ""),
        Tail::Attribute(attribute) => (Some((attribute, "")), ""),
        Tail::Value(attribute, value) => (Some((attribute, value)), ""),
        Tail::Text(text) => (None, text),
    };
    let steps: Vec<_> = at.steps().collect();
    let inside = steps.iter().rev().fold(text.to_owned(), |inside, step| {
        let name = if step.name == "*" { "any" } else { step.name };
        let conditions = step.conditions().filter_map(|condition| match condition {
            Condition::Has(attribute, value) => Some((attribute, value)),
            Condition::Nth(_) => None,
        });
        let attributes = conditions.chain(own.take()).map(|(attribute, value)| format!(" {attribute}='{value}'"));
        format!("<{name}{}>{inside}</{name}>", attributes.collect::<String>())
    });
    format!("<domain>{inside}</domain>")
}

fn nothing_accepted_is_refused() -> Result<(), String> {
    let twins = refusals().flat_map(|(rule, _)| twins(rule)).filter(|twin| !twin.against);
    let twins = twins.map(|twin| (twin.path, twin.text));
    let ours = CATALOG.iter().map(|entry| (entry.path.to_owned(), entry.xml.to_owned()));
    let found = twins.chain(ours).map(|(path, text)| (path, found(&text))).filter(|(_, found)| !found.is_empty());
    all(found.map(|(path, found)| format!("libvirt accepts {path}, which is against {found:?}")))
}

/// Our own definitions are clean, or state in their header what they are not.
fn portable_findings_are_stated() -> Result<(), String> {
    let mut wrong = Vec::new();
    for entry in CATALOG {
        let document = Document::parse(entry.xml).map_err(|error| format!("{}: {error}", entry.path))?;
        let findings = judge(&document, Target::stated(&document));
        let header = entry.xml.split("-->").next().unwrap_or_default();
        for finding in &findings {
            let stated = header.contains(&format!("- {}:", finding.rule.id()));
            if !finding.rule.is_portable() || !stated {
                wrong.push(format!("{}: {}: {}", entry.path, finding.rule.id(), finding.violation.message));
            }
        }
        let stated = header.lines().filter_map(|line| line.trim().strip_prefix("- portable/")?.split_once(':'));
        for (name, _) in stated {
            if !findings.iter().any(|finding| finding.rule.name == name) {
                wrong.push(format!("{}: its header states portable/{name}, which is not found", entry.path));
            }
        }
    }
    all(wrong)
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

    fn is_affected_by(&self, refusal: Refusal) -> bool {
        self.release.numbers.is_some_and(|numbers| refusal.applies_to(numbers))
    }

    /// Whether this release refuses and accepts the documents of a rule as the rule says, with the words it gives.
    fn agrees(&self, rule: &Rule, refusal: Refusal) -> Result<(), Fault> {
        let answers = self.answers.get_or_init(|| {
            self.ask().map_err(|fault| match fault {
                Fault::Missing(what) | Fault::Wrong(what) => what,
            })
        });
        let answers = answers.as_ref().map_err(|what| Fault::Missing(what.clone()))?;
        let mut wrong = Vec::new();
        for twin in twins(rule).into_iter().filter(|twin| twin.can_be_tried) {
            let path = &twin.path;
            match (answers.get(path), !twin.against) {
                // Not every release at hand has QEMU for every architecture; on this machine, it can be installed.
                (Some(Some(said)), _) if said.contains(NO_EMULATOR) && self.release.root.is_some() => {}
                (Some(Some(said)), _) if said.contains(NO_EMULATOR) => {
                    return Err(Fault::Missing(format!("{path} cannot be tried: {said}")));
                }
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
        Ok(all(wrong)?)
    }

    /// Hands every document of the rules to this release's real QEMU driver.
    fn ask(&self) -> Result<BTreeMap<String, Option<String>>, Fault> {
        let affected = refusals().filter(|(_, refusal)| self.is_affected_by(*refusal));
        let all = affected.flat_map(|(rule, refusal)| twins(rule).into_iter().map(move |twin| (twin, refusal)));
        let all = all.filter(|(twin, _)| twin.can_be_tried);
        let (machines, others): (Vec<_>, Vec<_>) = all.partition(|(_, refusal)| refusal.root == "domain");
        let all = machines.into_iter().map(|(twin, refusal)| (twin, refusal.at));
        let system = |twin: &Twin| twin.target().connection == Some(Connection::System);
        let (privileged, ordinary): (Vec<_>, Vec<_>) = all.partition(|(twin, _)| system(twin));
        let mut answers = self.ask_as(&ordinary, true)?;
        for (root, connection) in [("network", "network:///session"), ("volume", "storage:///session")] {
            let twins = others.iter().filter(|(_, refusal)| refusal.root == root).map(|(twin, _)| twin);
            answers.append(&mut self.ask_others(&twins.collect::<Vec<_>>(), root, connection)?);
        }
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
        let mut answers = user.hand_over(&driver, &documents)?;
        for (document, answer) in documents.iter().zip(&mut answers) {
            if answer.as_deref().is_some_and(lacks_a_reason) {
                *answer = user.hand_over(&driver, &[*document])?.pop().flatten();
            }
        }
        Ok(paths.zip(answers).collect())
    }

    /// Hands networks or volumes to daemons of an ordinary user's, in whose home they stay.
    fn ask_others(
        &self,
        twins: &[&Twin],
        root: &str,
        connection: &str,
    ) -> Result<BTreeMap<String, Option<String>>, Fault> {
        if twins.is_empty() {
            return Ok(BTreeMap::new());
        }
        let user = User::of(self.release.root.as_deref(), true)?;
        let pool = format!("pool-create-as rules dir --target {}", user.folder("volumes")?);
        let mut commands = vec![if root == "volume" { pool } else { "uri".to_owned() }];
        for (index, twin) in twins.iter().enumerate() {
            let file = user.file(&format!("{index}.xml"), &twin.text)?;
            let document = twin.parsed();
            let name = document.root_element().children().find(|node| node.has_tag_name("name"));
            let name = name.and_then(|node| node.text()).unwrap_or_default();
            commands.extend(match root {
                "volume" => [format!("vol-create rules {file}"), format!("vol-delete --pool rules {name}")],
                _ => [format!("net-define --validate {file}"), format!("net-undefine {name}")],
            });
        }
        let mut answers = user.each(connection, &commands)?.into_iter();
        if let Some(Err(why)) = answers.next() {
            return Err(Fault::Missing(format!("libvirt has no usable driver: {why}")));
        }
        Ok(twins.iter().zip(answers.step_by(2)).map(|(twin, answer)| (twin.path.clone(), answer.err())).collect())
    }

    /// Whether a release accepts nothing that the rules call an error, in documents put together from parts of others.
    fn accepts_nothing_refused(&self) -> Result<(), Fault> {
        let user = User::of(self.release.root.as_deref(), true)?;
        let driver = user.session()?;
        let machines = refusals().filter(|(_, refusal)| refusal.root == "domain");
        let twins: Vec<_> = machines.flat_map(|(rule, _)| twins(rule)).map(|twin| twin.text).collect();
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

/// Whether libvirt says only that QEMU has ended: on a busy machine, it may not have read QEMU's last words yet.
fn lacks_a_reason(said: &str) -> bool {
    said.contains("closed the monitor") && !said.contains("qemu-system-x86_64: ")
}

/// What the rules call an error in a document.
fn errors(text: &str) -> Vec<String> {
    let document = Document::parse(text).expect("a document of ours is well-formed");
    let findings = judge(&document, Target::stated(&document));
    let errors = findings.into_iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.rule.id()).collect()
}
