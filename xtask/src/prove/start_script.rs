//! `xtask/start.sh` on a host where nothing is prepared: a guest that runs, and a second start that changes nothing.

use std::fs;
use std::path::Path;

use domain_definitions::Definition;
use host::command::printed;
use host::{Fault, definitions};
use walkdir::WalkDir;

use super::environment::Environment;
use super::machine::has_secure_boot;
use super::plan::repeated;
use super::test_host::{TestHost, place};
use super::trial::{Concurrency, Trial};
use crate::checkout;

/// The definitions it is tried with, on each connection: the plain files and the portable ones of the guests that most
/// people have. There is no GPU, so that the plain file of Linux is the one without 3D.
const TRIED: [&str; 4] = ["linux-2d", "linux-portable", "windows", "windows-portable"];

/// What a user clones of the repository, as far as the script needs it.
const CLONED: [&str; 4] = ["xtask/start.sh", "xtask/needs.sh", "session", "system"];

/// Takes KVM away, which may run no guest's code here. libvirt would take the mount into each machine's own `/dev` and cannot, so
/// that the machines get none.
const WITHOUT_KVM: &str = "touch /run/nothing && mount --bind /run/nothing /dev/kvm && \
    echo 'namespaces = []' >>/etc/libvirt/qemu.conf && \
    if pkill -x libvirtd; then for _ in $(seq 100); do pgrep -x libvirtd || break; sleep 0.1; done; libvirtd --daemon; fi";

/// The trials.
pub fn trials() -> Vec<Trial> {
    let tried = definitions().filter(|definition| TRIED.contains(&definition.stem().as_str()));
    let trial = |definition: Definition| {
        let name = format!("start.sh {} on {}", definition.path(), place(None));
        let concurrency = if has_secure_boot(&definition) { Concurrency::HalfOfJobs } else { Concurrency::Any };
        let called = name.clone();
        let trial = Trial::here(name, None, move |host, artifacts| {
            repeated(true, &called, || started(host, definition, artifacts))
        });
        Trial { concurrency, ..trial }
    };
    tried.map(trial).collect()
}

fn started(host: &TestHost, definition: Definition, artifacts: &Path) -> Result<(), Fault> {
    let environment = Environment::unprepared(host.release(None)?, definition, false, host.image(&definition)?)?;
    printed(WITHOUT_KVM, environment.host().administrator().command("sh").args(["-c", WITHOUT_KVM]))?;
    let result = twice(&environment, &definition, host.image(&definition)?);
    result.inspect_err(|_| environment.save_to(artifacts))
}

fn twice(environment: &Environment, definition: &Definition, image: &Path) -> Result<(), Fault> {
    clone_into(&environment.user().folder_outside().join("clone"))?;
    let medium = environment.user().folder_outside().join("installer.iso");
    fs::copy(image, &medium).map_err(Fault::at(image))?;
    let name = definition.guest.name;

    // A disk for which this host has room, whatever else is on it.
    let said = start(environment, definition, &["--disk", "1G"])?;
    let mut machine = environment.machine()?;
    machine.open()?;
    machine.up()?;
    let inactive = |what: &str| environment.virsh(&format!("{what} {name} --inactive"));
    let defined = inactive("dumpxml")?;
    if !said.contains("type=\"qemu\"") {
        return Err(format!("it should say that the machine is emulated; it says: {said}").into());
    }

    let again = start(environment, definition, &[])?;
    if let Some(change) = again.lines().find(|line| line.starts_with("+ ")) {
        return Err(format!("a second start should change nothing, and runs: {change}").into());
    }
    if inactive("dumpxml")? != defined || environment.virsh(&format!("domstate {name}"))?.trim() != "running" {
        return Err("a second start has changed the machine".into());
    }
    Ok(())
}

/// What the script says when it starts a definition with the test guest's medium.
fn start(environment: &Environment, definition: &Definition, options: &[&str]) -> Result<String, Fault> {
    let user = environment.user();
    let [script, file, medium] =
        ["clone/xtask/start.sh", &format!("clone/{}", definition.path()), "installer.iso"].map(|name| user.path(name));
    let words = ["-c", "exec \"$@\" 2>&1", "sh", &script, &file, &medium];
    printed("start.sh", user.command("sh").args(words).args(options))
}

/// Copies what a user clones.
fn clone_into(folder: &Path) -> Result<(), Fault> {
    let root = checkout::root()?;
    for entry in CLONED.iter().flat_map(|name| WalkDir::new(root.join(name))) {
        let entry = entry?;
        let to = folder.join(entry.path().strip_prefix(&root).unwrap_or(entry.path()));
        if entry.file_type().is_file() {
            fs::create_dir_all(to.parent().unwrap_or(folder)).map_err(Fault::at(&to))?;
            fs::copy(entry.path(), &to).map_err(Fault::at(&to))?;
        }
    }
    Ok(())
}
