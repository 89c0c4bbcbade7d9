//! Groups of decisions, and kits of groups: the words that guests, variants and platforms are written in.

use crate::tunables::{
    Tunable, aarch64, channels, clock, cloud_hypervisor, console, cpu, disks, display, filesystem, firmware, hyperv,
    input, machine, media, memory, metadata, network, pci, rng, sound, tpm, usb, vulkan,
};

/// A list of decisions that belong together.
pub type Group = &'static [&'static Tunable];

/// A group, and the groups that stand in its place.
pub type Swap = (Group, &'static [Group]);

/// Groups that many guests have, taken together.
pub type Kit = &'static [Group];

/// Whether two groups are one: by what is in them, since a list in a constant may have several addresses.
#[must_use]
pub fn same(one: Group, other: Group) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| std::ptr::eq(*one, *other))
}

/// The groups of some kits, each in its place or with what a swap has put there. Of several swaps for one group, the first
/// counts; what it puts there is not swapped again.
pub fn swapped(groups: impl Iterator<Item = Group>, swaps: &'static [Swap]) -> impl Iterator<Item = Group> {
    groups.flat_map(move |group| {
        let swap = swaps.iter().find(|(old, _)| same(old, group));
        let (kept, new) = swap.map_or((Some(group), [].as_slice()), |(_, new)| (None, new));
        kept.into_iter().chain(new.iter().copied())
    })
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
];

/// The same on ARM: QEMU's board, without what only a PC has. It has no sleep states to turn off.
pub static ARM_BOARD: Group = &[
    &metadata::LIBOSINFO,
    &memory::SIZE,
    &cpu::COUNT,
    &aarch64::VIRT,
    &aarch64::UEFI,
    &aarch64::VARIABLES,
    &aarch64::ACPI,
];

/// The host's CPU on ARM, or all that can be emulated.
pub static ARM_CPU: Group = &[&aarch64::MAXIMUM, &aarch64::TOPOLOGY];

/// The drive for the installer on a board without SATA, for guests with virtio-scsi.
pub static SCSI_MEDIUM: Group = &[&aarch64::INSTALL_MEDIUM];

/// A keyboard for a board without PS/2.
pub static USB_KEYBOARD: Group = &[&aarch64::KEYBOARD];

/// No USB on ARM.
pub static ARM_NO_USB: Group = &[&aarch64::NO_USB];

/// A TPM on ARM.
pub static ARM_TPM: Group = &[&aarch64::TPM];

/// The graphics card on ARM where a PC has VGA.
pub static ARM_SCREEN: Group = &[&aarch64::VIRTIO_GPU];

/// A sound card on ARM.
pub static ARM_SOUND: Group = &[&aarch64::SOUND];

/// The text console on ARM's serial port.
pub static ARM_CONSOLE: Group = &[&aarch64::SERIAL];

/// USB.
pub static USB: Group = &[&usb::XHCI];

/// No USB.
pub static NO_USB: Group = &[&usb::NONE];

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

/// What newer releases do for that disk.
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

/// The drive for the seed of a cloud image.
pub static SEED: Group = &[&media::SEED];

/// Each connection's own network.
pub static NETWORK: Group = &[&network::USER, &network::NETWORK];

/// passt, for the session's.
pub static PASST: Group = &[&network::PASST];

/// A virtio card on it.
pub static VIRTIO_NET: Group = &[&network::VIRTIO_NET];

/// A card on it that guests have drivers for since long ago.
pub static E1000E: Group = &[&network::E1000E];

/// A folder that host and guest share.
pub static SHARE: Group = &[&memory::MEMFD, &memory::SHARED, &filesystem::SHARE, &filesystem::SHARE_QUEUE];

/// A folder that host and guest share, in whatever way. No guest is written with it: it is what a variant may lack.
pub static FOLDER: Group = &[&filesystem::SHARE, &filesystem::SHARE_QUEUE, &channels::WEBDAV];

/// The channel to an agent in the guest.
pub static GUEST_AGENT: Group = &[&channels::GUEST_AGENT];

/// A pointer on virtio.
pub static VIRTIO_TABLET: Group = &[&input::TABLET];

/// A keyboard on virtio, beside the PS/2 one that every PC has.
pub static VIRTIO_KEYBOARD: Group = &[&input::KEYBOARD];

/// A pointer on USB.
pub static USB_TABLET: Group = &[&input::USB_TABLET];

/// The same, until there is a driver for the one on virtio.
pub static SETUP_TABLET: Group = &[&input::SETUP_TABLET];

/// Memory that can be taken back.
pub static BALLOON: Group = &[&memory::BALLOON];

/// Memory that comes back by itself.
pub static FREE_PAGE_REPORTING: Group = &[&memory::FREE_PAGE_REPORTING];

