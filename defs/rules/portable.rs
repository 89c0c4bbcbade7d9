//! What ties a machine to one host, or keeps it from being saved or moved to another.
//!
//! None of this is wrong by itself: some of it is the price of a thing worth having, and our own definitions say in their
//! header which of it they pay.

mod host;
mod migration;

use super::Rule;

/// The rules, first what ties to a host, then what blocks migration.
pub static RULES: &[Rule] = &[
    host::EMULATOR,
    host::FIRMWARE_PATH,
    host::FIRMWARE_FEATURE,
    host::UUID,
    host::MAC,
    host::PCI_ADDRESS,
    host::MACHINE_VERSION,
    host::PATH,
    host::HOST_DEVICE,
    host::HOST_NETWORK,
    host::CPU_PINNING,
    host::CPU_VENDOR,
    host::HOST_CPU,
    host::HUGEPAGES,
    host::GL,
    host::SPICE,
    host::VSOCK,
    host::SECURITY_LABEL,
    host::LAUNCH_SECURITY,
    host::COMMAND_LINE,
    migration::VIRGL,
    migration::VIRTIOFS,
    migration::SOUND,
    migration::VDAGENT,
    migration::REENLIGHTENMENT,
    migration::HYPERV_PASSTHROUGH,
    migration::INVTSC,
    migration::UNMIGRATABLE_CPU,
    migration::AMD_IOMMU,
    migration::CRYPTO,
    migration::SHMEM,
    migration::NVME,
];
