//! Real libvirt says what the page on trouble quotes when somebody does what its cause says; and the command that removes a machine
//! leaves nothing behind.
//!
//! An ordinary user with a session daemon does it, with an emulated machine, which takes no KVM.

mod trials;

use std::process::ExitCode;
use std::sync::Mutex;

use domain_definitions::troubles::TROUBLES;
use domain_definitions::{Connection, Definition};
use host::tried::small;
use host::{Fault, Release, User, recipe};
use libtest_mimic::{Arguments, Trial};
use trials::completion;

/// How each message comes about: what a shell does after the machine `Linux`, which is off, and its disk have been made; or why that
/// cannot be done here.
const PROVOKED: [(&str, Result<&str, &str>); 20] = [
    (
        "Cannot access storage file",
        Ok("virsh change-media Linux sdb --insert $HOME/nothing.iso; virsh start --paused Linux"),
    ),
    ("already exists with uuid", Ok("virsh define machine.xml")),
    ("failed to get domain", Ok("virsh start Minix")),
    ("no polkit agent available to authenticate action 'org.libvirt.unix.manage'", Err("a session asks nobody")),
    ("exists already", Ok("virsh vol-create-as default linux.qcow2 1G --format qcow2")),
    ("Storage volume not found", Ok("virsh vol-delete linux.qcow2 default; virsh start --paused Linux")),
    (
        "Image is not in qcow2 format",
        Ok("truncate --size 0 $DISK; truncate --size 1G $DISK; virsh start --paused Linux"),
    ),
    ("Failed to get \"write\" lock", Ok("virsh start --paused Linux; virsh vol-resize linux.qcow2 99G --pool default")),
    ("Can't shrink capacity", Ok("virsh vol-resize linux.qcow2 1G --pool default")),
    (
        "The display backend does not have OpenGL support enabled",
        Ok("virt-xml Linux --edit --video model.acceleration.accel3d=yes; virsh start --paused Linux"),
    ),
    ("CPU topology doesn't match maximum vcpu count", Ok("virt-xml Linux --edit --vcpus 6")),
    ("firmware type 'bios' does not support nvram", Ok("virt-xml Linux --edit --boot firmware=bios")),
    (
        "failed to communicate with bridge helper",
        Ok("virt-xml Linux --edit --network bridge=br0; virsh start --paused Linux"),
    ),
    ("(hv-tlbflush-ext) is not supported by kernel", Err("it takes KVM on a kernel before 6.2")),
    ("failed to set MSR", Err("it takes a KVM that refuses what it offers")),
    (
        "internal snapshots of a VM with pflash based firmware",
        Ok("virsh start --paused Linux; virsh snapshot-create-as Linux one"),
    ),
    ("virgl is not yet migratable", Err("there is no 3D without a GPU")),
    ("cannot undefine domain with nvram", Ok("virsh start --paused Linux; virsh destroy Linux; virsh undefine Linux")),
    ("cannot delete inactive domain with", Ok("virsh snapshot-create-as Linux one; virsh undefine Linux --nvram")),
    (
        "Refusing to undefine while domain managed save image exists",
        Ok("virsh start --paused Linux; virsh managedsave Linux; virsh undefine Linux --nvram"),
    ),
];

/// Makes the machine and its disk, and removes what an earlier provocation has left of them.
const ANEW: &str = "destroy Linux; REMOVE; pool-refresh default; vol-delete linux.qcow2 default; \
                    vol-create-as default linux.qcow2 64G --format qcow2; define machine.xml";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("every message has a way to provoke it, or a reason why not", || {
            let records: Vec<_> = TROUBLES.iter().map(|trouble| trouble.said[0]).collect();
            let provoked: Vec<_> = PROVOKED.iter().map(|(said, _)| *said).collect();
            if records == provoked { Ok(()) } else { Err(format!("{records:#?}\n{provoked:#?}").into()) }
        }),
        Trial::ignorable_test("removing a machine leaves nothing of it", || completion(nothing_is_left())),
    ];
    for (said, provocation) in PROVOKED {
        if let Ok(commands) = provocation {
            trials
                .push(Trial::ignorable_test(format!("provoked: {said}"), move || completion(is_said(said, commands))));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    // The user's daemon ends with it.
    drop(PLACE.lock().map(|mut place| place.take()));
    conclusion.exit_code()
}

/// A user with a pool, for one provocation after the other; or why there is none.
static PLACE: Mutex<Option<Result<User, String>>> = Mutex::new(None);

fn place() -> Result<User, Fault> {
    let user = User::new()?;
    user.emulating_session()?;
    let definition = Definition::find("session/linux-2d.xml").ok_or("there is no such definition")?;
    user.prepare(Connection::Session, &[])?;
    user.file("machine.xml", &small(&definition, Release::here().numbers)?.text)?;
    Ok(user)
}

/// What is printed when a shell runs some commands, whatever becomes of them, after the machine has been made anew.
fn printed(commands: &str) -> Result<String, Fault> {
    let mut user = PLACE.lock().map_err(|error| error.to_string())?;
    let user = user.get_or_insert_with(|| place().map_err(|fault| fault.what().to_owned()));
    let user = user.as_ref().map_err(|what| Fault::Missing(what.clone()))?;
    let anew = ANEW.replace("REMOVE", &recipe::remove("Linux")?);
    let commands = format!("cd $HOME; virsh \"{anew}\" >anew 2>&1 || cat anew; {{ {commands}; }} 2>&1");
    let mut shell = user.command("sh");
    shell.env("LIBVIRT_DEFAULT_URI", "qemu:///session").env("DISK", user.path("pool/linux.qcow2"));
    let output = shell.args(["-c", &commands]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn is_said(first: &str, commands: &str) -> Result<(), Fault> {
    // Releases say it in different words.
    let said = TROUBLES.iter().find(|trouble| trouble.said[0] == first).ok_or("there is no such record")?.said;
    let answer = printed(commands)?;
    if said.iter().any(|words| answer.contains(words)) {
        return Ok(());
    }
    if answer.contains("virt-xml: not found") {
        return Err(Fault::Missing("there is no virt-xml (package virtinst)".to_owned()));
    }
    Err(format!("{commands}\nshould lead to {said:?}, but led to\n{answer}").into())
}

/// A machine with a TPM, firmware variables, a snapshot and a saved state: removed in one command, with all that libvirt keeps.
fn nothing_is_left() -> Result<(), Fault> {
    let remove = recipe::remove("Linux")?;
    let kept = "cd $HOME/.config/libvirt/qemu; find nvram save snapshot swtpm -type f | sed 's/^/kept: /'";
    let lived = "virsh start --paused Linux; virsh destroy Linux; virsh snapshot-create-as Linux one; \
                 virsh start --paused Linux; virsh managedsave Linux";
    let answer = printed(&format!("{lived}; {kept}; virsh {remove}; echo REMOVED; virsh list --all --name; {kept}"))?;
    let (before, after) = answer.split_once("REMOVED\n").ok_or("the shell has not come to its end")?;
    for folder in ["nvram", "save", "snapshot", "swtpm"] {
        if !before.contains(&format!("kept: {folder}/")) {
            return Err(format!("the machine had nothing in {folder}, so that nothing is shown:\n{before}").into());
        }
    }
    if after.trim().is_empty() { Ok(()) } else { Err(format!("virsh {remove} leaves\n{after}").into()) }
}
