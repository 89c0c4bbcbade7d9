//! The findings in a file, and how they are shown to people and programs.

mod github;
mod sarif;

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use clap::ValueEnum;
use domain_definitions::rules::{self, Severity};
use serde::Serialize;

use crate::ask::Asked;
use crate::explain::Rejection;
use crate::input;
use crate::kind::Kind;
use crate::repair::Repair;
pub use sarif::Log;

/// How reports are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the lines at fault, marked
    #[default]
    Human,
    /// For programs: one JSON object per file, each on one line
    Json,
    /// For GitHub: annotations in a workflow's log
    Github,
    /// For editors and code scanning: one SARIF 2.1.0 log
    Sarif,
}

/// What was found in one file.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The path, as it was given.
    pub path: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Each set of schemas, and whether it accepts the file.
    pub schemas: Vec<SchemaVerdict>,
    /// Why no set of schemas could judge it, although it can be read. The rules have checked it nevertheless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unjudged: Option<String>,
    /// What the libvirt of this machine says, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub libvirt: Option<Asked>,
    /// Of what document it is a piece, if it is none by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub piece: Option<String>,
    /// What is wrong, by position.
    pub findings: Vec<Located>,
    /// The text that positions count in.
    #[serde(skip)]
    pub text: String,
}

/// The verdict on a file, or of one set of schemas on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Verdict {
    Valid,
    Invalid,
    Unreadable,
    /// Of a set of schemas: it rejects the file and is older than the releases the file is for. Of a file: so are all sets,
    /// and the rules find no error.
    Inapplicable,
}

/// What one set of schemas says of a file.
#[derive(Debug, Serialize)]
pub struct SchemaVerdict {
    /// The set.
    pub name: String,
    /// Its verdict.
    pub verdict: Verdict,
}

impl SchemaVerdict {
    /// Whether the set is new enough for the file.
    #[must_use]
    pub fn applies(&self) -> bool {
        self.verdict != Verdict::Inapplicable
    }
}

/// A finding at a place. Lines and columns count from 1, columns in characters; the end is behind the last one.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Located {
    pub rule: String,
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
    /// What makes it go away, if that is certain.
    #[serde(skip)]
    pub repair: Option<Repair>,
    /// More about it: which schemas accept it and which do not, or why the rule exists.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Located {
    /// What a schema finds, with its place in `text`.
    #[must_use]
    pub fn by_schema(text: &str, rejection: Rejection, note: String) -> Located {
        let Rejection { kind, span, message, help, context, repair } = rejection;
        let located = Located::at(text, span, kind.to_string(), kind.severity(), message, help);
        Located { context, repair, note, ..located }
    }

    /// What a rule finds, with its place in `text`.
    #[must_use]
    pub fn by_rule(text: &str, finding: rules::Finding, severity: Severity) -> Located {
        let rules::Finding { rule, violation, .. } = finding;
        let (help, note) = (rule.help.to_owned(), rule.note());
        Located {
            context: violation.context,
            note,
            ..Located::at(text, violation.span, rule.id(), severity, violation.message, help)
        }
    }

    fn at(text: &str, span: Range<usize>, rule: String, severity: Severity, message: String, help: String) -> Located {
        let (line, column) = position(text, span.start);
        let (end_line, end_column) = position(text, span.end);
        let (context, repair, note) = (None, None, String::new());
        Located { rule, severity, line, column, end_line, end_column, message, help, span, context, repair, note }
    }
}

/// Longer lines are not shown: nobody reads them, and rendering takes seconds.
const LONGEST: usize = 4_000;

/// The whole lines that a part of a text is in.
fn lines(text: &str, part: &Range<usize>) -> Range<usize> {
    let start = text[..part.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[part.end..].find('\n').map_or(text.len(), |newline| part.end + newline);
    start..end
}

/// Line and column of a byte.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    (1 + before.matches('\n').count(), 1 + before[line..].chars().count())
}

impl Report {
    /// A file without a verdict.
    #[must_use]
    pub fn unreadable(path: String, why: String, line: usize) -> Report {
        let place = Located::at("", 0..0, Kind::Unreadable.to_string(), Severity::Error, why, String::new());
        let finding = Located { line, end_line: line, ..place };
        Report::without_verdict(path, vec![finding], String::new())
    }

