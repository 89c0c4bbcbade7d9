//! The inside of a start tag: attributes, each with a value in quotes.

use std::collections::HashMap;
use std::ops::Range;

use super::Fault;
use super::scan::{Scanner, is_wide, unseen};
use super::tags::name;
use crate::repair::Repair;

/// Quotes that a word processor or a web page makes of straight ones.
const CURLY: [char; 11] = ['‘', '’', '‚', '‛', '“', '”', '„', '‟', '«', '»', '´'];
/// White space, as XML has it.
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

impl Scanner<'_> {
    /// Goes through the attributes of the tag that begins at `start`. Whether it closes itself.
    pub(super) fn attributes(&mut self, tag: &str, start: usize) -> Result<bool, Option<Box<Fault>>> {
        let mut known: HashMap<&str, Range<usize>> = HashMap::new();
        let mut last = None;
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches(BLANK).len();
            self.at += blank;
            let rest = self.rest();
            if rest.starts_with('>') {
                self.at += 1;
                return Ok(false);
            }
            if rest.starts_with("/>") {
                self.at += 2;
                return Ok(true);
            }
            let attribute = name(rest);
            if attribute.is_empty() {
                return Err(self.no_attribute(tag, start));
            }
            let named = self.at..self.at + attribute.len();
            if blank == 0 {
                // A value that seems to end with `x=` has taken the opening quote of the next for its closing one.
                let swallowed = self.text[..self.at].trim_end_matches(['\'', '"']).ends_with('=');
                if let Some((before, start)) = last.filter(|_| swallowed) {
                    let quote = if self.text[start..].starts_with('"') { '"' } else { '\'' };
                    return Err(Some(Box::new(self.unended(before, start, quote))));
                }
                let fault = Fault::at(named.clone(), format!("`{attribute}` has no space before it"));
                return Err(Some(Box::new(fault.repair("write a space", Repair::insert(named.start, " ")))));
            }
            if let Some(first) = known.get(attribute) {
                let fault = Fault::at(named, format!("<{tag}> has the attribute `{attribute}` twice"));
                return Err(Some(Box::new(fault.beside(first.clone(), "the other").advice("keep one of them"))));
            }
            known.insert(attribute, named.clone());
            self.at = named.end;
            last = Some((attribute, self.value(tag, attribute, named)?));
        }
    }

    /// Something in a tag that is neither an attribute nor its end.
    fn no_attribute(&self, tag: &str, start: usize) -> Option<Box<Fault>> {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else {
            let fault = Fault::at(start..self.at, format!("the document ends in the tag <{tag}>"));
            return Some(Box::new(fault.advice("the end of the file is missing")));
        };
        let span = self.at..self.at + c.len_utf8();
        if let Some(called) = unseen(c) {
            // Most such texts were copied from a page that has them all over.
            let end = rest.find(['<', '>']).map_or(self.text.len(), |end| self.at + end);
            let mut repair = Repair::default();
            for (at, c) in self.text[self.at..end].char_indices().filter(|(_, c)| unseen(*c).is_some()) {
                let part = self.at + at..self.at + at + c.len_utf8();
                repair = repair.and(Repair::replace(part, if is_wide(c) { " " } else { "" }));
            }
            let help = if is_wide(c) { "write a plain space" } else { "remove it" };
            let fault = Fault::at(span, format!("{called} stands in the tag <{tag}>"));
            return Some(Box::new(fault.repair(help, repair)));
        }
        if c == '<' {
            let end = self.text[..self.at].trim_end_matches(BLANK).len();
            let fault = Fault::at(start..end, format!("the tag <{tag}> has no `>`"));
            let fault = fault.beside(span, "the next tag begins here");
            let closes = format!("</{tag}");
            // What has an end tag of its own is not empty.
            let own = rest.find(&closes).is_some_and(|at| !rest[..at].contains(&format!("<{tag}")));
            let mark = if own { ">" } else { "/>" };
            return Some(Box::new(fault.repair(format!("write `{mark}` at its end"), Repair::insert(end, mark))));
        }
        if c == '/' {
            let fault = Fault::at(span.clone(), format!("`/` stands in the tag <{tag}> and does not end it"));
            return Some(Box::new(fault.repair("remove it", Repair::remove(span))));
        }
        if CURLY.contains(&c) || c == '"' || c == '\'' {
            let fault = Fault::at(span.clone(), format!("a quote too many stands in the tag <{tag}>"));
            return Some(Box::new(fault.repair("remove it", Repair::remove(span))));
        }
        None
    }

    /// `='value'`; gives where the value begins, with its quote.
    fn value(&mut self, tag: &str, attribute: &str, named: Range<usize>) -> Result<usize, Option<Box<Fault>>> {
        let rest = self.rest();
        let blank = rest.len() - rest.trim_start_matches(BLANK).len();
        if !rest[blank..].starts_with('=') {
            let what = format!("the attribute `{attribute}` of <{tag}> has no value");
            return Err(match rest.chars().next().and_then(unseen) {
                Some(_) => self.no_attribute(tag, named.start),
                None => Some(Box::new(Fault::at(named, what).advice(format!("write {attribute}='…', or remove it")))),
            });
        }
        self.at += blank + 1;
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(BLANK).len();
        let (start, rest) = (self.at, self.rest());
        match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inside = start + 1;
                let len = self.text[inside..].find([quote, '<']);
                match len.map(|len| inside + len).filter(|end| self.text[*end..].starts_with(quote)) {
                    Some(end) => {
                        self.at = end + 1;
                        self.characters(inside..end)?;
                        Ok(start)
                    }
                    None => Err(Some(Box::new(self.unended(attribute, start, quote)))),
                }
            }
            Some(c) if CURLY.contains(&c) => Err(Some(Box::new(self.curly(attribute, start)))),
            Some(c) if unseen(c).is_some() => Err(self.no_attribute(tag, start)),
            _ => {
                let end = rest.find([' ', '\t', '\r', '\n', '>', '<', '"', '\'']).unwrap_or(rest.len());
                let value =
                    rest[..end].strip_suffix('/').filter(|_| rest[end..].starts_with('>')).unwrap_or(&rest[..end]);
                let span = start..start + value.len();
                let fault = Fault::at(span.clone(), format!("the value of `{attribute}` is not in quotes"));
                // A quote that closes and was not opened.
                let closed = rest[end..].chars().next().filter(|c| matches!(c, '"' | '\''));
                let repair = match closed {
                    Some(quote) => Repair::insert(start, quote),
                    None => Repair::replace(span, format!("'{value}'")),
                };
                Err(Some(Box::new(fault.repair(format!("write {attribute}='{value}'"), repair))))
            }
        }
    }

    /// A value whose quote is not closed before the next tag.
    fn unended(&self, attribute: &str, start: usize, quote: char) -> Fault {
        let line = self.text[start..].find('\n').map_or(self.text.len(), |end| start + end);
        let inside = start + 1;
        let value = &self.text[inside..line];
        let fault = Fault::at(start..line, format!("the value of `{attribute}` has no closing quote"));
        if let Some((end, curly)) = value.char_indices().find(|(_, c)| CURLY.contains(c)) {
            let whole = format!("{attribute}={quote}{}{quote}", &value[..end]);
            let straight = Repair::replace(inside + end..inside + end + curly.len_utf8(), quote);
            return fault.repair(format!("write {whole}, with straight quotes"), straight);
        }
        let fault = fault.advice(format!("write `{quote}` where the value ends"));
        // It ends where the next attribute begins, or the tag ends.
        let next = value.match_indices(' ').map(|(at, _)| at).find(|at| {
            let word = name(&value[at + 1..]);
            !word.is_empty() && value[at + 1 + word.len()..].starts_with('=')
        });
        let tag = value.find("/>").or_else(|| value.find('>'));
        let ends: Vec<_> = [next, tag, Some(value.trim_end().len())].into_iter().flatten().collect();
        let Some(end) = ends.into_iter().min() else { return fault };
        let whole = format!("{attribute}={quote}{}{quote}", &value[..end]);
        fault.repair(format!("write {whole}"), Repair::insert(inside + end, quote))
    }

    /// A value in quotes that are no quotes to XML.
    fn curly(&self, attribute: &str, start: usize) -> Fault {
        let open = self.rest().chars().next().map_or(0, char::len_utf8);
        let inside = start + open;
        let ends = |c: char| CURLY.contains(&c) || matches!(c, '"' | '\'' | '\n' | '<' | '>');
        let end = self.text[inside..].find(ends).map_or(self.text.len(), |end| inside + end);
        let close = self.text[end..].chars().next().filter(|c| CURLY.contains(c) || matches!(c, '"' | '\''));
        let behind = end + close.map_or(0, char::len_utf8);
        let value = &self.text[inside..end];
        let fault = Fault::at(start..inside, format!("the value of `{attribute}` is in typographic quotes"));
        let written = format!("'{value}'");
        fault.repair(format!("write {attribute}={written}"), Repair::replace(start..behind, written))
    }
}
