//! What ties to one host, or to hosts of one kind.

use roxmltree::Node;

use crate::rules::{Family, Fault, Rule, Subject, child, is_on};

/// A program's path.
pub const EMULATOR: Rule = Rule {
    family: Family::Portable,
    name: "emulator",
    why: "Distributions keep QEMU in different places (RHEL in `/usr/libexec/qemu-kvm`, NixOS in its store), and libvirt finds it by itself.",
    repair: "leave out `<emulator>`",
    source: "libvirt docs/formatdomain.rst, devices",
    find: |subject| each(subject, "devices/emulator", "names the host's emulator"),
};

/// The path of firmware or of its variables.
pub const FIRMWARE_PATH: Rule = Rule {
    family: Family::Portable,
    name: "firmware-path",
    why: "Each distribution, and each of its releases, keeps firmware in other files; with `firmware='efi'`, libvirt finds it by its descriptor. It writes the paths into the machine it defines, so what `virsh dumpxml` prints has them.",
    repair: "write `<os firmware='efi'>` and what you ask of the firmware as `<feature>`s; leave out the paths of `<loader>` and `<nvram>`",
    source: "libvirt docs/formatdomain.rst, BIOS bootloader",
    find: |subject| {
        let named = ["os/loader", "os/nvram", "os/varstore"].into_iter().flat_map(|at| subject.all(at));
        let tied = |node: &Node| {
            let path = node.text().is_some_and(|text| !text.trim().is_empty());
            path || child(*node, "source").is_some()
                || ["template", "path"].iter().any(|name| node.has_attribute(*name))
        };
        named.filter(tied).map(|node| Fault::at(node, "names a firmware file of the host")).collect()
    },
};

/// Firmware that only some distributions have.
pub const FIRMWARE_FEATURE: Rule = Rule {
    family: Family::Portable,
    name: "firmware-feature",
    why: "Not every distribution has such a build: Arch has none with enrolled keys, Debian none that is stateless. Where there is none, libvirt refuses to define the machine.",
    repair: "ask for `secure-boot` alone: libvirt then takes the build with enrolled keys where the host has it",
    source: "the firmware descriptors of QEMU, Debian 12 to sid (`/usr/share/qemu/firmware`), and virt-manager issue 205 for Arch",
    find: |subject| {
        let keys = subject.all("os/firmware/feature[@name=enrolled-keys][@enabled=yes]").into_iter();
        let stateless = subject.all("os/loader[@stateless=yes]").into_iter();
        keys.map(|node| Fault::at(node, "asks for firmware with enrolled keys"))
            .chain(stateless.map(|node| Fault::at(node, "asks for stateless firmware")))
            .collect()
    },
};

/// A machine's identity.
pub const UUID: Rule = Rule {
    family: Family::Portable,
    name: "uuid",
    why: "A UUID is one machine's: who defines the file where a machine has it already replaces that one, if the names are the same, or is refused.",
    repair: "leave out `<uuid>`: libvirt makes one when it defines the machine",
    source: "libvirt docs/formatdomain.rst, general metadata",
    find: |subject| {
        let named = ["uuid", "hwuuid", "sysinfo/system/entry[@name=uuid]"].into_iter();
        named.flat_map(|at| each(subject, at, "gives the machine a fixed UUID")).collect()
    },
};

/// A network card's identity.
pub const MAC: Rule = Rule {
    family: Family::Portable,
    name: "mac",
    why: "Two machines with one MAC address on a network disturb each other.",
    repair: "leave out `<mac>`: libvirt makes one when it defines the machine",
    source: "libvirt docs/formatdomain.rst, network interfaces",
    find: |subject| each(subject, "devices/interface/mac", "gives a network card a fixed MAC address"),
};

