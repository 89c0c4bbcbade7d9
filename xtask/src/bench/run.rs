//! Measures one machine: starts it on a private host, has its guest do the works, and counts.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::{Duration, Instant};

use domain_definitions::Connection;
use domain_definitions::platforms::Hypervisor;
use host::command::printed;
use host::work::{self, ANSWERS, ANSWERS_SIZE, AREA, AREA_SIZE, BEGIN, DISK_SIZE, ORDERS, What};
use host::{Fault, PrivateHost, User};
use roxmltree::Document;
use serde::Serialize;
use tempfile::TempDir;

use super::answers::{self, Answer};
use super::fit::{self, Fit, NAME};
use super::pipe::Pipe;
use super::times::{self, Times};
use super::trace::{Counts, EVENTS, Event};
use crate::prove::liveness::Liveness;
use crate::prove::service::Service;

/// How long firmware may take, which is a minute in an emulated machine on a busy host.
const FIRMWARE: Duration = Duration::from_secs(180);
/// How long nothing may happen after that.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long one machine may take.
const WHOLE: Duration = Duration::from_secs(900);
/// How often QEMU is looked at while nothing happens.
const LOOK: Duration = Duration::from_secs(3);
/// How far apart movements of the pointer are, so that the guest sees each.
const BETWEEN: Duration = Duration::from_millis(30);

/// What was seen of a machine.
#[derive(Debug, Default, Serialize)]
pub struct Seen {
    /// In which it differs from what it was made of.
    pub edits: Vec<String>,
    /// Register accesses, by work and region.
    pub accesses: Counts,
    /// Accesses to polled registers, which are not among them.
    pub polled: BTreeMap<&'static str, u64>,
    /// What the guest saw, by work.
    pub answers: BTreeMap<String, Answer>,
    /// What the guest could not do, and why.
    pub failed: BTreeMap<String, String>,
    /// Memory of QEMU at the end of the idle time, in MiB.
    pub resident: Option<u64>,
    /// What came back of what was freed, by work, in MiB.
    pub returned: BTreeMap<&'static str, u64>,
    /// Whether the firmware ran a second time.
    pub started_again: bool,
    /// What only KVM can give.
    pub times: Option<Times>,
}

impl Seen {
    /// Drops what is chance, and says so.
    fn drop_chance(&mut self, fit: &Fit) {
        if fit.tablets > 1 {
            let why = "it has two tablets, and the one that started last moves, which is chance";
            self.accesses.remove("pointer");
            self.answers.remove("pointer");
            self.failed.insert("pointer".to_owned(), why.to_owned());
        }
    }
}

/// A disk with the guest and what it is to do, which every machine gets a copy of.
pub struct Disk {
    _folder: TempDir,
    image: PathBuf,
}

impl Disk {
    /// Makes it from the guest's medium.
    ///
    /// # Errors
    ///
    /// When there is no room, or no `qemu-img`.
    pub fn new(medium: &Path) -> Result<Disk, Fault> {
        let folder = tempfile::Builder::new().prefix(host::PREFIX).tempdir()?;
        let (raw, image) = (folder.path().join("disk.img"), folder.path().join("disk.qcow2"));
        fs::copy(medium, &raw).map_err(Fault::at(medium))?;
        let file = fs::OpenOptions::new().write(true).open(&raw)?;
        file.set_len(DISK_SIZE)?;
        let names: Vec<_> = work::WORKS.iter().map(|work| work.name).collect();
        file.write_all_at(format!("{BEGIN}\n{}\n", names.join("\n")).as_bytes(), ORDERS)?;
        // What is trimmed must be there first.
        let block = vec![0x5a; 1 << 20];
        for at in (AREA..AREA + AREA_SIZE).step_by(block.len()) {
            file.write_all_at(&block, at)?;
        }
        let mut convert = Command::new("qemu-img");
        printed("qemu-img", convert.args(["convert", "-f", "raw", "-O", "qcow2"]).args([&raw, &image]))?;
        fs::remove_file(raw)?;
        Ok(Disk { _folder: folder, image })
    }
}

