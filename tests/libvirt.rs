//! Real libvirt takes the real files, as an ordinary user hands them over.
//!
//! Each check runs `virsh` without privileges: as whoever runs the tests, or, for root, as user 65534 (nobody). The mock
//! driver (`test:///default`) needs libvirt alone; the QEMU driver runs in virsh's own process (`qemu:///embed`), with a
//! folder of its own, and needs QEMU, OVMF, swtpm and a usable `/dev/kvm`. Where something is missing, a check says so
//! and counts as ignored, except in CI (`CI=true`), where that is a failure.

mod host;
mod kept;

use std::process::ExitCode;

use domain_definitions::domain::{DiskSource, DiskType};
use domain_definitions::{CATALOG, Definition, Domain, Entry, Tunable, render, tunables};
use host::{Fault, MOCK, User, completion};
use libtest_mimic::{Arguments, Trial};

/// Decisions without which QEMU's command line is the same here, and why they are made all the same.
static INVISIBLE_TO_QEMU: [(&Tunable, &str); 5] = [
    (&tunables::metadata::LIBOSINFO, "it is for graphical tools"),
    (&tunables::network::USER, "it is taken out before: libvirt would translate a tap device, which needs privileges"),
    (&tunables::network::NETWORK, "as above"),
    (&tunables::firmware::SECURE_BOOT_ON, "Debian's first firmware has it on; others' need not"),
    (&tunables::display::LISTEN_NONE, "libvirt 11.3 opens no port unasked either; who sees the screen is worth saying"),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = CATALOG.iter().flat_map(|entry| {
        [
            trial("the mock driver defines", entry, mock_driver_defines),
            trial("the QEMU driver defines, keeps and removes", entry, qemu_driver_keeps),
            trial("every decision reaches QEMU in", entry, every_decision_reaches_qemu),
        ]
    });
    let recipe =
        CATALOG.first().map(|entry| trial("the README's update recipe keeps", entry, update_keeps_the_machine));
    libtest_mimic::run(&arguments, trials.chain(recipe).collect()).exit_code()
}

fn trial(what: &str, entry: &'static Entry, check: fn(&Entry) -> Result<(), Fault>) -> Trial {
    Trial::ignorable_test(format!("{what} {}", entry.path), move || completion(check(entry)))
}

fn mock_driver_defines(entry: &Entry) -> Result<(), Fault> {
    let user = User::new()?;
    let file = user.file("definition.xml", entry.xml);
    let name = name(entry);
    let said = user.virsh(MOCK, &format!("define --validate {file}; list --all --name; undefine {name}"))?;
    let expected = format!("Domain '{name}' defined from {file}");
    if !said.contains(&expected) {
        return Err(Fault::Wrong(format!("virsh did not say {expected:?}: {said}")));
    }
    Ok(())
}

fn qemu_driver_keeps(entry: &Entry) -> Result<(), Fault> {
    let user = User::new()?;
    let driver = user.qemu_driver()?;
    let (file, name) = (user.file("definition.xml", entry.xml), name(entry));
    user.virsh(&driver, &format!("define --validate {file}"))?;
    let listed = user.virsh(&driver, "list --all --name")?;
    if listed.trim() != name {
        return Err(Fault::Wrong(format!("expected `virsh list --all` to show {name}, found {:?}", listed.trim())));
    }
    let dumped = user.virsh(&driver, &format!("dumpxml --inactive {name}"))?;
    let lost = kept::lost(entry.xml, &dumped);
    if !lost.is_empty() {
        return Err(Fault::Wrong(format!("libvirt did not keep\n{}\nit kept\n{dumped}", lost.join("\n"))));
    }
    user.virsh(&driver, &format!("undefine {name}"))?;
    let left = user.virsh(&driver, "list --all --name")?;
    if !left.trim().is_empty() {
        return Err(Fault::Wrong(format!("`virsh undefine` left {:?}", left.trim())));
    }
    Ok(())
}

