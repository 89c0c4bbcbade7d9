//! The folder that host and guest share.

use crate::connection::SYSTEM;
use crate::domain::{
    Filesystem, FilesystemDriver, FilesystemDriverType, FilesystemSource, FilesystemTarget, FilesystemType,
};
use crate::sights::sees;
use crate::tunables::{Cell, Tunable};
use crate::version::{since, v};
use crate::{host, needs, topics};

/// A folder of the host.
pub static SHARE: Tunable = Tunable {
    topic: &topics::VIRTIO_FS,
    cell: Cell::Has,
    at: "devices/filesystem",
    why: "The folder /var/lib/libvirt/share of the host, which exists for this and nothing else. In a Linux \
          guest, `mount -t virtiofs share /mnt` shows it, and files keep their owner; Windows needs WinFsp and \
          the drivers.",
    // libvirt docs/formatdomain.rst, filesystem: virtiofs 6.2.0 (QEMU 4.2); in a session only since 10.0.0
    since: since(v(6, 2, 0), v(4, 2, 0)),
    connections: SYSTEM,
    needs: &[&needs::VIRTIOFSD, &needs::SHARE],
    seen: &[sees("share/mounted", "yes")],
    apply: |domain, machine| {
        domain.devices.filesystems.push(Filesystem {
            kind: FilesystemType::Mount,
            driver: FilesystemDriver { kind: FilesystemDriverType::Virtiofs, queue: None },
            source: FilesystemSource { dir: machine.share.to_string() },
            target: FilesystemTarget { dir: host::SHARE_TAG.to_owned() },
        });
    },
};

/// Large requests.
pub static SHARE_QUEUE: Tunable = Tunable {
    topic: &topics::VIRTIO_FS,
    cell: Cell::Silent,
    at: "devices/filesystem/driver",
    why: "Linux guests split a read or write so that it fits the queue; in the default one of 128 entries that \
          is half a megabyte. With 1024 the largest request the kernel makes, one megabyte, fits.",
    // libvirt docs/formatdomain.rst, filesystem: queue; Linux fs/fuse/virtio_fs.c (max_pages_limit); QEMU vhost-user-fs (queue-size)
    since: since(v(6, 2, 0), v(4, 2, 0)),
    connections: SYSTEM,
    needs: &[&needs::VIRTIOFSD],
    seen: &[],
    apply: |domain, _| {
        for filesystem in &mut domain.devices.filesystems {
            filesystem.driver.queue = Some(1024);
        }
    },
};
