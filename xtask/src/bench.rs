//! `cargo xtask bench`: counts what a machine makes its host do, and holds that against other machines.
//!
//! - `subjects` says what can be measured, and `fit` makes any domain fit for a comparison.
//! - `run` measures one machine, on `prove`'s private hosts and with its guest: `pipe` and `trace` count QEMU's accesses,
//!   `answers` are what the guest saw, `times` is what only KVM can give.
//! - `numbers` makes results of that, and `file` keeps them for somebody; `compare` holds them against each other, and `table` shows them.
//!
//! What is measured, and how far it can be trusted, is in `defs/measured.rs`.

mod answers;
mod compare;
mod file;
mod fit;
mod numbers;
mod pipe;
mod run;
mod subjects;
mod table;
mod times;
mod trace;

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use domain_definitions::domain::Arch;
use domain_definitions::measured::Work;
use domain_definitions::measured::results::{self, FILE, Results};
use domain_definitions::platforms::Address;
use host::Fault;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};

use crate::checkout::{self, NoCheckout};
use crate::prove::test_host::TestHost;
use crate::{Outcome, regen, say, tune};
use numbers::Run;
use run::{Disk, Seen};
use subjects::Subject;

/// How often a machine that failed under emulation is repeated: QEMU may hang there, or one of the guest's CPUs sleep for ever.
const REPEATS: usize = 2;

/// Count what machines make their host do: register accesses, notifications, interrupts, memory, space; under KVM, times as well.
///
/// Takes definitions (session/linux), definitions without a choice, machines of other programs, and any file with a domain.
/// Each is adapted: two CPUs, 2 GiB, the same test disk, the same kind of network; without KVM, it is emulated. Needs root, to run
/// machines isolated from this host. Exit status: 0 all well, 1 something differs or failed, 2 nothing could be measured.
#[derive(clap::Args)]
pub struct Args {
    /// What to measure
    #[arg(value_name = "FILE|DEFINITION", required_unless_present_any = ["record", "check", "list"])]
    names: Vec<String>,
    /// Measure this one as well, and compare the others with it
    #[arg(long, value_name = "FILE|DEFINITION", conflicts_with_all = ["record", "check"])]
    against: Option<String>,
    /// Measure each this many times, in turns, and take the medians
    #[arg(long, value_name = "N", default_value = "1")]
    runs: NonZeroUsize,
    /// Measure this many at once; each has two CPUs
    #[arg(long, value_name = "N", default_value = "2")]
    jobs: NonZeroUsize,
    /// The connection that machines are on: a session's have user-mode networking, the system's have libvirt's own network, with
    /// vhost-net where this host has it
    #[arg(long, value_name = "URI", value_parser = tune::connection, default_value = "qemu:///session",
          conflicts_with_all = ["record", "check"])]
    connect: Address,
    /// Write everything that was seen, each run by itself, to a file that is not there yet
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the numbers to tests/bench.tsv; without names, measure every machine on record
    #[arg(long, conflicts_with = "check")]
    record: bool,
    /// Fail where numbers are not those of tests/bench.tsv or break a promise; without names, measure what CI measures
    #[arg(long)]
    check: bool,
    /// Print the names of what can be measured
    #[arg(long)]
    list: bool,
}

