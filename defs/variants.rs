//! What a guest's machine is like in another situation than the usual one.
//!
//! A variant says which groups of decisions stand in the place of which; what a guest has not got, it cannot lose. So one
//! record serves every guest, and everything it does not name is as in the guest's plain file.

use crate::connection::{BOTH, Connection, SYSTEM};
#[allow(clippy::wildcard_imports, reason = "the groups are the words that these records are written in")]
use crate::groups::*;

/// One situation.
#[derive(Debug)]
pub struct Variant {
    /// Its part of the file's name, e.g. `portable` in `linux-portable.xml`.
    pub id: &'static str,
    /// What graphical tools show after the guest's title.
    pub title: &'static str,
    /// Whom it is for: completes "for …".
    pub audience: &'static str,
    /// How it differs from the guest's plain file.
    pub differs: &'static str,
    /// The connections it makes sense on.
    pub connections: &'static [Connection],
    /// Which groups stand in the place of a guest's group.
    pub swaps: &'static [Swap],
    /// The elements that may differ from the plain file, see [`locate`](crate::locate()), with everything in them.
    pub changes: &'static [&'static str],
}

/// Without 3D.
pub static TWO_D: Variant = Variant {
    id: "2d",
    title: "2D",
    audience: "a host without a render node, with NVIDIA's own driver, or that is a virtual machine itself",
    differs: "no GL and no 3D, so it can be saved and moved",
    connections: BOTH,
    swaps: &[(GL, &[])],
    changes: &["devices/graphics/gl", "devices/video/model/acceleration"],
};

/// Whatever the host lacks.
pub static PORTABLE: Variant = Variant {
    id: "portable",
    title: "portable",
    audience: "any host: servers, RHEL and its family, fleets",
    differs: "VNC instead of SPICE, no GL, no shared folder, and of what the host must have only what nobody can do without: \
              it starts wherever libvirt does, and can be saved and moved",
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

/// What releases newer than the floor made possible.
pub static LATEST: Variant = Variant {
    id: "latest",
    title: "latest",
    audience: "a current distribution",
    differs: "what newer releases of libvirt and QEMU made possible",
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

/// Only what Windows has drivers for.
pub static INBOX: Variant = Variant {
    id: "inbox",
    title: "drivers of its own",
    audience: "installing Windows without a disc of drivers",
    differs: "only devices that Windows has drivers for (SATA disk, Intel network card, USB pointer), and an empty \
              virtio-scsi adapter, through which the machine becomes a plain one later",
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

/// A device of the host's.
pub static PASSTHROUGH: Variant = Variant {
    id: "passthrough",
    title: "device passthrough",
    audience: "a GPU or another PCI device of the host, handed over with VFIO",
    differs: "the host's CPU as it is, free slots, no 3D of QEMU's, and no balloon, which can do nothing where VFIO \
              pins all memory",
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
