//! Going through a text as a parser does, up to the first mistake.

use std::ops::Range;

use super::{Fault, Step};
use crate::repair::Repair;

/// The first mistake in a text, if it is one that people make.
pub(super) fn scan(text: &str) -> Option<Fault> {
    let mut scanner = Scanner { text, at: 0, open: Vec::new(), root: None };
    scanner.document().err().flatten().map(|fault| *fault)
}

pub(super) struct Scanner<'t> {
    pub text: &'t str,
    pub at: usize,
    /// The tags that are open, with their names.
    pub open: Vec<(&'t str, Range<usize>)>,
    /// The first element, once there is one.
    pub root: Option<&'t str>,
}

impl<'t> Scanner<'t> {
    pub fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn document(&mut self) -> Step {
        while !self.rest().is_empty() {
            let rest = self.rest();
            if rest.starts_with("<!--") {
                self.comment()?;
            } else if rest.starts_with("<![CDATA[") {
                self.at += rest.find("]]>").ok_or(None)? + "]]>".len();
            } else if rest.starts_with("<!DOCTYPE") {
                self.at += length(rest).ok_or(None)?;
            } else if rest.starts_with("<?") {
                self.instruction()?;
            } else if rest.starts_with("</") {
                self.close()?;
            } else if rest.starts_with('<') {
                self.start()?;
            } else {
                self.text()?;
            }
        }
        self.end()
    }

    /// A comment, in which `--` may not stand.
    fn comment(&mut self) -> Step {
        let start = self.at;
        let body = start + "<!--".len();
        let Some(end) = self.text[body..].find("-->").map(|at| body + at) else {
            let fault = Fault::at(start..body, "this comment is not closed");
            return Err(Some(Box::new(fault.advice("write --> where it ends"))));
        };
        self.at = end + "-->".len();
        let Some(double) = self.text[body..=end].find("--").map(|at| body + at) else {
            return Ok(());
        };
        let mark = double..double + 2;
        // A comment that was put around another ends where the other does.
        if let Some(inner) = self.text[body..end].find("<!--").map(|at| body + at) {
            let outer = self.text[self.at..].find("-->").map(|at| self.at + at);
            let fault = Fault::at(inner..inner + 4, "a comment cannot stand in a comment");
            let fault = fault.beside(start..body, "this one ends at the first -->");
            let fault = fault.advice("close the first comment before the second begins");
            let fault = match outer.filter(|outer| !self.text[self.at..*outer].contains("<!--")) {
                Some(_) => {
                    let inner = Repair::replace(inner..inner + 4, "<!- -").and(Repair::replace(end..end + 3, "- ->"));
                    fault.repair("write the marks of the inner one as `<!- -` and `- ->`", inner)
                }
                None => fault,
            };
            return Err(Some(Box::new(fault)));
        }
        let hyphens = self.text[body..end].match_indices("--").map(|(at, _)| body + at);
        // `--->` at the end: the hyphen in front of the mark is one too many.
        let last = self.text[..end].ends_with('-').then(|| end - 1..end);
        let mut repair = last.clone().map(Repair::remove).unwrap_or_default();
        for at in hyphens.filter(|at| last.as_ref().is_none_or(|last| at + 2 <= last.start)) {
            repair = repair.and(Repair::replace(at..at + 2, "- -"));
        }
        let fault = Fault::at(mark, "a comment cannot contain `--`");
        Err(Some(Box::new(fault.repair("write `- -` in its place", repair))))
    }

    /// A processing instruction, or the XML declaration, which may only stand first.
    fn instruction(&mut self) -> Step {
        let (start, rest) = (self.at, self.rest());
        let end = rest.find("?>").ok_or(None)? + "?>".len();
        self.at += end;
        let declaration = rest.strip_prefix("<?xml").is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n', '?']));
        if !declaration || start == 0 {
            return Ok(());
        }
        let span = start..start + end;
        let line_end = self.text[span.end..].strip_prefix('\n').map_or(span.end, |_| span.end + 1);
        let fault = if self.text.starts_with("<?xml") {
            let fault = Fault::at(span.clone(), "a second XML declaration");
            fault.repair("remove it; each document is a file of its own", Repair::remove(span.start..line_end))
        } else {
            let written = format!("{}\n", &self.text[span.clone()]);
            let blank = self.text[..start].trim().is_empty();
            let before = if blank { "blanks or an empty line stand" } else { "something stands" };
            let fault = Fault::at(span.clone(), format!("{before} before the XML declaration"));
            let first = if blank {
                Repair::remove(0..start)
            } else {
                Repair::remove(span.start..line_end).and(Repair::insert(0, written))
            };
            fault.repair("make the declaration the first thing in the file", first)
        };
        Err(Some(Box::new(fault)))
    }

