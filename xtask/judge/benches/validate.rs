//! How long `validate` takes for thousands of documents, beside xmllint and virt-xml-validate, and for an explanation.
//!
//! ```sh
//! cargo bench --package judge                  # about two minutes, most of them virt-xml-validate's
//! cargo bench --package judge -- --sample 250  # virt-xml-validate judges 250 files, and its time is scaled
//! cargo bench --package judge -- --explain DIR # what is rejected in a folder of yours is explained as well
//! ```
//!
//! All three must reject the same documents; whether a target is met is printed and decides nothing, as the machine may
//! be busy. Processor time and memory are what GNU time says.

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use std::{env, fs};

use common::copies::{damaged, varied};
use common::repository;
use domain_definitions::CATALOG;
use judge::explain;
use judge::input;
use judge::schemas::{self, Compiled, Compiler};

/// How many documents there are; one in a hundred is rejected.
const DOCUMENTS: usize = 2_500;
/// How often a run over all of them is repeated.
const RUNS: usize = 5;
/// The schema, for xmllint.
const SCHEMA: &str = "/usr/share/libvirt/schemas/domain.rng";

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    // `cargo test --all-targets` runs this, too, without that word.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let option = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1);
    let sample = option("--sample").map_or(DOCUMENTS, |number| number.parse().expect("--sample takes a number"));

    let sets = schemas::load(&[]).expect("libvirt's schemas are installed");
    let installed = sets[0].compiler();
    let compiled = installed.schema("domain").unwrap().expect("libvirt's schema can be used");
    let folder = tempfile::tempdir().unwrap();
    let files = write_documents(folder.path(), compiled);
    println!("{DOCUMENTS} documents, {} cores; median of {RUNS} alternating runs\n", cores());
    let rejected = compare(folder.path(), &files, sample.clamp(1, DOCUMENTS));
    show_explaining("of those above", &rejected.into_iter().map(PathBuf::from).collect::<Vec<_>>(), &installed);
    let folders =
        [repository().join("xtask/judge/tests/broken")].into_iter().chain(option("--explain").map(PathBuf::from));
    for folder in folders {
        let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
        show_explaining(&format!("in {}", folder.display()), &files, &installed);
    }
}

/// Writes variations of our definitions to a folder; the same ones every time.
fn write_documents(folder: &Path, compiled: &Compiled) -> Vec<PathBuf> {
    let mut random = fastrand::Rng::with_seed(2_500);
    let judge = explain::judge(&compiled.schema);
    let definitions: Vec<_> = CATALOG.iter().filter(|entry| entry.is_definition()).collect();
    let write = |number: usize| {
        let name = format!("machine-{number:04}");
        let valid = varied(random.choice(&definitions).unwrap().xml, &name, &mut random);
        let text = if number % 100 == 50 {
            // Not all damage makes a document invalid.
            let mut damaged = std::iter::repeat_with(|| damaged(&valid, &mut random).text);
            damaged.find(|text| is_domain(text) && !judge(text)).unwrap()
        } else {
            valid
        };
        let path = folder.join(format!("{name}.xml"));
        fs::write(&path, text).unwrap();
        path
    };
    (0..DOCUMENTS).map(write).collect()
}

/// Whether a text is a domain's, right or wrong. Damage to its root makes it something that libvirt has no schema for.
fn is_domain(text: &str) -> bool {
    roxmltree::Document::parse(text).is_ok_and(|document| document.root_element().has_tag_name("domain"))
}

/// What a run of a program costs.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Seconds on the clock.
    wall: f64,
    /// Seconds of processors, for the program and for the system.
    cpu: f64,
    /// Memory at its peak, in MiB.
    memory: f64,
}

/// Runs a program under GNU time.
fn cost(program: &str, arguments: &[&OsStr]) -> (Cost, Output) {
    let mut command = Command::new("/usr/bin/time");
    command.args(["--format", "%e %U %S %M", program]).args(arguments).current_dir("/");
    let output = command.output().expect("GNU time is installed as /usr/bin/time");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let figures: Vec<f64> = said.lines().last().unwrap().split(' ').map(|figure| figure.parse().unwrap()).collect();
    let [wall, user, system, kib] = figures[..] else { panic!("GNU time says: {said}") };
    (Cost { wall, cpu: user + system, memory: kib / 1024.0 }, output)
}