/// A place on the guest's PCI bus.
pub const PCI_ADDRESS: Rule = Rule {
    family: Family::Portable,
    name: "pci-address",
    why: "libvirt places devices when it defines the machine and keeps to that. Addresses that come with a file were another machine's: they fit its chipset and its list of devices, and stand in the way of every change.",
    repair: "leave out `<address type='pci'>`, and the PCI controllers that `virsh dumpxml` shows with them",
    source: "libvirt docs/pci-addresses.rst",
    find: |subject| {
        let devices = subject.first("devices").into_iter();
        let devices = devices.flat_map(|devices| devices.children()).filter(Node::is_element);
        let placed =
            devices.filter_map(|device| child(device, "address")).filter(|at| at.attribute("type") == Some("pci"));
        placed.map(|address| Fault::at(address, "puts a device at a fixed PCI address")).collect()
    },
};

/// A chipset's version.
pub const MACHINE_VERSION: Rule = Rule {
    family: Family::Portable,
    name: "machine-version",
    why: "A chipset with a version is there in few releases of QEMU, and those of a distribution (`-rhel9.4.0`, `-bionic`) nowhere else. Without one, libvirt takes the host's newest when it defines the machine and keeps to that.",
    repair: "write `machine='q35'`, or `machine='pc'` for a guest that is too old for Q35",
    source: "QEMU docs/about/deprecated.rst, machine types; libvirt docs/formatdomain.rst, BIOS bootloader",
    find: |subject| {
        let versioned = |node: &Node| {
            node.attribute("machine").is_some_and(|machine| {
                let version = machine.rsplit_once('-').is_some_and(|(_, last)| last.contains('.'));
                version || machine.starts_with("pc-") || machine.contains("-rhel")
            })
        };
        let types = subject.all("os/type").into_iter().filter(versioned);
        types.map(|node| Fault::at_attribute(node, "machine", "names one version of the chipset")).collect()
    },
};

/// A file or folder of the host's.
pub const PATH: Rule = Rule {
    family: Family::Portable,
    name: "path",
    why: "The file or folder has to be at this place on every host the machine is defined on or moved to.",
    repair: "in a session, name a volume of a pool: `<disk type='volume'>` with `<source pool='default' volume='…'/>`; else say where the file comes from",
    source: "libvirt docs/formatdomain.rst, hard drives and filesystems",
    find: |subject| {
        let attributes = [
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
        let texts = ["os/kernel", "os/initrd", "os/dtb", "devices/memory/source/path"];
        let attributes = attributes.into_iter().flat_map(|(at, name)| {
            let named = subject.all(at).into_iter().filter(move |node| node.attribute(name).is_some_and(absolute));
            named.map(move |node| Fault::at_attribute(node, name, "names a path of the host"))
        });
        let texts = texts.into_iter().flat_map(|at| subject.all(at));
        let texts = texts.filter(|node| node.text().is_some_and(absolute));
        attributes.chain(texts.map(|node| Fault::at_text(node, "names a path of the host"))).collect()
    },
};

/// A device that is handed over.
pub const HOST_DEVICE: Rule = Rule {
    family: Family::Portable,
    name: "host-device",
    why: "It names a device of one host; and a machine that has a PCI device of the host can be neither saved nor moved.",
    repair: "leave it out, and attach the device on the host that has it (`virsh attach-device`, `virt-xml --add-device`)",
    source: "libvirt docs/formatdomain.rst, host device assignment",
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
        at.into_iter().flat_map(|at| each(subject, at, "hands a device of the host to the guest")).collect()
    },
};

/// A network that one host has.
pub const HOST_NETWORK: Rule = Rule {
    family: Family::Portable,
    name: "host-network",
    why: "Bridges, network cards and addresses are different on every host.",
    repair: "write `<interface type='network'>` with a network that each host defines, or `<interface type='user'>` in a session; let a display listen on `127.0.0.1`",
    source: "libvirt docs/formatdomain.rst, network interfaces",
    find: |subject| {
        let at = ["devices/interface[@type=bridge]/source", "devices/interface[@type=direct]/source"];
        let own = at.into_iter().flat_map(|at| each(subject, at, "names a bridge or network card of the host"));
        let every_host_s = ["0.0.0.0", "127.0.0.1", "::", "::1", "localhost"];
        let fixed = move |(at, name): (&'static str, &'static str)| {
            let all = subject.all(at).into_iter();
            all.filter(move |node| node.attribute(name).is_some_and(|address| !every_host_s.contains(&address)))
                .map(move |node| Fault::at_attribute(node, name, "names an address of the host"))
        };
        let listen = [("devices/graphics", "listen"), ("devices/graphics/listen", "address")];
        own.chain(listen.into_iter().flat_map(fixed)).collect()
    },
};

