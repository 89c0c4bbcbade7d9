//! Talks to the host on the console, or on the serial port where there is none: each line that the host sends gets a line in
//! answer.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::words::{INSTALL, INSTALLED, REPORT, TELL};
use crate::{files, install, power, report};

/// The virtio console, if the machine has one.
pub fn virtio() -> Option<&'static str> {
    const CONSOLE: &str = "hvc0";
    std::fs::exists(format!("/sys/class/tty/{CONSOLE}")).is_ok_and(|is_there| is_there).then_some(CONSOLE)
}

/// The serial ports that are there: the kernel lists more, of an unknown type.
pub fn serial_ports() -> impl Iterator<Item = String> {
    let ports = files::list("/sys/class/tty").into_iter();
    ports.filter(|port| files::number(port.join("type")).is_some_and(|kind| kind != 0)).map(|port| files::name(&port))
}

/// Reports, then answers for as long as the machine runs.
pub fn talk() {
    let Some(console) = virtio().map(str::to_owned).or_else(|| serial_ports().next()) else { return };
    let console = Path::new("/dev").join(console);
    let mut greeting = Some(format!("{REPORT}{}", report::all()));
    loop {
        // The host may not have opened it yet.
        let _ = OpenOptions::new().read(true).write(true).open(&console).and_then(|file| answer(file, &mut greeting));
        thread::sleep(Duration::from_secs(1));
    }
}

fn answer(file: File, greeting: &mut Option<String>) -> std::io::Result<()> {
    // No echo, and no translation of line ends.
    let mut settings = tcgetattr(&file)?;
    settings.make_raw();
    tcsetattr(&file, OptionalActions::Now, &settings)?;
    let mut out = file.try_clone()?;
    if let Some(line) = greeting.take() {
        writeln!(out, "{line}")?;
    }
    for line in BufReader::new(file).lines() {
        match line?.trim() {
            TELL => writeln!(out, "{REPORT}{}", report::all())?,
            INSTALL => match install::run() {
                Ok(()) => writeln!(out, "{INSTALLED}")?,
                Err(why) => writeln!(out, "FAILED {why}")?,
            },
            "poweroff" => drop(power::off()),
            "" => (),
            other => writeln!(out, "UNKNOWN {other}")?,
        }
    }
    Ok(())
}
