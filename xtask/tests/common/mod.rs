//! Running the built binary; the releases whose schemas are at hand.
#![allow(dead_code, reason = "each test uses a part of it")]

pub mod copies;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use domain_definitions::Version;

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The releases of libvirt that `.ci/schemas target/schemas` has downloaded, with the folders of their schemas, oldest
/// first. None where it has not been run, which is a failure in CI.
pub fn releases() -> Option<Vec<(Version, PathBuf)>> {
    let Ok(list) = fs::read_to_string(repository().join("target/schemas/releases")) else {
        assert!(!host::in_ci(), "the schemas of other releases are not in target/schemas");
        println!("skipped: run `.ci/schemas target/schemas` first");
        return None;
    };
    let release = |line: &str| {
        let (version, folder) = line.split_once('=').unwrap();
        (version.parse().unwrap(), folder.into())
    };
    let mut releases: Vec<_> = list.lines().map(release).collect();
    releases.sort();
    assert!(releases.len() > 1, "one release cannot be compared with another: {list}");
    Some(releases)
}

/// The binary, to be run in a folder, with nothing in its environment that would change what it does.
pub fn xtask(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(folder).env_remove("CARGO_MANIFEST_DIR").env_remove("LIBVIRT_SCHEMA_DIR");
    command
}

/// What a person sees: everything that was printed, then the exit status.
pub fn seen(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let status = output.status.code().map_or("killed".to_owned(), |code| code.to_string());
    format!("{}{}exit status {status}\n", text(&output.stdout), text(&output.stderr))
}
