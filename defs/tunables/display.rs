//! The display: its protocol and the graphics card.

use crate::connection::BOTH;
use crate::domain::{
    Acceleration, Gl, Graphics, GraphicsType, Image, ImageCompression, Listen, ListenType, Video, VideoModel,
    VideoModelType, YesNo,
};
use crate::observations::sees;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{needs, topics};

/// The protocol.
pub static SPICE: Tunable = Tunable {
    topic: &topics::DISPLAY,
    cell: Cell::Is("SPICE"),
    at: "devices/graphics",
    why: "SPICE carries sound, the clipboard and USB devices besides the picture. virt-viewer, virt-manager and GNOME \
          Boxes support it.",
    since: since(v(0, 8, 6), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Graphical framebuffers: spice",
    connections: BOTH,
    safety: Safety::Yours("which viewer a person uses"),
    needs: &[&needs::SPICE],
    seen: &[],
    apply: |domain, _| {
        domain.devices.graphics = Some(Graphics { kind: GraphicsType::Spice, listen: None, image: None, gl: None });
    },
};

/// No port.
pub static LISTEN_NONE: Tunable = Tunable {
    topic: &topics::DISPLAY,
    cell: Cell::Silent,
    at: "devices/graphics/listen",
    why: "No TCP port: the viewer, which must run on this host, gets its connection from libvirt (`virt-viewer -a`). \
          Only those who may use the machine see its screen, and machines never compete for a port.",
    since: since(v(2, 0, 0), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Graphical framebuffers: listen type none",
    connections: BOTH,
    safety: Safety::Yours("a viewer on another host, or one that is given a port, no longer reaches the screen"),
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(graphics) = &mut domain.devices.graphics {
            graphics.listen = Some(Listen { kind: ListenType::None });
        }
    },
};

/// No compression.
pub static IMAGE_UNCOMPRESSED: Tunable = Tunable {
    topic: &topics::DISPLAY,
    cell: Cell::Silent,
    at: "devices/graphics/image",
    why: "The viewer is on this host, so compressing the picture would cost CPU time and save nothing.",
    since: since(v(0, 9, 1), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Graphical framebuffers: image",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(graphics) = &mut domain.devices.graphics {
            graphics.image = Some(Image { compression: ImageCompression::Off });
        }
    },
};

/// Frames stay on the GPU.
pub static SPICE_GL: Tunable = Tunable {
    topic: &topics::DISPLAY,
    cell: Cell::With("3D"),
    at: "devices/graphics/gl",
    why: "The viewer shows what the host's GPU draws for the guest without a copy through the CPU. This needs a render \
          node on the host, and a viewer on the same host.",
    since: since(v(1, 3, 3), v(2, 6, 0)),
    source: "libvirt docs/formatdomain.rst, Graphical framebuffers: gl; QEMU commit 474114b7305c (2.6)",
    connections: BOTH,
    safety: Safety::Yours("3D needs a GPU of the host, and a machine with it can neither be saved nor moved"),
    needs: &[&needs::RENDER_NODE],
    seen: &[],
    apply: |domain, _| {
        if let Some(graphics) = &mut domain.devices.graphics {
            graphics.gl = Some(Gl { enable: YesNo::Yes });
        }
    },
};

/// The protocol where there is no SPICE.
pub static VNC: Tunable = Tunable {
    topic: &topics::DISPLAY,
    cell: Cell::Is("VNC"),
    at: "devices/graphics",
    why: "VNC, which QEMU supports in every distribution, also in RHEL and its family, where it has no SPICE. virt-viewer \
          and virt-manager support it as well.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Graphical framebuffers: vnc (no release named)",
    connections: BOTH,
    safety: Safety::Yours("which viewer a person uses"),
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        domain.devices.graphics = Some(Graphics { kind: GraphicsType::Vnc, listen: None, image: None, gl: None });
    },
};

/// No TCP port for VNC either.
pub static VNC_SOCKET: Tunable = Tunable {
    topic: &topics::DISPLAY,
    cell: Cell::Silent,
    at: "devices/graphics/listen",
    why: "A Unix socket in one of libvirt's folders, instead of a TCP port that any user of the host could connect to. \
          Viewers find it by themselves, from another host through SSH (`virt-viewer -c qemu+ssh://HOST/session`, \
          or `/system`).",
    since: since(v(2, 0, 0), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Graphical framebuffers: listen type socket",
    connections: BOTH,
    safety: Safety::Yours("a viewer that is given a port no longer reaches the screen"),
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        if let Some(graphics) = &mut domain.devices.graphics {
            graphics.listen = Some(Listen { kind: ListenType::Socket });
        }
    },
};

