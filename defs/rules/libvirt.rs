//! What libvirt or QEMU refuses although the schema allows it: of machines, networks and volumes.
//!
//! Every record was tried: `tests/rules/libvirt/NAME/` has documents that are refused and near twins that are accepted, and
//! `tests/rules.rs` hands both to real libvirt, on each release at hand that the record applies to. What only some releases
//! refuse is a warning, since the user may not know which release the machine will meet.

mod blanks;
mod boot;
mod chardev;
mod cpu;
mod devices;
mod disks;
mod display;
mod drives;
mod firmware;
mod graphics;
mod hostdev;
mod machine;
mod memory;
mod model;
mod network;
mod networks;
mod numa;
mod pci;
mod threads;
mod usb;
mod volumes;

use super::{At, Family, Refusal, Rule, Until};
use crate::version::{ALWAYS, Version};

/// All of them.
pub static RULES: [&[&[Rule]]; 4] = [MACHINES, DISKS, DEVICES, NETWORKS];

/// Of a machine itself, and of words anywhere in it.
pub static MACHINES: &[&[Rule]] = &[
    machine::RULES,
    boot::RULES,
    firmware::RULES,
    cpu::RULES,
    threads::RULES,
    model::RULES,
    memory::RULES,
    numa::RULES,
    blanks::RULES,
];

/// Of its disks.
pub static DISKS: &[&[Rule]] = &[disks::RULES, drives::RULES];

/// Of its other devices.
pub static DEVICES: &[&[Rule]] = &[
    display::RULES,
    graphics::RULES,
    network::RULES,
    usb::RULES,
    pci::RULES,
    chardev::RULES,
    hostdev::RULES,
    devices::RULES,
];

/// Of networks and volumes.
pub static NETWORKS: &[&[Rule]] = &[networks::RULES, volumes::RULES];

/// Refused when it is defined, by every release.
const fn at_define(says: &'static str) -> Family {
    Family::Libvirt(Refusal { root: "domain", at: At::Define, says, from: ALWAYS, until: None, by_host: false })
}

/// Refused when it is defined, by this release and later ones.
const fn at_define_since(from: Version, says: &'static str) -> Family {
    Family::Libvirt(Refusal { root: "domain", at: At::Define, says, from, until: None, by_host: false })
}

/// Refused when it is defined, by libvirt releases before this one.
const fn at_define_until(until: Version, says: &'static str) -> Family {
    Family::Libvirt(Refusal {
        root: "domain",
        at: At::Define,
        says,
        from: ALWAYS,
        until: Some(Until::Libvirt(until)),
        by_host: false,
    })
}

/// Defined, and refused when it is started, by every release.
const fn at_start(says: &'static str) -> Family {
    Family::Libvirt(Refusal { root: "domain", at: At::Start, says, from: ALWAYS, until: None, by_host: false })
}

/// Defined, and refused when it is started, by QEMU releases before this one.
const fn at_start_until_qemu(until: Version, says: &'static str) -> Family {
    Family::Libvirt(Refusal {
        root: "domain",
        at: At::Start,
        says,
        from: ALWAYS,
        until: Some(Until::Qemu(until)),
        by_host: false,
    })
}

/// Refused when it is defined, by this release and later ones, unless the host has firmware that no distribution ships.
const fn at_define_for_want_of_firmware(from: Version, says: &'static str) -> Family {
    Family::Libvirt(Refusal { root: "domain", at: At::Define, says, from, until: None, by_host: true })
}

/// Refused when it is defined, by every release, unless the host is prepared for it.
const fn at_define_by_host(says: &'static str) -> Family {
    Family::Libvirt(Refusal { root: "domain", at: At::Define, says, from: ALWAYS, until: None, by_host: true })
}

/// Refused when a network is defined, by every release.
const fn at_net_define(says: &'static str) -> Family {
    Family::Libvirt(Refusal { root: "network", at: At::Define, says, from: ALWAYS, until: None, by_host: false })
}

/// Refused when a volume is created, by every release.
const fn at_vol_create(says: &'static str) -> Family {
    Family::Libvirt(Refusal { root: "volume", at: At::Define, says, from: ALWAYS, until: None, by_host: false })
}