impl Args {
    /// Why machines are emulated, if they are.
    fn emulation(&self, kvm: bool) -> Option<&'static str> {
        if !kvm {
            return Some("emulated: KVM runs no code here");
        }
        // Any host can check what another one has recorded.
        (self.check || self.record).then_some("emulated, as all machines on record are")
    }
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error(transparent)]
    NoCheckout(#[from] NoCheckout),
    #[error(transparent)]
    Subject(#[from] subjects::Error),
    #[error("{0} is named twice, and would be compared with itself; for several runs of each machine, use --runs")]
    Twice(String),
    #[error("nothing can be measured here: {0}")]
    Missing(String),
    #[error(transparent)]
    Unreadable(#[from] results::Unreadable),
    #[error("{FILE}: {0}; `cargo xtask bench --record` writes it")]
    NoRecord(io::Error),
    #[error(
        "{FILE} was recorded with {recorded}, and this host has {here}; record everything again: `cargo xtask bench --record` without names"
    )]
    Others { recorded: String, here: String },
    #[error("{0} is there already, and nothing is overwritten; name another file, or move it away")]
    Exists(String),
    #[error("{path}: cannot be written: {cause}; name a file in a folder that you may write to")]
    Write { path: String, cause: io::Error },
    #[error(transparent)]
    Regen(#[from] regen::Error),
    #[error("threads cannot be started: {0}; try --jobs 1")]
    Pool(#[from] rayon::ThreadPoolBuildError),
}

/// Runs the verb.
///
/// # Errors
///
/// When there is no checkout or no such machine, or nothing can be measured here.
pub fn run(args: &Args) -> Result<Outcome, Error> {
    let root = checkout::root()?;
    if args.list {
        for name in subjects::known() {
            say(&format!("{name}\n"));
        }
        return Ok(Outcome::Good);
    }
    let mut names = match &args.names[..] {
        [] if args.check => subjects::checked(),
        [] => subjects::recorded(),
        names => names.to_vec(),
    };
    names.extend(args.against.clone());
    // Before anything is built, which takes minutes.
    let subjects = names.iter().map(|name| Subject::named(name)).collect::<Result<Vec<_>, _>>()?;
    for (index, (name, subject)) in names.iter().zip(&subjects).enumerate() {
        subject.fits(name)?;
        if subjects[..index].iter().any(|other| other.name == subject.name) {
            return Err(Error::Twice(name.clone()));
        }
    }
    let recorded = match recorded(&root) {
        Err(Error::NoRecord(_)) if !args.check => Results::default(),
        // What is written anew, or not looked at, may be broken.
        Err(Error::Unreadable(_)) if !args.check && (!args.record || args.names.is_empty()) => Results::default(),
        recorded => recorded?,
    };
    let json = args.json.as_deref().map(|path| Ok::<_, Error>((path, file::new(path)?))).transpose()?;
    let mut host = TestHost::without_trials(&root);
    let emulation = args.emulation(host.kvm);
    host.kvm &= emulation.is_none();
    let programs = numbers::programs(&root);
    let told = numbers::told(&programs);
    say(&format!("{:>12} {told}, on {}, {}\n", "With", args.connect, emulation.unwrap_or("under KVM")));
    if !args.names.is_empty()
        && args.record
        && !recorded.programs.is_empty()
        && !numbers::compare(&recorded.programs, &programs)
    {
        return Err(Error::Others { recorded: numbers::told(&recorded.programs), here: told });
    }
    let (runs, mut outcome) = measure(&subjects, args, &recorded, &host, &root)?;
    let (mut now, names) = (numbers::results(&runs), names_of(&subjects, &runs));
    now.programs = programs;
    if names.is_empty() {
        return Ok(Outcome::Unreadable);
    }
    if let Some((path, file)) = json {
        file::keep(file, path, &numbers::json(&runs, &now, args.connect, host.kvm))?;
        say(&format!("{:>12} {}\n", "Wrote", path.display()));
    }
    if args.record {
        let mut all = merged(recorded, now);
        let known = subjects::recorded();
        all.retain(|machine| known.iter().any(|name| name == machine) || names.iter().any(|name| name == machine));
        regen::write(&root, FILE, all.to_string().as_bytes())?;
        say(&format!("{:>12} {FILE}, now run `cargo xtask regen`\n", "Wrote"));
    } else if args.check {
        outcome = outcome.max(check(&subjects, &names, &recorded, &now));
    } else {
        show(&now, &names, args.against.is_some());
    }
    Ok(outcome)
}

/// New numbers, and the old ones of what was not measured now, unless these are of other programs.
fn merged(recorded: Results, now: Results) -> Results {
    let is_of_these = numbers::compare(&recorded.programs, &now.programs);
    let mut all = if is_of_these { recorded } else { Results::default() };
    all.replace(now);
    all
}

/// The numbers on record.
fn recorded(root: &Path) -> Result<Results, Error> {
    let text = fs::read_to_string(root.join(FILE)).map_err(Error::NoRecord)?;
    Ok(Results::parse(&text)?)
}

/// The names of what was measured, in the order in which it was asked for.
fn names_of(subjects: &[Subject], runs: &[Run]) -> Vec<String> {
    let is_there = |name: &&String| runs.iter().any(|run| run.name == **name);
    subjects.iter().map(|subject| &subject.name).filter(is_there).cloned().collect()
}

/// Measures all, as often as asked for, in turns.
fn measure(
    subjects: &[Subject],
    args: &Args,
    recorded: &Results,
    host: &TestHost,
    root: &Path,
) -> Result<(Vec<Run>, Outcome), Error> {
    let missing = |fault: Fault| Error::Missing(fault.what().to_owned());
    let medium = host.medium(Arch::X86_64).map_err(missing)?;
    let disk = Disk::new(medium).map_err(missing)?;
    let gpu = host.kvm && fs::read_dir("/dev/dri").is_ok_and(|entries| entries.count() > 0);
    let has = fit::Host { kvm: host.kvm, gpu, connection: args.connect.connection };
    let turns: Vec<_> = (1..=args.runs.get()).flat_map(|turn| subjects.iter().map(move |one| (turn, one))).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.jobs.get()).build()?;
    let one = |(turn, subject): (usize, &Subject)| {
        let keep = root.join("target/bench").join(subject.name.replace(['/', ' '], "-"));
        let _ = fs::remove_dir_all(&keep);
        let begun = std::time::Instant::now();
        let attempt = || {
            let seen = run::measured(&subject.text, &disk, has, &keep)?;
            match undone(&subject.name, recorded, &seen).filter(|_| args.check) {
                Some(why) => Err(Fault::Wrong(why)),
                None => Ok(seen),
            }
        };
        let seen = repeated(&subject.name, !host.kvm, attempt);
        let (word, why) = match &seen {
            Ok(_) => ("Measured", String::new()),
            Err(fault) if keep.exists() => {
                ("FAILED", format!(": {}\n{:>12} {}", fault.what().trim_end(), "Look at", keep.display()))
            }
            Err(fault) => ("FAILED", format!(": {}", fault.what().trim_end())),
        };
        say(&format!("{word:>12} {} ({} s){why}\n", subject.name, begun.elapsed().as_secs()));
        for (work, why) in seen.iter().flat_map(|seen| &seen.failed) {
            say(&format!("{:>12} {}, {work}: {why}\n", "Not done", subject.name));
        }
        seen.map(|seen| Run { name: subject.name.clone(), turn, seen })
    };
    // In their order, so that what takes longest begins first.
    let results: Vec<_> = pool.install(|| turns.into_iter().par_bridge().map(one).collect());
    let outcome = if results.iter().all(Result::is_ok) { Outcome::Good } else { Outcome::Faults };
    Ok((results.into_iter().flatten().collect(), outcome))
}

/// What a guest could not do that it has done before: on a busy host, the pointer may not move in time.
fn undone(machine: &str, recorded: &Results, seen: &Seen) -> Option<String> {
    let has_done = |work: &Work| work.counted.iter().any(|(of, _)| recorded.get(machine, work, *of).is_some());
    let mut failed = seen.failed.iter().filter(|(work, _)| Work::find(work).is_some_and(has_done));
    failed.next().map(|(work, why)| format!("its guest did not do {work}: {why}"))
}

/// Measures again what failed under emulation, and says so.
fn repeated(name: &str, emulated: bool, attempt: impl Fn() -> Result<Seen, Fault>) -> Result<Seen, Fault> {
    for _ in 0..if emulated { REPEATS } else { 0 } {
        match attempt() {
            Err(Fault::Wrong(why)) => {
                say(&format!("{:>12} {name}: {}\n", "Again", why.lines().next().unwrap_or_default()));
            }
            result => return result,
        }
    }
    attempt()
}

/// Says how machines differ from what is on record, and from what they must do.
fn check(subjects: &[Subject], names: &[String], recorded: &Results, now: &Results) -> Outcome {
    if !numbers::compare(&recorded.programs, &now.programs) {
        say(&format!(
            "FAILED: {FILE} was recorded with {}, and this host has {}: their numbers cannot be compared; run `cargo xtask bench \
             --record`, then `cargo xtask regen`, and commit what they write\n",
            numbers::told(&recorded.programs),
            numbers::told(&now.programs),
        ));
        return Outcome::Faults;
    }
    let (mut said, mut differs) = (Vec::new(), false);
    for name in names {
        let subject = subjects.iter().find(|subject| subject.name == *name);
        if let Some(definition) = subject.and_then(|subject| subject.definition) {
            said.extend(compare::promises(&definition, now, name));
        }
        said.extend(compare::with_peer(now, name));
        let differences = compare::with_record(recorded, now, name);
        differs |= !differences.is_empty();
        said.extend(differences);
    }
    for sentence in &said {
        say(&format!("FAILED: {sentence}\n"));
    }
    if said.is_empty() {
        say(&format!("{:>12} {}: all as on record, and as promised\n", "Checked", names.len()));
        return Outcome::Good;
    }
    if differs {
        let names: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
        say(&format!(
            "If other numbers than in {FILE} are intended, run `cargo xtask bench --record {}`, then `cargo xtask regen`, and \
             commit what they write with the reason.\n",
            names.join(" ")
        ));
    }
    Outcome::Faults
}

/// Shows what was measured: each machine beside the one that they are compared with, or all beside each other.
fn show(now: &Results, names: &[String], compared: bool) {
    match names {
        [ours @ .., other] if compared => {
            for name in ours {
                say(&format!("\n{}", table::table(now, &[name.clone(), other.clone()])));
            }
        }
        _ => say(&format!("\n{}", table::table(now, names))),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_fails_under_emulation_is_repeated_twice_at_most() {
        let attempts = |emulated: bool, good_at: usize| {
            let count = Cell::new(0);
            let attempt = || {
                count.set(count.get() + 1);
                if count.get() == good_at { Ok(Seen::default()) } else { Err("QEMU hangs".into()) }
            };
            (repeated("a machine", emulated, attempt).is_ok(), count.get())
        };
        assert_eq!(attempts(true, 9), (false, 1 + REPEATS));
        assert_eq!(attempts(true, 2), (true, 2));
        assert_eq!(attempts(false, 9), (false, 1));
    }

    #[test]
    fn what_a_guest_has_done_before_it_must_do_again() {
        let mut seen = Seen::default();
        seen.failed.insert("pointer".to_owned(), "the pointer did not move".to_owned());
        let recorded = Results::parse("minimal\tpointer\taccesses\t855\nother\tnet-up\taccesses\t1\n").unwrap();
        let why = undone("minimal", &recorded, &seen).unwrap();
        assert_eq!(why, "its guest did not do pointer: the pointer did not move");
        assert_eq!(undone("other", &recorded, &seen), None, "it never could");
    }

    #[test]
    fn what_is_on_record_is_emulated_wherever_it_is_counted() {
        #[derive(clap::Parser)]
        struct Verb {
            #[command(flatten)]
            args: Args,
        }
        let emulated = |words: &[&str], kvm| {
            let words = ["bench", "linux"].iter().chain(words);
            <Verb as clap::Parser>::parse_from(words).args.emulation(kvm).is_some()
        };
        for words in [&["--check"][..], &["--record"], &[]] {
            assert!(emulated(words, false), "{words:?}");
            assert_eq!(emulated(words, true), !words.is_empty(), "{words:?}");
        }
    }

    #[test]
    fn numbers_of_other_programs_do_not_stay_on_record() {
        let of = |version: &str, machine: &str| {
            Results::parse(&format!("# QEMU\t{version}\n{machine}\tfirmware\taccesses\t1\n")).unwrap()
        };
        let machines = |results: Results| results.machines().into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(machines(merged(of("10.0.2", "failed"), of("10.0.8", "minimal"))), ["failed", "minimal"]);
        assert_eq!(machines(merged(of("10.0.2", "failed"), of("10.1.0", "minimal"))), ["minimal"]);
    }

    #[test]
    fn numbers_of_other_programs_are_never_compared() {
        let of = |version: &str| Results::parse(&format!("# QEMU\t{version}\n")).unwrap();
        assert_eq!(check(&[], &[], &of("10.0.2"), &of("10.0.2")), Outcome::Good);
        assert_eq!(check(&[], &[], &of("10.0.2"), &of("10.0.8+ds-2")), Outcome::Good, "that is a repair");
        assert_eq!(check(&[], &[], &of("10.0.2"), &of("10.1.0")), Outcome::Faults);
        assert_eq!(check(&[], &[], &of("10.0.2"), &Results::default()), Outcome::Faults);
    }
}
