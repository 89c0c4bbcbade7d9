//! Names and places on a host that definitions, documents and needs agree on.

/// The pool that disks are in, the network that machines of the system are on: libvirt's own packages, virt-manager and
/// virt-install use this name for both.
pub const DEFAULT: &str = "default";

/// The folder of the system's pool [`DEFAULT`], on every distribution.
pub const SYSTEM_POOL: &str = "/var/lib/libvirt/images";

/// The folder of a session's pool [`DEFAULT`], below the user's home.
pub const SESSION_POOL: &str = ".local/share/libvirt/images";

/// Stands for a user's home in a file that cannot know it.
pub const HOME: &str = "/home/user";

/// The folder that the system's machines share with the host.
pub const SHARE: &str = "/var/lib/libvirt/share";

/// The tag by which a guest mounts [`SHARE`].
pub const SHARE_TAG: &str = "share";

/// Where Debian's package `cloudhv-efi-x86-64` puts Cloud Hypervisor's firmware. Elsewhere, a user writes their own path.
pub const CLOUDHV_FIRMWARE: &str = "/usr/share/cloudhv-efi-x86-64/CLOUDHV.fd";

/// The system's network [`DEFAULT`], as libvirt's `src/network/default.xml.in` has it.
pub mod network {
    use constcat::concat;

    /// Its bridge on the host.
    pub const BRIDGE: &str = "virbr0";
    /// What the addresses of its machines begin with.
    pub const PREFIX: &str = "192.168.122.";
    /// The host's address in it.
    pub const ADDRESS: &str = concat!(PREFIX, "1");
    /// Which part of an address is the network's.
    pub const NETMASK: &str = "255.255.255.0";
    /// The first address that a machine may get.
    pub const FIRST: &str = concat!(PREFIX, "2");
    /// The last one.
    pub const LAST: &str = concat!(PREFIX, "254");
}
