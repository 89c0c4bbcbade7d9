//! Running what was built.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub fn repository() -> PathBuf {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.find(|folder| folder.join("defs/guests.rs").is_file()).expect("this is a checkout").to_owned()
}

/// A binary, to be run in a folder, with nothing in its environment that would change what it does.
pub fn command(binary: &str, folder: &Path) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(folder).env_remove("CARGO_MANIFEST_DIR").env_remove("LIBVIRT_SCHEMA_DIR");
    command
}

/// What a person sees: everything that was printed, then the exit status.
pub fn seen(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let status = output.status.code().map_or("killed".to_owned(), |code| code.to_string());
    format!("{}{}exit status {status}\n", text(&output.stdout), text(&output.stderr))
}
