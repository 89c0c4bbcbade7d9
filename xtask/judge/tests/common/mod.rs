//! Running tests, and in them the built binary; the releases whose schemas are at hand.
#![allow(dead_code, unused_imports, unused_macros, reason = "each test uses a part of it")]

#[path = "../../../tests/common/mod.rs"]
mod base;
pub mod copies;
pub mod edits;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

pub use base::{repository, seen};
use domain_definitions::Version;
use libtest_mimic::{Arguments, Completion, Trial};

/// Where distributions install libvirt's schemas.
pub const INSTALLED: &str = "/usr/share/libvirt/schemas";
/// Where the downloads are listed, from the repository's root.
const RELEASES: &str = "target/schemas/releases";

/// Options that turn every rule off, so that only libvirt itself finds anything in what the schemas take.
pub const WITHOUT_RULES: [&str; 8] =
    ["--allow", "portable", "--allow", "floor", "--allow", "mistake", "--allow", "libvirt"];

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

/// Needs libvirt's schemas of a release that knows what libvirt 11.3 writes.
pub fn newer_schemas() -> Option<String> {
    let captured = || {
        let mut validate = validate_in(&repository());
        validate.args(["--floor", "libvirt=11.3,qemu=10.0", "--allow", "libvirt", "--allow", "portable"]);
        validate.arg("xtask/tests/tune/boxes-win11.xml").output().unwrap().status.success()
    };
    schemas().or_else(|| (!captured()).then(|| "the installed schemas are older than libvirt 11.3's".to_owned()))
}

/// Needs the schemas of some release, installed or downloaded.
pub fn some_schemas() -> Option<String> {
    schemas().and(downloads())
}

/// Needs the schemas of several releases, and the documentation of the newest.
pub fn downloads() -> Option<String> {
    let missing = !repository().join(RELEASES).is_file();
    missing
        .then(|| "the schemas of other releases are not in target/schemas: run `.ci/schemas target/schemas`".to_owned())
}

/// Needs a libvirt with its QEMU driver, as an ordinary user, and its schemas.
pub fn libvirt() -> Option<String> {
    let virsh = || host::User::new().and_then(|user| user.virsh(host::MOCK, "version"));
    schemas().or_else(|| virsh().err().map(|fault| fault.what().to_owned()))
}

/// The release of libvirt whose messages are in snapshots.
pub const MEASURED: &str = "11.3.0";

/// Needs that release.
pub fn measured_libvirt() -> Option<String> {
    let release = || {
        let virsh = host::User::new().and_then(|user| host::command::printed("virsh", user.command("virsh").arg("-v")));
        virsh
            .ok()
            .filter(|version| version.trim() != MEASURED)
            .map(|version| format!("this is libvirt {}, not {MEASURED}", version.trim()))
    };
    libvirt().or_else(release)
}

/// The releases of libvirt that `.ci/schemas target/schemas` has downloaded, with the folders of their schemas, oldest
/// first. For tests that need the downloads.
pub fn releases() -> Vec<(Version, PathBuf)> {
    let list = fs::read_to_string(repository().join(RELEASES)).unwrap();
    let release = |line: &str| {
        let (version, folder) = line.split_once('=').unwrap();
        (version.parse().unwrap(), folder.into())
    };
    let mut releases: Vec<_> = list.lines().map(release).collect();
    releases.sort();
    assert!(releases.len() > 1, "one release cannot be compared with another: {list}");
    releases
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
            Some(missing) if host::in_ci() => Err(format!("{missing}; in CI this must not be skipped").into()),
            Some(missing) => Ok(Completion::ignored_with(missing)),
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.iter().map(trial).collect()).exit_code()
}
