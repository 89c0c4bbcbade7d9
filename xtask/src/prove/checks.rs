//! What several trials do with a machine, and check of its guest.

use std::time::{SystemTime, UNIX_EPOCH};

use domain_definitions::{Definition, Observation, Report, Tunable};
use host::{Fault, ZONE_HOURS, recipe};

use super::environment::Environment;
use super::machine::Machine;

/// Boots a definition's machine from a disk with an installed guest, while the medium is in the drive as well: the machine,
/// and what its guest sees, which is what the definition promises.
///
/// # Errors
///
/// When it does not start, or its guest does not see what it should.
pub fn booted<'a>(environment: &'a Environment, definition: &Definition) -> Result<(Machine<'a>, Report), Fault> {
    environment.install()?;
    let mut machine = environment.machine()?;
    environment.virsh(&format!("define --validate {}", environment.file))?;
    environment.insert()?;
    machine.start()?;
    let report = judge(environment, definition, machine.up()?)?;
    Ok((machine, report))
}

/// Compares what a guest saw with what the definition promises: what it saw, and what that means.
///
/// # Errors
///
/// When they differ.
pub fn judge(environment: &Environment, definition: &Definition, mut report: Report) -> Result<Report, Fault> {
    interpret_clock(&mut report);
    environment.keep("report.json", &serde_json::to_string_pretty(&report).unwrap_or_default());
    let machine = environment.tried.machine(definition);
    let wrong: Vec<_> = promised(environment, definition)
        .filter(|(_, sight)| !sight.is_seen(&machine, &report))
        .map(|(tunable, sight)| format!("`{}`: {}", tunable.at, sight.told(&machine, &report)))
        .collect();
    if wrong.is_empty() { Ok(report) } else { Err(wrong.join("\n").into()) }
}

/// What a guest must see of a definition as it is tried: not what an edit took out.
fn promised(
    environment: &Environment,
    definition: &Definition,
) -> impl Iterator<Item = (&'static Tunable, &'static Observation)> {
    let left_out = environment.tried.left_out();
    definition.observations().filter(move |(tunable, _)| !left_out.iter().any(|at| tunable.at.starts_with(at)))
}

/// Adds what the guest's real-time clock shows: UTC, or the local time of the host.
pub fn interpret_clock(report: &mut Report) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs().cast_signed());
    let Some(shown) = report.get("clock/rtc").and_then(|shown| shown.parse::<i64>().ok()) else { return };
    let close = |hours: i64| (shown - now - hours * 3600).abs() < 600;
    let zone = match (close(0), close(ZONE_HOURS)) {
        (true, _) => "utc",
        (_, true) => "local-time",
        _ => return,
    };
    report.insert("clock/shows".to_owned(), zone.to_owned());
}

/// Whether a guest has gone on: it still has what it kept in memory, its TPM has the same measurements, and it was not
/// started again.
///
/// # Errors
///
/// When it is another guest, or was started again.
pub fn same_guest(before: &Report, after: &Report) -> Result<(), Fault> {
    for fact in ["memory/token", "tpm/key", "tpm/pcr0", "uuid"] {
        if before.get(fact) != after.get(fact) {
            return Err(format!("{fact} was {:?}, and is {:?}", before.get(fact), after.get(fact)).into());
        }
    }
    let number = |report: &Report, name: &str| report.get(name).and_then(|value| value.parse::<f64>().ok());
    match (number(before, "uptime"), number(after, "uptime")) {
        (Some(before), Some(after)) if after >= before => Ok(()),
        (before, after) => Err(format!("its uptime was {before:?} s, and is {after:?} s").into()),
    }
}

/// Shuts a machine down as its power button does.
///
/// # Errors
///
/// When it does not go off.
pub fn shut_down(machine: &mut Machine) -> Result<(), Fault> {
    machine.virsh("shutdown {} --mode acpi")?;
    machine.off()
}

/// Removes a machine as its page says.
///
/// # Errors
///
/// When libvirt refuses, or the machine is still there.
pub fn undefine(machine: &Machine) -> Result<(), Fault> {
    machine.virsh(&recipe::remove("{}")?)?;
    let left = machine.virsh("list --all --name")?;
    if left.trim().is_empty() { Ok(()) } else { Err(format!("`virsh list --all` still shows {left:?}").into()) }
}
