//! USB: the controller, and devices redirected from the viewer.

use crate::connection::BOTH;
use crate::domain::{ChannelType, Controller, ControllerModel, ControllerType, Redirdev, RedirdevBus};
use crate::observations::{sees_no, sees_word};
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{needs, topics};

/// The controller.
pub static XHCI: Tunable = Tunable {
    topic: &topics::USB,
    cell: Cell::Has,
    at: "devices/controller[@type=usb]",
    why: "USB 3 on one controller, which costs the host less to emulate than the older ones. 15 ports, the most it can \
          have, leave room for devices that you plug in while the machine runs.",
    since: since(v(3, 3, 0), v(2, 9, 0)),
    source: "libvirt NEWS 3.3.0: qemu-xhci; libvirt docs/formatdomain.rst, Controllers: ports 1.3.5; QEMU commit \
          72a810f411ab (2.9); QEMU docs/system/devices/usb.rst",
    connections: BOTH,
    safety: Safety::NeedsGuest(
        "the driver for USB 3 (xHCI), which Windows 7 and older lack; then change the controller",
    ),
    needs: &[],
    seen: &[sees_word("usb/controllers", "xhci_hcd")],
    apply: |domain, _| {
        domain.devices.controllers.push(Controller {
            kind: ControllerType::Usb,
            index: None,
            model: ControllerModel::QemuXhci,
            ports: Some(15),
            driver: None,
        });
    },
};

/// No controller.
pub static NONE: Tunable = Tunable {
    topic: &topics::USB,
    cell: Cell::Lacks,
    at: "devices/controller[@type=usb]",
    why: "Explicit, because libvirt adds a controller by default. Nobody plugs anything into a machine without a screen, \
          and the kernel of Debian's smaller cloud image has no driver for USB at all.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Controllers: none (no release named); Debian's linux-image-cloud-amd64 6.1 and 6.12: \
             CONFIG_USB_SUPPORT is not set",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees_no("usb/controllers")],
    apply: |domain, _| {
        domain.devices.controllers.push(Controller {
            kind: ControllerType::Usb,
            index: None,
            model: ControllerModel::None,
            ports: None,
            driver: None,
        });
    },
};

/// A USB device redirected from the viewer.
pub static REDIRECTION_1: Tunable = Tunable {
    topic: &topics::USB,
    cell: Cell::With("two redirections"),
    at: "devices/redirdev[1]",
    why: "From the viewer's menu, you can give the guest a USB device of yours, such as a stick or a phone, while the \
          machine runs.",
    since: since(v(0, 9, 5), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Redirected devices",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[&needs::SPICE],
    seen: &[],
    apply: |domain, _| domain.devices.redirdevs.push(redirection()),
};

/// A second one.
pub static REDIRECTION_2: Tunable = Tunable {
    topic: &topics::USB,
    cell: Cell::Silent,
    at: "devices/redirdev[2]",
    why: "A second one, for another device at the same time.",
    since: since(v(0, 9, 5), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Redirected devices",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[&needs::SPICE],
    seen: &[],
    apply: |domain, _| domain.devices.redirdevs.push(redirection()),
};

fn redirection() -> Redirdev {
    Redirdev { bus: RedirdevBus::Usb, kind: ChannelType::Spicevmc }
}
