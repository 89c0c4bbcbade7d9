//! What a run over many files comes to.

use xtask::{Outcome, say};

use crate::report::{Format, Report, Verdict};
use crate::schemas::SchemaSet;

/// How many files a sentence names.
const NAMED: usize = 4;

/// What came of all files.
#[derive(Default)]
pub struct Tally {
    valid: usize,
    rejected: usize,
    unreadable: usize,
    warnings: usize,
    /// Files that are for newer releases than the installed schemas.
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
        if report.unjudged.is_some() {
            self.too_new.push(report.path.clone());
        }
    }

    /// What the run was: a file that nothing could judge changes it only where it is all there is.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Tally { unreadable: 1.., .. } => Outcome::Unreadable,
            Tally { rejected: 1.., .. } => Outcome::Faults,
            Tally { valid: 1.., .. } => Outcome::Good,
            _ => Outcome::Unreadable,
        }
    }

    /// Prints what came of all: what is wrong on standard error, what is well for people only.
    pub fn sum_up(&self, sets: &[SchemaSet], format: Format) {
        let Tally { valid, rejected, unreadable, .. } = self;
        let good = self.outcome() == Outcome::Good;
        if good && format == Format::Human {
            let names: Vec<_> = sets.iter().map(described).collect();
            let files = if *valid == 1 { "1 file is".to_owned() } else { format!("{valid} files are") };
            say(&format!("{files} valid for {}{}\n", names.join(", "), self.warned()));
        } else if rejected + unreadable > 0 {
            let all = valid + rejected + unreadable;
            eprintln!("error: checked {all}, rejected {rejected}, could not read {unreadable}{}", self.warned());
        }
        match self.told_of_too_new() {
            Some(told) if valid + rejected + unreadable == 0 => eprintln!("error: {told}"),
            Some(told) if !good => eprintln!("note: {told}"),
            // Programs have it file by file.
            Some(told) if format == Format::Human => say(&format!("{told}\n")),
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

    /// Which files are too new, and what to do.
    fn told_of_too_new(&self) -> Option<String> {
        let (first, others) = self.too_new.split_at(self.too_new.len().min(NAMED));
        let files = match self.too_new.len() {
            0 => return None,
            1 => "1 file is for a newer libvirt than the installed schemas, which cannot judge it".to_owned(),
            count => {
                format!("{count} files are for a newer libvirt than the installed schemas, which cannot judge them")
            }
        };
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let help = "`.ci/schemas target/schemas` downloads newer ones for --schema";
        Some(format!("{files}: {}{more}; {help}", first.join(", ")))
    }
}

/// What a set is called; of the installed one, the name says nothing.
fn described(set: &SchemaSet) -> String {
    if set.installed { format!("{} (schemas of {})", set.name, set.release) } else { set.name.clone() }
}
