//! Turning the machine off, on its own or at the press of its button.

use std::fs::File;
use std::io::Read as _;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use rustix::system::{RebootCommand, reboot as ask_kernel};

use crate::files;

/// `EV_KEY` and `KEY_POWER` of the kernel's input events.
const KEY_POWER: (u16, u16) = (1, 116);

/// Turns it off.
pub fn off() -> ExitCode {
    end(RebootCommand::PowerOff)
}

/// Starts it anew.
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

/// The power button's place among the input devices.
pub fn button() -> Option<String> {
    let inputs = files::list("/sys/class/input").into_iter();
    inputs
        .filter(|input| files::name(input).starts_with("event"))
        .find(|input| files::text(input.join("device/name")).as_deref() == Some("Power Button"))
        .map(|input| files::name(&input))
}

/// Waits until there is a button, and until it is pressed.
pub fn watch_button() {
    let mut event = [0; 24];
    loop {
        if let Some(mut events) = button().and_then(|name| File::open(format!("/dev/input/{name}")).ok()) {
            while events.read_exact(&mut event).is_ok() {
                let word = |at| u16::from_le_bytes([event[at], event[at + 1]]);
                // After the time, which takes 16 bytes: type, code, and a value that is 1 when pressed.
                if (word(16), word(18)) == KEY_POWER && word(20) == 1 {
                    off();
                }
            }
        }
        thread::sleep(Duration::from_millis(500));
    }
}
