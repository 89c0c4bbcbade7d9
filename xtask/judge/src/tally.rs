//! The result of a run over many files.

use xtask::{Outcome, say};

use crate::report::{Format, Report, Verdict};
use crate::schemas::SchemaSet;

/// How many files a sentence names.
const NAMED: usize = 4;

/// Counts what the files turned out to be.
#[derive(Default)]
pub struct Tally {
    valid: usize,
    rejected: usize,
    unreadable: usize,
    warnings: usize,
    /// Files that the libvirt of this machine accepts.
    accepted: usize,
    /// Files that are meant for newer releases than the installed schemas.
    too_new: Vec<String>,
}

impl Tally {
    /// Counts a file.
    pub fn add(&mut self, report: &Report) {
        self.warnings += report.warnings();
        match report.verdict {
            Verdict::Valid => self.valid += 1,
            Verdict::Invalid => self.rejected += 1,
            Verdict::Unreadable => self.unreadable += 1,
            Verdict::Inapplicable => {}
        }
        if report.libvirt.as_ref().is_some_and(|asked| asked.verdict == Verdict::Valid) {
            self.accepted += 1;
        }
        if report.unjudged.is_some() {
            self.too_new.push(report.path.clone());
        }
    }

    /// The outcome of the run. Files that are too new count only if there are no others.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Tally { unreadable: 1.., .. } => Outcome::Unreadable,
            Tally { rejected: 1.., .. } => Outcome::Faults,
            Tally { valid: 1.., .. } => Outcome::Good,
            _ => Outcome::Unreadable,
        }
    }

    /// Prints the result: errors to standard error, and good news only for people.
    pub fn sum_up(&self, sets: &[SchemaSet], libvirt: Option<&str>, format: Format) {
        let Tally { valid, rejected, unreadable, .. } = self;
        let good = self.outcome() == Outcome::Good;
        if good && format == Format::Human {
            let names: Vec<_> = sets.iter().map(described).collect();
            let files = if *valid == 1 { "1 file is".to_owned() } else { format!("{valid} files are") };
            let asked = libvirt.map(|release| format!("; libvirt {release} itself accepts {}", self.accepted));
            say(&format!("{files} valid for {}{}{}\n", names.join(", "), self.warned(), asked.unwrap_or_default()));
        } else if rejected + unreadable > 0 {
            let all = valid + rejected + unreadable;
            eprintln!("error: checked {all}, rejected {rejected}, could not read {unreadable}{}", self.warned());
        }
        match self.about_too_new() {
            Some(text) if valid + rejected + unreadable == 0 => eprintln!("error: {text}"),
            Some(text) if !good => eprintln!("note: {text}"),
            // Programs get it file by file.
            Some(text) if format == Format::Human => say(&format!("note: {text}\n")),
            _ => {}
        }
    }

    fn warned(&self) -> String {
        match self.warnings {
            0 => String::new(),
            1 => ", with 1 warning".to_owned(),
            warnings => format!(", with {warnings} warnings"),
        }
    }

    /// Which files are too new, and what to do about it.
    fn about_too_new(&self) -> Option<String> {
        let (first, others) = self.too_new.split_at(self.too_new.len().min(NAMED));
        let files = match self.too_new.len() {
            0 => return None,
            1 => "1 file is for a newer libvirt than the installed schemas and was not judged by them".to_owned(),
            count => {
                format!("{count} files are for a newer libvirt than the installed schemas and were not judged by them")
            }
        };
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let help = "run `.ci/schemas target/schemas`, and pass what it prints to --schema";
        Some(format!("{files}: {}{more}; {help}", first.join(", ")))
    }
}

/// What a set is called. The name of the installed one says nothing about its release.
fn described(set: &SchemaSet) -> String {
    if set.installed { format!("{} (schemas of {})", set.name, set.release) } else { set.name.clone() }
}
