//! What libvirt or QEMU refuses although the schema allows it.
//!
//! Every record was tried: `tests/rules/libvirt/NAME/` has documents that are refused and near twins that are accepted, and
//! `tests/rules.rs` hands both to real libvirt, on each release at hand that the record applies to. What only some releases
//! refuse is a warning, since the user may not know which release the machine will meet.

mod boot;
mod cpu;
mod devices;
mod disks;
mod display;
mod memory;
mod network;
mod usb;

use super::{At, Family, Refusal, Rule, Until};
use crate::version::{ALWAYS, Version};

/// The rules, by subject.
pub static RULES: &[&[Rule]] =
    &[boot::RULES, cpu::RULES, memory::RULES, disks::RULES, display::RULES, network::RULES, usb::RULES, devices::RULES];

/// Refused when it is defined, by every release.
const fn at_define(says: &'static str) -> Family {
    Family::Libvirt(Refusal { at: At::Define, says, from: ALWAYS, until: None, by_host: false })
}

/// Refused when it is defined, by this release and later ones.
const fn at_define_since(from: Version, says: &'static str) -> Family {
    Family::Libvirt(Refusal { at: At::Define, says, from, until: None, by_host: false })
}

/// Refused when it is defined, by libvirt releases before this one.
const fn at_define_until(until: Version, says: &'static str) -> Family {
    Family::Libvirt(Refusal { at: At::Define, says, from: ALWAYS, until: Some(Until::Libvirt(until)), by_host: false })
}

/// Defined, and refused when it is started, by every release.
const fn at_start(says: &'static str) -> Family {
    Family::Libvirt(Refusal { at: At::Start, says, from: ALWAYS, until: None, by_host: false })
}

/// Defined, and refused when it is started, by QEMU releases before this one.
const fn at_start_until_qemu(until: Version, says: &'static str) -> Family {
    Family::Libvirt(Refusal { at: At::Start, says, from: ALWAYS, until: Some(Until::Qemu(until)), by_host: false })
}

/// Refused when it is defined, by this release and later ones, unless the host has firmware that no distribution ships.
const fn at_define_for_want_of_firmware(from: Version, says: &'static str) -> Family {
    Family::Libvirt(Refusal { at: At::Define, says, from, until: None, by_host: true })
}
