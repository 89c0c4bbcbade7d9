//! The workshop: `cargo xtask regen` writes what is generated, `cargo xtask validate` proves
//! definitions valid, `cargo xtask new` begins a guest, `cargo xtask prove` tries machines on real hypervisors.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{Outcome, new, prove, regen, validate};

/// Regenerates and validates libvirt domain definitions.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Cli {
    #[command(flatten)]
    color: colorchoice_clap::Color,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Regen(regen::Args),
    Validate(validate::Args),
    New(new::Args),
    Prove(prove::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.write_global();
    let result = match cli.verb {
        Verb::Prove(args) => prove::run(&args).map_err(Into::into),
        Verb::New(args) => new::run(&args).map_err(Into::into),
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
