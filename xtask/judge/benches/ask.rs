//! How long `validate --ask` takes for one document that libvirt refuses, from the start of the program to its end.
//!
//! ```sh
//! cargo bench --package judge --bench ask
//! ```
//!
//! Whether the target is met is printed and decides nothing, as the machine may be busy.

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};
use std::{env, fs};

use common::{WITHOUT_RULES, repository, validate_in};

fn main() {
    // `cargo test --all-targets` runs this, too, without that word.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    if let Some(missing) = common::libvirt() {
        println!("not measured: {missing}");
        return;
    }
    let folder = fs::read_dir(repository().join("xtask/judge/tests/refused")).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let cache = tempfile::tempdir().unwrap();
    let asked = |file| {
        let begun = Instant::now();
        let mut command = validate_in(&repository());
        // What a rule has found is not looked for again.
        let command = command.args(WITHOUT_RULES).args(["--ask", "--format", "json"]).arg(file);
        let output = command.env("XDG_CACHE_HOME", cache.path()).output();
        let (time, said) = (begun.elapsed(), String::from_utf8(output.unwrap().stdout).unwrap());
        assert!(said.contains("\"asked/"), "nothing is found: {said}");
        time
    };
    let seconds = |time: Duration| time.as_secs_f64();
    println!("first run, which asks QEMU what it can do: {:.2} s", seconds(asked(&files[0])));
    let mut times: Vec<_> = files.iter().map(asked).collect();
    times.sort();
    let (median, maximum) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{} documents: median {:.2} s, maximum {:.2} s", times.len(), seconds(median), seconds(maximum));
    println!("target: median < 1 s: {}", if median < Duration::from_secs(1) { "met" } else { "MISSED" });
}
