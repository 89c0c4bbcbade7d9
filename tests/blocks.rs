//! What the rules of the family `portable` say of saving and moving a machine is what QEMU does.
//!
//! The documents of each rule (`tests/rules/portable/`) are started, paused; QEMU is asked what is against a migration, and the
//! machine is saved and restored. Both have to come out as the rules say that the document is against: for a near twin, nothing
//! is in the way. Each release at hand tries the documents against the rules that block something; near twins and the
//! documents of the other rules are for one release.
//!
//! What cannot be tried on a machine like this is in [`UNTRIED`]; everything else must start, if need be without the feature of
//! the processor that this host's KVM refuses.

mod blocked;
mod trials;
mod twins;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use domain_definitions::FLOOR;
use domain_definitions::rules::{Family, Rule, Target, judge, rules};
use host::{Fault, Release, User, processor};
use libtest_mimic::{Arguments, Trial};
use roxmltree::Document;
use trials::completion;
use twins::{Twin, twins};

/// How many users hand documents to a release at once.
const USERS: usize = 3;
/// How often a question is put again to which libvirt gave half an answer.
const REPEATS: usize = 2;

/// What a machine like this lacks for a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lacks {
    /// What it takes to start it.
    Start,
    /// What it takes for QEMU to block something.
    Block,
}

/// Documents that cannot be tried on every machine, and why: by rule, and the beginning of the file's name.
const UNTRIED: &[(&str, &str, Lacks, &str)] = &[
    ("3d", "against", Lacks::Start, "needs a GPU"),
    ("cpu-vendor", "against-feature", Lacks::Start, "needs a CPU that both makers' features fit"),
    ("cpu-vendor", "against-policy", Lacks::Start, "the schema wants a policy, which libvirt without it does not"),
    ("firmware-feature", "against-stateless", Lacks::Start, "needs firmware that no distribution here has"),
    ("gl", "against", Lacks::Start, "needs a GPU"),
    ("host-device", "against", Lacks::Start, "needs a device of the host"),
    ("host-device", "near-tpm", Lacks::Start, "needs swtpm"),
    ("host-network", "against", Lacks::Start, "needs a network of the host"),
    ("host-network", "near-interface", Lacks::Start, "needs a network of libvirt's, which a session has not"),
    ("hugepages", "against", Lacks::Start, "needs huge pages"),
    ("hyperv-passthrough", "against", Lacks::Block, "needs a KVM that has Hyper-V's enlightenments"),
    ("invtsc", "against", Lacks::Start, "needs a CPU with a clock of constant frequency"),
    ("invtsc", "near-frequency", Lacks::Start, "needs a CPU of that frequency"),
    ("launch-security", "against", Lacks::Start, "needs a CPU that encrypts memory"),
    ("machine-version", "against-distribution", Lacks::Start, "needs a distribution's own QEMU"),
    ("machine-version", "against-virt", Lacks::Start, "needs a QEMU for ARM"),
    ("machine-version", "near-virt", Lacks::Start, "needs a QEMU for ARM"),
    ("nvme", "against-disk", Lacks::Start, "needs a disk"),
    ("path", "against", Lacks::Start, "needs a file, folder or device of the host"),
    ("path", "near-disk", Lacks::Start, "needs a pool"),
    ("path", "near-render-node", Lacks::Start, "needs a GPU"),
    ("reenlightenment", "against", Lacks::Block, "needs a guest that uses it"),
    ("reenlightenment", "near-frequency", Lacks::Start, "needs a CPU of that frequency"),
    ("security-label", "against", Lacks::Start, "needs a security module"),
    ("unmigratable-cpu", "against", Lacks::Block, "needs a CPU with a clock of constant frequency"),
    ("unmigratable-cpu", "near-frequency", Lacks::Start, "needs a CPU of that frequency"),
    ("virtiofs", "against", Lacks::Start, "needs virtiofsd, and libvirt 10.0 in a session"),
    ("vsock", "against", Lacks::Start, "needs vhost-vsock"),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let releases: Vec<_> = Release::all().into_iter().filter(|release| release.numbers.is_some()).collect();
    let others = releases.first().cloned().map(|release| Place::new(release, false));
    let places = releases.into_iter().map(|release| Place::new(release, true)).chain(others);
    let places: Vec<_> = places.map(Arc::new).collect();
    // QEMU's answers take their time, so each has a thread.
    arguments.test_threads.get_or_insert(places.len().max(1));
    let mut trials = vec![Trial::test("what is not tried is a document", || Ok(untried_are_documents()?))];
    for rule in portable() {
        for place in places.iter().filter(|place| place.tries(rule)) {
            let (place, name) = (Arc::clone(place), format!("{} on {}", rule.id(), place.release.name()));
            trials.push(Trial::ignorable_test(name, move || completion(place.agrees(rule))));
        }
    }
    if places.is_empty() {
        let none = || completion(Err(Fault::Missing("there is no libvirt with QEMU that could be asked".to_owned())));
        trials.push(Trial::ignorable_test("QEMU is asked", none));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    println!("{}", summary(&places));
    conclusion.exit_code()
}

fn portable() -> impl Iterator<Item = &'static Rule> {
    rules().filter(|rule| matches!(rule.family, Family::Portable(_)))
}

