//! The pages that people read: where each is, so that whatever sends a reader there names it by its constant.

use crate::connection::Connection;
use crate::topics::AREAS;

/// What this is, and the way to a first machine.
pub const README: &str = "README.md";
/// A machine of one's own, from the installer to its end.
pub const SESSION: &str = "session/README.md";
/// A machine of the host's, likewise.
pub const SYSTEM: &str = "system/README.md";
/// Changing a machine, on either connection.
pub const CHANGING: &str = "session/changing.md";
/// A definition of one's own.
pub const RENDER: &str = "session/render.md";
/// Holding a machine that somebody has against its definition.
pub const TUNE: &str = "session/tune.md";
/// Disks: those that exist already, larger ones, more of them, snapshots.
pub const DISKS: &str = "session/disks.md";
/// A distribution's image with a seed.
pub const CLOUD: &str = "session/cloud.md";
/// What is special about Windows.
pub const WINDOWS: &str = "session/windows.md";
/// The firmware's setup, and the keys of Secure Boot.
pub const FIRMWARE: &str = "session/firmware.md";
/// To another host.
pub const MOVING: &str = "session/moving.md";
/// Several hosts, and clusters.
pub const MANY: &str = "session/many.md";
/// What error messages mean.
pub const TROUBLE: &str = "session/trouble.md";
/// Machines on ARM.
pub const ARM: &str = "session/aarch64/README.md";
/// The other hypervisor.
pub const CLOUD_HYPERVISOR: &str = "session/cloud-hypervisor/README.md";
/// Assigning a device of the host.
pub const GPU: &str = "system/gpu.md";
/// How the files come about, and how to change them.
pub const DEFS: &str = "defs/README.md";
/// Every file: for whom it is, what is in it, what is proven of it.
pub const FILES: &str = "defs/files.md";
/// What the files need.
pub const REQUIREMENTS: &str = "defs/requirements.md";
/// What was counted of our machines and of others.
pub const MEASURED: &str = "defs/measured.md";
/// The plot of it.
pub const PLOT: &str = ".github/measured.svg";
/// Checking definitions.
pub const XTASK: &str = "xtask/README.md";
/// What libvirt refuses although its schema allows it: in a machine itself.
pub const LIBVIRT_RULES: &str = "xtask/rules/libvirt.md";
/// The same, in a machine's disks.
pub const DISK_RULES: &str = "xtask/rules/disks.md";
/// The same, in a machine's other devices.
pub const DEVICE_RULES: &str = "xtask/rules/devices.md";
/// The same, in networks and volumes.
pub const NETWORK_RULES: &str = "xtask/rules/networks.md";
/// The other rules.
pub const PORTABLE_RULES: &str = "xtask/rules/portable.md";

/// Every page but those with the choices of an area.
const PAGES: &[&str] = &[
    README,
    SESSION,
    SYSTEM,
    CHANGING,
    RENDER,
    TUNE,
    DISKS,
    CLOUD,
    WINDOWS,
    FIRMWARE,
    MOVING,
    MANY,
    TROUBLE,
    ARM,
    CLOUD_HYPERVISOR,
    GPU,
    DEFS,
    FILES,
    REQUIREMENTS,
    MEASURED,
    XTASK,
    LIBVIRT_RULES,
    DISK_RULES,
    DEVICE_RULES,
    NETWORK_RULES,
    PORTABLE_RULES,
];

/// Every page.
pub fn all() -> impl Iterator<Item = &'static str> {
    PAGES.iter().copied().chain(AREAS.iter().map(|area| area.page))
}

/// The page on the machines of a connection.
#[must_use]
pub fn of(connection: Connection) -> &'static str {
    match connection {
        Connection::Session => SESSION,
        Connection::System => SYSTEM,
    }
}
