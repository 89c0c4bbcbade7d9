//! The machines that are started under KVM: those of the files, and those that people have, mended.

use domain_definitions::rules::{self, Rule, Target};
use domain_definitions::{Connection, Definition, Hypervisor, Since};
use host::theirs::Theirs;
use host::{Fault, Release, definitions, is_started};
use roxmltree::Document;

use crate::tune::choose::Wish;
use crate::tune::guest;
use crate::tune::tuned::{Which, tuned};

/// A machine that is started.
#[derive(Clone)]
pub struct Started {
    /// Whose it is.
    pub whose: Whose,
    /// The connection that it is started on.
    pub connection: Connection,
}

/// Whose a machine is.
#[derive(Clone)]
pub enum Whose {
    /// That of a file.
    Ours(Definition),
    /// That of a person, as `cargo xtask tune --write --all` leaves it. As it was before, it is started emulated
    /// (`xtask/tests/tuned.rs`): each start here takes seconds.
    Theirs(Theirs),
}

/// What ties a machine to its host only once its guest uses it. Here, no guest runs.
const OF_A_RUNNING_GUEST: [&str; 1] = ["portable/reenlightenment"];

/// All of them. A test sees that no machine of people's is left out because it could not be read.
pub fn all() -> Vec<Started> {
    // KVM runs machines for this host's processors alone.
    let here = |definition: &Definition| definition.platform.arch.name() == std::env::consts::ARCH;
    let ours = definitions().filter(is_started).filter(here);
    let ours = ours.map(|definition| Started { connection: definition.connection, whose: Whose::Ours(definition) });
    let theirs = Theirs::all().unwrap_or_default().into_iter();
    let theirs = theirs.map(|theirs| {
        let connection = Document::parse(&theirs.text).map_or(Connection::System, |text| guest::connection(&text));
        Started { connection, whose: Whose::Theirs(theirs) }
    });
    ours.chain(theirs).collect()
}

impl Started {
    /// The name of its trial.
    #[must_use]
    pub fn trial(&self) -> String {
        match &self.whose {
            Whose::Ours(definition) => format!("{} starts under KVM", definition.path()),
            Whose::Theirs(theirs) => format!("tune all of {} starts under KVM", theirs.file),
        }
    }

    /// What the list of commands calls it, on its connection.
    #[must_use]
    pub fn subject(&self) -> String {
        match &self.whose {
            Whose::Ours(definition) => definition.stem(),
            Whose::Theirs(theirs) => format!("tuned-{}", theirs.file),
        }
    }

    /// The definition that it stands for as it is, if any.
    #[must_use]
    pub fn ours(&self) -> Option<Definition> {
        match self.whose {
            Whose::Ours(definition) => Some(definition),
            Whose::Theirs(_) => None,
        }
    }

    /// As a release can define it.
    #[must_use]
    pub fn on(&self, release: &Release) -> Started {
        let whose = match &self.whose {
            Whose::Ours(definition) => Whose::Ours(*definition),
            Whose::Theirs(theirs) => Whose::Theirs(theirs.on(release)),
        };
        Started { whose, ..*self }
    }

    /// The folder of its disks, in one of all disks.
    #[must_use]
    pub fn folder(&self, disks: &str) -> String {
        format!("{disks}/{}", self.subject())
    }

    /// Its text, with a person's disks in a folder, tuned for some releases.
    ///
    /// # Errors
    ///
    /// When a record is wrong, or there is no definition for a person's machine.
    pub fn text(&self, disks: &str, releases: Since) -> Result<String, Fault> {
        match &self.whose {
            Whose::Ours(definition) => Ok(definition.xml()?),
            Whose::Theirs(theirs) => {
                let wish = Wish { guest: theirs.guest().and_then(guest::named), ..Wish::default() };
                let which = Which { all: true, ..Which::default() };
                let text = theirs.here(&self.folder(disks)).text;
                let tuned = tuned(&text, wish, which, releases, true);
                Ok(tuned.map_err(|error| format!("{}: {error}", theirs.file))?.text)
            }
        }
    }

    /// The rules that say what ties it to its host.
    ///
    /// # Errors
    ///
    /// As [`Started::text`].
    pub fn ties(&self, releases: Since) -> Result<Vec<&'static Rule>, Fault> {
        if let Whose::Ours(definition) = &self.whose {
            return Ok(definition.ties()?);
        }
        let text = self.text("", releases)?;
        let document = Document::parse(&text)?;
        let target = Target { floor: releases, connection: Some(self.connection), hypervisor: Some(Hypervisor::Qemu) };
        let found = rules::judge(&document, target).into_iter().map(|finding| finding.rule);
        Ok(found.filter(|rule| rule.is_portable() && !OF_A_RUNNING_GUEST.contains(&rule.id().as_str())).collect())
    }
}
