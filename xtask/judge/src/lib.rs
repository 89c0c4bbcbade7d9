//! The parts of `cargo xtask validate`. `main.rs` is the command, `fuzz/` feeds them untrusted input.
//!
//! - [`validate`] goes through the files; [`check`] judges one, by the schemas and by the rules.
//! - [`input`] reads a document, [`malformed`] says why it is none, [`schemas`] finds libvirt's schemas, [`release`] finds out how
//!   new they are, [`relaxng`] validates against them (the only module with unsafe code).
//! - [`explain`] says why a document is rejected, with the help of [`grammar`], what a schema allows where; [`kind`] names what
//!   it finds.
//! - [`fix`] makes those repairs that are certain; [`repair`] is one.
//! - [`question`] is what a user asks of the rules, which are in [`domain_definitions::rules`].
//! - [`ask`] puts a document to the libvirt of this machine.
//! - [`report`] shows the findings, to people and to programs.

pub mod ask;
pub mod check;
pub mod explain;
pub mod fix;
pub mod grammar;
pub mod input;
pub mod kind;
pub mod malformed;
mod progress;
pub mod question;
pub mod relaxng;
pub mod release;
pub mod repair;
pub mod report;
pub mod schemas;
mod tally;
mod uncommented;
pub mod validate;
