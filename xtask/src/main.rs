//! The workshop: `cargo xtask regen` writes what is generated, `cargo xtask validate` checks definitions, `cargo xtask render`
//! makes one to a person's wishes, `cargo xtask tune` mends machines that somebody has, `cargo xtask new` adds a guest,
//! `cargo xtask prove` tries machines on real hypervisors, `cargo xtask bench` counts what they make their host do.

use std::ffi::OsString;
use std::process::ExitCode;
use std::{env, iter};

use clap::{Parser, Subcommand};
use xtask::{bench, judge, new, prove, regen, render, tune};

/// Generates, checks and tries out libvirt domain definitions.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(flatten)]
    color: colorchoice_clap::Color,
    #[command(subcommand)]
    verb: Verb,
}

/// The verb that is the judge's.
const NAME: &str = "validate";

#[derive(Subcommand)]
enum Verb {
    Regen(regen::Args),
    Validate(judge::Args),
    Render(Box<render::Args>),
    New(new::Args),
    Prove(prove::Args),
    Bench(bench::Args),
    Tune(tune::Args),
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    if arguments == ["help", NAME] {
        return xtask::exit(judge::run(iter::once("--help".into())));
    }
    let cli = Cli::parse();
    cli.color.write_global();
    match cli.verb {
        Verb::Regen(args) => xtask::exit(regen::run(&args)),
        Verb::Validate(_) => {
            let verb = arguments.iter().position(|argument| argument == NAME);
            let others = arguments.into_iter().enumerate().filter(|(index, _)| Some(*index) != verb);
            xtask::exit(judge::run(others.map(|(_, argument)| argument)))
        }
        Verb::Render(args) => xtask::exit(render::run(&args)),
        Verb::New(args) => xtask::exit(new::run(&args)),
        Verb::Prove(args) => xtask::exit(prove::run(&args)),
        Verb::Bench(args) => xtask::exit(bench::run(&args)),
        Verb::Tune(args) => xtask::exit(tune::run(&args)),
    }
}
