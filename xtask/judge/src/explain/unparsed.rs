//! What is said of a text that has names which no parser resolves, and of what libxml2 alone has words for.

use super::Rejection;
use crate::grammar::Grammar;
use crate::kind::Kind;
use crate::malformed;
use crate::relaxng::Message;
use crate::repair::Repair;

/// An undeclared prefix, which libxml2 takes as part of the name.
pub(super) fn undeclared(text: &str, grammar: &Grammar, error: &roxmltree::Error) -> Option<Rejection> {
    let roxmltree::Error::UnknownNamespace(prefix, _) = error else { return None };
    let written = format!("{prefix}:");
    let root = malformed::root(text)?;
    let at = text
        .match_indices(&written)
        .map(|(at, _)| at)
        .find(|at| *at >= root.start && text[..*at].ends_with(['<', ' ', '\n', '\t']))?;
    let end = text[at..].find(|c: char| c.is_whitespace() || "=/>".contains(c)).map_or(text.len(), |len| at + len);
    let help = match grammar.namespace(prefix) {
        Some(namespace) => format!("write <{} xmlns:{prefix}=\"{namespace}\" …>", &text[root.clone()]),
        None => format!("declare it on the first element: xmlns:{prefix}=\"…\""),
    };
    let known = grammar.namespace(prefix);
    let declared = known.map(|namespace| Repair::insert(root.end, format!(" xmlns:{prefix}=\"{namespace}\"")));
    let message = format!("the prefix `{prefix}` is not declared");
    Some(Rejection { repair: declared, ..Rejection::new(Kind::Namespace, at..end, message, help) })
}

/// libxml2's own message, placed at the whole line.
pub(super) fn verbatim(text: &str, message: &Message) -> Rejection {
    let lines = text.split_inclusive('\n').scan(0, |start, line| {
        let span = *start..*start + line.trim_end().len();
        *start += line.len();
        Some(span)
    });
    let span = lines.into_iter().nth(message.line.saturating_sub(1) as usize).unwrap_or(0..0);
    Rejection::new(Kind::Rejected, span, message.text.clone(), String::new())
}
