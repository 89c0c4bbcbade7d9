//! The whole life of a machine, as the README tells a user to lead it: defined, installed from a medium, shut down, defined
//! anew, booted from its disk, looked at, saved and restored, moved to another host, removed.

use std::path::Path;

use domain_definitions::{Definition, Report};
use host::{Fault, recipe};
use serde_json::json;

use super::boots::{judge, shut_down, undefine};
use super::machine::Machine;
use super::moves::go;
use super::screen::shows_the_pattern;
use super::stage::Stage;

/// Leads that life.
///
/// # Errors
///
/// When anything in it is not as it should be.
pub fn lives(stage: &Stage, definition: &Definition) -> Result<Report, Fault> {
    let mut machine = stage.machine()?;
    stage.virsh(&format!("define --validate {}", stage.file))?;
    is_listed(&machine)?;
    stage.insert()?;

    // An empty disk: the firmware goes on to the medium.
    machine.start()?;
    let installer = machine.up()?;
    is("it boots from the medium", from(&installer).starts_with("cd"), &installer)?;
    machine.install()?;
    shut_down(&mut machine)?;

    let before = stage.virsh(&format!("dumpxml --inactive {}", machine.name))?;
    machine.program("sh", &["-euc", &recipe::redefine(machine.name, &stage.file)?])?;
    let after = stage.virsh(&format!("dumpxml --inactive {}", machine.name))?;
    same_machine(&before, &after)?;

    // The medium is still in the drive, but the disk comes first.
    stage.insert()?;
    machine.start()?;
    let report = judge(stage, definition, machine.up()?)?;
    is("its TPM has the state of before", report.get("tpm/key") == installer.get("tpm/key"), &report)?;
    if report.get("agent").is_some_and(|agent| agent == "running") {
        machine.agent(&json!({"execute": "guest-ping"}))?;
    }
    let picture = stage.user().folder_outside().join("screen.png");
    screenshot(stage, &machine, &picture)?;
    save_and_restore(&mut machine)?;
    let restored = machine.report()?;
    same_guest(&report, &restored)?;

    let there = stage.another()?;
    let mut moved = go(stage, &machine, &there)?;
    shut_down(&mut moved)?;
    undefine(&moved)?;
    nothing_is_left(&there)?;
    Ok(report)
}

fn from(report: &Report) -> &str {
    report.get("boot/from").map_or("", String::as_str)
}

fn is(what: &str, so: bool, report: &Report) -> Result<(), Fault> {
    if so { Ok(()) } else { Err(Fault::Wrong(format!("not so: {what}; the guest said {report:?}"))) }
}

fn is_listed(machine: &Machine) -> Result<(), Fault> {
    let listed = machine.virsh("list --all --name")?;
    let so = listed.lines().any(|line| line == machine.name);
    if so { Ok(()) } else { Err(Fault::Wrong(format!("`virsh list --all` shows {listed:?}"))) }
}

/// What makes a machine the same one, word by word in what libvirt keeps of it.
fn same_machine(before: &str, after: &str) -> Result<(), Fault> {
    for word in ["<uuid>", "<mac ", "<nvram", "<type ", "<source "] {
        let lines = |text: &str| text.lines().filter(|line| line.contains(word)).map(str::to_owned).collect::<Vec<_>>();
        // The medium is not the machine's.
        let own = |lines: Vec<String>| lines.into_iter().filter(|line| !line.contains(".iso")).collect::<Vec<_>>();
        if own(lines(before)) != own(lines(after)) {
            return Err(Fault::Wrong(format!("defining it anew changed {word}; before\n{before}\nafter\n{after}")));
        }
    }
    Ok(())
}

/// A guest that goes on: it has what it kept in memory, its TPM has what was measured into it, and its clock is right.
///
/// # Errors
///
/// When it is another one, or was started anew.
pub fn same_guest(before: &Report, after: &Report) -> Result<(), Fault> {
    for fact in ["memory/token", "tpm/key", "tpm/pcr0", "uuid"] {
        if before.get(fact) != after.get(fact) {
            return Err(Fault::Wrong(format!("{fact} was {:?}, and is {:?}", before.get(fact), after.get(fact))));
        }
    }
    let number = |report: &Report, name: &str| report.get(name).and_then(|value| value.parse::<f64>().ok());
    match (number(before, "uptime"), number(after, "uptime")) {
        (Some(before), Some(after)) if after >= before => Ok(()),
        (before, after) => Err(Fault::Wrong(format!("it was up for {before:?} s, and now is for {after:?} s"))),
    }
}

fn screenshot(stage: &Stage, machine: &Machine, picture: &Path) -> Result<(), Fault> {
    let path = stage.user().path("screen.png");
    machine.virsh(&format!("screenshot {{}} {path}"))?;
    shows_the_pattern(picture)
}

/// Saves a running machine, and starts it again. The console is a new one then; the guest goes on where it was, and has to
/// be asked.
fn save_and_restore(machine: &mut Machine) -> Result<(), Fault> {
    machine.virsh("managedsave {}")?;
    machine.off()?;
    machine.start()
}

/// After it is removed, nothing of it is left that libvirt made: no definition, no firmware variables, no state of the TPM.
fn nothing_is_left(stage: &Stage) -> Result<(), Fault> {
    let places = ".config/libvirt/qemu .local/share/libvirt/qemu/nvram /etc/libvirt/qemu /var/lib/libvirt/qemu/nvram \
                  /var/lib/libvirt/swtpm";
    let find = format!(
        "cd; for place in {places}; do [ ! -d $place ] || find $place -type f ! -path '*/networks/*' ! -name '*.lock' ; done"
    );
    let left = super::machine::printed(stage.user().command("sh").args(["-c", &find]))?;
    if left.trim().is_empty() {
        return stage.disk_path().map(drop);
    }
    Err(Fault::Wrong(format!("after `virsh undefine`, these are left:\n{left}")))
}
