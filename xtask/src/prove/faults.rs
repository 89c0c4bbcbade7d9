//! What happens when something is missing or breaks: libvirt says what the README says it does, and nothing is lost.

use std::fmt::Write as _;
use std::sync::Arc;

use domain_definitions::{Connection, Definition, Need, needs};
use host::{Fault, Release};

use super::Trial;
use super::ground::Ground;
use super::machine::printed;
use super::stage::Stage;

/// Something that a host can lack: what, whose definition misses it, and how it is taken away (by root, in a host of its own).
struct Lack {
    need: &'static Need,
    path: &'static str,
    take: &'static str,
}

/// A program that is there and cannot be run counts as missing.
const LACKS: [Lack; 7] = [
    Lack {
        need: &needs::POOL,
        path: "session/linux-portable.xml",
        take: "virsh -c $URI pool-destroy default; virsh -c $URI pool-undefine default",
    },
    Lack { need: &needs::SWTPM, path: "session/windows.xml", take: "hide swtpm" },
    Lack { need: &needs::PASST, path: "session/windows-latest.xml", take: "hide passt" },
    Lack {
        need: &needs::RENDER_NODE,
        path: "session/linux.xml",
        take: "[ ! -e /dev/dri ] || mount -t tmpfs tmpfs /dev/dri",
    },
    Lack { need: &needs::IMAGE, path: "system/linux-portable.xml", take: "rm /var/lib/libvirt/images/linux.qcow2" },
    Lack { need: &needs::NETWORK, path: "system/linux-portable.xml", take: "virsh -c $URI net-destroy default" },
    Lack { need: &needs::SHARE, path: "system/windows.xml", take: "rmdir /var/lib/libvirt/share" },
];

/// How root takes things away.
const HIDE: &str = r#"hide() { file=$(command -v "$1"); touch /run/nothing; mount --bind /run/nothing "$file"; }; "#;

/// The trials.
pub fn trials(ground: &Ground) -> Vec<Trial> {
    let Some(here) = ground.releases.first() else { return Vec::new() };
    let named = |what: &str| format!("{what} on {}", here.name());
    let with = |run: fn(&Release, &std::path::Path) -> Result<(), Fault>| {
        let (release, image) = (Arc::new(here.clone()), ground.image.clone());
        move |_: &std::path::Path| run(&release, image.as_ref().map_err(|why| Fault::Missing(why.clone()))?)
    };
    let mut trials: Vec<_> = LACKS
        .iter()
        .map(|lack| {
            let (release, image) = (Arc::new(here.clone()), ground.image.clone());
            Trial::one(named(&format!("{} without {}", lack.path, lack.need.what)), None, move |_| {
                lacks(&release, image.as_ref().map_err(|why| Fault::Missing(why.clone()))?, lack)
            })
        })
        .collect();
    trials.push(Trial::one(named("a machine outlives its daemon"), None, with(daemon_is_killed)));
    trials.push(Trial::one(named("a full disk stops the guest, and room lets it go on"), None, with(disk_is_full)));
    trials
}

fn definition(path: &str) -> Result<Definition, Fault> {
    let found = Definition::all().find(|definition| definition.path() == path);
    found.ok_or_else(|| Fault::Wrong(format!("there is no {path}")))
}

/// Without it, the machine is refused with the words that the README has, and is there still.
fn lacks(release: &Release, image: &std::path::Path, lack: &Lack) -> Result<(), Fault> {
    let definition = definition(lack.path)?;
    let stage = Stage::new(release, definition, false, image)?;
    // As the file stands, but for emulation; what is looked for here is what a user sees.
    let text = definition.xml().map_err(|error| error.to_string())?;
    let file = stage.user().file("whole.xml", &text.replacen("<domain type=\"kvm\">", "<domain type=\"qemu\">", 1));
    let root = stage.host().administrator();
    let take = |commands: &str| -> Result<String, Fault> {
        let uri = definition.uri();
        let mut user = match definition.connection {
            Connection::Session if commands.contains("$URI") => stage.user().command("sh"),
            _ => root.command("sh"),
        };
        printed(user.env("URI", uri).args(["-euc", &format!("{HIDE}{commands}")]))
    };
    take(lack.take)?;
    let name = definition.guest.name;
    let mut said = String::new();
    for command in [format!("define --validate {file}"), format!("start --paused {name}")] {
        match stage.virsh(&command) {
            Ok(_) => {}
            Err(fault) => writeln!(said, "{}", fault.what()).unwrap_or_default(),
        }
    }
    if said.contains(lack.need.error) {
        return Ok(());
    }
    let expected = lack.need.error;
    Err(Fault::Wrong(format!("libvirt should say {expected:?} without {}, and says: {said:?}", lack.need.what)))
}

/// The daemon is killed while the machine runs: it goes on, and a new daemon knows it.
fn daemon_is_killed(release: &Release, image: &std::path::Path) -> Result<(), Fault> {
    for path in ["session/linux-portable.xml", "system/linux-portable.xml"] {
        let definition = definition(path)?;
        let stage = Stage::new(release, definition, false, image)?;
        let name = definition.guest.name;
        stage.virsh(&format!("define --validate {}", stage.file))?;
        stage.virsh(&format!("start {name}"))?;
        let before = stage.virsh(&format!("domid {name}"))?;
        let again = match definition.connection {
            // virsh starts a session's daemon by itself.
            Connection::Session => "pkill -KILL -x libvirtd",
            Connection::System => "pkill -KILL -x libvirtd; sleep 1; rm -f /run/libvirtd.pid; libvirtd --daemon",
        };
        printed(stage.host().administrator().command("sh").args(["-c", again]))?;
        let now = stage.virsh(&format!("domstate {name}"))?;
        let after = stage.virsh(&format!("domid {name}"))?;
        if now.trim() != "running" || before != after {
            return Err(Fault::Wrong(format!("{path}: after its daemon was killed, it is {:?}", now.trim())));
        }
        stage.virsh(&format!("destroy {name}; undefine {name} --nvram"))?;
    }
    Ok(())
}

/// The disk that the image is on gets full while the guest writes: the machine stops with a reason, and goes on once there is
/// room.
fn disk_is_full(release: &Release, image: &std::path::Path) -> Result<(), Fault> {
    let definition = definition("session/linux-portable.xml")?;
    let stage = Stage::new(release, definition, false, image)?;
    let pool = stage.user().path("pool");
    let root = |commands: String| printed(stage.host().administrator().command("sh").args(["-euc", &commands]));
    root(format!("rm {pool}/*; mount -t tmpfs -o size=4m,mode=777 tmpfs {pool}"))?;
    stage.virsh("pool-refresh default")?;
    stage.disk()?;
    stage.virsh(&format!("define --validate {}", stage.file))?;
    stage.insert()?;
    let mut machine = stage.machine()?;
    machine.start()?;
    machine.up()?;
    machine.begin_install()?;
    let stopped = machine.waits_for("domstate --reason {}", |said| said.starts_with("paused"))?;
    if !stopped.contains("I/O error") {
        return Err(Fault::Wrong(format!("on a full disk, it is {:?}", stopped.trim())));
    }
    root(format!("mount -o remount,size=1g {pool}"))?;
    machine.virsh("resume {}")?;
    machine.installed()
}
