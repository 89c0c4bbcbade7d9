//! The operating systems: one literal each.

use crate::Hypervisor::{self, CloudHypervisor, Qemu};
#[allow(clippy::wildcard_imports, reason = "the groups are the words that these records are written in")]
use crate::tunables::*;
use crate::variants::{self, Variant};

/// An operating system that definitions are made for.
#[derive(Debug)]
pub struct Guest {
    /// Name of its files, with the folder if they have one of their own, e.g. `linux`.
    pub id: &'static str,
    /// Name of the machine, as `virsh` lists it.
    pub name: &'static str,
    /// What graphical tools show.
    pub title: &'static str,
    /// Which systems it is meant for: completes "for …".
    pub covers: &'static str,
    /// Whom its plain file is for: completes "for …".
    pub audience: &'static str,
    /// What runs it.
    pub hypervisor: Hypervisor,
    /// Identifier in osinfo-db, from a release that stable distributions carry.
    pub osinfo: &'static str,
    /// Where the guest's drivers and requirements are documented.
    pub sources: &'static str,
    /// Number of virtual CPUs.
    pub vcpus: u32,
    /// Memory in GiB.
    pub memory_gib: u64,
    /// Size of the system disk in GiB.
    pub disk_gib: u64,
    /// The decisions, in the order in which they are made.
    pub groups: &'static [Kit],
    /// Its files beside the plain one.
    pub variants: &'static [&'static Variant],
}

impl Guest {
    /// Its groups, kit by kit.
    pub fn groups(&'static self) -> impl Iterator<Item = &'static Group> {
        self.groups.iter().copied().flatten()
    }

    /// Name of its disk.
    #[must_use]
    pub fn volume(&self) -> String {
        format!("{}.qcow2", self.id.replace('/', "-"))
    }
}

/// Every guest, in the order of the README's tables.
pub static GUESTS: &[Guest] = &[
    Guest {
        id: "linux",
        name: "Linux",
        title: "Linux desktop",
        covers: "any current Linux distribution",
        audience: "a desktop whose GPU has a Mesa driver",
        hypervisor: Qemu,
        osinfo: "http://libosinfo.org/linux/2022",
        sources: "osinfo-db data/os/libosinfo.org/linux-2022.xml.in",
        vcpus: 4,
        memory_gib: 4,
        disk_gib: 64,
        groups: &[DESKTOP, VIRTIO, &[GL, TPM, UNIX, NO_HPET, CONSOLE]],
        variants: &[&variants::TWO_D, &variants::PORTABLE, &variants::LATEST, &variants::PASSTHROUGH],
    },
    Guest {
        id: "windows",
        name: "Windows",
        title: "Windows desktop",
        covers: "Windows 11, and Windows 10 with Secure Boot and a TPM",
        audience: "a desktop",
        hypervisor: Qemu,
        osinfo: "http://microsoft.com/win/11",
        sources: "osinfo-db data/os/microsoft.com/win-11.xml.in (at least 2 CPUs, 4 GiB, 64 GB of disk, UEFI); virtio-win",
        vcpus: 4,
        memory_gib: 4,
        disk_gib: 80,
        groups: &[DESKTOP, VIRTIO, &[TRUSTED, WINDOWS, HYPERV]],
        variants: &[&variants::INBOX, &variants::PORTABLE, &variants::LATEST, &variants::PASSTHROUGH],
    },
    Guest {
        id: "windows10",
        name: "Windows10",
        title: "Windows 10 desktop",
        covers: "Windows 10 without Secure Boot and without a TPM",
        audience: "a desktop",
        hypervisor: Qemu,
        osinfo: "http://microsoft.com/win/10",
        sources: "osinfo-db data/os/microsoft.com/win-10.xml.in; virtio-win",
        vcpus: 4,
        memory_gib: 4,
        disk_gib: 80,
        groups: &[DESKTOP, VIRTIO, &[UNTRUSTED, WINDOWS, HYPERV]],
        variants: &[&variants::PORTABLE],
    },
    Guest {
        id: "freebsd",
        name: "FreeBSD",
        title: "FreeBSD",
        covers: "FreeBSD 13 (the first with virtio 1.0) and later",
        audience: "a desktop, or a server with a screen",
        hypervisor: Qemu,
        osinfo: "http://freebsd.org/freebsd/13.1",
        sources: "FreeBSD's manual: virtio(4), virtio_scsi(4), vtnet(4), virtio_balloon(4), virtio_random(4), virtio_console(4), da(4), \
                  snd_hda(4), xhci(4), ums(4); virtio 1.0: sys/dev/virtio/pci/virtio_pci_modern.c",
        vcpus: 4,
        memory_gib: 4,
        disk_gib: 64,
        // Its virtio-gpu driver takes the screen from the one that X draws with (scfb), hence VGA.
        groups: &[DESKTOP, &[VIRTIO_SCSI, DISCARD, VIRTIO_NET, GUEST_AGENT, USB_INPUT, BALLOON, RNG, VGA, UNIX]],
        variants: &[&variants::PORTABLE],
    },
    Guest {
        id: "openbsd",
        name: "OpenBSD",
        title: "OpenBSD",
        covers: "OpenBSD 7 and later",
        audience: "a desktop, or a server with a screen",
        hypervisor: Qemu,
        osinfo: "http://openbsd.org/openbsd/7.0",
        sources: "OpenBSD's manual: virtio(4) (virtio 1.0 on PCI), vioblk(4), vio(4), viomb(4), viornd(4), azalia(4), xhci(4), ums(4)",
        vcpus: 4,
        memory_gib: 4,
        disk_gib: 64,
        // OpenBSD does not trim disks, hence no DISCARD.
        groups: &[DESKTOP, &[VIRTIO_BLK, VIRTIO_NET, USB_INPUT, BALLOON, RNG, VGA, UNIX]],
        variants: &[&variants::PORTABLE],
    },
    Guest {
        id: "haiku",
        name: "Haiku",
        title: "Haiku",
        covers: "Haiku R1 beta 3 and later",
        audience: "a desktop",
        hypervisor: Qemu,
        osinfo: "http://haiku-os.org/haiku/r1beta3",
        sources: "Haiku's source, src/add-ons/kernel: busses/scsi/ahci, drivers/network/ether/ipro1000, drivers/input/usb_hid, \
                  drivers/audio/hda; until beta 4 (before commit 6d42b430d1), busses/virtio/virtio_pci speaks only the \
                  interface before virtio 1.0, which PCI Express slots do not offer",
        vcpus: 4,
        memory_gib: 4,
        disk_gib: 32,
        groups: &[DESKTOP, EMULATED, &[UNIX]],
        variants: &[&variants::PORTABLE],
    },
    Guest {
        id: "cloud-hypervisor/linux",
        name: "Linux",
        title: "Linux server",
        covers: "any current Linux distribution, without a screen",
        audience: "a server, on Cloud Hypervisor instead of QEMU",
        hypervisor: CloudHypervisor,
        osinfo: "http://libosinfo.org/linux/2022",
        sources: "libvirt src/ch/ch_domain.c, src/ch/ch_monitor.c, docs/drvch.rst; osinfo-db data/os/libosinfo.org/linux-2022.xml.in",
        vcpus: 4,
        memory_gib: 4,
        disk_gib: 64,
        groups: &[&[CLOUD_HYPERVISOR]],
        variants: &[],
    },
];
