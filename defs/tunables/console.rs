//! Text consoles on a serial port.

use crate::connection::BOTH;
use crate::domain::{ConsoleType, Serial};
use crate::observations::sees_word;
use crate::topics;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since};

/// A text console for guests that boot without drivers for virtio.
pub static SERIAL: Tunable = Tunable {
    topic: &topics::SERIAL_CONSOLE,
    cell: Cell::Has,
    at: "devices/serial",
    why: "A serial port for `virsh console`, because boot loader and kernel of this guest do not write to a virtio \
          console. FreeBSD finds it by itself, OpenBSD at `set tty com0`, and Haiku's kernel writes its log there.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Serial port (no release named); FreeBSD's manual: loader.efi(8), which looks at \
             the firmware's consoles; OpenBSD's: boot(8); Haiku data/settings/kernel/drivers/kernel, serial_debug_output",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees_word("serial", "ttyS0")],
    apply: |domain, _| domain.devices.serials.push(Serial { kind: ConsoleType::Pty }),
};

/// The console of the images that distributions make for clouds.
pub static CLOUD: Tunable = Tunable {
    topic: &topics::SERIAL_CONSOLE,
    cell: Cell::Has,
    at: "devices/serial",
    why: "A serial port for `virsh console`: ttyS0, where cloud images let you log in. Firmware, boot loader and kernel \
          write there as well, so it shows all that a screen would, and works before there is a network.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Serial port (no release named); `console=ttyS0` on the kernel's command line in the \
             images of Debian, Ubuntu and Fedora",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees_word("serial", "ttyS0")],
    apply: |domain, _| domain.devices.serials.push(Serial { kind: ConsoleType::Pty }),
};
