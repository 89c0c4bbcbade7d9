//! A running machine moves from one libvirt daemon to another, and its guest goes on.

use std::process::{Child, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use domain_definitions::{Definition, Report};
use host::Fault;

use super::boots::{judge, shut_down, undefine};
use super::lives::same_guest;
use super::machine::printed;
use super::stage::Stage;

/// Where the guest's memory goes through.
const PORT: u16 = 49300;

/// Another session of the same user, as on another host: another host name and host UUID, another home at the same place; the
/// pool is shared, as storage between hosts is. Run by root on the first host, with the user's home as $1, and with how to
/// become that user behind it.
const OTHER: &str = r#"
home=$1 && shift
other=$home/other
hostname other.example
mkdir -p "$other/pool"
printf 'host_uuid = "4a1d5b1e-0000-4000-8000-0000000000aa"\n' >"$other/libvirtd.conf"
ln "$home/guest.iso" "$other/guest.iso"
chown -R --reference "$home" "$other"
mount --bind "$home/pool" "$other/pool"
mount --rbind "$other" "$home"
cd "$home"
exec "$@" env HOME="$home" XDG_RUNTIME_DIR="$home" libvirtd --timeout 3600 --config "$home/libvirtd.conf"
"#;

/// The other daemon.
struct Other(Child);

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Moves a session's machine while its guest runs.
///
/// # Errors
///
/// When it does not move, or its guest is not the one of before.
pub fn moves(stage: &Stage, definition: &Definition) -> Result<Report, Fault> {
    stage.install()?;
    let mut machine = stage.machine()?;
    stage.virsh(&format!("define --validate {}", stage.file))?;
    stage.insert()?;
    machine.start()?;
    let before = judge(stage, definition, machine.up()?)?;
    let (asked, since) = (machine.report()?, Instant::now());

    let home = stage.user().path("");
    let home = home.trim_end_matches('/');
    let mut other = stage.host().administrator().command("unshare");
    other.args(["--mount", "--uts", "--propagation", "private", "sh", "-euc", OTHER, "sh", home]);
    other.args(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
    let other = other.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _other = Other(other.map_err(|error| Fault::Missing(format!("a second daemon: {error}")))?);
    let there = format!("qemu+unix:///session?socket={home}/other/libvirt/libvirt-sock");
    answers(stage, &there)?;
    stage.user().virsh(&there, &format!("pool-define-as default dir --target {home}/pool; pool-start default"))?;

    let here = format!("qemu+unix:///session?socket={home}/libvirt/libvirt-sock");
    let name = machine.name;
    // What is shared by a mount of the same folder, libvirt takes for two disks of two hosts: hence `--unsafe`.
    stage.user().virsh(
        &here,
        &format!(
            "migrate --live --unsafe --persistent --undefinesource --migrateuri tcp://127.0.0.1:{PORT} {name} {there}"
        ),
    )?;
    if stage.virsh("list --all --name")?.contains(name) {
        return Err(Fault::Wrong("it has moved, and is still there".to_owned()));
    }
    let mut moved = stage.machine()?.at(there);
    moved.open()?;
    let after = moved.report()?;
    same_guest(&before, &after)?;
    clock_went_on(&asked, &after, since.elapsed())?;
    // Its old connection ended with the network stack of the first QEMU; it makes another.
    talks_again(stage)?;
    shut_down(&mut moved)?;
    undefine(&moved)?;
    Ok(before)
}

/// Waits until a daemon answers.
fn answers(stage: &Stage, uri: &str) -> Result<(), Fault> {
    let begun = Instant::now();
    loop {
        match printed(stage.user().command("virsh").args(["--connect", uri, "version"])) {
            Err(Fault::Wrong(_)) if begun.elapsed() < Duration::from_secs(60) => {
                thread::sleep(Duration::from_millis(500));
            }
            answer => return answer.map(drop),
        }
    }
}

/// Waits until the guest and the service on its host exchange a line.
fn talks_again(stage: &Stage) -> Result<(), Fault> {
    let (begun, before) = (Instant::now(), stage.echoes.load(Ordering::Relaxed));
    while stage.echoes.load(Ordering::Relaxed) == before {
        if begun.elapsed() > Duration::from_secs(60) {
            return Err(Fault::Wrong("its guest reaches no service on its host any more".to_owned()));
        }
        thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

/// A clock that stood still while the machine moved would be behind. What it shows is the guest's affair: a Linux takes the
/// local time that Windows expects for UTC.
fn clock_went_on(before: &Report, after: &Report, passed: Duration) -> Result<(), Fault> {
    let shown = |report: &Report| report.get("clock/now").and_then(|shown| shown.parse::<f64>().ok());
    match (shown(before), shown(after)) {
        (Some(before), Some(after)) if ((after - before) - passed.as_secs_f64()).abs() < 15.0 => Ok(()),
        (before, after) => {
            Err(Fault::Wrong(format!("its clock went from {before:?} to {after:?} in {} s", passed.as_secs_f64())))
        }
    }
}
