//! The report on a machine, for people and for programs.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style};
use domain_definitions::version::ALWAYS;
use domain_definitions::{HostRequirement, Safety, Since, Version};
use serde::Serialize;

use super::guest::Known;
use super::leftovers::Leftover;
use super::secure_boot::SecureBoot;
use super::subject::{Difference, State};
use super::tuned::{Decision, Finding, Tuned};

/// Columns of a report.
const WIDTH: usize = 100;

/// What there is to do, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Decisions that the machine has.
    pub already: usize,
    /// Changes that are written with these options, leftovers included.
    pub written: usize,
    /// Other changes that are safe.
    pub safe: usize,
    /// Other changes that need a driver in the guest.
    pub needs_guest: usize,
    /// Other changes that are a person's to choose.
    pub yours: usize,
    /// Decisions that are not for this machine.
    pub not_for_it: usize,
}

impl Counts {
    /// Counts.
    #[must_use]
    pub fn of(tuned: &Tuned) -> Counts {
        let mut counts = Counts::default();
        for decision in &tuned.decisions {
            let slot = match (decision.written, &decision.state, decision.safety) {
                (true, ..) => &mut counts.written,
                (_, State::Already, _) => &mut counts.already,
                (_, State::Not(_), _) => &mut counts.not_for_it,
                (_, _, Safety::Safe) => &mut counts.safe,
                (_, _, Safety::NeedsGuest(_)) => &mut counts.needs_guest,
                (_, _, Safety::Yours(_)) => &mut counts.yours,
            };
            *slot += 1;
        }
        counts.written += tuned.leftovers.iter().filter(|(_, written)| *written).count();
        counts
    }
}

/// The line for a machine.
#[must_use]
pub fn summary(path: &str, tuned: &Tuned) -> String {
    let counts = Counts::of(tuned);
    let kept = tuned.leftovers.iter().filter(|(leftover, _)| leftover.mended.is_none()).count() + tuned.findings.len();
    let kept = kept + usize::from(tuned.secure_boot.as_ref().is_some_and(|keys| keys.remedy().is_some()));
    let parts = [
        (counts.written, "to write"),
        (counts.safe, "safe"),
        (counts.needs_guest, "need the guest"),
        (counts.yours, "yours to decide"),
        (kept, "to look at"),
    ];
    let said: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let said = if said.is_empty() { "nothing to do".to_owned() } else { said.join(", ") };
    format!("{path}: {} beside {}: {said}\n", tuned.name, tuned.definition.path())
}