/// Measures a machine.
///
/// # Errors
///
/// When libvirt refuses it, its guest does not come as far as it should in time, or QEMU hangs.
pub fn measured(text: &str, disk: &Disk, host: fit::Host, keep: &Path) -> Result<Seen, Fault> {
    let place = PrivateHost::new(None, host.connection)?;
    let _service = Service::start(&place)?;
    let (user, uri) = (place.user(host.connection), Hypervisor::Qemu.uri(host.connection));
    let image = user.folder_outside().join("disk.qcow2");
    fs::copy(&disk.image, &image).map_err(Fault::at(&image))?;
    user.own_home().give("disk.qcow2".as_ref())?;
    let labels = match host.connection {
        Connection::Session => String::new(),
        Connection::System => {
            user.prepare(host.connection, &[])?;
            unconfined(&user.asked(uri, "capabilities")?)
        }
    };
    let fit = fit::fitted(text, &user.path("disk.qcow2"), &labels, host)?;
    let mut machine = Machine { place: &place, user, uri, fit: &fit, image, pipe: Pipe::new(user)? };
    let run = machine.run(host.kvm);
    let mut seen = run.inspect_err(|_| {
        machine.save_to(keep);
        machine.end();
    })?;
    let counter = machine.pipe.counted();
    (seen.accesses, seen.polled, seen.edits) = (counter.counts(), counter.polled(), fit.edits.clone());
    seen.drop_chance(&fit);
    Ok(seen)
}

/// Labels with which the system's QEMU may write its trace to a home, given what libvirt says of itself: it is root, and not
/// confined by any other model.
fn unconfined(capabilities: &str) -> String {
    let document = Document::parse(capabilities);
    let nodes = document.iter().flat_map(Document::descendants).filter(|node| node.has_tag_name("secmodel"));
    let models = nodes.flat_map(|node| node.children()).filter(|node| node.has_tag_name("model"));
    let label = |model: &str| match model {
        "dac" => "<seclabel type='static' model='dac' relabel='no'><label>+0:+0</label></seclabel>".to_owned(),
        model => format!("<seclabel type='none' model='{model}'/>"),
    };
    models.filter_map(|model| Some(label(model.text()?))).collect()
}

/// A machine that is measured.
struct Machine<'a> {
    place: &'a PrivateHost,
    user: &'a User,
    /// The libvirt that it is on.
    uri: &'static str,
    fit: &'a Fit,
    /// The image of its disk, as this machine sees it.
    image: PathBuf,
    pipe: Pipe,
}

