//! The volume with a guest's disk.
//!
//! Reference: <https://libvirt.org/formatstorage.html>. Left out on purpose: `extended_l2` with larger clusters, which
//! made scattered writes of 4 KiB to a fresh image 1.7 times as fast and sequential ones 2.5 times as slow
//! (`qemu-img bench -w -t none -s 4096` with and without `-S 200704`, QEMU 10.0); `lazy_refcounts`, which helps only a
//! disk that is not cached.

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::choice::{Choice, Reason};
use crate::domain::{DiskFormat, Present};
use crate::machine::Machine;
use crate::render::Root;
use crate::size::Size;
use crate::version::{ALWAYS, since, v};

/// `<volume>`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize)]
pub struct Volume {
    /// Its name in the pool, which is also the file's.
    pub name: Option<String>,
    /// What it takes on the host when it is created.
    pub allocation: Option<Size>,
    /// What the guest sees.
    pub capacity: Option<Size>,
    /// The file.
    pub target: Target,
}

impl Root for Volume {
    const NAME: &'static str = "volume";
}

/// `<target>`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize)]
pub struct Target {
    /// Image format.
    pub format: Option<Format>,
    /// Not copied on write by the host's file system.
    pub nocow: Option<Present>,
}

/// `<format>`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Format {
    /// Its name.
    #[serde(rename = "@type")]
    pub kind: DiskFormat,
}

/// The decisions.
pub static CHOICES: &[Choice<Volume, Machine>] = &[
    Choice {
        reason: Reason {
            at: "name",
            why: "The definitions refer to the volume by this name.",
            since: since(ALWAYS, ALWAYS),
            source: "libvirt docs/formatstorage.rst, volume (no release named)",
        },
        apply: |volume, machine| volume.name = Some(machine.disk.name.to_string()),
    },
    Choice {
        reason: Reason {
            at: "allocation",
            why: "No space is reserved: the file grows as the guest fills its disk.",
            since: since(ALWAYS, ALWAYS),
            source: "libvirt docs/formatstorage.rst, volume (no release named)",
        },
        apply: |volume, _| volume.allocation = Some(Size::gib(0)),
    },
    Choice {
        reason: Reason {
            at: "capacity",
            why: "Room for the system and its updates. `virsh vol-resize` can enlarge the disk later, but not shrink it safely.",
            since: since(ALWAYS, ALWAYS),
            source: "libvirt docs/formatstorage.rst, volume (no release named)",
        },
        apply: |volume, machine| volume.capacity = Some(machine.disk.size),
    },
    Choice {
        reason: Reason {
            at: "target/format",
            why: "qcow2 takes only the space that the guest has written to, returns what the guest trims, and holds snapshots.",
            since: since(ALWAYS, ALWAYS),
            source: "libvirt docs/formatstorage.rst, volume target (no release named)",
        },
        apply: |volume, machine| volume.target.format = Some(Format { kind: machine.disk.format }),
    },
    Choice {
        reason: Reason {
            at: "target/nocow",
            why: "On btrfs, the file is written in place, because copy-on-write would fragment the image; btrfs then keeps no \
              checksums of it. Other file systems ignore this.",
            since: since(v(1, 2, 7), ALWAYS),
            source: "libvirt docs/formatstorage.rst, volume target: nocow 1.2.7",
        },
        apply: |volume, _| volume.target.nocow = Some(Present {}),
    },
];
