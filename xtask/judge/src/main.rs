//! `cargo xtask validate`, which builds and runs this.

use std::process::ExitCode;

use clap::Parser;
use judge::validate;

#[derive(Parser)]
#[command(name = "validate", bin_name = "cargo xtask validate")]
struct Cli {
    #[command(flatten)]
    color: colorchoice_clap::Color,
    #[command(flatten)]
    args: validate::Args,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.write_global();
    xtask::exit(validate::run(&cli.args))
}
