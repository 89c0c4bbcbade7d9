//! The decisions: one [`Tunable`] each, one file per subsystem.
//!
//! A decision's change to the XML, the comment above it, its cell in the status table, its version floor and what it
//! needs from the host all come from its record, and from nowhere else.

pub mod aarch64;
pub mod channels;
pub mod chosen;
pub mod clock;
pub mod cloud_hypervisor;
pub mod console;
pub mod cpu;
pub mod disks;
pub mod display;
pub mod filesystem;
pub mod firmware;
pub mod hyperv;
pub mod input;
pub mod machine;
pub mod media;
pub mod memory;
pub mod metadata;
pub mod network;
pub mod pci;
pub mod rng;
pub mod sound;
pub mod tpm;
pub mod usb;
pub mod vulkan;

use crate::connection::Connection;
use crate::domain::Domain;
use crate::machine::Machine;
use crate::needs::HostRequirement;
use crate::observations::Observation;
use crate::topics::Topic;
use crate::version::Since;

/// One decision about the definition of a machine.
#[derive(Debug)]
pub struct Tunable {
    /// Its row in the status table.
    pub topic: &'static Topic,
    /// What it contributes to its cell in that row.
    pub cell: Cell,
    /// The one element it owns, see [`locate`](crate::locate()); its reason stands above that element, and it changes
    /// nothing outside it.
    pub at: &'static str,
    /// Why, in one or two sentences. Must not contain `--`, which XML comments cannot hold.
    pub why: &'static str,
    /// The first releases that understand it.
    pub since: Since,
    /// Where the release and the effect are known from.
    pub source: &'static str,
    /// The connections whose definitions have it.
    pub connections: &'static [Connection],
    /// What it means for a guest that is installed already.
    pub safety: Safety,
    /// What the host must have for it, beyond what its hypervisor needs.
    pub needs: &'static [&'static HostRequirement],
    /// What a Linux guest sees of it; empty where nothing in a guest shows it.
    pub seen: &'static [Observation],
    /// The change. Where the element it belongs to is absent, it does nothing.
    pub apply: fn(&mut Domain, &Machine),
}

/// What a decision means for a guest that is installed already, on a machine that was made without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// The guest does not notice, or gets better by itself.
    Safe,
    /// The guest needs a driver first: which, and the steps in their order. Completes "needs …".
    NeedsGuest(&'static str),
    /// It is a person's choice: why, as a sentence without its end.
    Yours(&'static str),
}

/// What a tunable contributes to its cell in the status table.
#[derive(Clone, Copy, Debug)]
pub enum Cell {
    /// The thing itself, which needs no more words: "yes".
    Has,
    /// That the thing is left out on purpose: "no".
    Lacks,
    /// The thing itself, in these words: "SPICE", "off".
    Is(&'static str),
    /// The thing itself, where it is a person's to choose.
    Of(fn(&Machine) -> String),
    /// A quality of it: the cell reads "with …" where a guest has it, "without …" where only others do.
    With(&'static str),
    /// Nothing: a part that needs no mention.
    Silent,
}