impl Machine<'_> {
    fn virsh(&self, commands: &str) -> Result<String, Fault> {
        self.user.virsh(self.uri, commands)
    }

    /// KVM's counts of each of its processors.
    fn stats(&self) -> String {
        self.virsh(&format!("domstats {NAME} --vcpu")).unwrap_or_default()
    }

    fn run(&mut self, kvm: bool) -> Result<Seen, Fault> {
        let file = self.user.file("definition.xml", &self.fit.text)?;
        self.virsh(&format!("define --validate {file}"))?;
        self.virsh(&format!("start --paused {NAME}"))?;
        let monitor = |command: &str| format!("qemu-monitor-command {NAME} --hmp \"{command}\"");
        self.virsh(&monitor(&format!("logfile {}", self.pipe.path)))?;
        self.virsh(&monitor(&format!("log {EVENTS}")))?;
        self.virsh(&format!("resume {NAME}"))?;
        let mut seen = Seen::default();
        self.watch(&mut seen, kvm)?;
        // It has nothing more to do; one that does not start again is off already.
        let _ = self.virsh(&format!("destroy {NAME}"));
        for (name, answer) in answers::parsed(&self.answers()?) {
            match answer {
                Ok(answer) => drop(seen.answers.insert(name, answer)),
                Err(why) => drop(seen.failed.insert(name, why)),
            }
        }
        if seen.answers.is_empty() { Err("the guest did none of its works".into()) } else { Ok(seen) }
    }

    /// Waits until all is done, and looks at QEMU when it is time to.
    fn watch(&mut self, seen: &mut Seen, kvm: bool) -> Result<(), Fault> {
        let (begun, mut last, mut liveness) = (Instant::now(), Instant::now(), Liveness::of(self.user));
        let (mut what, mut patience) = ("its firmware".to_owned(), FIRMWARE);
        let (mut before, mut times, mut is_done) = (0, None, false);
        loop {
            let event = match self.pipe.events.recv_timeout(LOOK) {
                Ok(event) => event,
                Err(RecvTimeoutError::Disconnected) => return Err("nobody reads QEMU's trace any more".into()),
                Err(RecvTimeoutError::Timeout) => {
                    // First of all: what is off does nothing either.
                    if self.is_off() {
                        return if is_done { Ok(()) } else { Err(format!("it went off during {what}").into()) };
                    }
                    if let Some(fault) = liveness.fault() {
                        return Err(format!("{fault}, during {what}").into());
                    }
                    if last.elapsed() > patience || begun.elapsed() > WHOLE {
                        return Err(format!("its guest did not come to the end of {what} in time").into());
                    }
                    continue;
                }
            };
            (last, patience) = (Instant::now(), PATIENCE);
            match event {
                Event::Part(part) => part.clone_into(&mut what),
                Event::Begins(work) => {
                    work.clone_into(&mut what);
                    match work {
                        "idle" if kvm => times = Some(times::begin(self.place, &self.stats())),
                        "pointer" => self.move_pointer(),
                        "space" => before = self.blocks(),
                        _ => {}
                    }
                }
                Event::Ends("idle") => seen.resident = Some(self.resident()),
                Event::Ends("memory") => drop(seen.returned.insert("memory", before.saturating_sub(self.resident()))),
                Event::Ends("space") => drop(seen.returned.insert("space", before.saturating_sub(self.blocks()))),
                Event::Ends(work) => what = format!("what follows {work}"),
                Event::Frees => before = self.resident(),
                Event::Done => {
                    seen.times = times.take().map(|begin| times::end(self.place, &self.stats(), &begin));
                    // Some machines are made to go off instead.
                    "its second start".clone_into(&mut what);
                    (is_done, patience) = (true, FIRMWARE);
                    self.virsh(&format!("reset {NAME}"))?;
                }
                Event::Second => {
                    seen.started_again = true;
                    return Ok(());
                }
            }
        }
    }

    fn is_off(&self) -> bool {
        self.virsh(&format!("domstate {NAME}")).is_ok_and(|state| state.trim() == "shut off")
    }

    /// The memory that QEMU has, in MiB.
    fn resident(&self) -> u64 {
        let sum = "awk '/^Name:/ { is = $2 ~ /^qemu-system/ } is && /^VmRSS:/ { sum += $2 } END { print sum + 0 }' \
                   /proc/[0-9]*/status 2>/dev/null";
        let said = self.user.command("sh").args(["-c", sum]).output().map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&said).trim().parse::<u64>().unwrap_or(0) >> 10
    }

    /// What the disk's image takes of the host's, in MiB.
    fn blocks(&self) -> u64 {
        fs::metadata(&self.image).map_or(0, |metadata| metadata.blocks() * 512) >> 20
    }

    /// Moves the pointer as often as the guest expects, beside everything else. Whatever happens, that ends with the host.
    fn move_pointer(&self) {
        let count = work::WORKS.iter().find_map(|work| match work.what {
            What::Pointer(count) => Some(count),
            _ => None,
        });
        let has_tablet = self.fit.tablets > 0;
        let mut virsh = self.user.command("virsh");
        virsh
            .args(["--quiet", "--connect", self.uri])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        thread::spawn(move || {
            let Ok(mut virsh) = virsh.spawn() else { return };
            let mut input = virsh.stdin.take();
            for number in 0..count.unwrap_or(0) {
                let Some(input) = &mut input else { break };
                if writeln!(input, "qemu-monitor-command {NAME} '{}'", movement(has_tablet, number)).is_err() {
                    break;
                }
                thread::sleep(BETWEEN);
            }
            drop(input);
            let _ = virsh.wait();
        });
    }

    /// What the guest has written of its works.
    fn answers(&self) -> Result<String, Fault> {
        let part = self.user.folder_outside().join("answers");
        // Not `qemu-img dd`: with a count, QEMU 10.0 skips nothing beyond it.
        let image = format!(
            "driver=raw,offset={ANSWERS},size={ANSWERS_SIZE},file.driver=qcow2,file.file.driver=file,file.file.filename={}",
            self.image.display()
        );
        let mut convert = Command::new("qemu-img");
        printed("qemu-img", convert.args(["convert", "--image-opts", "-O", "raw", &image]).arg(&part))?;
        Ok(String::from_utf8_lossy(&fs::read(&part).map_err(Fault::at(&part))?).into_owned())
    }

    /// What virsh says, if that comes in time: a QEMU that hangs never answers.
    fn ask(&self, words: &[&str]) -> Option<Vec<u8>> {
        let mut virsh = self.user.command("timeout");
        virsh.args(["20", "virsh", "--connect", self.uri]).args(words).output().ok().map(|output| output.stdout)
    }

    /// Ends it, whatever it does.
    fn end(&self) {
        self.ask(&["destroy", NAME]);
    }

    /// Copies what is worth looking at after a failure, with what was counted so far.
    fn save_to(&self, folder: &Path) {
        let _ = fs::create_dir_all(folder);
        let _ = fs::write(folder.join("definition.xml"), &self.fit.text);
        let _ = fs::write(folder.join("accesses.json"), format!("{:#}\n", serde_json::json!(self.pipe.so_far())));
        if let Some(registers) = self.ask(&["qemu-monitor-command", NAME, "--hmp", "info registers -a"]) {
            let _ = fs::write(folder.join("registers.txt"), registers);
        }
        let _ = self.ask(&["screenshot", NAME, &self.user.path("screen.png")]);
        let screen = self.user.folder_outside().join("screen.png");
        let _ = fs::copy(screen, folder.join("screen.png"));
        let show = format!("cd; cat .cache/libvirt/qemu/log/{NAME}.log /var/log/libvirt/qemu/{NAME}.log");
        let log = self.user.command("sh").current_dir("/").args(["-c", &show]).output();
        let _ = fs::write(folder.join("qemu.log"), log.map(|output| output.stdout).unwrap_or_default());
    }
}

