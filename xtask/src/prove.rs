//! `cargo xtask prove`: tries the definitions on real hypervisors, with a real guest.
//!
//! - `plan` says what is tried, `trial` what a trial is, and `schedule` runs them.
//! - `test_host` is what this machine has to prove things with; `kvm` says whether its KVM runs code.
//! - `environment` is the private host of a trial and `machine` its machine, with `console`, `service`, `screen` and
//!   `liveness`.
//! - `starts` (with `started`, `answers` and `golden`), `boots`, `lives`, `moves`, `rendered`, `tuned`, `seed` and `faults` are what is tried,
//!   `checks` what they share.
//! - `bare` shows that the checks can fail; `leftovers` that a run leaves nothing behind.

mod answers;
mod bare;
mod boots;
mod checks;
mod console;
mod environment;
mod faults;
mod golden;
pub(crate) mod kvm;
mod leftovers;
pub(crate) mod liveness;
mod lives;
mod machine;
mod moves;
pub(crate) mod plan;
mod rendered;
mod schedule;
mod screen;
mod seed;
pub(crate) mod service;
mod start_script;
mod started;
mod starts;
pub(crate) mod test_host;
mod trial;
mod tuned;

use std::time::{Duration, Instant};

use domain_definitions::proof::{self, Claim};
use domain_definitions::{Definition, Proven};
use host::{Fault, Release};

use crate::checkout::{self, NoCheckout};
use crate::{Outcome, regen, say};
use leftovers::Leftovers;
use test_host::TestHost;
use trial::{Artifacts, Trial, TrialResult, Words};

/// Try the definitions on real libvirt and QEMU: start each, boot a guest on it, and take it through its whole life.
///
/// What this machine cannot prove is reported and left out. Needs root, for private hosts in which nothing of this host is
/// touched. Exit status: 0 all well, 1 something failed, 2 nothing could be tried.
#[derive(clap::Args)]
pub struct Args {
    /// Only trials with one of these words in their name, e.g. session/linux-2d.xml or moves
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Print what would be tried, and what this machine cannot prove
    #[arg(long)]
    list: bool,
    /// How many trials run at once; each has a machine with two CPUs or more
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Write what is proven to tests/proven.txt and tests/golden/
    #[arg(long, conflicts_with = "words")]
    record: bool,
    /// Begin no trial after so many minutes, and name those that were not tried
    #[arg(long, value_name = "MINUTES", conflicts_with = "record")]
    within: Option<u64>,
    /// Fail where something cannot be tried here, and where the results are not those of tests/proven.txt
    #[arg(long, conflicts_with_all = ["words", "record"])]
    check: bool,
}

