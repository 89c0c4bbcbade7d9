//! What is attached to the machine.

use super::board::PERSISTENT;
use super::drives::{self, Context};
use super::mapping::{Field, Mapping, domain, either, own};
use super::objects::{
    self, CardModel, DataVolumeTemplate, Empty, InputBus, InputType, Network, SoundModel, Tpm, Video, VideoType, Volume,
};
use crate::domain::{
    Acceleration, Channel, ChannelName, ChannelSource, ChannelTarget, ChannelType, Console, ConsoleTarget, ConsoleType,
    Controller, ControllerDriver, ControllerModel, ControllerType, Devices, Filesystem, FilesystemDriver,
    FilesystemDriverType, FilesystemSource, FilesystemTarget, FilesystemType, Frontend, Gl, Graphics, GraphicsType,
    Image, ImageCompression, Input, InputBus as Bus, InputType as Kind, Interface, InterfaceBackend,
    InterfaceBackendType, InterfaceMac, InterfaceModel, InterfaceModelType, InterfaceSource, InterfaceType, Iothread,
    Iothreads, Listen, ListenType, Memballoon, MemballoonModel, Override, OverrideDevice, PortForward, PortRange,
    Property, PropertyType, Protocol, Redirdev, RedirdevBus, Rng, RngBackend, RngBackendModel, RngModel, Serial, Sound,
    SoundModel as SoundCard, TargetType, Tpm as OwnTpm, TpmBackend, TpmBackendType, TpmModel, TpmVersion,
    Video as OwnVideo, VideoModel, VideoModelType,
};

/// Whether there is a screen.
const GRAPHICS: Field =
    either(domain!("devices/autoattachGraphicsDevice"), "spec/devices/preferredAutoattachGraphicsDevice");

/// Every socket for a device of a person's: `KubeVirt` makes four of them, or none.
const REDIRDEVS: [&str; 4] =
    ["devices/redirdev[1]", "devices/redirdev[2]", "devices/redirdev[3]", "devices/redirdev[4]"];

/// The devices, and what else of the machine's object they are.
pub(super) struct Attached {
    pub(super) devices: objects::Devices,
    pub(super) networks: Vec<Network>,
    pub(super) volumes: Vec<Volume>,
    pub(super) templates: Vec<DataVolumeTemplate>,
}

/// `<devices>`.
pub(super) fn devices(mapping: &mut Mapping, devices: Devices, context: &Context) -> Attached {
    let Devices {
        disks,
        controllers,
        filesystems,
        interfaces,
        serials,
        consoles,
        channels,
        inputs,
        tpm,
        graphics,
        sound,
        video,
        redirdevs,
        memballoon,
        rng,
    } = devices;
    let (mut own_disks, mut volumes, mut templates) = (Vec::new(), Vec::new(), Vec::new());
    for drive in drives::drives(mapping, disks, context) {
        own_disks.push(drive.disk);
        volumes.push(drive.volume);
        templates.extend(drive.template);
    }
    for one in controllers {
        controller(mapping, one);
    }
    for one in filesystems {
        filesystem(mapping, one);
    }
    let interfaces: Vec<_> = interfaces.into_iter().map(|one| interface(mapping, one)).collect();
    let networks = interfaces.iter().map(|one| Network { name: one.name, pod: Empty {} }).collect();
    let has_console = text(mapping, serials, consoles);
    for one in channels {
        channel(mapping, one);
    }
    let inputs = inputs.into_iter().filter_map(|one| input(mapping, one)).collect();
    let tpm = tpm.map(|one| self::tpm(mapping, one));
    let has_screen = graphics.is_some();
    match graphics {
        Some(one) => self::graphics(mapping, one),
        None => mapping.says_nothing_of("devices/graphics", GRAPHICS),
    }
    let sound = sound.map(|Sound { model: SoundCard::Ich9 }| {
        let field = either(domain!("devices/sound/model"), "spec/devices/preferredSoundModel");
        mapping.same("devices/sound", field);
        objects::Sound { name: "sound", model: Some(SoundModel::Ich9) }
    });
    let video = video.map(|one| self::video(mapping, one));
    let mut client_passthrough = None;
    for (Redirdev { bus: RedirdevBus::Usb, kind }, at) in redirdevs.into_iter().zip(REDIRDEVS) {
        channel_type(kind);
        let why = "USB devices of whoever runs `virtctl usbredir`, up to four.";
        mapping.other(at, own(domain!("devices/clientPassthrough")), why);
        client_passthrough = Some(Empty {});
    }
    let has_balloon = memballoon.is_some_and(|one| balloon(mapping, one));
    let rng = rng.map(|Rng { model: RngModel::Virtio, backend: RngBackend { model: RngBackendModel::Builtin } }| {
        let why = "Random numbers from the node's kernel, so that the guest does not wait for entropy.";
        mapping.other("devices/rng", either(domain!("devices/rng"), "spec/devices/preferredRng"), why);
        Empty {}
    });
    let devices = objects::Devices {
        autoattach_graphics_device: Some(has_screen),
        autoattach_mem_balloon: Some(has_balloon),
        autoattach_serial_console: Some(has_console),
        client_passthrough,
        disks: own_disks,
        inputs,
        interfaces,
        rng,
        sound,
        tpm,
        video,
    };
    Attached { devices, networks, volumes, templates }
}

