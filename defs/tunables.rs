//! The decisions: one [`Tunable`] each, one file per subsystem, and the groups guests are made of.
//!
//! A decision's change to the XML, the comment above it, its cell in the README's table, its version floor and what it
//! needs from the host all come from its record, and from nowhere else.

pub mod channels;
pub mod clock;
pub mod cloud_hypervisor;
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

use crate::{Connection, Domain, Guest, Need, Sight, Since, Topic};

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
    /// Why, in one or two sentences. Must not contain `--`, which XML comments cannot hold.
    pub why: &'static str,
    /// The first releases that understand it.
    pub since: Since,
    /// Where the release and the effect are known from.
    pub source: &'static str,
    /// The connections whose definitions have it.
    pub connections: &'static [Connection],
    /// What the host must have for it, beyond what its hypervisor needs.
    pub needs: &'static [&'static Need],
    /// What a Linux guest sees of it; empty where nothing in a guest shows it.
    pub seen: &'static [Sight],
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

/// Whether two groups are the same, by content: a list in a constant may have several addresses.
#[must_use]
pub fn same(one: Group, other: Group) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| std::ptr::eq(*one, *other))
}

/// A modern PC with UEFI, whatever runs on it.
pub static PC: Group = &[
    &metadata::LIBOSINFO,
    &memory::SIZE,
    &cpu::COUNT,
    &machine::Q35,
    &firmware::UEFI,
    &firmware::VARIABLES,
    &machine::ACPI,
    &machine::VMPORT,
    &machine::SUSPEND_TO_MEM,
    &machine::SUSPEND_TO_DISK,
    &usb::XHCI,
];

/// A CPU that fits every host.
pub static HOST_MODEL: Group = &[&cpu::HOST_MODEL, &cpu::TOPOLOGY];

/// The host's own CPU.
pub static HOST_PASSTHROUGH: Group = &[&cpu::HOST_PASSTHROUGH, &cpu::TOPOLOGY];

/// The system disk, on no bus yet.
pub static DISK: Group = &[&disks::VOLUME, &disks::FILE, &disks::BOOT];

/// What the guest trims is freed.
pub static DISCARD: Group = &[&disks::DISCARD];

/// That disk on virtio-scsi, in a thread of its own.
pub static VIRTIO_SCSI: Group = &[
    &disks::ON_VIRTIO_SCSI,
    &disks::SOLID_STATE,
    &disks::IOTHREADS,
    &disks::VIRTIO_SCSI,
    &disks::VIRTIO_SCSI_IOTHREAD,
];

/// What newer releases add for that disk.
pub static DISK_LATEST: Group = &[&disks::DISCARD_NO_UNREF];

/// That disk on virtio-scsi, in two threads of its own.
pub static VIRTIO_SCSI_MAPPED: Group = &[
    &disks::ON_VIRTIO_SCSI,
    &disks::SOLID_STATE,
    &disks::IOTHREADS_TWO,
    &disks::VIRTIO_SCSI,
    &disks::VIRTIO_SCSI_IOTHREADS,
];

/// That disk on virtio-blk, in a thread of its own.
pub static VIRTIO_BLK: Group = &[&disks::ON_VIRTIO_BLK, &disks::IOTHREADS, &disks::VIRTIO_BLK_IOTHREAD];

/// That disk on SATA.
pub static SATA: Group = &[&disks::ON_SATA, &disks::SOLID_STATE];

/// An adapter for moving it to virtio-scsi later.
pub static VIRTIO_SCSI_FOR_LATER: Group = &[&disks::VIRTIO_SCSI_FOR_LATER];

/// The drive for the installer.
pub static INSTALL_MEDIUM: Group = &[&media::INSTALL_MEDIUM];

/// Each connection's own network.
pub static NETWORK: Group = &[&network::USER, &network::NETWORK];

/// passt, for the session's.
pub static PASST: Group = &[&network::PASST];

/// A virtio card on it.
pub static VIRTIO_NET: Group = &[&network::VIRTIO_NET];

/// An Intel card on it, for guests without a virtio driver.
pub static E1000E: Group = &[&network::E1000E];

/// A folder that host and guest share.
pub static SHARE: Group = &[&memory::MEMFD, &memory::SHARED, &filesystem::SHARE, &filesystem::SHARE_QUEUE];

/// The channel to an agent in the guest.
pub static GUEST_AGENT: Group = &[&channels::GUEST_AGENT];

/// Pointer and keyboard on virtio.
pub static VIRTIO_INPUT: Group = &[&input::TABLET, &input::KEYBOARD];

