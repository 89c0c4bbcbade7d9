//! What keeps a running machine from being saved (`virsh save`, `managedsave`, snapshots with memory) or moved.

use super::{unsaved, unsaved_until_qemu};
use crate::rules::{Rule, Violation, child_value, is_on};
use crate::version::v;

/// What a finding says.
const BLOCKED: &str = "keeps the machine from being saved or moved";
/// What a finding says where newer releases have no such limit.
const BLOCKED_BY_OLDER: &str = "keeps the machine from being saved or moved by older releases";

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: unsaved(&["virgl is not yet migratable"]),
        name: "3d",
        why: "The state of the guest's 3D is in the host's graphics driver, where QEMU cannot read it.",
        help: "leave out `<acceleration accel3d='yes'/>`",
        source: "tried on QEMU 7.2, 10.0 and 11.1",
        find: |subject| {
            let models = subject.all("devices/video/model/acceleration").into_iter();
            let with = models.filter(|node| is_on(node.attribute("accel3d")));
            with.map(|node| Violation::at(node, BLOCKED)).collect()
        },
    },
    Rule {
        // QEMU can since 8.2, and virtiofsd since 1.11, which is as old as QEMU 9.0.
        family: unsaved_until_qemu(
            v(9, 0, 0),
            &["non-migratable device: …/vhost-user-fs", "migration with virtiofs device is not supported"],
        ),
        name: "virtiofs",
        why: "virtiofsd holds open files for the guest; releases from 1.11 on, which is as old as QEMU 9.0, can save and move them. The folder must be on both hosts.",
        help: "leave out `<filesystem>`, and add it where it is needed (`virt-xml --add-device --filesystem`)",
        source: "libvirt docs/kbase/virtiofs.rst; QEMU commit \"vhost-user-fs: Implement internal migration\"; libvirt src/qemu/qemu_migration.c",
        find: |subject| {
            let shared = subject.all("devices/filesystem").into_iter();
            let with = shared.filter(|node| child_value(*node, "driver", "type") == Some("virtiofs"));
            with.map(|node| Violation::at(node, BLOCKED_BY_OLDER)).collect()
        },
    },
    Rule {
        family: unsaved(&["non-migratable device: …/virtio-sound-device", "non-migratable device: …/usb-audio"]),
        name: "sound",
        why: "QEMU cannot save the state of these models.",
        help: "write `<sound model='ich9'/>`",
        source: "tried on QEMU 7.2 (usb), 10.0 and 11.1 (usb, virtio)",
        find: |subject| subject.each(&["devices/sound[@model=virtio]", "devices/sound[@model=usb]"], BLOCKED),
    },
    Rule {
        family: unsaved_until_qemu(v(11, 1, 0), &["The vdagent chardev doesn't yet support migration"]),
        name: "vdagent",
        why: "QEMU keeps the shared clipboard in this channel; 10.0 cannot save it, 11.1 can.",
        help: "leave it out, or use SPICE with `<channel type='spicevmc'>`",
        source: "tried on QEMU 7.2, 10.0 and 11.1",
        find: |subject| subject.each(&["devices/channel[@type=qemu-vdagent]"], BLOCKED_BY_OLDER),
    },
    Rule {
        family: unsaved(&["'tsc-frequency=' has to be specified"]),
        name: "reenlightenment",
        why: "Once the guest uses it (with Hyper-V, WSL 2 or memory integrity), QEMU does not restore the machine, here or elsewhere, unless the frequency of the guest's clock is fixed.",
        help: "leave out `<reenlightenment>`, or add `<timer name='tsc' frequency='…'/>`",
        source: "QEMU target/i386/machine.c and commit 561dbb41; kubevirt pull request 7986",
        find: |subject| {
            let on = subject.all("features/hyperv/reenlightenment[@state=on]").into_iter();
            let on = on.filter(|_| !subject.has_fixed_tsc());
            on.map(|node| Violation::at(node, "keeps the machine from being restored or moved once the guest uses it"))
                .collect()
        },
    },
    Rule {
        family: unsaved(&["'hv-passthrough' CPU flag prevents migration"]),
        name: "hyperv-passthrough",
        why: "The guest gets every enlightenment that the host's kernel happens to have, which another kernel may lack.",
        help: "list the enlightenments, or write `mode='host-model'` (libvirt 11.9)",
        source: "QEMU docs/system/i386/hyperv.rst and target/i386/kvm/kvm.c",
        find: |subject| subject.each(&["features/hyperv[@mode=passthrough]"], BLOCKED),
    },
    Rule {
        family: unsaved(&["State blocked by non-migratable CPU device (invtsc flag)"]),
        name: "invtsc",
        why: "The guest relies on a clock of constant frequency, which another host does not have, unless that frequency is fixed.",
        help: "leave out the feature, or add `<timer name='tsc' frequency='…'/>`",
        source: "tried with KVM on QEMU 7.2, 10.0 and 11.1",
        find: |subject| {
            let asked = subject.all("cpu/feature[@name=invtsc]").into_iter().filter(|_| !subject.has_fixed_tsc());
            let asked = asked.filter(|node| !matches!(node.attribute("policy"), Some("disable" | "forbid")));
            asked.map(|node| Violation::at(node, BLOCKED)).collect()
        },
    },
    Rule {
        family: unsaved(&["State blocked by non-migratable CPU device (invtsc flag)"]),
        name: "unmigratable-cpu",
        why: "With KVM, it gives the guest the host's clock of constant frequency (`invtsc`), which another host does not have.",
        help: "leave out `migratable='off'`",
        source: "tried on QEMU 7.2, 10.0 and 11.1: only with KVM",
        find: |subject| {
            let kvm = subject.root().attribute("type") == Some("kvm") && !subject.has_fixed_tsc();
            let asked = subject.all("cpu[@migratable=off]").into_iter().filter(|_| kvm);
            asked.map(|node| Violation::at_attribute(node, "migratable", BLOCKED)).collect()
        },
    },
    Rule {
        family: unsaved_until_qemu(v(11, 1, 0), &["non-migratable device: amd-iommu"]),
        name: "amd-iommu",
        why: "QEMU 10.0 cannot save the state of this IOMMU; 11.1 can.",
        help: "write `model='intel'` or `model='virtio'`, which work on every host",
        source: "tried on QEMU 7.2, 10.0 and 11.1",
        find: |subject| subject.each(&["devices/iommu[@model=amd]"], BLOCKED_BY_OLDER),
    },
    Rule {
        family: unsaved(&["non-migratable device: …/virtio-crypto"]),
        name: "crypto",
        why: "QEMU cannot save the state of this device.",
        help: "leave out `<crypto>`",
        source: "tried on QEMU 10.0 and 11.1",
        find: |subject| subject.each(&["devices/crypto"], BLOCKED),
    },
    Rule {
        family: unsaved(&["Migration is disabled when using feature 'peer mode' in device 'ivshmem'"]),
        name: "shmem",
        why: "The memory belongs to another program on the host, and does not go with the machine.",
        help: "write `role='master'`, or leave out `<shmem>` and add it on the host it is for",
        source: "tried on QEMU 7.2, 10.0 and 11.1",
        find: |subject| {
            let memory = subject.all("devices/shmem").into_iter();
            let memory = memory.filter(|node| node.attribute("role") != Some("master"));
            memory.map(|node| Violation::at(node, BLOCKED)).collect()
        },
    },
    Rule {
        // QEMU 11.1 does not refuse, and crashes; libvirt then says that the machine is not running.
        family: unsaved(&["non-migratable device: …/nvme", "domain is not running"]),
        name: "nvme",
        why: "QEMU 10.0 cannot save the state of an emulated NVMe controller, and 11.1 crashes when it saves one.",
        help: "put the disk on virtio, or on SATA for a guest without drivers",
        source: "tried on QEMU 7.2, 10.0 and 11.1",
        find: |subject| {
            let controllers = subject.each(&["devices/controller[@type=nvme]"], BLOCKED).into_iter();
            let disks = subject.all("devices/disk/target[@bus=nvme]").into_iter();
            controllers.chain(disks.map(|node| Violation::at_attribute(node, "bus", BLOCKED))).collect()
        },
    },
];