/// CPUs of the host's.
pub const CPU_PINNING: Rule = Rule {
    family: Family::Portable,
    name: "cpu-pinning",
    why: "It fits the number and the arrangement of one host's CPUs; a host with fewer refuses to start the machine.",
    repair: "leave out the pinning, and add it on the host it is for (`virsh vcpupin --config`)",
    source: "libvirt docs/formatdomain.rst, CPU tuning",
    find: |subject| {
        let pinned =
            ["cputune/vcpupin", "cputune/emulatorpin", "cputune/iothreadpin", "numatune/memory", "numatune/memnode"];
        let sets = subject.all("vcpu").into_iter().filter(|node| node.has_attribute("cpuset"));
        let sets = sets.map(|node| Fault::at_attribute(node, "cpuset", "pins to CPUs of the host"));
        let pinned = pinned.into_iter().flat_map(|at| each(subject, at, "pins to CPUs or memory nodes of the host"));
        pinned.chain(sets).collect()
    },
};

/// What CPUs of one maker have.
pub const CPU_VENDOR: Rule = Rule {
    family: Family::Portable,
    name: "cpu-vendor",
    why: "CPUs of the other maker do not have it, and the machine does not start on them.",
    repair: "leave it out: `<cpu mode='host-model'>` takes what the host has",
    source: "QEMU docs/system/i386/hyperv.rst for evmcs (\"Intel-only\"); QEMU docs/system/cpu-models-x86.rst.inc",
    find: |subject| {
        const ONE_MAKER: [&str; 5] = ["vmx", "svm", "npt", "topoext", "hle"];
        let evmcs = subject.all("features/hyperv/evmcs[@state=on]").into_iter();
        let evmcs = evmcs.map(|node| Fault::at(node, "asks for what only Intel's CPUs have"));
        let vendor = each(subject, "cpu/vendor", "asks for CPUs of one maker");
        let required = |node: &Node| {
            let policy = matches!(node.attribute("policy"), Some("require" | "force") | None);
            policy && node.attribute("name").is_some_and(|name| ONE_MAKER.contains(&name))
        };
        let features = subject.all("cpu/feature").into_iter().filter(required);
        let features = features.map(|node| {
            let name = node.attribute("name").unwrap_or_default();
            Fault::at(node, format!("demands the CPU feature `{name}`, which CPUs of one maker have"))
        });
        evmcs.chain(vendor).chain(features).collect()
    },
};

/// The host's own CPU.
pub const HOST_CPU: Rule = Rule {
    family: Family::Portable,
    name: "host-cpu",
    why: "The guest gets whatever the host's CPU is, so it can only be moved between hosts with the same CPU, microcode and kernel.",
    repair: "write `<cpu mode='host-model'>`: nearly the same features, and libvirt records which",
    source: "libvirt docs/formatdomain.rst, CPU model and topology (\"dangerous\")",
    find: |subject| each(subject, "cpu[@mode=host-passthrough]", "gives the guest the host's own CPU"),
};

/// Memory that the host has set aside.
pub const HUGEPAGES: Rule = Rule {
    family: Family::Portable,
    name: "hugepages",
    why: "A host that has not set aside enough huge pages refuses to start the machine. Transparent ones, which every host gives by itself, need no word.",
    repair: "leave out `<hugepages>`",
    source: "libvirt docs/formatdomain.rst, memory backing",
    find: |subject| each(subject, "memoryBacking/hugepages", "needs huge pages that the host has set aside"),
};