/// A pointer on USB; the keyboard is the PS/2 one that every PC has.
pub static USB_INPUT: Group = &[&input::USB_TABLET];

/// Memory that can be taken back.
pub static BALLOON: Group = &[&memory::BALLOON];

/// Memory that returns to the host by itself.
pub static FREE_PAGE_REPORTING: Group = &[&memory::FREE_PAGE_REPORTING];

/// No balloon.
pub static NO_BALLOON: Group = &[&memory::NO_BALLOON];

/// No balloon, because a host device pins all memory.
pub static NO_BALLOON_FOR_VFIO: Group = &[&memory::NO_BALLOON_FOR_VFIO];

/// Random numbers.
pub static RNG: Group = &[&rng::RNG];

/// A virtio graphics card.
pub static VIRTIO_GPU: Group = &[&display::VIRTIO_GPU];

/// A graphics card that needs no driver.
pub static VGA: Group = &[&display::VGA];

/// A sound card.
pub static SOUND: Group = &[&sound::ICH9];

/// A SPICE display, with the USB devices of the person in front of it.
pub static SPICE: Group =
    &[&display::SPICE, &display::LISTEN_NONE, &display::IMAGE_UNCOMPRESSED, &usb::REDIRECTION_1, &usb::REDIRECTION_2];

/// The channel to SPICE's own agent in the guest.
pub static SPICE_AGENT: Group = &[&channels::SPICE_AGENT];

/// A VNC display.
pub static VNC: Group = &[&display::VNC, &display::VNC_SOCKET];

/// The host's GPU draws for the guest.
pub static GL: Group = &[&display::SPICE_GL, &display::VIRGL];

/// A TPM, for a guest that can do without.
pub static TPM: Group = &[&tpm::TPM];

/// A text console.
pub static CONSOLE: Group = &[&channels::CONSOLE];

/// Firmware that boots whatever is there, and a clock that shows UTC: what every system but Windows expects.
pub static UNIX: Group = &[&firmware::SECURE_BOOT_OFF, &clock::UTC];

/// No HPET, for guests that have a better clock here.
pub static NO_HPET: Group = &[&clock::NO_HPET];

/// What every Windows wants beyond that.
pub static WINDOWS: Group = &[&clock::LOCALTIME, &clock::RTC_CATCHUP, &clock::NO_HPET, &media::DRIVERS_MEDIUM];

/// What newer releases add for Windows.
pub static WINDOWS_LATEST: Group = &[&disks::DISCARD_GRANULARITY];

/// What Windows 11 demands.
pub static TRUSTED: Group = &[&firmware::SECURE_BOOT_ON, &tpm::TPM];

/// Neither Secure Boot nor a TPM.
pub static UNTRUSTED: Group = &[&firmware::SECURE_BOOT_OFF];

/// Interfaces of Microsoft's hypervisor.
pub static HYPERV: Group = &[
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
    &clock::HYPERVCLOCK,
];

/// Enlightenments that are newer than the floor.
pub static HYPERV_LATEST: Group = &[&hyperv::XMM_INPUT, &hyperv::TLBFLUSH_EXTENDED];

/// Slots for devices that come later.
pub static ROOT_PORTS: Group = &[&pci::ROOT_PORTS];

/// A Cloud Hypervisor machine: all that libvirt's driver accepts.
pub static CLOUD_HYPERVISOR: Group = &[
    &metadata::LIBOSINFO,
    &memory::SIZE,
    &cpu::COUNT,
    &cloud_hypervisor::HVM,
    &cloud_hypervisor::FIRMWARE,
    &cloud_hypervisor::HOME_FILE,
    &cloud_hypervisor::FILE,
    &network::NETWORK,
    &channels::CONSOLE,
];

/// Groups that many guests have, taken together.
pub type Kit = &'static [Group];

/// What a machine with a screen has, whatever drivers its guest brings.
pub static DESKTOP: Kit = &[PC, HOST_MODEL, DISK, INSTALL_MEDIUM, NETWORK, SOUND, SPICE];

/// Nothing that needs a driver for virtio.
pub static EMULATED: Kit = &[SATA, DISCARD, E1000E, USB_INPUT, NO_BALLOON, VGA];

/// Every virtio device, for a guest with all the drivers.
pub static VIRTIO: Kit = &[
    VIRTIO_SCSI,
    DISCARD,
    SHARE,
    VIRTIO_NET,
    GUEST_AGENT,
    SPICE_AGENT,
    VIRTIO_INPUT,
    BALLOON,
    FREE_PAGE_REPORTING,
    RNG,
    VIRTIO_GPU,
];
