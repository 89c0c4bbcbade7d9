//! Tags: each is closed, by its own name, and one element holds all others.

use std::ops::Range;

use super::scan::Scanner;
use super::{Fault, Step};
use crate::repair::Repair;

/// How deep libxml2 reads.
const DEEPEST: usize = 256;
/// How many tags that are missing are listed.
const LISTED: usize = 8;

impl Scanner<'_> {
    /// A start tag.
    pub(super) fn start(&mut self) -> Step {
        let start = self.at;
        let name = name(&self.text[start + 1..]);
        if name.is_empty() {
            return Err(Some(Box::new(self.no_name(start, "<"))));
        }
        self.at = start + 1 + name.len();
        let empty = self.attributes(name, start)?;
        let tag = start..self.at;
        if self.open.is_empty() {
            if let Some(root) = self.root {
                return Err(Some(Box::new(second(root, name, tag))));
            }
            self.root = Some(name);
        }
        if !empty {
            self.open.push((name, tag));
        }
        if self.open.len() > DEEPEST {
            return Err(None);
        }
        Ok(())
    }

    /// A `<` or `</` without a name behind it.
    fn no_name(&self, start: usize, mark: &str) -> Fault {
        let behind = start + mark.len();
        let spaces = self.text[behind..].len() - self.text[behind..].trim_start_matches([' ', '\t']).len();
        let span = start..behind;
        if spaces > 0 && !name(&self.text[behind + spaces..]).is_empty() {
            let close = Repair::remove(behind..behind + spaces);
            let fault =
                Fault::at(start..behind + spaces, format!("a space stands between `{mark}` and the name of the tag"));
            fault.repair("remove the space", close)
        } else {
            let fault = Fault::at(span.clone(), format!("`{mark}` begins no tag here"));
            let fault = fault.advice("write `&lt;` for the character itself, or remove it");
            let next = self.text[behind..].chars().next();
            if next.is_none_or(|c| c.is_whitespace() || c == '<') {
                fault.repair("remove it", Repair::remove(span))
            } else {
                fault
            }
        }
    }

    /// An end tag.
    pub(super) fn close(&mut self) -> Step {
        let start = self.at;
        let name = name(&self.text[start + 2..]);
        if name.is_empty() {
            return Err(Some(Box::new(self.no_name(start, "</"))));
        }
        let behind = start + 2 + name.len();
        let rest = &self.text[behind..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        if !rest[blank..].starts_with('>') {
            let fault = Fault::at(start..behind, format!("the tag </{name}> has no `>`"));
            return Err(Some(Box::new(fault.repair("write `>` behind the name", Repair::insert(behind, ">")))));
        }
        self.at = behind + blank + 1;
        let tag = start..self.at;
        match self.open.last() {
            Some((open, _)) if *open == name => {
                self.open.pop();
                Ok(())
            }
            Some(_) => Err(Some(Box::new(self.mismatch(name, tag)))),
            None => {
                let fault = Fault::at(tag.clone(), format!("</{name}> closes nothing: no <{name}> is open"));
                Err(Some(Box::new(fault.repair("remove it", Repair::remove(tag)))))
            }
        }
    }

    /// An end tag with another name than the tag that is open.
    fn mismatch(&self, name: &str, tag: Range<usize>) -> Fault {
        let (open, begun) = self.open.last().cloned().unwrap_or_default();
        let label = format!("<{open}> is opened here");
        if !self.open.iter().any(|(open, _)| *open == name) {
            let misspelt = strsim::damerau_levenshtein(&open.to_lowercase(), &name.to_lowercase()) <= open.len() / 3;
            let fault = Fault::at(tag.clone(), format!("</{name}> closes nothing: <{open}> is open"));
            let fault = fault.beside(begun, label);
            return if misspelt {
                fault.repair(format!("write </{open}>"), Repair::replace(tag, format!("</{open}>")))
            } else {
                fault.repair("remove it", Repair::remove(tag))
            };
        }
        let fault =
            Fault::at(tag.clone(), format!("<{open}> is not closed before </{name}>")).beside(begun.clone(), label);
        self.closed(fault, open, begun, tag.start)
    }

    /// Ways to close a tag: where its text ends, in itself, or at `last`.
    fn closed(&self, fault: Fault, open: &str, begun: Range<usize>, last: usize) -> Fault {
        let behind = &self.text[begun.end..];
        let text = behind.find('<').map_or(behind, |end| &behind[..end]);
        let above = self.open.len().checked_sub(2).map(|above| &self.open[above]);
        if let Some((parent, _)) =
            above.filter(|(parent, opened)| *parent == open && !self.text[opened.end..begun.start].contains('<'))
        {
            // `<name>x<name>`
            let slash = Repair::insert(begun.start + 1, "/");
            return fault.repair(format!("write </{parent}> to close the first"), slash);
        }
        if !text.trim().is_empty() {
            let end = begun.end + text.trim_end().len();
            return fault.repair(
                format!("write </{open}> behind {:?}", shortened(text.trim())),
                Repair::insert(end, format!("</{open}>")),
            );
        }
        let column = |at: usize| at - self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let next = begun.end + text.len();
        let itself = |fault: Fault| {
            let tag = &self.text[begun.clone()];
            let slash = format!("{}/>", tag.strip_suffix('>').unwrap_or(tag));
            let help = if tag.len() <= 60 { format!("write {slash}") } else { "end the tag with `/>`".to_owned() };
            fault.repair(help, Repair::insert(begun.end - 1, "/"))
        };
        let behind = |fault: Fault| {
            fault.repair(format!("write </{open}> before it"), Repair::insert(last, format!("</{open}>")))
        };
        // What is deeper in the page was meant to be in it.
        if column(next) > column(begun.start) && next < last { behind(fault) } else { itself(fault) }
    }

    /// The end of the text, where nothing may be open.
    pub(super) fn end(&self) -> Step {
        let Some((open, begun)) = self.open.last().cloned() else { return Ok(()) };
        let last = self.text.trim_end().len();
        let before = self.text[..last].rfind('<').unwrap_or_default();
        let missing: Vec<_> = self.open.iter().rev().map(|(name, _)| format!("</{name}>")).collect();
        let missing =
            if missing.len() <= LISTED { missing.concat() } else { format!("{}…", missing[..LISTED].concat()) };
        let fault = Fault::at(before..last, format!("the document ends here, and <{open}> is not closed"));
        let fault = fault.beside(begun.clone(), format!("<{open}> is opened here"));
        let fault = fault.advice(format!("end it with {missing}, if nothing else is missing"));
        let only = self.open.len() == 1;
        Err(Some(Box::new(if only {
            let close = format!("</{open}>");
            fault.repair(format!("write {close} at the end, if nothing else is missing"), Repair::insert(last, close))
        } else {
            fault
        })))
    }
}

/// An element behind the one that holds everything.
fn second(root: &str, name: &str, tag: Range<usize>) -> Fault {
    let fault = Fault::at(tag, format!("a second document begins here: <{root}> is closed already"));
    fault.advice(if name == root || crate::schemas::roots().any(|root| root == name) {
        "make it a file of its own".to_owned()
    } else {
        format!("if <{name}> belongs into <{root}>, move </{root}> behind it")
    })
}

/// The name that a text begins with.
pub(super) fn name(text: &str) -> &str {
    let begins = text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == ':');
    let is_in = |c: char| c.is_alphanumeric() || "_:-.".contains(c);
    if begins { text.find(|c| !is_in(c)).map_or(text, |end| &text[..end]) } else { "" }
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= 40 { line.to_owned() } else { line.chars().take(40).chain("…".chars()).collect() }
}
