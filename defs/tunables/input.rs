//! Pointer and keyboard.

use crate::connection::BOTH;
use crate::domain::{Input, InputBus, InputType};
use crate::sights::sees;
use crate::topics;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};

/// A pointer.
pub static TABLET: Tunable = Tunable {
    topic: &topics::VIRTIO_TABLET,
    cell: Cell::Has,
    at: "devices/input[@type=tablet]",
    why: "A pointer with absolute coordinates: it moves with the one on the host and is never captured by the \
          window. On virtio, without the emulation of USB in between. Until a guest has the driver, the PS/2 \
          mouse that libvirt adds works.",
    // libvirt docs/formatdomain.rst, input: bus virtio 1.3.0
    since: since(v(1, 3, 0), v(2, 4, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[sees("input/QEMU Virtio Tablet", "virtio_input")],
    apply: |domain, _| domain.devices.inputs.push(Input { kind: InputType::Tablet, bus: InputBus::Virtio }),
};

/// A pointer, on USB.
pub static USB_TABLET: Tunable = Tunable {
    topic: &topics::USB_TABLET,
    cell: Cell::Has,
    at: "devices/input[@type=tablet]",
    why: "A pointer with absolute coordinates: it moves with the one on the host and is never captured by the \
          window. On USB, for which this guest has a driver.",
    // older than any release in use
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("input/QEMU QEMU USB Tablet", "usbhid")],
    apply: |domain, _| domain.devices.inputs.push(Input { kind: InputType::Tablet, bus: InputBus::Usb }),
};

/// A keyboard.
pub static KEYBOARD: Tunable = Tunable {
    topic: &topics::VIRTIO_KEYBOARD,
    cell: Cell::Has,
    at: "devices/input[@type=keyboard]",
    why: "A keyboard without the emulation of a PS/2 controller between. That one stays as well, for firmware, \
          boot loader and installers.",
    // libvirt docs/formatdomain.rst, input: bus virtio 1.3.0
    since: since(v(1, 3, 0), v(2, 4, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[sees("input/QEMU Virtio Keyboard", "virtio_input")],
    apply: |domain, _| domain.devices.inputs.push(Input { kind: InputType::Keyboard, bus: InputBus::Virtio }),
};
