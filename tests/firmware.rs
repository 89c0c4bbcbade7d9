//! F2 at the firmware's logo opens its setup, with each release of OVMF at hand: on the portable files always, and beside a virtio
//! keyboard unless OVMF has the flaw that the keyboard's reason names.
//!
//! The machines are emulated, and the firmware writes to a serial port as well, which the files do not have.

mod trials;

use std::fs;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use domain_definitions::version::v;
use domain_definitions::{Connection, Definition, Version};
use host::command::printed;
use host::tried::small;
use host::{Fault, Release, User, lacking, too_old};
use libtest_mimic::{Arguments, Trial};
use trials::completion;

/// The OVMF that takes no hotkeys from a virtio keyboard: from the first with a driver for it to the last that was seen to be so.
const FLAWED: RangeInclusive<Version> = v(2025, 2, 0)..=v(2026, 8, 0);
/// One file for each build of OVMF: without and with Secure Boot.
const FILES: [&str; 2] = ["session/linux-portable.xml", "session/windows-portable.xml"];
/// Words of the setup's first page, and of the menu with the setup in it that OVMF 2026.08 has instead.
const SETUP: [&str; 2] = ["Select Language", "Please select boot device"];
/// What the firmware says when it goes on to boot from an empty disk.
const BOOTS: &str = "BdsDxe: failed to load";
/// How long it may take to say one or the other.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each is an emulated machine.
    arguments.test_threads.get_or_insert(2);
    let mut trials = Vec::new();
    for firmware in firmwares().into_iter().map(Arc::new) {
        for (path, keyboard) in FILES.map(|path| (path, false)).into_iter().chain([(FILES[0], true)]) {
            let with = if keyboard { " with a virtio keyboard" } else { "" };
            let (name, firmware) = (format!("F2 on {path}{with}, {}", firmware.name()), Arc::clone(&firmware));
            trials.push(Trial::ignorable_test(name, move || completion(check(&firmware, path, keyboard))));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A release of OVMF, with a libvirt and a QEMU that come with it.
struct Firmware {
    release: Release,
    /// Its number, or why that is not known.
    ovmf: Result<Version, Fault>,
}

impl Firmware {
    fn name(&self) -> String {
        self.ovmf.as_ref().map_or_else(|_| self.release.name(), |ovmf| format!("OVMF {ovmf}"))
    }
}

/// The releases of OVMF at hand, each once.
fn firmwares() -> Vec<Firmware> {
    let mut firmwares: Vec<Firmware> = Vec::new();
    for release in Release::every() {
        let ovmf = ovmf(&release);
        let known = |other: &Firmware| ovmf.is_ok() && other.ovmf.as_ref().ok() == ovmf.as_ref().ok();
        if !firmwares.iter().any(known) {
            firmwares.push(Firmware { release, ovmf });
        }
    }
    firmwares
}

fn check(Firmware { release, ovmf }: &Firmware, path: &str, keyboard: bool) -> Result<(), Fault> {
    let ovmf = ovmf.clone()?;
    let definition = Definition::find(path).ok_or("there is no such definition")?;
    too_old(release, &definition, Connection::Session)?;
    let user = User::of(release.root.as_deref(), true)?;
    user.emulating_session()?;
    user.prepare(Connection::Session, &[definition])?;
    let extra = if keyboard { "<input type='keyboard' bus='virtio'/>" } else { "" };
    let serial = format!("<serial type='file'><source path='{}'/></serial>", user.path("serial"));
    let text = small(&definition, release.numbers)?.text.replace("</devices>", &format!("{serial}{extra}</devices>"));
    // Long enough for the logo that no key misses it.
    let text = text.replace("</os>", "<bootmenu enable='yes' timeout='5000'/></os>");
    // With Secure Boot, all processors wait for each other at each of the firmware's steps.
    let text = text.replace(">4</vcpu>", ">1</vcpu>").replace("cores=\"4\"", "cores=\"1\"");
    let (file, name) = (user.file("machine.xml", &text)?, definition.guest.name);
    let virsh = |commands: &str| user.virsh(definition.uri(), commands);
    virsh(&format!("define --validate {file}; start {name}")).map_err(|fault| lacking(&definition, fault))?;
    let opened = opens(&user, || virsh(&format!("send-key {name} KEY_F2")));
    virsh(&format!("destroy {name}; undefine --nvram {name}"))?;
    let expected = !(keyboard && FLAWED.contains(&ovmf));
    match opened? {
        opened if opened == expected => Ok(()),
        true => Err(format!("F2 opens the setup of OVMF {ovmf}, which was thought to take no hotkeys").into()),
        false => Err(format!("F2 does not open the setup of OVMF {ovmf}").into()),
    }
}

/// Presses a key until the firmware opens its setup, or boots: whether it has opened its setup.
fn opens(user: &User, press: impl Fn() -> Result<String, Fault>) -> Result<bool, Fault> {
    let (log, begun) = (user.folder_outside().join("serial"), Instant::now());
    loop {
        let said = fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        // Once it has failed to boot, it opens the setup by itself.
        if said.contains(BOOTS) {
            return Ok(false);
        }
        if SETUP.iter().any(|words| said.contains(words)) {
            return Ok(true);
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("the firmware does neither after {PATIENCE:?}; it says {said:?}").into());
        }
        press()?;
        thread::sleep(Duration::from_millis(300));
    }
}

/// The OVMF of a release.
fn ovmf(release: &Release) -> Result<Version, Fault> {
    let user = User::of(release.root.as_deref(), true)?;
    let mut query = user.command("dpkg-query");
    query.args(["--show", "--showformat=${Version}", "ovmf"]);
    let said = printed("dpkg-query", &mut query).map_err(|fault| Fault::Missing(fault.what().to_owned()))?;
    Ok(said.split(['-', '+']).next().unwrap_or_default().parse()?)
}