fn controller(mapping: &mut Mapping, controller: Controller) {
    let Controller { kind, index: _, model, ports: _, driver } = controller;
    let (at, what) = match kind {
        ControllerType::Usb => ("devices/controller[@type=usb]", "it adds USB where a device needs it"),
        ControllerType::Scsi => (
            "devices/controller[@type=scsi]",
            "it adds a virtio-scsi adapter, which disks that are plugged in later use as well",
        ),
        ControllerType::Pci => {
            ("devices/controller[@type=pci]", "it keeps PCI slots free for what is plugged in later")
        }
    };
    match model {
        ControllerModel::QemuXhci
        | ControllerModel::VirtioScsi
        | ControllerModel::PcieRootPort
        | ControllerModel::None => mapping.by_itself(at, what),
    }
    if let Some(ControllerDriver { iothread, iothreads }) = driver {
        let several = iothreads.is_some_and(|Iothreads { threads }| threads.iter().any(|Iothread { id: _ }| true));
        if iothread.is_some() || several {
            mapping.lost(
                "devices/controller[@type=scsi]/driver",
                "the adapter runs in QEMU's main loop (KubeVirt's VEP 342 is about changing that)",
            );
        }
    }
}

fn filesystem(mapping: &mut Mapping, filesystem: Filesystem) {
    let Filesystem { kind: FilesystemType::Mount, driver, source, target } = filesystem;
    let FilesystemDriver { kind: FilesystemDriverType::Virtiofs, queue } = driver;
    if queue.is_some() {
        mapping.lost("devices/filesystem/driver", "virtio-fs has QEMU's queue");
    }
    let (FilesystemSource { dir: _ }, FilesystemTarget { dir: _ }) = (source, target);
    mapping.lost(
        "devices/filesystem",
        "no folder of a host: share a PersistentVolumeClaim, ConfigMap or Secret (`devices.filesystems`)",
    );
}

