//! Running a program.

use std::process::Command;

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
