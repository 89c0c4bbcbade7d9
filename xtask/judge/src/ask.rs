//! Asking the libvirt of this machine itself: `--ask`.
//!
//! It refuses for reasons that no schema has and no rule, but it names no place. `locate` finds that, `lacks` tells what the
//! host lacks from what is wrong with a document, `real` puts the questions.

mod lacks;
mod locate;
mod real;

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain_definitions::Version;
use domain_definitions::needs::{LIBVIRT, QEMU};
use domain_definitions::platforms::Hypervisor;
use domain_definitions::rules::{Family, Severity, Target, rules};
use host::Fault;
use roxmltree::{Document, Node};
use serde::Serialize;

use crate::explain::{Rejection, blanked};
use crate::input::Input;
use crate::kind::Kind;
use crate::report::{Located, Verdict};
use locate::{Place, locate};
use real::{Driver, Real, Step};

/// How many questions are asked about one document.
const QUESTIONS: usize = 2_000;
/// How long one document may take. Then the places of further faults are not looked for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many faults of a document are looked for.
const FAULTS: usize = 10;
/// The devices that are left out when a command line for QEMU is asked for: libvirt would make a network interface for each of the
/// first (whatever their type), and ask another daemon for the second. An ordinary user of no daemon has neither.
const OF_THE_HOST: [&str; 2] = ["interface", "disk"];

/// What the libvirt of this machine says of a document.
#[derive(Debug, Serialize)]
pub struct Asked {
    /// Its release.
    pub release: String,
    /// Its verdict on defining the document.
    pub verdict: Verdict,
    /// Its own words, where it refuses to define or to start it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What it could not judge, and why, as `it: …` or `whether it starts: …`. That is about the host, not the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unjudged: Option<String>,
}

/// Why libvirt cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error(
    "--ask needs libvirt, virsh and QEMU on this machine: {}. They come with {} {} (Debian, Ubuntu), {} {} (Fedora), {} {} (Arch), \
     {} {} (openSUSE)",
    .0, packages()[0].0, packages()[0].1, packages()[1].0, packages()[1].1, packages()[2].0, packages()[2].1,
    packages()[3].0, packages()[3].1
)]
pub struct Error(String);

/// The packages of libvirt and of QEMU.
fn packages() -> [(&'static str, &'static str); 4] {
    let (Some(libvirt), Some(qemu)) = (&LIBVIRT.packages, &QEMU.packages) else { return [("", ""); 4] };
    [
        (libvirt.debian, qemu.debian),
        (libvirt.fedora, qemu.fedora),
        (libvirt.arch, qemu.arch),
        (libvirt.opensuse, qemu.opensuse),
    ]
}

/// The libvirt of this machine, for all threads.
pub struct Libvirt {
    real: Mutex<Real>,
    /// Its release.
    pub release: String,
}

impl Libvirt {
    /// Prepares to ask it.
    ///
    /// # Errors
    ///
    /// When it is not installed.
    pub fn new() -> Result<Libvirt, Error> {
        let real = Real::new().map_err(|fault| Error(fault.what().to_owned()))?;
        Ok(Libvirt { release: real.release.clone(), real: Mutex::new(real) })
    }

    /// Asks about a document, and adds to the findings what they do not have yet.
    pub fn judge(
        &self,
        input: &Input,
        document: Option<&Document>,
        target: Target,
        findings: &mut Vec<Located>,
    ) -> Asked {
        self.ask(input, document, target, Some(findings))
    }

    /// Asks about a document, and for no places.
    pub fn verdict(&self, input: &Input, document: Option<&Document>, target: Target) -> Asked {
        self.ask(input, document, target, None)
    }

