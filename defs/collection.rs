//! All definitions of some guests, with what follows from their records: worked out once, and passed on to whatever is made
//! of it (files, tables, lists).

use std::collections::BTreeMap;
use std::ptr;

use crate::definition::{Definition, Written};
use crate::documents::{self, Document};
use crate::guests::{GUESTS, Guest};
use crate::needs::HostRequirement;
use crate::render::RenderError;
use crate::tunables::Tunable;
use crate::version::Since;

/// All definitions of some guests.
pub struct Collection {
    /// The guests.
    pub guests: &'static [Guest],
    /// Their definitions, guest by guest, which is also the order of their weight.
    pub members: Vec<Member>,
    /// What the definitions need beside themselves, in the order of their paths.
    pub documents: Vec<Document>,
}

/// A definition, with what follows from it.
pub struct Member {
    /// The definition.
    pub definition: Definition,
    /// Its file in the repository.
    pub path: String,
    /// See [`Definition::stem`].
    pub stem: String,
    /// Its decisions, in the order in which they are applied.
    pub tunables: Vec<&'static Tunable>,
    /// What it expects on the host.
    pub needs: Vec<&'static HostRequirement>,
    /// The oldest releases it works with.
    pub floor: Since,
    /// Its text.
    pub written: Written,
}

/// A record, with its users.
pub struct Used<T: 'static> {
    /// The record.
    pub record: &'static T,
    /// For each member of the collection, whether it has the record.
    pub by: Vec<bool>,
}

/// A record in `defs/` of which no file can be made.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {cause}")]
pub struct Unwritable {
    /// The file that it is for.
    pub path: String,
    /// Why not.
    pub cause: RenderError,
}

impl Collection {
    /// The repository's.
    ///
    /// # Errors
    ///
    /// When a record is wrong.
    pub fn new() -> Result<Collection, Unwritable> {
        Collection::of(GUESTS)
    }

    /// That of any guests.
    ///
    /// # Errors
    ///
    /// When a record is wrong.
    pub fn of(guests: &'static [Guest]) -> Result<Collection, Unwritable> {
        let members: Vec<_> = guests.iter().flat_map(Definition::of).map(Member::new).collect::<Result<_, _>>()?;
        let documents = documents::of(members.iter().map(|member| member.definition));
        let documents = documents.map_err(|cause| Unwritable { path: "defs/documents".to_owned(), cause })?;
        Ok(Collection { guests, members, documents })
    }

    /// Every file: its path and its text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        let members = self.members.iter().map(|member| (member.path.as_str(), member.written.text.as_str()));
        members.chain(self.documents.iter().map(|document| (document.path.as_str(), document.text.as_str())))
    }

    /// Every tunable once, in the order of its first use.
    #[must_use]
    pub fn tunables(&self) -> Vec<Used<Tunable>> {
        self.used(|member| &member.tunables)
    }

    /// Every need once, in the order of its first use.
    #[must_use]
    pub fn needs(&self) -> Vec<Used<HostRequirement>> {
        self.used(|member| &member.needs)
    }

    /// The members guest by guest and platform by platform: each time, the files of what is one machine to its user.
    pub fn machines(&self) -> impl Iterator<Item = &[Member]> {
        self.members.chunk_by(|one, other| {
            let (one, other) = (&one.definition, &other.definition);
            ptr::eq(one.guest, other.guest) && ptr::eq(one.platform, other.platform)
        })
    }

    /// Each record once, with its users. Records are statics, so they are the same if they are in the same place.
    fn used<T>(&self, of: impl Fn(&Member) -> &[&'static T]) -> Vec<Used<T>> {
        let mut places = BTreeMap::new();
        let mut used: Vec<Used<T>> = Vec::new();
        for (index, member) in self.members.iter().enumerate() {
            for record in of(member) {
                let place = *places.entry(ptr::from_ref(*record).addr()).or_insert_with(|| {
                    used.push(Used { record, by: vec![false; self.members.len()] });
                    used.len() - 1
                });
                used[place].by[index] = true;
            }
        }
        used
    }
}

impl Member {
    fn new(definition: Definition) -> Result<Member, Unwritable> {
        let path = definition.path();
        let written = match definition.write(&definition.machine()) {
            Ok(written) => written,
            Err(cause) => return Err(Unwritable { path, cause }),
        };
        Ok(Member {
            definition,
            path,
            stem: definition.stem(),
            tunables: definition.tunables().collect(),
            needs: definition.needs(),
            floor: definition.floor(),
            written,
        })
    }
}
