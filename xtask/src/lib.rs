//! The workshop, one module a verb; `main.rs` makes the commands of them.
//!
//! - [`regen`] writes what is generated, [`new`] begins a guest.
//! - [`render`] makes a definition of a person's own.
//! - [`prove`] tries the definitions on real hypervisors, with a real guest; [`mod@bench`] counts what they cost the host.
//! - [`tune`] holds a machine that somebody has against the definitions, and mends it.
//! - [`draw`] draws what `regen` shows of what was measured.
//! - [`reading`] reads what somebody hands over.
//! - [`judge`] runs `validate`, which is a separate crate (`xtask/judge/`) because it alone needs C libraries.

pub mod bench;
pub mod checkout;
pub mod draw;
pub mod floor;
pub mod inputs;
pub mod judge;
pub mod new;
pub mod prove;
pub mod reading;
pub mod regen;
pub mod render;
pub mod tune;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::OnceLock;

/// What a verb found, from good to bad. What keeps it from running at all is an error instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All is well: exit status 0.
    Good,
    /// It ran, and found faults: exit status 1.
    Faults,
    /// It could not look at everything: exit status 2.
    Unreadable,
}

/// Why standard output can no longer be written, once that is so.
static UNHEARD: OnceLock<io::Error> = OnceLock::new();

/// Prints to standard output, with colours only on a terminal. Once that fails, nothing more is printed: [`is_heard`] is false,
/// so that a verb can stop early, and [`exit`] reports it.
pub fn say(text: &str) {
    let mut out = anstream::stdout().lock();
    if is_heard()
        && let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
    {
        UNHEARD.get_or_init(|| error);
    }
}

/// Whether standard output can still be written.
#[must_use]
pub fn is_heard() -> bool {
    UNHEARD.get().is_none()
}

/// The exit status for a verb's result. Prints an error to standard error.
#[must_use]
pub fn exit(result: Result<Outcome, impl Display>) -> ExitCode {
    match (result, UNHEARD.get()) {
        (Err(error), _) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
        // The reader is gone (`| head`): the status of a process that SIGPIPE has ended.
        (_, Some(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(141),
        (_, Some(error)) => {
            eprintln!("error: standard output cannot be written: {error}");
            ExitCode::from(2)
        }
        (Ok(Outcome::Good), None) => ExitCode::SUCCESS,
        (Ok(Outcome::Faults), None) => ExitCode::from(1),
        (Ok(Outcome::Unreadable), None) => ExitCode::from(2),
    }
}
