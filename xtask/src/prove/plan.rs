//! What is tried, in which order: what takes longest comes first.

use std::path::{Path, PathBuf};

use domain_definitions::domain::Arch;
use domain_definitions::proof::Claim;
use domain_definitions::rules::Rule;
use domain_definitions::version::{since, v};
use domain_definitions::{Connection, Definition, Report, Since};
use host::{Fault, definitions, is_started, runs_under_kvm};

use super::boots::boots;
use super::environment::Environment;
use super::liveness::HANGS;
use super::lives::lives;
use super::machine::{can_report, has_secure_boot};
use super::moves::moves;
use super::test_host::{TestHost, place};
use super::trial::{Concurrency, Trial, Words};
use super::{bare, faults, golden, rendered, seed, start_script, starts, tuned};
use crate::say;

/// The definitions whose machines live a whole life, which includes a move: on each connection, those of the guests that most
/// people have.
const LIVES: [&str; 3] = ["linux-portable", "windows", "aarch64/linux-portable"];
/// The definitions that are booted on every release.
const EVERYWHERE: [&str; 2] = ["linux", "linux-portable"];

/// How often an emulated trial that failed is repeated.
const REPEATS: usize = 3;
/// How often it is repeated if QEMU hung each time. Measured: one boot in twenty, and once three in a row.
const REPEATS_OF_HANGS: usize = 5;

/// What is done with a machine: what its guest saw.
type Course = fn(&Environment, &Definition) -> Result<Report, Fault>;

/// The trials that some words select, on releases with these root folders (none for this machine's, which comes first).
pub fn trials(roots: &[Option<PathBuf>], words: &Words) -> Vec<Trial> {
    let mut trials = on_this_machine();
    for root in roots.iter().flatten() {
        let session = of(&EVERYWHERE).filter(|definition| definition.connection == Connection::Session);
        trials.extend(session.map(|definition| trial(Some(root), definition, Claim::Boots, boots)));
    }
    trials.extend(faults::trials());
    trials.extend(bare::trials());
    trials.extend(seed::trials());
    trials.extend(start_script::trials());
    trials.extend(rendered::trials());
    trials.extend(tuned::trials());
    trials.retain(|trial| trial.names.iter().any(|name| words.select(name)));
    starts::trial(words).into_iter().chain(trials).collect()
}

fn on_this_machine() -> Vec<Trial> {
    let lived = of(&LIVES).filter(is_booted);
    let mut trials: Vec<_> = lived.map(|definition| trial(None, definition, Claim::Lives, lives)).collect();
    let booted = definitions().filter(is_started).filter(is_booted);
    let others = booted.filter(|definition| !LIVES.contains(&definition.stem().as_str()));
    for definition in others.filter(can_report) {
        let (claim, course): (_, Course) =
            if can_move(&definition, NEWEST) { (Claim::Moves, moves) } else { (Claim::Boots, boots) };
        trials.push(trial(None, definition, claim, course));
    }
    trials
}

/// Whether a guest is booted on it. Of those for other processors than a PC's, it is the session's files for the test guest's own
/// system, and one of the system's, with its network, its shared folder and its disk in a file.
fn is_booted(definition: &Definition) -> bool {
    let is_plain_or_of_a_session = definition.variant.is_none() || definition.connection == Connection::Session;
    definition.platform.arch == Arch::X86_64 || definition.guest.id == "linux" && is_plain_or_of_a_session
}

fn of(stems: &'static [&'static str]) -> impl Iterator<Item = Definition> {
    definitions().filter(|definition| stems.contains(&definition.stem().as_str()))
}

/// Releases that can do whatever any release can: which ones there are is not known before they are asked.
const NEWEST: Since = since(v(u16::MAX, 0, 0), v(u16::MAX, 0, 0));

/// Whether a definition's machine can move to another host with the same releases.
fn can_move(definition: &Definition, releases: Since) -> bool {
    let blocks = |rule: &Rule| rule.blocks().is_some_and(|blocks| blocks.applies_to(releases));
    definition.ties().is_ok_and(|ties| !ties.into_iter().any(blocks))
}

/// Something that is done with a machine of a definition on a release.
fn trial(root: Option<&PathBuf>, definition: Definition, claim: Claim, course: Course) -> Trial {
    let root = root.cloned();
    let name = format!("{} {} on {}", definition.path(), claim.name(), place(root.as_deref()));
    // The tables speak of this machine's release.
    let proves = root.is_none().then_some((definition, claim));
    let concurrency = if has_secure_boot(&definition) { Concurrency::HalfOfJobs } else { Concurrency::Any };
    let (on, called) = (root.clone(), name.clone());
    let trial = Trial::here(name, proves, move |host, artifacts| {
        let kvm = host.virtualizes(on.as_deref(), &definition);
        let (report, line) = repeated(!kvm, &called, || {
            attempt(host, on.as_deref(), definition, (claim != Claim::Boots, course), artifacts)
        })?;
        host.add_report(report);
        // What starts under KVM is compared there.
        line.map_or(Ok(()), |line| golden::is_as_before(&host.root, &definition, &line))
    });
    Trial { root, concurrency, ..trial }
}

