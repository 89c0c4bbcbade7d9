//! Real libvirt takes the real files, as an ordinary user hands them over.
//!
//! Each check runs `virsh` without privileges: as whoever runs the tests, or, for root, as user 65534 (nobody). The mock
//! driver (`test:///default`) needs libvirt alone; the QEMU driver runs in virsh's own process (`qemu:///embed`), with a
//! folder of its own, and needs QEMU, OVMF, swtpm and a usable `/dev/kvm`. Where something is missing, a check says so
//! and counts as ignored, except in CI (`CI=true`), where that is a failure.

mod trials;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::OnceLock;

use domain_definitions::domain::{Arch, DiskSource, DiskType, DomainType};
use domain_definitions::rules::Target;
use domain_definitions::{
    CATALOG, Connection, Definition, Domain, Entry, Tunable, documents, render, tunables, variants,
};
use host::command::printed;
use host::orders::orders;
use host::tried::without_kvm;
use host::{Fault, MOCK, Release, User, definitions, kept, lacking, recipe, too_old};
use libtest_mimic::{Arguments, Trial};
use trials::completion;

const NO_NETWORK: &str = "it is taken out before: libvirt would translate a tap device, which needs privileges";

/// Decisions without which QEMU's command line is the same here, and why they are made all the same.
static INVISIBLE_TO_QEMU: [(&Tunable, &str); 10] = [
    (&tunables::metadata::LIBOSINFO, "it is for graphical tools"),
    (&tunables::network::USER, NO_NETWORK),
    (&tunables::network::NETWORK, NO_NETWORK),
    (&tunables::network::VIRTIO_NET, NO_NETWORK),
    (&tunables::network::E1000E, NO_NETWORK),
    (&tunables::network::PASST, NO_NETWORK),
    (&tunables::memory::BALLOON, "libvirt adds one unasked; whether there is one is worth saying"),
    (&tunables::firmware::SECURE_BOOT_ON, "Debian's first firmware has it on; others' need not"),
    (&tunables::firmware::VARIABLES, "all firmware of Debian 12 keeps variables; the first one of sid does not"),
    (&tunables::display::LISTEN_NONE, "libvirt 11.3 opens no port unasked either; who sees the screen is worth saying"),
];

/// The same on ARM, where libvirt adds no balloon unasked.
static INVISIBLE_ON_ARM: [(&Tunable, &str); 4] = [
    (&tunables::aarch64::VARIABLES, "all firmware of Debian 12 keeps variables"),
    (&tunables::aarch64::NO_USB, "libvirt adds none unasked; that there is none is worth saying"),
    (&tunables::aarch64::VIRTIO_GPU, "libvirt adds one unasked beside a screen; which one it is is worth saying"),
    (
        &tunables::clock::UTC,
        "it is libvirt's default, and there is no timer to turn off; what a guest may expect is worth saying",
    ),
];

