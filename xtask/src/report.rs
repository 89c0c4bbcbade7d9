//! Showing a rejection to a person.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::explain::{self, Finding};
use crate::schemas::SchemaSet;
use crate::validate::Rejection;

/// Prints why a file is rejected: each fault once, with the sets of schemas that see it.
pub fn rejections(path: &str, text: &str, sets: &[SchemaSet], rejections: &[Rejection]) {
    let mut faults: Vec<(Finding, Vec<&str>)> = Vec::new();
    for Rejection { set, messages } in rejections {
        let findings = explain::explain(text, set.grammar(), &explain::judge(&set.domain));
        if findings.is_empty() {
            verbatim(path, &[Rejection { set, messages: messages.clone() }]);
        }
        for finding in findings {
            match faults.iter_mut().find(|(known, _)| (known.rule, &known.span) == (finding.rule, &finding.span)) {
                Some((_, seen_by)) => seen_by.push(&set.name),
                None => faults.push((finding, vec![&set.name])),
            }
        }
    }
    for (finding, seen_by) in &faults {
        let accepted_by: Vec<_> =
            sets.iter().map(|set| set.name.as_str()).filter(|name| !seen_by.contains(name)).collect();
        anstream::println!("{}\n", rendered(path, text, finding, seen_by, &accepted_by));
    }
}

/// What libxml2 says, as it says it.
fn verbatim(path: &str, rejections: &[Rejection]) {
    for Rejection { set, messages } in rejections {
        for message in messages {
            println!("{path}:{}: {} says: {message}", message.line, set.name);
        }
    }
}

fn rendered(path: &str, text: &str, finding: &Finding, seen_by: &[&str], accepted_by: &[&str]) -> String {
    let mut snippet = Snippet::source(text).path(path).annotation(AnnotationKind::Primary.span(finding.span.clone()));
    if let Some((span, label)) = &finding.context {
        snippet = snippet.annotation(AnnotationKind::Context.span(span.clone()).label(label));
    }
    let mut report = vec![Level::ERROR.primary_title(&finding.message).id(finding.rule).element(snippet)];
    if !finding.help.is_empty() {
        report.push(Group::with_title(Level::HELP.secondary_title(&finding.help)));
    }
    let releases;
    if !accepted_by.is_empty() {
        releases = format!("{} reject it, {} do not", seen_by.join(", "), accepted_by.join(", "));
        report.push(Group::with_title(Level::NOTE.secondary_title(&releases)));
    }
    Renderer::styled().render(&report)
}
