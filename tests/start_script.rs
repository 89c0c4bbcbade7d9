//! `xtask/start.sh` against a person's own libvirt: what it makes, that it changes nothing that is there, and what it says where
//! it stops. Guests run in `cargo xtask prove`.

mod person;
mod trials;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::ExitCode;

use domain_definitions::documents::volume;
use domain_definitions::domain::DiskFormat;
use domain_definitions::options::Disk;
use domain_definitions::size::{Size, Unit};
use domain_definitions::{Definition, Options};
use host::Fault;
use libtest_mimic::{Arguments, Trial};
use person::Person;
use trials::completion;

/// What is done, and what must hold.
type Check = fn(&Person) -> Result<(), Fault>;

const TRIALS: [(&str, Check); 19] = [
    ("without a medium, the machine is there and shut off", defines),
    ("what is there stays as it is", changes_nothing),
    ("--dry-run changes nothing", only_says),
    ("a machine without a screen has a console", headless),
    ("a second machine has a name, a title and a disk of its own", second_machine),
    ("a disk of another format is copied", converts),
    ("a medium that is not there", no_such_medium),
    ("a medium that is no disc image", no_disc),
    ("more media than drives", too_many_media),
    ("a name that another machine has", name_is_taken),
    ("a disk that another machine has", disk_is_taken),
    ("too little room", no_room),
    ("a libvirt that cannot do something", broken_libvirt),
    ("a host without virsh", no_virsh),
    ("a guest, a file and an option that are unknown", unknown),
    ("a file for another connection, and one that this host cannot start", wrong_file),
    ("a rendered file, and the document of its disk beside it", rendered),
    ("a rendered file with a disk that is there", rendered_with_disk),
    ("a rendered file that this host cannot start, or that is not whole", rendered_wrong),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each has a daemon of its own, which is waited for most of the time.
    arguments.test_threads.get_or_insert(TRIALS.len());
    let trial = |(name, run): (&str, Check)| {
        Trial::ignorable_test(name, move || completion(Person::new().and_then(|person| run(&person))))
    };
    libtest_mimic::run(&arguments, TRIALS.map(trial).into()).exit_code()
}

fn check(holds: bool, what: &str, said: &str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(format!("{what}: {said}").into()) }
}

fn defines(person: &Person) -> Result<(), Fault> {
    let said = person.succeeds(&["linux"])?;
    // Nobody sees this person's screen, so it is a file that can be looked at from elsewhere.
    check(said.contains("taking session/linux-portable.xml"), "it should say which file it takes", &said)?;
    check(said.contains("shut off"), "it should say that nothing runs", &said)?;
    let state = person.virsh("domstate Linux")?;
    check(state.trim() == "shut off", "the machine should be there and shut off", &state)?;
    let volume = person.virsh("vol-info --pool default linux.qcow2")?;
    check(volume.contains("64.00 GiB"), "the disk should have the size of its document", &volume)
}

fn changes_nothing(person: &Person) -> Result<(), Fault> {
    person.succeeds(&["freebsd", "--disk", "20G"])?;
    person.virsh("setmem FreeBSD 1G --config")?;
    let before = person.everything()?;
    let said = person.succeeds(&["freebsd", "--dry-run"])?;
    let changes: Vec<_> = said.lines().filter(|line| line.starts_with("+ ") && !line.contains(" start ")).collect();
    check(changes.is_empty(), "it should only start the machine", &changes.join("\n"))?;
    check(person.everything()? == before, "nothing should have changed", &said)?;
    // Where the disk of a machine is that is there already, is its owner's business.
    person.virsh("vol-delete freebsd.qcow2 default")?;
    let said = person.succeeds(&["freebsd", "--dry-run"])?;
    check(said.contains(" start FreeBSD"), "it should start the machine", &said)
}

fn only_says(person: &Person) -> Result<(), Fault> {
    let before = person.everything()?;
    let said = person.succeeds(&["windows", &person.medium, "--dry-run"])?;
    for command in ["pool-define-as", "vol-create", "define --validate", "change-media Windows sdb", "start Windows"] {
        check(said.contains(command), &format!("it should say {command}"), &said)?;
    }
    check(person.everything()? == before, "nothing should have changed", &said)
}

