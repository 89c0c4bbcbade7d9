//! The whole life of a machine, as the pages describe it: defined, installed from a medium, shut down, redefined, booted
//! from its disk, looked at, saved and restored, moved to another host, removed.

use std::path::Path;

use domain_definitions::{Definition, Report};
use host::command::printed;
use host::{Fault, recipe};
use serde_json::json;

use super::checks::{judge, same_guest, shut_down, undefine};
use super::environment::Environment;
use super::machine::Machine;
use super::moves::migrate;
use super::screen::shows_the_pattern;

/// Takes a machine through its life: what its guest saw after it was booted from its disk.
///
/// # Errors
///
/// When anything in it goes wrong.
pub fn lives(environment: &Environment, definition: &Definition) -> Result<Report, Fault> {
    let mut machine = environment.machine()?;
    environment.virsh(&format!("define --validate {}", environment.file))?;
    is_listed(&machine)?;
    environment.insert()?;

    // The disk is empty, so the firmware tries the medium next.
    machine.start()?;
    let installer = machine.up()?;
    is("it boots from the medium", from(&installer).starts_with("cd"), &installer)?;
    machine.install()?;
    shut_down(&mut machine)?;

    let before = environment.virsh(&format!("dumpxml --inactive {}", machine.name))?;
    machine.program("sh", &["-euc", &recipe::redefine(machine.name, &environment.file)?])?;
    let after = environment.virsh(&format!("dumpxml --inactive {}", machine.name))?;
    same_machine(&before, &after)?;

    // The medium is in the drive again, but the disk comes first.
    environment.insert()?;
    machine.start()?;
    let report = judge(environment, definition, machine.up()?)?;
    is("its TPM has kept its state", report.get("tpm/key") == installer.get("tpm/key"), &report)?;
    if report.get("agent").is_some_and(|agent| agent == "running") {
        machine.agent(&json!({"execute": "guest-ping"}))?;
    }
    let picture = environment.user().folder_outside().join("screen.png");
    screenshot(environment, &machine, &picture)?;
    save_and_restore(&mut machine)?;
    let restored = machine.report()?;
    same_guest(&report, &restored)?;

    let destination = environment.another()?;
    let mut moved = migrate(environment, &machine, &destination)?;
    shut_down(&mut moved)?;
    undefine(&moved)?;
    nothing_is_left(&destination)?;
    Ok(report)
}

fn from(report: &Report) -> &str {
    report.get("boot/from").map_or("", String::as_str)
}

fn is(what: &str, so: bool, report: &Report) -> Result<(), Fault> {
    if so { Ok(()) } else { Err(format!("not true: {what}; the guest reported {report:?}").into()) }
}

fn is_listed(machine: &Machine) -> Result<(), Fault> {
    let listed = machine.virsh("list --all --name")?;
    let so = listed.lines().any(|line| line == machine.name);
    if so { Ok(()) } else { Err(format!("`virsh list --all` shows {listed:?}").into()) }
}

/// What makes a machine the same one has not changed in libvirt's document of it.
fn same_machine(before: &str, after: &str) -> Result<(), Fault> {
    for word in ["<uuid>", "<mac ", "<nvram", "<type ", "<source "] {
        let lines = |text: &str| text.lines().filter(|line| line.contains(word)).map(str::to_owned).collect::<Vec<_>>();
        // The medium may change.
        let own = |lines: Vec<String>| lines.into_iter().filter(|line| !line.contains(".iso")).collect::<Vec<_>>();
        if own(lines(before)) != own(lines(after)) {
            return Err(format!("redefining it changed {word}; before\n{before}\nafter\n{after}").into());
        }
    }
    Ok(())
}

fn screenshot(environment: &Environment, machine: &Machine, picture: &Path) -> Result<(), Fault> {
    let path = environment.user().path("screen.png");
    machine.virsh(&format!("screenshot {{}} {path}"))?;
    shows_the_pattern(picture)
}

/// Saves a running machine, and starts it again. It has a new console then, on which the guest says nothing unless asked.
fn save_and_restore(machine: &mut Machine) -> Result<(), Fault> {
    machine.virsh("managedsave {}")?;
    machine.off()?;
    machine.start()
}

/// After a machine is removed, nothing is left of what libvirt made for it: no definition, firmware variables or TPM state.
/// Its disk is.
fn nothing_is_left(environment: &Environment) -> Result<(), Fault> {
    let places = ".config/libvirt/qemu .local/share/libvirt/qemu/nvram /etc/libvirt/qemu /var/lib/libvirt/qemu/nvram \
                  /var/lib/libvirt/swtpm";
    let find = format!(
        "cd; for place in {places}; do [ ! -d $place ] || find $place -type f ! -path '*/networks/*' ! -name '*.lock' ; done"
    );
    let left = printed("find", environment.user().command("sh").args(["-c", &find]))?;
    if left.trim().is_empty() {
        return environment.disk_path().map(drop);
    }
    Err(format!("after `virsh undefine`, these are left:\n{left}").into())
}