/// Runs the three over all documents and returns those that they reject.
fn compare(folder: &Path, files: &[PathBuf], sample: usize) -> BTreeSet<String> {
    let judge = env!("CARGO_BIN_EXE_judge");
    let ours = || cost(judge, &[folder.as_os_str()]);
    let options = ["--noout", "--relaxng", SCHEMA].map(OsStr::new);
    let arguments: Vec<_> = options.into_iter().chain(files.iter().map(|file| file.as_os_str())).collect();
    let xmllint = || cost("xmllint", &arguments);
    let (mut costs, mut others) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        costs.push(ours().0);
        others.push(xmllint().0);
    }

    let (_, json) = cost(judge, &["--format".as_ref(), "json".as_ref(), folder.as_os_str()]);
    assert_eq!(json.status.code(), Some(1), "some documents are invalid, and all are readable");
    let rejected = rejected_by_us(&json);
    assert_eq!(rejected.len(), DOCUMENTS / 100);
    assert_eq!(rejected, rejected_by_xmllint(&xmllint().1), "xmllint rejects other documents");

    // Spread evenly, beginning with one that is rejected.
    let some: Vec<_> = (0..sample).map(|index| &files[(50 + index * DOCUMENTS / sample) % DOCUMENTS]).collect();
    let (loop_s, accepted) = timed(|| some.iter().map(|file| virt_xml_validate(file)).collect::<Vec<_>>());
    for (file, accepted) in some.iter().zip(accepted) {
        assert_eq!(
            accepted,
            !rejected.contains(&file.display().to_string()),
            "virt-xml-validate on {}",
            file.display()
        );
    }
    let count = |number| u32::try_from(number).unwrap();
    let loop_s = (loop_s / count(sample) * count(DOCUMENTS)).as_secs_f64();

    let middle = |of: fn(&Cost) -> f64, costs: &[Cost]| {
        let mut values: Vec<_> = costs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!("{:<36} {:>10} {:>10}", "", "processor", "clock");
    let [cpu, cpu_of_xmllint] = [&costs, &others].map(|costs| middle(|cost| cost.cpu, costs));
    let [wall, wall_of_xmllint] = [&costs, &others].map(|costs| middle(|cost| cost.wall, costs));
    println!("{:<36} {cpu:>8.2} s {wall:>8.2} s", "cargo xtask validate, all rules");
    println!("{:<36} {cpu_of_xmllint:>8.2} s {wall_of_xmllint:>8.2} s", "xmllint, one process");
    println!("{:<36} {:>10} {loop_s:>8.2} s", "virt-xml-validate, in a loop", "");
    if sample < DOCUMENTS {
        println!("(virt-xml-validate: {sample} documents, scaled)");
    }
    target("processor time beside xmllint's", cpu / cpu_of_xmllint, 1.3, "×");
    target("time beside xmllint's, on two cores", wall / wall_of_xmllint, 0.8, "×");
    target("time beside virt-xml-validate's", wall / loop_s, 0.02, "×");
    target("memory at its peak", costs.iter().map(|cost| cost.memory).fold(0.0, f64::max), 64.0, "MiB");
    let tenth: Vec<_> = files[..DOCUMENTS / 10].iter().map(|file| file.as_os_str()).collect();
    println!("{:<36} {:>8.2} MiB", "the same, for a tenth of them", cost(judge, &tenth).0.memory);
    println!("all reject the same {} documents", rejected.len());
    rejected
}

/// Prints a figure, and whether it is as low as it should be.
fn target(name: &str, figure: f64, most: f64, unit: &str) {
    let verdict = if figure <= most { "met" } else { "MISSED" };
    println!("{name:<36} {figure:>8.2} {unit}, target {most} {unit}: {verdict}");
}

fn rejected_by_us(output: &Output) -> BTreeSet<String> {
    let reports = String::from_utf8_lossy(&output.stdout).into_owned();
    let reports = reports.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    reports.filter(|report| report["verdict"] == "invalid").map(|r| r["path"].as_str().unwrap().to_owned()).collect()
}

fn rejected_by_xmllint(output: &Output) -> BTreeSet<String> {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().filter_map(|line| line.strip_suffix(" fails to validate")).map(str::to_owned).collect()
}

fn virt_xml_validate(file: &Path) -> bool {
    let output = Command::new("virt-xml-validate").arg(file).arg("domain").output().expect("virt-xml-validate runs");
    output.status.success()
}

/// Times what happens to rejected documents, with the schema compiled and its grammar read, as in a long run.
fn show_explaining(name: &str, files: &[PathBuf], compiler: &Compiler) {
    let explained = |file: &Path| {
        // What cannot be read, and what is a piece, is told by other means.
        let schema = compiler.schema(&input::read(file).ok()?.document.root())?.expect("libvirt's schemas can be used");
        let (time, findings) = timed(|| {
            let input = input::read(file).unwrap();
            let messages = input.validate(&schema.schema).expect("libxml2 judges");
            (!messages.is_empty())
                .then(|| explain::explain(&input.text, schema.grammar(), &messages, &explain::judge(&schema.schema)))
        });
        findings.map(|findings| {
            assert!(!findings.is_empty(), "{}", file.display());
            time.as_secs_f64() * 1e3
        })
    };
    // The best of three: the machine may be busy, and the first one pays for what all use.
    let best = |file| (0..3).filter_map(|_| explained(file)).min_by(f64::total_cmp);
    let mut times: Vec<_> = files.iter().filter_map(|file| Some((best(file)?, file))).collect();
    times.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    println!("\nto read, judge and explain one of {} rejected documents {name}", times.len());
    target("median", times[times.len() / 2].0, 10.0, "ms");
    let (maximum, file) = times[times.len() - 1];
    target("maximum", maximum, 50.0, "ms");
    println!("{:<36} {}", "", file.display());
}

fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = run();
    (start.elapsed(), result)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
