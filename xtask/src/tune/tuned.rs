//! A machine, tuned: what of each decision is so, and the text in which what was asked for is so as well.

use domain_definitions::rules::{self, Severity, Target};
use domain_definitions::topics::Topic;
use domain_definitions::{Definition, Hypervisor, Safety, Since, Tunable};
use roxmltree::{Document, Node};

use super::choose::{self, Choice, NoChoice, Wish};
use super::facts::Apart;
use super::guest::{self, Known};
use super::leftovers::{self, Leftover};
use super::mend;
use super::reasons;
use super::secure_boot::SecureBoot;
use super::subject::{State, Subject};

/// Which changes are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Those that need the guest, and a person's choices, as well.
    pub all: bool,
    /// These topics alone, if any.
    pub only: &'a [&'static Topic],
    /// Not these.
    pub except: &'a [&'static Topic],
}

impl Which<'_> {
    fn takes_topic(self, topic: &Topic) -> bool {
        let is_in = |topics: &[&'static Topic]| topics.iter().any(|other| **other == *topic);
        (self.only.is_empty() || is_in(self.only)) && !is_in(self.except)
    }

    /// Whoever names a definition has chosen.
    fn takes(self, topic: &Topic, safety: Safety, like: bool) -> bool {
        let takes = match safety {
            Safety::Safe => true,
            Safety::Yours(_) => self.all || like,
            Safety::NeedsGuest(_) => self.all,
        };
        takes && self.takes_topic(topic)
    }
}

/// A machine, tuned.
pub struct Tuned {
    /// What `virsh list` shows.
    pub name: String,
    /// What it was held against.
    pub definition: Definition,
    /// How its guest is known.
    pub known: Known,
    /// The releases it was tuned for.
    pub floor: Since,
    /// The decisions, in their order.
    pub decisions: Vec<Decision>,
    /// What is left over.
    pub leftovers: Vec<(Leftover, bool)>,
    /// What is against the rules.
    pub findings: Vec<Finding>,
    /// What the firmware's variables say of Secure Boot, once they have been looked at.
    pub secure_boot: Option<SecureBoot>,
    /// The mended text.
    pub text: String,
}

/// A decision, and how the machine stands to it.
pub struct Decision {
    /// The decision.
    pub tunable: &'static Tunable,
    /// What it means for the guest.
    pub safety: Safety,
    /// Whether the machine has it and the definition does not.
    pub is_extra: bool,
    /// How the machine stands to it.
    pub state: State,
    /// Whether the mended text has it.
    pub written: bool,
}

/// Something that is against a rule.
#[derive(serde::Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Finding {
    pub rule: String,
    pub severity: Severity,
    pub line: u32,
    pub message: String,
    pub help: &'static str,
}

/// No machine needs more changes than this: a bound for what would never end.
const MOST: usize = 400;

/// Tunes a machine.
///
/// # Errors
///
/// When it does not say what it is, or there is no definition for it.
pub fn tuned(text: &str, wish: Wish, which: Which, floor: Since, qemu_is_known: bool) -> Result<Tuned, NoChoice> {
    let document = Document::parse(text).map_err(|error| NoChoice::Record(error.to_string()))?;
    let Choice { all, chosen, known } = choose::choose(&document, wish)?;
    let (apart, like) = (&all[chosen], wish.like.is_some());
    let beside = |apart| Beside::new(apart, floor, like).ok_or_else(|| NoChoice::Record(apart.definition.path()));
    let own = beside(apart)?;
    let mut text = text.to_owned();
    let now = own.subject(&document);
    let first = apart.decisions.iter().map(|decided| {
        let (tunable, state) = (decided.tunable, now.state(decided));
        Decision { tunable, safety: tunable.safety, is_extra: false, state, written: false }
    });
    let mut decisions: Vec<_> = first.collect();
    let files: Vec<_> = all.iter().map(beside).collect::<Result<_, _>>()?;
    let made_from = guest::made_from(&document);
    let was = made_from.and_then(|was| files.iter().find(|file| file.apart.definition.path() == was.path()));
    let reasons = reasons::true_ones(&document, was.unwrap_or(&own), &files);
    if like {
        decisions.extend(extras(&mut text, &document, &own, &files, which));
    }
    // A later decision may make room for an earlier one.
    while apply(&mut text, &own, which, &mut decisions) {}
    let qemu = qemu_is_known.then_some(floor.qemu);
    let leftovers = left(&mut text, qemu, which);
    if let Some(before) = made_from.filter(|_| like || decisions.iter().any(|one| one.written)) {
        repeat(&mut text, |text| mend::renamed(text, apart, &before));
        text = reasons::renamed(&text, &before, &apart.definition).unwrap_or(text);
    }
    reasons::forget(&mut text, &reasons, &own, &files);
    let target = Target { floor, connection: Some(apart.definition.connection), hypervisor: Some(Hypervisor::Qemu) };
    let name = domain_definitions::locate_all(document.root_element(), "name");
    Ok(Tuned {
        name: name.first().and_then(Node::text).unwrap_or("a machine without a name").to_owned(),
        definition: apart.definition,
        known,
        floor,
        decisions,
        leftovers,
        findings: against(&document, target),
        secure_boot: None,
        text,
    })
}

