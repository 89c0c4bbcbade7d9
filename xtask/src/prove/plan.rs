//! What is tried, in which order: what takes longest comes first.

use std::sync::Arc;

use domain_definitions::proof::Claim;
use domain_definitions::rules::Rule;
use domain_definitions::{Connection, Definition, FLOOR, Report, Since};
use host::{Fault, Release, definitions};

use super::boots::boots;
use super::ground::Ground;
use super::lives::lives;
use super::machine::{can_talk, has_secure_boot};
use super::moves::moves;
use super::pulse::STANDS_STILL;
use super::stage::Stage;
use super::{Beside, Trial, bare, faults, starts};
use crate::say;

/// The definitions whose machines lead a whole life: on each connection, one of each guest that most people have. They move as
/// well.
const LIVES: [&str; 2] = ["linux-portable", "windows"];
/// Those that are booted on every release.
const EVERYWHERE: [&str; 2] = ["linux", "linux-portable"];

/// How often an emulated trial that failed is tried again.
const AGAIN: usize = 3;
/// How often it is, if QEMU stood still each time. Measured: one boot in twenty, and once three in a row.
const AGAIN_STILL: usize = 5;

/// What is done, and what the guest saw.
type Course = fn(&Stage, &Definition) -> Result<Report, Fault>;

/// Everything that can be tried.
pub fn trials(ground: &Ground) -> Vec<Trial> {
    let mut trials = starts::trials(ground);
    let Some(here) = ground.releases.first() else { return trials };
    let of = |stems: &'static [&'static str]| definitions().filter(move |d| stems.contains(&d.stem().as_str()));
    for definition in of(&LIVES) {
        trials.push(trial(ground, here, definition, Claim::Lives, lives));
    }
    let others = definitions().filter(|definition| !LIVES.contains(&definition.stem().as_str()));
    for definition in others.filter(can_talk) {
        let (claim, course): (_, Course) = if can_move(&definition, here.numbers.unwrap_or(FLOOR)) {
            (Claim::Moves, moves)
        } else {
            (Claim::Boots, boots)
        };
        trials.push(trial(ground, here, definition, claim, course));
    }
    for release in &ground.releases[1..] {
        for definition in of(&EVERYWHERE).filter(|definition| definition.connection == Connection::Session) {
            trials.push(trial(ground, release, definition, Claim::Boots, boots));
        }
    }
    trials.extend(faults::trials(ground));
    trials.extend(bare::trials(ground));
    trials
}

/// Whether a definition's machine can move to another host, which has the same releases.
fn can_move(definition: &Definition, releases: Since) -> bool {
    let blocks = |rule: &Rule| rule.blocks().is_some_and(|blocks| blocks.applies_to(releases));
    definition.ties().is_ok_and(|ties| !ties.into_iter().any(blocks))
}

/// Something that is done with a machine of a definition on a release.
fn trial(ground: &Ground, release: &Release, definition: Definition, claim: Claim, course: Course) -> Trial {
    let first = ground.releases.first().is_some_and(|first| first.root == release.root);
    let name = format!("{} {} on {}", definition.path(), claim.name(), release.name());
    let (release, image, kvm) = (release.clone(), ground.image.clone(), ground.kvm && first);
    let reports = Arc::clone(&ground.reports);
    // What happens elsewhere says nothing of the release that the README's tables speak of.
    let tried = name.clone();
    let beside = if !kvm && has_secure_boot(&definition) { Beside::Half } else { Beside::All };
    let trial = Trial::one(name, first.then_some((definition, claim)), move |folder| {
        let image = image.as_ref().map_err(|why| Fault::Missing(why.clone()))?;
        if !release.has(definition.floor()) {
            return Err(Fault::Missing(format!("{} is too old for it", release.name())));
        }
        let attempt = || {
            let stage = Stage::new(&release, definition, kvm, image)?;
            course(&stage, &definition).inspect_err(|_| stage.save_to(folder))
        };
        // Emulated, QEMU may stand still, or a guest sleep for ever: one of its CPUs, halted, still has the timer's interrupt in
        // service, and takes no other (`info lapic` of QEMU 10.0). That says nothing of the definition; what is wrong
        // with that is wrong each time.
        let mut failed = 0;
        let report = loop {
            match attempt() {
                Err(Fault::Wrong(why))
                    if !kvm && failed < if why.starts_with(STANDS_STILL) { AGAIN_STILL } else { AGAIN } =>
                {
                    failed += 1;
                    say(&format!("{:>12} {tried}: {}\n", "Again", why.lines().next().unwrap_or_default()));
                }
                result => break result?,
            }
        };
        if let Ok(mut reports) = reports.lock() {
            reports.push(report);
        }
        Ok(())
    });
    Trial { beside, ..trial }
}
