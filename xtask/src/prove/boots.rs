//! A guest boots on a definition, and what it sees is what the definition's decisions promise.

use std::time::{SystemTime, UNIX_EPOCH};

use domain_definitions::{Definition, Report, Sight, Tunable};
use host::Fault;

use super::machine::Machine;
use super::stage::Stage;

/// The zone that private hosts are in: hours ahead of UTC, so that a clock in local time can be told from one in UTC.
const ZONE_HOURS: i64 = 9;

/// Starts a definition's machine from a disk with an installed guest, while the medium is in the drive as well, and asks the
/// guest.
///
/// # Errors
///
/// When it does not start, or its guest does not see what it should.
pub fn boots(stage: &Stage, definition: &Definition) -> Result<Report, Fault> {
    stage.install()?;
    let mut machine = stage.machine()?;
    stage.virsh(&format!("define --validate {}", stage.file))?;
    stage.insert()?;
    machine.start()?;
    let report = judge(stage, definition, machine.up()?)?;
    shut_down(&mut machine)?;
    undefine(&machine)?;
    Ok(report)
}

/// Holds what a guest saw against what the decisions promise: what it saw, with what that means.
///
/// # Errors
///
/// When it is not the same.
pub fn judge(stage: &Stage, definition: &Definition, mut report: Report) -> Result<Report, Fault> {
    tell_the_clock(&mut report);
    stage.keep("report.json", &serde_json::to_string_pretty(&report).unwrap_or_default());
    let machine = definition.machine();
    let wrong: Vec<_> = promised(stage, definition)
        .filter(|(_, sight)| !sight.is_seen(&machine, &report))
        .map(|(tunable, sight)| format!("`{}`: {}", tunable.at, sight.told(&machine, &report)))
        .collect();
    if wrong.is_empty() { Ok(report) } else { Err(Fault::Wrong(wrong.join("\n"))) }
}

/// What a guest must see of a definition as it is tried: what an edit took out, it cannot.
fn promised(stage: &Stage, definition: &Definition) -> impl Iterator<Item = (&'static Tunable, &'static Sight)> {
    let left_out = stage.tried.left_out();
    definition.sights().filter(move |(tunable, _)| !left_out.iter().any(|at| tunable.at.starts_with(at)))
}

/// What the guest's real-time clock shows: UTC, or the local time of the host.
fn tell_the_clock(report: &mut Report) {
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

/// Shuts a machine down as its power button does.
///
/// # Errors
///
/// When it does not go off.
pub fn shut_down(machine: &mut Machine) -> Result<(), Fault> {
    machine.virsh("shutdown {} --mode acpi")?;
    machine.off()
}

/// Removes it as the README says.
///
/// # Errors
///
/// When libvirt refuses, or the machine is still there.
pub fn undefine(machine: &Machine) -> Result<(), Fault> {
    machine.virsh("undefine {} --nvram")?;
    let left = machine.virsh("list --all --name")?;
    if left.trim().is_empty() { Ok(()) } else { Err(Fault::Wrong(format!("`virsh list --all` still shows {left:?}"))) }
}
