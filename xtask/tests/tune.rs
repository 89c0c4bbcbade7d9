//! `cargo xtask tune`: somebody's machines, held against ours and mended.

mod common;
#[path = "common/edits.rs"]
mod edits;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{command, seen};
use domain_definitions::path::{Tail, XmlPath};
use domain_definitions::version::v;
use domain_definitions::{Collection, Definition, Guest, Hypervisor, Safety, Since, Tunable};
use host::theirs::Theirs;
use roxmltree::Document;
use similar::TextDiff;
use walkdir::WalkDir;
use xtask::tune::choose::Wish;
use xtask::tune::report::Counts;
use xtask::tune::subject::State;
use xtask::tune::tuned::{Tuned, Which, tuned};

/// Releases that know everything.
const NEWEST: Since = Since { libvirt: v(99, 0, 0), qemu: v(99, 0, 0), linux: v(99, 0, 0) };
const ALL: Which = Which { all: true, only: &[], except: &[] };

/// A guest for which there are files for PCs only.
const WINDOWS_ON_ARM: &str = "<domain type='kvm'><metadata><os:libosinfo xmlns:os='http://libosinfo.org/xmlns/libvirt/domain/1.0'>\
    <os:os id='http://microsoft.com/win/11'/></os:libosinfo></metadata><os><type arch='aarch64' machine='virt'>hvm</type></os></domain>";

/// The definitions that machines are held against.
fn definitions() -> impl Iterator<Item = Definition> {
    Definition::all().filter(|definition| definition.platform.hypervisor == Hypervisor::Qemu)
}

fn bare(definition: &Definition) -> String {
    definition.write(&definition.machine()).expect("it can be written").bare
}

fn tune(text: &str, wish: Wish, which: Which) -> Tuned {
    tuned(text, wish, which, NEWEST, false).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn like<'a>(stem: &'a str, definition: &Definition) -> Wish<'a> {
    Wish { like: Some(stem), connection: Some(definition.connection), guest: None }
}

#[test]
fn of_our_own_files_there_is_nothing_to_say() {
    for definition in definitions() {
        for text in [definition.xml().expect("it can be written"), bare(&definition)] {
            let tuned = tune(&text, Wish::default(), ALL);
            assert_eq!(tuned.definition.path(), definition.path());
            assert_eq!(tuned.text, text, "{}", definition.path());
            let Counts { already, .. } = Counts::of(&tuned);
            assert_eq!(Counts::of(&tuned), Counts { already, ..Counts::default() }, "{}", definition.path());
            assert!(tuned.leftovers.is_empty() && tuned.findings.is_empty(), "{}", definition.path());
        }
    }
}

#[test]
fn a_file_becomes_any_other_of_its_guest() {
    for from in definitions() {
        let same_machine = |to: &Definition| {
            std::ptr::eq(to.guest, from.guest)
                && std::ptr::eq(to.platform, from.platform)
                && to.connection == from.connection
        };
        for to in definitions().filter(same_machine) {
            let stem = to.stem();
            let there = tune(&bare(&from), like(&stem, &to), ALL).text;
            same(&there, &bare(&to), &format!("{} like {stem}", from.path()));
        }
    }
}

/// Shows what differs.
fn same(found: &str, wanted: &str, what: &str) {
    assert!(found == wanted, "{what}\n{}", TextDiff::from_lines(wanted, found).unified_diff());
}

/// Machines as the neighbours make them: their names, and their texts.
fn machines() -> Vec<(String, String)> {
    Theirs::all().unwrap().into_iter().map(|theirs| (theirs.file, theirs.text)).collect()
}

#[test]
fn the_source_of_each_machine_is_written_down() {
    let sources = include_str!("tune/sources.txt");
    for (name, _) in machines() {
        let id = name.strip_prefix("virt-install-").unwrap_or(&name);
        let is_told = |line: &str| line.split([' ', '(', ',']).any(|word| word.trim_end_matches(".xml") == id);
        assert!(sources.lines().any(is_told), "tests/tune/sources.txt does not say where {name} is from");
    }
}

/// What `cargo xtask tune` prints for a machine of the neighbours'. Its firmware's variables are where no host has any: an
/// ordinary user could not tell whether libvirt's own folder has them.
fn printed(name: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in machines() {
        let text = text.replace("/var/lib/libvirt/qemu/nvram/", "/nowhere/");
        fs::write(folder.path().join(format!("{name}.xml")), text).unwrap();
    }
    let mut xtask = command(env!("CARGO_BIN_EXE_xtask"), folder.path());
    xtask.args(["tune", "--floor", "libvirt=11.3,qemu=10.0.2", &format!("{name}.xml")]).args(arguments);
    seen(&xtask.output().unwrap())
}

