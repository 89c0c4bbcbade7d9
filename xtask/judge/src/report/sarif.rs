//! Reports as one SARIF log, for editors and code scanning.

use domain_definitions::rules::{Severity, rules};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_sarif::sarif::{
    ArtifactLocation, Location, Message, MultiformatMessageString, PhysicalLocation, Region, ReportingDescriptor,
    Result as SarifResult, ResultKind, ResultLevel, Run, SCHEMA_URL, Sarif, Tool, ToolComponent,
};

use super::{Located, Report};
use crate::kind::Kind;

/// What was found in all files of a run.
#[derive(Default)]
pub struct Log(Vec<SarifResult>);

impl Log {
    /// Takes up the findings in a file.
    pub fn add(&mut self, report: &Report) {
        let unjudged =
            report.unjudged.iter().map(|why| about(&report.path, Kind::TooOld, ResultKind::NotApplicable, why));
        self.0.extend(unjudged);
        let piece = report.piece.iter().map(|what| about(&report.path, Kind::Piece, ResultKind::Informational, what));
        self.0.extend(piece);
        self.0.extend(report.findings.iter().map(|finding| result(&report.path, finding)));
    }

    /// The log as JSON text.
    #[must_use]
    pub fn text(self) -> String {
        let kinds = Kind::ALL.iter().map(|kind| described(kind.to_string(), kind.meaning()));
        let rules = rules().map(|rule| described(rule.id(), rule.why));
        let tool = ToolComponent::builder().name("domain-definitions").version(env!("CARGO_PKG_VERSION"));
        let tool = Tool::builder().driver(tool.rules(kinds.chain(rules).collect::<Vec<_>>()).build()).build();
        let run = Run::builder().tool(tool).results(self.0).build();
        let log = Sarif::builder().schema(SCHEMA_URL).version(serde_json::json!("2.1.0")).runs(vec![run]).build();
        // Nothing in it is a map with keys that are no text, the one thing JSON cannot hold.
        serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
    }
}

fn described(id: String, what: &str) -> ReportingDescriptor {
    let what = MultiformatMessageString::builder().text(what).build();
    ReportingDescriptor::builder().id(id).short_description(what).build()
}

fn result(path: &str, finding: &Located) -> SarifResult {
    // SARIF counts from 1 as well, and as `i64`.
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let region = Region::builder().start_line(number(finding.line)).start_column(number(finding.column));
    let region = region.end_line(number(finding.end_line)).end_column(number(finding.end_column)).build();
    let place = PhysicalLocation::builder().artifact_location(artifact(path)).region(region).build();
    let parts = [&finding.message, &finding.help, &finding.note].map(String::as_str);
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    let level = match finding.severity {
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
    };
    SarifResult::builder()
        .rule_id(finding.rule.clone())
        .level(level)
        .message(Message::builder().text(text).build())
        .locations(vec![Location::builder().physical_location(place).build()])
        .build()
}

/// What is said of a whole file and is no fault.
fn about(path: &str, rule: Kind, kind: ResultKind, what: &str) -> SarifResult {
    let place = PhysicalLocation::builder().artifact_location(artifact(path)).build();
    SarifResult::builder()
        .rule_id(rule.id())
        .kind(kind)
        .level(ResultLevel::None)
        .message(Message::builder().text(what).build())
        .locations(vec![Location::builder().physical_location(place).build()])
        .build()
}

fn artifact(path: &str) -> ArtifactLocation {
    ArtifactLocation::builder().uri(uri(path)).build()
}

/// The characters that are escaped in the path of an address.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path as a relative reference or a `file` address.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{}", utf8_percent_encode(path, PATH))
}
