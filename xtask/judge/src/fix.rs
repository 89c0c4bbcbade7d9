//! A document with those of its faults repaired whose repair is certain.

use std::path::Path;

use crate::ask::Libvirt;
use crate::check::checked;
use crate::input;
use crate::question::Question;
use crate::report::{Report, Verdict};
use crate::schemas::Compiler;

/// How many repairs are made at most; a text that takes more is no document.
const REPAIRS: usize = 200;

/// What became of a document.
pub struct Fixed {
    /// It with the repairs, if it is a text.
    pub text: Option<String>,
    /// The repairs: where, what was wrong, and what was done.
    pub done: Vec<String>,
    /// What is still wrong.
    pub report: Report,
}

/// Repairs what can be repaired in a file, or in standard input for `-`. The file is only read. If it is to be asked, libvirt
/// judges what has come of it.
#[must_use]
pub fn fix(path: &Path, compilers: &[Compiler], question: &Question, libvirt: Option<&Libvirt>) -> Fixed {
    let name = path.display().to_string();
    let judge =
        |text: &str, libvirt| checked(name.clone(), input::parse(text.as_bytes()), compilers, question, libvirt);
    let read = input::read(path);
    let text = match &read {
        Ok(input) => Some(input.written.clone().unwrap_or_else(|| input.text.clone())),
        Err(input::Error::Malformed { text, .. }) => Some(text.clone()),
        Err(_) => None,
    };
    let mut report = checked(name.clone(), read, compilers, question, None);
    let Some(mut text) = text else { return Fixed { text, done: Vec::new(), report } };
    let mut done = Vec::new();
    while done.len() < REPAIRS {
        let repaired = report.findings.iter().find_map(|finding| {
            let repaired = finding.repair.as_ref()?.applied(&text);
            let then = judge(&repaired, None);
            let what = format!("{}:{}:{}: {}; {}", name, finding.line, finding.column, finding.message, finding.help);
            is_better(&then, &report).then_some((repaired, then, what))
        });
        let Some((repaired, then, what)) = repaired else { break };
        (text, report) = (repaired, then);
        done.push(what);
    }
    // No repair is libvirt's own, so it is asked once.
    if libvirt.is_some() {
        report = judge(&text, libvirt);
    }
    Fixed { text: Some(text), done, report }
}

/// Whether there is less to complain of. Of a text that is no XML only the first fault is known, and a repair of it is one with
/// which the reader gets further.
fn is_better(then: &Report, now: &Report) -> bool {
    let unreadable = |report: &Report| report.verdict == Verdict::Unreadable;
    let errors = |report: &Report| report.findings.len() - report.warnings();
    unreadable(now) || !unreadable(then) && (errors(then), then.findings.len()) < (errors(now), now.findings.len())
}
