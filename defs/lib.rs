//! Optimized, libvirt-compatible definitions for common operating systems.
//!
//! The product is the XML under `session/` and `system/`; this library is where it comes from, and what embeds it for
//! Rust programs ([`CATALOG`]). The source is read in this order:
//!
//! - [`guests`]: the operating systems, one literal each, made of groups of decisions.
//! - [`tunables`]: the decisions, one [`Tunable`] each, one file per subsystem: the change, the reason, the first
//!   releases that understand it, what it needs from the host ([`needs`]), its place in the README ([`topics`]).
//! - [`definition`]: guest × connection → [`Domain`], the typed `<domain>` of [`domain`].
//! - [`render`]: [`Domain`] → canonical XML, with each reason woven in above its element ([`locate`], by its [`path`]).
//! - [`readme`]: the same records as the README's tables and the package lists of `xtask/setup.sh`.
//! - [`rules`]: what libvirt refuses although its schema allows it, what is newer than the floor ([`newer`]), what ties a
//!   machine to its host; for any domain, ours or a user's.
//! - [`sights`]: what a guest sees of a decision; `cargo xtask prove` asks one.
//! - [`catalog`]: the checked-in files, embedded by `build.rs`, which never parses them: no damage to a
//!   generated file may keep the generator from being built.
//!
//! Everything flows one way; nothing that is generated is read back.

pub mod catalog;
pub mod definition;
pub mod documents;
pub mod domain;
pub mod frozen;
pub mod guests;
pub mod hypervisors;
mod locate;
pub mod needs;
pub mod newer;
pub mod path;
pub mod proof;
pub mod readme;
pub mod render;
pub mod rules;
pub mod sights;
pub mod topics;
pub mod tunables;
pub mod variants;
pub mod version;

pub use catalog::{BOTH, CATALOG, Connection, Entry, SESSION, SYSTEM, find};
pub use definition::Definition;
pub use domain::Domain;
pub use guests::{GUESTS, Guest};
pub use hypervisors::Hypervisor;
pub use locate::{LocateError, all as locate_all, locate, start_tag};
pub use needs::Need;
pub use path::XmlPath;
pub use proof::{Claim, Proven};
pub use render::RenderError;
pub use sights::{Report, Sight};
pub use topics::Topic;
pub use tunables::{Cell, Tunable};
pub use variants::Variant;
pub use version::{FLOOR, Since, Version};