    /// Asks about a document, and for places if there is somewhere to put them.
    fn ask(
        &self,
        input: &Input,
        document: Option<&Document>,
        target: Target,
        findings: Option<&mut Vec<Located>>,
    ) -> Asked {
        let root = input.document.root();
        let Some(driver) = Driver::of(&root) else {
            return self.unjudged(format!("it: a <{root}> cannot be handed over without touching the host"));
        };
        if target.hypervisor == Some(Hypervisor::CloudHypervisor) {
            return self.unjudged(
                "it: only the driver for QEMU is asked, and the document is for Cloud Hypervisor".to_owned(),
            );
        }
        let Some(document) = document else {
            return self.unjudged("it: a prefix is not declared".to_owned());
        };
        let mut real = self.real.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut nowhere, located) = (Vec::new(), findings.is_some());
        let findings = findings.unwrap_or(&mut nowhere);
        let mut inquiry =
            Inquiry { real: &mut real, driver, input, document, findings, left: QUESTIONS, begun: Instant::now() };
        let release: Option<Version> = self.release.parse().ok();
        match inquiry.verdict() {
            Err(fault) => self.unjudged(format!("it: {}", fault.what())),
            Ok(Said::Lacks(why)) => self.unjudged(format!("it: {why}")),
            Ok(Said::Refuses { message, .. }) if release.is_some_and(|release| release < target.floor.libvirt) => {
                self.unjudged(format!("it: the document is for libvirt {} or later; {message}", target.floor.libvirt))
            }
            Ok(said) => {
                let asked = Asked {
                    release: self.release.clone(),
                    verdict: said.verdict(),
                    message: said.message().map(str::to_owned),
                    unjudged: said.unjudged(),
                };
                if let (Said::Refuses { step, message }, true) = (said, located) {
                    inquiry.report(step, &message, &self.release);
                }
                asked
            }
        }
    }

    /// What is said of a piece of a document, such as a device alone. It is not handed over: only a whole document can be defined,
    /// and in one that was made up around it, libvirt would judge that one.
    #[must_use]
    pub fn of_a_piece(&self) -> Asked {
        self.unjudged("it: only a whole document can be defined".to_owned())
    }

    fn unjudged(&self, why: String) -> Asked {
        let release = self.release.clone();
        Asked { release, verdict: Verdict::Inapplicable, message: None, unjudged: Some(why) }
    }
}

/// What libvirt says of a document.
enum Said {
    Accepts,
    /// It accepts to define it, but what it takes to start it, the host lacks.
    Defines(String),
    /// The host lacks what it takes to define it.
    Lacks(String),
    Refuses {
        step: Step,
        message: String,
    },
}

impl Said {
    fn verdict(&self) -> Verdict {
        match self {
            Said::Refuses { step: Step::Define, .. } => Verdict::Invalid,
            Said::Lacks(_) => Verdict::Inapplicable,
            Said::Accepts | Said::Defines(_) | Said::Refuses { .. } => Verdict::Valid,
        }
    }

    fn message(&self) -> Option<&str> {
        match self {
            Said::Refuses { message, .. } => Some(message),
            _ => None,
        }
    }

    fn unjudged(&self) -> Option<String> {
        match self {
            Said::Defines(why) => Some(why.clone()),
            _ => None,
        }
    }
}

struct Inquiry<'a> {
    real: &'a mut Real,
    driver: Driver,
    input: &'a Input,
    document: &'a Document<'a>,
    findings: &'a mut Vec<Located>,
    /// Questions that may still be asked.
    left: usize,
    begun: Instant,
}

