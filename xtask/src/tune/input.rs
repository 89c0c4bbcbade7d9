//! Reading a machine that somebody has, or refusing what is none in one sentence.

use std::path::Path;

use domain_definitions::domain::Arch;
use domain_definitions::platforms::Hypervisor;
use domain_definitions::rules::Target;
use roxmltree::{Document, ParsingOptions};

use crate::reading;

/// The most elements one inside the other. libvirt's documents have ten; libxml2 refuses 256.
const DEEPEST: usize = 256;

/// Why a document was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Unread(#[from] reading::Error),
    #[error("is empty")]
    Empty,
    #[error("is {0}, and libvirt takes UTF-8 alone; `iconv -f {0} -t UTF-8 FILE > NEW` converts it")]
    Encoded(String),
    #[error(
        "is not UTF-8 in line {0}, and libvirt takes nothing else; if it is Latin-1, `iconv -f ISO-8859-1 -t UTF-8 FILE > NEW` \
         converts it"
    )]
    Encoding(usize),
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
    #[error("is a machine for {0}; the definitions are for {names}", names = architectures())]
    OtherProcessor(String),
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
///
/// When it cannot be read, or cannot be a machine of QEMU's.
pub fn read(path: &Path) -> Result<String, Error> {
    let text = decoded(reading::document(path)?)?;
    checked(&text)?;
    Ok(text)
}

/// The text of a file in UTF-8, the only encoding that libvirt reads, whatever a document declares.
fn decoded(bytes: Vec<u8>) -> Result<String, Error> {
    if let Some(name) = reading::wide_encoding(&bytes) {
        return Err(Error::Encoded(name.to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let good = String::from_utf8_lossy(good);
        let line = good.matches('\n').count() + 1;
        // What is in a command for a shell is nothing but a name.
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        let declared = reading::declared_encoding(&good).map(|span| &good[span]);
        let other = declared.filter(|name| !name.is_empty() && is_name(name) && !name.eq_ignore_ascii_case("utf-8"));
        other.map_or(Error::Encoding(line), |name| Error::Encoded(name.to_owned()))
    })
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
    arch(&document).map(drop)
}

/// The processors that a machine is for. One that does not say so is taken for a PC; libvirt writes it into each.
///
/// # Errors
///
/// When there are no definitions for them.
pub fn arch(document: &Document) -> Result<Arch, Error> {
    let kind = domain_definitions::locate_all(document.root_element(), "os/type");
    let name = kind.first().and_then(|kind| kind.attribute("arch"));
    name.map_or(Ok(Arch::X86_64), |name| Arch::named(name).ok_or_else(|| Error::OtherProcessor(name.to_owned())))
}

fn architectures() -> String {
    Arch::ALL.map(Arch::name).join(" and ")
}