fn second_machine(person: &Person) -> Result<(), Fault> {
    person.succeeds(&["linux"])?;
    person.succeeds(&["linux", "--name", "Second_1.x", "--disk", "30"])?;
    let second = person.virsh("dumpxml --inactive Second_1.x")?;
    for part in ["<name>Second_1.x</name>", "<title>Second_1.x</title>", "volume='second_1.x.qcow2'"] {
        check(second.contains(part), &format!("it should have {part}"), &second)?;
    }
    let volume = person.virsh("vol-info --pool default second_1.x.qcow2")?;
    check(volume.contains("30.00 GiB"), "its disk should have the size asked for", &volume)
}

fn converts(person: &Person) -> Result<(), Fault> {
    let disk = person.user.path("old disk.vdi");
    let image = ["create", "-q", "-f", "vdi", &disk, "3M"];
    host::command::printed("qemu-img", person.user.command("qemu-img").args(image))?;
    let before = fs::read(&disk)?;
    // It would start at once: what is on the disk is not known to be nothing.
    let said = person.succeeds(&["openbsd", "--disk", &disk, "--dry-run"])?;
    check(said.contains(" start OpenBSD"), "a machine with a disk should start", &said)?;
    let _ = person.start(&["openbsd", "--disk", &disk])?;
    let volume = person.virsh("vol-dumpxml --pool default openbsd.qcow2")?;
    check(volume.contains("<format type='qcow2'/>"), "the copy should be qcow2", &volume)?;
    check(volume.contains(">3145728</capacity>"), "the copy should be as large", &volume)?;
    check(fs::read(&disk)? == before, "the disk itself should be untouched", &disk)?;
    let _ = person.virsh("destroy OpenBSD");
    Ok(())
}

fn no_such_medium(person: &Person) -> Result<(), Fault> {
    person.refuses(&["linux", "installr.iso"], ["installr.iso: there is no such file", "check the path"])?;
    let secret = person.user.file("secret.iso", "")?;
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000))?;
    person.refuses(&["linux", &secret], ["secret.iso: you may not read", "this file"])
}

fn no_disc(person: &Person) -> Result<(), Fault> {
    let sentences = ["this is not a disc image", "unpack it first"];
    person.refuses(&["linux", "session/linux.xml"], sentences)
}

fn too_many_media(person: &Person) -> Result<(), Fault> {
    person.refuses(&["linux", &person.medium, &person.medium], ["fewer drives (1)", "media (2)"])
}

fn name_is_taken(person: &Person) -> Result<(), Fault> {
    person.succeeds(&["linux", "--name", "Mine"])?;
    let sentences = ["a machine called Mine, made from session/linux-portable.xml", "--name"];
    person.refuses(&["windows", "--name", "Mine"], sentences)?;
    let other = "<domain type='qemu'><name>Other</name><memory>1024</memory><os><type>hvm</type></os></domain>";
    person.virsh(&format!("define {}", person.user.file("other.xml", other)?))?;
    person.refuses(&["linux", "--name", "Other"], ["made from another source", "--name"])
}

fn disk_is_taken(person: &Person) -> Result<(), Fault> {
    person.succeeds(&["linux"])?;
    person.virsh("vol-create-as default mine.qcow2 1G --format qcow2")?;
    let edit = "s/<name>Linux</<name>Other</; /<uuid>/d; s/linux.qcow2/mine.qcow2/";
    let xml = person.user.path("other.xml");
    let commands = format!("virsh -c qemu:///session dumpxml --inactive Linux | sed '{edit}' >{xml}");
    host::command::printed("sed", person.user.command("sh").args(["-c", &commands]))?;
    person.virsh(&format!("define {xml}"))?;
    person.refuses(&["freebsd", "--name", "Mine"], ["Other has the disk mine.qcow2", "--name"])?;
    person.virsh("undefine Other --nvram")?;
    let said = person.succeeds(&["freebsd", "--name", "Mine", "--dry-run"])?;
    check(said.contains("taking the disk"), "it should say that it takes a disk that is there", &said)?;
    person.refuses(&["freebsd", "--name", "Mine", "--disk", "9G"], ["has a disk called mine.qcow2", "vol-delete"])?;
    let unlisted = person.user.path(".local/share/libvirt/images/new.qcow2");
    fs::write(&unlisted, "somebody's")?;
    let disk = person.user.file("old.raw", "")?;
    let sentences = ["new.qcow2 that the pool does not know", "pool-refresh default"];
    person.refuses(&["freebsd", "--name", "New", "--disk", &disk], sentences)?;
    check(fs::read_to_string(&unlisted)? == "somebody's", "the file should be untouched", &unlisted)
}

