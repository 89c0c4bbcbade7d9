//! What happens when something is missing or breaks: libvirt says what the page on trouble quotes, and nothing is lost.

use std::fmt::Write as _;

use constcat::concat;
use domain_definitions::host::{SHARE, SYSTEM_POOL};
use domain_definitions::{Connection, Definition, HostRequirement, needs};
use host::Fault;
use host::command::printed;
use host::tried::without_kvm;

use super::environment::Environment;
use super::test_host::{TestHost, place};
use super::trial::Trial;

/// Something that a host can lack, a definition that needs it, and the commands by which root takes it away on a private
/// host.
struct Lacking {
    need: &'static HostRequirement,
    path: &'static str,
    remove: &'static str,
}

/// A program that cannot be run counts as missing.
const LACKING: [Lacking; 7] = [
    Lacking {
        need: &needs::POOL,
        path: "session/linux-portable.xml",
        remove: "virsh -c $URI pool-destroy default; virsh -c $URI pool-undefine default",
    },
    Lacking { need: &needs::SWTPM, path: "session/windows.xml", remove: "hide swtpm" },
    Lacking { need: &needs::PASST, path: "session/windows-latest.xml", remove: "hide passt" },
    Lacking {
        need: &needs::RENDER_NODE,
        path: "session/linux.xml",
        remove: "[ ! -e /dev/dri ] || mount -t tmpfs tmpfs /dev/dri",
    },
    Lacking {
        need: &needs::IMAGE,
        path: "system/linux-portable.xml",
        remove: concat!("rm ", SYSTEM_POOL, "/linux.qcow2"),
    },
    Lacking { need: &needs::NETWORK, path: "system/linux-portable.xml", remove: "virsh -c $URI net-destroy default" },
    Lacking { need: &needs::SHARE, path: "system/windows.xml", remove: concat!("rmdir ", SHARE) },
];

/// Hides a program.
const HIDE: &str = r#"hide() { file=$(command -v "$1"); touch /run/nothing; mount --bind /run/nothing "$file"; }; "#;

/// The trials.
pub fn trials() -> Vec<Trial> {
    let named = |what: &str| format!("{what} on {}", place(None));
    let mut trials: Vec<_> = LACKING
        .iter()
        .map(|lacking| {
            let name = named(&format!("{} without {}", lacking.path, lacking.need.what));
            Trial::here(name, None, move |host, _| lacks(host, lacking))
        })
        .collect();
    let trial =
        |what: &str, run: fn(&TestHost) -> Result<(), Fault>| Trial::here(named(what), None, move |host, _| run(host));
    trials.push(trial("a machine outlives its daemon", daemon_is_killed));
    trials.push(trial("a full disk pauses the guest, and more room resumes it", disk_is_full));
    trials
}

/// A prepared host, on which the definition of a file is emulated.
fn environment(host: &TestHost, path: &str) -> Result<(Environment, Definition), Fault> {
    let definition = Definition::find(path).ok_or_else(|| format!("there is no {path}"))?;
    Ok((Environment::new(host.release(None)?, definition, false, host.image(&definition)?)?, definition))
}

/// Without what it needs, the machine is refused with the message that the page on trouble quotes.
fn lacks(host: &TestHost, lacking: &Lacking) -> Result<(), Fault> {
    let (environment, definition) = environment(host, lacking.path)?;
    let file = environment.user().file("whole.xml", &without_kvm(&definition)?.text)?;
    let mut user = match definition.connection {
        Connection::Session if lacking.remove.contains("$URI") => environment.user().command("sh"),
        _ => environment.host().administrator().command("sh"),
    };
    let remove = format!("{HIDE}{}", lacking.remove);
    printed(lacking.remove, user.env("URI", definition.uri()).args(["-euc", &remove]))?;
    let mut said = String::new();
    for command in [format!("define --validate {file}"), format!("start --paused {}", definition.guest.name)] {
        if let Err(fault) = environment.virsh(&command) {
            writeln!(said, "{}", fault.what())?;
        }
    }
    let (need, what) = (lacking.need, lacking.need.what);
    if need.is_reported_in(&said) {
        return Ok(());
    }
    Err(format!("without {what}, libvirt should say one of {:?}; it says {said:?}", need.errors).into())
}

/// The daemon is killed while the machine runs: the machine goes on, and a new daemon knows it.
fn daemon_is_killed(host: &TestHost) -> Result<(), Fault> {
    for path in ["session/linux-portable.xml", "system/linux-portable.xml"] {
        let (environment, definition) = environment(host, path)?;
        let name = definition.guest.name;
        environment.virsh(&format!("define --validate {}", environment.file))?;
        environment.virsh(&format!("start {name}"))?;
        let before = environment.virsh(&format!("domid {name}"))?;
        let restart = match definition.connection {
            // virsh starts a session's daemon by itself.
            Connection::Session => "pkill -KILL -x libvirtd",
            Connection::System => "pkill -KILL -x libvirtd; sleep 1; rm -f /run/libvirtd.pid; libvirtd --daemon",
        };
        printed(restart, environment.host().administrator().command("sh").args(["-c", restart]))?;
        let now = environment.virsh(&format!("domstate {name}"))?;
        let after = environment.virsh(&format!("domid {name}"))?;
        if now.trim() != "running" || before != after {
            return Err(format!("{path}: after its daemon was killed, it is {:?}", now.trim()).into());
        }
        environment.virsh(&format!("destroy {name}; undefine {name} --nvram"))?;
    }
    Ok(())
}

/// The image's disk fills up while the guest writes: the machine stops with a reason, and goes on once there is room.
fn disk_is_full(host: &TestHost) -> Result<(), Fault> {
    let (environment, _) = environment(host, "session/linux-portable.xml")?;
    let pool = environment.user().path("pool");
    let root = |commands: String| {
        printed(&commands, environment.host().administrator().command("sh").args(["-euc", &commands]))
    };
    root(format!("rm {pool}/*; mount -t tmpfs -o size=4m,mode=777 tmpfs {pool}"))?;
    environment.virsh("pool-refresh default")?;
    environment.make_disk()?;
    environment.virsh(&format!("define --validate {}", environment.file))?;
    environment.insert()?;
    let mut machine = environment.machine()?;
    machine.start()?;
    machine.up()?;
    machine.begin_install()?;
    let stopped = machine.waits_for("domstate --reason {}", |said| said.starts_with("paused"))?;
    if !stopped.contains("I/O error") {
        return Err(format!("on a full disk, it is {:?}", stopped.trim()).into());
    }
    root(format!("mount -o remount,size=1g {pool}"))?;
    machine.virsh("resume {}")?;
    machine.installed()
}