    /// A file that was refused when it was read.
    #[must_use]
    pub fn refused(path: String, error: input::Error) -> Report {
        let (rejection, text) = match error {
            input::Error::Malformed { text, why } => (*why, text),
            input::Error::Encoding(encoding) => {
                let help = format!("convert it: {}", encoding.command(&path));
                let message = format!("is {}, and libvirt reads UTF-8 only", encoding.name);
                let Some((text, span)) = encoding.text else {
                    let mut report = Report::unreadable(path, message, 1);
                    let findings = report.findings.iter_mut();
                    findings
                        .for_each(|finding| (finding.rule, finding.help) = (Kind::Encoding.to_string(), help.clone()));
                    return report;
                };
                let message =
                    format!("this is not UTF-8, the only encoding that libvirt reads; it may be {}", encoding.name);
                (Rejection::new(Kind::Encoding, span, message, help), text)
            }
            error => return Report::unreadable(path, error.to_string(), 1),
        };
        let findings = vec![Located::by_schema(&text, rejection, String::new())];
        Report::without_verdict(path, findings, text)
    }

    fn without_verdict(path: String, findings: Vec<Located>, text: String) -> Report {
        let (schemas, unjudged, libvirt, piece) = (Vec::new(), None, None, None);
        Report { path, verdict: Verdict::Unreadable, schemas, unjudged, libvirt, piece, findings, text }
    }

    /// How many of its findings are warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Warning).count()
    }

    /// The report as text, with colours for people. Empty for [`Format::Sarif`], which has one [`Log`] for all files.
    #[must_use]
    pub fn shown(&self, format: Format) -> String {
        match format {
            Format::Human => {
                let piece = self.piece.iter().map(|piece| self.noted(piece));
                let findings = self.findings.iter().map(|finding| self.rendered(finding));
                piece.chain(findings).chain(self.not_asked()).map(|text| text + "\n\n").collect()
            }
            Format::Github => github::annotations(self),
            // Nothing in a report is a map with keys that are no text, the one thing JSON cannot hold.
            Format::Json => serde_json::to_string(self).unwrap_or_default() + "\n",
            Format::Sarif => String::new(),
        }
    }

    /// What the libvirt of this machine could not judge.
    fn not_asked(&self) -> Option<String> {
        let Asked { release, unjudged, .. } = self.libvirt.as_ref()?;
        Some(self.noted(&format!("libvirt {release} on this host cannot judge {}", unjudged.as_ref()?)))
    }

    /// What is said of a whole file and is no fault.
    fn noted(&self, what: &str) -> String {
        let title = format!("{}: {what}", self.path);
        Renderer::styled().render(&[Group::with_title(Level::NOTE.primary_title(&title))])
    }

    fn rendered(&self, finding: &Located) -> String {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        if self.text.is_empty() {
            let title = format!("{}: {}", self.path, finding.message);
            let help =
                (!finding.help.is_empty()).then(|| Group::with_title(Level::HELP.secondary_title(&finding.help)));
            let title = Group::with_title(level.primary_title(&title));
            return Renderer::styled().render(&[title].into_iter().chain(help).collect::<Vec<_>>());
        }
        let context = finding.context.as_ref().filter(|(span, _)| lines(&self.text, span).len() <= LONGEST);
        let around = context.map_or(finding.span.clone(), |(span, _)| {
            span.start.min(finding.span.start)..span.end.max(finding.span.end)
        });
        let mut report = if lines(&self.text, &finding.span).len() <= LONGEST {
            // Only the lines that matter: the renderer looks at all it gets.
            let shown = lines(&self.text, &around);
            let within = |span: &Range<usize>| span.start - shown.start..span.end - shown.start;
            let primary = AnnotationKind::Primary.span(within(&finding.span));
            let (first, _) = position(&self.text, shown.start);
            let snippet = Snippet::source(&self.text[shown.clone()]).line_start(first).path(&self.path);
            let mut snippet = snippet.annotation(primary);
            if let Some((span, label)) = context {
                snippet = snippet.annotation(AnnotationKind::Context.span(within(span)).label(label));
            }
            vec![level.primary_title(&finding.message).id(&finding.rule).element(snippet)]
        } else {
            let title = format!("{}:{}:{}: {}", self.path, finding.line, finding.column, finding.message);
            vec![Group::with_title(level.primary_title(title).id(&finding.rule))]
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

    #[test]
    fn what_cannot_be_read_may_be_so_at_a_line() {
        let report = Report::unreadable("a.xml".to_owned(), "why".to_owned(), 3);
        assert_eq!((report.findings[0].line, report.findings[0].end_line), (3, 3));
    }

    #[test]
    fn lines_are_whole() {
        let text = "a\nbc\nde\nf";
        let around = |part| &text[lines(text, &part)];
        assert_eq!([around(0..1), around(3..4), around(3..6), around(8..9)], ["a", "bc", "bc\nde", "f"]);
    }
}
