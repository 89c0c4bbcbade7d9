//! A document without its comments, which are most of some documents, and nobody's business but the reader's.

use std::ops::Range;

use memchr::{memchr, memchr3, memmem};

/// From this size on a text is judged as it is: libxml2 refuses comments that are too long.
const LARGEST: usize = 1 << 20;

/// A text without those comments that stand between tags and blanks. To a parser that skips comments, it is the same document.
#[derive(Debug)]
pub struct Uncommented {
    /// The text.
    pub text: String,
    /// The places in it where something was, and how many bytes in all were taken out up to there.
    cuts: Vec<(usize, usize)>,
}

impl Uncommented {
    /// Takes the comments out of a text; `None` where there are none, or where that is not done: something may be wrong with the
    /// text, or it has more than tags, text and comments.
    #[must_use]
    pub fn new(text: &str) -> Option<Uncommented> {
        if text.len() > LARGEST {
            return None;
        }
        let comments = comments(text)?;
        if comments.is_empty() {
            return None;
        }
        let (mut kept, mut cuts, mut from) = (String::with_capacity(text.len()), Vec::with_capacity(comments.len()), 0);
        for comment in comments {
            kept.push_str(&text[from..comment.start]);
            from = comment.end;
            cuts.push((kept.len(), from - kept.len()));
        }
        kept.push_str(&text[from..]);
        Some(Uncommented { text: kept, cuts })
    }

    /// Where a part of it is in the whole text; `None` if there was a comment in it.
    #[must_use]
    pub fn place(&self, part: &Range<usize>) -> Option<Range<usize>> {
        let before = self.cuts.partition_point(|(cut, _)| *cut <= part.start);
        let taken = before.checked_sub(1).map_or(0, |last| self.cuts[last].1);
        let inside = self.cuts.get(before).is_some_and(|(cut, _)| *cut < part.end);
        (!inside).then(|| part.start + taken..part.end + taken)
    }
}

/// The comments that have a tag or nothing before and behind them, and blanks before them.
fn comments(text: &str) -> Option<Vec<Range<usize>>> {
    let (bytes, mut comments, hyphens) = (text.as_bytes(), Vec::new(), memmem::Finder::new("--"));
    // The end of the last tag or comment.
    let mut at = if text.starts_with("<?xml") { memmem::find(bytes, b"?>")? + 2 } else { 0 };
    while let Some(start) = memchr(b'<', &bytes[at..]).map(|found| at + found) {
        let end = match bytes.get(start + 1)? {
            b'!' => {
                let inside = start + 4;
                let end = inside + hyphens.find(bytes.get(inside..)?)?;
                let is_comment = bytes[start..inside] == *b"<!--" && bytes.get(end + 2) == Some(&b'>');
                if !is_comment || !is_xml(&bytes[inside..end]) {
                    return None;
                }
                let (end, blanks) = (end + 3, text[at..start].trim_matches(BLANKS).is_empty());
                let behind = bytes[end..].iter().find(|byte| !BLANKS.contains(&char::from(**byte)));
                if blanks && (at < start || at == 0) && behind.is_none_or(|byte| *byte == b'<') {
                    comments.push(start..end);
                }
                end
            }
            b'?' => return None,
            _ => tag_end(bytes, start)?,
        };
        at = end;
    }
    Some(comments)
}

/// What XML calls white space.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Behind the `>` of a tag. In a value, there may be others.
fn tag_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr3(b'>', b'"', b'\'', &bytes[at..])? + 1;
        match bytes[at - 1] {
            b'>' => return Some(at),
            quote => at += memchr(quote, &bytes[at..])? + 1,
        }
    }
}

/// Whether a comment has only what XML may have in it, as far as a glance shows it. U+FFFE and U+FFFF, which it may not have, begin
/// with the byte 0xef.
fn is_xml(comment: &[u8]) -> bool {
    let doubtful = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0xef;
    // To count looks at many bytes at a time.
    comment.iter().filter(|byte| doubtful(**byte)).count() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str) -> Option<String> {
        Uncommented::new(text).map(|uncommented| uncommented.text)
    }

    #[test]
    fn what_stands_between_tags_is_taken_out() {
        let text =
            "<?xml version='1.0'?>\n<!-- a -->\n<a b='<!-- > -->' c=\">\"> <!-- - > -->\n <b/>\t<!----></a> <!-- é -->";
        let kept = "<?xml version='1.0'?>\n\n<a b='<!-- > -->' c=\">\"> \n <b/>\t</a> ";
        assert_eq!(without(text).as_deref(), Some(kept));
        assert_eq!(without("<!-- a --><a/>").as_deref(), Some("<a/>"));
        // A text that it would become part of, or be told from, stays as it is.
        for text in ["<a>x <!-- --></a>", "<a> <!-- -->x</a>", "<a><!-- --></a>", "<a>> <!-- --> </a>", "<a/>"] {
            assert_eq!(without(text), None, "{text}");
        }
    }

    #[test]
    fn what_may_be_wrong_stays_as_it_is() {
        for text in [
            "<a> <!-- -- --></a>",
            "<a> <!-- ---></a>",
            "<a> <!-- </a>",
            "<a> <!- -> <!-- --></a>",
            "<a> <!-- \u{1} --></a>",
            "<a> <!-- \u{ffff} --></a>",
            "<a> <![CDATA[ <!-- --> ]]></a>",
            "<a> <?b <!-- --> ?></a>",
            "<!DOCTYPE a> <!-- --> <a/>",
            "<!-- --><?xml version='1.0'?><a/>",
            "<a> <!-- --> <b c='></a>",
            "<a> <!-- --> <b",
            "<a> <!-- --> <",
            "<a> <!",
        ] {
            assert_eq!(without(text), None, "{text}");
        }
        let long = format!("<a> <!-- {} --> </a>", "x".repeat(LARGEST));
        assert_eq!(without(&long), None);
    }

    #[test]
    fn a_place_is_found_again() {
        let text = "<!-- a -->\n<a>\n <!-- b --> <b/> <!-- c --><c/>\n</a>";
        let uncommented = Uncommented::new(text).unwrap();
        for part in ["<a>", "<b/>", "<c/>", "</a>"] {
            let at = uncommented.text.find(part).unwrap();
            assert_eq!(&text[uncommented.place(&(at..at + part.len())).unwrap()], part);
        }
        let at = uncommented.text.find("<b/>").unwrap();
        assert_eq!(uncommented.place(&(at - 2..at)), None);
        assert_eq!(uncommented.place(&(0..uncommented.text.len())), None);
    }
}
