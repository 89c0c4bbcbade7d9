//! Reading untrusted documents, as libvirt reads them.
//!
//! A document that is accepted is UTF-8, well-formed, bounded in size and depth, and has no entities of its own, so it loads
//! no external files. Anything else is refused, and said why.

use std::ops::Range;
use std::path::Path;

use xtask::reading::{self, declared_encoding};

use crate::explain::Rejection;
use crate::kind::Kind;
use crate::malformed;
use crate::relaxng::{Document, Message, Schema};
use crate::uncommented::Uncommented;

/// The encodings whose names are true of a text in UTF-8, or of each that is all ASCII.
const TRUE_NAMES: [&str; 4] = ["UTF-8", "UTF8", "US-ASCII", "ASCII"];

/// A well-formed document.
#[derive(Debug)]
pub struct Input {
    /// For libxml2. Comments may be missing.
    pub document: Document,
    /// What libxml2 got instead of the text, if that is not the same.
    pub(crate) uncommented: Option<Uncommented>,
    /// As text, without the byte order mark; blanks stand for a document type, so that positions are those of [`Input::written`].
    pub text: String,
    /// The text as it was written, if it has a document type.
    pub written: Option<String>,
    /// What libvirt takes, and is hardly meant.
    pub remarks: Vec<Rejection>,
}

/// Why a document was refused.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error(transparent)]
    Unread(#[from] reading::Error),
    #[error("is empty")]
    Empty,
    #[error("has zero bytes, which no XML has: it is no text file")]
    Binary,
    #[error(
        "has a DOCTYPE with declarations, which are not read here; replace each entity by its text and remove the DOCTYPE"
    )]
    Declarations,
    /// Text in another encoding.
    #[error("is not UTF-8, the one encoding that libvirt reads")]
    Encoding(Encoding),
    #[error("is not well-formed XML: {}", .why.message)]
    Malformed { text: String, why: Box<Rejection> },
}

/// The encoding of a text that is not UTF-8.
#[derive(Debug)]
pub struct Encoding {
    /// Its name, for `iconv`.
    pub name: String,
    /// The text in it, as far as it can be read, and the first character that is no UTF-8.
    pub text: Option<(String, Range<usize>)>,
}

impl Input {
    /// Judges it by a schema. `Ok` with no messages is the verdict "valid".
    ///
    /// # Errors
    ///
    /// When libxml2 itself fails, and there is no verdict.
    pub fn validate(&self, schema: &Schema) -> Result<Vec<Message>, Vec<Message>> {
        let messages = schema.validate(&self.document)?;
        if messages.is_empty() || self.uncommented.is_none() {
            return Ok(messages);
        }
        // With the lines of the whole text.
        schema.validate(&Document::parse(&self.text)?)
    }
}

impl Encoding {
    /// The command that converts a file.
    #[must_use]
    pub fn command(&self, path: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@".contains(c);
        let quoted = |path: &str| {
            if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
        };
        let convert = format!("iconv --from-code {} --to-code UTF-8", self.name);
        if path == "-" {
            return convert;
        }
        let new = format!("{}-utf-8.xml", path.strip_suffix(".xml").unwrap_or(path));
        let file = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
        format!("{convert} {} > {}", quoted(&file), quoted(&new))
    }
}

/// Reads and parses a file, or standard input for `-`.
///
/// # Errors
///
/// When it cannot be read, or cannot be a definition.
pub fn read(path: &Path) -> Result<Input, Error> {
    parse(&reading::document(path)?)
}

