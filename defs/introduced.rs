//! Every name in libvirt's domain XML that came after the floor, and the release it came with.
//!
//! This is the only since-table: the rules of the family `floor` judge by it, and a tunable that is newer than the floor takes
//! its version from it ([`since()`]). `xtask/judge/tests/introduced.rs` checks it against the schemas of libvirt 9.0, 11.3 and 12.8: a
//! name that is in one schema and not in the one before must be here, with a release in between. `xtask/judge/tests/documented.rs`
//! checks it against libvirt's documentation, which has to name the release as well.

use crate::path::XmlPath;
use crate::version::{ALWAYS, Since, Version, since as pair, v};

/// A name that came after the floor.
#[derive(Debug)]
pub struct Introduced {
    /// Where it stands; with a [`Tail`](crate::path::Tail) for an attribute, a value or a text.
    pub at: XmlPath<'static>,
    /// The first releases that know it.
    pub since: Since,
    /// Where that is known from: libvirt's documentation (`formatdomain`, `NEWS`); or `with` another name of this table,
    /// which came with the same release of libvirt; or only the `schemas` of two releases.
    pub source: &'static str,
}

/// The releases that know a name, for the record of a tunable: `since: introduced::since("devices/sound/@model=virtio")`.
///
/// # Panics
///
/// When the table has no such name; in a `static`, the compiler says so.
#[must_use]
pub const fn since(at: &str) -> Since {
    let mut index = 0;
    while index < INTRODUCED.len() {
        if same(INTRODUCED[index].at.as_str(), at) {
            return INTRODUCED[index].since;
        }
        index += 1;
    }
    panic!("no such name in INTRODUCED")
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut index = 0;
    while index < a.len() && index < b.len() && a[index] == b[index] {
        index += 1;
    }
    index == a.len() && index == b.len()
}

const fn newer(at: &'static str, libvirt: Version, qemu: Version, source: &'static str) -> Introduced {
    Introduced { at: XmlPath::new(at), since: pair(libvirt, qemu), source }
}

/// The newest release of libvirt whose schemas and documentation this table has been compared with.
pub const COMPARED_WITH: Version = v(12, 8, 0);

