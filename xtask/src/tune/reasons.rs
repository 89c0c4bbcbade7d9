//! Our comments in somebody's machine. None is added: libvirt drops them when it defines the machine. But a comment that gives the
//! reason for something goes when that is gone, and the header of one of our files with what it is the header of.

use std::collections::BTreeSet;

use domain_definitions::Definition;
use roxmltree::{Document, Node};

use super::edit;
use super::facts::Decided;
use super::tuned::{Beside, repeat};

/// The words of a comment, however they are wrapped.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn comments<'a, 'input>(document: &'a Document<'input>) -> impl Iterator<Item = (Node<'a, 'input>, String)> {
    let all = document.root_element().descendants().filter(Node::is_comment);
    all.map(|comment| (comment, words(comment.text().unwrap_or_default())))
}

/// The reasons that stand in comments of a machine, and are true of it: a decision of one of the guest's files that has such a
/// reason is so, and the file that the machine is has no other reason for the same.
pub fn true_ones(document: &Document, own: &Beside, files: &[Beside]) -> BTreeSet<&'static str> {
    let said: BTreeSet<_> = comments(document).map(|(_, words)| words).collect();
    let mine = own.subject(document);
    let has_other = |decided: &Decided| {
        let (at, why) = (decided.tunable.at, decided.tunable.why);
        let here: Vec<_> = own.apart.decisions.iter().filter(|other| other.tunable.at == at).collect();
        here.iter().all(|other| other.tunable.why != why) && here.iter().any(|other| mine.holds(other))
    };
    let is_true = |file: &Beside| {
        let subject = file.subject(document);
        let said = file.apart.decisions.iter().filter(|decided| said.contains(&words(decided.tunable.why)));
        let so = said.filter(|decided| subject.holds(decided) && !has_other(decided));
        so.map(|decided| decided.tunable.why).collect::<Vec<_>>()
    };
    files.iter().flat_map(is_true).collect()
}

/// Takes out the comments whose reasons were true, and are not any more.
pub fn forget(text: &mut String, before: &BTreeSet<&'static str>, own: &Beside, files: &[Beside]) {
    if before.is_empty() {
        return;
    }
    let after = Document::parse(text).map(|document| true_ones(&document, own, files)).unwrap_or_default();
    let gone: BTreeSet<_> = before.difference(&after).map(|reason| words(reason)).collect();
    let next = |text: &str| {
        let document = Document::parse(text).ok()?;
        let (comment, _) = comments(&document).find(|(_, words)| gone.contains(words))?;
        Some(edit::without(comment))
    };
    if !gone.is_empty() {
        repeat(text, next);
    }
}

/// The text with the header of the file that the machine now is, if it had the one of the file that it was.
pub fn renamed(text: &str, before: &Definition, after: &Definition) -> Option<String> {
    let header = |text: &str| Some(text[..Document::parse(text).ok()?.root_element().range().start].to_owned());
    let rest = text.strip_prefix(&header(&before.xml().ok()?)?)?;
    Some(header(&after.xml().ok()?)? + rest)
}