fn interface(mapping: &mut Mapping, interface: Interface) -> objects::Interface {
    let Interface { kind, mac, source, model, backend, port_forward } = interface;
    let why = match kind {
        InterfaceType::User | InterfaceType::Network => {
            "The pod's network, behind NAT: the guest reaches the network, and whatever should reach the guest needs a Service \
             (`virtctl expose`)."
        }
        InterfaceType::Bridge => {
            "The pod's network. A network of your own takes a NetworkAttachmentDefinition (Multus) in place of `pod` and \
             `masquerade`."
        }
    };
    mapping.other("devices/interface", own(domain!("devices/interfaces/default/masquerade")), why);
    if let Some(InterfaceSource { network: _, bridge: _ }) = source {
        mapping
            .by_itself("devices/interface/source", "networks of a host mean nothing in a cluster; this is the pod's");
    }
    let mac_address = mac.map(|InterfaceMac { address }| {
        mapping.same("devices/interface/mac", own(domain!("devices/interfaces/default/macAddress")));
        address
    });
    let model = model.map(|InterfaceModel { kind }| {
        let field = either(domain!("devices/interfaces/default/model"), "spec/devices/preferredInterfaceModel");
        mapping.same("devices/interface/model", field);
        match kind {
            InterfaceModelType::Virtio => CardModel::Virtio,
            InterfaceModelType::E1000e => CardModel::E1000e,
        }
    });
    if let Some(InterfaceBackend { kind }) = backend {
        let InterfaceBackendType::Passt = kind;
        mapping.by_itself("devices/interface/backend", "the pod's network needs no passt");
    }
    if let Some(PortForward { protocol, address: _, ranges }) = port_forward {
        let Protocol::Tcp = protocol;
        for PortRange { start: _, to: _ } in ranges {
            mapping.lost("devices/interface/portForward", "a Service leads to a port of the guest (`virtctl expose`)");
        }
    }
    objects::Interface { name: "default", mac_address, masquerade: Empty {}, model }
}

/// Consoles: whether there is one.
fn text(mapping: &mut Mapping, serials: Vec<Serial>, consoles: Vec<Console>) -> bool {
    let field = either(domain!("devices/autoattachSerialConsole"), "spec/devices/preferredAutoattachSerialConsole");
    let is_silent = serials.is_empty() && consoles.is_empty();
    for Serial { kind: ConsoleType::Pty } in serials {
        mapping.other("devices/serial", field, "A serial port, ttyS0 in the guest, which `virtctl console` opens.");
    }
    for Console { kind: ConsoleType::Pty, target: ConsoleTarget { kind: TargetType::Virtio } } in consoles {
        let why =
            "`virtctl console` opens it. It is a serial port: boot the guest with `console=ttyS0` in place of `hvc0`.";
        mapping.other("devices/console", field, why);
    }
    if is_silent {
        mapping.says_nothing_of("devices/console", field);
    }
    !is_silent
}

fn channel(mapping: &mut Mapping, channel: Channel) {
    let Channel { kind, source, target: ChannelTarget { kind: TargetType::Virtio, name } } = channel;
    channel_type(kind);
    let (Some(ChannelSource { channel: _ }) | None) = source;
    match name {
        ChannelName::GuestAgent => {
            mapping.by_itself("devices/channel[@type=unix]", "every machine has the channel to qemu-guest-agent");
        }
        ChannelName::Spice => mapping.lost("devices/channel[@type=spicevmc]", "no shared clipboard"),
        ChannelName::Webdav => mapping.lost("devices/channel[@type=spiceport]", "no folder of the viewer's"),
    }
}

/// What is at the host's end of a channel is told of what it is for.
fn channel_type(kind: ChannelType) {
    match kind {
        ChannelType::Unix | ChannelType::Spicevmc | ChannelType::Spiceport => {}
    }
}

fn input(mapping: &mut Mapping, input: Input) -> Option<objects::Input> {
    let Input { kind, bus } = input;
    match (kind, bus) {
        (Kind::Tablet, Bus::Virtio) => {
            let field = either(domain!("devices/inputs/tablet/bus"), "spec/devices/preferredInputBus");
            mapping.same("devices/input[@type=tablet][@bus=virtio]", field);
            Some(objects::Input { name: "tablet", bus: Some(InputBus::Virtio), kind: InputType::Tablet })
        }
        (Kind::Tablet, Bus::Usb) => {
            let field = either(domain!("devices/inputs/usb-tablet/bus"), "spec/devices/preferredInputBus");
            mapping.same("devices/input[@type=tablet][@bus=usb]", field);
            Some(objects::Input { name: "usb-tablet", bus: Some(InputBus::Usb), kind: InputType::Tablet })
        }
        (Kind::Keyboard, Bus::Usb | Bus::Virtio) => {
            mapping.lost("devices/input[@type=keyboard]", "the PS/2 keyboard that every PC has is the only one");
            None
        }
    }
}

