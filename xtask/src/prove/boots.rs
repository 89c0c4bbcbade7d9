//! A guest boots on a definition, and sees what the definition promises.

use domain_definitions::{Definition, Report};
use host::Fault;

use super::checks::{booted, shut_down, undefine};
use super::environment::Environment;

/// Boots a guest, shuts it down and removes its machine: what the guest saw.
///
/// # Errors
///
/// When any of that fails, or the guest does not see what it should.
pub fn boots(environment: &Environment, definition: &Definition) -> Result<Report, Fault> {
    let (mut machine, report) = booted(environment, definition)?;
    shut_down(&mut machine)?;
    undefine(&machine)?;
    Ok(report)
}
