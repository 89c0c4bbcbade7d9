//! What can be measured: definitions, definitions without a choice, machines that other programs have made, and any file.

use std::path::Path;

use domain_definitions::domain::Arch;
use domain_definitions::measured::choices::{CHOICES, Choice, OF};
use domain_definitions::render;
use domain_definitions::{Connection, Definition};
use host::theirs::Theirs;
use host::{Fault, definitions};

use super::fit;
use crate::tune::input;

/// The machines that others have made, of which numbers are on record: beside what libvirt makes of a minimal domain.
const OTHERS: [&str; 12] = [
    "boxes-linux",
    "boxes-win11",
    "predecessor-linux",
    "proxmox-windows",
    "quickemu-ubuntu",
    "virt-install-freebsd14.2",
    "virt-install-haikur1beta4",
    "virt-install-linux",
    "virt-install-openbsd7.6",
    "virt-install-win10",
    "virt-install-win11",
    "winapps-windows",
];
/// Our plain definitions, each with virt-install's machine for its guest.
pub const PEERS: [(&str, &str); 6] = [
    ("session/freebsd", "virt-install-freebsd14.2"),
    ("session/haiku", "virt-install-haikur1beta4"),
    ("session/linux", "virt-install-linux"),
    ("session/openbsd", "virt-install-openbsd7.6"),
    ("session/windows", "virt-install-win11"),
    ("session/windows10", "virt-install-win10"),
];
/// What CI measures. What takes longest comes first.
const CHECKED: [&str; 6] =
    ["session/windows", "virt-install-win11", "session/linux", "virt-install-linux", "session/linux-portable", MINIMAL];
/// A domain with nothing but a disk, a network and a screen.
pub const MINIMAL: &str = "minimal";

/// Something that can be measured.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name in the file of results; of a file, its path without the ending.
    pub name: String,
    /// Its domain.
    pub text: String,
    /// The definition that it is, if it is one as it stands.
    pub definition: Option<Definition>,
}

/// Why something cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "{0} is neither a file nor a machine that is known; `cargo xtask bench --list` prints their names, and a file's begins with its folder or ends in .xml"
    )]
    Unknown(String),
    #[error("{path} {cause}")]
    File { path: String, cause: input::Error },
    #[error("{name}: {why}")]
    Unwritable { name: String, why: String },
    #[error("{0} is for machines on ARM, which are not measured yet; name one for PCs")]
    Arm(String),
    #[error("{name}: {why}")]
    Unfit { name: String, why: String },
}

/// The names of everything that `--record` measures: what takes longest first.
#[must_use]
pub fn recorded() -> Vec<String> {
    let mut names: Vec<_> = CHECKED.iter().map(|name| (*name).to_owned()).collect();
    let plain = PEERS.iter().map(|(name, _)| *name);
    let all = plain.chain(OTHERS).map(str::to_owned).chain(CHOICES.iter().map(Choice::machine));
    names.extend(all.filter(|name| !CHECKED.contains(&name.as_str())));
    names
}

/// The names of what CI measures.
#[must_use]
pub fn checked() -> Vec<String> {
    CHECKED.iter().map(|name| (*name).to_owned()).collect()
}

/// Every name that is known.
#[must_use]
pub fn known() -> Vec<String> {
    let is_pc = |definition: &Definition| definition.platform.arch == Arch::X86_64;
    let ours = definitions().filter(is_pc).map(|definition| definition.path().trim_end_matches(".xml").to_owned());
    let theirs = Theirs::all().unwrap_or_default().into_iter().map(|theirs| theirs.file);
    ours.chain(theirs).chain([MINIMAL.to_owned()]).chain(CHOICES.iter().map(Choice::machine)).collect()
}

impl Subject {
    /// Whether it can be adapted for measuring. An error names what was asked for.
    ///
    /// # Errors
    ///
    /// When it is no domain, or has no disk to boot from.
    pub fn fits(&self, asked: &str) -> Result<(), Error> {
        let unfit = |fault: Fault| Error::Unfit { name: asked.to_owned(), why: fault.what().to_owned() };
        fit::fitted(&self.text, "/disk", "", fit::Host { kvm: false, gpu: false, connection: Connection::Session })
            .map(drop)
            .map_err(unfit)
    }

