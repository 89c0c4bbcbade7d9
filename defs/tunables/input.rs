//! Pointer and keyboard.

use crate::connection::BOTH;
use crate::domain::{Input, InputBus, InputType};
use crate::observations::sees;
use crate::topics;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};

/// A pointer.
pub static TABLET: Tunable = Tunable {
    topic: &topics::VIRTIO_TABLET,
    cell: Cell::Has,
    at: "devices/input[@type=tablet]",
    why: "A pointer with absolute coordinates, which follows the host's and is never captured by the viewer. On \
          virtio, a movement takes no access to emulated registers (on USB, eight); a guest without the driver uses \
          libvirt's PS/2 mouse, which the viewer captures.",
    since: since(v(1, 3, 0), v(2, 4, 0)),
    source: "libvirt docs/formatdomain.rst, Input devices: virtio; QEMU 2.4, oasis-tcs/virtio-spec, issue 23; accesses \
          counted with QEMU 10.0",
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
    why: "A pointer with absolute coordinates, which follows the host's and is never captured by the viewer. On USB, \
          for which this guest has a driver.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Input devices (no release named)",
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
    why: "A keyboard without PS/2 emulation; libvirt adds a PS/2 keyboard as well, for guests without the driver. With \
          OVMF from 2025.02 on, until 2026.08 fixes it, the firmware ignores ESC and F2 while this device is present.",
    since: since(v(1, 3, 0), v(2, 4, 0)),
    source: "libvirt docs/formatdomain.rst, Input devices: virtio; QEMU 2.4, oasis-tcs/virtio-spec, issue 23; \
          tianocore/edk2, issue 12887",
    connections: BOTH,
    needs: &[],
    seen: &[sees("input/QEMU Virtio Keyboard", "virtio_input")],
    apply: |domain, _| domain.devices.inputs.push(Input { kind: InputType::Keyboard, bus: InputBus::Virtio }),
};