/// A definition that a text is held against, each time that the text has changed.
pub struct Beside<'a> {
    /// The definition.
    pub apart: &'a Apart,
    ours: Document<'a>,
    floor: Since,
    like: bool,
}

impl<'a> Beside<'a> {
    fn new(apart: &'a Apart, floor: Since, like: bool) -> Option<Beside<'a>> {
        Some(Beside { apart, ours: Document::parse(apart.text()).ok()?, floor, like })
    }

    /// A machine beside it.
    #[must_use]
    pub fn subject<'b, 'input>(&'b self, theirs: &'b Document<'input>) -> Subject<'b, 'input> {
        Subject { theirs, ours: &self.ours, apart: self.apart, floor: self.floor, like: self.like }
    }

    /// Asks about a text.
    fn ask<T>(&self, text: &str, ask: impl FnOnce(&Subject) -> Option<T>) -> Option<T> {
        let theirs = Document::parse(text).ok()?;
        ask(&self.subject(&theirs))
    }
}

/// Changes a text for as long as there is something to change.
pub fn repeat(text: &mut String, change: impl Fn(&str) -> Option<String>) -> bool {
    let mut changed = false;
    for _ in 0..MOST {
        let Some(new) = change(text).filter(|new| new != text) else { break };
        *text = new;
        changed = true;
    }
    changed
}

/// Makes what is not so as the decisions say, as far as it is asked for. Whether anything was changed.
fn apply(text: &mut String, own: &Beside, which: Which, decisions: &mut [Decision]) -> bool {
    let mut changed = false;
    for (decided, decision) in own.apart.decisions.iter().zip(decisions) {
        if decision.written || !which.takes(decided.tunable.topic, decision.safety, own.like) {
            continue;
        }
        let open = |subject: &Subject| {
            Some(subject.state(decided)).filter(|state| matches!(state, State::Missing | State::Different(_)))
        };
        let Some(state) = own.ask(text, open) else { continue };
        let next = |subject: &Subject| open(subject).and_then(|_| mend::step(subject, decided));
        decision.written = repeat(text, |text| own.ask(text, next));
        decision.state = state;
        changed |= decision.written;
        if decided.tunable.at == "devices/graphics/listen" {
            repeat(text, |text| mend::closed(&Document::parse(text).ok()?));
        }
    }
    changed
}

/// Takes out what other files of the guest have and this one does not, as far as the machine has it as it is there.
fn extras(text: &mut String, document: &Document, own: &Beside, others: &[Beside], which: Which) -> Vec<Decision> {
    let is_in = |tunables: &[&Tunable], one: &Tunable| tunables.iter().any(|other| std::ptr::eq(*other, one));
    let mut seen: Vec<&Tunable> = own.apart.decisions.iter().map(|decided| decided.tunable).collect();
    let mut decisions = Vec::new();
    for other in others {
        let subject = other.subject(document);
        for decided in other.apart.decisions.iter().rev() {
            let tunable = decided.tunable;
            if is_in(&seen, tunable) || !subject.holds(decided) {
                continue;
            }
            seen.push(tunable);
            let safety = if tunable.at == "devices/tpm" {
                Safety::NeedsGuest(
                    "its own keys: take what the guest keeps in the TPM, such as the key of its disk, out first",
                )
            } else {
                Safety::Yours("the file that was asked for does not have it")
            };
            let step = |text: &str| {
                let theirs = Document::parse(text).ok()?;
                mend::less(&own.subject(&theirs), &other.subject(&theirs), decided)
            };
            // What is a value of the definition's is changed by that.
            if step(text).is_none() {
                continue;
            }
            let written = which.takes(tunable.topic, safety, true) && repeat(text, step);
            decisions.push(Decision { tunable, safety, is_extra: true, state: State::Different(Vec::new()), written });
        }
    }
    decisions
}

/// Takes out what is left over, as far as it is asked for.
fn left(text: &mut String, qemu: Option<domain_definitions::Version>, which: Which) -> Vec<(Leftover, bool)> {
    let original = text.clone();
    let Ok(document) = Document::parse(&original) else { return Vec::new() };
    let found = leftovers::of(&document, qemu);
    repeat(text, |text| {
        let document = Document::parse(text).ok()?;
        leftovers::of(&document, qemu).into_iter().filter(|one| which.takes_topic(one.topic)).find_map(|one| one.mended)
    });
    found
        .into_iter()
        .map(|one| {
            let written = one.mended.is_some() && which.takes_topic(one.topic);
            (one, written)
        })
        .collect()
}

/// What is against the rules, but for what ties a machine to its host: somebody's machine may be tied to theirs.
fn against(document: &Document, target: Target) -> Vec<Finding> {
    let found = rules::judge(document, target).into_iter().filter(|finding| !finding.rule.is_portable());
    let shown = found.map(|finding| Finding {
        rule: finding.rule.id(),
        severity: finding.severity,
        line: document.text_pos_at(finding.violation.span.start).row,
        message: finding.violation.message,
        help: finding.rule.help,
    });
    shown.collect()
}
