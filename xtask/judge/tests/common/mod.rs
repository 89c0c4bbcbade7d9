//! Running tests, and in them the built binary.
#![allow(dead_code, unused_imports, unused_macros, reason = "each test uses a part of it")]

#[path = "../../../tests/common/mod.rs"]
mod base;
pub mod copies;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

pub use base::{repository, seen};
use libtest_mimic::{Arguments, Completion, Trial};

/// Where distributions install libvirt's schemas.
pub const INSTALLED: &str = "/usr/share/libvirt/schemas";

/// The binary, to be run in a folder.
pub fn validate_in(folder: &Path) -> Command {
    base::command(env!("CARGO_BIN_EXE_judge"), folder)
}

/// What a test needs of the machine: gives what is missing, if something is.
pub type Needs = fn() -> Option<String>;

/// Needs nothing.
pub fn nothing() -> Option<String> {
    None
}

/// Needs libvirt's schemas, of whatever release.
pub fn schemas() -> Option<String> {
    let missing = !Path::new(INSTALLED).join("domain.rng").is_file();
    missing.then(|| format!("libvirt's schemas are not installed in {INSTALLED}"))
}

/// Needs the schemas of three releases, and the documentation of the newest.
pub fn downloads() -> Option<String> {
    let missing = |suite: &&str| !suite_schemas(suite).join("domain.rng").is_file();
    let suite = ["bookworm", "trixie", "sid"].into_iter().find(missing)?;
    Some(format!("the schemas of {suite} are not in target/schemas: run `.ci/schemas target/schemas`"))
}

/// Where the schemas of a Debian suite are, after that.
pub fn suite_schemas(suite: &str) -> PathBuf {
    repository().join("target/schemas").join(suite).join("root").join(&INSTALLED[1..])
}

/// Makes `main` of tests, as libtest would. Those that need more than there is are ignored by name, with the reason; in CI,
/// they fail.
macro_rules! tests {
    ($($needs:ident: $($test:ident),+;)+) => {
        fn main() -> std::process::ExitCode {
            common::run(&[$($((stringify!($test), common::$needs as common::Needs, $test as fn())),+),+])
        }
    };
}
pub(crate) use tests;

pub fn run(tests: &[(&'static str, Needs, fn())]) -> ExitCode {
    let trial = |&(name, needs, test): &(&'static str, Needs, fn())| {
        Trial::ignorable_test(name, move || match needs() {
            None => {
                test();
                Ok(Completion::Completed)
            }
            Some(missing) if std::env::var_os("CI").is_none() => Ok(Completion::ignored_with(missing)),
            Some(missing) => Err(format!("{missing}; in CI this must not be skipped").into()),
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.iter().map(trial).collect()).exit_code()
}
