//! The workshop's parts; `main.rs` makes the commands of them, `fuzz/` feeds them what nobody vouches for.
//!
//! - [`regen`] writes what is generated, [`validate`] judges documents, [`new`] begins a guest: one module a verb.
//! - [`prove`] tries the definitions on real hypervisors, with a real guest.
//! - [`input`] reads a document, [`schemas`] finds libvirt's schemas, [`release`] tells how new they are, [`relaxng`] judges
//!   by them (the only unsafe code).
//! - [`explain`] says why a document is rejected, with the help of [`grammar`], what a schema allows where.
//! - [`question`] is what a user asks of the rules (which are [`domain_definitions::rules`]).
//! - [`report`] shows what was found, to people and to programs.

mod checkout;
pub mod explain;
pub mod grammar;
pub mod input;
pub mod new;
mod progress;
pub mod prove;
pub mod question;
pub mod regen;
pub mod relaxng;
pub mod release;
pub mod report;
pub mod schemas;
pub mod validate;

use std::io::Write as _;

/// What a verb found, in the order of gravity. What keeps it from running at all is an error instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All is well: exit status 0.
    Good,
    /// It ran, and found faults: exit status 1.
    Faults,
    /// It could not look at everything: exit status 2.
    Unreadable,
}

/// Prints to standard output, with colours only where a person looks.
///
/// When whoever reads it has gone (`| head`), so has the reason to go on; this ends the process as that signal would.
pub fn say(text: &str) {
    let mut out = anstream::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        if error.kind() != std::io::ErrorKind::BrokenPipe {
            eprintln!("error: standard output cannot be written: {error}");
        }
        std::process::exit(if error.kind() == std::io::ErrorKind::BrokenPipe { 141 } else { 2 });
    }
}
