//! The workshop, one module a verb; `main.rs` makes the commands of them.
//!
//! - [`regen`] writes what is generated, [`new`] begins a guest.
//! - [`prove`] tries the definitions on real hypervisors, with a real guest.
//! - [`judge`] runs the verb `validate`, which is a crate of its own, as it alone needs C: `xtask/judge/`.

pub mod checkout;
pub mod judge;
pub mod new;
pub mod prove;
pub mod regen;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::OnceLock;

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

/// Why standard output can no longer be written, as soon as that is so.
static UNHEARD: OnceLock<io::Error> = OnceLock::new();

/// Prints to standard output, with colours only where a person looks. Once that fails, nothing more is printed:
/// [`is_heard`] tells a verb that it may as well stop, and [`exit`] says why.
pub fn say(text: &str) {
    let mut out = anstream::stdout().lock();
    if is_heard()
        && let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
    {
        UNHEARD.get_or_init(|| error);
    }
}

/// Whether what is printed can still reach anybody.
#[must_use]
pub fn is_heard() -> bool {
    UNHEARD.get().is_none()
}

/// What a verb's result is as an exit status; says on standard error why it is a bad one.
#[must_use]
pub fn exit(result: Result<Outcome, impl Display>) -> ExitCode {
    match (result, UNHEARD.get()) {
        (Err(error), _) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
        // Whoever read has gone (`| head`): the status of a process that the signal for it has ended.
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
