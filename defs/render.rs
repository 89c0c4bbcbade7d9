//! Document + reasons → canonical XML text.

use quick_xml::se::Serializer;
use roxmltree::Document;
use serde::Serialize;

use crate::locate::{LocateError, locate};

/// Columns that comments are wrapped at.
const WIDTH: usize = 100;

/// The last line of the header of every file.
pub(crate) const PROVENANCE: &str = "Written by `cargo xtask regen` from defs/; changes to this file belong there.";

/// Why a definition cannot be rendered. All of these are faults of a record in `defs/`.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RenderError {
    #[error("the document cannot be written as XML: {0}")]
    Serialize(#[from] quick_xml::SeError),
    #[error("the written XML cannot be read back: {0}")]
    Parse(#[from] roxmltree::Error),
    #[error("the tunable at `{at}`: {cause}")]
    Locate { at: &'static str, cause: LocateError },
    #[error("a comment cannot contain `--`: {0:?}")]
    Comment(String),
}

/// A document of libvirt's.
pub trait Root: Serialize {
    /// The name of its root element.
    const NAME: &'static str;
}

/// The whole text of a file: `header` as a comment, then the document with each note as a comment above the element that
/// its path names (see [`locate`]).
///
/// # Errors
///
/// When a note's path names no element, or several, or a comment contains `--`.
pub fn commented(header: &str, document: &Document, notes: &[(&'static str, &str)]) -> Result<String, RenderError> {
    let header = header.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect::<String>();
    let body = weave(document, notes)?;
    Ok(format!("<!--\n{}-->\n{body}\n", checked(&header)?))
}

/// The document alone, indented, without comments.
///
/// # Errors
///
/// When serialization fails, which no document made of tunables should cause.
pub fn element<T: Root>(document: &T) -> Result<String, RenderError> {
    let mut text = String::new();
    let mut serializer = Serializer::with_root(&mut text, Some(T::NAME))?;
    serializer.indent(' ', 2);
    document.serialize(serializer)?;
    Ok(text)
}

/// A paragraph of a header, or an item of a list in it, in lines of the width of our comments.
pub(crate) fn wrapped(text: &str) -> String {
    let indent = if text.starts_with("- ") { "  " } else { "" };
    textwrap::fill(text, textwrap::Options::new(WIDTH - 2).subsequent_indent(indent))
}

/// Puts each note above its element, on lines of its own and indented alike.
fn weave(document: &Document, notes: &[(&'static str, &str)]) -> Result<String, RenderError> {
    let xml = document.input_text();
    let mut comments = Vec::with_capacity(notes.len());
    for &(at, why) in notes {
        let node = locate(document, at).map_err(|cause| RenderError::Locate { at, cause })?;
        let start = node.range().start;
        let line = xml[..start].rfind('\n').map_or(0, |newline| newline + 1);
        comments.push((line, comment(why, start - line)?));
    }
    comments.sort_by_key(|&(line, _)| line);

    let mut woven = String::with_capacity(xml.len() * 4);
    let mut done = 0;
    for (line, comment) in comments {
        woven.push_str(&xml[done..line]);
        woven.push_str(&comment);
        done = line;
    }
    woven.push_str(&xml[done..]);
    Ok(woven)
}

/// A comment of whole lines, indented by `indent` columns.
fn comment(text: &str, indent: usize) -> Result<String, RenderError> {
    let (first, rest) = (format!("{:indent$}<!-- ", ""), format!("{:indent$}     ", ""));
    let options = textwrap::Options::new(WIDTH).initial_indent(&first).subsequent_indent(&rest);
    let options = options.word_splitter(textwrap::WordSplitter::NoHyphenation);
    Ok(textwrap::fill(checked(text)?, options) + " -->\n")
}

fn checked(comment: &str) -> Result<&str, RenderError> {
    if comment.contains("--") { Err(RenderError::Comment(comment.to_owned())) } else { Ok(comment) }
}
