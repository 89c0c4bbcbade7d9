//! How long `regen --check` takes, as a process for this repository, and how that grows with the number of guests.
//!
//! ```sh
//! cargo bench --package xtask --bench regen  # some seconds
//! ```
//!
//! The guests are those of the repository over and over, under other names. Their times are the processor's, so that other
//! programs on the machine count for little. Whether a target is met is printed and decides nothing.

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use common::{command, repository};
use domain_definitions::{Collection, GUESTS, Guest, pages};
use rustix::time::{ClockId, clock_gettime};
use xtask::regen;

/// How often each run is repeated.
const RUNS: usize = 7;
/// How many guests there are.
const GUESTS_IN_ALL: [usize; 3] = [10, 100, 1_000];

fn main() {
    // `cargo test --all-targets` runs this, too, without that word.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    let check = || {
        let output = command(env!("CARGO_BIN_EXE_xtask"), &repository())
            .args(["regen", "--check"])
            .output()
            .expect("it can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    };
    let process = median(ClockId::Monotonic, check);
    let verdict = if process < Duration::from_millis(100) { "met" } else { "MISSED" };
    println!("as a process, {} guests: {}, target 100 ms: {verdict}\n", GUESTS.len(), ms(process));

    println!("{:>6} {:>12} {:>12} {:>12} {:>16}", "guests", "definitions", "texts", "all", "per definition");
    let all: Vec<_> = GUESTS_IN_ALL.into_iter().map(show).collect();
    let growth = all[2].as_secs_f64() / all[1].as_secs_f64();
    let verdict = if growth < 12.0 { "met" } else { "MISSED" };
    println!("\nten times the guests, {growth:.1} times as long, target below 12: {verdict}");
}

/// Times what `regen --check` does for that many guests, in a checkout where all is fresh.
fn show(count: usize) -> Duration {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let root = folder.path();
    for file in pages::all().chain(["xtask/needs.sh"]) {
        copy(root, file);
    }
    let guests = guests(count);
    let collection = || Collection::of(guests).expect("it can be written");
    for problem in regen::problems(root, &collection()).expect("it can be compared") {
        assert!(problem.repair(root).expect("it can be written"), "{problem}");
    }
    let texts = median(ClockId::ProcessCPUTime, || drop(collection()));
    let all = median(ClockId::ProcessCPUTime, || {
        let problems = regen::problems(root, &collection()).expect("it can be compared");
        assert!(problems.is_empty(), "{} files are not fresh", problems.len());
    });
    let definitions = collection().members.len();
    let each = all / u32::try_from(definitions).expect("it is a small number");
    println!("{count:>6} {definitions:>12} {:>12} {:>12} {:>13} us", ms(texts), ms(all), each.as_micros());
    all
}

fn copy(root: &Path, file: &str) {
    let target = root.join(file);
    fs::create_dir_all(target.parent().expect("it has a folder")).expect("a folder can be made");
    fs::copy(repository().join(file), target).expect("it can be copied");
}

/// That many guests, for as long as the process lives.
fn guests(count: usize) -> &'static [Guest] {
    let guest = |number: usize| {
        let Guest { osinfo, vcpus, memory, disk, profiles, .. } = GUESTS[number % GUESTS.len()];
        let name = format!("guest{number:04}").leak();
        Guest { id: name, name, osinfo, vcpus, memory, disk, profiles }
    };
    (0..count).map(guest).collect::<Vec<_>>().leak()
}

/// How long something takes by a clock, in the middle of several runs.
fn median(clock: ClockId, run: impl Fn()) -> Duration {
    let now = || clock_gettime(clock);
    let once = |_| {
        let start = now();
        run();
        Duration::try_from(now() - start).expect("clocks go forward")
    };
    let mut times: Vec<_> = (0..RUNS).map(once).collect();
    times.sort();
    times[RUNS / 2]
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