/// A movement, as QEMU's monitor takes it.
fn movement(has_tablet: bool, number: u64) -> String {
    let (kind, value) = if has_tablet { ("abs", 1000 + number * 200) } else { ("rel", 1) };
    format!(
        r#"{{"execute":"input-send-event","arguments":{{"events":[{{"type":"{kind}","data":{{"axis":"x","value":{value}}}}}]}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_qemu_is_confined_by_no_model() {
        let said = "<capabilities><host><secmodel><model>apparmor</model><doi>0</doi></secmodel>\
                    <secmodel><model>dac</model></secmodel></host></capabilities>";
        let labels = unconfined(said);
        assert!(labels.starts_with("<seclabel type='none' model='apparmor'/><seclabel type='static' model='dac'"));
        assert_eq!(labels.matches("<seclabel ").count(), 2);
    }

    #[test]
    fn which_of_two_tablets_moves_is_no_number() {
        let kept = |tablets| {
            let mut seen = Seen::default();
            let answer = Answer { seconds: 1.0, interrupts: 1, kicks: 1 };
            let works = work::WORKS.into_iter().filter(|work| matches!(work.what, What::Pointer(_) | What::Idle(_)));
            seen.answers.extend(works.map(|work| (work.name.to_owned(), answer)));
            seen.accesses.insert("pointer", BTreeMap::default());
            seen.drop_chance(&Fit { text: String::new(), edits: Vec::new(), tablets });
            (seen.answers.len(), seen.accesses.len(), seen.failed.len())
        };
        assert_eq!(kept(1), (2, 1, 0));
        assert_eq!(kept(2), (1, 0, 1));
    }

    #[test]
    fn each_movement_of_a_tablet_is_to_another_place() {
        let places: std::collections::BTreeSet<_> = (0..100).map(|number| movement(true, number)).collect();
        assert_eq!(places.len(), 100);
        for text in [movement(true, 3), movement(false, 3)] {
            let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(parsed["execute"], "input-send-event");
        }
    }
}
