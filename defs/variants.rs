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
    differs: "VNC instead of SPICE, no 3D, no shared folder, and a TPM only where the guest requires one, so that it runs on any \
              host and can be saved and migrated",
    stands_in: true,
    connections: BOTH,
    swaps: &[(SPICE, &[VNC]), (SPICE_AGENT, &[]), (GL, &[]), (SHARE, &[]), (TPM, &[])],
    changes: &[
        "memoryBacking",
        "devices/filesystem",
        "devices/channel[@type=spicevmc]",
        "devices/graphics",
        "devices/video/model/acceleration",
        "devices/redirdev",
        "devices/tpm",
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
        (WINDOWS, &[WINDOWS, WINDOWS_LATEST]),
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

/// Only devices that Windows has drivers for.
pub static INBOX: Variant = Variant {
    id: "inbox",
    title: "drivers of its own",
    audience: "installing Windows without the virtio-win disc",
    differs: "only devices that Windows has drivers for (SATA disk, Intel network card, USB pointer), plus an empty \
              virtio-scsi adapter that prepares the move to the plain file",
    stands_in: false,
    connections: BOTH,
    swaps: &[
        (VIRTIO_SCSI, &[SATA, VIRTIO_SCSI_FOR_LATER]),
        (VIRTIO_NET, &[E1000E]),
        (VIRTIO_INPUT, &[USB_INPUT]),
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

/// A host device.
pub static PASSTHROUGH: Variant = Variant {
    id: "passthrough",
    title: "device passthrough",
    audience: "assigning a GPU or another PCI device of the host (VFIO)",
    differs: "the host's CPU as it is, free PCI Express slots, no 3D by QEMU, and no balloon, which is useless where VFIO \
              pins all memory",
    stands_in: false,
    connections: SYSTEM,
    swaps: &[
        (HOST_MODEL, &[HOST_PASSTHROUGH, ROOT_PORTS]),
        (GL, &[]),
        (BALLOON, &[NO_BALLOON_FOR_VFIO]),
        (FREE_PAGE_REPORTING, &[]),
    ],
    changes: &[
        "devices/controller[@type=pci]",
        "cpu",
        "devices/graphics/gl",
        "devices/video/model/acceleration",
        "devices/memballoon",
    ],
};
