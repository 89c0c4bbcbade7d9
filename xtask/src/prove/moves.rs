//! A running machine moves from one host to another, with its disk, and its guest goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::{Duration, Instant};

use domain_definitions::{Definition, Report};
use host::{Fault, PREFIX};

use super::checks::{booted, same_guest, shut_down, undefine};
use super::environment::Environment;
use super::machine::Machine;
use crate::say;

/// How long a guest may take to be back on the network. It waits eight seconds for an answer before it connects again.
const BACK: Duration = Duration::from_secs(60);

/// What libvirt says when QEMU does not read its own state: of emulated machines, QEMU 10.0 was seen to refuse that of a screen
/// with four heads ("Missing section footer" of `virtio-gpu`) in five of eight moves, and to take it from the same one later.
const UNREADABLE: &str = "load of migration failed";
/// How often the migration is then repeated, while the guest goes on.
const ATTEMPTS: u32 = 4;
/// How long that is left alone before the first repetition; twice as long before the second, and so on.
const PAUSE: Duration = Duration::from_secs(2);

/// Boots a guest, and moves its machine to another host: what the guest saw before.
///
/// # Errors
///
/// When it does not start or see what it should, or as [`migrate`].
pub fn moves(environment: &Environment, definition: &Definition) -> Result<Report, Fault> {
    let (machine, report) = booted(environment, definition)?;
    let destination = environment.another()?;
    let mut moved = migrate(environment, &machine, &destination)?;
    shut_down(&mut moved)?;
    undefine(&moved)?;
    Ok(report)
}

/// Moves a machine while its guest runs: the machine on its new host. The hosts share no storage: each has a disk, and the
/// contents move too.
///
/// # Errors
///
/// When it does not move, or its guest is not the same afterwards.
pub fn migrate<'a>(
    source: &Environment,
    machine: &Machine,
    destination: &'a Environment,
) -> Result<Machine<'a>, Fault> {
    let (before, since) = (machine.report()?, Instant::now());
    // The only thing that the two hosts share. QEMU runs as another user.
    let shared = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o777))?;
    let (name, uri, sockets) = (machine.name, destination.uri(), shared.path().display());
    let command = format!(
        "migrate --live --persistent --undefinesource --copy-storage-all --migrateuri unix://{sockets}/memory \
         --disks-uri unix://{sockets}/disks {name} {uri}"
    );
    let mut refused = 0;
    while let Err(fault) = source.virsh(&command) {
        if !source.emulates() || refused == ATTEMPTS || !fault.what().contains(UNREADABLE) {
            return Err(fault);
        }
        refused += 1;
        say(&format!(
            "{:>12} the migration of {name}: its guest goes on, and QEMU cannot read what QEMU wrote: {UNREADABLE}\n",
            "Again"
        ));
        thread::sleep(PAUSE * refused);
    }
    if source.virsh("list --all --name")?.contains(name) {
        return Err("it has moved, but is still on the first host".into());
    }
    let mut moved = destination.machine()?;
    moved.open()?;
    let after = moved.report()?;
    same_guest(&before, &after)?;
    clock_went_on(&before, &after, since.elapsed())?;
    // The service that it was connected to is on the other host's network; it connects to this host's.
    talks_again(destination)?;
    Ok(moved)
}

/// Waits until the guest and the service on its host exchange a line.
fn talks_again(environment: &Environment) -> Result<(), Fault> {
    let (begun, before) = (Instant::now(), environment.service.lines());
    while environment.service.lines() == before {
        if begun.elapsed() > BACK {
            return Err("its guest does not reach the service on its new host".into());
        }
        thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

/// A clock that stood still while the machine moved would be behind. Only the difference counts: Linux takes the local time
/// that Windows expects for UTC.
fn clock_went_on(before: &Report, after: &Report, passed: Duration) -> Result<(), Fault> {
    let shown = |report: &Report| report.get("clock/now").and_then(|shown| shown.parse::<f64>().ok());
    match (shown(before), shown(after)) {
        (Some(before), Some(after)) if ((after - before) - passed.as_secs_f64()).abs() < 15.0 => Ok(()),
        (before, after) => {
            Err(format!("its clock went from {before:?} to {after:?} in {} s", passed.as_secs_f64()).into())
        }
    }
}
