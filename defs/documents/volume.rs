//! The volume with a guest's disk.
//!
//! Reference: <https://libvirt.org/formatstorage.html>. Left out on purpose: `extended_l2` with larger clusters, which
//! made scattered writes of 4 KiB to a fresh image 1.7 times as fast and such writes in a row 2.5 times as slow
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
    /// Its name in the pool, which is the file's as well.
    pub name: Option<String>,
    /// What it takes on the host when it is made.
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
            why: "The name by which the definitions ask for it.",
            since: since(ALWAYS, ALWAYS),
            source: "libvirt docs/formatstorage.rst, volume: as old as libvirt's storage",
        },
        apply: |volume, machine| volume.name = Some(machine.disk.name.to_string()),
    },
    Choice {
        reason: Reason {
            at: "allocation",
            why: "Nothing is set aside: the file grows as the guest fills its disk.",
            since: since(ALWAYS, ALWAYS),
            source: "libvirt docs/formatstorage.rst, volume: as old as libvirt's storage",
        },
        apply: |volume, _| volume.allocation = Some(Size::gib(0)),
    },
    Choice {
        reason: Reason {
            at: "capacity",
            why: "Room for the system and its updates. More can be given later (`virsh vol-resize`), less cannot.",
            since: since(ALWAYS, ALWAYS),
            source: "libvirt docs/formatstorage.rst, volume: as old as libvirt's storage",
        },
        apply: |volume, machine| volume.capacity = Some(machine.disk.size),
    },
    Choice {
        reason: Reason {
            at: "target/format",
            why: "qcow2: it takes only what the guest has written, gives back what the guest trims, and keeps snapshots.",
            since: since(ALWAYS, ALWAYS),
            source: "libvirt docs/formatstorage.rst, volume target: as old as libvirt's storage",
        },
        apply: |volume, machine| volume.target.format = Some(Format { kind: machine.disk.format }),
    },
    Choice {
        reason: Reason {
            at: "target/nocow",
            why: "On btrfs, the file is written in place: copied on every write, an image that a machine works in soon \
                  lies about in small pieces. btrfs then keeps no checksums of it. Other file systems ignore this.",
            since: since(v(1, 2, 7), ALWAYS),
            source: "libvirt docs/formatstorage.rst, volume target: nocow 1.2.7",
        },
        apply: |volume, _| volume.target.nocow = Some(Present {}),
    },
];
