//! Checking one file: against the schemas, against the rules, and the verdict.

use std::collections::BTreeSet;
use std::path::Path;

use domain_definitions::Version;
use domain_definitions::rules::{self, Family, Severity, Target};
use roxmltree::Document;

use crate::explain::{self, Rejection, similar};
use crate::input::{self, Input};
use crate::question::Question;
use crate::report::{Located, Report, SchemaVerdict, Verdict};
use crate::schemas::{self, Compiler};

/// Checks a file, or standard input for `-`.
#[must_use]
pub fn check(path: &Path, compilers: &[Compiler], question: &Question) -> Report {
    let path = path.display().to_string();
    let input = match input::read(path.as_ref()) {
        Ok(input) => input,
        Err(error) => return Report::unreadable(path, error.to_string(), error.line()),
    };
    judged(path.clone(), input, compilers, question).unwrap_or_else(|why| Report::unreadable(path, why, 1))
}

/// The report on a document; the error is why there is no verdict.
fn judged(path: String, input: Input, compilers: &[Compiler], question: &Question) -> Result<Report, String> {
    // libxml2, and so libvirt, takes an undeclared prefix as part of the name. Such a document is not checked by the rules.
    let parsed = Document::parse(&input.text).ok();
    let target = question.target(parsed.as_ref());
    let floor = target.floor.libvirt;

    let (schemas, mut faults) = by_schemas(&input, compilers, floor)?;
    let unjudged = unjudged(&schemas, compilers, floor)?;
    let by_rules = |document| by_rules(&input.text, document, target, question, &mut faults);
    let mut findings = parsed.as_ref().map(by_rules).unwrap_or_default();
    findings.extend(faults.into_iter().map(|fault| fault.located(&input.text, &schemas)));
    findings.sort_by_key(|finding| finding.span.start);

    let verdict = verdict(&findings, unjudged.is_some());
    // Only a finding needs the text again.
    let text = if findings.is_empty() { String::new() } else { input.text };
    Ok(Report { path, verdict, schemas, unjudged, findings, text })
}

/// A fault, and the sets of schemas that see it.
struct Fault<'a> {
    rejection: Rejection,
    seen_by: Vec<&'a str>,
}

/// Asks each set of schemas. A fault that several of them see is listed once.
fn by_schemas<'a>(
    input: &Input,
    compilers: &'a [Compiler],
    floor: Version,
) -> Result<(Vec<SchemaVerdict>, Vec<Fault<'a>>), String> {
    let root = input.document.root();
    let (mut verdicts, mut faults) = (Vec::with_capacity(compilers.len()), Vec::new());
    for compiler in compilers {
        let set = &compiler.set;
        let compiled = compiler.schema(&root).ok_or_else(|| unknown_root(&root))?.map_err(ToString::to_string)?;
        let messages = compiled.schema.validate(&input.document).map_err(|messages| {
            let reason = messages.first().map_or("libxml2 gives no reason", |message| &message.text);
            format!("{} could not judge it: {reason}", set.name)
        })?;
        // Newer schemas accept whatever old ones accept. What old ones reject may just be too new for them.
        let verdict = match messages[..] {
            [] => Verdict::Valid,
            _ if set.release.is_before(floor) => Verdict::Inapplicable,
            _ => Verdict::Invalid,
        };
        verdicts.push(SchemaVerdict { name: set.name.clone(), verdict });
        if verdict == Verdict::Invalid {
            let judge = explain::judge(&compiled.schema);
            for rejection in explain::explain(&input.text, compiled.grammar(), &messages, &judge) {
                take_up(rejection, &set.name, &mut faults);
            }
        }
    }
    Ok((verdicts, faults))
}

fn take_up<'a>(rejection: Rejection, set: &'a str, faults: &mut Vec<Fault<'a>>) {
    let same = |fault: &&mut Fault| (fault.rejection.kind, &fault.rejection.span) == (rejection.kind, &rejection.span);
    match faults.iter_mut().find(same) {
        Some(fault) => fault.seen_by.push(set),
        None => faults.push(Fault { rejection, seen_by: vec![set] }),
    }
}