fn no_room(person: &Person) -> Result<(), Fault> {
    person.has_room(7)?;
    person.refuses(&["linux"], ["has 7 GiB left", "make room, or take a smaller disk with --disk"])?;
    person.succeeds(&["linux", "--disk", "7G", "--dry-run"])?;
    person.has_room(0)?;
    let disk = person.user.file("old.raw", &"x".repeat(1 << 20))?;
    person.refuses(&["linux", "--disk", &disk], ["has 0 GiB left, and a copy of", "needs 1; make room first"])?;
    person.has_room(30)?;
    let said = person.succeeds(&["linux", "--dry-run"])?;
    check(said.contains("may grow to 64 GiB") && said.contains("has 30 left"), "it should say what is left", &said)
}

/// A virsh that fails when it is asked for something, and otherwise does what the real one does.
fn broken_libvirt(person: &Person) -> Result<(), Fault> {
    let without = |what: &str| {
        let real = "PATH=${PATH#*:} exec virsh \"$@\"";
        person.stands_in("virsh", &format!("case \"$*\" in *\"{what}\"*) echo no >&2; exit 1 ;; esac\n{real}"))
    };
    without(" uri")?;
    person.refuses(&["linux"], ["does not answer at qemu:///session: no", "xtask/setup.sh host"])?;
    without("--virttype kvm")?;
    person.refuses(&["linux", "--kvm"], ["KVM cannot be used here", "xtask/setup.sh check"])?;
    without("domcapabilities")?;
    person.refuses(&["linux"], ["no QEMU for x86_64 that it can use", "xtask/setup.sh host"])?;
    without("pool-define-as")?;
    person.refuses(&["linux"], ["that command failed", "session/trouble.md"])?;
    without("nothing of this")?;
    person.succeeds(&["linux"]).map(drop)
}

fn no_virsh(person: &Person) -> Result<(), Fault> {
    let bin = person.user.folder("bin")?;
    for tool in ["sh", "sed", "grep", "head", "tr", "uniq", "dirname", "basename", "cat"] {
        let found =
            host::command::printed(tool, person.user.command("sh").args(["-c", &format!("command -v {tool}")]))?;
        symlink(found.trim(), format!("{bin}/{tool}"))?;
    }
    let mut command = person.user.command("sh");
    let output = command.env("PATH", bin).args([&person.user.path("clone/xtask/start.sh"), "linux"]).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = said.lines().last().unwrap_or_default();
    let stops = !output.status.success() && last.contains("no virsh") && last.contains("xtask/setup.sh host");
    check(stops, "it should stop and say what to do", &said)
}

/// Whoever has a screen is not shown that of a machine that has none.
fn headless(person: &Person) -> Result<(), Fault> {
    person.stands_in("virt-viewer", "")?;
    let (ended_well, said) =
        person.start_on(":0", &["session/linux-cloud.xml", &person.medium, "--name", "Cloud", "--dry-run"])?;
    let last = said.lines().last().unwrap_or_default();
    let says = last.contains("virsh --connect qemu:///session console Cloud") && !said.contains("virt-viewer");
    check(ended_well && says, "it should name the console, and open no viewer", &said)
}

fn unknown(person: &Person) -> Result<(), Fault> {
    person.refuses(&["minix"], ["no guest called minix", "linux windows"])?;
    person.refuses(&["session/storage/linux.qcow2.xml"], ["is not one of the definitions", "virsh define"])?;
    person
        .refuses(&["session/linux-3d.xml"], ["session/linux-3d.xml: there is no such file", "session/ or system/"])?;
    person.refuses(&["linux", "--fast"], ["no option --fast", "--help"])?;
    person.refuses(&["linux", "--name", "a b"], ["--name a b", "letters"])?;
    person.refuses(&["linux", "--disk", "12T"], ["--disk 12T", "such as 120G"])?;
    person.refuses(&["linux", "--disk"], ["--disk needs a value", "--help"])?;
    person.refuses(&["linux", "--connect", "xen:///"], ["--connect xen:///", "qemu:///session"])?;
    let (ended_well, said) = person.start(&[])?;
    check(!ended_well && said.contains("usage: "), "without a guest, it should show its usage", &said)
}

