//! A guest boots, from the medium that was asked for, on machines as people ask for them, and sees what they asked for.

use std::num::NonZeroU32;
use std::path::Path;

use domain_definitions::documents::volume;
use domain_definitions::domain::DiskFormat;
use domain_definitions::machine::{Forward, Machine};
use domain_definitions::options::Disk;
use domain_definitions::size::{Size, Unit};
use domain_definitions::{Definition, Options, Report};
use host::Fault;
use host::command::printed;
use host::tried::{Tried, emulated_machine};

use super::checks::{interpret_clock, shut_down, undefine};
use super::environment::Environment;
use super::machine::has_secure_boot;
use super::plan::repeated;
use super::test_host::{TestHost, place};
use super::trial::{Concurrency, Trial};

/// Sets some options. The folder is one in which there is room for a disk.
type Ask = fn(&mut Options, folder: &str);

/// What is asked for: a definition, the words for the trial's name, and the options.
const ORDERS: [(&str, &str, Ask); 9] = [
    ("session/linux-portable", "named, with less of everything", |options, _| {
        (options.name, options.cpus) = ("Fedora".parse().ok(), NonZeroU32::new(2));
        options.memory = Some(Size { unit: Unit::MiB, value: 1536 });
        options.disk = Some(Disk::New(Size::gib(3)));
    }),
    ("session/linux-2d", "with a port and an address", |options, _| {
        options.forwards = vec![Forward { host: 2222, guest: 22 }];
        options.mac = "52:54:00:12:34:56".parse().ok();
    }),
    ("session/linux-latest", "with two ports and one CPU", |options, _| {
        options.forwards = [2222, 2223].map(|host| Forward { host, guest: 22 }).into();
        options.cpus = NonZeroU32::new(1);
    }),
    ("session/linux", "around a disk, with a title", |options, folder| {
        options.title = Some("A disk -- of old".to_owned());
        options.disk = Some(Disk::Existing { format: DiskFormat::Qcow2, path: format!("{folder}/old.qcow2") });
    }),
    ("session/linux-portable", "around a raw disk", |options, folder| {
        options.disk = Some(Disk::Existing { format: DiskFormat::Raw, path: format!("{folder}/old disk.img") });
    }),
    ("system/linux-portable", "on a bridge, named", |options, _| {
        (options.name, options.bridge) = ("web-1".parse().ok(), Some("virbr0".to_owned()));
        options.mac = "52:54:00:12:34:56".parse().ok();
    }),
    ("system/linux-2d", "with another folder", |options, folder| options.share = Some(folder.to_owned())),
    ("session/linux-portable", "with BIOS", |options, _| options.bios = true),
    ("session/windows", "with two media", |options, _| {
        options.name = "Office".parse().ok();
        let medium = options.media[0].clone();
        options.media.push(medium);
    }),
];

/// The trials.
pub fn trials() -> Vec<Trial> {
    let known = |(path, what, ask)| Definition::find(&format!("{path}.xml")).map(|definition| (definition, what, ask));
    ORDERS.into_iter().filter_map(known).map(|(definition, what, ask)| trial(definition, what, ask)).collect()
}

fn trial(definition: Definition, what: &str, ask: Ask) -> Trial {
    let path = definition.path();
    let name = format!("render {} {what} on {}", path.trim_end_matches(".xml"), place(None));
    let concurrency = if has_secure_boot(&definition) { Concurrency::HalfOfJobs } else { Concurrency::Any };
    let called = name.clone();
    let trial = Trial::here(name, None, move |host, artifacts| {
        repeated(host.emulates(None), &called, || booted(host, definition, ask, artifacts))
    });
    Trial { concurrency, ..trial }
}

fn booted(host: &TestHost, definition: Definition, ask: Ask, artifacts: &Path) -> Result<(), Fault> {
    let environment =
        Environment::new(host.release(None)?, definition, !host.emulates(None), host.image(&definition)?)?;
    boots(host, &environment, definition, ask).inspect_err(|_| environment.save_to(artifacts))
}

fn boots(host: &TestHost, environment: &Environment, definition: Definition, ask: Ask) -> Result<(), Fault> {
    let user = environment.user();
    let folder = user.folder("mine")?;
    let mut options = Options { media: vec![environment.medium.clone()], ..Options::default() };
    ask(&mut options, &folder);
    let asked = options.applied(definition).map_err(|refusals| format!("{refusals:?}"))?;
    match &options.disk {
        Some(Disk::Existing { format, path }) => {
            let size = format!("{}", asked.disk.size.bytes());
            let create = ["create", "-q", "-f", format.name(), path, &size];
            printed("qemu-img create", user.command("qemu-img").args(create))?;
        }
        // One of the definition's own name is there already.
        _ if options.name.is_some() => {
            let document = volume(definition, &asked)?;
            environment.virsh(&format!("vol-create default {}", user.file("volume.xml", &document.text)?))?;
        }
        _ => {}
    }
    let tried = if host.emulates(None) {
        emulated_machine(&definition, &asked, host.release(None)?.numbers)?
    } else {
        Tried { text: definition.write(&asked)?.text, edits: Vec::new() }
    };
    let mut machine = environment.machine()?;
    machine.name = &asked.name;
    environment.virsh(&format!("define --validate {}", user.file("rendered.xml", &tried.text)?))?;
    machine.start()?;
    judge(environment, definition, &asked, &tried, machine.up()?)?;
    shut_down(&mut machine)?;
    undefine(&machine)
}

/// The guest sees what was asked for, and the rest as the definition promises it.
fn judge(
    environment: &Environment,
    definition: Definition,
    asked: &Machine,
    tried: &Tried,
    mut report: Report,
) -> Result<(), Fault> {
    interpret_clock(&mut report);
    environment.keep("report.json", &serde_json::to_string_pretty(&report).unwrap_or_default());
    let left_out = tried.left_out();
    let tunables = definition.tunables_for(asked).into_iter();
    let promised = tunables.filter(|tunable| !left_out.iter().any(|at| tunable.at.starts_with(at)));
    let sights = promised.flat_map(|tunable| tunable.seen.iter().map(move |sight| (tunable, sight)));
    // The disk is empty, so the guest is on the medium.
    let wrong: Vec<_> = sights
        .filter(|(_, sight)| sight.name != "boot/from" && !sight.is_seen(asked, &report))
        .map(|(tunable, sight)| format!("`{}`: {}", tunable.at, sight.told(asked, &report)))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