/// The table, by place.
pub static INTRODUCED: &[Introduced] = &[
    newer("//acpi/@nodeset", v(11, 8, 0), v(9, 0, 0), "NEWS 11.8.0; QEMU: acpi-generic-initiator"),
    newer("//backingStore/@type=ctl", v(12, 0, 0), ALWAYS, "NEWS 12.0.0 (shares the disk source)"),
    newer("//backingStore/@type=vhostvdpa", v(9, 8, 0), v(8, 1, 0), "formatdomain, NEWS 9.8.0"),
    newer("//backingStore[@type=network]/source/reconnect", v(9, 2, 0), ALWAYS, "NEWS 9.2.0, nbd"),
    newer("//dataStore/@type=ctl", v(12, 0, 0), ALWAYS, "NEWS 12.0.0 (shares the disk source)"),
    newer(
        "//encryption/@format=luks-any",
        v(9, 3, 0),
        v(8, 0, 0),
        "schemas of 9.0 and 11.3, no document names it; QEMU: capabilities data",
    ),
    newer("//mirror/@type=ctl", v(12, 0, 0), ALWAYS, "NEWS 12.0.0 (shares the disk source)"),
    newer("//mirror/@type=vhostvdpa", v(9, 8, 0), v(8, 1, 0), "formatdomain, NEWS 9.8.0"),
    newer("//mirror[@type=network]/source/reconnect", v(9, 2, 0), ALWAYS, "NEWS 9.2.0, nbd"),
    newer("//source/@protocol=ssh", v(9, 8, 0), ALWAYS, "with knownHosts, NEWS 9.8.0; schemas of 9.0.0 and 10.0.0"),
    newer("//source/dataStore", v(10, 10, 0), ALWAYS, "formatdomain, NEWS 10.10.0"),
    newer("//source/identity/@agentsock", v(9, 8, 0), ALWAYS, "with knownHosts; schemas of 9.0.0 and 10.0.0"),
    newer("//source/identity/@keyfile", v(9, 8, 0), ALWAYS, "with knownHosts; schemas of 9.0.0 and 10.0.0"),
    newer("//source/identity/@username", v(9, 8, 0), ALWAYS, "with knownHosts; schemas of 9.0.0 and 10.0.0"),
    newer("//source/knownHosts", v(9, 8, 0), ALWAYS, "formatdomain, knownHosts"),
    newer("//source/reconnect/@delay", v(9, 2, 0), ALWAYS, "NEWS 9.2.0, nbd"),
    newer(
        "//source/reservations/@migration",
        v(12, 1, 0),
        v(11, 0, 0),
        "formatdomain; QEMU: scsi-block.migrate-pr, capabilities data",
    ),
    newer("blkiotune/device/path/.=*", v(12, 3, 0), ALWAYS, "formatdomain, block I/O tuning (bhyve)"),
    newer("cpu/@deprecated_features", v(11, 0, 0), ALWAYS, "formatdomain, s390 only"),
    newer("cpu/maxphysaddr", v(8, 7, 0), ALWAYS, "formatdomain, NEWS 8.7.0"),
    newer("cpu/maxphysaddr/@limit", v(9, 3, 0), ALWAYS, "formatdomain, maxphysaddr"),
    newer("cpu/topology/@clusters", v(10, 1, 0), v(7, 1, 0), "formatdomain; QEMU: capabilities data"),
    newer("cputune/energytune", v(12, 4, 0), ALWAYS, "formatdomain, NEWS 12.4.0"),
    newer("devices/audio/@runtimeDir", v(9, 10, 0), v(8, 1, 0), "with pipewire"),
    newer("devices/audio/@type=pipewire", v(9, 10, 0), v(8, 1, 0), "formatdomain, NEWS 9.10.0"),
    newer("devices/controller/@type=nvme", v(11, 5, 0), ALWAYS, "formatdomain, controllers"),
    newer("devices/controller/driver/iothreads", v(11, 2, 0), v(10, 0, 0), "formatdomain, controllers"),
    newer("devices/controller/serial", v(11, 5, 0), ALWAYS, "formatdomain, nvme controller"),
    newer("devices/controller/target/@memReserve", v(10, 3, 0), ALWAYS, "formatdomain, NEWS 10.3.0"),
    newer("devices/crypto", v(9, 1, 0), ALWAYS, "NEWS 9.1.0 (formatdomain: 9.0.0, but not in the schema of 9.0.0)"),
    newer("devices/crypto/backend/@model=lkcf", v(9, 1, 0), v(7, 2, 0), "NEWS 9.1.0; QEMU: capabilities data"),
    newer("devices/disk/@model=usb-bot", v(11, 5, 0), ALWAYS, "formatdomain, disk model"),
    newer("devices/disk/@model=usb-storage", v(11, 5, 0), ALWAYS, "formatdomain, disk model"),
    newer("devices/disk/@type=ctl", v(12, 0, 0), ALWAYS, "formatdomain, NEWS 12.0.0 (bhyve)"),
    newer("devices/disk/@type=vhostvdpa", v(9, 8, 0), v(8, 1, 0), "formatdomain, NEWS 9.8.0"),
    newer("devices/disk/blockio/@discard_granularity", v(9, 7, 0), ALWAYS, "schemas of 9.0 and 10.0"),
    newer("devices/disk/blockio/@discard_granularity=0", v(11, 6, 0), ALWAYS, "NEWS 11.6.0 (older schemas allow it)"),
    newer("devices/disk/driver/@discard_no_unref", v(9, 5, 0), v(8, 1, 0), "formatdomain, disk driver"),
    newer("devices/disk/driver/iothreads", v(10, 0, 0), v(9, 0, 0), "formatdomain, disk driver"),
    newer("devices/disk/driver/statistics", v(11, 9, 0), v(10, 2, 0), "formatdomain, disk driver"),
    newer("devices/disk/driver/statistics/latency-histogram", v(12, 1, 0), ALWAYS, "formatdomain, disk driver"),
    newer("devices/disk/source/@fdgroup", v(9, 0, 0), ALWAYS, "formatdomain, disk source"),
    newer("devices/disk/target/@bus=nvme", v(11, 5, 0), ALWAYS, "formatdomain, NEWS 11.5.0"),
    newer("devices/disk/target/@dpofua", v(11, 10, 0), ALWAYS, "formatdomain, disk target"),
    newer("devices/disk/throttlefilters", v(11, 2, 0), ALWAYS, "formatdomain, disk"),
    newer("devices/disk[@type=network]/source/reconnect", v(9, 2, 0), ALWAYS, "NEWS 9.2.0, nbd"),
    newer("devices/filesystem/binary/openfiles", v(10, 6, 0), ALWAYS, "formatdomain, filesystem binary"),
    newer("devices/filesystem/driver/@type=mtp", v(10, 2, 0), ALWAYS, "formatdomain, NEWS 10.2.0"),
    newer("devices/filesystem/idmap", v(10, 0, 0), ALWAYS, "formatdomain, NEWS 10.0.0"),
    newer("devices/graphics/@username", v(11, 1, 0), ALWAYS, "formatdomain, rdp"),
    newer("devices/graphics/@wait", v(11, 10, 0), ALWAYS, "formatdomain, vnc (bhyve)"),
    newer("devices/graphics[@type=rdp]/@passwd", v(11, 1, 0), ALWAYS, "formatdomain, rdp"),
    newer("devices/hostdev/driver/@iommufd", v(12, 1, 0), v(9, 0, 0), "formatdomain, hostdev driver"),
    newer("devices/hostdev/driver/@model", v(10, 0, 0), ALWAYS, "formatdomain, NEWS 10.0.0"),
    newer("devices/hostdev/source/address/@port", v(12, 6, 0), ALWAYS, "schema of 12.6.0 (not in 12.0.0)"),
    newer("devices/hostdev[@type=pci]/@display", v(10, 3, 0), ALWAYS, "formatdomain, hostdev pci"),
    newer("devices/hostdev[@type=pci]/@ramfb", v(10, 3, 0), ALWAYS, "formatdomain, hostdev pci"),
    newer("devices/interface/@type=null", v(8, 7, 0), ALWAYS, "formatdomain, NEWS 8.7.0"),
    newer("devices/interface/@type=vds", v(8, 7, 0), ALWAYS, "formatdomain, NEWS 8.7.0"),
    newer("devices/interface/backend/@fqdn", v(11, 8, 0), v(7, 2, 0), "formatdomain, passt"),
    newer("devices/interface/backend/@hostname", v(11, 8, 0), v(7, 2, 0), "formatdomain, passt"),
    newer("devices/interface/backend/@logFile", v(9, 0, 0), v(7, 2, 0), "formatdomain, passt"),
    newer(
        "devices/interface/backend/@type",
        v(9, 0, 0),
        v(7, 2, 0),
        "formatdomain, passt; QEMU: netdev stream, capabilities data",
    ),
    newer(
        "devices/interface/backend/@type=default",
        v(10, 6, 0),
        ALWAYS,
        "schemas of 10.0.0 and 11.0.0, NEWS 10.6.0 speaks of it",
    ),
    newer("devices/interface/driver/@iommufd", v(12, 1, 0), v(9, 0, 0), "formatdomain (shares hostdev driver)"),
    newer("devices/interface/driver/@model", v(10, 0, 0), ALWAYS, "NEWS 10.0.0 (shares hostdev driver)"),
    newer("devices/interface/mac/@currentAddress", v(11, 2, 0), ALWAYS, "formatdomain (live XML only)"),
    newer(
        "devices/interface/model/@type=igb",
        v(9, 3, 0),
        v(8, 0, 0),
        "formatdomain, NEWS 9.3.0 (no enumeration in the schema)",
    ),
    newer("devices/interface/model/@type=usb-net", v(10, 3, 0), ALWAYS, "formatdomain (no enumeration in the schema)"),
    newer("devices/interface/portForward", v(9, 0, 0), v(7, 2, 0), "with logFile"),
    newer("devices/interface/source/@connectionid", v(8, 7, 0), ALWAYS, "with type=vds, NEWS 8.7.0"),
    newer("devices/interface/source/@portgroupid", v(8, 7, 0), ALWAYS, "with type=vds, NEWS 8.7.0"),
    newer("devices/interface/source/@switchid", v(8, 7, 0), ALWAYS, "with type=vds, NEWS 8.7.0"),
    newer("devices/interface/source/address/@port", v(12, 6, 0), ALWAYS, "schema of 12.6.0 (not in 12.0.0)"),
    newer("devices/interface[@type=user]/source", v(9, 0, 0), v(7, 2, 0), "formatdomain, passt"),
    newer(
        "devices/interface[@type=vhostuser]/backend/@type=passt",
        v(11, 1, 0),
        ALWAYS,
        "formatdomain, vhost-user with passt (older schemas allow it)",
    ),
    newer(
        "devices/interface[@type=vhostuser]/portForward",
        v(11, 1, 0),
        ALWAYS,
        "formatdomain, vhost-user with passt (older schemas allow it)",
    ),
    newer("devices/interface[@type=vhostuser]/source/@dev", v(11, 1, 0), ALWAYS, "with @type=passt"),
    newer(
        "devices/iommu/@model=amd",
        v(11, 5, 0),
        v(10, 0, 0),
        "formatdomain; QEMU: qemu_validate.c wants amd-iommu.pci-id, in capabilities data of 10.0.0",
    ),
    newer("devices/iommu/driver/@accel", v(12, 7, 0), ALWAYS, "formatdomain, iommu (smmuv3)"),
    newer("devices/iommu/driver/@ats", v(12, 7, 0), ALWAYS, "formatdomain, iommu (smmuv3)"),
    newer("devices/iommu/driver/@cmdqv", v(12, 7, 0), ALWAYS, "formatdomain, iommu (smmuv3)"),
    newer("devices/iommu/driver/@dma_translation", v(10, 7, 0), v(7, 1, 0), "formatdomain; QEMU: capabilities data"),
    newer("devices/iommu/driver/@oas", v(12, 7, 0), ALWAYS, "formatdomain, iommu (smmuv3)"),
    newer("devices/iommu/driver/@passthrough", v(11, 5, 0), v(10, 0, 0), "formatdomain, amd iommu"),
    newer("devices/iommu/driver/@pciBus", v(11, 10, 0), ALWAYS, "formatdomain, iommu (smmuv3)"),
    newer("devices/iommu/driver/@ril", v(12, 7, 0), ALWAYS, "formatdomain, iommu (smmuv3)"),
    newer("devices/iommu/driver/@ssidsize", v(12, 7, 0), ALWAYS, "formatdomain, iommu (smmuv3)"),
    newer(
        "devices/iommu/driver/@xtsup",
        v(11, 5, 0),
        v(10, 0, 0),
        "formatdomain, amd iommu (property itself: QEMU 8.1)",
    ),
    newer("devices/iommu/driver/granule", v(12, 1, 0), v(9, 0, 0), "formatdomain, NEWS 12.1.0"),
    newer("devices/memory/@model=sgx-epc", v(8, 10, 0), ALWAYS, "formatdomain, memory (QEMU 7.0.0)"),
    newer("devices/memory/driver", v(11, 9, 0), ALWAYS, "NEWS 11.9.0"),
    newer("devices/memory/target/@dynamicMemslots", v(10, 1, 0), v(8, 2, 0), "formatdomain, memory"),
    newer("devices/memory/target/address", v(9, 4, 0), ALWAYS, "formatdomain, NEWS 9.4.0"),
    newer("devices/panic/@model=pvpanic", v(9, 1, 0), ALWAYS, "formatdomain, NEWS 9.1.0"),
    newer("devices/pstore", v(10, 6, 0), ALWAYS, "formatdomain, NEWS 10.6.0"),
    newer("devices/sound/@model=virtio", v(10, 4, 0), v(8, 2, 0), "formatdomain, sound"),
    newer("devices/sound/@multichannel", v(9, 4, 0), ALWAYS, "formatdomain, sound"),
    newer("devices/sound/@streams", v(10, 4, 0), v(8, 2, 0), "formatdomain, sound"),
    newer("devices/sound/driver", v(10, 4, 0), v(8, 2, 0), "with model=virtio"),
    newer("devices/tpm/backend/@debug", v(10, 6, 0), ALWAYS, "formatdomain, tpm emulator"),
    newer("devices/tpm/backend/@type=external", v(9, 0, 0), ALWAYS, "formatdomain, NEWS 9.0.0"),
    newer("devices/tpm/backend/profile", v(10, 10, 0), ALWAYS, "formatdomain, NEWS 10.10.0"),
    newer("devices/tpm/backend/source", v(9, 0, 0), ALWAYS, "formatdomain, tpm source"),
    newer("devices/tpm/backend/source/@type=dir", v(10, 10, 0), ALWAYS, "formatdomain, tpm source"),
    newer("devices/tpm/backend/source/@type=file", v(10, 10, 0), ALWAYS, "formatdomain, tpm source"),
    newer("devices/tpm/backend[@type=emulator]/source", v(10, 10, 0), ALWAYS, "formatdomain, tpm source"),
    newer("devices/video/model/@blob", v(9, 2, 0), ALWAYS, "formatdomain, video (QEMU 6.1)"),
    newer("devices/video/model/@device", v(12, 5, 0), ALWAYS, "formatdomain, video"),
    newer("devices/video/model/@edid", v(11, 7, 0), ALWAYS, "formatdomain, video"),
    newer("devices/watchdog/@model=itco", v(9, 1, 0), ALWAYS, "formatdomain, watchdog"),
    newer("features/aia", v(11, 1, 0), ALWAYS, "formatdomain, RISC-V only"),
    newer(
        "features/async-teardown",
        v(9, 6, 0),
        v(8, 1, 0),
        "formatdomain; QEMU: -run-with, in capabilities data of 8.1.0, not of 8.0.0",
    ),
    newer("features/hyperv/@mode=host-model", v(11, 9, 0), ALWAYS, "formatdomain, hyperv"),
    newer("features/hyperv/avic", v(8, 10, 0), ALWAYS, "formatdomain, hyperv (QEMU 6.2)"),
    newer("features/hyperv/emsr_bitmap", v(10, 7, 0), v(7, 1, 0), "formatdomain, hyperv"),
    newer("features/hyperv/spinlocks/@retries=4294967295", v(11, 9, 0), ALWAYS, "NEWS 11.9.0 (older schemas allow it)"),
    newer("features/hyperv/tlbflush/direct", v(11, 0, 0), v(7, 1, 0), "formatdomain, hyperv"),
    Introduced {
        at: XmlPath::new("features/hyperv/tlbflush/extended"),
        since: pair(v(11, 0, 0), v(7, 1, 0)).on_linux(6, 2),
        source: "formatdomain, hyperv; Linux: lxc/incus issue 3565, tried with 6.1 (refused) and 6.12",
    },
    newer("features/hyperv/xmm_input", v(10, 7, 0), v(7, 1, 0), "formatdomain, hyperv"),
    newer("features/hyperv[@mode=host-model]/*", v(12, 1, 0), ALWAYS, "formatdomain, NEWS 12.1.0"),
    newer("features/ps2", v(10, 7, 0), ALWAYS, "formatdomain; QEMU: in capabilities data of 7.0.0"),
    newer("features/ras", v(10, 4, 0), ALWAYS, "formatdomain, ras"),
    newer("features/virtualization", v(12, 1, 0), ALWAYS, "formatdomain, ARM only"),
    newer("hwuuid", v(11, 7, 0), ALWAYS, "formatdomain, general metadata"),
    newer("iommufd", v(12, 2, 0), v(9, 0, 0), "formatdomain, NEWS 12.2.0"),
    newer("iothreadids/iothread/poll", v(9, 4, 0), ALWAYS, "formatdomain, iothreadids"),
    newer("iothreadids/iothread/poll/@weight", v(12, 7, 0), ALWAYS, "formatdomain, NEWS 12.7.0"),
    newer("launchSecurity/@authorKey", v(10, 5, 0), v(9, 1, 0), "with sev-snp"),
    newer("launchSecurity/@type=sev-snp", v(10, 5, 0), v(9, 1, 0), "formatdomain, NEWS 10.5.0"),
    newer("launchSecurity/@type=tdx", v(11, 6, 0), v(10, 1, 0), "schemas of 11.3 and 11.6"),
    newer("launchSecurity/@vcek", v(10, 5, 0), v(9, 1, 0), "with sev-snp"),
    newer("launchSecurity/guestVisibleWorkarounds", v(10, 5, 0), v(9, 1, 0), "with sev-snp"),
    newer("launchSecurity/hostData", v(10, 5, 0), v(9, 1, 0), "with sev-snp"),
    newer("launchSecurity/idAuth", v(10, 5, 0), v(9, 1, 0), "with sev-snp"),
    newer("launchSecurity/idBlock", v(10, 5, 0), v(9, 1, 0), "with sev-snp"),
    newer("launchSecurity/mrConfigId", v(11, 6, 0), v(10, 1, 0), "with tdx (bracketed by schemas)"),
    newer("launchSecurity/mrOwner", v(11, 6, 0), v(10, 1, 0), "with tdx (bracketed by schemas)"),
    newer("launchSecurity/mrOwnerConfig", v(11, 6, 0), v(10, 1, 0), "with tdx (bracketed by schemas)"),
    newer("launchSecurity/quoteGenerationService", v(11, 6, 0), v(10, 1, 0), "with tdx (bracketed by schemas)"),
    newer("on_crash/.=preserve-running", v(12, 6, 0), ALWAYS, "formatdomain, NEWS 12.6.0"),
    newer("os/acpi/table/@type=msdm", v(11, 2, 0), ALWAYS, "formatdomain, acpi"),
    newer("os/acpi/table/@type=raw", v(11, 2, 0), ALWAYS, "formatdomain, acpi"),
    newer("os/acpi/table/@type=rawset", v(11, 2, 0), ALWAYS, "formatdomain, acpi (Xen)"),
    newer("os/loader/@format", v(9, 2, 0), ALWAYS, "formatdomain, loader"),
    newer("os/nvram/@format", v(9, 2, 0), ALWAYS, "formatdomain, nvram"),
    newer("os/nvram/@templateFormat", v(10, 10, 0), ALWAYS, "formatdomain, nvram"),
    newer("os/nvram/@type=ctl", v(12, 0, 0), ALWAYS, "NEWS 12.0.0 (shares the disk source)"),
    newer("os/nvram/@type=vhostvdpa", v(9, 8, 0), v(8, 1, 0), "formatdomain, NEWS 9.8.0 (shares the disk source)"),
    newer("os/nvram[@type=network]/source/reconnect", v(9, 2, 0), ALWAYS, "NEWS 9.2.0, nbd"),
    newer("os/shim", v(11, 2, 0), v(10, 0, 0), "NEWS 11.2.0; QEMU: capabilities data"),
    newer("os/type/@arch=loongarch64", v(10, 2, 0), ALWAYS, "NEWS 10.2.0"),
    newer("os/varstore", v(12, 1, 0), v(10, 0, 0), "formatdomain; QEMU: uefi-vars, capabilities data"),
    newer("throttlegroups", v(11, 2, 0), ALWAYS, "formatdomain, NEWS 11.2.0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_the_beginning_of_another() {
        assert!(same("a/b", "a/b") && same("", ""));
        for (one, other) in [("a", "a/b"), ("a/b", "a"), ("", "a"), ("a", ""), ("a", "b")] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
