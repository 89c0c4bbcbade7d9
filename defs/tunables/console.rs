//! The text console of machines without a screen.

use crate::connection::BOTH;
use crate::domain::{ConsoleType, Serial};
use crate::observations::sees_word;
use crate::topics;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since};

/// The console of the images that distributions make for clouds.
pub static SERIAL: Tunable = Tunable {
    topic: &topics::SERIAL_CONSOLE,
    cell: Cell::Has,
    at: "devices/serial",
    why: "A serial port for `virsh console`: ttyS0, where cloud images let you log in. Firmware, boot loader and kernel \
          write there as well, so it shows all that a screen would, and works before there is a network.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Serial port (no release named); `console=ttyS0` on the kernel's command line in the \
             images of Debian, Ubuntu and Fedora",
    connections: BOTH,
    needs: &[],
    seen: &[sees_word("serial", "ttyS0")],
    apply: |domain, _| domain.devices.serials.push(Serial { kind: ConsoleType::Pty }),
};
