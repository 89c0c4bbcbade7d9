//! Slots for devices that come later.

use crate::connection::BOTH;
use crate::domain::{Controller, ControllerModel, ControllerType};
use crate::topics;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};

/// Free slots.
pub static ROOT_PORTS: Tunable = Tunable {
    topic: &topics::CHIPSET,
    cell: Cell::With("free slots"),
    at: "devices/controller[@type=pci]",
    why: "Asking for root port 14 makes libvirt add ports 1 to 13 as well; those that the machine's own devices leave \
          free take devices while it runs, one for each function (a graphics card has two). By default, libvirt leaves \
          one free.",
    since: since(v(1, 2, 19), ALWAYS),
    source: "libvirt docs/pci-hotplug.rst; libvirt docs/formatdomain.rst, Controllers: pcie-root-port; counted with QEMU 10.0: \
             a port takes 1,091 accesses to registers at each start",
    connections: BOTH,
    safety: Safety::Safe,
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
