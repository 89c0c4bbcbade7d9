//! Variants: how a guest's machine differs in a particular situation.
//!
//! A variant replaces groups of decisions, and ignores those that a guest does not have. So one record serves every guest,
//! and whatever it does not name is as in the guest's plain file.

use constcat::concat_slices;

use crate::connection::{BOTH, Connection, SYSTEM};
#[allow(clippy::wildcard_imports, reason = "the groups are the words that these records are written in")]
use crate::groups::*;

use Difference::{Has, Lacks};

/// A situation, and what it changes.
#[derive(Debug)]
pub struct Variant {
    /// Its part of the file's name, e.g. `portable` in `linux-portable.xml`.
    pub id: &'static str,
    /// What graphical tools show after the guest's title.
    pub title: &'static str,
    /// What kind of machine it is, if not the guest's plain kind: `server`, where that is a desktop.
    pub kind: Option<&'static str>,
    /// Which systems it is meant for, if not those of the guest's plain file: completes "for …".
    pub covers: Option<&'static str>,
    /// Whom it is for: completes "for …".
    pub audience: &'static str,
    /// How it differs from the guest's plain file, in the order in which it is told.
    pub differs: &'static [Difference],
    /// What it is like with all these differences: completes "so that it …".
    pub so_that: Option<&'static str>,
    /// Whether it only asks less of the host than the plain file, so that it takes its place on a host that lacks something.
    /// A guest's variants of this kind are in the order in which they are tried.
    pub stands_in: bool,
    /// Whether it is as useful in a cluster (`KubeVirt`) as on a host: nothing in it is for a person in front of the host.
    pub fits_cluster: bool,
    /// The connections it makes sense on.
    pub connections: &'static [Connection],
    /// The groups that replace one of a guest's groups.
    pub swaps: &'static [Swap],
    /// The elements that may differ from the plain file, see [`locate`](crate::locate()), with everything in them.
    pub changes: &'static [&'static str],
}

