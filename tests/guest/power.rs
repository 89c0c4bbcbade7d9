//! Turns the machine off, by itself or when its power button is pressed.

use std::fs::File;
use std::io::Read as _;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use rustix::system::{RebootCommand, reboot as ask_kernel};

use crate::files;

/// `EV_KEY` and `KEY_POWER` of the kernel's input events.
const KEY_POWER: (u16, u16) = (1, 116);

/// Turns the machine off.
pub fn off() -> ExitCode {
    end(RebootCommand::PowerOff)
}

/// Restarts the machine.
pub fn reboot() -> ExitCode {
    end(RebootCommand::Restart)
}

fn end(how: RebootCommand) -> ExitCode {
    rustix::fs::sync();
    match ask_kernel(how) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The power button's name among the input devices, e.g. `event0`.
pub fn button() -> Option<String> {
    let inputs = files::list("/sys/class/input").into_iter();
    inputs
        .filter(|input| files::name(input).starts_with("event"))
        .find(|input| files::text(input.join("device/name")).as_deref() == Some("Power Button"))
        .map(|input| files::name(&input))
}

/// Turns the machine off when its power button is pressed, if it has one.
pub fn watch_button() {
    let mut event = [0; 24];
    loop {
        if let Some(mut events) = button().and_then(|name| File::open(format!("/dev/input/{name}")).ok()) {
            while events.read_exact(&mut event).is_ok() {
                let word = |at| u16::from_le_bytes([event[at], event[at + 1]]);
                // After 16 bytes of time: type, code, and a value that is 1 for a press.
                if (word(16), word(18)) == KEY_POWER && word(20) == 1 {
                    off();
                }
            }
        }
        thread::sleep(Duration::from_millis(500));
    }
}