    /// Text: no entity but those that XML knows, and nothing outside the first element.
    fn text(&mut self) -> Step {
        let start = self.at;
        let end = self.rest().find('<').map_or(self.text.len(), |end| start + end);
        if self.open.is_empty() && !self.text[start..end].trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            return Err(Some(Box::new(self.outside(start..end))));
        }
        self.at = end;
        self.characters(start..end)
    }

    /// Text before or behind the first element.
    fn outside(&self, whole: Range<usize>) -> Fault {
        let text = &self.text[whole.clone()];
        let start = whole.start + text.len() - text.trim_start().len();
        let line = text.trim().lines().next().unwrap_or_default().trim_end();
        let span = start..start + line.len();
        let place = if self.root.is_some() { "behind the last tag" } else { "before the first tag" };
        if let Some(c) = text.chars().find(|c| unseen(*c).is_some())
            && text.chars().all(|other| other.is_whitespace() || unseen(other).is_some())
        {
            let at = whole.start + text.find(c).unwrap_or_default();
            let fault = Fault::at(at..at + c.len_utf8(), format!("{} stands {place}", unseen(c).unwrap_or_default()));
            return fault.repair("remove it", Repair::remove(whole));
        }
        if self.root.is_none() && whole.end == self.text.len() {
            // Without it, nothing would be left.
            return Fault::at(span, "this is no XML: no tag begins here")
                .advice("give a file with XML, such as <domain>…</domain>");
        }
        Fault::at(span, format!("text stands {place}")).repair("remove it, or make it a comment", Repair::remove(whole))
    }

    /// Characters of a text or a value.
    pub fn characters(&self, part: Range<usize>) -> Step {
        let text = &self.text[part.clone()];
        let control = |c: char| c < ' ' && !matches!(c, '\t' | '\r' | '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
        if let Some((at, c)) = text.char_indices().find(|(_, c)| control(*c)) {
            let span = part.start + at..part.start + at + c.len_utf8();
            let fault =
                Fault::at(span.clone(), format!("XML cannot have the control character U+{:04X}", u32::from(c)));
            return Err(Some(Box::new(fault.repair("remove it", Repair::remove(span)))));
        }
        for (at, _) in text.match_indices('&') {
            let behind = &text[at + 1..];
            let name =
                behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').map_or(behind, |end| &behind[..end]);
            let closed = !name.is_empty() && behind[name.len()..].starts_with(';');
            let start = part.start + at;
            let span = start..start + 1 + if closed { name.len() + 1 } else { 0 };
            let escaped = Repair::replace(start..start + 1, "&amp;");
            let fault = if !closed {
                Fault::at(span, "`&` begins an entity").repair("write `&amp;` for the character itself", escaped)
            } else if name.starts_with('#') || ["amp", "lt", "gt", "quot", "apos"].contains(&name) {
                continue;
            } else if name == "nbsp" {
                let space = Repair::replace(span.clone(), " ");
                Fault::at(span, "XML has no entity `&nbsp;`, which is HTML's").repair("write a space", space)
            } else if self.text.contains("<!ENTITY") {
                return Err(None);
            } else {
                let fault = Fault::at(span, format!("XML has no entity `&{name};`"));
                fault.repair(format!("write the character itself, or `&amp;{name};` for these letters"), escaped)
            };
            return Err(Some(Box::new(fault)));
        }
        Ok(())
    }
}

/// Where the document type of a well-formed text is.
pub(crate) fn doctype(text: &str) -> Option<Range<usize>> {
    let at = first(text)?;
    if text[at..].starts_with("<!DOCTYPE") { Some(at..at + length(&text[at..])?) } else { None }
}

/// The name of the first element of a well-formed text without a document type.
pub(crate) fn root(text: &str) -> Option<Range<usize>> {
    let start = first(text)? + 1;
    Some(start..start + super::tags::name(&text[start..]).len())
}

/// Where a text begins that is neither a comment nor an instruction.
fn first(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text[at..].find('<')?;
        let rest = &text[at..];
        at += if rest.starts_with("<!--") {
            rest.find("-->")?
        } else if rest.starts_with("<?") {
            rest.find("?>")?
        } else {
            return Some(at);
        };
    }
}

/// How long the document type is that a text begins with: quotes and brackets may hold a `>`.
fn length(text: &str) -> Option<usize> {
    let (mut quote, mut inside) = (None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != c),
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => inside = true,
            (None, ']') => inside = false,
            (None, '>') if !inside => return Some(at + 1),
            (None, _) => {}
        }
    }
    None
}

/// What a character is called that looks like a space or like nothing, and is none to XML.
pub(crate) fn unseen(c: char) -> Option<String> {
    let name = match c {
        '\u{a0}' | '\u{202f}' => "a no-break space",
        '\u{ad}' => "a soft hyphen",
        '\u{200b}' => "a zero-width space",
        '\u{200c}' | '\u{200d}' | '\u{2060}' => "a zero-width character",
        '\u{feff}' => "a byte order mark",
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => "a mark of writing direction",
        '\u{2002}'..='\u{200a}' | '\u{205f}' | '\u{3000}' => "a wide or narrow space",
        _ => return None,
    };
    Some(format!("{name} (U+{:04X})", u32::from(c)))
}

/// Whether an unseen character has a width, so that a space takes its place.
pub(super) fn is_wide(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{202f}' | '\u{2002}'..='\u{200a}' | '\u{205f}' | '\u{3000}')
}