#[test]
fn a_report_on_a_neighbours_machine_says_what_differs_and_why() {
    for (name, _) in machines() {
        let with = |options: &[&str]| {
            let guest = guest(&name).map(|guest| ["--guest", guest.id]);
            printed(&name, &[guest.as_ref().map_or(&[][..], |guest| guest), options].concat())
        };
        insta::assert_snapshot!(format!("{name} report"), with(&[]));
        insta::assert_snapshot!(format!("{name} safe"), with(&["--diff"]));
        insta::assert_snapshot!(format!("{name} all"), with(&["--diff", "--all"]));
    }
}

#[test]
fn what_is_mended_needs_no_mending() {
    let vnc = [("proxmox-windows", "windows10-portable")];
    for (name, text) in machines() {
        let likes: Vec<_> = vnc.iter().filter(|(other, _)| *other == name).map(|(_, like)| Some(*like)).collect();
        for like in [None].into_iter().chain(likes) {
            for which in [Which::default(), ALL] {
                let wish = Wish { like, guest: guest(&name), connection: None };
                let once = tune(&text, wish, which);
                let twice = tune(&once.text, wish, which);
                same(&twice.text, &once.text, &name);
                assert_eq!(Counts::of(&twice).written, 0, "{name}");
                let against: Vec<_> = twice.findings.iter().map(|finding| &finding.message).collect();
                assert!(against.is_empty(), "{name}: {against:?}\n{}", once.text);
                let stays = |tuned: &Tuned| {
                    let open =
                        tuned.decisions.iter().filter(|one| matches!(one.state, State::Missing | State::Different(_)));
                    let asked = open.filter(|one| which.all || one.safety == Safety::Safe);
                    asked.map(|one| one.tunable.at).collect::<Vec<_>>()
                };
                assert_eq!(stays(&twice), Vec::<&str>::new(), "{name}");
            }
        }
    }
}

fn guest(name: &str) -> Option<&'static Guest> {
    Theirs::of(name).unwrap().guest().and_then(xtask::tune::guest::named)
}

/// What nothing may change: every element and every attribute at these places.
const NEVER: [&str; 29] = [
    "os/@firmware",
    "os/loader/@type",
    "os/loader/@secure",
    "uuid",
    "name",
    "currentMemory",
    "memory",
    "vcpu",
    "cputune",
    "os/type",
    "os/nvram",
    "devices/emulator",
    "devices/disk/source",
    "devices/disk/serial",
    "devices/disk/alias",
    "devices/disk/driver/@type",
    "devices/disk/driver/@cache",
    "devices/interface/mac",
    "devices/interface/source",
    "devices/interface/address",
    "devices/tpm",
    "devices/hostdev",
    "devices/memory",
    "devices/watchdog",
    "devices/serial",
    "devices/panic",
    "seclabel",
    "commandline",
    "metadata/app",
];

fn kept(text: &str) -> Vec<(&'static str, Vec<String>)> {
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let of = |at: &'static str| {
        let path = XmlPath::new(at);
        let nodes = path.all(document.root_element());
        let said = |node: &roxmltree::Node| match path.tail() {
            Tail::Element => text[node.range()].to_owned(),
            _ => path.value(*node).unwrap_or_default().to_owned(),
        };
        (at, nodes.iter().map(said).collect())
    };
    NEVER.into_iter().map(of).collect()
}

/// The addresses of devices that stay as they are: what tells each from the others, and where it is.
fn addresses(text: &str) -> Vec<(String, String)> {
    let document = Document::parse(text).unwrap();
    let devices = document.root_element().children().find(|node| node.has_tag_name("devices")).unwrap();
    let own = |node: roxmltree::Node| {
        let attributes: Vec<_> = node.attributes().map(|one| format!("{}={}", one.name(), one.value())).collect();
        format!("{} {}", node.tag_name().name(), attributes.join(" "))
    };
    let mut found = Vec::new();
    for device in devices.children().filter(roxmltree::Node::is_element) {
        let child = |name: &str| device.children().find(|child| child.has_tag_name(name));
        let told = ["mac", "master", "target"].into_iter().filter_map(child).map(own).collect::<Vec<_>>().join(", ");
        found.push((format!("{}: {told}", own(device)), child("address").map(own).unwrap_or_default()));
    }
    // What is there twice cannot be told apart.
    let all = found.clone();
    found.retain(|one| all.iter().filter(|other| other.0 == one.0).count() == 1);
    found
}

