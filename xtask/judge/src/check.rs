//! Checking one file: against the schemas, against the rules, and the verdict.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use domain_definitions::Version;
use domain_definitions::rules::{self, Family, Severity, Target};
use roxmltree::Document;

use crate::ask::Libvirt;
use crate::explain::{self, Rejection, similar};
use crate::input::{self, Input};
use crate::kind::Kind;
use crate::question::Question;
use crate::report::{Located, Report, SchemaVerdict, Verdict};
use crate::schemas::{self, Compiler, Piece};
use crate::uncommented::Uncommented;

/// Checks a file, or standard input for `-`. If it is to be asked, libvirt has the last word.
#[must_use]
pub fn check(path: &Path, compilers: &[Compiler], question: &Question, libvirt: Option<&Libvirt>) -> Report {
    checked(path.display().to_string(), input::read(path), compilers, question, libvirt)
}

/// Checks what was read.
#[must_use]
pub fn checked(
    path: String,
    input: Result<Input, input::Error>,
    compilers: &[Compiler],
    question: &Question,
    libvirt: Option<&Libvirt>,
) -> Report {
    let input = match input {
        Ok(input) => input,
        Err(error) => return Report::refused(path, error),
    };
    judged(path.clone(), input, compilers, question, libvirt).unwrap_or_else(|why| Report::unreadable(path, why, 1))
}

/// The report on a document; the error is why there is no verdict.
fn judged(
    path: String,
    input: Input,
    compilers: &[Compiler],
    question: &Question,
    libvirt: Option<&Libvirt>,
) -> Result<Report, String> {
    // libxml2, and so libvirt, takes an undeclared prefix as part of the name. Such a document is not checked by the rules.
    let mut parsed = Document::parse(input.uncommented.as_ref().map_or(&input.text, |lean| &lean.text)).ok();
    let target = question.target(parsed.as_ref());
    let floor = target.floor.libvirt;

    let (schemas, mut faults, piece) = by_schemas(&input, parsed.as_ref(), compilers, floor)?;
    let unjudged = unjudged(&schemas, compilers, floor)?;
    let lean = input.uncommented.as_ref().filter(|_| faults.is_empty() && libvirt.is_none()).zip(parsed.as_ref());
    let found = lean.and_then(|(lean, document)| by_rules_in(&input.text, lean, document, target, question));
    let mut findings = found.unwrap_or_else(|| {
        if input.uncommented.is_some() {
            parsed = Document::parse(&input.text).ok();
        }
        let by_rules = |document| by_rules(&input.text, document, target, question, &mut faults);
        parsed.as_ref().map(by_rules).unwrap_or_default()
    });
    findings.extend(faults.into_iter().map(|fault| fault.located(&input.text, &schemas)));
    let libvirt = libvirt.map(|libvirt| match piece {
        Some(_) => libvirt.of_a_piece(),
        None => libvirt.judge(&input, parsed.as_ref(), target, &mut findings),
    });
    let remarks = input.remarks.into_iter().filter(|remark| !question.allows(remark.kind.id()));
    findings.extend(remarks.map(|remark| Located::by_schema(&input.text, remark, String::new())));
    findings.sort_by_key(|finding| finding.span.start);

    let verdict = verdict(&findings, unjudged.is_some());
    // Only a finding needs the text again.
    let text = if findings.is_empty() { String::new() } else { input.written.unwrap_or(input.text) };
    let piece = piece.map(|piece| piece.to_string());
    Ok(Report { path, verdict, schemas, unjudged, libvirt, piece, findings, text })
}

/// A fault, and the sets of schemas that see it.
struct Fault<'a> {
    rejection: Rejection,
    seen_by: Vec<&'a str>,
}

/// What the sets of schemas say, what is wrong, and of what document it is a piece, if it is one.
type BySchemas<'a> = (Vec<SchemaVerdict>, Vec<Fault<'a>>, Option<Piece>);