fn attempt(
    host: &TestHost,
    root: Option<&Path>,
    definition: Definition,
    (moves, course): (bool, Course),
    artifacts: &Path,
) -> Result<(Report, Option<String>), Fault> {
    let release = host.release(root)?;
    if !release.has(definition.floor()) {
        return Err(Fault::Missing(format!("{} is too old for it", release.name())));
    }
    let kvm = host.virtualizes(root, &definition);
    if kvm {
        runs_under_kvm(&definition)?;
    }
    let releases = release.numbers.unwrap_or(definition.floor());
    if moves && !can_move(&definition, releases) {
        return Err(Fault::Missing(format!("{} cannot move it", release.name())));
    }
    let environment = Environment::new(release, definition, kvm, host.image(&definition)?)?;
    let report = course(&environment, &definition).inspect_err(|_| environment.save_to(artifacts))?;
    let is_compared = definition.platform.arch != Arch::X86_64 && root.is_none();
    let lines = if is_compared { golden::command_lines(&environment.log()?) } else { Vec::new() };
    Ok((report, lines.into_iter().next()))
}

/// Repeats what failed under emulation. QEMU may hang there, or a guest sleep for ever: one of its CPUs, halted, still has
/// the timer's interrupt in service, and takes no other (`info lapic` of QEMU 10.0). That says nothing about the
/// definition; what is wrong with that fails each time.
///
/// # Errors
///
/// The last attempt's.
pub fn repeated<T>(emulated: bool, name: &str, attempt: impl Fn() -> Result<T, Fault>) -> Result<T, Fault> {
    let mut failed = 0;
    loop {
        match attempt() {
            Err(Fault::Wrong(why))
                if emulated && failed < if why.starts_with(HANGS) { REPEATS_OF_HANGS } else { REPEATS } =>
            {
                failed += 1;
                say(&format!("{:>12} {name}: {}\n", "Again", why.lines().next().unwrap_or_default()));
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use host::theirs::Theirs;

    use super::*;

    #[test]
    fn what_fails_under_emulation_is_repeated_a_few_times() {
        let attempts = |emulated, fault: Fault| {
            let count = std::cell::Cell::new(0);
            let attempt = || {
                count.set(count.get() + 1);
                Err::<(), _>(fault.clone())
            };
            assert!(repeated(emulated, "a trial", attempt).is_err());
            count.get()
        };
        assert_eq!(attempts(false, "wrong".into()), 1);
        assert_eq!(attempts(true, "wrong".into()), 1 + REPEATS);
        assert_eq!(attempts(true, format!("{HANGS}: ...").into()), 1 + REPEATS_OF_HANGS);
        assert_eq!(attempts(true, Fault::Missing("no guest".to_owned())), 1);
    }

    #[test]
    fn words_select_trials_by_name() {
        let roots = [None, Some(PathBuf::from("/roots/sid"))];
        let names = |words: &[&str]| -> Vec<String> {
            let words = Words(words.iter().map(|&word| word.to_owned()).collect());
            trials(&roots, &words).into_iter().flat_map(|trial| trial.names).collect()
        };
        let of_one = [
            "session/linux-2d.xml starts under KVM",
            "session/linux-2d.xml moves on this machine",
            "start.sh session/linux-2d.xml on this machine",
        ];
        assert_eq!(names(&["session/linux-2d.xml"]), of_one);
        assert_eq!(names(&["session/linux-portable.xml boots"]), ["session/linux-portable.xml boots on sid"]);
        let of_two = ["session/linux-2d.xml moves on this machine", "session/linux-portable.xml boots on sid"];
        assert_eq!(names(&["session/linux-2d.xml moves", "session/linux-portable.xml boots"]), of_two);
        assert!(names(&["on sid"]).iter().all(|name| name.ends_with(" boots on sid")));
        let theirs = Theirs::all().expect("the machines that people have can be read").len();
        let ours = definitions().filter(|one| is_started(one) && one.platform.arch == Arch::X86_64).count();
        assert_eq!(names(&["starts under KVM"]).len(), ours + theirs);
        let arm = names(&["aarch64"]);
        let of_arm = [
            "session/aarch64/linux-portable.xml lives on this machine",
            "session/aarch64/linux-2d.xml moves on this machine",
            "session/aarch64/linux-cloud.xml moves on this machine",
            "session/aarch64/linux.xml boots on this machine",
            "system/aarch64/linux.xml boots on this machine",
        ];
        assert_eq!(arm.iter().collect::<BTreeSet<_>>(), of_arm.map(str::to_owned).iter().collect());
        assert!(names(&["vulkan"]).is_empty(), "there is no GPU for it");
        assert!(names(&[]).len() > 2 * definitions().count());
        assert!(names(&["plan9"]).is_empty());
        let all = trials(&roots, &Words(Vec::new()));
        let asked = Words(["session/linux-2d.xml", "plan9", "on sid"].map(str::to_owned).into());
        assert_eq!(asked.unknown(&all), ["plan9"], "each word has to be known");
    }
}