#[test]
fn what_is_the_owners_stays_whatever_they_have_changed() {
    let mut random = fastrand::Rng::with_seed(20_261_128);
    let machines = machines();
    for round in 0..60 {
        let (name, text) = &machines[random.usize(..machines.len())];
        let text = edits::edited(text, &mut random);
        let which = if random.bool() { ALL } else { Which::default() };
        let wish = Wish { guest: guest(name), ..Wish::default() };
        let once = tune(&text, wish, which).text;
        // What is new may be like it.
        let after = kept(&once);
        let both = kept(&text).into_iter().zip(&after);
        let changed: Vec<_> = both.filter(|(before, after)| !after.1.starts_with(&before.1)).collect();
        assert!(changed.is_empty(), "round {round}, {name}: {changed:?}\n{text}");
        let (before, after) = (addresses(&text), addresses(&once));
        let moved: Vec<_> =
            before.iter().filter(|one| after.iter().any(|other| other.0 == one.0 && other.1 != one.1)).collect();
        assert!(moved.is_empty(), "round {round}, {name}: these are at another address: {moved:?}\n{once}");
        let comments = |text: &str| text.matches("<!--").count();
        assert_eq!(comments(&text), comments(&once), "round {round}, {name}: a comment is lost\n{once}");
        same(&tune(&once, wish, which).text, &once, &format!("round {round}, {name}, twice"));
    }
}

#[test]
fn what_a_decision_means_for_a_guest_is_said() {
    const DRIVERS: [&str; 10] =
        ["vioscsi", "ahci", "viostor", "viogpudo", "bochs", "vioinput", "NetKVM", "e1000e", "xHCI", "virtio_scsi"];
    for used in Collection::new().unwrap().tunables() {
        let Tunable { at, safety, .. } = used.record;
        match safety {
            Safety::Safe => {}
            Safety::NeedsGuest(steps) => {
                assert!(steps.starts_with("the driver for "), "{at}: {steps}");
                assert!(DRIVERS.iter().any(|driver| steps.contains(driver)), "{at} names no driver: {steps}");
                assert!(!steps.ends_with('.'), "{at}: {steps}");
            }
            Safety::Yours(why) => assert!(!why.is_empty() && !why.ends_with('.'), "{at}: {why}"),
        }
    }
}

#[test]
fn the_page_shows_what_is_printed() {
    let page = fs::read_to_string(common::repository().join("session/tune.md")).unwrap();
    let shown: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert!(shown.len() > 10, "{shown:?}");
    let printed = printed("virt-install-win11", &[]);
    let mut lines = printed.lines();
    for line in shown {
        assert!(lines.any(|other| other == line), "the report does not have, at its place:\n{line}\n{printed}");
    }
}

#[test]
fn topics_limit_what_is_written() {
    let only = printed("virt-install-win11", &["--diff", "--only", "clock"]);
    assert!(only.contains("-    <timer name=\"pit\"") && !only.contains("\n+ "), "{only}");
    let except = printed("virt-install-win11", &["--diff", "--except", "Hyper-V enlightenments", "--except", "clock"]);
    assert!(!except.contains("vpindex") && !except.contains("-    <timer") && except.contains("discard"), "{except}");
    let unknown = printed("virt-install-win11", &["--only", "clocks"]);
    assert!(unknown.contains("write one of chipset, ") && unknown.ends_with("exit status 2\n"), "{unknown}");
}

#[test]
fn what_is_newer_than_the_releases_is_not_written() {
    let mut xtask = command(env!("CARGO_BIN_EXE_xtask"), Path::new("."));
    xtask.args(["tune", "-", "--like", "windows-latest", "--all", "--write", "--floor", "libvirt=9.0,qemu=7.2"]);
    let text = bare(&Definition::find("session/windows.xml").unwrap());
    let old = fed(&mut xtask, &text);
    assert!(!old.contains("discard_no_unref") && old.contains("<backend type=\"passt\"/>"), "{old}");
    let new = tune(&text, like("windows-latest", &Definition::find("session/windows.xml").unwrap()), ALL).text;
    assert!(new.contains("discard_no_unref"), "{new}");
}

/// What a command prints that reads a text.
fn fed(command: &mut Command, text: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = text.to_owned();
    // It need not read all.
    let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    seen(&output)
}

