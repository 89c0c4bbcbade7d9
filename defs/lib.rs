//! Complete, tuned libvirt domain definitions for common operating systems, embedded.
//!
//! Each [`Entry`] of the [`CATALOG`] is a file that libvirt takes as it is: a virtual machine for one guest operating
//! system (Linux, Windows, FreeBSD, ...) on one libvirt connection, with a comment above each choice that says why. With it
//! come the documents for its disk, and for the storage pool and the network of a host that has none. The entry says what the
//! file is for, which libvirt it is for, and what it needs, so that a program can choose.
//!
//! ```no_run
//! use std::io::Write;
//! use std::process::{Command, Stdio};
//!
//! let linux = domain_definitions::find("session/linux-portable.xml").expect("a file of the catalogue");
//! println!("{} works with {}, or later, and needs:", linux.path, linux.floor);
//! for need in linux.needs {
//!     println!("- {need}");
//! }
//!
//! let mut virsh = Command::new("virsh")
//!     .args(["--connect", linux.uri, "define", "--validate", "/dev/stdin"])
//!     .stdin(Stdio::piped())
//!     .spawn()?;
//! virsh.stdin.take().expect("it is piped").write_all(linux.xml.as_bytes())?;
//! assert!(virsh.wait()?.success());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! With libvirt's own bindings, [`Entry::xml`] goes to `virDomainDefineXMLFlags` as it is. The machine then has an empty
//! CD-ROM drive for an installer and asks for a disk, whose volume is an entry of its own (`session/storage/linux.qcow2.xml`).
//!
//! # Features
//!
//! Without features, the crate has no dependencies and is this catalogue alone.
//!
//! - `records`: where the files come from, for the repository's own tools: the decisions as records, each with its reason,
//!   and what writes files from them. Its interface follows the repository, not semantic versions.
#![cfg_attr(
    feature = "records",
    doc = "
# The records

From the operating systems to the files, each module after those it is made of:

- [`connection`], [`version`], [`host`], [`size`]: words that everything else is said in.
- [`domain`]: the typed `<domain>`; [`machine`]: what of it is a person's to choose.
- [`tunables`]: the decisions, one [`Tunable`] each: the change, the reason, the first releases that understand it, what it
  means for a guest that is installed already, what it needs from the host ([`needs`]), what a guest sees of it
  ([`observations`]), its row in the status table and its area ([`topics`]).
- [`groups`]: decisions in groups and kits, the words that [`variants`], [`platforms`] and [`guests`] are written in.
- [`definition`]: guest × platform × variant × connection → domain → text, by [`render`] and [`locate()`], which takes a [`path`].
- [`options`]: what a person chooses of a definition's machine.
- [`documents`]: the volumes, the pool and the network.
- [`rules`]: what libvirt refuses although its schema allows it, what is newer than the floor ([`introduced`]), what ties a
  machine to its host; for any domain, ours or theirs.
- [`collection`]: all definitions, worked out once; from it come the tables ([`tables`], [`status`], [`table`]), the
  regions of the [`pages`] ([`readme`]), with what messages mean ([`troubles`]), the list that the catalogue is embedded by ([`listing`]) and what is [`frozen`].
- [`proof`]: what `cargo xtask prove` found out; [`measured`]: what `cargo xtask bench` measures, and how far it can be trusted.
  [`comparison`] and [`effects`] make tables and a [`plot`] of its numbers, beside other programs' machines and by choice.

Everything flows one way: no file imports one that imports it, and no XML that was generated is read back. Three lists are
read back on purpose, because they hold what no record can: `tests/frozen.txt`, `tests/proven.txt` and `tests/bench.tsv`.
"
)]

mod catalog;
pub mod connection;
pub mod version;

#[doc(inline)]
pub use catalog::{CATALOG, Entry, Kind, find};
#[doc(inline)]
pub use connection::Connection;
#[doc(inline)]
pub use version::{FLOOR, Since, Version};

#[cfg(feature = "records")]
mod records {
    pub use crate::collection::Collection;
    pub use crate::definition::Definition;
    pub use crate::domain::Domain;
    pub use crate::guests::{GUESTS, Guest};
    pub use crate::locate::{LocateError, all as locate_all, locate, start_tag};
    pub use crate::machine::Machine;
    pub use crate::needs::HostRequirement;
    pub use crate::observations::{Observation, Report};
    pub use crate::options::Options;
    pub use crate::path::XmlPath;
    pub use crate::platforms::{Hypervisor, Platform};
    pub use crate::proof::{Claim, Proven};
    pub use crate::render::RenderError;
    pub use crate::topics::Topic;
    pub use crate::tunables::{Cell, Safety, Tunable};
    pub use crate::variants::Variant;
}
#[cfg(feature = "records")]
#[doc(inline)]
pub use records::*;

#[cfg(feature = "records")]
pub mod collection;
#[cfg(feature = "records")]
pub mod comparison;
#[cfg(feature = "records")]
pub mod definition;
#[cfg(feature = "records")]
pub mod documents;
#[cfg(feature = "records")]
pub mod domain;
#[cfg(feature = "records")]
pub mod effects;
#[cfg(feature = "records")]
pub mod frozen;
#[cfg(feature = "records")]
pub mod groups;
#[cfg(feature = "records")]
pub mod guests;
#[cfg(feature = "records")]
pub mod host;
#[cfg(feature = "records")]
pub mod introduced;
#[cfg(feature = "records")]
pub mod kubevirt;
#[cfg(feature = "records")]
pub mod listing;
#[cfg(feature = "records")]
mod locate;
#[cfg(feature = "records")]
pub mod machine;
#[cfg(feature = "records")]
pub mod measured;
#[cfg(feature = "records")]
pub mod needs;
#[cfg(feature = "records")]
pub mod observations;
#[cfg(feature = "records")]
pub mod options;
#[cfg(feature = "records")]
pub mod pages;
#[cfg(feature = "records")]
pub mod path;
#[cfg(feature = "records")]
pub mod platforms;
#[cfg(feature = "records")]
pub mod plot;
#[cfg(feature = "records")]
pub mod proof;
#[cfg(feature = "records")]
pub mod readme;
#[cfg(feature = "records")]
pub mod render;
#[cfg(feature = "records")]
pub mod rules;
#[cfg(feature = "records")]
pub mod shell;
#[cfg(feature = "records")]
pub mod size;
#[cfg(feature = "records")]
pub mod status;
#[cfg(feature = "records")]
pub mod table;
#[cfg(feature = "records")]
pub mod tables;
#[cfg(feature = "records")]
pub mod topics;
#[cfg(feature = "records")]
pub mod troubles;
#[cfg(feature = "records")]
pub mod tunables;
#[cfg(feature = "records")]
pub mod variants;
