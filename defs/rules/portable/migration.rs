//! What keeps a running machine from being saved (`virsh save`, `managedsave`, snapshots with memory) or moved.

use super::host::each;
use crate::rules::{Family, Fault, Rule, is_on};

/// 3D.
pub const VIRGL: Rule = Rule {
    family: Family::Portable,
    name: "3d",
    why: "QEMU can neither save nor move a running machine whose guest has 3D (\"virgl is not yet migratable\").",
    repair: "leave out `<acceleration accel3d='yes'/>`",
    source: "tried on QEMU 7.2, 10.0 and 11.1",
    find: |subject| {
        let models = subject.all("devices/video/model/acceleration").into_iter();
        let with = models.filter(|node| is_on(node.attribute("accel3d")));
        with.map(|node| Fault::at(node, "keeps the machine from being saved or moved")).collect()
    },
};

/// A shared folder.
pub const VIRTIOFS: Rule = Rule {
    family: Family::Portable,
    name: "virtiofs",
    why: "A running machine with it can only be saved or moved with QEMU 8.2 and virtiofsd 1.11, or later, and the folder must be on both hosts.",
    repair: "leave out `<filesystem>`, and add it where it is needed (`virt-xml --add-device --filesystem`)",
    source: "libvirt docs/kbase/virtiofs.rst; QEMU commit \"vhost-user-fs: Implement internal migration\"",
    find: |subject| {
        let shared = subject.all("devices/filesystem").into_iter();
        let with = shared.filter(|node| crate::rules::child_value(*node, "driver", "type") == Some("virtiofs"));
        with.map(|node| Fault::at(node, "keeps the machine from being saved or moved by older releases")).collect()
    },
};

/// Sound cards without migration.
pub const SOUND: Rule = Rule {
    family: Family::Portable,
    name: "sound",
    why: "QEMU can neither save nor move a running machine with this model (\"non-migratable device\").",
    repair: "write `<sound model='ich9'/>`",
    source: "tried on QEMU 7.2 (usb), 10.0 and 11.1 (usb, virtio)",
    find: |subject| {
        let models = ["devices/sound[@model=virtio]", "devices/sound[@model=usb]"].into_iter();
        models.flat_map(|at| each(subject, at, "keeps the machine from being saved or moved")).collect()
    },
};

/// A clipboard without SPICE.
pub const VDAGENT: Rule = Rule {
    family: Family::Portable,
    name: "vdagent",
    why: "QEMU up to 10.0 at least can neither save nor move a running machine with it (\"The vdagent chardev doesn't yet support migration\"); 11.1 can.",
    repair: "leave it out, or use SPICE with `<channel type='spicevmc'>`",
    source: "tried on QEMU 7.2, 10.0 and 11.1",
    find: |subject| {
        each(
            subject,
            "devices/channel[@type=qemu-vdagent]",
            "keeps the machine from being saved or moved by older releases",
        )
    },
};

/// Notifications about a changed clock.
pub const REENLIGHTENMENT: Rule = Rule {
    family: Family::Portable,
    name: "reenlightenment",
    why: "Once the guest uses it (with Hyper-V, WSL 2 or memory integrity), the target of a migration refuses the machine unless the clock's frequency is fixed.",
    repair: "leave out `<reenlightenment>`",
    source: "QEMU commit 561dbb41; kubevirt pull request 7986",
    find: |subject| {
        each(
            subject,
            "features/hyperv/reenlightenment[@state=on]",
            "keeps the machine from being moved once the guest uses it",
        )
    },
};

/// Whatever the host has.
pub const HYPERV_PASSTHROUGH: Rule = Rule {
    family: Family::Portable,
    name: "hyperv-passthrough",
    why: "The guest gets every enlightenment that the host's kernel happens to have, and QEMU does not let such a machine move.",
    repair: "name the enlightenments, or write `mode='host-model'` (libvirt 11.9)",
    source: "QEMU docs/system/i386/hyperv.rst",
    find: |subject| each(subject, "features/hyperv[@mode=passthrough]", "keeps the machine from being moved"),
};

/// A clock that does not change.
pub const INVTSC: Rule = Rule {
    family: Family::Portable,
    name: "invtsc",
    why: "QEMU does not let a machine move whose guest relies on a constant frequency of the clock, unless that frequency is stated.",
    repair: "leave out the feature",
    source: "QEMU: \"State blocked by non-migratable CPU device (invtsc flag)\"",
    find: |subject| {
        let fixed = subject.all("clock/timer[@name=tsc]").iter().any(|timer| timer.has_attribute("frequency"));
        let asked = subject.all("cpu/feature[@name=invtsc]").into_iter();
        let asked = asked.filter(|node| !fixed && !matches!(node.attribute("policy"), Some("disable" | "forbid")));
        asked.map(|node| Fault::at(node, "keeps the machine from being saved or moved")).collect()
    },
};

/// A CPU that says of itself that it cannot.
pub const UNMIGRATABLE_CPU: Rule = Rule {
    family: Family::Portable,
    name: "unmigratable-cpu",
    why: "It gives the guest features of the CPU that cannot be moved, and QEMU does not let it.",
    repair: "leave out `migratable='off'`",
    source: "libvirt docs/formatdomain.rst, CPU model and topology",
    find: |subject| each(subject, "cpu[@migratable=off]", "keeps the machine from being saved or moved"),
};

/// AMD's IOMMU.
pub const AMD_IOMMU: Rule = Rule {
    family: Family::Portable,
    name: "amd-iommu",
    why: "QEMU 10.0 can neither save nor move a running machine with it; 11.1 can.",
    repair: "write `model='intel'` or `model='virtio'`, which work on every host",
    source: "tried on QEMU 10.0 and 11.1",
    find: |subject| {
        each(subject, "devices/iommu[@model=amd]", "keeps the machine from being saved or moved by older releases")
    },
};

/// virtio-crypto.
pub const CRYPTO: Rule = Rule {
    family: Family::Portable,
    name: "crypto",
    why: "QEMU can neither save nor move a running machine with it.",
    repair: "leave out `<crypto>`",
    source: "tried on QEMU 10.0 and 11.1",
    find: |subject| each(subject, "devices/crypto", "keeps the machine from being saved or moved"),
};

/// Memory shared with others (Looking Glass).
pub const SHMEM: Rule = Rule {
    family: Family::Portable,
    name: "shmem",
    why: "QEMU can neither save nor move a running machine that shares memory with another program (\"Migration is disabled when using feature 'peer mode'\").",
    repair: "write `role='master'`, or leave out `<shmem>` and add it on the host it is for",
    source: "tried on QEMU 7.2, 10.0 and 11.1",
    find: |subject| {
        let memory = subject.all("devices/shmem").into_iter().filter(|node| node.attribute("role") != Some("master"));
        memory.map(|node| Fault::at(node, "keeps the machine from being saved or moved")).collect()
    },
};

/// An emulated `NVMe` controller.
pub const NVME: Rule = Rule {
    family: Family::Portable,
    name: "nvme",
    why: "QEMU can neither save nor move a running machine with an emulated NVMe controller.",
    repair: "put the disk on virtio, or on SATA for a guest without drivers",
    source: "tried on QEMU 7.2 and 10.0",
    find: |subject| {
        let mut faults = each(subject, "devices/controller[@type=nvme]", "keeps the machine from being saved or moved");
        let disks = subject.all("devices/disk/target[@bus=nvme]").into_iter();
        faults
            .extend(disks.map(|node| Fault::at_attribute(node, "bus", "keeps the machine from being saved or moved")));
        faults
    },
};
