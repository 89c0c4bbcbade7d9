//! Talks to the host on the console: each line that the host sends gets a line in answer.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::thread;
use std::time::Duration;

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::words::{INSTALL, INSTALLED, REPORT, TELL};
use crate::{install, power, report};

const CONSOLE: &str = "/dev/hvc0";

/// Whether the machine has a virtio console.
pub fn is_there() -> bool {
    std::fs::exists("/sys/class/tty/hvc0").unwrap_or(false)
}

/// Reports, then answers for as long as the machine runs.
pub fn talk() {
    if !is_there() {
        return;
    }
    let mut greeting = Some(format!("{REPORT}{}", report::all()));
    loop {
        // The host may not have opened it yet.
        let _ = OpenOptions::new().read(true).write(true).open(CONSOLE).and_then(|file| answer(file, &mut greeting));
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
