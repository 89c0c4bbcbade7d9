//! What a definition expects on the host, and which package brings it.

use constcat::concat;

use crate::domain::Arch;
use crate::host::{DEFAULT, SESSION_POOL, SHARE as SHARE_FOLDER, SYSTEM_POOL};

/// Something a host must have, made or installed.
#[derive(Debug, PartialEq, Eq)]
pub struct Need {
    /// What, as a noun phrase.
    pub what: &'static str,
    /// How libvirt says that it is missing.
    pub error: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    /// What brings it; `None` if it is no package's to bring.
    pub packages: Option<Packages>,
}

/// Package names, several separated by spaces. A name that a release of the distribution does not have is skipped by
/// `xtask/setup.sh`: packages are split and merged from release to release.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Packages {
    pub debian: &'static str,
    pub fedora: &'static str,
    pub arch: &'static str,
    pub opensuse: &'static str,
}

/// Hardware virtualization. A user who may not open the device gets the same message as one whose host has none.
pub static KVM: Need = Need {
    what: "KVM: `/dev/kvm`, readable and writable",
    error: "Unable to find 'efi' firmware that is compatible with the current configuration",
    remedy: "check that `/dev/kvm` exists (else turn on VT-x or AMD-V in the host's firmware setup) and that you may open it: `sudo usermod --append --groups kvm \"$USER\"`, then log in again",
    packages: None,
};

/// The daemon with its QEMU driver, and `virsh`.
pub static LIBVIRT: Need = Need {
    what: "libvirt",
    error: "Failed to connect socket",
    remedy: "install it, then `sudo systemctl enable --now libvirtd.socket` (or `virtqemud.socket`, where the distribution has split the daemon)",
    packages: Some(Packages {
        debian: "libvirt-daemon-system libvirt-clients",
        fedora: "libvirt-daemon-kvm libvirt-client",
        arch: "libvirt",
        opensuse: "libvirt-daemon-qemu libvirt-client",
    }),
};

/// The emulator itself.
pub static QEMU: Need = Need {
    what: concat!("QEMU for ", Arch::X86_64.name()),
    error: "Cannot check QEMU binary",
    remedy: "install it",
    packages: Some(Packages {
        debian: "qemu-system-x86 qemu-utils",
        fedora: "qemu-kvm qemu-img",
        arch: "qemu-desktop",
        opensuse: "qemu-x86 qemu-img qemu-tools",
    }),
};

/// UEFI builds with their descriptors, by which libvirt finds them.
pub static OVMF: Need = Need {
    what: "UEFI firmware (OVMF)",
    error: "Unable to find 'efi' firmware that is compatible with the current configuration",
    remedy: "install it; if it is there, the cause is KVM, see above",
    packages: Some(Packages { debian: "ovmf", fedora: "edk2-ovmf", arch: "edk2-ovmf", opensuse: "qemu-ovmf-x86_64" }),
};

/// The TPM emulator and the tool that manufactures its first state.
pub static SWTPM: Need = Need {
    what: "swtpm",
    error: "TPM version '2.0' is not supported",
    remedy: "install it",
    packages: Some(Packages {
        debian: "swtpm swtpm-tools",
        fedora: "swtpm swtpm-tools",
        arch: "swtpm",
        opensuse: "swtpm",
    }),
};

/// QEMU's SPICE modules. RHEL and its family build QEMU without them.
pub static SPICE: Need = Need {
    what: "SPICE in QEMU",
    error: "spice graphics are not supported with this QEMU",
    remedy: "install the modules; RHEL and its family have none",
    packages: Some(Packages {
        debian: "qemu-system-modules-spice",
        fedora: "qemu-kvm",
        arch: "qemu-ui-spice-core qemu-chardev-spice qemu-audio-spice qemu-hw-usb-redirect qemu-hw-display-virtio-gpu qemu-hw-display-virtio-vga",
        opensuse: "qemu-ui-spice-core qemu-chardev-spice qemu-audio-spice qemu-hw-usb-redirect qemu-hw-display-virtio-gpu qemu-hw-display-virtio-vga",
    }),
};

/// A GPU whose driver offers EGL on a render node, and QEMU's OpenGL modules.
pub static RENDER_NODE: Need = Need {
    what: "a render node: `/dev/dri/renderD*`, with Mesa drivers",
    error: "cannot open directory '/dev/dri'",
    remedy: "the host has no GPU driver with a render node; see \"No GPU, or 3D makes trouble\"",
    packages: Some(Packages {
        debian: "qemu-system-modules-opengl qemu-system-gui libegl1 libgl1-mesa-dri",
        fedora: "mesa-dri-drivers mesa-libEGL",
        arch: "mesa qemu-ui-opengl qemu-hw-display-virtio-gpu-gl qemu-hw-display-virtio-vga-gl",
        opensuse: "Mesa-dri Mesa-libEGL1 qemu-ui-opengl",
    }),
};

