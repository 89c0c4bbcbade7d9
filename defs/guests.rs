//! The operating systems: one literal each.

#[allow(clippy::wildcard_imports, reason = "the groups are the words that these records are written in")]
use crate::groups::*;
use crate::platforms::{self, Platform, QEMU};
use crate::size::Size;
use crate::variants::{self, Variant};

/// An operating system that definitions are made for.
#[derive(Debug)]
pub struct Guest {
    /// Name of its files, e.g. `linux`.
    pub id: &'static str,
    /// Name of its machines, as `virsh` lists them.
    pub name: &'static str,
    /// Identifier in osinfo-db, from a release that stable distributions carry.
    pub osinfo: &'static str,
    /// Number of virtual CPUs.
    pub vcpus: u32,
    /// Memory.
    pub memory: Size,
    /// Size of the system disk.
    pub disk: Size,
    /// The kinds of machine that it runs on. No platform is in two of them.
    pub profiles: &'static [Profile],
}

/// A kind of machine for a guest, on one or more platforms.
#[derive(Debug)]
pub struct Profile {
    /// What runs it.
    pub platforms: &'static [&'static Platform],
    /// What graphical tools show.
    pub title: &'static str,
    /// Which systems it is meant for: completes "for …".
    pub covers: &'static str,
    /// Whom its plain file is for: completes "For …".
    pub audience: &'static str,
    /// Where it says what the guest has drivers for.
    pub sources: &'static str,
    /// The decisions, in the order in which they are made.
    pub kits: &'static [Kit],
    /// Its files beside the plain one.
    pub variants: &'static [&'static Variant],
}

impl Profile {
    /// Its groups, kit by kit.
    pub fn groups(&self) -> impl Iterator<Item = Group> + use<> {
        self.kits.iter().copied().flatten().copied()
    }
}

/// Linux with a screen, whatever runs it.
const LINUX: &[Kit] = &[DESKTOP, VIRTIO, &[SCREENS, GL, TPM, UNIX, NO_HPET, CONSOLE]];

/// FreeBSD, whatever runs it.
const FREEBSD: &[Kit] = &[
    DESKTOP,
    &[VIRTIO_SCSI, DISCARD, VIRTIO_NET, GUEST_AGENT, USB_TABLET, BALLOON, RNG, VGA, UNIX, NO_HPET, SERIAL_CONSOLE],
];