/// Why nothing could be tried.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error(transparent)]
    NoCheckout(#[from] NoCheckout),
    #[error(transparent)]
    Regen(#[from] regen::Error),
    #[error("no trial has {0} in its name; `cargo xtask prove --list` prints their names")]
    NoTrial(String),
    #[error("trials cannot run at the same time: {0}")]
    Pool(#[from] rayon::ThreadPoolBuildError),
}

/// Runs the verb.
///
/// # Errors
///
/// When there is no checkout, or no such trial.
pub fn run(args: &Args) -> Result<Outcome, Error> {
    let root = checkout::root()?;
    let words = Words(args.words.clone());
    // Before anything is built or asked, which takes minutes.
    let unknown = words.unknown(&plan::trials(&Release::roots(), &Words(Vec::new())));
    if !unknown.is_empty() {
        return Err(Error::NoTrial(unknown.join(" or ")));
    }
    let host = TestHost::look(&root, !args.list);
    say(&host.summary());
    let trials = plan::trials(&host.roots(), &words);
    if args.list {
        trials.iter().flat_map(|trial| &trial.names).for_each(|name| say(&format!("{name}\n")));
        return Ok(Outcome::Good);
    }
    let before = Leftovers::now(&root);
    let (results, untried, mut outcome) = try_all(trials, args, &host)?;
    for left in before.since(&root) {
        say(&format!("FAILED: this run left behind: {left}\n"));
        outcome = outcome.max(Outcome::Faults);
    }
    if words.narrow() || outcome == Outcome::Unreadable {
        return Ok(outcome);
    }
    // A check that no guest has failed is idle only if every guest was asked.
    let idle = if untried.is_empty() { bare::idle(&host.reports()) } else { Vec::new() };
    for check in idle {
        say(&format!("FAILED: a check that cannot fail: {check}; take it out of its record, or change `BARE`\n"));
        outcome = outcome.max(Outcome::Faults);
    }
    let passed = results.iter().filter(|trial| trial.result.is_ok());
    let proven = claims(passed.filter_map(|trial| trial.proves.as_ref()));
    if args.record {
        regen::write(&root, proof::FILE, proven.to_string().as_bytes())?;
        golden::record(&root)?;
        say(&format!("{:>12} {}, now run `cargo xtask regen`\n", "Wrote", proof::FILE));
        return Ok(outcome);
    }
    let untried = claims(untried.iter().flat_map(|trial| &trial.proves));
    Ok(outcome.max(compare(&proven, &regen::proven(&root)?, args.check, &untried)))
}

/// Runs the trials, and says how they ended.
fn try_all(trials: Vec<Trial>, args: &Args, host: &TestHost) -> Result<(Vec<TrialResult>, Vec<Trial>, Outcome), Error> {
    let (begun, artifacts) = (Instant::now(), Artifacts::of(&host.root));
    let end = args.within.and_then(|minutes| begun.checked_add(Duration::from_secs(minutes.saturating_mul(60))));
    let (results, untried) = schedule::run(trials, args.jobs, host, &artifacts, end)?;
    let outcome = summarise(&results, args.check, begun.elapsed().as_secs(), &artifacts);
    for name in untried.iter().flat_map(|trial| &trial.names) {
        say(&format!("not tried for want of time: {name}\n"));
    }
    Ok((results, untried, outcome))
}

/// Says what failed and what was left out.
fn summarise(results: &[TrialResult], strict: bool, seconds: u64, artifacts: &Artifacts) -> Outcome {
    let (mut failed, mut skipped) = (0, 0);
    for trial in results {
        match &trial.result {
            Ok(()) => {}
            Err(Fault::Missing(what)) => {
                skipped += 1;
                say(&format!("\nleft out: {}: {what}\n", trial.name));
            }
            Err(Fault::Wrong(what)) => {
                failed += 1;
                let folder = artifacts.folder(&trial.name);
                let look = if folder.exists() { format!("\nlook at {}", folder.display()) } else { String::new() };
                say(&format!("\nFAILED: {}\n{what}{look}\n", trial.name));
            }
        }
    }
    let longest = results.iter().max_by_key(|trial| trial.seconds);
    let longest =
        longest.map_or(String::new(), |trial| format!(", the longest {} with {} s", trial.name, trial.seconds));
    say(&format!("\n{} passed, {failed} failed, {skipped} skipped\n", results.len() - failed - skipped));
    say(&format!("{seconds} s{longest}\n"));
    if skipped == results.len() {
        say("nothing could be tried; the lines above say what is missing\n");
        return Outcome::Unreadable;
    }
    if failed > 0 || (strict && skipped > 0) { Outcome::Faults } else { Outcome::Good }
}

/// Claims and all that they imply.
fn claims<'a>(of: impl Iterator<Item = &'a (Definition, Claim)>) -> Proven {
    let mut proven = Proven::default();
    of.for_each(|(definition, claim)| proven.add(&definition.path(), *claim));
    proven
}

/// Compares what is proven now with what was proven when it was recorded, but for what there was no time to try.
fn compare(now: &Proven, recorded: &Proven, strict: bool, untried: &Proven) -> Outcome {
    let untried: Vec<_> = untried.without(&Proven::default()).collect();
    let lost: Vec<_> = recorded.without(now).filter(|claim| !untried.contains(claim)).collect();
    let gained: Vec<_> = now.without(recorded).collect();
    for claim in &lost {
        say(&format!("{}: `{claim}` is recorded, and was not proven in this run\n", proof::FILE));
    }
    for claim in &gained {
        say(&format!("{}: `{claim}` is proven, and not recorded\n", proof::FILE));
    }
    if lost.is_empty() && gained.is_empty() || !strict {
        return Outcome::Good;
    }
    say("run `cargo xtask prove --record` where CI runs, then `cargo xtask regen`, and commit what they write\n");
    Outcome::Faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_in_which_nothing_could_be_tried_is_not_a_good_one() {
        let ended = |results: &[Result<(), Fault>]| {
            let trial = |result: &Result<(), Fault>| TrialResult {
                name: "a trial".to_owned(),
                proves: None,
                result: result.clone(),
                seconds: 0,
            };
            summarise(&results.iter().map(trial).collect::<Vec<_>>(), false, 0, &Artifacts::of("/nowhere".as_ref()))
        };
        let missing = || Err(Fault::Missing("no guest".to_owned()));
        assert_eq!(ended(&[missing(), missing()]), Outcome::Unreadable);
        assert_eq!(ended(&[]), Outcome::Unreadable);
        assert_eq!(ended(&[missing(), Ok(())]), Outcome::Good);
        assert_eq!(ended(&[missing(), Err("wrong".into())]), Outcome::Faults);
    }

    #[test]
    fn results_that_differ_from_the_record_fail_a_check() {
        let of = |claims: &str| Proven::parse(&format!("session/linux.xml: {claims}\n")).unwrap();
        let (nothing, less, more) = (Proven::default(), of("starts"), of("starts, boots"));
        assert_eq!(compare(&more, &more, true, &nothing), Outcome::Good);
        assert_eq!(compare(&less, &more, true, &nothing), Outcome::Faults, "a result was lost");
        assert_eq!(compare(&more, &less, true, &nothing), Outcome::Faults, "a result is not on record");
        assert_eq!(compare(&less, &more, false, &nothing), Outcome::Good, "another machine can prove less");
    }

    #[test]
    fn results_that_there_was_no_time_for_are_not_missed() {
        // The trials of one file; of another, whose guest boots and does more besides; and of all that start.
        let recorded = Proven::parse("session/linux.xml: starts, boots\nsystem/haiku.xml: boots, moves\n").unwrap();
        let now = Proven::parse("session/linux.xml: starts\n").unwrap();
        let without = |names: &[&str]| {
            let words = Words(names.iter().map(|&name| name.to_owned()).collect());
            let trials = plan::trials(&[None, Some("/roots/sid".into())], &words);
            compare(&now, &recorded, true, &claims(trials.iter().flat_map(|trial| &trial.proves)))
        };
        let (linux, haiku) = ("session/linux.xml boots on this machine", "system/haiku.xml moves on this machine");
        assert_eq!(without(&[linux, haiku]), Outcome::Good);
        assert_eq!(without(&[linux]), Outcome::Faults, "the other one was tried, and its results are lost");
        assert_eq!(without(&["session/linux.xml boots on sid", haiku]), Outcome::Faults, "that is another release");
        let none = Proven::default();
        let starts = plan::trials(&[None], &Words(vec!["starts under KVM".to_owned()]));
        let starts = claims(starts.iter().flat_map(|trial| &trial.proves));
        assert_eq!(compare(&none, &now, true, &starts), Outcome::Good, "nothing was started");
    }
}