/// No device for that.
pub static NO_BALLOON: Group = &[&memory::NO_BALLOON];

/// None either, for another reason.
pub static NO_BALLOON_FOR_VFIO: Group = &[&memory::NO_BALLOON_FOR_VFIO];

/// Random numbers.
pub static RNG: Group = &[&rng::RNG];

/// A virtio graphics card.
pub static VIRTIO_GPU: Group = &[&display::VIRTIO_GPU];

/// More than one screen on it.
pub static SCREENS: Group = &[&display::SCREENS];

/// A graphics card that needs no driver.
pub static VGA: Group = &[&display::VGA];

/// A sound card.
pub static SOUND: Group = &[&sound::ICH9];

/// A SPICE display, with the USB devices of the person in front of it.
pub static SPICE: Group =
    &[&display::SPICE, &display::LISTEN_NONE, &display::IMAGE_UNCOMPRESSED, &usb::REDIRECTION_1, &usb::REDIRECTION_2];

/// The channels to SPICE's own agents in the guest.
pub static SPICE_AGENT: Group = &[&channels::SPICE_AGENT, &channels::WEBDAV];

/// A VNC display.
pub static VNC: Group = &[&display::VNC, &display::VNC_SOCKET];

/// The host's GPU draws for the guest.
pub static GL: Group = &[&display::SPICE_GL, &display::VIRGL];

/// Vulkan, beside that.
pub static VENUS: Group = &[&vulkan::BLOB, &vulkan::HOSTMEM, &vulkan::VENUS];

/// Memory for it, and a folder that is shared through the same memory.
pub static VENUS_SHARE: Group = &[&vulkan::MEMFD, &vulkan::SHARED, &filesystem::SHARE, &filesystem::SHARE_QUEUE];

/// A TPM, for a guest that can do without.
pub static TPM: Group = &[&tpm::TPM];

/// A text console.
pub static CONSOLE: Group = &[&channels::CONSOLE];

/// A text console on a serial port, for guests that boot without drivers for virtio.
pub static SERIAL_CONSOLE: Group = &[&console::SERIAL];

/// The same, for cloud images.
pub static CLOUD_CONSOLE: Group = &[&console::CLOUD];

/// Firmware that boots whatever is there, and a clock that shows UTC: what every system but Windows expects.
pub static UNIX: Group = &[&firmware::SECURE_BOOT_OFF, &clock::UTC];

/// No HPET, for guests that have a better clock here.
pub static NO_HPET: Group = &[&clock::NO_HPET];

/// What every Windows wants beyond that.
pub static WINDOWS: Group = &[&clock::LOCALTIME, &clock::RTC_CATCHUP, &clock::NO_HPET, &media::DRIVERS_MEDIUM];

/// How Windows trims, from a release after the floor on.
pub static WINDOWS_TRIM: Group = &[&disks::DISCARD_GRANULARITY];

/// What Windows 11 demands.
pub static TRUSTED: Group = &[&firmware::SECURE_BOOT_ON, &tpm::TPM];

/// Nothing of the kind.
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

/// Those that came after the floor.
pub static HYPERV_LATEST: Group = &[&hyperv::XMM_INPUT, &hyperv::TLBFLUSH_EXTENDED];

/// Slots for devices that come later.
pub static ROOT_PORTS: Group = &[&pci::ROOT_PORTS];

/// A machine of Cloud Hypervisor's: what is in it is all that libvirt's driver takes.
pub static CLOUD_HYPERVISOR: Group = &[
    &metadata::LIBOSINFO,
    &cloud_hypervisor::MEMORY,
    &cloud_hypervisor::VCPUS,
    &cloud_hypervisor::HVM,
    &cloud_hypervisor::FIRMWARE,
    &cloud_hypervisor::HOME_FILE,
    &cloud_hypervisor::FILE,
    &network::NETWORK,
    &cloud_hypervisor::VIRTIO_NET,
    &channels::CONSOLE,
];

/// What a machine with a screen has, whatever drivers its guest brings.
pub static DESKTOP: Kit = &[PC, USB, HOST_MODEL, DISK, INSTALL_MEDIUM, NETWORK, SOUND, SPICE];

/// Nothing that needs a driver for virtio.
pub static EMULATED: Kit = &[SATA, DISCARD, E1000E, USB_TABLET, NO_BALLOON, VGA];

/// All that virtio has to offer, for a guest with all the drivers.
pub static VIRTIO: Kit = &[
    VIRTIO_SCSI,
    DISCARD,
    SHARE,
    VIRTIO_NET,
    GUEST_AGENT,
    SPICE_AGENT,
    VIRTIO_TABLET,
    VIRTIO_KEYBOARD,
    BALLOON,
    FREE_PAGE_REPORTING,
    RNG,
    VIRTIO_GPU,
];
