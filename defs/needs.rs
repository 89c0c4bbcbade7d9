//! What a definition requires of the host, and the packages that provide it.

use constcat::concat;

use crate::domain::Arch;
use crate::host::{DEFAULT, SESSION_POOL, SHARE as SHARE_FOLDER, SYSTEM_POOL};

/// Something a host must have.
#[derive(Debug, PartialEq, Eq)]
pub struct HostRequirement {
    /// What, as a noun phrase.
    pub what: &'static str,
    /// What libvirt reports when it is missing, in its own words: one of these is part of the message.
    pub errors: &'static [&'static str],
    /// What to do about it.
    pub help: &'static str,
    /// The packages that provide it; `None` if no package does.
    pub packages: Option<Packages>,
}

impl HostRequirement {
    /// Whether a message of libvirt's reports that this is missing.
    #[must_use]
    pub fn is_reported_in(&self, message: &str) -> bool {
        self.errors.iter().any(|error| message.contains(error))
    }
}

/// Package names, separated by spaces. `xtask/setup.sh` skips a name that the release in use does not have: packages are
/// split and merged from release to release.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Packages {
    pub debian: &'static str,
    pub fedora: &'static str,
    pub arch: &'static str,
    pub opensuse: &'static str,
}

/// Hardware virtualization. A user who may not open the device gets the same message as one whose host has none.
pub static KVM: HostRequirement = HostRequirement {
    what: "KVM: `/dev/kvm`, readable and writable",
    errors: &[
        "Unable to find 'efi' firmware that is compatible with the current configuration",
        "does not support virt type 'kvm'",
    ],
    help: "check that `/dev/kvm` exists (if not, enable VT-x or AMD-V in the host's firmware setup) and that you may open it: `sudo usermod --append --groups kvm \"$USER\"`, then log in again. Until then, `xtask/define.sh` defines an emulated machine",
    packages: None,
};

/// The daemon with its QEMU driver, and `virsh`.
pub static LIBVIRT: HostRequirement = HostRequirement {
    what: "libvirt",
    errors: &["Failed to connect socket"],
    help: "install it, then run `sudo systemctl enable --now libvirtd.socket` (`virtqemud.socket` where the distribution uses modular daemons)",
    packages: Some(Packages {
        debian: "libvirt-daemon-system libvirt-clients",
        fedora: "libvirt-daemon-kvm libvirt-client",
        arch: "libvirt",
        opensuse: "libvirt-daemon-qemu libvirt-client",
    }),
};

/// The emulator itself.
pub static QEMU: HostRequirement = HostRequirement {
    what: concat!("QEMU for ", Arch::X86_64.name()),
    errors: &["Cannot check QEMU binary"],
    help: "install it",
    packages: Some(Packages {
        debian: "qemu-system-x86 qemu-utils",
        fedora: "qemu-kvm qemu-img",
        arch: "qemu-desktop",
        opensuse: "qemu-x86 qemu-img qemu-tools",
    }),
};

/// UEFI builds with their descriptors, by which libvirt finds them.
pub static OVMF: HostRequirement = HostRequirement {
    what: "UEFI firmware (OVMF)",
    errors: &["Unable to find 'efi' firmware that is compatible with the current configuration"],
    help: "install it; if it is installed, KVM is the cause, see above",
    packages: Some(Packages { debian: "ovmf", fedora: "edk2-ovmf", arch: "edk2-ovmf", opensuse: "qemu-ovmf-x86_64" }),
};

/// The TPM emulator and the tool that manufactures its first state.
pub static SWTPM: HostRequirement = HostRequirement {
    what: "swtpm",
    errors: &["TPM version '2.0' is not supported"],
    help: "install it",
    packages: Some(Packages {
        debian: "swtpm swtpm-tools",
        fedora: "swtpm swtpm-tools",
        arch: "swtpm",
        opensuse: "swtpm",
    }),
};

/// QEMU's SPICE modules. RHEL and its family build QEMU without them.
pub static SPICE: HostRequirement = HostRequirement {
    what: "SPICE in QEMU",
    errors: &["spice graphics are not supported with this QEMU"],
    help: "install the modules; RHEL and its family have none, so take a portable file there",
    packages: Some(Packages {
        debian: "qemu-system-modules-spice",
        fedora: "qemu-kvm",
        arch: "qemu-ui-spice-core qemu-chardev-spice qemu-audio-spice qemu-hw-usb-redirect qemu-hw-display-virtio-gpu qemu-hw-display-virtio-vga",
        opensuse: "qemu-ui-spice-core qemu-chardev-spice qemu-audio-spice qemu-hw-usb-redirect qemu-hw-display-virtio-gpu qemu-hw-display-virtio-vga",
    }),
};

/// A GPU whose driver offers EGL on a render node, and QEMU's OpenGL modules.
pub static RENDER_NODE: HostRequirement = HostRequirement {
    what: "a render node: `/dev/dri/renderD*`, with Mesa drivers",
    errors: &["cannot open directory '/dev/dri'"],
    help: "use a file without 3D: the host has no GPU driver with a render node, see \"No GPU, or trouble with 3D\"",
    packages: Some(Packages {
        debian: "qemu-system-modules-opengl qemu-system-gui libegl1 libgl1-mesa-dri",
        fedora: "mesa-dri-drivers mesa-libEGL",
        arch: "mesa qemu-ui-opengl qemu-hw-display-virtio-gpu-gl qemu-hw-display-virtio-vga-gl",
        opensuse: "Mesa-dri Mesa-libEGL1 qemu-ui-opengl",
    }),
};

