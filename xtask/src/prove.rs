//! `cargo xtask prove`: tries the definitions on real hypervisors, with a real guest.
//!
//! - `plan` says what is tried where; a `Trial` is one thing that is tried.
//! - `stage` is the host that a trial gets, `machine` its machine, `screen` what that shows, `pulse` whether it is alive.
//! - `starts`, `boots`, `lives`, `moves` and `faults` are what is tried; `bare` shows that the checks can fail, and
//!   `golden` is what QEMU is started with.
//! - `words` is what a guest and its host say to each other; `tidy` sees to it that nothing is left.
//! - `ground` is what this machine can prove, and what has to be there for it.

mod bare;
mod boots;
mod faults;
mod golden;
mod ground;
mod kvm;
mod lives;
mod machine;
mod moves;
mod plan;
mod pulse;
mod screen;
mod stage;
mod starts;
mod tidy;
#[path = "../../tests/guest/words.rs"]
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use domain_definitions::proof::{self, Claim};
use domain_definitions::{Definition, Proven};
use host::Fault;
use rayon::ThreadPoolBuilder;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};

use crate::checkout::{self, NoCheckout};
use crate::{Outcome, regen, say};
use ground::Ground;
use tidy::Traces;

/// Try the definitions on real libvirt and QEMU: start each, boot a guest on it, and lead its whole life.
///
/// What this machine cannot prove is said and left out. Needs root, for hosts of its own in which nothing of this host is
/// touched. Exit status: 0 all well, 1 something came out otherwise, 2 could not run.
#[derive(clap::Args)]
pub struct Args {
    /// Only trials with one of these words in their name, e.g. session/linux-2d.xml or moves
    #[arg(value_name = "WORD")]
    only: Vec<String>,
    /// Say what would be tried, and what this machine cannot
    #[arg(long)]
    list: bool,
    /// How many trials at once; each has a machine with four CPUs
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Write what is proven to tests/proven.txt and tests/golden/
    #[arg(long, conflicts_with = "only")]
    record: bool,
    /// Fail where something cannot be tried here, and where the results are not those of tests/proven.txt
    #[arg(long, conflicts_with_all = ["only", "record"])]
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
    #[error("no trial has any of these words in its name: {0}; `cargo xtask prove --list` shows their names")]
    NoTrial(String),
    #[error("trials cannot be run side by side: {0}")]
    Pool(#[from] rayon::ThreadPoolBuildError),
    #[error("{path}: {cause}", path = path.display())]
    File { path: PathBuf, cause: io::Error },
}

/// Does it, and says how it came out.
type Run = Box<dyn Fn(&Kept) -> Vec<Ended> + Send + Sync>;

/// What may go on beside a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Any other.
    All,
    /// Others of this kind only in half of the places there are: an emulated guest with Secure Boot, whose firmware has all its
    /// CPUs wait for each other. Measured with two places: 75 s beside another guest, 110 s beside one of its kind.
    Half,
    /// Nothing: it takes all processors, and emulated guests beside it would miss their timers.
    Nothing,
}

/// One thing that is tried, or several that go together.
pub(crate) struct Trial {
    /// What happens, to which definition, on which release.
    name: String,
    beside: Beside,
    run: Run,
}

impl Trial {
    /// A trial of one thing, and what it proves when it comes out well.
    fn one(
        name: String,
        proves: Option<(Definition, Claim)>,
        run: impl Fn(&Path) -> Result<(), Fault> + Send + Sync + 'static,
    ) -> Trial {
        let ended = name.clone();
        let run = move |kept: &Kept| {
            let begun = Instant::now();
            let result = run(&kept.folder(&ended));
            vec![Ended { name: ended.clone(), proves, result, seconds: begun.elapsed().as_secs() }]
        };
        Trial { name, beside: Beside::All, run: Box::new(run) }
    }
}

/// Where there is something to look at of each trial that failed.
pub(crate) struct Kept(PathBuf);

impl Kept {
    /// The folder of a trial; what an earlier run left there is gone.
    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.of(name);
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn of(&self, name: &str) -> PathBuf {
        self.0.join(name.replace([' ', '/'], "-"))
    }
}

/// How a trial came out.
pub(crate) struct Ended {
    name: String,
    proves: Option<(Definition, Claim)>,
    result: Result<(), Fault>,
    seconds: u64,
}

/// Runs the verb.
///
/// # Errors
///
/// When there is no checkout, or no such trial.
pub fn run(args: &Args) -> Result<Outcome, Error> {
    let root = checkout::root()?;
    let only = host::only();
    let everything = args.only.is_empty() && only.is_empty();
    let named = |name: &str| args.only.is_empty() || args.only.iter().any(|word| name.contains(word.as_str()));
    let wanted = |name: &str| named(name) && (name.contains(&only) || name == starts::NAME);
    let ground = Ground::look(&root, !args.list);
    say(&ground.told());
    let trials: Vec<_> = plan::trials(&ground).into_iter().filter(|trial| wanted(&trial.name)).collect();
    if trials.is_empty() {
        return Err(Error::NoTrial(args.only.join(", ")));
    }
    if args.list {
        for trial in &trials {
            say(&format!("{}\n", trial.name));
        }
        return Ok(Outcome::Good);
    }
    let kept = Kept(root.join("target/prove"));
    let (begun, before) = (Instant::now(), Traces::now(&root));
    let ended = run_all(trials, args.jobs, &kept)?;
    let mut outcome = summary(&ended, args.check, begun.elapsed().as_secs(), &kept);
    for left in before.since(&root) {
        say(&format!("FAILED: this run left behind: {left}\n"));
        outcome = Outcome::Faults;
    }
    if everything {
        let reports = ground.reports.lock().unwrap_or_else(PoisonError::into_inner);
        for check in bare::idle(&reports) {
            say(&format!("FAILED: a check that cannot fail: {check}; take it out of its record, or change `BARE`\n"));
            outcome = Outcome::Faults;
        }
    }
    let mut proven = Proven::default();
    for (definition, claim) in ended.iter().filter(|ended| ended.result.is_ok()).filter_map(|ended| ended.proves) {
        proven.add(&definition.path(), claim);
    }
    if args.record && everything {
        regen::write(&root, proof::FILE, proven.to_string().as_bytes())?;
        golden::record(&root)?;
        say(&format!("{:>12} {}, now run `cargo xtask regen`\n", "Wrote", proof::FILE));
    } else if everything {
        outcome = outcome.max(compare(&proven, &regen::proven(&root)?, args.check));
    }
    Ok(outcome)
}

