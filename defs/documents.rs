//! placeholder

/// The folder of the system's pool `default`.
pub const SYSTEM_POOL: &str = "/var/lib/libvirt/images";