/// Whether a decision is known to leave a definition's command line as it is.
fn is_invisible(definition: &Definition, tunable: &Tunable) -> bool {
    let is_in = |list: &[(&Tunable, &str)]| list.iter().any(|(known, _)| std::ptr::eq(*known, tunable));
    let on_arm = definition.platform.arch == Arch::Aarch64;
    let added = on_arm && std::ptr::eq(tunable, &raw const tunables::memory::BALLOON);
    is_in(&INVISIBLE_TO_QEMU) && !added || on_arm && is_in(&INVISIBLE_ON_ARM)
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Most of the time, libvirt is waited for.
    arguments.test_threads.get_or_insert(8);
    let mut trials = Vec::new();
    for definition in definitions() {
        let trial = |what: &str, check: fn(&Definition) -> Result<(), Fault>| {
            let name = format!("{what} {}", definition.path());
            Trial::ignorable_test(name, move || completion(check(&definition)))
        };
        trials.push(trial("the mock driver defines", |definition| defined(definition, &MOCK_ANSWERS, false)));
        trials.push(trial("the QEMU driver defines, keeps and removes", |definition| {
            defined(definition, &QEMU_ANSWERS, true)
        }));
    }
    // A decision is looked at in one definition of each connection that has it.
    let mut seen = BTreeSet::new();
    for definition in definitions() {
        let new =
            |tunable: &&'static Tunable| seen.insert((definition.connection, std::ptr::from_ref(*tunable).addr()));
        let tunables: Vec<_> = definition.tunables().filter(new).collect();
        if !tunables.is_empty() {
            let name = format!("every decision reaches QEMU in {}", definition.path());
            let check = move || completion(decisions_reach_qemu(&definition, &tunables));
            trials.push(Trial::ignorable_test(name, check));
        }
    }
    for document in documents::all().unwrap_or_default() {
        let name = format!("libvirt takes {}", document.path);
        trials.push(Trial::ignorable_test(name, move || completion(document_is_taken(&document))));
    }
    trials.extend(CATALOG.iter().find(|entry| entry.path == "session/linux.xml").map(|entry| {
        let name = format!("the update recipe keeps {}", entry.path);
        Trial::ignorable_test(name, move || completion(update_keeps_the_machine(entry)))
    }));
    for release in Release::all() {
        let name = format!("what people ask for is defined by {}", release.name());
        trials.push(Trial::ignorable_test(name, move || completion(orders_are_defined(&release))));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A definition as it is handed over: KVM runs machines for this host's processors alone, so that others are emulated.
fn text(definition: &Definition) -> Result<String, Fault> {
    Ok(if is_for_here(definition) { definition.xml()? } else { without_kvm(definition)?.text })
}

fn is_for_here(definition: &Definition) -> bool {
    definition.platform.arch.name() == std::env::consts::ARCH
}

/// What a driver said when it was handed a definition: on define, list, dumpxml, undefine and list.
type Answers = Vec<(String, [Result<String, String>; 5])>;

static MOCK_ANSWERS: OnceLock<Result<Answers, String>> = OnceLock::new();
static QEMU_ANSWERS: OnceLock<Result<Answers, String>> = OnceLock::new();

/// Hands every definition to a driver, one after the other.
fn ask(real: bool) -> Result<Answers, Fault> {
    let user = User::new()?;
    let driver = if real { user.qemu_driver()? } else { MOCK.to_owned() };
    let definitions: Vec<_> = definitions().collect();
    let mut commands = Vec::new();
    for (index, definition) in definitions.iter().enumerate() {
        let (file, name) = (user.file(&format!("{index}.xml"), &text(definition)?)?, definition.guest.name);
        commands.push(format!("define --validate {file}"));
        commands.push("list --all --name".to_owned());
        commands.push(format!("dumpxml --inactive {name}"));
        commands.push(format!("undefine {name}"));
        commands.push("list --all --name".to_owned());
    }
    let mut answers = user.each(&driver, &commands)?.into_iter();
    let mut next = || std::array::from_fn(|_| answers.next().unwrap_or(Err("no answer".to_owned())));
    Ok(definitions.iter().map(|definition| (definition.path(), next())).collect())
}

fn defined(
    definition: &Definition,
    answers: &'static OnceLock<Result<Answers, String>>,
    real: bool,
) -> Result<(), Fault> {
    let here = Release::here();
    if real {
        // Whatever they are made for, all are handed to a session here.
        too_old(here, definition, Connection::Session)?;
    } else if let Some(libvirt) = here.libvirt.filter(|libvirt| *libvirt < definition.floor().libvirt) {
        return Err(Fault::Missing(format!("it needs libvirt {}; there is {libvirt}", definition.floor().libvirt)));
    }
    let answers = answers.get_or_init(|| {
        ask(real).map_err(|fault| match fault {
            Fault::Missing(what) | Fault::Wrong(what) => what,
        })
    });
    let answers = answers.as_ref().map_err(|what| Fault::Missing(what.clone()))?;
    let (_, answers) = answers.iter().find(|(path, _)| *path == definition.path()).ok_or("it was not handed over")?;
    let [defined, listed, dumped, removed, left] = answers.clone();
    defined.map_err(|said| lacking(definition, said.into()))?;
    let is_listed = |list: &str| list.lines().any(|line| line == definition.guest.name);
    let listed = listed?;
    if !is_listed(&listed) {
        return Err(Fault::Wrong(format!("`virsh list --all` shows {listed:?}")));
    }
    if real {
        let dumped = dumped?;
        if definition.is(&variants::PASSTHROUGH) && free_slots(&dumped)? < 4 {
            return Err(Fault::Wrong(format!("fewer than four slots are free:\n{dumped}")));
        }
        let lost = kept::lost(&text(definition)?, &dumped);
        if !lost.is_empty() {
            return Err(Fault::Wrong(format!("libvirt did not keep\n{}\nit kept\n{dumped}", lost.join("\n"))));
        }
    }
    removed?;
    let left = left?;
    if is_listed(&left) { Err(Fault::Wrong(format!("`virsh undefine` left {left:?}"))) } else { Ok(()) }
}

/// How many slots of PCI Express no device is in.
fn free_slots(dumped: &str) -> Result<usize, Fault> {
    let document = roxmltree::Document::parse(dumped)?;
    let attribute = |node: &roxmltree::Node, name: &str| node.attribute(name).unwrap_or_default().to_owned();
    let named = |name| document.descendants().filter(move |node| node.has_tag_name(name));
    let buses: BTreeSet<_> = named("address").map(|node| attribute(&node, "bus")).collect();
    let ports = named("controller").filter(|node| attribute(node, "model") == "pcie-root-port");
    let indices = ports.filter_map(|node| attribute(&node, "index").parse::<u8>().ok());
    Ok(indices.filter(|index| !buses.contains(&format!("0x{index:02x}"))).count())
}

/// No setting is there for nothing: without it, QEMU's command line is another, or there is none.
fn decisions_reach_qemu(definition: &Definition, tunables: &[&'static Tunable]) -> Result<(), Fault> {
    too_old(Release::here(), definition, Connection::Session)?;
    let user = User::new()?;
    let driver = user.qemu_driver()?;
    let translate = |index: usize, decisions: &[&'static Tunable]| -> Result<String, Fault> {
        let mut domain = definition.domain_of(decisions.iter().copied());
        if !is_for_here(definition) {
            domain.kind = DomainType::Qemu;
        }
        let file = user.file(&format!("{index}.xml"), &translatable(domain)?)?;
        Ok(format!("domxml-to-native qemu-argv --xml {file}"))
    };
    // Where this machine lacks a device or a program, the rest is looked at without what needs it.
    let mut decisions: Vec<_> = definition.tunables().collect();
    let whole = loop {
        match user.virsh(&driver, &translate(0, &decisions)?) {
            Ok(whole) => break whole,
            Err(Fault::Wrong(error)) => {
                let before = decisions.len();
                decisions.retain(|tunable| !tunable.needs.iter().any(|need| need.is_reported_in(&error)));
                if decisions.len() == before {
                    return Err(lacking(definition, Fault::Wrong(error)));
                }
            }
            Err(missing) => return Err(missing),
        }
    };
    let looked_at: Vec<_> =
        tunables.iter().filter(|tunable| decisions.iter().any(|kept| std::ptr::eq(*kept, **tunable))).collect();
    let mut commands = Vec::new();
    for (index, tunable) in looked_at.iter().enumerate() {
        let others: Vec<_> = decisions.iter().copied().filter(|other| !std::ptr::eq(*other, **tunable)).collect();
        commands.push(translate(index + 1, &others)?);
    }
    let mut idle = Vec::new();
    for (tunable, without) in looked_at.iter().zip(user.each(&driver, &commands)?) {
        let changes = without.map_or(true, |without| without.trim() != whole.trim());
        let invisible = is_invisible(definition, tunable);
        match (changes, invisible) {
            (false, false) => idle.push(format!("`{}` changes nothing for QEMU: remove it", tunable.at)),
            (true, true) => idle.push(format!("`{}` does reach QEMU: take it off the list of exceptions", tunable.at)),
            _ => {}
        }
    }
    if idle.is_empty() { Ok(()) } else { Err(Fault::Wrong(idle.join("\n"))) }
}

/// libvirt makes what the document says: a volume, with its real storage driver; a pool and a network, which it only
/// defines.
fn document_is_taken(document: &documents::Document) -> Result<(), Fault> {
    let user = User::new()?;
    let file = user.file("document.xml", &document.text)?;
    let parsed = roxmltree::Document::parse(&document.bare)?;
    let root = parsed.root_element();
    let child = |name: &str| root.children().find(|node| node.has_tag_name(name));
    let name = child("name").and_then(|node| node.text()).unwrap_or_default();
    let dumped = match root.tag_name().name() {
        "volume" => return volume_is_made(&user, &file, name, child("capacity").and_then(|node| node.text())),
        "pool" => user.virsh(&user.session()?, &format!("pool-define {file}; pool-dumpxml {name}"))?,
        // The mock driver has a network of this name.
        _ => user.virsh(MOCK, &format!("net-destroy {name}; net-define {file}; net-dumpxml {name}"))?,
    };
    let dumped = dumped.find(&format!("<{}", root.tag_name().name())).map_or("", |at| &dumped[at..]);
    let lost = kept::lost(&document.text, dumped);
    if lost.is_empty() {
        return Ok(());
    }
    Err(Fault::Wrong(format!("libvirt did not keep\n{}\nit kept\n{dumped}", lost.join("\n"))))
}

fn volume_is_made(user: &User, file: &str, name: &str, capacity_gib: Option<&str>) -> Result<(), Fault> {
    let folder = user.folder("pool")?;
    let image = format!("{folder}/{name}");
    let pool = format!("pool-define-as default dir --target {folder}; pool-start default");
    user.virsh(&user.session()?, &format!("{pool}; vol-create default {file}"))?;
    let info = printed("qemu-img info", user.command("qemu-img").args(["info", "--output", "json", &image]))?;
    let info: serde_json::Value = serde_json::from_str(&info)?;
    let capacity = capacity_gib.and_then(|gib| gib.parse::<u64>().ok()).map(|gib| gib << 30);
    let small = info["actual-size"].as_u64().is_some_and(|size| size < 1 << 20);
    if info["format"] == "qcow2" && info["virtual-size"].as_u64() == capacity && small {
        return Ok(());
    }
    Err(Fault::Wrong(format!("the volume is not what the document says: {info}")))
}

/// A release takes what is rendered for it, and keeps all of it.
fn orders_are_defined(release: &Release) -> Result<(), Fault> {
    let numbers = release.numbers.ok_or_else(|| Fault::Missing("there is no libvirt, or no QEMU".to_owned()))?;
    let (mut tried, mut wrong) = (0, Vec::new());
    for connection in Connection::ALL {
        let user = User::of(release.root.as_deref(), *connection == Connection::Session)?;
        let driver = match connection {
            Connection::Session => user.session()?,
            Connection::System => user.qemu_driver()?,
        };
        let (mut texts, mut commands) = (Vec::new(), Vec::new());
        for (definition, options) in orders().into_iter().filter(|(definition, _)| definition.connection == *connection)
        {
            let machine = options.applied(definition).map_err(|refusals| format!("{refusals:?}"))?;
            let text = definition.write(&machine)?.text;
            if !Target::stated(&roxmltree::Document::parse(&text)?).floor.within(numbers) {
                continue;
            }
            let (file, name) = (user.file(&format!("{}.xml", texts.len()), &text)?, machine.name);
            commands.push(format!("define --validate {file}"));
            commands.extend([format!("dumpxml --inactive {name}"), format!("undefine --nvram {name}")]);
            texts.push((format!("{} with {:?}", definition.path(), options.told()), text));
        }
        let answers = user.each(&driver, &commands)?;
        for ((name, text), answers) in texts.iter().zip(answers.chunks(3)) {
            let said = answers.iter().find_map(|answer| answer.clone().err());
            let lost = answers[1].as_ref().map_or(Vec::new(), |dumped| kept::lost(text, dumped));
            wrong.extend(said.map(|said| format!("{name}: {said}")));
            wrong.extend((!lost.is_empty()).then(|| format!("{name}: libvirt did not keep\n{}", lost.join("\n"))));
        }
        tried += texts.len();
    }
    // Of old releases, what needs newer ones is left out.
    if tried < 15 {
        wrong.push(format!("only {tried} combinations are for this release"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Fault::Wrong(wrong.join("\n"))) }
}

/// The pages' way to define a machine anew changes nothing that makes it the same machine.
fn update_keeps_the_machine(entry: &Entry) -> Result<(), Fault> {
    let user = User::new()?;
    let driver = user.qemu_driver()?;
    let file = user.file("definition.xml", entry.xml)?;
    let recipe = recipe::redefine("Linux", &file)?;
    user.virsh(&driver, &format!("define {file}"))?;
    let before = user.virsh(&driver, "dumpxml --inactive Linux")?;
    let mut shell = user.command("sh");
    printed("the recipe", shell.env("LIBVIRT_DEFAULT_URI", &driver).args(["-eu", "-c", &recipe]))?;
    let after = user.virsh(&driver, "dumpxml --inactive Linux")?;
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
    let text = render::element(&domain)?;
    Ok(text.replace("</name>", "</name><uuid>00000000-0000-4000-8000-000000000001</uuid>"))
}