/// What a machine like this may lack for a document, and why.
fn untried(twin: &Twin) -> Option<(Lacks, &'static str)> {
    let path = twin.path.strip_prefix("tests/rules/portable/")?;
    let named = |(rule, file, ..): &&(&str, &str, Lacks, &str)| path.starts_with(&format!("{rule}/{file}"));
    UNTRIED.iter().find(named).map(|(_, _, lacks, why)| (*lacks, *why))
}

fn untried_are_documents() -> Result<(), String> {
    let paths: Vec<_> = portable().flat_map(twins).map(|twin| twin.path).collect();
    let stale = |(rule, file, ..): &&(&str, &str, Lacks, &str)| {
        !paths.iter().any(|path| path.starts_with(&format!("tests/rules/portable/{rule}/{file}")))
    };
    let stale: Vec<_> = UNTRIED.iter().filter(stale).collect();
    if stale.is_empty() { Ok(()) } else { Err(format!("no document is called so: {stale:?}")) }
}

/// How many rules QEMU was asked about.
fn summary(places: &[Arc<Place>]) -> String {
    let asked = |rule: &Rule| places.iter().any(|place| place.asked(rule));
    let (asked, others): (Vec<_>, Vec<_>) = portable().partition(|rule| asked(rule));
    let blocks = |rules: &[&Rule]| rules.iter().filter(|rule| rule.blocks().is_some()).count();
    let others = others.iter().map(|rule| {
        let against = twins(rule).into_iter().filter(|twin| twin.against);
        let mut why: Vec<_> =
            against.map(|twin| untried(&twin).map_or("not asked in this run", |(_, why)| why)).collect();
        why.dedup();
        format!("\n  {}: {}", rule.id(), why.join("; "))
    });
    format!(
        "held against QEMU: {} of {} portable rules, {} of the {} that block something; not held:{}",
        asked.len(),
        portable().count(),
        blocks(&asked),
        portable().filter(|rule| rule.blocks().is_some()).count(),
        others.collect::<String>()
    )
}

/// A release, and what it did with each document.
struct Place {
    release: Release,
    /// Whether it tries the documents of the rules that block something, or those of the others.
    blocking: bool,
    answers: OnceLock<Result<BTreeMap<String, Answer>, String>>,
    /// The documents against a rule that came out as it says.
    agreed: Mutex<Vec<String>>,
}

/// What virsh answered to each command about a document.
#[derive(Clone)]
struct Answer {
    started: Result<String, String>,
    blocked: Result<String, String>,
    saved: Result<String, String>,
    restored: Result<String, String>,
}

impl Answer {
    /// Whether libvirt said why it could not save the machine, if it could not: below what failed.
    fn says_why(&self) -> bool {
        self.saved.as_ref().err().is_none_or(|said| said.trim().lines().count() > 1)
    }
}

impl Place {
    fn new(release: Release, blocking: bool) -> Place {
        Place { release, blocking, answers: OnceLock::new(), agreed: Mutex::default() }
    }

    fn tries(&self, rule: &Rule) -> bool {
        self.blocking == rule.blocks().is_some()
    }

    /// Whether a document against a rule came out as the rule says.
    fn asked(&self, rule: &Rule) -> bool {
        let folder = format!("tests/rules/{}/", rule.id());
        self.agreed.lock().is_ok_and(|agreed| agreed.iter().any(|path| path.starts_with(&folder)))
    }