    /// The one with a name, or in a file.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be read.
    pub fn named(asked: &str) -> Result<Subject, Error> {
        let whole = |name: &str, text: String| Subject { name: name.to_owned(), text, definition: None };
        if Path::new(asked).is_file() {
            let text = input::read(asked.as_ref()).map_err(|cause| Error::File { path: asked.to_owned(), cause })?;
            let name = asked.trim_end_matches(".xml");
            return Ok(Subject { definition: Definition::find(asked), ..whole(name, text) });
        }
        let path = |name: &str| Definition::find(&format!("{}.xml", name.trim_end_matches(".xml")));
        let unwritable =
            |error: &dyn std::fmt::Display| Error::Unwritable { name: asked.to_owned(), why: error.to_string() };
        if let Some(choice) = Choice::of_machine(asked) {
            let definition = path(OF).ok_or_else(|| Error::Unknown(OF.to_owned()))?;
            let text = render::element(&choice.domain(&definition)).map_err(|error| unwritable(&error))?;
            return Ok(whole(asked, text));
        }
        let short = format!("{}/{asked}", Connection::Session);
        if let Some(definition) = path(asked).or_else(|| path(&short)) {
            if definition.platform.arch != Arch::X86_64 {
                return Err(Error::Arm(definition.path()));
            }
            let text = definition.xml().map_err(|error| unwritable(&error))?;
            let name = definition.path();
            return Ok(Subject { definition: Some(definition), ..whole(name.trim_end_matches(".xml"), text) });
        }
        if asked == MINIMAL {
            return Ok(whole(asked, include_str!("../../tests/bench/minimal.xml").to_owned()));
        }
        let mut theirs = Theirs::all().unwrap_or_default().into_iter().filter(|theirs| theirs.file == asked);
        let theirs = theirs.next().ok_or_else(|| Error::Unknown(asked.to_owned()))?;
        let text = theirs.text.replace("pc-q35-10.0", "q35").replace("pc-i440fx-10.0", "pc");
        Ok(whole(asked, text))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    #[test]
    fn everything_that_is_recorded_checked_or_known_is_there_once() {
        for names in [recorded(), checked(), known()] {
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
            for name in &names {
                let subject = Subject::named(name).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(subject.name, *name);
                assert!(subject.text.contains("<domain"), "{name}");
            }
        }
        let known: BTreeSet<_> = known().into_iter().collect();
        assert!(recorded().iter().chain(&checked()).all(|name| known.contains(name)));
        assert_eq!(
            recorded().len(),
            PEERS.len() + OTHERS.len() + CHOICES.len() + 2,
            "and linux-portable, and the minimal one"
        );
    }

    #[test]
    fn a_name_without_a_folder_is_a_sessions_and_a_path_is_a_file() {
        assert_eq!(Subject::named("linux").unwrap().name, "session/linux");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/minimal.xml");
        let subject = Subject::named(file).unwrap();
        assert_eq!(subject.name, file.trim_end_matches(".xml"));
        assert!(subject.definition.is_none());
    }

    #[test]
    fn what_is_not_there_is_told_with_what_to_do() {
        let error = |asked: &str| Subject::named(asked).expect_err(asked).to_string();
        assert!(error("plan9").contains("plan9") && error("plan9").contains("--list"));
        assert!(error("session/aarch64/linux").contains("ARM"));
        let file = tempfile::NamedTempFile::with_suffix(".xml").unwrap();
        let asked = file.path().display().to_string();
        let refused = |bytes: &[u8]| {
            fs::write(&file, bytes).unwrap();
            let fits = Subject::named(&asked).and_then(|subject| subject.fits(&asked));
            fits.expect_err("it is refused").to_string()
        };
        for (bytes, why) in [
            (&b""[..], " is empty"),
            (b"<network/>", " is a <network>, not a <domain>"),
            (b"<domain type='kvm'><name>caf\xe9</name></domain>", " is not UTF-8 in line 1"),
            (b"<domain type='kvm'><devices/></domain>", ": the domain has no disk"),
        ] {
            let error = refused(bytes);
            assert!(error.starts_with(&format!("{asked}{why}")), "{error}");
        }
    }
}