/// Why no set of schemas could judge the document, if none could. That is an error if the user chose the schemas.
fn unjudged(verdicts: &[SchemaVerdict], compilers: &[Compiler], floor: Version) -> Result<Option<String>, String> {
    if verdicts.iter().any(SchemaVerdict::applies) {
        Ok(None)
    } else if compilers.iter().all(|compiler| compiler.set.installed) {
        Ok(Some(format!("is for libvirt {floor} or later; the installed schemas are older")))
    } else {
        Err(format!("is for libvirt {floor} or later, and no schemas given are that new"))
    }
}

/// What the rules find, except at places where a schema has found a fault already. If a rule says that a name is newer than
/// the floor, that becomes part of the fault's help.
fn by_rules(
    text: &str,
    document: &Document,
    target: Target,
    question: &Question,
    faults: &mut [Fault],
) -> Vec<Located> {
    let mut located = Vec::new();
    for finding in rules::judge(document, target) {
        let span = &finding.violation.span;
        let is_there = |fault: &&mut Fault| {
            let seen = &fault.rejection.span;
            !fault.rejection.kind.is_of_absence() && seen.start < span.end && span.start < seen.end
        };
        match faults.iter_mut().find(is_there) {
            Some(Fault { rejection, .. }) if finding.rule.family == Family::Floor => {
                rejection.help = format!("{}; or: {}", finding.violation.message, rejection.help);
            }
            Some(_) => {}
            None => {
                let severity = question.severity(&finding, document);
                located.extend(severity.map(|severity| Located::by_rule(text, finding, severity)));
            }
        }
    }
    located
}

impl Fault<'_> {
    /// The finding for a report, with a note if some sets of schemas accept what others reject.
    fn located(self, text: &str, verdicts: &[SchemaVerdict]) -> Located {
        let names = verdicts.iter().filter(|verdict| verdict.applies()).map(|verdict| verdict.name.as_str());
        let others: Vec<_> = names.filter(|name| !self.seen_by.contains(name)).collect();
        let note = match others[..] {
            [] => String::new(),
            _ => format!("not accepted by {}; accepted by {}", self.seen_by.join(", "), others.join(", ")),
        };
        Located::by_schema(text, self.rejection, note)
    }
}

fn verdict(findings: &[Located], unjudged: bool) -> Verdict {
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        Verdict::Invalid
    } else if unjudged {
        Verdict::Inapplicable
    } else {
        Verdict::Valid
    }
}

fn unknown_root(root: &str) -> String {
    let known: BTreeSet<_> = schemas::roots().map(str::to_owned).collect();
    match similar(root, &known) {
        Some(similar) => format!("is a <{root}>, which libvirt does not know; did you mean <{similar}>?"),
        None => format!("is a <{root}>, for which libvirt has no schema"),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::kind::Kind;

    /// How many findings of the rules are left where a schema has found a fault.
    fn left(text: &str, kind: Kind, span: Range<usize>) -> usize {
        let document = Document::parse(text).unwrap();
        let rejection = Rejection { kind, span, message: String::new(), help: String::new(), context: None };
        let question = Question { floor: None, connection: None, deny: &[], allow: &[] };
        let mut faults = [Fault { rejection, seen_by: Vec::new() }];
        by_rules(text, &document, Target::stated(&document), &question, &mut faults).len()
    }

    #[test]
    fn what_a_schema_has_found_is_not_said_again() {
        let text = "<domain type='kvm'><name>a/b</name></domain>";
        let name = text.find("a/b").unwrap()..text.find("</name>").unwrap();
        assert_eq!(left(text, Kind::Content, name.clone()), 0);
        assert_eq!(left(text, Kind::Content, 0..name.start + 1), 0);
        assert_eq!(left(text, Kind::Content, name.end - 1..text.len()), 0);
        // What ends where it begins, or begins where it ends, is elsewhere.
        assert_eq!(left(text, Kind::Content, 0..name.start), 1);
        assert_eq!(left(text, Kind::Content, name.end..text.len()), 1);
        // That something is missing there says nothing about what is there.
        assert_eq!(left(text, Kind::MissingElement, name), 1);
    }
}
