//! The command lines that libvirt starts QEMU with, recorded for reviewers: without what differs from run to run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use domain_definitions::Definition;
use host::Fault;
use regex::Regex;
use similar::TextDiff;

use crate::regen;

/// Where the recorded command lines are, from the repository's root.
const FOLDER: &str = "tests/golden";

/// The command lines in QEMU's log, in the order in which machines were started, without those of restored machines.
pub fn command_lines(log: &str) -> Vec<String> {
    let mut lines = log.lines();
    let mut found = Vec::new();
    while lines.by_ref().any(|line| line.contains("starting up libvirt version")) {
        // A line has one argument with its values; all but the last end with a backslash.
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

/// What differs from run to run, and what it is replaced with. The CPU's model and features are the host's; a definition asks
/// for Hyper-V's enlightenments only.
static OF_ONE_RUN: LazyLock<[(Regex, &str); 7]> = LazyLock::new(|| {
    [
        (r"^-cpu [^,]*", "-cpu MODEL"),
        (r"^(-uuid )[-0-9a-f]+", "${1}UUID"),
        (r#"("mac":")[0-9a-f:]+"#, "${1}MAC"),
        (r"(\bfd=)\d+", "${1}FD"),
        (r#"("(?:vhost)?fd":")\d+"#, "${1}FD"),
        (r"(\bdomain-)\d+", "${1}N"),
        (r"(swtpm/)\d+", "${1}N"),
    ]
    .map(|(pattern, word)| (Regex::new(pattern).expect("the patterns above are well-formed"), word))
});

/// Without the environment, and without what differs from run to run.
fn normalised(arguments: &[&str]) -> String {
    let mut text = String::new();
    for argument in arguments.iter().skip_while(|argument| !argument.starts_with("-name")) {
        let mut argument = (*argument).to_owned();
        if argument.starts_with("-cpu ") {
            let kept = |flag: &str| flag.starts_with("-cpu") || flag.starts_with("hv-");
            argument = argument.split(',').filter(|flag| kept(flag)).collect::<Vec<_>>().join(",");
        }
        for (pattern, word) in &*OF_ONE_RUN {
            argument = pattern.replace_all(&argument, *word).into_owned();
        }
        text.push_str(&argument);
        text.push('\n');
    }
    text
}

/// The file with the command line of a definition, from the root.
fn file(definition: &Definition) -> String {
    format!("{FOLDER}/{}.txt", definition.path().trim_end_matches(".xml").replace('/', "-"))
}

/// Whether a definition's machine is started with the recorded command line. The present one goes to the other results of the
/// run, from where [`record`] takes it.
///
/// # Errors
///
/// When it is not: with the difference.
pub fn is_as_before(root: &Path, definition: &Definition, now: &str) -> Result<(), Fault> {
    let path = file(definition);
    let kept = root.join("target/prove/golden").join(&path);
    kept.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&kept, now)).map_err(Fault::at(&kept))?;
    let before = fs::read_to_string(root.join(&path)).unwrap_or_default();
    if before == now {
        return Ok(());
    }
    let diff = TextDiff::from_lines(before.as_str(), now);
    let diff = diff.unified_diff().header(&path, "in this run").to_string();
    Err(format!("QEMU's command line has changed; if it should, run `cargo xtask prove --record`\n{diff}").into())
}

/// Records the command lines of this run, and removes those of definitions that are gone.
///
/// # Errors
///
/// When they cannot be written.
pub fn record(root: &Path) -> Result<(), regen::Error> {
    let wanted: BTreeSet<_> = Definition::all().map(|definition| root.join(file(&definition))).collect();
    for entry in fs::read_dir(root.join(FOLDER)).into_iter().flatten().flatten() {
        let path = entry.path();
        if !wanted.contains(&path) {
            fs::remove_file(&path).map_err(|cause| regen::Error::Write { path: path.display().to_string(), cause })?;
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