/// The whole report, with colours.
#[must_use]
pub fn full(tuned: &Tuned) -> String {
    let bold = Style::new().bold();
    let known = match tuned.known {
        Known::Named => "as you say",
        Known::Metadata => "which it was made from",
        Known::Osinfo => "by its libosinfo id",
        Known::Devices => "by its devices",
    };
    let path = tuned.definition.path();
    let mut text = format!("{bold}{}{bold:#} beside {path} ({known}), for {}\n", tuned.name, tuned.floor);
    let part = |text: &mut String, title: &str, of: &dyn Fn(&Decision) -> bool| {
        let decisions: Vec<_> = tuned.decisions.iter().filter(|decision| of(decision)).collect();
        if !decisions.is_empty() {
            let _ = write!(text, "\n{bold}{title}{bold:#}\n");
            for decision in decisions {
                one(text, decision);
            }
        }
    };
    let open =
        |decision: &Decision| !decision.written && matches!(decision.state, State::Missing | State::Different(_));
    part(&mut text, "What `--write` changes", &|decision| decision.written);
    let mended: Vec<_> = tuned.leftovers.iter().filter(|(_, written)| *written).collect();
    if !mended.is_empty() {
        let _ = write!(text, "\n{bold}What `--write` takes out{bold:#}\n");
        for (leftover, _) in mended {
            left(&mut text, leftover);
        }
    }
    part(&mut text, "Safe, and not asked for", &|decision| open(decision) && decision.safety == Safety::Safe);
    part(&mut text, "Needs the guest (`--all` writes it)", &|decision| {
        open(decision) && matches!(decision.safety, Safety::NeedsGuest(_))
    });
    part(&mut text, "Yours to decide (`--all` writes it)", &|decision| {
        open(decision) && matches!(decision.safety, Safety::Yours(_))
    });
    let looked: Vec<_> = tuned.leftovers.iter().filter(|(_, written)| !written).collect();
    if !looked.is_empty() || !tuned.findings.is_empty() {
        let _ = write!(text, "\n{bold}To look at{bold:#}\n");
        for (leftover, _) in looked {
            left(&mut text, leftover);
        }
        for Finding { rule, line, message, help, .. } in &tuned.findings {
            paragraph(&mut text, "  ", &format!("line {line}: {message} ({rule})"));
            paragraph(&mut text, "    ", &format!("Instead: {help}."));
        }
    }
    if let Some(keys) = &tuned.secure_boot {
        let _ = write!(text, "\n{bold}Secure Boot{bold:#}\n");
        paragraph(&mut text, "  ", &keys.said());
        if let Some(remedy) = keys.remedy() {
            paragraph(&mut text, "    ", &remedy);
        }
    }
    let not = |decision: &'_ Decision| match &decision.state {
        State::Not(why) => Some((why.clone(), decision.tunable.at)),
        _ => None,
    };
    let others: Vec<_> = tuned.decisions.iter().filter_map(not).collect();
    if !others.is_empty() {
        let _ = write!(text, "\n{bold}Not for this machine{bold:#}\n");
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for (why, at) in &others {
            match reasons.iter_mut().find(|(other, _)| other == why) {
                // Several decisions may be about one element.
                Some((_, places)) if places.contains(at) => {}
                Some((_, places)) => places.push(at),
                None => reasons.push((why, vec![at])),
            }
        }
        for (why, places) in reasons {
            paragraph(&mut text, "  ", &format!("{why}: {}", places.join(", ")));
        }
    }
    let Counts { already, written, safe, needs_guest, yours, not_for_it } = Counts::of(tuned);
    let open = safe + needs_guest + yours;
    let _ = write!(
        text,
        "\n{already} choices are as there, {written} changes to write, {open} others, {not_for_it} not for this machine\n"
    );
    text
}

/// A decision, with its reason and what it takes.
fn one(text: &mut String, decision: &Decision) {
    let Decision { tunable, safety, is_extra, state, .. } = decision;
    let (sign, color, what) = match state {
        _ if *is_extra => ('-', AnsiColor::Red, tunable.at.to_owned()),
        State::Different(differences) => {
            ('~', AnsiColor::Yellow, differences.iter().map(difference).collect::<Vec<_>>().join(", "))
        }
        _ => ('+', AnsiColor::Green, tunable.at.to_owned()),
    };
    let style = color.on_default();
    let _ = writeln!(text, "{style}{sign} {what}{style:#}");
    if !is_extra {
        paragraph(text, "    ", tunable.why);
    }
    match safety {
        Safety::Safe => {}
        Safety::NeedsGuest(steps) => paragraph(text, "    ", &format!("Needs {steps}.")),
        Safety::Yours(why) => paragraph(text, "    ", &format!("Yours: {why}.")),
    }
    let needs: Vec<_> = tunable.needs.iter().map(|need| need.what).collect();
    if !needs.is_empty() && !is_extra {
        paragraph(text, "    ", &format!("The host needs {}.", needs.join(", ")));
    }
}

fn difference(difference: &Difference) -> String {
    let Difference { at, found, wanted } = difference;
    match found {
        Some(found) => format!("{at}: {found} → {wanted}"),
        None => format!("{at}: {wanted}"),
    }
}

fn left(text: &mut String, leftover: &Leftover) {
    paragraph(text, "  ", &format!("line {}: {}", leftover.line, leftover.what));
    if let Some(remedy) = leftover.remedy {
        paragraph(text, "    ", &format!("Instead: {remedy}."));
    }
}