fn tpm(mapping: &mut Mapping, tpm: OwnTpm) -> Tpm {
    let OwnTpm { model: TpmModel::TpmCrb | TpmModel::TpmTis, backend } = tpm;
    let TpmBackend { kind: TpmBackendType::Emulator, version: TpmVersion::V2 } = backend;
    mapping.same("devices/tpm", either(domain!("devices/tpm"), "spec/devices/preferredTPM"));
    if !mapping.needs.contains(&PERSISTENT) {
        mapping.needs.push(PERSISTENT);
    }
    Tpm { persistent: true }
}

fn graphics(mapping: &mut Mapping, graphics: Graphics) {
    let Graphics { kind, listen, image, gl } = graphics;
    let why = match kind {
        GraphicsType::Vnc => "VNC, which `virtctl vnc` opens.",
        GraphicsType::Spice => "VNC in place of SPICE, which KubeVirt does not have; `virtctl vnc` opens it.",
    };
    mapping.other("devices/graphics", GRAPHICS, why);
    if let Some(Listen { kind }) = listen {
        let (ListenType::None | ListenType::Socket) = kind;
        mapping
            .by_itself("devices/graphics/listen", "nobody connects but through the cluster's API, which knows who may");
    }
    if let Some(Image { compression }) = image {
        let ImageCompression::Off = compression;
        mapping.lost("devices/graphics/image", "there is no SPICE");
    }
    if let Some(Gl { enable: _ }) = gl {
        mapping.lost(
            "devices/graphics/gl",
            "no GL: the guest's programs draw with its CPUs, or with a GPU that the cluster assigns",
        );
    }
}

fn video(mapping: &mut Mapping, video: OwnVideo) -> Video {
    let OwnVideo { model: VideoModel { kind, heads, blob, acceleration } } = video;
    mapping.same("devices/video", either(domain!("devices/video/type"), "spec/devices/preferredVideoType"));
    mapping.needs.push("KubeVirt 1.6 or later with the feature gate `VideoConfig`, or the field `video` removed");
    if heads.is_some() {
        mapping.lost("devices/video/model/@heads", "one screen");
    }
    if blob.is_some() {
        mapping.lost("devices/video/model/@blob", "no Vulkan in the guest");
    }
    if let Some(Acceleration { accel3d: _ }) = acceleration {
        mapping.lost("devices/video/model/acceleration", "no 3D by the node's GPU");
    }
    Video {
        kind: match kind {
            VideoModelType::Virtio => VideoType::Virtio,
            VideoModelType::Vga => VideoType::Vga,
        },
    }
}

/// Whether there is one.
fn balloon(mapping: &mut Mapping, balloon: Memballoon) -> bool {
    let Memballoon { model, free_page_reporting } = balloon;
    let field = either(domain!("devices/autoattachMemBalloon"), "spec/devices/preferredAutoattachMemBalloon");
    if free_page_reporting.is_some() {
        mapping.by_itself(
            "devices/memballoon/@freePageReporting",
            "it is on, unless the cluster says `disableFreePageReporting` or the machine has CPUs or huge pages of its own",
        );
    }
    match model {
        MemballoonModel::Virtio => {
            mapping.other("devices/memballoon", field, "KubeVirt reads from it how much memory the guest uses.");
            true
        }
        MemballoonModel::None => {
            mapping.same("devices/memballoon", field);
            false
        }
    }
}

/// `<qemu:override>`.
pub(super) fn extension(mapping: &mut Mapping, extension: Override) {
    let Override { device: OverrideDevice { alias: _, frontend: Frontend { properties } } } = extension;
    for Property { name, kind, value: _ } in properties {
        let (PropertyType::Bool | PropertyType::Unsigned) = kind;
        let at = match name.as_str() {
            "hostmem" => "override/device/frontend/property[@name=hostmem]",
            "venus" => "override/device/frontend/property[@name=venus]",
            _ => "override",
        };
        mapping.lost(at, "no property of QEMU's own can be set");
    }
}
