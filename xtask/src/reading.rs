//! Reading what somebody hands over: whole, and never more of it than such a file can have.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

/// The largest document that is read, in bytes: libvirt's own limit for a message with a document in it.
const LARGEST_DOCUMENT: u64 = 32 << 20;

/// Why a file was refused before anybody looked into it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system's reason.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A folder, a pipe or a device, and what to do instead.
    #[error("is not a regular file{0}")]
    Special(&'static str),
    /// More bytes than this, and what it should be.
    #[error("is larger than {} MiB, which no {} is", .0 >> 20, .1)]
    TooLarge(u64, &'static str),
}

/// A document, in a file or, for `-`, on standard input.
///
/// # Errors
///
/// When it cannot be read, or is too large.
pub fn document(path: &Path) -> Result<Vec<u8>, Error> {
    const WHAT: &str = "definition";
    if path == Path::new("-") {
        return bounded(io::stdin().lock(), 0, LARGEST_DOCUMENT, WHAT);
    }
    regular(path, LARGEST_DOCUMENT, WHAT, "; give it on standard input, as `-`")
}

/// A file of at most so many bytes; `what` is what it should be.
///
/// # Errors
///
/// When it cannot be read, or is too large.
pub fn file(path: &Path, largest: u64, what: &'static str) -> Result<Vec<u8>, Error> {
    regular(path, largest, what, "")
}

fn regular(path: &Path, largest: u64, what: &'static str, instead: &'static str) -> Result<Vec<u8>, Error> {
    // A pipe would make this wait for ever, and a device need not end; so look before opening.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Error::Special(instead));
    }
    bounded(File::open(path)?, metadata.len(), largest, what)
}

/// Reads what is expected to be of a size, in one go if it is.
fn bounded(source: impl Read, expected: u64, largest: u64, what: &'static str) -> Result<Vec<u8>, Error> {
    // Room for one more byte shows that there is none.
    let mut bytes = Vec::with_capacity(usize::try_from(expected.min(largest)).unwrap_or(0) + 1);
    source.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest { Err(Error::TooLarge(largest, what)) } else { Ok(bytes) }
}

/// The name of the encoding of a text with zero bytes, or with the mark of such an encoding.
#[must_use]
pub fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [b'<', 0, ..] => Some("UTF-16LE"),
        [0, b'<', ..] => Some("UTF-16BE"),
        _ => None,
    }
}

/// Where the XML declaration of a document has the name of an encoding.
#[must_use]
pub fn declared_encoding(text: &str) -> Option<Range<usize>> {
    let declaration = text.trim_start_matches('\u{feff}').strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let name = value[1..].split_once(quote)?.0;
    let start = name.as_ptr() as usize - text.as_ptr() as usize;
    Some(start..start + name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_may_be_as_large_as_the_largest() {
        let read = |source| bounded(source, 0, LARGEST_DOCUMENT, "definition");
        assert_eq!(read(io::repeat(b' ').take(LARGEST_DOCUMENT)).unwrap().len() as u64, LARGEST_DOCUMENT);
        let more = read(io::repeat(b' ').take(LARGEST_DOCUMENT + 1));
        assert!(matches!(more, Err(Error::TooLarge(LARGEST_DOCUMENT, _))));
    }

    #[test]
    fn an_encoding_is_what_the_declaration_says() {
        let name = |text: &str| declared_encoding(text).map(|span| text[span].to_owned());
        for text in ["<?xml version='1.0' encoding='latin1'?><a/>", "\u{feff}<?xml encoding = \"latin1\" ?>"] {
            assert_eq!(name(text).as_deref(), Some("latin1"), "{text}");
        }
        for text in
            ["", "<a encoding='x'/>", "<?xml version='1.0'?><a encoding='x'/>", "<?xml encoding=x?>", "<?xml encoding="]
        {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
