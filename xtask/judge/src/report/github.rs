//! Reports as workflow commands, which GitHub shows as annotations.

use domain_definitions::rules::Severity;

use super::{Located, Report};
use crate::kind::Kind;

/// A line for each finding, and one if no set of schemas has judged the file, or it is a piece of one.
pub fn annotations(report: &Report) -> String {
    let unjudged = report.unjudged.iter().map(|why| notice(&report.path, Kind::TooOld, why));
    let piece = report.piece.iter().map(|what| notice(&report.path, Kind::Piece, what));
    unjudged.chain(piece).chain(report.findings.iter().map(|finding| annotation(&report.path, finding))).collect()
}

fn notice(path: &str, kind: Kind, what: &str) -> String {
    format!("::notice file={},title={}::{}\n", property(path), property(kind.id()), data(what))
}

fn annotation(path: &str, finding: &Located) -> String {
    let Located { line, column, end_line, end_column, rule, message, help, .. } = finding;
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let text = if help.is_empty() { message.clone() } else { format!("{message}; {help}") };
    format!(
        "::{level} file={},line={line},col={column},endLine={end_line},endColumn={end_column},title={}::{}\n",
        property(path),
        property(rule),
        data(&text)
    )
}

/// The text of a command, in which a few characters have to be escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command, in which more have to be.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
