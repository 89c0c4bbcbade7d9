//! `cargo xtask validate`, which builds and runs this.

use std::process::ExitCode;

use clap::Parser;
use judge::validate;
use mimalloc::MiMalloc;

/// For libxml2 as well, which is what the feature `override` is for. With the allocator of the C library, a quarter of a run's
/// time is spent on allocating.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