/// Something in which a variant differs from the guest's plain file, as a noun phrase. It is told of a machine only where it is
/// true: not every guest has what a variant leaves out, and a person may have chosen it after all.
#[derive(Debug)]
pub enum Difference {
    /// It has a decision of this group that the plain file does not have.
    Has(Group, &'static str),
    /// It has no decision of this group, and the plain file has one.
    Lacks(Group, &'static str),
}

/// Without 3D.
pub static TWO_D: Variant = Variant {
    id: "2d",
    title: "2D",
    kind: None,
    covers: None,
    audience: "a host without a render node, with NVIDIA's proprietary driver, or that is itself a virtual machine",
    differs: &[Lacks(GL, "no GL and no 3D, with which a running machine can be neither saved nor migrated")],
    so_that: None,
    stands_in: true,
    fits_cluster: false,
    connections: BOTH,
    swaps: &[(GL, &[])],
    changes: &["devices/graphics/gl", "devices/video/model/acceleration"],
};

/// Any host, whatever it lacks.
pub static PORTABLE: Variant = Variant {
    id: "portable",
    title: "portable",
    kind: None,
    covers: None,
    audience: "any host, including servers, fleets, and RHEL and its family",
    differs: &[
        Has(VNC, "VNC instead of SPICE"),
        Lacks(GL, "no 3D"),
        Lacks(FOLDER, "no shared folder"),
        Lacks(VIRTIO_KEYBOARD, "no virtio keyboard (some firmware takes no hotkeys from it)"),
        Lacks(TPM, "no TPM (where there is none, the firmware waits for it at each start, 0.75 s or more)"),
    ],
    so_that: Some("runs on any host and can be saved and migrated"),
    stands_in: true,
    fits_cluster: true,
    connections: BOTH,
    // The wait is 0.75 s by edk2's TisPcRequestUseTpm, and was 2 to 9 s under emulation; on KVM nobody has measured it. A TPM
    // would need swtpm, which a host may not have.
    swaps: PORTABLE_SWAPS,
    changes: PORTABLE_CHANGES,
};

const PORTABLE_SWAPS: &[Swap] =
    &[(SPICE, &[VNC]), (SPICE_AGENT, &[]), (SCREENS, &[]), (GL, &[]), (SHARE, &[]), (VIRTIO_KEYBOARD, &[]), (TPM, &[])];

const PORTABLE_CHANGES: &[&str] = &[
    "memoryBacking",
    "devices/filesystem",
    "devices/channel[@type=spicevmc]",
    "devices/channel[@type=spiceport]",
    "devices/graphics",
    "devices/video/model",
    "devices/redirdev",
    "devices/input[@type=keyboard]",
    "devices/tpm",
];

const SILENT: Swap = (SOUND, &[]);

/// The same on ARM, where RHEL's QEMU has no sound card (its `configs/devices/aarch64-softmmu/aarch64-rh-devices.mak`). The
/// keyboard is on USB there, and stays.
pub static PORTABLE_ARM: Variant = Variant {
    differs: &[
        Has(VNC, "VNC instead of SPICE"),
        Lacks(GL, "no 3D"),
        Lacks(FOLDER, "no shared folder"),
        Lacks(ARM_SOUND, "no sound, for which RHEL's QEMU has no card on ARM"),
        Lacks(ARM_TPM, "no TPM (where there is none, the firmware waits for it at each start, 0.75 s or more)"),
    ],
    so_that: Some(
        "runs on any host with such a processor and can be saved, and migrated between hosts with the same one",
    ),
    swaps: concat_slices!([Swap]: PORTABLE_SWAPS, &[SILENT]),
    changes: concat_slices!([&str]: PORTABLE_CHANGES, &["devices/sound"]),
    ..PORTABLE
};

/// The images that distributions make for clouds.
pub static CLOUD: Variant = Variant {
    id: "cloud",
    title: "cloud image",
    kind: Some("server"),
    covers: None,
    audience: "a distribution's cloud image (Debian, Ubuntu, Fedora, ...), which is installed already and needs no screen",
    differs: &[
        Has(CLOUD_CONSOLE, "a serial console"),
        Has(SEED, "a drive for the seed"),
        Lacks(FOLDER, "no shared folder"),
        Lacks(SPICE, "no screen, sound, input devices, USB or TPM, which a server has no use for"),
    ],
    so_that: None,
    stands_in: false,
    fits_cluster: true,
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
    kind: None,
    covers: None,
    audience: "a host with a current distribution",
    differs: &[Has(VIRTIO_SCSI_MAPPED, "features of newer releases of libvirt and QEMU")],
    so_that: None,
    stands_in: false,
    fits_cluster: false,
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
    kind: None,
    covers: None,
    audience: "games and other programs that draw with Vulkan, on a GPU whose Vulkan driver is Mesa's",
    differs: &[Has(
        VENUS,
        "Vulkan (Venus) and OpenGL 4.6 in the guest, set by properties of QEMU that libvirt passes on unchecked",
    )],
    so_that: None,
    stands_in: false,
    fits_cluster: false,
    connections: BOTH,
    swaps: &[(GL, &[GL, VENUS]), (SHARE, &[VENUS_SHARE])],
    changes: &["memoryBacking", "devices/video/model", "override"],
};

/// Only devices that Windows has drivers for.
// SATA, although libvirt has NVMe disks since 11.5 and Windows has the driver: an NVMe disk keeps a machine from being saved and
// moved (portable/nvme), RHEL's QEMU has none, and the floor of 11.5 would take the file from everybody else. The medium would
// stay on SATA in any case.
pub static INBOX: Variant = Variant {
    id: "inbox",
    title: "built-in drivers",
    kind: None,
    covers: None,
    audience: "installing Windows without the virtio-win disc",
    differs: &[
        Has(SATA, "only devices that Windows has drivers for (SATA disk, Intel network card, USB pointer)"),
        Has(VIRTIO_SCSI_FOR_LATER, "an empty virtio-scsi adapter that prepares the move to the plain file"),
    ],
    so_that: None,
    stands_in: false,
    fits_cluster: false,
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
    kind: None,
    covers: Some("Haiku R1 beta 3 and 4"),
    audience: "Haiku before R1 beta 5, whose virtio drivers do not work on PCI Express",
    differs: &[Has(SATA, "a SATA disk"), Has(E1000E, "an Intel network card"), Lacks(RNG, "no virtio device")],
    so_that: None,
    stands_in: false,
    fits_cluster: false,
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
    kind: None,
    covers: None,
    audience: "assigning a GPU or another PCI device of the host (VFIO)",
    differs: &[
        Has(HOST_PASSTHROUGH, "the host's CPU as it is"),
        Has(ROOT_PORTS, "free PCI Express slots"),
        Has(WINDOWS_TRIM, "a unit for trimming that current Windows accepts"),
        Lacks(GL, "no 3D by QEMU"),
        Lacks(SHARE, "no virtiofs (its memory costs huge pages)"),
        Lacks(BALLOON, "no balloon (VFIO pins all memory)"),
    ],
    so_that: None,
    stands_in: false,
    fits_cluster: false,
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
