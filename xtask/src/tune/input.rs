//! Reading a machine that somebody has, or refusing what is none in one sentence.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use domain_definitions::platforms::Hypervisor;
use domain_definitions::rules::Target;
use roxmltree::{Document, ParsingOptions};

/// The largest document that is read: libvirt's own limit for a message with a document in it, as for `validate`.
const LARGEST: u64 = 32 << 20;

/// The most elements one inside the other. libvirt's documents have ten; libxml2 refuses 256.
const DEEPEST: usize = 256;

/// Why a document was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is not a regular file; give it on standard input, as `-`")]
    Special,
    #[error("is larger than {} MiB, which no definition is", LARGEST >> 20)]
    TooLarge,
    #[error("is empty")]
    Empty,
    #[error("is not UTF-8; save it as that")]
    Encoding,
    #[error("is not well-formed XML: {0}")]
    Malformed(roxmltree::Error),
    #[error("has a DOCTYPE, which libvirt's documents never have; remove it")]
    Doctype,
    #[error("has elements more than {DEEPEST} deep, which no definition has")]
    Deep,
    #[error("is a <{0}>, not a <domain>")]
    NoDomain(String),
    #[error("is a machine of type `{0}`; the definitions are for QEMU's, `kvm` and `qemu`")]
    OtherType(String),
    #[error("is a machine for Cloud Hypervisor, of which the definitions say only what its driver takes")]
    CloudHypervisor,
    #[error("is a machine for {0}; the definitions are for x86_64")]
    OtherProcessor(String),
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
///
/// When it cannot be read, or cannot be a machine of QEMU's.
pub fn read(path: &Path) -> Result<String, Error> {
    let bytes = if path == Path::new("-") {
        bounded(io::stdin().lock())?
    } else {
        // A pipe would make this wait for ever, and a device need not end; so look before opening.
        if !fs::metadata(path)?.is_file() {
            return Err(Error::Special);
        }
        bounded(File::open(path)?)?
    };
    let text = String::from_utf8(bytes).map_err(|_| Error::Encoding)?;
    checked(&text)?;
    Ok(text)
}

fn bounded(source: impl Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { Err(Error::TooLarge) } else { Ok(bytes) }
}

/// Whether a text is a machine of QEMU's.
///
/// # Errors
///
/// When it is not.
pub fn checked(text: &str) -> Result<(), Error> {
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(Error::Empty);
    }
    if text.contains('\0') {
        return Err(Error::Encoding);
    }
    let options = ParsingOptions { nodes_limit: 2_000_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => Error::Doctype,
        error => Error::Malformed(error),
    })?;
    if document.descendants().any(|node| node.is_element() && node.ancestors().nth(DEEPEST).is_some()) {
        return Err(Error::Deep);
    }
    let root = document.root_element();
    if root.tag_name().name() != "domain" {
        return Err(Error::NoDomain(root.tag_name().name().to_owned()));
    }
    match root.attribute("type") {
        Some("kvm" | "qemu") => {}
        other => return Err(Error::OtherType(other.unwrap_or_default().to_owned())),
    }
    if Target::stated(&document).hypervisor == Some(Hypervisor::CloudHypervisor) {
        return Err(Error::CloudHypervisor);
    }
    let kind = domain_definitions::locate_all(root, "os/type").first().and_then(|kind| kind.attribute("arch"));
    match kind {
        None | Some("x86_64") => Ok(()),
        Some(other) => Err(Error::OtherProcessor(other.to_owned())),
    }
}