/// Parses bytes.
///
/// # Errors
///
/// When they cannot be a definition.
pub fn parse(bytes: &[u8]) -> Result<Input, Error> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::Empty);
    }
    if let Some(name) = reading::wide_encoding(bytes) {
        return Err(Error::Encoding(Encoding { name: name.to_owned(), text: None }));
    }
    if memchr::memchr(0, bytes).is_some() {
        return Err(Error::Binary);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        Err(error) => return Err(Error::Encoding(single_bytes(bytes, error.valid_up_to()))),
    };
    let uncommented = Uncommented::new(&text);
    let lean = uncommented.as_ref().and_then(|uncommented| Document::parse(&uncommented.text).ok());
    let uncommented = uncommented.filter(|_| lean.is_some());
    let document = lean.map_or_else(|| Document::parse(&text), Ok).map_err(|messages| {
        if malformed::doctype(&text).is_some_and(|span| declares(&text[span])) {
            return Error::Declarations;
        }
        let unknown = || Message::at(1, "libxml2 gives no reason");
        let why = Box::new(malformed::explain(&text, &messages.into_iter().next().unwrap_or_else(unknown)));
        Error::Malformed { text: text.clone(), why }
    })?;
    let mut remarks = Vec::new();
    remarks.extend(
        declared_encoding(&text).filter(|span| !TRUE_NAMES.contains(&&*text[span.clone()].to_uppercase())).map(
            |span| {
                let message = format!("the XML declaration names {}, and the file is UTF-8", &text[span.clone()]);
                Rejection::new(Kind::Declaration, span, message, "write encoding=\"UTF-8\", or leave it out".to_owned())
            },
        ),
    );
    if !document.has_doctype() {
        return Ok(Input { document, uncommented, text, written: None, remarks });
    }
    let span = malformed::doctype(&text).ok_or(Error::Declarations)?;
    if declares(&text[span.clone()]) {
        return Err(Error::Declarations);
    }
    let blank: String = text[span.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    let mut without = text.clone();
    without.replace_range(span.clone(), &blank);
    // With a document type, libxml2 forgives entities that nobody declares.
    let document = Document::parse(&without).map_err(|_| Error::Declarations)?;
    let message = "libvirt's documents have no DOCTYPE; libvirt ignores it".to_owned();
    remarks.push(Rejection::new(Kind::Doctype, span, message, "remove it".to_owned()));
    Ok(Input { document, uncommented: None, text: without, written: Some(text), remarks })
}

/// Whether a document type says something that changes the document.
fn declares(doctype: &str) -> bool {
    ["<!ENTITY", "<!ATTLIST", "%"].iter().any(|declaration| doctype.contains(declaration))
}

/// The encoding of a text with bytes that are no UTF-8: the one that it names, else the one that most such files are in.
fn single_bytes(bytes: &[u8], at: usize) -> Encoding {
    // Up to there it is UTF-8, and the declaration is ASCII.
    let start = String::from_utf8_lossy(&bytes[..at]);
    let named = declared_encoding(&start).map(|span| start[span].to_owned());
    let known = |name: &String| encoding_rs::Encoding::for_label(name.as_bytes());
    let named = named.filter(|name| !TRUE_NAMES.contains(&&*name.to_uppercase()) && known(name).is_some());
    let name = named.unwrap_or_else(|| "WINDOWS-1252".to_owned());
    let encoding = known(&name).unwrap_or(encoding_rs::WINDOWS_1252);
    let (mut text, before) = (String::new(), encoding.decode_without_bom_handling(&bytes[..at]).0.len());
    text.push_str(&encoding.decode_without_bom_handling(bytes).0);
    let character = text.get(before..).and_then(|rest| rest.chars().next());
    let text = character.map(|c| (text, before..before + c.len_utf8()));
    Encoding { name, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_a_shell_reads_it() {
        let latin = Encoding { name: "ISO-8859-1".to_owned(), text: None };
        let convert = "iconv --from-code ISO-8859-1 --to-code UTF-8";
        assert_eq!(latin.command("-"), convert);
        assert_eq!(latin.command("a/b.xml"), format!("{convert} a/b.xml > a/b-utf-8.xml"));
        assert_eq!(latin.command("it's"), format!("{convert} 'it'\\''s' > 'it'\\''s-utf-8.xml'"));
    }
}
