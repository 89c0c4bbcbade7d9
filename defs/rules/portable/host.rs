//! What ties to one host, or to hosts of one kind.

use roxmltree::Node;

use super::{TIED, UNMOVED, unsaved};
use crate::rules::{Rule, Violation, child, is_on};

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: TIED,
        name: "emulator",
        why: "Distributions keep QEMU in different places (RHEL in `/usr/libexec/qemu-kvm`, NixOS in its store), and libvirt finds it by itself.",
        help: "leave out `<emulator>`",
        source: "libvirt docs/formatdomain.rst, devices",
        find: |subject| subject.each(&["devices/emulator"], "names the host's emulator"),
    },
    Rule {
        family: TIED,
        name: "firmware-path",
        why: "Firmware files differ between distributions and their releases; with `firmware='efi'`, libvirt finds them by their descriptors. `virsh dumpxml` prints paths, because libvirt writes what it found into the machine; beside `firmware='efi'`, libvirt refuses paths that no descriptor of the host has.",
        help: "write `<os firmware='efi'>` and ask for `<feature>`s; leave out the paths of `<loader>` and `<nvram>`",
        source: "libvirt docs/formatdomain.rst, BIOS bootloader",
        find: |subject| {
            let named = ["os/loader", "os/nvram", "os/varstore"].into_iter().flat_map(|at| subject.all(at));
            let tied = |node: &Node| {
                let path = node.text().is_some_and(|text| !text.trim().is_empty());
                let attribute = ["template", "path"].iter().any(|name| node.has_attribute(*name));
                path || attribute || child(*node, "source").is_some()
            };
            named.filter(tied).map(|node| Violation::at(node, "names a firmware file of the host")).collect()
        },
    },
    Rule {
        family: TIED,
        name: "firmware-feature",
        why: "Not every distribution has such a build: Arch has none with enrolled keys, Debian none that is stateless. Without one, libvirt refuses to define the machine.",
        help: "ask for `secure-boot` alone: libvirt then takes the build with enrolled keys where the host has it",
        source: "the firmware descriptors of QEMU, Debian 12 to sid (`/usr/share/qemu/firmware`), and virt-manager issue 205 for Arch",
        find: |subject| {
            let keys = &["os/firmware/feature[@name=enrolled-keys][@enabled=yes]"];
            let keys = subject.each(keys, "asks for firmware with enrolled keys").into_iter();
            keys.chain(subject.each(&["os/loader[@stateless=yes]"], "asks for stateless firmware")).collect()
        },
    },
    Rule {
        family: TIED,
        name: "uuid",
        why: "A UUID belongs to one machine. Defining the file where that UUID is in use replaces the machine that has it (same name) or fails.",
        help: "leave out `<uuid>`: libvirt makes one when it defines the machine",
        source: "libvirt docs/formatdomain.rst, general metadata",
        find: |subject| {
            subject.each(&["uuid", "hwuuid", "sysinfo/system/entry[@name=uuid]"], "gives the machine a fixed UUID")
        },
    },
    Rule {
        family: TIED,
        name: "mac",
        why: "Two machines with the same MAC address on one network disturb each other.",
        help: "leave out `<mac>`: libvirt makes one when it defines the machine",
        source: "libvirt docs/formatdomain.rst, network interfaces",
        find: |subject| subject.each(&["devices/interface/mac"], "gives a network card a fixed MAC address"),
    },
    Rule {
        family: TIED,
        name: "pci-address",
        why: "libvirt assigns addresses when it defines the machine, and keeps them. Addresses from a file fit another machine's chipset and devices, and get in the way of every change.",
        help: "leave out `<address type='pci'>`, and the PCI controllers that `virsh dumpxml` shows with them",
        source: "libvirt docs/pci-addresses.rst",
        find: |subject| {
            let placed = subject.devices().filter_map(|device| child(device, "address"));
            let placed = placed.filter(|address| address.attribute("type") == Some("pci"));
            placed.map(|address| Violation::at(address, "puts a device at a fixed PCI address")).collect()
        },
    },
    Rule {
        family: TIED,
        name: "machine-version",
        why: "Few releases of QEMU have a given version of a chipset, and a distribution's own versions (`-rhel9.4.0`, `-bionic`) exist nowhere else. Without a version, libvirt picks the host's newest and keeps it.",
        help: "write `machine='q35'`, or `machine='pc'` for a guest that is too old for Q35",
        source: "QEMU docs/about/deprecated.rst, machine types; libvirt docs/formatdomain.rst, BIOS bootloader",
        find: |subject| {
            let versioned = |node: &Node| {
                node.attribute("machine").is_some_and(|machine| {
                    let version = machine.rsplit_once('-').is_some_and(|(_, last)| last.contains('.'));
                    version || machine.starts_with("pc-")
                })
            };
            let types = subject.all("os/type").into_iter().filter(versioned);
            types.map(|node| Violation::at_attribute(node, "machine", "names one version of the chipset")).collect()
        },
    },
    Rule {
        family: TIED,
        name: "path",
        why: "The file or folder must exist at this path on every host that the machine is defined on or moved to.",
        help: "in a session, name a volume of a pool: `<disk type='volume'>` with `<source pool='default' volume='…'/>`; elsewhere, document where the file comes from",
        source: "libvirt docs/formatdomain.rst, hard drives and filesystems",
        find: |subject| {
            let attributes = PATHS.into_iter().flat_map(|(at, name)| {
                let named = subject.all(at).into_iter();
                let named = named.filter(move |node| node.attribute(name).is_some_and(is_absolute));
                named.map(move |node| Violation::at_attribute(node, name, "names a path of the host"))
            });
            let texts = ["os/kernel", "os/initrd", "os/dtb", "devices/memory/source/path"];
            let texts = texts.into_iter().flat_map(|at| subject.all(at));
            let texts = texts.filter(|node| node.text().is_some_and(is_absolute));
            attributes.chain(texts.map(|node| Violation::at_text(node, "names a path of the host"))).collect()
        },
    },
    Rule {
        family: unsaved(&["cannot migrate a domain with <hostdev", "VFIO"]),
        name: "host-device",
        why: "The device exists on one host. What a PCI device knows stays in the device; USB devices are only unplugged.",
        help: "leave it out, and attach the device on the host that has it (`virsh attach-device`, `virt-xml --add-device`)",
        source: "libvirt docs/formatdomain.rst, host device assignment; libvirt src/qemu/qemu_migration.c",
        find: |subject| {
            let at = [
                "devices/hostdev",
                "devices/interface[@type=hostdev]",
                "devices/interface[@type=vdpa]",
                "devices/disk[@type=nvme]",
                "devices/tpm/backend[@type=passthrough]",
                "devices/input[@type=passthrough]",
                "devices/input[@type=evdev]",
                "devices/smartcard[@mode=host]",
            ];
            subject.each(&at, "gives the guest a device of the host")
        },
    },
    Rule {
        family: TIED,
        name: "host-network",
        why: "Bridges, network cards and addresses differ from host to host.",
        help: "write `<interface type='network'>` with a network that each host defines, or `<interface type='user'>` in a session; let a display listen on `127.0.0.1`",
        source: "libvirt docs/formatdomain.rst, network interfaces",
        find: |subject| {
            let at = ["devices/interface[@type=bridge]/source", "devices/interface[@type=direct]/source"];
            let own = subject.each(&at, "names a bridge or network card of the host").into_iter();
            let fixed = move |(at, name): (&'static str, &'static str)| {
                let all = subject.all(at).into_iter();
                all.filter(move |node| node.attribute(name).is_some_and(|address| !ON_EVERY_HOST.contains(&address)))
                    .map(move |node| Violation::at_attribute(node, name, "names an address of the host"))
            };
            let listen = [("devices/graphics", "listen"), ("devices/graphics/listen", "address")];
            own.chain(listen.into_iter().flat_map(fixed)).collect()
        },
    },
    Rule {
        family: TIED,
        name: "cpu-pinning",
        why: "It fits the number and layout of one host's CPUs; a host with fewer refuses to start the machine.",
        help: "leave out the pinning, and add it on the host it is for (`virsh vcpupin --config`)",
        source: "libvirt docs/formatdomain.rst, CPU tuning",
        find: |subject| {
            let at = [
                "cputune/vcpupin",
                "cputune/emulatorpin",
                "cputune/iothreadpin",
                "numatune/memory",
                "numatune/memnode",
            ];
            let pinned = subject.each(&at, "pins to CPUs or memory nodes of the host").into_iter();
            let sets = subject.all("vcpu").into_iter().filter(|node| node.has_attribute("cpuset"));
            pinned.chain(sets.map(|node| Violation::at_attribute(node, "cpuset", "pins to CPUs of the host"))).collect()
        },
    },
    Rule {
        family: TIED,
        name: "cpu-vendor",
        why: "The other maker's CPUs lack it, and the machine does not start on them.",
        help: "leave it out: `<cpu mode='host-model'>` takes what the host has",
        source: "QEMU docs/system/i386/hyperv.rst for evmcs (\"Intel-only\"); QEMU docs/system/cpu-models-x86.rst.inc",
        find: |subject| {
            let evmcs = subject.each(&["features/hyperv/evmcs[@state=on]"], "asks for what only Intel's CPUs have");
            let vendor = subject.each(&["cpu/vendor"], "asks for CPUs of one maker");
            let required = |node: &Node| {
                let policy = matches!(node.attribute("policy"), Some("require" | "force") | None);
                policy && node.attribute("name").is_some_and(|name| ONE_MAKER.contains(&name))
            };
            let features = subject.all("cpu/feature").into_iter().filter(required);
            let features = features.map(|node| {
                let name = node.attribute("name").unwrap_or_default();
                Violation::at(node, format!("requires the CPU feature `{name}`, which only one maker's CPUs have"))
            });
            evmcs.into_iter().chain(vendor).chain(features).collect()
        },
    },
    Rule {
        family: UNMOVED,
        name: "host-cpu",
        why: "The guest sees the host's own CPU, so it only fits hosts with the same CPU, microcode and kernel.",
        help: "write `<cpu mode='host-model'>`: it has nearly the same features, and libvirt records which",
        source: "libvirt docs/formatdomain.rst, CPU model and topology (\"dangerous\")",
        find: |subject| subject.each(&["cpu[@mode=host-passthrough]"], "gives the guest the host's own CPU"),
    },
    Rule {
        family: TIED,
        name: "maximum-cpu",
        why: "With KVM, it is the host's own CPU: the machine can be moved only to hosts with the same CPU, microcode and kernel. On ARM, there is no other way.",
        help: "write `<cpu mode='host-model'>` on a PC; on ARM, keep hosts with the same CPU for it",
        source: "libvirt docs/formatdomain.rst, CPU model and topology: maximum; QEMU target/arm/cpu64.c: with KVM, max is host",
        find: |subject| {
            let kvm = subject.root().attribute("type") != Some("qemu");
            let at: &[&str] = if kvm { &["cpu[@mode=maximum]"] } else { &[] };
            subject.each(at, "gives the guest the host's own CPU")
        },
    },
    Rule {
        family: TIED,
        name: "hugepages",
        why: "A host that has not reserved enough huge pages refuses to start the machine. Transparent huge pages, which every host provides, need no element.",
        help: "leave out `<hugepages>`",
        source: "libvirt docs/formatdomain.rst, memory backing",
        find: |subject| subject.each(&["memoryBacking/hugepages"], "needs huge pages that the host has reserved"),
    },
    Rule {
        family: TIED,
        name: "gl",
        why: "A host without a render node (`/dev/dri/renderD*`) refuses to start the machine: servers, virtual machines, and many hosts with NVIDIA's own driver.",
        help: "leave out `<gl>` and `<acceleration>`, and `egl-headless`",
        source: "virt-manager issues 396 and 938; tried on QEMU 7.2 to 11.1: \"cannot open directory '/dev/dri'\"",
        find: |subject| {
            let gl = subject.all("devices/graphics/gl").into_iter().filter(|gl| is_on(gl.attribute("enable")));
            let gl = gl.map(|node| Violation::at(node, "draws with the host's GPU"));
            gl.chain(subject.each(&["devices/graphics[@type=egl-headless]"], "draws with the host's GPU")).collect()
        },
    },
    Rule {
        family: TIED,
        name: "spice",
        why: "RHEL 9 and 10 and their family build QEMU without SPICE, and libvirt there refuses to define the machine.",
        help: "use VNC (`<graphics type='vnc'>`), without the devices that go with SPICE",
        source: "virt-manager's `--convert-to-vnc`; cockpit-machines pull request 643",
        find: |subject| {
            let at = [
                "devices/graphics[@type=spice]",
                "devices/channel[@type=spicevmc]",
                "devices/channel[@type=spiceport]",
                "devices/redirdev[@type=spicevmc]",
                "devices/smartcard[@type=spicevmc]",
                "devices/audio[@type=spice]",
                "devices/video/model[@type=qxl]",
            ];
            subject.each(&at, "needs a QEMU with SPICE")
        },
    },
    Rule {
        family: TIED,
        name: "vsock",
        why: "A host without `/dev/vhost-vsock` (its module is not loaded, or the user may not open it) refuses to start the machine.",
        help: "leave out `<vsock>`",
        source: "tried on libvirt 11.3: \"unable to open vhost-vsock device\"",
        find: |subject| subject.each(&["devices/vsock"], "needs the host's vhost-vsock"),
    },
    Rule {
        family: TIED,
        name: "security-label",
        why: "Labels belong to one host's security module and users; libvirt makes fitting ones by itself.",
        help: "leave out `<seclabel>`",
        source: "libvirt docs/formatdomain.rst, security label",
        find: |subject| subject.each(&["seclabel[@type=static]"], "has a fixed security label"),
    },
    Rule {
        family: unsaved(&["SEV: Migration is not implemented"]),
        name: "launch-security",
        why: "Encrypted memory (SEV, TDX) needs CPUs of one maker and of certain generations, and not even the host can read it.",
        help: "leave out `<launchSecurity>`",
        source: "libvirt docs/kbase/launch_security_sev.rst; QEMU target/i386/sev.c",
        find: |subject| subject.each(&["launchSecurity"], "needs a CPU that encrypts memory"),
    },
    Rule {
        family: TIED,
        name: "command-line",
        why: "QEMU's own arguments and properties: libvirt passes them on unchecked, another QEMU may not know them, and libvirt marks the machine as tainted.",
        help: "use libvirt's own elements, which most such arguments have by now",
        source: "libvirt docs/drvqemu.rst, pass-through of arbitrary qemu commands",
        find: |subject| {
            let ours = |node: &Node| node.tag_name().namespace() == Some("http://libvirt.org/schemas/domain/qemu/1.0");
            let at = ["commandline", "override"].into_iter().flat_map(|at| subject.all(at));
            at.filter(ours).map(|node| Violation::at(node, "passes arguments to QEMU behind libvirt's back")).collect()
        },
    },
];

/// Attributes that hold a path of the host.
const PATHS: [(&str, &str); 11] = [
    ("devices/disk/source", "file"),
    ("devices/disk/source", "dev"),
    ("devices/disk/source", "dir"),
    ("devices/filesystem/source", "dir"),
    ("devices/filesystem/source", "file"),
    ("devices/filesystem/source", "dev"),
    ("devices/channel/source", "path"),
    ("devices/serial/source", "path"),
    ("devices/console/source", "path"),
    ("devices/interface/source", "path"),
    ("devices/graphics/gl", "rendernode"),
];

/// Addresses that every host has.
const ON_EVERY_HOST: [&str; 5] = ["0.0.0.0", "127.0.0.1", "::", "::1", "localhost"];

/// CPU features that only Intel's or only AMD's CPUs have.
const ONE_MAKER: [&str; 5] = ["vmx", "svm", "npt", "topoext", "hle"];

fn is_absolute(path: &str) -> bool {
    path.trim().starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_absolute_path_is_the_host_s() {
        assert!(is_absolute("/srv/disk.img") && is_absolute("\n  /boot/vmlinuz\n"));
        assert!(!is_absolute("disk.img") && !is_absolute(""));
    }
}