/// Runs trials, the first ones first: those that want the machine for themselves, then the others side by side, as far as they
/// go together.
fn run_all(trials: Vec<Trial>, jobs: usize, kept: &Kept) -> Result<Vec<Ended>, Error> {
    let count = trials.len();
    let pool = ThreadPoolBuilder::new().num_threads(jobs.max(1)).build()?;
    let done = AtomicUsize::new(0);
    let run = |trial: Trial| {
        let ended = (trial.run)(kept);
        let number = done.fetch_add(1, Ordering::Relaxed) + 1;
        for Ended { name, result, seconds, .. } in &ended {
            let word = match result {
                Ok(()) => "Proved",
                Err(Fault::Missing(_)) => "Left out",
                Err(Fault::Wrong(_)) => "FAILED",
            };
            say(&format!("{word:>12} {name} ({seconds} s) [{number}/{count}]\n"));
        }
        ended
    };
    let (alone, others): (Vec<_>, Vec<_>) = trials.into_iter().partition(|trial| trial.beside == Beside::Nothing);
    let mut ended: Vec<_> = alone.into_iter().flat_map(run).collect();
    let lane = |lane: Vec<Trial>| lane.into_iter().flat_map(run);
    ended.extend(pool.install(|| lanes(others, jobs).into_iter().par_bridge().flat_map_iter(lane).collect::<Vec<_>>()));
    Ok(ended)
}

/// What goes on side by side: in each lane, one after the other.
fn lanes(trials: Vec<Trial>, jobs: usize) -> Vec<Vec<Trial>> {
    let (half, all): (Vec<_>, Vec<_>) = trials.into_iter().partition(|trial| trial.beside == Beside::Half);
    let mut lanes: Vec<Vec<Trial>> = (0..(jobs / 2).max(1)).map(|_| Vec::new()).collect();
    for (trial, lane) in half.into_iter().zip((0..lanes.len()).cycle()) {
        lanes[lane].push(trial);
    }
    lanes.extend(all.into_iter().map(|trial| vec![trial]));
    lanes
}

fn summary(ended: &[Ended], strict: bool, seconds: u64, kept: &Kept) -> Outcome {
    let mut failed = 0;
    let mut missing = 0;
    for trial in ended {
        match &trial.result {
            Ok(()) => {}
            Err(Fault::Missing(what)) => {
                missing += 1;
                say(&format!("\nleft out: {}: {what}\n", trial.name));
            }
            Err(Fault::Wrong(what)) => {
                failed += 1;
                let folder = kept.of(&trial.name);
                let look = if folder.exists() { format!("\nlook at {}", folder.display()) } else { String::new() };
                say(&format!("\nFAILED: {}\n{what}{look}\n", trial.name));
            }
        }
    }
    let longest = ended.iter().max_by_key(|ended| ended.seconds);
    let longest =
        longest.map_or(String::new(), |ended| format!(", the longest {} with {} s", ended.name, ended.seconds));
    say(&format!("\n{} passed, {failed} failed, {missing} skipped\n", ended.len() - failed - missing));
    say(&format!("{seconds} s{longest}\n"));
    if failed > 0 || (strict && missing > 0) { Outcome::Faults } else { Outcome::Good }
}

/// Compares what is proven now with what was proven when it was recorded.
fn compare(now: &Proven, recorded: &Proven, strict: bool) -> Outcome {
    let lost: Vec<_> = recorded.without(now).collect();
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
    fn those_that_are_in_each_others_way_take_half_of_the_places() {
        let trial = |(name, beside): (&str, Beside)| Trial { beside, ..Trial::one(name.to_owned(), None, |_| Ok(())) };
        let trials = || {
            let all = [("a", Beside::All), ("b", Beside::Half), ("c", Beside::Half), ("d", Beside::All)];
            all.map(trial).into()
        };
        let names = |lanes: Vec<Vec<Trial>>| {
            let name = |lane: Vec<Trial>| lane.iter().map(|trial| trial.name.clone()).collect::<String>();
            lanes.into_iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(lanes(trials(), 1)), ["bc", "a", "d"]);
        assert_eq!(names(lanes(trials(), 2)), ["bc", "a", "d"]);
        assert_eq!(names(lanes(trials(), 4)), ["b", "c", "a", "d"]);
    }

    #[test]
    fn results_that_are_not_those_on_record_are_a_fault_where_it_counts() {
        let of = |claims: &str| Proven::parse(&format!("session/linux.xml: {claims}\n")).unwrap();
        let (less, more) = (of("starts"), of("starts, boots"));
        assert_eq!(compare(&more, &more, true), Outcome::Good);
        assert_eq!(compare(&less, &more, true), Outcome::Faults, "a result was lost");
        assert_eq!(compare(&more, &less, true), Outcome::Faults, "a result is not on record");
        assert_eq!(compare(&less, &more, false), Outcome::Good, "another machine can prove less");
    }
}
