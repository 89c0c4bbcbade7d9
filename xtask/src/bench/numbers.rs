//! Makes numbers of what was seen of machines.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use domain_definitions::measured::results::Results;
use domain_definitions::measured::{Quantity, WORKS, Work};
use domain_definitions::platforms::Address;
use host::Release;
use serde::Serialize;
use serde_json::{Value, json};

use super::run::Seen;

/// One run of a machine.
#[derive(Debug, Serialize)]
pub struct Run {
    /// The machine's name.
    pub name: String,
    /// Which of its runs this is, from 1.
    pub turn: usize,
    /// What was seen.
    #[serde(flatten)]
    pub seen: Seen,
}

/// The version of each program that numbers depend on.
#[must_use]
pub fn programs(root: &Path) -> BTreeMap<String, String> {
    let mut programs = BTreeMap::new();
    if let Some(numbers) = Release::here().numbers {
        programs.insert("QEMU".to_owned(), numbers.qemu.to_string());
        programs.insert("libvirt".to_owned(), numbers.libvirt.to_string());
    }
    for (name, package) in [("OVMF", "ovmf"), ("SeaBIOS", "seabios")] {
        let output = Command::new("dpkg-query").args(["--show", "--showformat", "${Version}", package]).output();
        if let Some(output) = output.ok().filter(|output| output.status.success()) {
            programs.insert(name.to_owned(), String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
    }
    // `.ci/guest` lists what the guest is made of.
    let packages = fs::read_to_string(root.join("target/guest/packages")).unwrap_or_default();
    let kernel = packages.lines().find_map(|line| line.strip_prefix("linux-image-")?.split_once('-'));
    programs.extend(kernel.map(|(version, _)| ("Linux".to_owned(), version.to_owned())));
    programs
}

/// Whether numbers of some programs can be held against those of others: a release is told by its first two numbers, and those
/// behind them, and the distribution's, stand for repairs.
#[must_use]
pub fn compare(programs: &BTreeMap<String, String>, others: &BTreeMap<String, String>) -> bool {
    let releases = |programs: &BTreeMap<String, String>| -> Vec<(String, String)> {
        let release = |version: &str| version.split(['.', '-', '+']).take(2).collect::<Vec<_>>().join(".");
        programs.iter().map(|(name, version)| (name.clone(), release(version))).collect()
    };
    releases(programs) == releases(others)
}

/// Them in words: "QEMU 10.0.2, libvirt 11.3.0".
#[must_use]
pub fn told(programs: &BTreeMap<String, String>) -> String {
    let told: Vec<_> = programs.iter().map(|(name, version)| format!("{name} {version}")).collect();
    if told.is_empty() { "programs that are not known".to_owned() } else { told.join(", ") }
}

/// The median of each number of each machine.
#[must_use]
pub fn results(runs: &[Run]) -> Results {
    let mut results = Results::default();
    for (name, work, quantity, values) in all(runs) {
        if let Some(value) = values.get(values.len() / 2) {
            results.set(name, work, quantity, *value);
        }
    }
    results
}

/// Every number of each machine, with the values of its runs, sorted.
fn all(runs: &[Run]) -> Vec<(&str, &'static Work, Quantity, Vec<u64>)> {
    let mut names: Vec<_> = runs.iter().map(|run| run.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut numbers = Vec::new();
    for name in names {
        for work in WORKS {
            for (quantity, _) in work.counted {
                let of = runs.iter().filter(|run| run.name == name);
                let mut values: Vec<_> = of.filter_map(|run| value(&run.seen, work, *quantity)).collect();
                values.sort_unstable();
                numbers.push((name, work, *quantity, values));
            }
        }
    }
    numbers
}

/// A number of one run, if the machine has come so far.
fn value(seen: &Seen, work: &Work, quantity: Quantity) -> Option<u64> {
    let answer = seen.answers.get(work.id);
    let accesses = || seen.accesses.get(work.id).map(|regions| regions.values().sum::<u64>());
    match quantity {
        Quantity::Accesses if work.id == "second-firmware" => accesses().filter(|_| seen.started_again),
        // A work without a single one has none; a part of the start without any was not seen.
        Quantity::Accesses => accesses().or(answer.map(|_| 0)),
        Quantity::Kicks => answer.map(|answer| answer.kicks),
        Quantity::Interrupts => answer.map(|answer| answer.interrupts),
        Quantity::Resident => seen.resident,
        Quantity::Returned => answer.and_then(|_| seen.returned.get(work.id).copied()),
    }
}

/// Everything, for programs: medians and ranges, and what was seen in each run.
#[must_use]
pub fn json(runs: &[Run], results: &Results, address: Address, kvm: bool) -> String {
    let mut machines: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
    for (name, work, quantity, values) in all(runs) {
        if let (Some(least), Some(most)) = (values.first(), values.last()) {
            let number = json!({"median": values[values.len() / 2], "least": least, "most": most});
            machines.entry(name).or_default().insert(format!("{} {}", work.id, quantity.name()), number);
        }
    }
    for run in runs.iter().filter(|_| kvm) {
        for work in run.seen.answers.keys() {
            let of = runs.iter().filter(|other| other.name == run.name);
            let mut seconds: Vec<_> = of.filter_map(|run| Some(run.seen.answers.get(work)?.seconds)).collect();
            seconds.sort_by(f64::total_cmp);
            if let (Some(least), Some(most)) = (seconds.first(), seconds.last()) {
                let number = json!({"median": seconds[seconds.len() / 2], "least": least, "most": most});
                machines.entry(run.name.as_str()).or_default().insert(format!("{work} seconds"), number);
            }
        }
    }
    let (programs, connection) = (&results.programs, address.to_string());
    let whole = json!({"programs": programs, "connection": connection, "kvm": kvm, "machines": machines, "runs": runs});
    format!("{whole:#}\n")
}

#[cfg(test)]
mod tests {
    use domain_definitions::measured::Group;

    use super::super::answers::Answer;
    use super::*;

    fn run(turn: usize, accesses: u64) -> Run {
        let mut seen = Seen { resident: Some(300), started_again: false, ..Seen::default() };
        let told = Answer { seconds: 1.0, interrupts: 100, kicks: 101 };
        seen.answers.insert("read-random-1".to_owned(), told);
        seen.answers.insert("write-random-1".to_owned(), told);
        seen.accesses.insert("firmware", [("fwcfg".to_owned(), accesses), ("ahci".to_owned(), 1)].into());
        seen.accesses.insert("second-firmware", [("fwcfg".to_owned(), 5)].into());
        seen.accesses.insert("read-random-1", [("ahci".to_owned(), 700)].into());
        Run { name: "minimal".to_owned(), turn, seen }
    }

    #[test]
    fn the_median_of_runs_counts_and_what_did_not_happen_has_no_number() {
        let results = results(&[run(1, 9), run(2, 1000), run(3, 7)]);
        let get = |id: &str, quantity| results.get("minimal", Work::find(id).unwrap(), quantity);
        assert_eq!(get("firmware", Quantity::Accesses), Some(10), "all regions together");
        assert_eq!(get("loader", Quantity::Accesses), None, "no mark was seen");
        assert_eq!(get("second-firmware", Quantity::Accesses), None, "it did not start again");
        assert_eq!(get("read-random-1", Quantity::Accesses), Some(700));
        assert_eq!(get("write-random-1", Quantity::Accesses), Some(0), "it was done without a single one");
        assert_eq!(get("write-random-1", Quantity::Kicks), Some(101));
        assert_eq!(get("read-random-16", Quantity::Kicks), None);
        assert_eq!(get("idle", Quantity::Resident), Some(300));
    }

    /// The guest does what the page says: the sizes and counts there are those of its orders.
    #[test]
    fn what_is_told_of_a_work_is_what_the_guest_does() {
        use host::work::{self, AREA_SIZE, What};
        let told: Vec<_> = WORKS.iter().filter(|work| work.group != Group::Start).collect();
        assert_eq!(told.len(), work::WORKS.len());
        for (told, work) in told.into_iter().zip(work::WORKS) {
            assert_eq!(told.id, work.name);
            let words = format!("{}: {}", told.title, told.does);
            let numbers = match work.what {
                What::Idle(seconds) => vec![format!("for {seconds} seconds")],
                What::Disk(requests) => {
                    let kib = format!("{} KiB each", requests.size >> 10);
                    let deep = format!(", {} at a time", requests.depth);
                    assert_eq!(told.title.ends_with(&deep), requests.depth > 1, "{words}");
                    vec![kib, format!("{} {}", requests.count, if requests.random { "random" } else { "sequential" })]
                }
                What::Send(bytes) => vec![format!("{} MiB sent", bytes >> 20)],
                What::Receive(bytes) => vec![format!("{} MiB received", bytes >> 20)],
                What::Request { lines, bytes } => vec![format!("{lines} requests"), format!("{bytes} bytes")],
                What::Pointer(count) => vec![format!("{count} movements")],
                What::Memory { mib, seconds } => vec![format!("{mib} MiB"), format!("{seconds} seconds")],
                What::Discard => vec![format!("{} MiB", AREA_SIZE >> 20)],
            };
            for number in numbers {
                assert!(words.contains(&number), "{words}: not {number}");
            }
        }
    }

    #[test]
    fn programs_find_ranges_and_each_run() {
        let runs = [run(1, 9), run(2, 11)];
        let address: Address = "qemu:///system".parse().unwrap();
        let parsed: Value = serde_json::from_str(&json(&runs, &results(&runs), address, true)).unwrap();
        assert_eq!(parsed["connection"], "qemu:///system");
        let firmware = &parsed["machines"]["minimal"]["firmware accesses"];
        assert_eq!((firmware["least"].as_u64(), firmware["most"].as_u64()), (Some(10), Some(12)));
        assert_eq!(parsed["machines"]["minimal"]["read-random-1 seconds"]["median"], 1.0);
        assert_eq!(parsed["runs"][1]["accesses"]["firmware"]["fwcfg"], 11);
        let emulated: Value = serde_json::from_str(&json(&runs, &results(&runs), address, false)).unwrap();
        assert!(emulated["machines"]["minimal"]["read-random-1 seconds"].is_null(), "they say nothing");
    }
}