#[test]
fn what_is_no_machine_of_qemus_is_refused_and_nothing_printed() {
    let root = "<domain type='kvm'>";
    let long = format!("{root}<name>{}</name></domain>", "x".repeat(33 << 20));
    let deep = format!("{root}{}{}</domain>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    for (text, says) in [
        ("", "is empty"),
        ("no XML", "is not well-formed XML"),
        ("<domain type='kvm'>", "is not well-formed XML"),
        ("<!DOCTYPE domain [<!ENTITY a 'b'>]><domain type='kvm'/>", "has a DOCTYPE"),
        ("<network><name>n</name></network>", "is a <network>, not a <domain>"),
        ("<domain type='xen'/>", "is a machine of type `xen`"),
        ("<domain/>", "is a machine of type ``"),
        ("<domain type='kvm'><os><type arch='ppc64'>hvm</type></os></domain>", "is a machine for ppc64"),
        ("<domain type='kvm'><os><kernel>/CLOUDHV.fd</kernel></os></domain>", "Cloud Hypervisor"),
        ("<domain type='kvm'><name>a</name></domain>", "does not say which system it is for; name it with --guest"),
        (WINDOWS_ON_ARM, "on aarch64, and there is no definition for that; --guest names another system"),
        (&long, "is larger than 32 MiB"),
        (&deep, "deep"),
    ] {
        for option in ["--write", "--diff", "--all"] {
            let mut xtask = command(env!("CARGO_BIN_EXE_xtask"), Path::new("."));
            let said = fed(xtask.args(["tune", "-", "--floor", "libvirt=11.3", option]), text);
            let wanted = said.starts_with("error: -: ") && said.contains(says) && said.ends_with("\nexit status 2\n");
            assert!(wanted && said.lines().count() == 2, "{says}: {said}");
        }
    }
    let other = printed("virt-install-win11", &["--like", "linux"]);
    assert!(other.contains("is a machine for windows, and linux is for linux") && other.ends_with("2\n"), "{other}");
    let none = printed("virt-install-win11", &["--like", "windows-passthrough"]);
    assert!(none.contains("there is no definition windows-passthrough for the session connection"), "{none}");
    let several = printed("virt-install-win11", &["--write", "virt-install-linux.xml"]);
    assert_eq!(several, "error: --write prints one machine, and 2 are named\nexit status 2\n");
}

#[test]
fn several_machines_get_a_line_each_and_programs_get_json() {
    insta::assert_snapshot!("several", printed("virt-install-win11", &["virt-install-linux.xml", "nowhere.xml"]));
    let json = printed("virt-install-win11", &["--format", "json", "nowhere.xml"]);
    let mut lines = json.lines();
    let parsed = |line: Option<&str>| -> serde_json::Value { serde_json::from_str(line.unwrap()).unwrap() };
    let machine = parsed(lines.next());
    assert_eq!(machine["definition"], "session/windows-inbox.xml");
    assert_eq!(machine["floor"]["qemu"], "10.0.2");
    let decisions = machine["decisions"].as_array().unwrap();
    let of = |at: &str| decisions.iter().find(|one| one["at"] == at).unwrap();
    assert_eq!(of("features/hyperv/vpindex")["state"], "missing");
    assert_eq!(of("features/hyperv/vpindex")["written"], true);
    assert_eq!(of("devices/video")["differences"][0]["found"], "qxl");
    assert_eq!(of("devices/video")["safety"], "needs-guest");
    assert!(parsed(lines.next())["error"].as_str().unwrap().starts_with("cannot be read: "));
}

#[test]
fn every_linux_of_osinfo_db_is_one_and_nothing_else_is() {
    // The newest release whose vendors have been looked at. A later one may have more.
    const NEWEST: &str = "20250619";
    let database = Path::new("/usr/share/osinfo/os");
    if !database.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "osinfo-db is not installed");
        return;
    }
    let version = fs::read_to_string("/usr/share/osinfo/VERSION").unwrap();
    let may_have_more = version.as_str().trim() > NEWEST;
    let files = WalkDir::new(database).into_iter().map(|entry| entry.unwrap().into_path());
    let (mut known, mut wrong) = (0, Vec::new());
    for path in files.filter(|path| path.extension().is_some_and(|end| end == "xml")) {
        let text = fs::read_to_string(&path).unwrap();
        let document = Document::parse(&text).unwrap();
        let Some(os) = document.descendants().find(|node| node.has_tag_name("os") && node.has_attribute("id")) else {
            continue;
        };
        let family = os.children().find(|node| node.has_tag_name("family")).and_then(|node| node.text());
        let found = xtask::tune::guest::by_osinfo(os.attribute("id").unwrap(), false);
        known += usize::from(found.is_some());
        let id = os.attribute("id").unwrap();
        // The database says so of FreeDOS, and nothing of elementary OS.
        let is_linux = family == Some("linux") && !id.contains("freedos") || id.contains("elementary");
        let is_new = is_linux && found.is_none() && may_have_more;
        if is_linux != (found == Some("linux")) && !is_new {
            wrong.push(id.to_owned());
        }
    }
    assert!(known > 400, "{known}");
    assert_eq!(wrong, Vec::<String>::new());
}