/// Asks each set of schemas. A fault that several of them see is listed once.
fn by_schemas<'a>(
    input: &Input,
    parsed: Option<&Document>,
    compilers: &'a [Compiler],
    floor: Version,
) -> Result<BySchemas<'a>, String> {
    let root = input.document.root();
    let whole = schemas::roots().any(|known| known == root) && !parsed.is_some_and(is_piece);
    let (mut verdicts, mut faults, mut piece) = (Vec::with_capacity(compilers.len()), Vec::new(), None);
    for compiler in compilers {
        let set = &compiler.set;
        let alone;
        let compiled = if whole {
            compiler.schema(&root).ok_or_else(|| unknown_root(&root))?.map_err(ToString::to_string)?
        } else {
            let (compiled, of) = compiler.piece(&root).ok_or_else(|| unknown_root(&root))??;
            (alone, piece) = (compiled, Some(of));
            &alone
        };
        let messages = input.validate(&compiled.schema).map_err(|messages| {
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
    Ok((verdicts, faults, piece))
}

/// Whether a document is a piece of a domain, although it has the name of a document: a network device is an `<interface>` as
/// a host's is, which has a name, and a `<cpu>` is one of a host if it says of which architecture.
fn is_piece(document: &Document) -> bool {
    let root = document.root_element();
    match root.tag_name().name() {
        "interface" => root.attribute("name").is_none(),
        "cpu" => !root.children().any(|child| child.has_tag_name("arch")),
        _ => false,
    }
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
    let header = &text[..document.root_element().range().start];
    let mut located = Vec::new();
    for finding in rules::judge_by(document, target, |rule| question.asks(rule)) {
        let span = &finding.violation.span;
        let is_there = |fault: &&mut Fault| {
            let seen = &fault.rejection.span;
            let is_same = !fault.rejection.kind.is_of_absence() && seen.start < span.end && span.start < seen.end;
            // What an element lacks may be what is misspelt in it.
            is_same
                || fault.rejection.kind == Kind::UnknownElement
                    && tag_around(document, seen.start) == Some(span.clone())
        };
        match faults.iter_mut().find(is_there) {
            // A schema that knows the name, and not what is in it, is new enough.
            Some(Fault { rejection, .. })
                if finding.rule.family == Family::Floor && rejection.kind != Kind::Content =>
            {
                rejection.help = format!("{}; or: {}", finding.violation.message, rejection.help);
            }
            Some(_) => {}
            None => {
                let severity = question.severity(&finding, header);
                located.extend(severity.map(|severity| Located::by_rule(text, finding, severity)));
            }
        }
    }
    located
}

/// What the rules find in a document without its comments, where no schema has found a fault; `None` if that is no place in the
/// text, because there is a comment in it.
fn by_rules_in(
    text: &str,
    uncommented: &Uncommented,
    document: &Document,
    target: Target,
    question: &Question,
) -> Option<Vec<Located>> {
    let root = document.root_element().range().start;
    let header = &text[..uncommented.place(&(root..root + 1))?.start];
    let mut located = Vec::new();
    for mut finding in rules::judge_by(document, target, |rule| question.asks(rule)) {
        let violation = &mut finding.violation;
        violation.span = uncommented.place(&violation.span)?;
        if let Some((context, _)) = &mut violation.context {
            *context = uncommented.place(context)?;
        }
        let severity = question.severity(&finding, header);
        located.extend(severity.map(|severity| Located::by_rule(text, finding, severity)));
    }
    Some(located)
}

/// The start tag of the element that has the one which begins at a place.
fn tag_around(document: &Document, at: usize) -> Option<Range<usize>> {
    let element = document.descendants().find(|node| node.is_element() && node.range().start == at)?;
    element.parent_element().map(domain_definitions::start_tag)
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
    use super::*;

    /// How many findings of the rules are left where a schema has found a fault.
    fn left(text: &str, kind: Kind, span: Range<usize>) -> usize {
        let document = Document::parse(text).unwrap();
        let rejection = Rejection::new(kind, span, String::new(), String::new());
        let question = Question { floor: None, connection: None, deny: &[], allow: &[] };
        let mut faults = [Fault { rejection, seen_by: Vec::new() }];
        by_rules(text, &document, Target::stated(&document), &question, &mut faults).len()
    }

    #[test]
    fn what_a_schema_has_found_is_not_said_again() {
        let text = "<domain type='kvm'><name>a/b</name><memory>1048576</memory><os><type>hvm</type></os></domain>";
        let name = text.find("a/b").unwrap()..text.find("</name>").unwrap();
        assert_eq!(left(text, Kind::Content, name.clone()), 0);
        assert_eq!(left(text, Kind::Content, 0..name.start + 1), 0);
        assert_eq!(left(text, Kind::Content, name.end - 1..text.len()), 0);
        // What ends where it begins, or begins where it ends, is elsewhere.
        assert_eq!(left(text, Kind::Content, 0..name.start), 1);
        assert_eq!(left(text, Kind::Content, name.end..text.len()), 1);
        // That something is missing there says nothing about what is there.
        assert_eq!(left(text, Kind::MissingElement, name), 1);
        // A machine without memory is not one more fault where its memory is misspelt.
        let text = "<domain type='kvm'><name>a</name><memroy>1</memroy><os><type>hvm</type></os></domain>";
        let [memory, os] = ["<memroy>", "<os>"].map(|tag| text.find(tag).unwrap()..text.find(tag).unwrap() + tag.len());
        assert_eq!(left(text, Kind::UnknownElement, memory), 0);
        assert_eq!(left(text, Kind::Value, os), 1);
    }
}
