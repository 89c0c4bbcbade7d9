//! The decisions: one [`Tunable`] each, one file per subsystem, and the groups guests are made of.
//!
//! A decision's change to the XML, the comment above it, its cell in the README's table, its version floor and what it
//! needs from the host all come from its record, and from nowhere else.

pub mod channels;
pub mod clock;
pub mod cpu;
pub mod disks;
pub mod display;
pub mod filesystem;
pub mod firmware;
pub mod hyperv;
pub mod input;
pub mod machine;
pub mod memory;
pub mod metadata;
pub mod network;
pub mod rng;
pub mod sound;
pub mod tpm;
pub mod usb;

use crate::{Connection, Domain, Guest, Need, Since, Topic};

/// One decision about the definition of a machine.
#[derive(Debug)]
pub struct Tunable {
    /// Its row in the README's status table.
    pub topic: &'static Topic,
    /// What it contributes to its cell in that row.
    pub cell: Cell,
    /// The one element it owns, see [`locate`](crate::locate); its reason stands above that element, and it changes
    /// nothing outside it.
    pub at: &'static str,
    /// Why, in a sentence or two. Must not contain `--`, which XML comments cannot hold.
    pub why: &'static str,
    /// The first releases that understand it.
    pub since: Since,
    /// The connections whose definitions have it.
    pub connections: &'static [Connection],
    /// What the host must have for it, beyond [`needs::ALWAYS`](crate::needs::ALWAYS).
    pub needs: &'static [&'static Need],
    /// The change. Where the element it belongs to is absent, it does nothing.
    pub apply: fn(&mut Domain, &Guest),
}

/// What a tunable contributes to its cell in the README's status table.
#[derive(Clone, Copy, Debug)]
pub enum Cell {
    /// The thing itself: "yes", "off".
    Is(&'static str),
    /// The thing itself, where it is the guest's to say.
    Of(fn(&Guest) -> String),
    /// A quality of it: the cell reads "with …" where a guest has it, "without …" where only others do.
    With(&'static str),
    /// Nothing: a part that needs no mention.
    Silent,
}

/// A list of decisions that belong together.
pub type Group = &'static [&'static Tunable];

/// A modern PC with UEFI, whatever runs on it.
pub static PC: Group = &[
    &metadata::LIBOSINFO,
    &memory::SIZE,
    &cpu::COUNT,
    &machine::Q35,
    &firmware::UEFI,
    &machine::ACPI,
    &machine::VMPORT,
    &cpu::HOST_MODEL,
    &cpu::TOPOLOGY,
    &machine::SUSPEND_TO_MEM,
    &machine::SUSPEND_TO_DISK,
    &usb::XHCI,
    &tpm::TPM,
];

/// Virtio devices that every current guest has drivers for, or gets them from the drivers' disc.
pub static VIRTIO: Group = &[
    &disks::IOTHREADS,
    &disks::VOLUME,
    &disks::FILE,
    &disks::DISCARD,
    &disks::SOLID_STATE,
    &disks::BOOT,
    &disks::VIRTIO_SCSI,
    &disks::VIRTIO_SCSI_IOTHREAD,
    &disks::INSTALL_MEDIUM,
    &memory::MEMFD,
    &memory::SHARED,
    &filesystem::SHARE,
    &filesystem::SHARE_QUEUE,
    &network::USER,
    &network::NETWORK,
    &channels::GUEST_AGENT,
    &input::TABLET,
    &input::KEYBOARD,
    &memory::BALLOON,
    &rng::RNG,
];

/// A SPICE desktop: display, sound, clipboard, USB devices of the person in front of it.
pub static SPICE: Group = &[
    &display::SPICE,
    &display::LISTEN_NONE,
    &display::IMAGE_UNCOMPRESSED,
    &display::VIRTIO_GPU,
    &channels::SPICE_AGENT,
    &sound::ICH9,
    &usb::REDIRECTION_1,
    &usb::REDIRECTION_2,
];

/// The host's GPU draws for the guest.
pub static GL: Group = &[&display::SPICE_GL, &display::VIRGL];

/// What Linux wants beyond that.
pub static LINUX: Group = &[&firmware::SECURE_BOOT_OFF, &clock::UTC, &clock::NO_HPET, &channels::CONSOLE];

/// What Windows wants beyond that.
pub static WINDOWS: Group = &[
    &firmware::SECURE_BOOT_ON,
    &hyperv::RELAXED,
    &hyperv::VAPIC,
    &hyperv::SPINLOCKS,
    &hyperv::VPINDEX,
    &hyperv::RUNTIME,
    &hyperv::SYNIC,
    &hyperv::STIMER,
    &hyperv::STIMER_DIRECT,
    &hyperv::FREQUENCIES,
    &hyperv::TLBFLUSH,
    &hyperv::IPI,
    &clock::LOCALTIME,
    &clock::RTC_CATCHUP,
    &clock::NO_HPET,
    &clock::HYPERVCLOCK,
    &disks::DRIVERS_MEDIUM,
];
