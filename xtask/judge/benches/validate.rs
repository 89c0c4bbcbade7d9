//! How long `validate` takes for thousands of documents, beside xmllint and virt-xml-validate, and for an explanation.
//!
//! ```sh
//! cargo bench --package judge                  # about two minutes, most of them virt-xml-validate's
//! cargo bench --package judge -- --sample 250  # virt-xml-validate judges 250 files, and its time is scaled
//! ```
//!
//! All three must reject the same documents; whether a target is met is printed and decides nothing, as the machine may
//! be busy.

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use std::{env, fs};

use common::copies::{damaged, varied};
use common::{repository, validate_in};
use domain_definitions::CATALOG;
use judge::explain;
use judge::input;
use judge::schemas::{self, Compiled};

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
    let sample = arguments.iter().skip_while(|argument| *argument != "--sample").nth(1);
    let sample = sample.map_or(DOCUMENTS, |number| number.parse().expect("--sample takes a number"));

    let sets = schemas::load(&[]).expect("libvirt's schemas are installed");
    let installed = sets[0].compiler();
    let compiled = installed.schema("domain").unwrap().expect("libvirt's schema can be used");
    let folder = tempfile::tempdir().unwrap();
    let files = write_documents(folder.path(), compiled);
    println!("{DOCUMENTS} documents, {} cores; median of {RUNS} alternating runs\n", cores());
    let rejected = compare(folder.path(), &files, sample.clamp(1, DOCUMENTS));

    println!("\nread, judge and explain one rejected document");
    println!("{:<28} {:>9} {:>12} {:>12}", "", "documents", "median", "maximum");
    show_explaining("of those above", rejected.iter().map(PathBuf::from), compiled);
    let broken = fs::read_dir(repository().join("xtask/judge/tests/broken")).unwrap();
    show_explaining("in xtask/judge/tests/broken", broken.map(|entry| entry.unwrap().path()), compiled);
    println!("target: median < 50 ms");

    println!("\npeak memory of cargo xtask validate");
    for count in [DOCUMENTS / 10, DOCUMENTS] {
        println!("{count:>5} documents {:>16}", memory(&files[..count]));
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

/// Times the three over all documents and returns those that they reject.
fn compare(folder: &Path, files: &[PathBuf], sample: usize) -> BTreeSet<String> {
    let ours = || validate_in(Path::new("/")).arg(folder).output().unwrap();
    let xmllint =
        || Command::new("xmllint").args(["--noout", "--relaxng", SCHEMA]).args(files).output().expect("xmllint runs");
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        times[0].push(timed(ours).0);
        times[1].push(timed(xmllint).0);
    }
    let [ours, xmllint_s] = times.map(median);

    let json = validate_in(Path::new("/")).args(["--format", "json"]).arg(folder).output().unwrap();
    assert_eq!(json.status.code(), Some(1), "some documents are invalid, and all are readable");
    let rejected = rejected_by_us(&json);
    assert_eq!(rejected.len(), DOCUMENTS / 100);
    assert_eq!(rejected, rejected_by_xmllint(&xmllint()), "xmllint rejects other documents");

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
    let loop_s = loop_s / count(sample) * count(DOCUMENTS);

    let row = |name: &str, time: Duration, target: f64| {
        let ratio = time.as_secs_f64() / ours.as_secs_f64();
        let verdict = if ratio >= target { "met" } else { "MISSED" };
        println!("{name:<28} {:>8.2} s {ratio:>8.1} × ours, target {target} ×: {verdict}", time.as_secs_f64());
    };
    println!("{:<28} {:>8.2} s", "cargo xtask validate", ours.as_secs_f64());
    row("xmllint, one process", xmllint_s, 1.0);
    row("virt-xml-validate, in a loop", loop_s, 50.0);
    if sample < DOCUMENTS {
        println!("(virt-xml-validate: {sample} documents, scaled)");
    }
    println!("all reject the same {} documents", rejected.len());
    rejected
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

/// Times what happens to a rejected document, with the schema compiled and its grammar read, as in a long run.
fn show_explaining(name: &str, files: impl Iterator<Item = PathBuf>, compiled: &Compiled) {
    let grammar = compiled.grammar();
    let explained = |file: PathBuf| {
        let (time, findings) = timed(|| {
            let input = input::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let messages = compiled.schema.validate(&input.document).expect("libxml2 judges");
            assert!(!messages.is_empty(), "{} is valid", file.display());
            explain::explain(&input.text, grammar, &messages, &explain::judge(&compiled.schema))
        });
        assert!(!findings.is_empty());
        time
    };
    let times: Vec<_> = files.map(explained).collect();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let maximum = times.iter().copied().max().unwrap_or_default();
    println!("{name:<28} {:>9} {:>9.1} ms {:>9.1} ms", times.len(), ms(median(times.clone())), ms(maximum));
}

/// What GNU time says of a run, which is not installed everywhere.
fn memory(files: &[PathBuf]) -> String {
    let run = Command::new("/usr/bin/time").args(["-f", "%M", env!("CARGO_BIN_EXE_judge")]).args(files).output();
    let said = run.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).unwrap_or_default();
    let kib = said.lines().last().and_then(|line| line.parse::<u32>().ok());
    kib.map_or("not measured: there is no /usr/bin/time".to_owned(), |kib| format!("{} MiB", kib / 1024))
}

fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = run();
    (start.elapsed(), result)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
