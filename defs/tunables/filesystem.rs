//! The folder that host and guest share.

use constcat::concat;

use crate::connection::SYSTEM;
use crate::domain::{
    Filesystem, FilesystemDriver, FilesystemDriverType, FilesystemSource, FilesystemTarget, FilesystemType,
};
use crate::observations::sees;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{since, v};
use crate::{host, needs, topics};

/// A folder of the host.
pub static SHARE: Tunable = Tunable {
    topic: &topics::VIRTIO_FS,
    cell: Cell::Has,
    at: "devices/filesystem",
    why: concat!(
        "The host's folder ",
        host::SHARE,
        ", which serves no other purpose. A Linux guest mounts it with `mount -t virtiofs ",
        host::SHARE_TAG,
        " /mnt`, and files keep their owners; Windows needs WinFsp and the virtio-win drivers."
    ),
    since: since(v(6, 2, 0), v(4, 2, 0)),
    source: "libvirt docs/formatdomain.rst, Filesystems: virtiofs; libvirt docs/kbase/virtiofs.rst (in a session only \
          since 10.0.0)",
    connections: SYSTEM,
    safety: Safety::Yours("which folder of the host a guest may write to"),
    needs: &[&needs::VIRTIOFSD, &needs::SHARE],
    seen: &[sees("share/mounted", "yes")],
    apply: |domain, machine| {
        domain.devices.filesystems.extend(machine.share.as_ref().map(|folder| Filesystem {
            kind: FilesystemType::Mount,
            driver: FilesystemDriver { kind: FilesystemDriverType::Virtiofs, queue: None },
            source: FilesystemSource { dir: folder.to_string() },
            target: FilesystemTarget { dir: host::SHARE_TAG.to_owned() },
        }));
    },
};

/// Large requests.
pub static SHARE_QUEUE: Tunable = Tunable {
    topic: &topics::VIRTIO_FS,
    cell: Cell::Silent,
    at: "devices/filesystem/driver",
    why: "Linux guests split a read or write so that it fits the queue: half a megabyte with the default of 128 \
          entries. With 1024 entries, the kernel's largest request, one megabyte, fits.",
    since: since(v(6, 2, 0), v(4, 2, 0)),
    source: "libvirt docs/formatdomain.rst, Filesystems: queue; Linux fs/fuse/virtio_fs.c, max_pages_limit; QEMU \
          vhost-user-fs, queue-size",
    connections: SYSTEM,
    safety: Safety::Yours("it belongs to a shared folder"),
    needs: &[&needs::VIRTIOFSD],
    seen: &[],
    apply: |domain, _| {
        for filesystem in &mut domain.devices.filesystems {
            filesystem.driver.queue = Some(1024);
        }
    },
};
