//! What a definition requires of the host, and the packages that provide it.

pub mod firmware;
pub mod vulkan;

use constcat::concat;

use crate::domain::Arch;
use crate::host::{CLOUDHV_FIRMWARE as CLOUDHV, DEFAULT, SESSION_POOL, SHARE as SHARE_FOLDER, SYSTEM_POOL};
use crate::pages;

/// What libvirt says when no firmware fits; also of a machine for KVM that it cannot use.
const NO_FIRMWARE: &str = "Unable to find 'efi' firmware that is compatible with the current configuration";

/// Something a host must have.
#[derive(Debug, PartialEq, Eq)]
pub struct HostRequirement {
    /// Its name in `xtask/needs.sh`: lower-case letters, digits and underscores.
    pub id: &'static str,
    /// What, as a noun phrase.
    pub what: &'static str,
    /// What libvirt reports when it is missing, in its own words: one of these is part of the message.
    pub errors: &'static [&'static str],
    /// What to do about it.
    pub help: &'static str,
    /// The packages that provide it; `None` if no package does.
    pub packages: Option<Packages>,
    /// What becomes of a machine on a host that lacks it.
    pub without: Without,
    /// Whether the host has it for the user who asks: a command in portable shell that then exits with 0, changes nothing,
    /// and needs no root. It knows the variables and functions at the top of `xtask/needs.sh`: `$uri` is libvirt's address,
    /// and `$root` stands before every path.
    pub check: &'static str,
}

/// What becomes of a machine on a host that lacks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// It cannot start.
    Refused,
    /// `xtask/start.sh` makes what is missing.
    Made,
    /// QEMU can emulate it, which is slow. Other hypervisors refuse.
    Emulated,
}

impl HostRequirement {
    /// Whether a message of libvirt's reports that this is missing.
    #[must_use]
    pub fn is_reported_in(&self, message: &str) -> bool {
        self.errors.iter().any(|error| message.contains(error))
    }
}

/// Package names, separated by spaces; none where a distribution does not have it. `xtask/setup.sh` skips a name that the
/// release in use does not have: packages are split and merged from release to release.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Packages {
    pub debian: &'static str,
    pub fedora: &'static str,
    pub arch: &'static str,
    pub opensuse: &'static str,
    pub rhel: &'static str,
}

/// Hardware virtualization. A user who may not open the device gets the same message as one whose host has none.
pub static KVM: HostRequirement = HostRequirement {
    id: "kvm",
    what: "KVM: `/dev/kvm`, readable and writable",
    errors: &[NO_FIRMWARE, "does not support virt type 'kvm'"],
    help: "check that `/dev/kvm` exists (if not, enable VT-x or AMD-V in the firmware setup of a PC; on ARM, the kernel must have been started at EL2) and that you may open it: `sudo usermod --append --groups kvm \"$USER\"`, then log in again. Until then, `xtask/start.sh` starts an emulated machine, which is slow",
    packages: None,
    without: Without::Emulated,
    check: "virtualizes",
};

/// The daemon with its QEMU driver, and `virsh`.
pub static LIBVIRT: HostRequirement = HostRequirement {
    id: "libvirt",
    what: "libvirt",
    errors: &["Failed to connect socket"],
    help: "install it, then run `sudo systemctl enable --now libvirtd.socket` (`virtqemud.socket` where the distribution uses modular daemons)",
    packages: Some(Packages {
        debian: "libvirt-daemon-system libvirt-clients",
        fedora: "libvirt-daemon-kvm libvirt-client",
        arch: "libvirt",
        opensuse: "libvirt-daemon-qemu libvirt-client",
        rhel: "libvirt-daemon-kvm libvirt-client",
    }),
    without: Without::Refused,
    check: r#"virsh --connect "$uri" uri || virsh --connect "qemu:${uri#*:}" uri"#,
};

