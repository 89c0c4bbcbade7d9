//! Vulkan in the guest: virtio-gpu's Venus, which libvirt has no element for up to 12.8.
//!
//! No machine here has a GPU to prove it with, so all of it is by documentation: QEMU `docs/system/devices/virtio-gpu.rst`,
//! Mesa `docs/drivers/venus.rst`.

use crate::connection::BOTH;
use crate::domain::{
    Domain, Frontend, MemoryAccess, MemoryAccessMode, MemorySource, MemorySourceType, OnOff, Override, OverrideDevice,
    Property, PropertyType, QemuNamespace,
};
use crate::needs::vulkan;
use crate::size::Size;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{since, v};
use crate::{introduced, topics};

/// Memory that guest and GPU share.
pub static BLOB: Tunable = Tunable {
    topic: &topics::VIRTIO_GPU,
    cell: Cell::With("blobs"),
    at: "devices/video/model",
    why: "Blob resources: pieces of memory that guest and GPU share. Venus requires them, and with them OpenGL in the guest is \
          4.6 instead of 4.3.",
    since: introduced::since("devices/video/model/@blob"),
    source: "libvirt docs/formatdomain.rst, Video devices: blob; QEMU 11.1 docs/system/devices/virtio-gpu.rst, virglrenderer",
    connections: BOTH,
    safety: Safety::Yours("Vulkan takes a GPU, and QEMU outside libvirt's sandbox"),
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(video) = &mut domain.devices.video {
            video.model.blob = Some(OnOff::On);
        }
    },
};

/// Memory that can be shared.
pub static MEMFD: Tunable = Tunable {
    topic: &topics::VIRTIO_GPU,
    cell: Cell::Silent,
    at: "memoryBacking/source",
    why: "QEMU passes the guest's blobs on as files, so the guest's memory must be one: memfd, which is on no disk. It gets \
          transparent huge pages only if the host allows them for shared memory (`shmem_enabled`).",
    since: since(v(6, 9, 0), v(5, 0, 0)),
    source: "QEMU hw/display/virtio-gpu-udmabuf.c; libvirt docs/kbase/virtiofs.rst: without NUMA; CachyOS/wiki, pull request 564 \
          (seen to work)",
    connections: BOTH,
    safety: Safety::Yours("Vulkan takes a GPU, and QEMU outside libvirt's sandbox"),
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        domain.memory_backing.get_or_insert_default().source = Some(MemorySource { kind: MemorySourceType::Memfd });
    },
};

/// Memory that is shared.
pub static SHARED: Tunable = Tunable {
    topic: &topics::VIRTIO_GPU,
    cell: Cell::Silent,
    at: "memoryBacking/access",
    why: "With private memory, whoever got such a file would see a copy of the guest's memory instead of that memory.",
    since: since(v(6, 9, 0), v(5, 0, 0)),
    source: "libvirt docs/formatdomain.rst, Memory backing: access; CachyOS/wiki, pull request 564 (seen to work)",
    connections: BOTH,
    safety: Safety::Yours("Vulkan takes a GPU, and QEMU outside libvirt's sandbox"),
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        domain.memory_backing.get_or_insert_default().access = Some(MemoryAccess { mode: MemoryAccessMode::Shared });
    },
};

/// Where in the guest the GPU's memory appears.
pub static HOSTMEM: Tunable = Tunable {
    topic: &topics::VIRTIO_GPU,
    cell: Cell::Silent,
    at: "override/device/frontend/property[@name=hostmem]",
    why: "The window in the guest's address space through which it reaches blobs in the GPU's memory, here of 8 GiB. It is room for \
          addresses and takes no memory of the host.",
    since: since(v(8, 2, 0), v(9, 2, 0)),
    source: "libvirt docs/drvqemu.rst, overriding device properties (8.2); QEMU 9.2 docs/system/devices/virtio-gpu.rst, hostmem",
    connections: BOTH,
    safety: Safety::Yours("Vulkan takes a GPU, and QEMU outside libvirt's sandbox"),
    needs: &[],
    seen: &[],
    apply: |domain, _| set(domain, "hostmem", PropertyType::Unsigned, Size::gib(8).bytes().to_string()),
};

/// Vulkan itself.
pub static VENUS: Tunable = Tunable {
    topic: &topics::VIRTIO_GPU,
    cell: Cell::With("Vulkan"),
    at: "override/device/frontend/property[@name=venus]",
    why: "Vulkan for the guest, which takes Mesa 24.2 or later there (`vulkaninfo` then names Venus). libvirt has no element \
          for it, and reports the machine as tainted (custom-device).",
    since: since(v(8, 2, 0), v(9, 2, 0)).on_linux(6, 13),
    source: "libvirt docs/drvqemu.rst, overriding device properties (8.2); QEMU 9.2 docs/system/devices/virtio-gpu.rst, venus; Linux \
          and Mesa: docs.mesa3d.org/drivers/venus (6.13: \"KVM: Stop grabbing references to PFNMAP'd pages\")",
    connections: BOTH,
    safety: Safety::Yours("Vulkan takes a GPU, and QEMU outside libvirt's sandbox"),
    needs: &[&vulkan::VENUS, &vulkan::NO_SANDBOX],
    // A guest would see a device for Vulkan, but no machine that CI has could show it.
    seen: &[],
    apply: |domain, _| set(domain, "venus", PropertyType::Bool, "true".to_owned()),
};

/// Tells QEMU something of the graphics card, which libvirt calls `video0`.
fn set(domain: &mut Domain, name: &str, kind: PropertyType, value: String) {
    domain.xmlns_qemu = Some(QemuNamespace::V1);
    let device = || OverrideDevice { alias: "video0".to_owned(), frontend: Frontend::default() };
    let all = domain.qemu_override.get_or_insert_with(|| Override { device: device() });
    all.device.frontend.properties.push(Property { name: name.to_owned(), kind, value });
}