/// No setting is there for nothing: without it, QEMU's command line is another, or there is none.
fn every_decision_reaches_qemu(entry: &Entry) -> Result<(), Fault> {
    let user = User::new()?;
    let driver = user.qemu_driver()?;
    let definition = Definition::all().find(|definition| definition.path() == entry.path);
    let definition = definition.ok_or_else(|| format!("{}: nothing generates it", entry.path))?;
    let command_line = |decisions: &[&'static Tunable]| {
        let domain = definition.domain_of(decisions.iter().copied());
        let file = user.file("definition.xml", &translatable(domain)?);
        user.virsh(&driver, &format!("domxml-to-native qemu-argv --xml {file}"))
    };

    // Where this machine lacks a device or a program, the rest is looked at without what needs it.
    let mut decisions: Vec<_> = definition.tunables().collect();
    let whole = loop {
        match command_line(&decisions) {
            Ok(whole) => break whole,
            Err(Fault::Wrong(error)) => {
                let before = decisions.len();
                decisions.retain(|tunable| tunable.needs.iter().all(|need| !error.contains(need.error)));
                if decisions.len() == before {
                    return Err(Fault::Wrong(error));
                }
            }
            Err(missing) => return Err(missing),
        }
    };
    let mut idle = Vec::new();
    for tunable in &decisions {
        let others: Vec<_> = decisions.iter().copied().filter(|other| !std::ptr::eq(*other, *tunable)).collect();
        let changes = command_line(&others).map_or(true, |without| without != whole);
        let invisible = INVISIBLE_TO_QEMU.iter().any(|(known, _)| std::ptr::eq(*known, *tunable));
        match (changes, invisible) {
            (false, false) => idle.push(format!("`{}` changes nothing for QEMU: remove it", tunable.at)),
            (true, true) => idle.push(format!("`{}` does reach QEMU: take it off the list of exceptions", tunable.at)),
            _ => {}
        }
    }
    if idle.is_empty() { Ok(()) } else { Err(Fault::Wrong(idle.join("\n"))) }
}

/// The README's way to define a machine anew changes nothing that makes it the same machine.
fn update_keeps_the_machine(entry: &Entry) -> Result<(), Fault> {
    let user = User::new()?;
    let driver = user.qemu_driver()?;
    let readme = include_str!("../README.md");
    let recipe = readme.split("```").find(|block| block.starts_with("sh\nuuid=")).unwrap_or_default();
    let recipe =
        recipe.strip_prefix("sh\n").ok_or_else(|| "the README has no block that begins with uuid=".to_owned())?;
    if !recipe.contains(entry.path) {
        return Err(Fault::Wrong(format!("the recipe is not for {}", entry.path)));
    }
    let file = user.file("definition.xml", entry.xml);
    let name = name(entry);
    user.virsh(&driver, &format!("define {file}"))?;
    let before = user.virsh(&driver, &format!("dumpxml --inactive {name}"))?;
    let recipe = recipe.replace(entry.path, &file);
    let output = user.command("sh").env("LIBVIRT_DEFAULT_URI", &driver).args(["-eu", "-c", &recipe]).output();
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(Fault::Wrong(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let after = user.virsh(&driver, &format!("dumpxml --inactive {name}"))?;
    // The whole document: UUID, MAC address, chipset version, firmware and NVRAM among the rest.
    if before == after { Ok(()) } else { Err(Fault::Wrong(format!("before\n{before}\nafter\n{after}"))) }
}

/// A definition for which libvirt writes the same command line each time, without privileges and without its drivers
/// for storage and networks.
fn translatable(mut domain: Domain) -> Result<String, Fault> {
    domain.devices.interfaces.clear();
    for disk in domain.devices.disks.iter_mut().filter(|disk| disk.kind == DiskType::Volume) {
        disk.kind = DiskType::File;
        disk.source = Some(DiskSource { file: Some("/volume".to_owned()), ..DiskSource::default() });
    }
    let text = render::element(&domain).map_err(|error| error.to_string())?;
    Ok(text.replace("</name>", "</name><uuid>00000000-0000-4000-8000-000000000001</uuid>"))
}

fn name(entry: &Entry) -> &'static str {
    let definition = Definition::all().find(|definition| definition.path() == entry.path);
    definition.map_or("", |definition| definition.guest.name)
}
