//! `cargo xtask validate`: builds and runs the crate `judge`.
//!
//! It is a separate crate because building it takes libxml2's headers and libclang, which no other verb needs.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::checkout::{self, NoCheckout};

/// What cargo says when the crate with libxml2's bindings cannot be built.
const NO_BINDINGS: &str = "custom build command for `libxml ";

/// Check domain XML against libvirt's schemas, and against rules for what no schema can express
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    // Not used: the judge gets them as they were written.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Why the judge did not run.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error(transparent)]
    NoCheckout(#[from] NoCheckout),
    #[error("cargo cannot be run: {0}")]
    Cargo(#[from] io::Error),
    #[error(
        "`cargo xtask validate` needs libxml2's headers and libclang to be built; xtask/setup.sh dev installs them"
    )]
    NoBindings,
    #[error("`cargo xtask validate` cannot be built\n{0}")]
    Build(String),
}

/// Runs the verb with the arguments of `cargo xtask` except the verb itself. On success, this process becomes the judge.
///
/// # Errors
///
/// When the judge cannot be built or run.
pub fn run(arguments: impl Iterator<Item = OsString>) -> Result<Outcome, Error> {
    let manifest = checkout::root()?.join("Cargo.toml");
    let cargo = |verb: &str| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([verb, "--quiet", "--package", "judge", "--manifest-path"]).arg(&manifest);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        cargo
    };
    let built = cargo("build").stdin(Stdio::null()).output()?;
    if !built.status.success() {
        let said = String::from_utf8_lossy(&built.stderr);
        return Err(if said.contains(NO_BINDINGS) {
            Error::NoBindings
        } else {
            Error::Build(said.trim_end().to_owned())
        });
    }
    Err(cargo("run").arg("--").args(arguments).exec().into())
}
