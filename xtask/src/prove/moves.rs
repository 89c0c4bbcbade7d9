//! A running machine moves from one host to another, with its disk, and its guest goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::{Duration, Instant};

use domain_definitions::{Definition, Report};
use host::{Fault, PREFIX};

use super::boots::{judge, shut_down, undefine};
use super::lives::same_guest;
use super::machine::Machine;
use super::stage::Stage;

/// How long a guest may take to be back on the network. It waits eight seconds for an answer that does not come.
const BACK: Duration = Duration::from_secs(60);

/// Boots a guest, and moves its machine to another host.
///
/// # Errors
///
/// When it does not start, or see what it should, or as [`go`].
pub fn moves(stage: &Stage, definition: &Definition) -> Result<Report, Fault> {
    stage.install()?;
    let mut machine = stage.machine()?;
    stage.virsh(&format!("define --validate {}", stage.file))?;
    stage.insert()?;
    machine.start()?;
    let report = judge(stage, definition, machine.up()?)?;
    let there = stage.another()?;
    let mut moved = go(stage, &machine, &there)?;
    shut_down(&mut moved)?;
    undefine(&moved)?;
    Ok(report)
}

/// Moves a machine while its guest runs: the machine, there. As between hosts that share no storage: each has a disk of its own,
/// to which what is on it goes as well.
///
/// # Errors
///
/// When it does not move, or its guest is not the one of before.
pub fn go<'a>(stage: &Stage, machine: &Machine, there: &'a Stage) -> Result<Machine<'a>, Fault> {
    let (before, since) = (machine.report()?, Instant::now());
    // The only thing that the two have in common. QEMU runs as a user of its own.
    let between = tempfile::Builder::new().prefix(PREFIX).tempdir().map_err(|error| error.to_string())?;
    let open = fs::Permissions::from_mode(0o777);
    fs::set_permissions(between.path(), open).map_err(|error| error.to_string())?;
    let (name, uri, sockets) = (machine.name, there.uri(), between.path().display());
    stage.virsh(&format!(
        "migrate --live --persistent --undefinesource --copy-storage-all --migrateuri unix://{sockets}/memory \
         --disks-uri unix://{sockets}/disks {name} {uri}"
    ))?;
    if stage.virsh("list --all --name")?.contains(name) {
        return Err(Fault::Wrong("it has moved, and is still there".to_owned()));
    }
    let mut moved = there.machine()?;
    moved.open()?;
    let after = moved.report()?;
    same_guest(&before, &after)?;
    clock_went_on(&before, &after, since.elapsed())?;
    // What it had a connection to is on the other host, behind that one's network; it makes another.
    talks_again(there)?;
    Ok(moved)
}

/// Waits until the guest and the service on its host exchange a line.
fn talks_again(stage: &Stage) -> Result<(), Fault> {
    let (begun, before) = (Instant::now(), stage.service.lines());
    while stage.service.lines() == before {
        if begun.elapsed() > BACK {
            return Err(Fault::Wrong("its guest reaches no service on its host any more".to_owned()));
        }
        thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

/// A clock that stood still while the machine moved would be behind. What it shows is the guest's affair: a Linux takes the
/// local time that Windows expects for UTC.
fn clock_went_on(before: &Report, after: &Report, passed: Duration) -> Result<(), Fault> {
    let shown = |report: &Report| report.get("clock/now").and_then(|shown| shown.parse::<f64>().ok());
    match (shown(before), shown(after)) {
        (Some(before), Some(after)) if ((after - before) - passed.as_secs_f64()).abs() < 15.0 => Ok(()),
        (before, after) => {
            Err(Fault::Wrong(format!("its clock went from {before:?} to {after:?} in {} s", passed.as_secs_f64())))
        }
    }
}