/// The emulator itself.
pub static QEMU: HostRequirement = HostRequirement {
    id: "qemu",
    what: concat!("QEMU for ", Arch::X86_64.name()),
    errors: &["Cannot check QEMU binary"],
    help: "install it",
    packages: Some(Packages {
        debian: "qemu-system-x86 qemu-utils",
        fedora: "qemu-kvm qemu-img",
        arch: "qemu-desktop",
        opensuse: "qemu-x86 qemu-img qemu-tools",
        rhel: "qemu-kvm qemu-img",
    }),
    without: Without::Refused,
    check: r#"[ -x "$(emulator)" ]"#,
};

/// The same for ARM, with virtio-gpu on PCI, which Arch and openSUSE have as a package of its own; on a PC, it comes with the card
/// that has VGA as well. RHEL's `qemu-kvm` is that of the host's architecture, and it has no other.
///
/// Sources of the names: Fedora's qemu.spec (`qemu-system-aarch64` brings all modules, `-core` none), Arch's PKGBUILD of qemu,
/// openSUSE's qemu.spec (`%package arm`, and a package for each module).
pub static QEMU_ARM: HostRequirement = HostRequirement {
    id: "qemu_arm",
    what: concat!("QEMU for ", Arch::Aarch64.name()),
    errors: &["No emulator found for arch 'aarch64'"],
    help: "install it",
    packages: Some(Packages {
        debian: "qemu-system-arm qemu-utils",
        fedora: "qemu-system-aarch64 qemu-img",
        arch: "qemu-system-aarch64 qemu-img qemu-hw-display-virtio-gpu-pci",
        opensuse: "qemu-arm qemu-img qemu-tools qemu-hw-display-virtio-gpu-pci",
        rhel: "qemu-kvm qemu-img",
    }),
    without: Without::Refused,
    check: r#"[ -x "$(emulator)" ]"#,
};

/// The TPM emulator and the tool that manufactures its first state.
pub static SWTPM: HostRequirement = HostRequirement {
    id: "swtpm",
    what: "swtpm",
    errors: &["TPM version '2.0' is not supported"],
    help: "install it",
    packages: Some(Packages {
        debian: "swtpm swtpm-tools",
        fedora: "swtpm swtpm-tools",
        arch: "swtpm",
        opensuse: "swtpm",
        rhel: "swtpm swtpm-tools",
    }),
    without: Without::Refused,
    check: "offers tpm backendModel emulator",
};

/// QEMU's SPICE modules. RHEL and its family build QEMU without them.
pub static SPICE: HostRequirement = HostRequirement {
    id: "spice",
    what: "SPICE in QEMU",
    errors: &["spice graphics are not supported with this QEMU"],
    help: "install the modules; RHEL and its family have none, so take a portable file there",
    packages: Some(Packages {
        debian: "qemu-system-modules-spice",
        fedora: "qemu-kvm",
        arch: "qemu-ui-spice-core qemu-chardev-spice qemu-audio-spice qemu-hw-usb-redirect qemu-hw-display-virtio-gpu qemu-hw-display-virtio-vga",
        opensuse: "qemu-ui-spice-core qemu-chardev-spice qemu-audio-spice qemu-hw-usb-redirect qemu-hw-display-virtio-gpu qemu-hw-display-virtio-vga",
        rhel: "",
    }),
    without: Without::Refused,
    check: "offers graphics type spice",
};

/// A GPU whose driver offers EGL on a render node, and QEMU's OpenGL modules.
pub static RENDER_NODE: HostRequirement = HostRequirement {
    id: "render_node",
    what: "a render node: `/dev/dri/renderD*`, with Mesa drivers",
    errors: &["cannot open directory '/dev/dri'"],
    help: concat!("use a file without 3D: the host has no GPU driver with a render node, see ", pages::CHANGING),
    packages: Some(Packages {
        debian: "qemu-system-modules-opengl qemu-system-gui libegl1 libgl1-mesa-dri",
        fedora: "mesa-dri-drivers mesa-libEGL",
        arch: "mesa qemu-ui-opengl qemu-hw-display-virtio-gpu-gl qemu-hw-display-virtio-vga-gl qemu-hw-display-virtio-gpu-pci-gl",
        opensuse: "Mesa-dri Mesa-libEGL1 qemu-ui-opengl",
        rhel: "",
    }),
    without: Without::Refused,
    check: "renders",
};