fn paragraph(text: &mut String, indent: &str, words: &str) {
    let options = textwrap::Options::new(WIDTH).initial_indent(indent).subsequent_indent(indent);
    let _ = writeln!(text, "{}", textwrap::fill(words, options.word_splitter(textwrap::WordSplitter::NoHyphenation)));
}

/// A report for programs.
#[derive(Serialize)]
struct Json<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(flatten)]
    machine: Option<Machine<'a>>,
}

#[derive(Serialize)]
struct Machine<'a> {
    name: &'a str,
    guest: &'static str,
    definition: String,
    known: Known,
    floor: Releases,
    counts: Counts,
    decisions: Vec<Entry<'a>>,
    leftovers: Vec<Left<'a>>,
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    secure_boot: Option<Keys<'a>>,
}

#[derive(Serialize)]
struct Keys<'a> {
    #[serde(flatten)]
    found: &'a SecureBoot,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Serialize)]
struct Releases {
    #[serde(skip_serializing_if = "Option::is_none")]
    libvirt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qemu: Option<String>,
}

#[derive(Serialize)]
struct Entry<'a> {
    at: &'static str,
    topic: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    differences: &'a [Difference],
    /// Why it is not for this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    written: bool,
    safety: &'static str,
    /// What the guest needs, or why it is a person's choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<&'static str>,
    why: &'static str,
    since: Releases,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<&'static str>,
    source: &'static str,
}

#[derive(Serialize)]
struct Left<'a> {
    topic: &'static str,
    line: u32,
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
    written: bool,
}

fn releases(since: Since) -> Releases {
    let said = |version: Version| (version != ALWAYS).then(|| version.to_string());
    Releases { libvirt: said(since.libvirt), qemu: said(since.qemu) }
}

/// The report as a line of JSON.
#[must_use]
pub fn json(path: &str, tuned: &Tuned) -> String {
    let entries = tuned.decisions.iter().map(|decision| {
        let Decision { tunable, safety, is_extra, state, written } = decision;
        let (safety, first) = match *safety {
            Safety::Safe => ("safe", None),
            Safety::NeedsGuest(steps) => ("needs-guest", Some(steps)),
            Safety::Yours(why) => ("yours", Some(why)),
        };
        let (state, differences, because): (_, &[Difference], _) = match state {
            _ if *is_extra => ("extra", &[], None),
            State::Already => ("already", &[], None),
            State::Missing => ("missing", &[], None),
            State::Different(differences) => ("different", differences, None),
            State::Not(why) => ("not-for-it", &[], Some(why.as_str())),
        };
        Entry {
            at: tunable.at,
            topic: tunable.topic.name,
            state,
            differences,
            because,
            written: *written,
            safety,
            first,
            why: tunable.why,
            since: releases(tunable.since),
            needs: tunable.needs.iter().map(|need: &&HostRequirement| need.what).collect(),
            source: tunable.source,
        }
    });
    let leftovers = tuned.leftovers.iter().map(|(leftover, written)| Left {
        topic: leftover.topic.name,
        line: leftover.line,
        what: &leftover.what,
        remedy: leftover.remedy,
        written: *written,
    });
    let machine = Machine {
        name: &tuned.name,
        guest: tuned.definition.guest.id,
        definition: tuned.definition.path(),
        known: tuned.known,
        floor: releases(tuned.floor),
        counts: Counts::of(tuned),
        decisions: entries.collect(),
        leftovers: leftovers.collect(),
        findings: &tuned.findings,
        secure_boot: tuned.secure_boot.as_ref().map(|found| Keys { found, remedy: found.remedy() }),
    };
    line(&Json { path, error: None, machine: Some(machine) })
}

/// Why there is no report, as a line of JSON.
#[must_use]
pub fn json_error(path: &str, error: &str) -> String {
    line(&Json { path, error: Some(error), machine: None })
}

/// Nothing in a report is a map with keys that are no text, the one thing JSON cannot hold.
fn line(json: &Json) -> String {
    serde_json::to_string(json).unwrap_or_default() + "\n"
}
