//! The command line that libvirt starts QEMU with, as a reviewer reads it: without what is different each time.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use domain_definitions::Definition;
use host::Fault;
use regex::Regex;
use similar::TextDiff;

use crate::regen;

/// Where the command lines are, from the repository's root.
const FOLDER: &str = "tests/golden";

/// The command lines in a log of libvirt's, in the order in which machines were started; without those of machines that
/// were restored.
pub fn command_lines(log: &str) -> Vec<String> {
    let mut lines = log.lines();
    let mut found = Vec::new();
    while lines.by_ref().any(|line| line.contains("starting up libvirt version")) {
        // One argument with its values a line, each but the last with a backslash behind it.
        let mut arguments = Vec::new();
        for line in lines.by_ref() {
            arguments.push(line.trim_end_matches('\\').trim());
            if !line.ends_with('\\') {
                break;
            }
        }
        let restored = arguments.iter().any(|argument| argument.starts_with("-incoming"));
        if !restored {
            found.push(normalised(&arguments));
        }
    }
    found
}

/// What belongs to one run, and what stands in its place. The CPU's model and features are the host's; what a definition asks
/// for are Hyper-V's enlightenments.
const OF_ONE_RUN: [(&str, &str); 7] = [
    (r"^-cpu [^,]*", "-cpu MODEL"),
    (r"^(-uuid )[-0-9a-f]+", "${1}UUID"),
    (r#"("mac":")[0-9a-f:]+"#, "${1}MAC"),
    (r"(\bfd=)\d+", "${1}FD"),
    (r#"("(?:vhost)?fd":")\d+"#, "${1}FD"),
    (r"(\bdomain-)\d+", "${1}N"),
    (r"(swtpm/)\d+", "${1}N"),
];

/// Without the environment, and without what belongs to one run.
fn normalised(arguments: &[&str]) -> String {
    let patterns: Vec<_> = OF_ONE_RUN
        .iter()
        .map(|(pattern, word)| (Regex::new(pattern).expect("the patterns above are well-formed"), *word))
        .collect();
    let mut text = String::new();
    for argument in arguments.iter().skip_while(|argument| !argument.starts_with("-name")) {
        let mut argument = (*argument).to_owned();
        if argument.starts_with("-cpu ") {
            let kept = |flag: &str| flag.starts_with("-cpu") || flag.starts_with("hv-");
            argument = argument.split(',').filter(|flag| kept(flag)).collect::<Vec<_>>().join(",");
        }
        for (pattern, word) in &patterns {
            argument = pattern.replace_all(&argument, *word).into_owned();
        }
        writeln!(text, "{argument}").expect("writing to a string");
    }
    text
}

/// Where the command line of a definition is, from the root.
fn file(definition: &Definition) -> String {
    format!("{FOLDER}/{}.txt", definition.path().trim_end_matches(".xml").replace('/', "-"))
}

/// Whether a definition's machine is started as a reviewer has last seen it. What it is started with now is kept beside the
/// other results of the run, from where [`record`] takes it.
///
/// # Errors
///
/// When it is started otherwise: with the difference.
pub fn is_as_before(root: &Path, definition: &Definition, now: &str) -> Result<(), Fault> {
    let path = file(definition);
    let kept = root.join("target/prove/golden").join(&path);
    kept.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&kept, now))
        .map_err(|error| error.to_string())?;
    let before = fs::read_to_string(root.join(&path)).unwrap_or_default();
    if before == now {
        return Ok(());
    }
    let diff = TextDiff::from_lines(before.as_str(), now);
    let diff = diff.unified_diff().header(&path, "in this run").to_string();
    Err(Fault::Wrong(format!("QEMU is started otherwise; if that is meant, `cargo xtask prove --record`\n{diff}")))
}

/// Writes the command lines of this run in the place of those before, and removes those of definitions that are gone.
///
/// # Errors
///
/// When they cannot be written.
pub fn record(root: &Path) -> Result<(), super::Error> {
    let wanted: BTreeSet<_> = Definition::all().map(|definition| root.join(file(&definition))).collect();
    for entry in fs::read_dir(root.join(FOLDER)).into_iter().flatten().flatten() {
        let path = entry.path();
        if !wanted.contains(&path) {
            fs::remove_file(&path).map_err(|cause| super::Error::File { path, cause })?;
        }
    }
    for definition in Definition::all() {
        let path = file(&definition);
        let now = root.join("target/prove/golden").join(&path);
        if let Ok(text) = fs::read(&now) {
            regen::write(root, &path, &text)?;
        }
    }
    Ok(())
}
