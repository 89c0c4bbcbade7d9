//! What was found in a file, and how people and programs get to see it.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use clap::ValueEnum;
use serde::Serialize;

use crate::Outcome;
use crate::explain::Finding;

/// How reports are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the lines at fault, marked
    #[default]
    Human,
    /// For programs: one object a file, each on a line of its own
    Json,
    /// For GitHub: annotations in a workflow's log
    Github,
}

/// What was found in one file.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The path as it was given.
    pub path: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Each set of schemas, and whether it accepts the file.
    pub schemas: Vec<SchemaVerdict>,
    /// What is wrong, by position.
    pub findings: Vec<Located>,
    /// The text that positions count in.
    #[serde(skip)]
    pub text: String,
}

/// The verdict on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Verdict {
    Valid,
    Invalid,
    Unreadable,
}

/// What one set of schemas says of a file.
#[derive(Debug, Serialize)]
pub struct SchemaVerdict {
    /// The set.
    pub name: String,
    /// Its verdict.
    pub verdict: Verdict,
}

/// A finding at a place. Lines and columns count from 1, columns in characters; the end is behind the last one.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Located {
    pub rule: &'static str,
    pub severity: Severity,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    pub message: String,
    pub help: String,
    #[serde(skip)]
    pub span: Range<usize>,
    #[serde(skip)]
    pub context: Option<(Range<usize>, String)>,
    /// Which schemas see it and which do not, if they differ.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Severity {
    Error,
}

impl Located {
    /// A finding of an explanation, with its place in `text`.
    #[must_use]
    pub fn new(text: &str, finding: Finding, note: String) -> Located {
        let (line, column) = position(text, finding.span.start);
        let (end_line, end_column) = position(text, finding.span.end);
        let Finding { rule, span, message, help, context } = finding;
        Located {
            rule,
            severity: Severity::Error,
            line,
            column,
            end_line,
            end_column,
            message,
            help,
            span,
            context,
            note,
        }
    }
}

/// Line and column of a byte.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    (1 + before.matches('\n').count(), 1 + before[line..].chars().count())
}

impl Report {
    /// A file that there is no verdict on.
    #[must_use]
    pub fn unreadable(path: String, why: String, line: usize) -> Report {
        let finding = Located {
            rule: "input/unreadable",
            severity: Severity::Error,
            line,
            column: 1,
            end_line: line,
            end_column: 1,
            message: why,
            help: String::new(),
            span: 0..0,
            context: None,
            note: String::new(),
        };
        Report { path, verdict: Verdict::Unreadable, schemas: Vec::new(), findings: vec![finding], text: String::new() }
    }

    /// What it means for the exit status.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.verdict {
            Verdict::Valid => Outcome::Good,
            Verdict::Invalid => Outcome::Faults,
            Verdict::Unreadable => Outcome::Unreadable,
        }
    }

    /// The report as text, with colours for people.
    #[must_use]
    pub fn shown(&self, format: Format) -> String {
        let each = |one: &dyn Fn(&Located) -> String| self.findings.iter().map(|f| one(f) + "\n").collect::<String>();
        match format {
            Format::Human => each(&|finding| self.rendered(finding) + "\n"),
            Format::Github => each(&|finding| self.annotation(finding)),
            // Nothing in a report is a map with keys that are no text, the one thing JSON cannot hold.
            Format::Json => serde_json::to_string(self).unwrap_or_default() + "\n",
        }
    }

    /// A workflow command of GitHub's, in which a few characters have to be escaped.
    fn annotation(&self, finding: &Located) -> String {
        let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
        let Located { line, column, end_line, end_column, rule, message, help, .. } = finding;
        let text = if help.is_empty() { message.clone() } else { format!("{message}; {help}") };
        format!(
            "::error file={},line={line},col={column},endLine={end_line},endColumn={end_column},title={}::{}",
            property(&self.path),
            property(rule),
            data(&text)
        )
    }

    fn rendered(&self, finding: &Located) -> String {
        let title = Level::ERROR.primary_title(&finding.message).id(finding.rule);
        let mut report = if self.verdict == Verdict::Unreadable {
            let title = format!("{}: {}", self.path, finding.message);
            return Renderer::styled().render(&[Group::with_title(Level::ERROR.primary_title(&title))]);
        } else {
            let primary = AnnotationKind::Primary.span(finding.span.clone());
            let mut snippet = Snippet::source(&self.text).path(&self.path).annotation(primary);
            if let Some((span, label)) = &finding.context {
                snippet = snippet.annotation(AnnotationKind::Context.span(span.clone()).label(label));
            }
            vec![title.element(snippet)]
        };
        if !finding.help.is_empty() {
            report.push(Group::with_title(Level::HELP.secondary_title(&finding.help)));
        }
        if !finding.note.is_empty() {
            report.push(Group::with_title(Level::NOTE.secondary_title(&finding.note)));
        }
        Renderer::styled().render(&report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        assert_eq!(position("a\né→x", "a\né→".len()), (2, 3));
        assert_eq!(position("", 0), (1, 1));
    }
}