/// The process that serves a shared folder.
pub static VIRTIOFSD: HostRequirement = HostRequirement {
    id: "virtiofsd",
    what: "virtiofsd",
    errors: &["Unable to find a satisfying virtiofsd"],
    help: "install it; on Debian 12, it is part of that release's own QEMU 7.2 and missing beside the QEMU from backports",
    packages: Some(Packages {
        debian: "virtiofsd",
        fedora: "virtiofsd",
        arch: "virtiofsd",
        opensuse: "virtiofsd",
        rhel: "virtiofsd",
    }),
    without: Without::Refused,
    check: "shares_folders",
};

/// The folder itself.
pub static SHARE: HostRequirement = HostRequirement {
    id: "share",
    what: concat!("the folder `", SHARE_FOLDER, "`"),
    errors: &[concat!("the virtiofs export directory '", SHARE_FOLDER, "' does not exist")],
    help: concat!("create it, see ", pages::SYSTEM),
    packages: None,
    without: Without::Made,
    check: concat!("[ -d \"$root", SHARE_FOLDER, "\" ]"),
};

/// libvirt's NAT network.
pub static NETWORK: HostRequirement = HostRequirement {
    id: "network",
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
        rhel: "libvirt-daemon-config-network",
    }),
    without: Without::Made,
    check: concat!("[ -e \"$root/dev/net/tun\" ] && lists net-list ", DEFAULT),
};

/// The volume that holds the disk.
pub static POOL: HostRequirement = HostRequirement {
    id: "pool",
    what: concat!("the pool `", DEFAULT, "` with the guest's volume"),
    errors: &[concat!("Storage pool not found: no storage pool with matching name '", DEFAULT, "'")],
    help: concat!(
        "run `virsh pool-start ",
        DEFAULT,
        "` if the pool exists but is not active; otherwise create it and the volume, see ",
        pages::SESSION
    ),
    packages: None,
    without: Without::Made,
    check: concat!("lists pool-list ", DEFAULT),
};

/// The file that holds the disk.
pub static IMAGE: HostRequirement = HostRequirement {
    id: "image",
    what: concat!("the guest's disk image in `", SYSTEM_POOL, "`"),
    errors: &["Cannot access storage file"],
    help: concat!(
        "create it, see ",
        pages::SYSTEM,
        "; if the message ends with `Permission denied`, QEMU may not read the file: copy it into `",
        SYSTEM_POOL,
        "`"
    ),
    packages: None,
    without: Without::Made,
    check: concat!("[ -d \"$root", SYSTEM_POOL, "\" ]"),
};

/// A network stack without privileges. QEMU 7.2 and later can be built without SLIRP; libvirt 10.6 and later then use passt.
pub static USER_NETWORK: HostRequirement = HostRequirement {
    id: "user_network",
    what: "SLIRP in QEMU, or passt (libvirt 10.6 and later)",
    errors: &["network backend 'user' is not compiled into this binary"],
    help: "install passt, and libvirt 10.6 or later",
    packages: Some(Packages { debian: "passt", fedora: "passt", arch: "passt", opensuse: "passt", rhel: "passt" }),
    without: Without::Refused,
    check: r#"has_slirp || { command -v passt && at_least "$libvirt_version" 10.6.0; }"#,
};

/// passt itself.
pub static PASST: HostRequirement = HostRequirement {
    id: "passt",
    what: "passt",
    errors: &["Cannot find 'passt' in path"],
    help: "install it",
    packages: Some(Packages { debian: "passt", fedora: "passt", arch: "passt", opensuse: "passt", rhel: "passt" }),
    without: Without::Refused,
    check: "command -v passt",
};