impl Inquiry<'_> {
    /// What libvirt says of the document as it is.
    fn verdict(&mut self) -> Result<Said, Fault> {
        let (driver, text) = (self.driver, &self.input.text);
        if let Err(message) = self.real.ask(driver, Step::Define, text)? {
            return Ok(match self.lacking(&message, Step::Define)? {
                Some(why) => Said::Lacks(why),
                None => Said::Refuses { step: Step::Define, message },
            });
        }
        if driver != Driver::Domain {
            return Ok(Said::Accepts);
        }
        let text = blanked(text, &of_the_host(self.document));
        match self.real.ask(driver, Step::Start, &text)? {
            Ok(()) => Ok(Said::Accepts),
            Err(message) => Ok(match self.lacking(&message, Step::Start)? {
                Some(why) => Said::Defines(format!("whether it starts: {why}")),
                None => Said::Refuses { step: Step::Start, message },
            }),
        }
    }

    /// What the host lacks, if the message is about that.
    fn lacking(&mut self, message: &str, step: Step) -> Result<Option<String>, Fault> {
        let help = match lacks::control(message, self.document) {
            Some(control) if self.real.ask(Driver::Domain, step, &control)?.is_err() => Some(lacks::firmware()),
            Some(_) => None,
            None => lacks::help(message, step),
        };
        Ok(help.map(|help| if help.is_empty() { message.to_owned() } else { format!("{message}; {help}") }))
    }

    /// Finds the places that libvirt refuses, as far as no schema and no rule has found them.
    fn report(&mut self, step: Step, message: &str, release: &str) {
        let text = &self.input.text;
        let (kind, verb) = match step {
            Step::Define => (Kind::RefusedAtDefine, "define"),
            Step::Start => (Kind::RefusedAtStart, "start"),
        };
        let note = format!("libvirt {release} on this machine refuses to {verb} the document; the message is its own");
        let found = |span, message: &str, help: &str, context| {
            let (message, help) = (message.to_owned(), help.to_owned());
            let rejection = Rejection { context, ..Rejection::new(kind, span, message, help) };
            Located::by_schema(text, rejection, note.clone())
        };
        if self.is_explained(message) {
            return;
        }
        let document = self.document;
        let mut gone = if step == Step::Start { of_the_host(document) } else { Vec::new() };
        let (mut message, mut place) = (message.to_owned(), self.place(document, step, &gone, message));
        let mut said: Vec<(String, &str)> = Vec::new();
        for _ in 0..FAULTS {
            let Some(Place { span, part, other, .. }) = place else { return };
            // What is said again of an element of another name is the same fault, seen from its other side.
            let name = element_at(document, span.start).tag_name().name();
            if said.iter().any(|(before, at)| *before == message && *at != name) {
                return;
            }
            said.push((message.clone(), name));
            let known =
                |finding: &Located| finding.severity == Severity::Error && covers(document, &finding.span, &span);
            if !self.findings.iter().any(known) && !self.is_explained(&message) {
                let help = if part.is_some() { "change this, or leave it out: libvirt accepts the rest" } else { "" };
                let context = other.map(|other| (other, "it would also accept the rest without this".to_owned()));
                self.findings.push(found(span, &message, help, context));
            }
            // What else libvirt would refuse. It must be at fault by itself, not for want of what has just been taken out.
            let Some(part) = part else { return };
            gone.push(part.clone());
            let Some(next) = self.refusal(step, &blanked(text, &gone)) else { return };
            place = self.place(document, step, &gone, &next);
            let beside = place.iter().flat_map(|place| &place.beside).filter(|range| **range != part);
            let alone = blanked(text, &beside.cloned().collect::<Vec<_>>());
            if self.refusal(step, &alone).as_ref() != Some(&next) || !matches!(self.lacking(&next, step), Ok(None)) {
                return;
            }
            message = next;
        }
    }

    /// Where a refusal comes from; none if libvirt cannot be asked any more.
    fn place(&mut self, document: &Document, step: Step, gone: &[Range<usize>], message: &str) -> Option<Place> {
        let place = locate(document, gone, message, &mut |text| self.refusal(step, text));
        (self.left > 0 && self.begun.elapsed() < PATIENCE).then_some(place)
    }

    /// Why libvirt refuses a text. Once there have been too many questions, it is not asked, and this is an answer that it never
    /// gives.
    fn refusal(&mut self, step: Step, text: &str) -> Option<String> {
        if self.left == 0 || self.begun.elapsed() > PATIENCE {
            return Some(String::new());
        }
        self.left -= 1;
        if let Ok(answer) = self.real.ask(self.driver, step, text) {
            return answer.err();
        }
        self.left = 0;
        Some(String::new())
    }

    /// Whether a rule has found what a message is about.
    fn is_explained(&self, message: &str) -> bool {
        let found = |id: &str| self.findings.iter().any(|finding| finding.rule == id);
        let same = |says| message.contains(says) || lacks::are_about_the_same_firmware(says, message);
        rules().any(|rule| match rule.family {
            Family::Libvirt(refusal) => same(refusal.says) && found(&rule.id()),
            Family::Mistake | Family::Floor | Family::Portable(_) => false,
        })
    }
}

/// The innermost element at a place.
fn element_at<'a, 'i>(document: &'a Document<'i>, at: usize) -> Node<'a, 'i> {
    let mut elements = document.descendants().filter(|node| node.is_element() && node.range().contains(&at));
    elements.next_back().unwrap_or_else(|| document.root_element())
}

/// Whether what is found at one place explains what is refused at another: the two overlap, or the second is in the element that
/// the first begins.
fn covers(document: &Document, found: &Range<usize>, refused: &Range<usize>) -> bool {
    let root = document.root_element();
    let element = root.descendants().skip(1).find(|node| node.is_element() && node.range().start == found.start);
    let found = element.map_or(found.clone(), |element| element.range());
    found.start < refused.end && refused.start < found.end
}

/// The devices that take more than an ordinary user has.
fn of_the_host(document: &Document) -> Vec<Range<usize>> {
    let is_one = |node: &Node| {
        let name = node.tag_name().name();
        OF_THE_HOST.contains(&name) && (name != "disk" || node.attribute("type") == Some("volume"))
    };
    document.descendants().filter(is_one).map(|node| node.range()).collect()
}