/// The process that serves a shared folder.
pub static VIRTIOFSD: Need = Need {
    what: "virtiofsd",
    error: "Unable to find a satisfying virtiofsd",
    remedy: "install it; Debian 12 has it only inside its own QEMU 7.2, not beside the one from backports",
    packages: Some(Packages { debian: "virtiofsd", fedora: "virtiofsd", arch: "virtiofsd", opensuse: "virtiofsd" }),
};

/// The folder itself.
pub static SHARE: Need = Need {
    what: concat!("the folder `", SHARE_FOLDER, "`"),
    error: concat!("the virtiofs export directory '", SHARE_FOLDER, "' does not exist"),
    remedy: "make it, see \"A guest of the host\"",
    packages: None,
};

/// libvirt's NAT network.
pub static NETWORK: Need = Need {
    what: concat!("the network `", DEFAULT, "`, started"),
    error: concat!("network '", DEFAULT, "' is not active"),
    remedy: concat!(
        "`sudo virsh net-autostart ",
        DEFAULT,
        " && sudo virsh net-start ",
        DEFAULT,
        "`; after `Network not found`, install the package first"
    ),
    packages: Some(Packages {
        debian: "libvirt-daemon-config-network dnsmasq-base",
        fedora: "libvirt-daemon-config-network",
        arch: "dnsmasq",
        opensuse: "libvirt-daemon-config-network",
    }),
};

/// The volume that holds the disk.
pub static POOL: Need = Need {
    what: concat!("the pool `", DEFAULT, "` with the guest's volume"),
    error: concat!("Storage pool not found: no storage pool with matching name '", DEFAULT, "'"),
    remedy: concat!(
        "`virsh pool-start ",
        DEFAULT,
        "` if it is there but not active; else make it, and the volume, see \"A guest in your session\""
    ),
    packages: None,
};

/// The file that holds the disk.
pub static IMAGE: Need = Need {
    what: concat!("the guest's disk image in `", SYSTEM_POOL, "`"),
    error: "Cannot access storage file",
    remedy: "make it, see \"A guest of the host\"; if it is the installer: QEMU cannot read your home, so copy it",
    packages: None,
};

/// A network stack without privileges. QEMU 7.2 and later can be built without SLIRP; libvirt 10.6 and later then take passt.
pub static USER_NETWORK: Need = Need {
    what: "SLIRP in QEMU, or passt (with libvirt 10.6)",
    error: "network backend 'user' is not compiled into this binary",
    remedy: "install passt, and libvirt 10.6 or later",
    packages: Some(Packages { debian: "passt", fedora: "passt", arch: "passt", opensuse: "passt" }),
};

/// passt itself.
pub static PASST: Need = Need {
    what: "passt",
    error: "Cannot find 'passt' in path",
    remedy: "install it",
    packages: Some(Packages { debian: "passt", fedora: "passt", arch: "passt", opensuse: "passt" }),
};

/// The other hypervisor, and libvirt's driver for it.
pub static CLOUD_HYPERVISOR: Need = Need {
    what: "Cloud Hypervisor, and libvirt's driver for it",
    error: "Unable to find 'cloud-hypervisor' binary in $PATH",
    remedy: "install it; Debian has neither, and libvirt's own package of the driver is `libvirt-daemon-driver-ch`",
    packages: None,
};

/// Firmware for it.
pub static CLOUDHV_FIRMWARE: Need = Need {
    what: "UEFI firmware for Cloud Hypervisor (`CLOUDHV.fd`), and its path in the file",
    error: "Kernel image path in this domain is not defined",
    remedy: "take it from Debian's package `cloudhv-efi-x86-64`, or from Cloud Hypervisor's own builds of edk2, and write its path into `<kernel>`",
    packages: None,
};

/// The file that holds a session's disk there.
pub static HOME_IMAGE: Need = Need {
    what: concat!("the guest's disk image in `~/", SESSION_POOL, "`, and your home in the file"),
    error: "Cannot access storage file",
    remedy: "make it, see \"Cloud Hypervisor\"",
    packages: None,
};

/// libvirt's `RelaxNG` schemas. No definition needs them, `cargo xtask validate` does.
pub static SCHEMAS: Packages =
    Packages { debian: "libvirt-common libvirt0", fedora: "libvirt-libs", arch: "libvirt", opensuse: "libvirt-libs" };