fn wrong_file(person: &Person) -> Result<(), Fault> {
    let sentences = ["is for qemu:///session", "system/"];
    person.refuses(&["session/linux-2d.xml", "--connect", "qemu:///system"], sentences)?;
    person
        .refuses(&["session/cloud-hypervisor/linux.xml"], ["Cloud Hypervisor", "session/cloud-hypervisor/README.md"])?;
    if Path::new("/dev/dri").exists() {
        return Err(Fault::Missing("this host may have a render node, and start the file".to_owned()));
    }
    person.refuses(&["session/linux.xml"], ["a render node", "session/linux-2d.xml would start here"])
}

/// Writes what `cargo xtask render --out` writes into a folder outside the clone: the path of the definition.
fn render(person: &Person, options: &Options) -> Result<String, Fault> {
    let definition = Definition::find("session/linux-portable.xml").ok_or("there is no such definition")?;
    let machine = options.applied(definition).map_err(|refusals| format!("{refusals:?}"))?;
    person.user.folder("my machines")?;
    if options.makes_disk() {
        let document = volume(definition, &machine)?;
        person.user.file(&format!("my machines/{}", document.path), &document.text)?;
    }
    person.user.file("my machines/mine.xml", &definition.write(&machine)?.text)
}

fn rendered(person: &Person) -> Result<(), Fault> {
    let disk = Some(Disk::New(Size { unit: Unit::MiB, value: 30 * 1024 }));
    let memory = Some(Size::gib(1));
    let mut options = Options { name: "Fedora".parse().ok(), disk, memory, ..Options::default() };
    let file = render(person, &options)?;
    let said = person.succeeds(&[&file])?;
    check(said.contains("shut off"), "its disk is empty, so it should not start", &said)?;
    let machine = person.virsh("dumpxml --inactive Fedora")?;
    for part in ["<title>Fedora</title>", ">1048576</memory>", "volume='fedora.qcow2'", "name=\"memory\">1GiB<"] {
        check(machine.contains(part), &format!("it should have {part}"), &machine)?;
    }
    let volume = person.virsh("vol-info --pool default fedora.qcow2")?;
    check(volume.contains("30.00 GiB"), "its disk should have the size of its document", &volume)?;
    let again = person.succeeds(&[&file, "--dry-run"])?;
    let changes: Vec<_> = again.lines().filter(|line| line.starts_with("+ ") && !line.contains(" start ")).collect();
    check(changes.is_empty() && again.contains(" start Fedora"), "it should only start the machine", &again)?;

    options.name = "Other".parse().ok();
    options.media = vec![person.medium.clone()];
    let file = render(person, &options)?;
    let said = person.succeeds(&[&file, "--dry-run"])?;
    check(said.contains(" start Other"), "with a medium, it should start", &said)?;
    let said = person.succeeds(&[&file, "--disk", "20", "--dry-run"])?;
    check(said.contains("<capacity unit=\"GiB\">20"), "the disk should be as large as is asked for", &said)
}

fn rendered_with_disk(person: &Person) -> Result<(), Fault> {
    let path = person.user.file("old.img", "")?;
    let options = Options { disk: Some(Disk::Existing { format: DiskFormat::Raw, path }), ..Options::default() };
    let file = render(person, &options)?;
    let said = person.succeeds(&[&file, "--dry-run"])?;
    check(!said.contains("vol-create") && said.contains(" start Linux"), "it should make no disk, and start", &said)?;
    person.refuses(&[&file, "--disk", "20G"], ["has a disk already", "leave out --disk"])
}

fn rendered_wrong(person: &Person) -> Result<(), Fault> {
    let mut options = Options { name: "Mine".parse().ok(), ..Options::default() };
    let file = render(person, &options)?;
    person.refuses(&[&file, "--name", "Other"], ["has a name already", "render it again with another --name"])?;
    fs::remove_file(person.user.folder_outside().join("my machines/mine.qcow2.xml"))?;
    person.refuses(&[&file], ["mine.qcow2.xml: there is no such file", "cargo xtask render --out"])?;
    let newer = fs::read_to_string(&file)?.replace(" libvirt=\"8.6.0\"", " libvirt=\"99.0.0\"");
    person.user.file("my machines/mine.xml", &newer)?;
    person.refuses(&[&file], ["without libvirt 99.0.0 or later", "a newer release"])?;
    // A host on which no program for it is found.
    options.share = Some("/srv".to_owned());
    let (file, script) = (render(person, &options)?, person.user.path("clone/xtask/start.sh"));
    let output = person.user.command("sh").env("root", "/nowhere").args([&script, &file]).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(!output.status.success() && said.contains("without virtiofsd: install it"), "it should stop", &said)
}
