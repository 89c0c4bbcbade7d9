//! The workshop: `cargo xtask regen` writes what is generated, `cargo xtask validate` proves definitions valid.

mod checkout;
mod explain;
mod grammar;
mod input;
mod regen;
mod relaxng;
mod report;
mod schemas;
mod validate;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Regenerates and validates libvirt domain definitions.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Regen(regen::Args),
    Validate(validate::Args),
}

/// What a verb found, in the order of gravity. What keeps it from running at all is an error instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
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
pub(crate) fn say(text: &str) {
    let mut out = anstream::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        if error.kind() != std::io::ErrorKind::BrokenPipe {
            eprintln!("error: standard output cannot be written: {error}");
        }
        std::process::exit(if error.kind() == std::io::ErrorKind::BrokenPipe { 141 } else { 2 });
    }
}

fn main() -> ExitCode {
    let result = match Cli::parse().verb {
        Verb::Regen(args) => regen::run(&args).map_err(Into::into),
        Verb::Validate(args) => validate::run(&args).map_err(Box::<dyn std::error::Error>::from),
    };
    match result {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Faults) => ExitCode::from(1),
        Ok(Outcome::Unreadable) => ExitCode::from(2),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
