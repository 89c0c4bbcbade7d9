//! USB: the controller, and devices of the person in front of the viewer.

use crate::connection::BOTH;
use crate::domain::{ChannelType, Controller, ControllerModel, ControllerType, Redirdev, RedirdevBus};
use crate::sights::sees_word;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{needs, topics};

/// The controller.
pub static XHCI: Tunable = Tunable {
    topic: &topics::USB,
    cell: Cell::Has,
    at: "devices/controller[@type=usb]",
    why: "USB 3 on one controller, whose emulation costs the host less than the older ones'. 15 ports, the \
          most it can have, leave room to plug things in while the machine runs.",
    // model: libvirt NEWS 3.3.0, QEMU 2.9; ports: libvirt docs/formatdomain.rst, 1.3.5
    since: since(v(3, 3, 0), v(2, 9, 0)),
    connections: BOTH,
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

/// A USB device of the viewer's.
pub static REDIRECTION_1: Tunable = Tunable {
    topic: &topics::USB,
    cell: Cell::With("two redirections"),
    at: "devices/redirdev[1]",
    why: "A USB device of yours, a stick or a phone, can be handed to the guest from the viewer's menu, \
          without stopping the machine.",
    // libvirt docs/formatdomain.rst, redirdev 0.9.5
    since: since(v(0, 9, 5), ALWAYS),
    connections: BOTH,
    needs: &[&needs::SPICE],
    seen: &[],
    apply: |domain, _| domain.devices.redirdevs.push(redirection()),
};

/// A second one.
pub static REDIRECTION_2: Tunable = Tunable {
    topic: &topics::USB,
    cell: Cell::Silent,
    at: "devices/redirdev[2]",
    why: "A second one, for a device beside it.",
    // as above
    since: since(v(0, 9, 5), ALWAYS),
    connections: BOTH,
    needs: &[&needs::SPICE],
    seen: &[],
    apply: |domain, _| domain.devices.redirdevs.push(redirection()),
};

fn redirection() -> Redirdev {
    Redirdev { bus: RedirdevBus::Usb, kind: ChannelType::Spicevmc }
}
