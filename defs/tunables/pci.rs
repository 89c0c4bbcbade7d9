//! Slots for devices that come later.

use crate::connection::BOTH;
use crate::domain::{Controller, ControllerModel, ControllerType};
use crate::topics;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};

/// Free slots.
pub static ROOT_PORTS: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::With("free slots"),
    at: "devices/controller[@type=pci]",
    why: "The fourteenth slot of PCI Express; libvirt adds those before it, and devices take the first. What stays free can \
          be given a device while the machine runs, one for each function: a graphics card takes two. By itself libvirt \
          leaves one.",
    // libvirt docs/pci-hotplug.rst; pcie-root-port 1.2.19
    since: since(v(1, 2, 19), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        domain.devices.controllers.push(Controller {
            kind: ControllerType::Pci,
            index: Some(14),
            model: ControllerModel::PcieRootPort,
            ports: None,
            driver: None,
        });
    },
};
