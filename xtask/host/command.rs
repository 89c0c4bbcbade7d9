//! Running a program.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::fault::Fault;

/// What a program prints; `name` is what errors call it.
///
/// # Errors
///
/// When it cannot be run, or fails: with all that it said.
pub fn printed(name: &str, command: &mut Command) -> Result<String, Fault> {
    let output = command.output().map_err(|error| Fault::Missing(format!("{name} cannot be run: {error}")))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(Fault::Wrong(format!("{name}: {said}{}", String::from_utf8_lossy(&output.stderr))))
}

/// Writes a file that can be run at once, whatever other threads do.
///
/// A process of its own writes it: a program that another thread starts meanwhile has all that is open here until it is executed,
/// and Linux runs no file that is open for writing ("text file busy").
///
/// # Errors
///
/// When it cannot be written.
pub fn write_program(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let mut install = Command::new("install");
    install.args(["--mode=755", "/dev/stdin"]).arg(path).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut install = install.spawn()?;
    // What it does not read, it says why.
    let written = install.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(bytes));
    let output = install.wait_with_output()?;
    if !output.status.success() {
        return Err(Fault::Wrong(format!("{}: {}", path.display(), String::from_utf8_lossy(&output.stderr))));
    }
    Ok(written?)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn a_program_can_be_run_at_once_while_others_are_started() {
        let folder = tempfile::tempdir().unwrap();
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    // With a folder of its own, a program is started by `fork`, which leaves more time.
                    Command::new("true").current_dir("/").status().unwrap();
                }
            });
            for number in 0..100 {
                let path = folder.path().join(number.to_string());
                write_program(&path, b"#!/bin/sh\n").unwrap();
                let status = Command::new(&path).status();
                is_over.store(status.is_err() || number == 99, Ordering::Relaxed);
                assert!(status.unwrap().success());
            }
        });
    }

    #[test]
    fn what_cannot_be_written_is_told_with_its_place() {
        let error = write_program("/nowhere/program".as_ref(), b"").expect_err("there is no such folder");
        assert!(error.what().starts_with("/nowhere/program: "), "{}", error.what());
    }
}