/// A GPU of the host's.
pub const GL: Rule = Rule {
    family: Family::Portable,
    name: "gl",
    why: "A host without a render node (`/dev/dri/renderD*`) refuses to start the machine: servers, virtual machines, and many with NVIDIA's own driver.",
    repair: "leave out `<gl>` and `<acceleration>`, and `egl-headless`",
    source: "virt-manager issues 396 and 938; tried on QEMU 7.2 to 11.1: \"cannot open directory '/dev/dri'\"",
    find: |subject| {
        let gl = subject.all("devices/graphics/gl").into_iter().filter(|gl| is_on(gl.attribute("enable")));
        let gl = gl.map(|node| Fault::at(node, "draws with the host's GPU"));
        gl.chain(each(subject, "devices/graphics[@type=egl-headless]", "draws with the host's GPU")).collect()
    },
};

/// SPICE, which some QEMUs are built without.
pub const SPICE: Rule = Rule {
    family: Family::Portable,
    name: "spice",
    why: "RHEL 9 and 10 and their family build QEMU without SPICE; there such a machine cannot be defined.",
    repair: "use VNC (`<graphics type='vnc'>`), without the devices that go with SPICE",
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
        at.into_iter().flat_map(|at| each(subject, at, "needs a QEMU with SPICE")).collect()
    },
};

/// Sockets between host and guest.
pub const VSOCK: Rule = Rule {
    family: Family::Portable,
    name: "vsock",
    why: "A host without `/dev/vhost-vsock` (its module is not loaded, or the user may not open it) refuses to start the machine.",
    repair: "leave out `<vsock>`",
    source: "tried on libvirt 11.3: \"unable to open vhost-vsock device\"",
    find: |subject| each(subject, "devices/vsock", "needs the host's vhost-vsock"),
};

/// A label of the host's security module.
pub const SECURITY_LABEL: Rule = Rule {
    family: Family::Portable,
    name: "security-label",
    why: "Labels belong to one host's security module and users; libvirt makes fitting ones by itself.",
    repair: "leave out `<seclabel>`",
    source: "libvirt docs/formatdomain.rst, security label",
    find: |subject| each(subject, "seclabel[@type=static]", "has a fixed security label"),
};

/// Memory that is encrypted.
pub const LAUNCH_SECURITY: Rule = Rule {
    family: Family::Portable,
    name: "launch-security",
    why: "Encrypted memory (SEV, TDX) needs CPUs of one maker and of some generations, and a machine with it can be neither saved nor moved.",
    repair: "leave out `<launchSecurity>`",
    source: "libvirt docs/kbase/launch_security_sev.rst",
    find: |subject| each(subject, "launchSecurity", "needs a CPU that encrypts memory"),
};

/// Arguments past libvirt.
pub const COMMAND_LINE: Rule = Rule {
    family: Family::Portable,
    name: "command-line",
    why: "libvirt hands these to QEMU as they are: nobody checks them, they mean something else to another QEMU, and a machine with them counts as tainted.",
    repair: "say it with libvirt's own elements; most of what is written about needs no such arguments any more",
    source: "libvirt docs/drvqemu.rst, pass-through of arbitrary qemu commands",
    find: |subject| {
        let ours = |node: &Node| node.tag_name().namespace() == Some("http://libvirt.org/schemas/domain/qemu/1.0");
        let at = ["commandline", "override"].into_iter().flat_map(|at| subject.all(at));
        at.filter(ours).map(|node| Fault::at(node, "hands arguments to QEMU past libvirt")).collect()
    },
};

/// A fault at each element of a path.
pub fn each(subject: &Subject, at: &str, message: &str) -> Vec<Fault> {
    subject.all(at).into_iter().map(|node| Fault::at(node, message)).collect()
}

fn absolute(path: &str) -> bool {
    path.trim().starts_with('/')
}