/// The graphics card.
pub static VIRTIO_GPU: Tunable = Tunable {
    topic: &topics::VIRTIO_GPU,
    cell: Cell::Has,
    at: "devices/video",
    why: "virtio-gpu: any resolution, and a screen that follows the size of the viewer's window. Firmware and \
          installers use it through UEFI before the guest has a driver.",
    since: since(v(1, 3, 0), v(2, 4, 0)),
    source: "libvirt docs/formatdomain.rst, Video devices: virtio; QEMU commit 93f6d1c16036 (2.4)",
    connections: BOTH,
    safety: Safety::NeedsGuest(
        "the driver for virtio-gpu: in Windows, install viogpudo from the virtio-win disc, which works without the \
         card; Linux has had virtio_gpu since 4.4; then change the card",
    ),
    needs: &[],
    seen: &[sees("virtio/gpu", "virtio_gpu"), sees("display/connectors", "1")],
    apply: |domain, _| {
        let model = VideoModel { kind: VideoModelType::Virtio, heads: None, blob: None, acceleration: None };
        domain.devices.video = Some(Video { model });
    },
};

/// Several screens. Windows' driver for this card shows one (virtio-win/kvm-guest-drivers-windows, issue 819), and VNC
/// carries one.
pub static SCREENS: Tunable = Tunable {
    topic: &topics::VIRTIO_GPU,
    cell: Cell::With("four screens"),
    at: "devices/video/model",
    why: "Up to four screens, which the viewer's menu connects while the machine runs; the guest starts with one.",
    since: since(v(3, 7, 0), v(2, 4, 0)),
    source: "libvirt NEWS 3.7.0: heads of virtio GPU; QEMU hw/display/virtio-gpu-base.c, max_outputs; measured \
             with QEMU 10.0: 8 MiB, and no processor time while idle",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("display/heads", "4")],
    apply: |domain, _| {
        if let Some(video) = &mut domain.devices.video {
            video.model.heads = Some(4);
        }
    },
};

/// The graphics card for guests without a driver for virtio-gpu.
pub static VGA: Tunable = Tunable {
    topic: &topics::VGA,
    cell: Cell::Has,
    at: "devices/video",
    why: "QEMU's VGA card. The guest needs no driver for it: it draws in the frame buffer that UEFI hands over.",
    since: since(ALWAYS, ALWAYS),
    source: "libvirt docs/formatdomain.rst, Video devices: vga (no release named)",
    connections: BOTH,
    safety: Safety::NeedsGuest(
        "the driver for QEMU's VGA card (in Linux, bochs), or UEFI, whose frame buffer every guest draws in",
    ),
    needs: &[],
    seen: &[sees("display/driver", "bochs-drm")],
    apply: |domain, _| {
        let model = VideoModel { kind: VideoModelType::Vga, heads: None, blob: None, acceleration: None };
        domain.devices.video = Some(Video { model });
    },
};

/// OpenGL for the guest.
pub static VIRGL: Tunable = Tunable {
    topic: &topics::VIRTIO_GPU,
    cell: Cell::With("3D"),
    at: "devices/video/model/acceleration",
    why: "The guest's OpenGL, which today's desktops draw with, runs on the host's GPU. With it, QEMU can neither save \
          nor migrate a running machine.",
    since: since(v(1, 3, 0), v(6, 1, 0)),
    source: "libvirt docs/formatdomain.rst, Video devices: accel3d; virtio-vga-gl, which libvirt uses for it on Q35: \
          QEMU 6.1, libvirt, issue 167",
    connections: BOTH,
    safety: Safety::Yours("3D needs a GPU of the host, and a machine with it can neither be saved nor moved"),
    needs: &[&needs::RENDER_NODE],
    // A guest would see display/3d, but no machine that CI has could show it.
    seen: &[],
    apply: |domain, _| {
        if let Some(video) = &mut domain.devices.video {
            video.model.acceleration = Some(Acceleration { accel3d: YesNo::Yes });
        }
    },
};