/// Every guest, in the order of the tables.
pub static GUESTS: &[Guest] = &[
    Guest {
        id: "linux",
        name: "Linux",
        osinfo: "http://libosinfo.org/linux/2022",
        vcpus: 4,
        memory: Size::gib(4),
        disk: Size::gib(64),
        profiles: &[
            Profile {
                platforms: &[&QEMU],
                title: "Linux desktop",
                covers: "any current Linux distribution",
                audience: "a desktop whose GPU has a Mesa driver",
                sources: "osinfo-db data/os/libosinfo.org/linux-2022.xml.in",
                kits: LINUX,
                variants: &[
                    &variants::TWO_D,
                    &variants::PORTABLE,
                    &variants::CLOUD,
                    &variants::LATEST,
                    &variants::VULKAN,
                    &variants::PASSTHROUGH,
                ],
            },
            Profile {
                platforms: &[&platforms::QEMU_AARCH64],
                title: "Linux desktop on ARM",
                covers: "any current Linux distribution for ARM, on an ARM host (aarch64)",
                audience: "a desktop whose GPU has a Mesa driver",
                sources: "osinfo-db data/os/libosinfo.org/linux-2022.xml.in; Debian's linux-image-arm64 6.12, on which all drivers were \
                      seen",
                kits: LINUX,
                variants: &[&variants::TWO_D, &variants::PORTABLE_ARM, &variants::CLOUD],
            },
            Profile {
                platforms: &[&platforms::CLOUD_HYPERVISOR],
                title: "Linux server",
                covers: "any current Linux distribution, without a screen",
                audience: "a server, on Cloud Hypervisor instead of QEMU",
                sources: "libvirt src/ch/ch_domain.c, src/ch/ch_monitor.c, docs/drvch.rst; osinfo-db data/os/libosinfo.org/linux-2022.xml.in",
                kits: &[&[CLOUD_HYPERVISOR]],
                variants: &[],
            },
        ],
    },
    Guest {
        id: "windows",
        name: "Windows",
        osinfo: "http://microsoft.com/win/11",
        vcpus: 4,
        memory: Size::gib(4),
        disk: Size::gib(80),
        profiles: &[Profile {
            platforms: &[&QEMU],
            title: "Windows desktop",
            covers: "Windows 11, Windows Server 2022 and 2025, and Windows 10 with Secure Boot and a TPM",
            audience: "a desktop",
            sources: "osinfo-db data/os/microsoft.com/win-11.xml.in (at least 2 CPUs, 4 GiB, 64 GB of disk, UEFI), win-2k22.xml.in (no \
                  more than that); virtio-win, whose disc has drivers for Server 2022 and 2025",
            // The USB tablet where `windows-inbox` has its own, so that moving to this file moves no device.
            kits: &[DESKTOP, &[SETUP_TABLET], VIRTIO, &[TRUSTED, WINDOWS, HYPERV]],
            variants: &[&variants::INBOX, &variants::PORTABLE, &variants::LATEST, &variants::PASSTHROUGH],
        }],
    },
    Guest {
        id: "windows10",
        name: "Windows10",
        osinfo: "http://microsoft.com/win/10",
        vcpus: 4,
        memory: Size::gib(4),
        disk: Size::gib(80),
        profiles: &[Profile {
            platforms: &[&QEMU],
            title: "Windows 10 desktop",
            covers: "Windows 10 without Secure Boot and without a TPM",
            audience: "a desktop",
            sources: "osinfo-db data/os/microsoft.com/win-10.xml.in; virtio-win",
            kits: &[DESKTOP, &[SETUP_TABLET], VIRTIO, &[UNTRUSTED, WINDOWS, HYPERV]],
            variants: &[&variants::PORTABLE],
        }],
    },
    Guest {
        id: "freebsd",
        name: "FreeBSD",
        osinfo: "http://freebsd.org/freebsd/13.1",
        vcpus: 4,
        memory: Size::gib(4),
        disk: Size::gib(64),
        profiles: &[
            Profile {
                platforms: &[&QEMU],
                title: "FreeBSD",
                covers: "FreeBSD 13 (the first with virtio 1.0) and later",
                audience: "a desktop, or a server with a screen",
                sources: "FreeBSD's manual: virtio(4), virtio_scsi(4), vtnet(4), virtio_balloon(4), virtio_random(4), virtio_console(4), da(4), \
                  snd_hda(4), xhci(4), ums(4); virtio 1.0: sys/dev/virtio/pci/virtio_pci_modern.c",
                // Its driver for virtio-gpu takes the screen away from the one that X draws with (scfb): hence VGA.
                kits: FREEBSD,
                variants: &[&variants::PORTABLE],
            },
            Profile {
                platforms: &[&platforms::QEMU_AARCH64],
                title: "FreeBSD on ARM",
                covers: "FreeBSD 14 (the first with virtio-gpu) and later for ARM, on an ARM host (aarch64)",
                audience: "a server with a text screen",
                // By documentation: no FreeBSD was started on it.
                sources: "FreeBSD sys/arm64/conf/std.virt: virtio_pci, virtio_scsi, virtio_gpu, vtnet, acpi_ged, pl011; std.dev: xhci, ukbd, \
                  umass, cd, sound; sys/modules/sound/driver/Makefile: hda; FreeBSD's manual: virtio_balloon(4), \
                  virtio_random(4), virtio_console(4), ums(4)",
                kits: FREEBSD,
                variants: &[&variants::PORTABLE_ARM],
            },
        ],
    },
    Guest {
        id: "openbsd",
        name: "OpenBSD",
        osinfo: "http://openbsd.org/openbsd/7.0",
        vcpus: 4,
        memory: Size::gib(4),
        disk: Size::gib(64),
        profiles: &[Profile {
            platforms: &[&QEMU],
            title: "OpenBSD",
            covers: "OpenBSD 7 and later",
            audience: "a desktop, or a server with a screen",
            sources: "OpenBSD's manual: virtio(4) (virtio 1.0 on PCI), vioblk(4), vio(4), viomb(4), viornd(4), azalia(4), xhci(4), ums(4)",
            // It trims no disk, so the image needs no word about that.
            kits: &[DESKTOP, &[VIRTIO_BLK, VIRTIO_NET, USB_TABLET, BALLOON, RNG, VGA, UNIX, NO_HPET, SERIAL_CONSOLE]],
            variants: &[&variants::PORTABLE],
        }],
    },
    Guest {
        id: "haiku",
        name: "Haiku",
        osinfo: "http://haiku-os.org/haiku/r1beta3",
        vcpus: 4,
        memory: Size::gib(4),
        disk: Size::gib(32),
        profiles: &[Profile {
            platforms: &[&QEMU],
            title: "Haiku",
            covers: "Haiku R1 beta 5 and later (beta 3 and 4: `haiku-beta4`)",
            audience: "a desktop",
            // By documentation: no Haiku was started on it. Its driver for virtio's input devices was mended only in August
            // 2026, after beta 5, and the one for virtio-gpu is young: hence USB and VGA.
            sources: "Haiku's source, src/add-ons/kernel: busses/scsi/virtio, drivers/network/ether/virtio, busses/random, \
                  drivers/input/usb_hid, drivers/audio/hda; virtio 1.0, the only one that PCI Express slots offer: commit \
                  6d42b430d1, in R1 beta 5",
            kits: &[
                DESKTOP,
                &[VIRTIO_SCSI, DISCARD, VIRTIO_NET, USB_TABLET, NO_BALLOON, RNG, VGA, UNIX, NO_HPET, SERIAL_CONSOLE],
            ],
            variants: &[&variants::PORTABLE, &variants::BETA4],
        }],
    },
];