/// The last release of Cloud Hypervisor that opens a disk without being told its format (its pull request 8794), which libvirt
/// does not pass on (`src/ch/ch_monitor.c`).
const LAST_CLOUD_HYPERVISOR: &str = "53";

/// The other hypervisor, and libvirt's driver for it.
pub static CLOUD_HYPERVISOR: HostRequirement = HostRequirement {
    id: "cloud_hypervisor",
    what: concat!("Cloud Hypervisor up to ", LAST_CLOUD_HYPERVISOR, ", and libvirt's driver for it"),
    errors: &["Unable to find 'cloud-hypervisor' binary in $PATH"],
    help: concat!(
        "install both; Debian has neither, and libvirt's own package of the driver is `libvirt-daemon-driver-ch`. Releases after ",
        LAST_CLOUD_HYPERVISOR,
        " refuse every disk whose format they are not told, and libvirt does not tell it"
    ),
    packages: None,
    without: Without::Refused,
    check: concat!(
        r#"version=$(cloud-hypervisor --version) && at_least "#,
        LAST_CLOUD_HYPERVISOR,
        r#".999 "${version##*v}" && virsh --connect "ch:${uri#*:}" uri"#
    ),
};

/// Firmware for it.
pub static CLOUDHV_FIRMWARE: HostRequirement = HostRequirement {
    id: "cloudhv_firmware",
    what: "UEFI firmware for Cloud Hypervisor (`CLOUDHV.fd`), and its path in the file",
    errors: &["Kernel image path in this domain is not defined"],
    help: "take it from Debian's package `cloudhv-efi-x86-64` or from Cloud Hypervisor's own builds of edk2, and write its path into `<kernel>`",
    packages: None,
    without: Without::Refused,
    check: concat!("[ -r \"$root", CLOUDHV, "\" ]"),
};

/// The file that holds a session's disk there.
pub static HOME_IMAGE: HostRequirement = HostRequirement {
    id: "home_image",
    what: concat!("the guest's disk image in `~/", SESSION_POOL, "`, and the path of your home in the file"),
    errors: &["Cannot access storage file"],
    help: concat!("create it, see ", pages::CLOUD_HYPERVISOR),
    packages: None,
    without: Without::Made,
    check: concat!("[ -d \"$root$HOME/", SESSION_POOL, "\" ]"),
};

/// The window on a machine. No definition needs it, `xtask/start.sh` opens it.
pub static VIEWER: HostRequirement = HostRequirement {
    id: "viewer",
    what: "virt-viewer",
    errors: &[],
    help: "install it; without it, look at the machine from virt-manager or from another host",
    packages: Some(Packages {
        debian: "virt-viewer",
        fedora: "virt-viewer",
        arch: "virt-viewer",
        opensuse: "virt-viewer",
        rhel: "virt-viewer",
    }),
    without: Without::Refused,
    check: "command -v virt-viewer",
};

/// What changes a machine by a command. No definition needs it, the recipes for changes do.
pub static VIRT_XML: HostRequirement = HostRequirement {
    id: "virt_xml",
    what: "`virt-xml`",
    errors: &[],
    help: "install it, or change the machine with `virsh edit`",
    packages: Some(Packages {
        debian: "virtinst",
        fedora: "virt-install",
        arch: "virt-install",
        opensuse: "virt-install",
        rhel: "virt-install",
    }),
    without: Without::Refused,
    check: "command -v virt-xml",
};

/// What no definition needs, but whoever uses one: `xtask/setup.sh host` brings it.
pub static TOOLS: &[&HostRequirement] = &[&VIEWER, &VIRT_XML];

/// libvirt's `RelaxNG` schemas. No definition needs them, `cargo xtask validate` does.
pub static SCHEMAS: Packages = Packages {
    debian: "libvirt-common libvirt0",
    fedora: "libvirt-libs",
    arch: "libvirt",
    opensuse: "libvirt-libs",
    rhel: "libvirt-libs",
};

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
