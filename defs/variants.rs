//! Variants: how a guest's machine differs in a particular situation.
//!
//! A variant replaces groups of decisions, and ignores those that a guest does not have. So one record serves every guest,
//! and whatever it does not name is as in the guest's plain file.

use crate::connection::{BOTH, Connection, SYSTEM};
#[allow(clippy::wildcard_imports, reason = "the groups are the words that these records are written in")]
use crate::groups::*;

/// A situation, and what it changes.
#[derive(Debug)]
pub struct Variant {
    /// Its part of the file's name, e.g. `portable` in `linux-portable.xml`.
    pub id: &'static str,
    /// What graphical tools show after the guest's title.
    pub title: &'static str,
    /// Whom it is for: completes "for …".
    pub audience: &'static str,
    /// How it differs from the guest's plain file, as a noun phrase.
    pub differs: &'static str,
    /// Whether it only asks less of the host than the plain file, so that it takes its place on a host that lacks something.
    /// A guest's variants of this kind are in the order in which they are tried.
    pub stands_in: bool,
    /// The connections it makes sense on.
    pub connections: &'static [Connection],
    /// The groups that replace one of a guest's groups.
    pub swaps: &'static [Swap],
    /// The elements that may differ from the plain file, see [`locate`](crate::locate()), with everything in them.
    pub changes: &'static [&'static str],
}

/// Without 3D.
pub static TWO_D: Variant = Variant {
    id: "2d",
    title: "2D",
    audience: "a host without a render node, with NVIDIA's proprietary driver, or that is itself a virtual machine",
    differs: "no GL and no 3D, so that it can be saved and migrated",
    stands_in: true,
    connections: BOTH,
    swaps: &[(GL, &[])],
    changes: &["devices/graphics/gl", "devices/video/model/acceleration"],
};

/// Any host, whatever it lacks.
pub static PORTABLE: Variant = Variant {
    id: "portable",
    title: "portable",
    audience: "any host, including servers, fleets, and RHEL and its family",
    differs: "VNC instead of SPICE, no 3D, no shared folder, no virtio keyboard, whose hotkeys some firmware ignores, and a TPM \
              only where the guest requires one (the firmware waits for a missing one at each start, 0.75 s or more), so that \
              it runs on any host and can be saved and migrated",
    stands_in: true,
    connections: BOTH,
    // The wait is 0.75 s by edk2's TisPcRequestUseTpm, and was 2 to 9 s under emulation; on KVM nobody has measured it. A TPM
    // would need swtpm, which a host may not have.
    swaps: &[
        (SPICE, &[VNC]),
        (SPICE_AGENT, &[]),
        (SCREENS, &[]),
        (GL, &[]),
        (SHARE, &[]),
        (VIRTIO_KEYBOARD, &[]),
        (TPM, &[]),
    ],
    changes: &[
        "memoryBacking",
        "devices/filesystem",
        "devices/channel[@type=spicevmc]",
        "devices/channel[@type=spiceport]",
        "devices/graphics",
        "devices/video/model",
        "devices/redirdev",
        "devices/input[@type=keyboard]",
        "devices/tpm",
    ],
};

/// The images that distributions make for clouds.
pub static CLOUD: Variant = Variant {
    id: "cloud",
    title: "cloud image",
    audience: "a distribution's cloud image (Debian, Ubuntu, Fedora, ...), which is installed already and needs no screen",
    differs: "a serial console and a drive for the seed, and nothing that a server has no use for: no screen, sound, input \
              devices, USB, shared folder or TPM",
    stands_in: false,
    connections: BOTH,
    swaps: &[
        (USB, &[NO_USB]),
        (INSTALL_MEDIUM, &[SEED]),
        (SOUND, &[]),
        (SPICE, &[]),
        (SHARE, &[]),
        (SPICE_AGENT, &[]),
        (VIRTIO_TABLET, &[]),
        (VIRTIO_KEYBOARD, &[]),
        (VIRTIO_GPU, &[]),
        (SCREENS, &[]),
        (GL, &[]),
        (TPM, &[]),
        (CONSOLE, &[CLOUD_CONSOLE]),
    ],
    changes: &[
        "memoryBacking",
        "devices/disk[@device=cdrom]",
        "devices/controller[@type=usb]",
        "devices/filesystem",
        "devices/serial",
        "devices/console",
        "devices/channel[@type=spicevmc]",
        "devices/channel[@type=spiceport]",
        "devices/input",
        "devices/tpm",
        "devices/graphics",
        "devices/sound",
        "devices/video",
        "devices/redirdev",
    ],
};

