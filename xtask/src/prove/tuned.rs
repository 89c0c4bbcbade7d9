//! A guest that is installed on somebody's machine boots before `cargo xtask tune` has mended that and after, and its owner has
//! what they had: the same machine, firmware, TPM and disk. What was changed, the guest sees.

use std::path::Path;

use domain_definitions::machine::Machine as Numbers;
use domain_definitions::{Report, locate_all};
use host::command::printed;
use host::theirs::{Theirs, emulated, owned};
use host::{Fault, User};
use roxmltree::Document;

use super::checks::{interpret_clock, shut_down, undefine};
use super::environment::Environment;
use super::plan::repeated;
use super::test_host::{TestHost, place};
use super::trial::{Concurrency, Trial};
use crate::tune::choose::Wish;
use crate::tune::guest;
use crate::tune::tuned::{Decision, Tuned, Which, tuned};

/// Machines whose firmware is UEFI, as the test guest's medium needs it, and whether everything is written. Between them are
/// disks on virtio, SATA and, after the change, virtio-scsi; firmware that libvirt and that the owner has chosen; and both
/// connections.
const MACHINES: [(&str, bool); 3] =
    [("quickemu-ubuntu", false), ("virt-install-fedora42", true), ("virt-install-win11", false)];

/// The trials.
pub fn trials() -> Vec<Trial> {
    MACHINES.into_iter().map(|(file, all)| trial(file, all)).collect()
}

fn trial(file: &'static str, all: bool) -> Trial {
    let name = format!("tune {}{file} on {}", if all { "all of " } else { "" }, place(None));
    let called = name.clone();
    let trial = Trial::here(name, None, move |host, artifacts| {
        repeated(host.emulates(None), &called, || booted(host, file, all, artifacts))
    });
    // On Debian, the firmware that libvirt chooses has Secure Boot.
    Trial { concurrency: Concurrency::HalfOfJobs, ..trial }
}

fn booted(host: &TestHost, file: &str, all: bool, artifacts: &Path) -> Result<(), Fault> {
    let release = host.release(None)?;
    let floor = release.numbers.ok_or_else(|| Fault::Missing("QEMU or its firmware is not there".to_owned()))?;
    let theirs = Theirs::of(file)?.on(release);
    let wish = Wish { guest: theirs.guest().and_then(guest::named), ..Wish::default() };
    let tune = |text: &str| -> Result<Tuned, Fault> {
        let tuned = tuned(text, wish, Which { all, ..Which::default() }, floor, true);
        Ok(tuned.map_err(|error| format!("{file}: {error}"))?)
    };
    let definition = tune(&theirs.text)?.definition;
    let environment = Environment::new(release, definition, !host.emulates(None), host.image(&definition)?)?;
    boots(host, &environment, &theirs, tune).inspect_err(|_| environment.save_to(artifacts))
}

fn boots(
    host: &TestHost,
    environment: &Environment,
    theirs: &Theirs,
    tune: impl Fn(&str) -> Result<Tuned, Fault>,
) -> Result<(), Fault> {
    let user = environment.user();
    let run = |text: &str| if host.emulates(None) { emulated(text) } else { text.to_owned() };
    let theirs = theirs.here(&environment.folder("mine")?);
    let name = theirs.name();
    let (disk, _) = theirs.images().into_iter().next().ok_or("it has no disk")?;
    theirs.make_images(user)?;
    installed(user, environment, &disk)?;
    let define = |file: &str, text: &str| -> Result<String, Fault> {
        environment.virsh(&format!("define --validate {}", user.file(file, text)?))?;
        environment.virsh(&format!("dumpxml --inactive {name}"))
    };

    let before = define("before.xml", &run(&theirs.text))?;
    let mut machine = environment.machine()?.somebodys(&name, before.contains("org.qemu.guest_agent.0"));
    machine.start()?;
    let first = machine.up()?;
    shut_down(&mut machine)?;

    let kept = environment.virsh(&format!("dumpxml --inactive {name}"))?;
    let variables = variables(user, &kept)?;
    let tuned = tune(&kept)?;
    let after = define("after.xml", &run(&tuned.text))?;
    same(&owned(&before)?, &owned(&after)?)?;
    same(&[variables], &[self::variables(user, &after)?])?;

    machine.start()?;
    let mut second = machine.up()?;
    interpret_clock(&mut second);
    environment.keep("report.json", &serde_json::to_string_pretty(&second).unwrap_or_default());
    for fact in ["uuid", "net/mac", "tpm/key", "boot/from", "boot/firmware"] {
        let expected = fact != "tpm/key" || before.contains("<tpm ");
        if expected && !first.contains_key(fact) {
            return Err(format!("the guest does not report {fact}, so that nobody knows whether it stays").into());
        }
        same(&[first.get(fact)], &[second.get(fact)])?;
    }
    sees(&tuned, &after, &second)?;
    shut_down(&mut machine)?;
    marked(user, "read", &disk)?;
    undefine(&machine)
}

/// Where the mark on a disk is, behind what the guest is installed on.
const MARK: &str = "1G";

/// Installs the guest on a new disk, and marks that.
fn installed(user: &User, environment: &Environment, disk: &str) -> Result<(), Fault> {
    let script = "qemu-img convert -f raw -O qcow2 \"$1\" \"$2\"; qemu-img resize -q \"$2\" 2G";
    let mut install = user.command("sh");
    printed("qemu-img", install.args(["-euc", script, "sh", &environment.medium, disk]))?;
    marked(user, "write", disk)
}

/// Writes the mark, or reads it.
fn marked(user: &User, verb: &str, disk: &str) -> Result<(), Fault> {
    let command = format!("{verb} -P 0x5a {MARK} 64k");
    let said = printed("qemu-io", user.command("qemu-io").args(["-f", "qcow2", "-c", &command, disk]))?;
    if said.contains("verification failed") { Err(said.into()) } else { Ok(()) }
}

/// The firmware's variables: where they are, and what they are.
fn variables(user: &User, text: &str) -> Result<String, Fault> {
    let document = Document::parse(text)?;
    let nvram = locate_all(document.root_element(), "os/nvram").into_iter().next().and_then(|node| node.text());
    printed("sha256sum", user.command("sha256sum").arg(nvram.ok_or("it has no firmware variables")?))
}

fn same<T: PartialEq + std::fmt::Debug>(before: &[T], after: &[T]) -> Result<(), Fault> {
    let lost: Vec<_> = before.iter().filter(|one| !after.contains(one)).collect();
    if lost.is_empty() { Ok(()) } else { Err(format!("{lost:?} is lost, there is {after:?}").into()) }
}

/// The guest sees what was changed.
fn sees(tuned: &Tuned, text: &str, report: &Report) -> Result<(), Fault> {
    let document = Document::parse(text)?;
    let vcpus = locate_all(document.root_element(), "vcpu").first().and_then(|node| node.text()?.trim().parse().ok());
    let own = tuned.definition.machine();
    let numbers = Numbers { vcpus: vcpus.unwrap_or(own.vcpus), ..own };
    let written = tuned.decisions.iter().filter(|decision| decision.written);
    let sights = written.flat_map(|Decision { tunable, .. }| tunable.seen.iter().map(move |sight| (tunable, sight)));
    let wrong: Vec<_> = sights
        .filter(|(_, sight)| !sight.is_seen(&numbers, report))
        .map(|(tunable, sight)| format!("`{}`: {}", tunable.at, sight.told(&numbers, report)))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
