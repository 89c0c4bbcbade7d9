//! Which keys a machine's firmware trusts. They are in its variables and not in the document, and stay those of the day on which
//! the machine started first.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain_definitions::{locate_all, pages};
use roxmltree::Document;
use serde::Serialize;
use virtfw_libefi::efivar::ids::{ConstVarId, DB, KEK, PK, SECURE_BOOT_ENABLE};
use virtfw_libefi::efivar::sigdb::EfiSigDB;
use virtfw_libefi::sb::certs;

use super::nvram::{self, Variables};
use crate::reading;

/// The part of [`pages::FIRMWARE`] that has the remedy.
pub const REMEDY: &str = "microsofts-new-certificates";

/// A certificate of Microsoft's: its name, without Microsoft's own, and its bytes.
type Certificate = (&'static str, &'static [u8]);

/// A certificate of 2011, the one that takes its place, and the variable that both belong in.
struct Replaced {
    variable: ConstVarId,
    old: Certificate,
    new: Certificate,
}

/// Source: Microsoft's "Windows Secure Boot certificate expiration and CA updates" (KB5062710). What signs the firmware of
/// expansion cards is left out: few machines have one.
static REPLACED: [Replaced; 3] = [
    Replaced {
        variable: KEK,
        old: ("KEK CA 2011", certs::MICROSOFT_KEK_2011),
        new: ("KEK 2K CA 2023", certs::MICROSOFT_KEK_2023),
    },
    Replaced {
        variable: DB,
        old: ("Windows Production PCA 2011", certs::MICROSOFT_DB_WINDOWS_2011),
        new: ("Windows UEFI CA 2023", certs::MICROSOFT_DB_WINDOWS_2023),
    },
    Replaced {
        variable: DB,
        old: ("UEFI CA 2011", certs::MICROSOFT_DB_UEFI_2011),
        new: ("UEFI CA 2023", certs::MICROSOFT_DB_UEFI_2023),
    },
];

