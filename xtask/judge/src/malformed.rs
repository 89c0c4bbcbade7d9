//! Why a text is no well-formed XML: where, which tag was open, and what to write.
//!
//! libxml2 says at which character it had to stop, which is often far behind the mistake. `scan` looks for the mistakes that
//! people make. Its repairs are tried: one with which libxml2 gets no further is not offered. Where it finds nothing, libxml2's
//! words stand at libxml2's place.

mod attributes;
mod scan;
mod tags;

pub(crate) use scan::{doctype, root, unseen};

use std::ops::Range;

use crate::explain::Rejection;
use crate::kind::Kind;
use crate::relaxng::{Document, Message};
use crate::repair::Repair;

/// A mistake that a person made.
struct Fault {
    span: Range<usize>,
    message: String,
    /// What to do, whether it can be tried or not.
    advice: String,
    /// What to do, and that done.
    repairs: Vec<(String, Repair)>,
    context: Option<(Range<usize>, String)>,
}

impl Fault {
    fn at(span: Range<usize>, message: impl Into<String>) -> Fault {
        Fault { span, message: message.into(), advice: String::new(), repairs: Vec::new(), context: None }
    }

    fn advice(mut self, advice: impl Into<String>) -> Fault {
        self.advice = advice.into();
        self
    }

    /// One more way to repair it; the first that works is offered.
    fn repair(mut self, help: impl Into<String>, repair: Repair) -> Fault {
        self.repairs.push((help.into(), repair));
        self
    }

    fn beside(mut self, part: Range<usize>, label: impl Into<String>) -> Fault {
        self.context = Some((part, label.into()));
        self
    }
}

/// What scanning a part of a text comes to: nothing wrong, a mistake, or something that only libxml2 has words for.
type Step = Result<(), Option<Box<Fault>>>;

/// Explains why libxml2, which said `message`, does not take a text for XML.
#[must_use]
pub fn explain(text: &str, message: &Message) -> Rejection {
    let stopped = place(text, message);
    // What stands behind the place where libxml2 had to stop cannot be what stopped it.
    let line = text[stopped..].find('\n').map_or(text.len(), |end| stopped + end);
    if let Some(fault) = scan::scan(text).filter(|fault| fault.span.start <= line) {
        let further = |repair: &Repair| gets_further(text, stopped, &repair.applied(text));
        let Fault { span, message, advice, repairs, context } = fault;
        let found = repairs.into_iter().find(|(_, repair)| further(repair));
        let (help, repair) = found.map_or((advice, None), |(help, repair)| (help, Some(repair)));
        return Rejection { kind: Kind::Malformed, span, message, help, context, repair };
    }
    let end = text[stopped..].chars().next().filter(|c| *c != '\n').map_or(stopped, |c| stopped + c.len_utf8());
    let message = format!("libxml2 cannot read on here: {}", message.text);
    Rejection::new(Kind::Malformed, stopped..end, message, String::new())
}

/// The byte at which libxml2 stopped.
fn place(text: &str, message: &Message) -> usize {
    let line = (message.line as usize).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let whole = text[start..].split('\n').next().unwrap_or_default();
    let column = (message.column as usize).saturating_sub(1);
    start + whole.char_indices().nth(column).map_or(whole.len(), |(at, _)| at)
}

/// Whether libxml2 takes the repaired text, or stops later in it, counted from the end.
fn gets_further(text: &str, stopped: usize, repaired: &str) -> bool {
    match Document::parse(repaired) {
        Ok(_) => true,
        Err(messages) => {
            messages.first().is_some_and(|message| repaired.len() - place(repaired, message) < text.len() - stopped)
        }
    }
}

#[cfg(test)]
mod tests;
