//! Pointer and keyboard.

use crate::connection::BOTH;
use crate::domain::{Input, InputBus, InputType};
use crate::observations::{Observation, sees};
use crate::topics;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};

/// A pointer.
pub static TABLET: Tunable = Tunable {
    topic: &topics::VIRTIO_TABLET,
    cell: Cell::Has,
    at: "devices/input[@type=tablet][@bus=virtio]",
    why: "A pointer with absolute coordinates, which follows the host's and is never captured by the viewer. On \
          virtio, a movement takes no access to emulated registers; on USB, it takes eight.",
    since: since(v(1, 3, 0), v(2, 4, 0)),
    source: "libvirt docs/formatdomain.rst, Input devices: virtio; QEMU 2.4, oasis-tcs/virtio-spec, issue 23; accesses \
          counted with QEMU 10.0",
    connections: BOTH,
    safety: Safety::NeedsGuest(
        "the driver for virtio input: in Windows, install vioinput from the virtio-win disc; Linux has had virtio_input \
         since 4.1; then change the pointer",
    ),
    needs: &[],
    seen: &[sees("input/QEMU Virtio Tablet", "virtio_input")],
    apply: |domain, _| domain.devices.inputs.push(Input { kind: InputType::Tablet, bus: InputBus::Virtio }),
};

/// A pointer, on USB.
pub static USB_TABLET: Tunable = Tunable {
    topic: &topics::USB_TABLET,
    cell: Cell::Has,
    at: "devices/input[@type=tablet][@bus=usb]",
    why: "A pointer with absolute coordinates, which follows the host's and is never captured by the viewer. On USB, \
          for which this guest has a driver: eight accesses to emulated registers for a movement, and none at rest.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Input devices (no release named); accesses counted with QEMU 10.0",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: USB_TABLET_SEEN,
    apply: |domain, _| domain.devices.inputs.push(Input { kind: InputType::Tablet, bus: InputBus::Usb }),
};

/// A pointer on USB, beside one on virtio.
pub static SETUP_TABLET: Tunable = Tunable {
    topic: &topics::USB_TABLET,
    cell: Cell::Has,
    at: "devices/input[@type=tablet][@bus=usb]",
    why: "Windows has a driver for this pointer, and none for the one on virtio until virtio-win is installed: in Setup, \
          only a PS/2 mouse would be left, which the viewer captures. Later, QEMU moves the one that Windows started \
          last, and the other costs nothing.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Input devices (no release named); QEMU ui/input.c, \
          qemu_input_handler_activate; virtio-win, issues 438 and 1441; accesses counted with QEMU 10.0",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: USB_TABLET_SEEN,
    apply: |domain, _| domain.devices.inputs.push(Input { kind: InputType::Tablet, bus: InputBus::Usb }),
};

const USB_TABLET_SEEN: &[Observation] = &[sees("input/QEMU QEMU USB Tablet", "usbhid")];

/// A keyboard.
pub static KEYBOARD: Tunable = Tunable {
    topic: &topics::VIRTIO_KEYBOARD,
    cell: Cell::Has,
    at: "devices/input[@type=keyboard]",
    why: "A keyboard without PS/2 emulation; libvirt adds a PS/2 keyboard as well, for guests without the driver. \
          While this one is here, OVMF from 2025.02 on, and still in 2026.08, takes no hotkeys at its logo (ESC, F2).",
    since: since(v(1, 3, 0), v(2, 4, 0)),
    source: "libvirt docs/formatdomain.rst, Input devices: virtio; QEMU 2.4, oasis-tcs/virtio-spec, issue 23; \
          tianocore/edk2, issue 12887 and pull request 12890",
    connections: BOTH,
    safety: Safety::NeedsGuest(
        "the driver for virtio input: in Windows, install vioinput from the virtio-win disc; Linux has had virtio_input \
         since 4.1; then add the keyboard",
    ),
    needs: &[],
    seen: &[sees("input/QEMU Virtio Keyboard", "virtio_input")],
    apply: |domain, _| domain.devices.inputs.push(Input { kind: InputType::Keyboard, bus: InputBus::Virtio }),
};