    fn agrees(&self, rule: &Rule) -> Result<(), Fault> {
        let answers = self.answers.get_or_init(|| self.ask().map_err(|fault| fault.what().to_owned()));
        let answers = answers.as_ref().map_err(|what| Fault::Missing(what.clone()))?;
        let mut wrong = Vec::new();
        for twin in twins(rule).iter().filter(|twin| self.is_for(twin)) {
            let Some(answer) = answers.get(&twin.path) else {
                wrong.push(format!("{}: it was not tried", twin.path));
                continue;
            };
            let lacks = untried(twin).map(|(lacks, _)| lacks);
            match (answer.started.clone(), self.compare(twin, answer)) {
                (Err(_), _) if lacks == Some(Lacks::Start) => {}
                (Ok(_), Err(_)) if lacks == Some(Lacks::Block) => {}
                (Err(why), _) | (Ok(_), Err(why)) => wrong.push(format!("{}: {why}", twin.path)),
                (Ok(_), Ok(())) if twin.against => {
                    self.agreed.lock().iter_mut().for_each(|agreed| agreed.push(twin.path.clone()));
                }
                (Ok(_), Ok(())) => {}
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(Fault::Wrong(wrong.join("\n"))) }
    }

    /// Whether this release tries a document: not with names that it does not know. A near twin, whose saving takes seconds, is
    /// for this machine's own release alone.
    fn is_for(&self, twin: &Twin) -> bool {
        if !twin.against && self.release.root.is_some() {
            return false;
        }
        let document = twin.parsed();
        let target = Target { floor: self.release.numbers.unwrap_or(FLOOR), ..Target::default() };
        judge(&document, target).iter().all(|finding| finding.rule.family != Family::Floor)
    }

    /// Whether a document's machine can be saved and restored, if no rule says that it cannot.
    fn compare(&self, twin: &Twin, answer: &Answer) -> Result<(), String> {
        blocked::agrees(
            &ties(&twin.parsed()),
            self.release.numbers.unwrap_or(FLOOR),
            answer.blocked.as_ref()?,
            answer.saved.as_ref().err().map(String::as_str),
        )?;
        if answer.saved.is_ok() {
            answer.restored.clone()?;
        }
        Ok(())
    }

    /// Starts, saves and restores the machine of every document: by several users, because most of the time QEMU is waited for.
    fn ask(&self) -> Result<BTreeMap<String, Answer>, Fault> {
        let documents = portable().filter(|rule| self.tries(rule)).flat_map(|rule| {
            let saves = rule.blocks().is_some();
            twins(rule).into_iter().map(move |twin| (twin, saves))
        });
        let documents: Vec<_> = documents.filter(|(twin, _)| self.is_for(twin)).collect();
        let shares: Vec<_> = documents.chunks(documents.len().div_ceil(USERS).max(1)).collect();
        let answers: Vec<_> = thread::scope(|scope| {
            let users: Vec<_> =
                shares.into_iter().map(|share| scope.spawn(|| self.ask_about(share, REPEATS))).collect();
            users.into_iter().map(|user| user.join().map_err(|_| "a user has not answered")).collect()
        });
        let mut all = BTreeMap::new();
        for answer in answers {
            all.append(&mut answer??);
        }
        Ok(all)
    }

    /// The same as one user, with some of the documents, each with whether it is saved. Asks again about those of which libvirt has
    /// not said why it could not save them: when QEMU crashes, its end and libvirt's next command race each other.
    fn ask_about(&self, documents: &[(Twin, bool)], repeats: usize) -> Result<BTreeMap<String, Answer>, Fault> {
        let user = User::of(self.release.root.as_deref(), true)?;
        let driver = user.session()?;
        let is_refused = processor::is_refused(&user)?;
        let mut commands = Vec::new();
        for (index, (twin, saves)) in documents.iter().enumerate() {
            let text = if is_refused { processor::without_refused(&twin.text)? } else { twin.text.clone() };
            let file = user.file(&format!("{index}.xml"), &text)?;
            let nothing = "echo".to_owned();
            let (save, restore) = ("managedsave example".to_owned(), "start --paused example".to_owned());
            commands.extend([
                format!("define --validate {file}"),
                "start --paused example".to_owned(),
                blocked::query("example"),
                if *saves { save } else { nothing.clone() },
                if *saves { restore } else { nothing },
                "destroy example".to_owned(),
                "undefine --nvram --managed-save example".to_owned(),
            ]);
        }
        let answers = user.each(&driver, &commands)?;
        let answer = |answers: &[Result<String, String>]| Answer {
            started: answers[0].clone().and_then(|_| answers[1].clone()),
            blocked: answers[2].clone(),
            saved: answers[3].clone(),
            restored: answers[4].clone(),
        };
        let answers: Vec<_> = answers.chunks(7).map(answer).collect();
        let unexplained = documents.iter().zip(&answers).filter(|(_, answer)| !answer.says_why());
        let unexplained: Vec<_> = unexplained.map(|(document, _)| document.clone()).collect();
        let mut all: BTreeMap<_, _> = documents.iter().map(|(twin, _)| twin.path.clone()).zip(answers).collect();
        if !unexplained.is_empty() && repeats > 0 {
            all.append(&mut self.ask_about(&unexplained, repeats - 1)?);
        }
        Ok(all)
    }
}

/// The portable rules that a document is against, whatever the floor.
fn ties(document: &Document) -> Vec<&'static Rule> {
    let found = |rule: &&Rule| !rule.examine(document.root_element(), Target::default(), None).violations.is_empty();
    portable().filter(found).collect()
}