/// The process that serves a shared folder.
pub static VIRTIOFSD: HostRequirement = HostRequirement {
    what: "virtiofsd",
    errors: &["Unable to find a satisfying virtiofsd"],
    help: "install it; on Debian 12, it is part of that release's own QEMU 7.2 and missing beside the QEMU from backports",
    packages: Some(Packages { debian: "virtiofsd", fedora: "virtiofsd", arch: "virtiofsd", opensuse: "virtiofsd" }),
};

/// The folder itself.
pub static SHARE: HostRequirement = HostRequirement {
    what: concat!("the folder `", SHARE_FOLDER, "`"),
    errors: &[concat!("the virtiofs export directory '", SHARE_FOLDER, "' does not exist")],
    help: "create it, see \"A guest of the host\"",
    packages: None,
};

/// libvirt's NAT network.
pub static NETWORK: HostRequirement = HostRequirement {
    what: concat!("the network `", DEFAULT, "`, active"),
    errors: &[concat!("network '", DEFAULT, "' is not active"), "Unable to open /dev/net/tun"],
    help: concat!(
        "`sudo virsh net-autostart ",
        DEFAULT,
        " && sudo virsh net-start ",
        DEFAULT,
        "`; if libvirt reports `Network not found`, install the package first; if `/dev/net/tun` is missing, run \
         `sudo modprobe tun`, and in a container pass that device in"
    ),
    packages: Some(Packages {
        debian: "libvirt-daemon-config-network dnsmasq-base",
        fedora: "libvirt-daemon-config-network",
        arch: "dnsmasq",
        opensuse: "libvirt-daemon-config-network",
    }),
};

/// The volume that holds the disk.
pub static POOL: HostRequirement = HostRequirement {
    what: concat!("the pool `", DEFAULT, "` with the guest's volume"),
    errors: &[concat!("Storage pool not found: no storage pool with matching name '", DEFAULT, "'")],
    help: concat!(
        "run `virsh pool-start ",
        DEFAULT,
        "` if the pool exists but is not active; otherwise create it and the volume, see \"A guest in your session\""
    ),
    packages: None,
};

/// The file that holds the disk.
pub static IMAGE: HostRequirement = HostRequirement {
    what: concat!("the guest's disk image in `", SYSTEM_POOL, "`"),
    errors: &["Cannot access storage file"],
    help: "create it, see \"A guest of the host\"; if the file is the installer, copy it, because QEMU cannot read your home",
    packages: None,
};

/// A network stack without privileges. QEMU 7.2 and later can be built without SLIRP; libvirt 10.6 and later then use passt.
pub static USER_NETWORK: HostRequirement = HostRequirement {
    what: "SLIRP in QEMU, or passt (libvirt 10.6 and later)",
    errors: &["network backend 'user' is not compiled into this binary"],
    help: "install passt, and libvirt 10.6 or later",
    packages: Some(Packages { debian: "passt", fedora: "passt", arch: "passt", opensuse: "passt" }),
};

/// passt itself.
pub static PASST: HostRequirement = HostRequirement {
    what: "passt",
    errors: &["Cannot find 'passt' in path"],
    help: "install it",
    packages: Some(Packages { debian: "passt", fedora: "passt", arch: "passt", opensuse: "passt" }),
};

/// The other hypervisor, and libvirt's driver for it.
pub static CLOUD_HYPERVISOR: HostRequirement = HostRequirement {
    what: "Cloud Hypervisor, and libvirt's driver for it",
    errors: &["Unable to find 'cloud-hypervisor' binary in $PATH"],
    help: "install both; Debian has neither, and libvirt's own package of the driver is `libvirt-daemon-driver-ch`",
    packages: None,
};

/// Firmware for it.
pub static CLOUDHV_FIRMWARE: HostRequirement = HostRequirement {
    what: "UEFI firmware for Cloud Hypervisor (`CLOUDHV.fd`), and its path in the file",
    errors: &["Kernel image path in this domain is not defined"],
    help: "take it from Debian's package `cloudhv-efi-x86-64` or from Cloud Hypervisor's own builds of edk2, and write its path into `<kernel>`",
    packages: None,
};

/// The file that holds a session's disk there.
pub static HOME_IMAGE: HostRequirement = HostRequirement {
    what: concat!("the guest's disk image in `~/", SESSION_POOL, "`, and the path of your home in the file"),
    errors: &["Cannot access storage file"],
    help: "create it, see \"Cloud Hypervisor\"",
    packages: None,
};

/// libvirt's `RelaxNG` schemas. No definition needs them, `cargo xtask validate` does.
pub static SCHEMAS: Packages =
    Packages { debian: "libvirt-common libvirt0", fedora: "libvirt-libs", arch: "libvirt", opensuse: "libvirt-libs" };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_is_reported_in_any_of_its_words() {
        for error in KVM.errors {
            assert!(KVM.is_reported_in(&format!("error: {error} here")));
        }
        assert!(!KVM.is_reported_in("error: something else"));
    }
}