/// What a machine's variables say of Secure Boot.
#[derive(Debug, Serialize)]
pub struct SecureBoot {
    /// The file they are in.
    #[serde(rename = "variables")]
    path: PathBuf,
    /// Whether the document asks for firmware with Secure Boot.
    demanded: bool,
    /// The keys, or why they are not known.
    #[serde(flatten)]
    keys: Keys,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Keys {
    Known {
        /// Whether there are any.
        enrolled: bool,
        /// Whether they count; a person can switch that off in the firmware's setup.
        on: bool,
        /// Those of Microsoft's.
        microsoft: Vec<&'static str>,
        /// Those of 2023 that should be there, since the ones that they replace are.
        missing: Vec<&'static str>,
    },
    Unknown {
        error: String,
        /// Whether a copy might be read.
        #[serde(skip)]
        closed: bool,
    },
}

/// Looks at the variables of a machine, in the file that is named, or else in the machine's own. Nothing if they are of no
/// interest: the machine has not started yet or is another host's, or has nothing to do with Secure Boot.
///
/// # Errors
///
/// When the file that is named cannot be read.
pub fn of(document: &Document, named: Option<&Path>) -> Result<Option<SecureBoot>, nvram::Error> {
    let root = document.root_element();
    let demanded = ["os/loader[@secure=yes]", "os/firmware/feature[@name=secure-boot][@enabled=yes]"]
        .iter()
        .any(|at| !locate_all(root, at).is_empty());
    let Some(path) = named.map(Path::to_owned).or_else(|| own(document)) else { return Ok(None) };
    let keys = match nvram::read(&path) {
        Ok(variables) => keys(&variables),
        Err(error) if named.is_some() => return Err(error),
        Err(nvram::Error::Unread(reading::Error::Io(error))) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => Keys::Unknown {
            closed: matches!(error, nvram::Error::Unread(reading::Error::Io(_))),
            error: error.to_string(),
        },
    };
    let is_of_interest = demanded || named.is_some() || matches!(keys, Keys::Known { enrolled: true, .. });
    Ok(is_of_interest.then_some(SecureBoot { path, demanded, keys }))
}

/// The file that a machine says its variables are in.
fn own(document: &Document) -> Option<PathBuf> {
    let root = document.root_element();
    let first = |at: &str| locate_all(root, at).into_iter().next();
    let text = first("os/nvram").and_then(|node| node.text().map(str::trim)).filter(|text| !text.is_empty());
    let source = || first("os/nvram/source").and_then(|node| node.attribute("file"));
    let json = || first("os/varstore").and_then(|node| node.attribute("path"));
    let path = text.or_else(source).or_else(json).map(PathBuf::from);
    path.filter(|path| path.is_absolute())
}

fn keys(variables: &Variables) -> Keys {
    let has = |variable: &ConstVarId, (_, wanted): Certificate| {
        variables.get(variable).is_some_and(|data| certificates(data).iter().any(|one| one == wanted))
    };
    let both = REPLACED.iter().flat_map(|one| [(&one.variable, one.old), (&one.variable, one.new)]);
    let missing = REPLACED.iter().filter(|one| has(&one.variable, one.old) && !has(&one.variable, one.new));
    Keys::Known {
        enrolled: variables.get(&PK).is_some_and(|data| !data.is_empty()),
        on: variables.get(&SECURE_BOOT_ENABLE) != Some(&[0]),
        microsoft: both.filter(|(variable, one)| has(variable, *one)).map(|(_, (name, _))| name).collect(),
        missing: missing.map(|one| one.new.0).collect(),
    }
}

/// The certificates in a variable.
fn certificates(data: &[u8]) -> Vec<Vec<u8>> {
    let lists = is_sound(data).then(|| EfiSigDB::new_from_bytes(data)).flatten().map_or(Vec::new(), |all| all.siglists);
    let of_kind = lists.into_iter().filter(virtfw_libefi::efivar::sigdb::EfiSigList::is_x509);
    of_kind.flat_map(|list| list.entries).map(|entry| entry.data).collect()
}

/// Whether each list ends where the next one begins: the library panics where one is longer than what there is.
fn is_sound(mut data: &[u8]) -> bool {
    while !data.is_empty() {
        let size = data.get(16..20).and_then(|size| Some(u32::from_le_bytes(size.try_into().ok()?)));
        let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size >= 28);
        let Some(rest) = size.and_then(|size| data.get(size..)) else { return false };
        data = rest;
    }
    true
}

impl SecureBoot {
    /// What there is to say, in sentences.
    #[must_use]
    pub fn said(&self) -> String {
        let path = self.path.display();
        match &self.keys {
            Keys::Unknown { error, .. } => format!("Which keys the firmware has is not known: {path} {error}."),
            Keys::Known { enrolled: false, .. } => {
                format!("No keys are enrolled in {path}, so the firmware starts whatever it finds.")
            }
            Keys::Known { on, microsoft, missing, .. } => {
                let said = if !missing.is_empty() {
                    format!(
                        "The keys in {path} include Microsoft's certificates of 2011, which ended in 2026, but not those \
                         that replace them: {}. Without these, the firmware accepts no newer boot loaders, or no updates \
                         of its keys.",
                        missing.join(", ")
                    )
                } else if microsoft.is_empty() {
                    format!("Keys are enrolled in {path}; none of them is Microsoft's.")
                } else {
                    format!("Keys are enrolled in {path}, with Microsoft's certificates of 2023.")
                };
                let off = if *on { "" } else { " Secure Boot is switched off in the firmware's setup." };
                said + off
            }
        }
    }

    /// What to do about it, in sentences.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let page = pages::FIRMWARE;
        match &self.keys {
            Keys::Unknown { closed, .. } => {
                closed.then(|| "Make a copy that you can read (`sudo cp`), and name it with --nvram.".to_owned())
            }
            Keys::Known { enrolled: false, .. } => {
                self.demanded.then(|| format!("To enroll Microsoft's: {page}#{REMEDY}."))
            }
            Keys::Known { missing, .. } => (!missing.is_empty()).then(|| {
                format!(
                    "To add them: {page}#{REMEDY}. If the guest uses BitLocker, have its recovery key at hand first."
                )
            }),
        }
    }
}