/// What came after the floor.
pub static LATEST: Variant = Variant {
    id: "latest",
    title: "latest",
    audience: "a host with a current distribution",
    differs: "features of newer releases of libvirt and QEMU",
    stands_in: false,
    connections: BOTH,
    swaps: &[
        (DISCARD, &[DISCARD, DISK_LATEST]),
        (VIRTIO_SCSI, &[VIRTIO_SCSI_MAPPED]),
        (NETWORK, &[NETWORK, PASST]),
        (HYPERV, &[HYPERV, HYPERV_LATEST]),
        (WINDOWS, &[WINDOWS, WINDOWS_TRIM]),
    ],
    changes: &[
        "iothreads",
        "features/hyperv",
        "devices/disk[@device=disk]/driver",
        "devices/disk[@device=disk]/blockio",
        "devices/controller[@type=scsi]/driver",
        "devices/interface/backend",
    ],
};

/// Vulkan in the guest.
pub static VULKAN: Variant = Variant {
    id: "vulkan",
    title: "Vulkan",
    audience: "games and other programs that draw with Vulkan, on a GPU whose Vulkan driver is Mesa's",
    differs: "Vulkan in the guest (Venus) and OpenGL 4.6, by properties of QEMU's that libvirt passes on unseen",
    stands_in: false,
    connections: BOTH,
    swaps: &[(GL, &[GL, VENUS]), (SHARE, &[VENUS_SHARE])],
    changes: &["memoryBacking", "devices/video/model", "override"],
};

/// Only devices that Windows has drivers for.
// SATA, although libvirt has NVMe disks since 11.5 and Windows has the driver: an NVMe disk blocks migration before QEMU 11.1, RHEL's
// QEMU has none, and the floor of 11.5 would take the file from everybody else. The medium would stay on SATA in any case.
pub static INBOX: Variant = Variant {
    id: "inbox",
    title: "drivers of its own",
    audience: "installing Windows without the virtio-win disc",
    differs: "only devices that Windows has drivers for (SATA disk, Intel network card, USB pointer), plus an empty \
              virtio-scsi adapter that prepares the move to the plain file",
    stands_in: false,
    connections: BOTH,
    // No random numbers: Windows would list an unknown device, and firmware that boots from a network has RDRAND.
    swaps: &[
        (VIRTIO_SCSI, &[SATA, VIRTIO_SCSI_FOR_LATER]),
        (VIRTIO_NET, &[E1000E]),
        (VIRTIO_TABLET, &[USB_TABLET]),
        (VIRTIO_KEYBOARD, &[]),
        (SETUP_TABLET, &[]),
        (BALLOON, &[NO_BALLOON]),
        (FREE_PAGE_REPORTING, &[]),
        (RNG, &[]),
        (GUEST_AGENT, &[]),
        (SPICE_AGENT, &[]),
        (SHARE, &[]),
    ],
    changes: &[
        "memoryBacking",
        "iothreads",
        "devices/disk[@device=disk]/target",
        "devices/controller[@type=scsi]",
        "devices/filesystem",
        "devices/interface/model",
        "devices/channel",
        "devices/input",
        "devices/memballoon",
        "devices/rng",
    ],
};

/// Haiku before its drivers spoke virtio 1.0.
pub static BETA4: Variant = Variant {
    id: "beta4",
    title: "beta 4",
    audience: "Haiku R1 beta 3 and 4, whose virtio drivers do not work on PCI Express",
    differs: "SATA disk, Intel network card, and no virtio device",
    stands_in: false,
    connections: BOTH,
    swaps: &[(VIRTIO_SCSI, &[SATA]), (VIRTIO_NET, &[E1000E]), (RNG, &[])],
    changes: &[
        "iothreads",
        "devices/disk[@device=disk]/target",
        "devices/controller[@type=scsi]",
        "devices/interface/model",
        "devices/rng",
    ],
};

/// A host device.
pub static PASSTHROUGH: Variant = Variant {
    id: "passthrough",
    title: "device passthrough",
    audience: "assigning a GPU or another PCI device of the host (VFIO)",
    differs: "the host's CPU as it is, free PCI Express slots, no 3D by QEMU, no shared folder, whose memory would cost huge \
              pages, and no balloon, which is useless where VFIO pins all memory",
    stands_in: false,
    connections: SYSTEM,
    swaps: &[
        (HOST_MODEL, &[HOST_PASSTHROUGH, ROOT_PORTS]),
        (GL, &[]),
        (SHARE, &[]),
        (BALLOON, &[NO_BALLOON_FOR_VFIO]),
        (FREE_PAGE_REPORTING, &[]),
        // Whoever assigns a device has a current host.
        (WINDOWS, &[WINDOWS, WINDOWS_TRIM]),
    ],
    changes: &[
        "memoryBacking",
        "cpu",
        "devices/disk[@device=disk]/blockio",
        "devices/controller[@type=pci]",
        "devices/filesystem",
        "devices/graphics/gl",
        "devices/video/model/acceleration",
        "devices/memballoon",
    ],
};
