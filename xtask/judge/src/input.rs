//! Reading untrusted documents.
//!
//! A document that is accepted is well-formed, bounded in size and depth, and has no document type, so it has no entities
//! and loads no external files. Anything else is refused in one sentence.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::relaxng::{Document, Message};

/// The largest document that is read. libvirt's own limit for a message with a document in it is 32 MiB.
const LARGEST: u64 = 32 << 20;

/// A well-formed document.
pub struct Input {
    /// For libxml2.
    pub document: Document,
    /// As text, with the positions a person sees; without the byte order mark.
    pub text: String,
}

/// Why a document was refused.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is not a regular file; give it on standard input, as `-`")]
    Special,
    #[error("is larger than {} MiB, which no definition is", LARGEST >> 20)]
    TooLarge,
    #[error("is empty")]
    Empty,
    #[error("line {}: is not well-formed XML: {}", .0.line, .0.text)]
    Malformed(Message),
    #[error("has a DOCTYPE, which libvirt's documents never have; remove it")]
    Doctype,
    #[error("is in an encoding that its XML declaration does not name; save it as UTF-8")]
    Encoding,
}

impl Error {
    /// The line it is about, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        match self {
            Error::Malformed(message) => usize::try_from(message.line).unwrap_or(1).max(1),
            _ => 1,
        }
    }
}

/// Reads and parses a file, or standard input for `-`.
///
/// # Errors
///
/// When it cannot be read, or cannot be a definition.
pub fn read(path: &Path) -> Result<Input, Error> {
    let bytes = if path == Path::new("-") {
        bounded(io::stdin().lock())?
    } else {
        // A pipe would make this wait for ever, and a device need not end; so look before opening.
        if !std::fs::metadata(path)?.is_file() {
            return Err(Error::Special);
        }
        bounded(File::open(path)?)?
    };
    parse(&bytes)
}

fn bounded(source: impl Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { Err(Error::TooLarge) } else { Ok(bytes) }
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
    // libxml2 first: it bounds the depth, which a parser that recurses needs.
    let mut document = Document::parse(bytes).map_err(malformed)?;
    if document.has_doctype() {
        return Err(Error::Doctype);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => decoded(bytes).ok_or(Error::Encoding)?,
    };
    // No XML has zeros: this is UTF-16 without a byte order mark, or where libxml2 has stopped to read.
    if text.contains('\0') {
        return Err(Error::Encoding);
    }
    // Where libxml2 cannot convert a byte, it stops reading without an error, and it knows encodings that we do not. It has to
    // judge the same text that is explained.
    if !bytes.ends_with(text.as_bytes()) || label(bytes).is_some() {
        document = Document::parse_utf8(&text).map_err(malformed)?;
    }
    Ok(Input { document, text })
}

fn malformed(messages: Vec<Message>) -> Error {
    let unknown = Message { line: 1, text: "libxml2 gives no reason".to_owned() };
    Error::Malformed(messages.into_iter().next().unwrap_or(unknown))
}

/// Text that is not UTF-8, by its byte order mark or its XML declaration, as libxml2 has read it.
fn decoded(bytes: &[u8]) -> Option<String> {
    let encoding = encoding_rs::Encoding::for_bom(bytes).map(|(encoding, _)| encoding).or_else(|| declared(bytes))?;
    let (text, _, faulty) = encoding.decode(bytes);
    (!faulty).then(|| text.into_owned())
}

fn declared(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    encoding_rs::Encoding::for_label(label(bytes)?.as_bytes())
}

/// The encoding that the XML declaration names.
fn label(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let declaration = head.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next()?;
    value[quote.len_utf8()..].split(quote).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_may_be_as_large_as_the_largest() {
        assert_eq!(bounded(io::repeat(b' ').take(LARGEST)).unwrap().len() as u64, LARGEST);
        assert!(matches!(bounded(io::repeat(b' ')), Err(Error::TooLarge)));
    }

    #[test]
    fn a_document_that_is_not_well_formed_is_so_at_a_line() {
        let malformed = |line| Error::Malformed(Message { line, text: "no".to_owned() }).line();
        assert_eq!((malformed(3), malformed(0), Error::Empty.line()), (3, 1, 1));
    }
}
