//! What a person sees: the display's protocol and the graphics card.

use crate::connection::BOTH;
use crate::domain::{
    Acceleration, Gl, Graphics, GraphicsType, Image, ImageCompression, Listen, ListenType, Video, VideoModel,
    VideoModelType, YesNo,
};
use crate::sights::sees;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{needs, topics};

/// The protocol.
pub static SPICE: Tunable = Tunable {
    topic: &topics::DISPLAY,
    cell: Cell::Is("SPICE"),
    at: "devices/graphics",
    why: "SPICE: besides the picture it carries sound, the clipboard and USB devices; virt-viewer, \
          virt-manager and GNOME Boxes speak it.",
    // libvirt docs/formatdomain.rst, graphics
    since: since(v(0, 8, 2), ALWAYS),
    connections: BOTH,
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
    why: "No TCP port: the viewer, which must run on this host, gets its connection from libvirt (`virt-viewer \
          -a`), so nobody sees the screen who may not use the machine, and machines never compete for a port.",
    // libvirt docs/formatdomain.rst, graphics: listen type none 2.0.0
    since: since(v(2, 0, 0), ALWAYS),
    connections: BOTH,
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
    why: "The viewer is on this host: compressing pictures for it would cost CPU and save nothing.",
    // libvirt docs/formatdomain.rst, graphics
    since: since(v(0, 9, 1), ALWAYS),
    connections: BOTH,
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
    why: "What the host's GPU draws for the guest is shown without a copy through the CPU. Needs a render node \
          on the host, and a viewer on the same host.",
    // libvirt docs/formatdomain.rst, graphics: gl 1.3.3
    since: since(v(1, 3, 3), v(2, 6, 0)),
    connections: BOTH,
    needs: &[&needs::RENDER_NODE],
    seen: &[],
    apply: |domain, _| {
        if let Some(graphics) = &mut domain.devices.graphics {
            graphics.gl = Some(Gl { enable: YesNo::Yes });
        }
    },
};

/// Another protocol.
pub static VNC: Tunable = Tunable {
    topic: &topics::DISPLAY,
    cell: Cell::Is("VNC"),
    at: "devices/graphics",
    why: "VNC, which every build of QEMU has; those of RHEL and its family have no SPICE. virt-viewer and \
          virt-manager speak it as well.",
    // older than any release in use
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[],
    apply: |domain, _| {
        domain.devices.graphics = Some(Graphics { kind: GraphicsType::Vnc, listen: None, image: None, gl: None });
    },
};

/// No port for it either.
pub static VNC_SOCKET: Tunable = Tunable {
    topic: &topics::DISPLAY,
    cell: Cell::Silent,
    at: "devices/graphics/listen",
    why: "No TCP port, which any user of the host could connect to: a socket in a folder of libvirt's, which \
          viewers find by themselves, from another host through SSH (`virt-viewer -c \
          qemu+ssh://HOST/system`).",
    // libvirt docs/formatdomain.rst, graphics: listen type socket 2.0.0
    since: since(v(2, 0, 0), ALWAYS),
    connections: BOTH,
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
    why: "virtio-gpu: any resolution, and a window that can be resized. Firmware and installers use it through \
          UEFI before there is a driver.",
    // libvirt docs/formatdomain.rst, video: virtio 1.3.0
    since: since(v(1, 3, 0), v(2, 4, 0)),
    connections: BOTH,
    needs: &[],
    seen: &[sees("virtio/gpu", "virtio_gpu"), sees("display/connectors", "1")],
    apply: |domain, _| {
        let model = VideoModel { kind: VideoModelType::Virtio, acceleration: None };
        domain.devices.video = Some(Video { model });
    },
};

/// The graphics card of guests without a driver for any other.
pub static VGA: Tunable = Tunable {
    topic: &topics::VGA,
    cell: Cell::Has,
    at: "devices/video",
    why: "QEMU's VGA card. The guest needs no driver of its own: it draws in the frame buffer that UEFI hands over.",
    // libvirt docs/formatdomain.rst, video: vga
    since: since(ALWAYS, ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees("display/driver", "bochs-drm")],
    apply: |domain, _| {
        let model = VideoModel { kind: VideoModelType::Vga, acceleration: None };
        domain.devices.video = Some(Video { model });
    },
};

/// OpenGL for the guest.
pub static VIRGL: Tunable = Tunable {
    topic: &topics::VIRTIO_GPU,
    cell: Cell::With("3D"),
    at: "devices/video/model/acceleration",
    why: "The guest's OpenGL runs on the host's GPU, which today's desktops draw with. Its price: QEMU can \
          neither save nor migrate a running machine that has it.",
    // libvirt docs/formatdomain.rst, video: accel3d for virtio 1.3.0 (QEMU 2.5); the device libvirt takes for it on
    // Q35, virtio-vga-gl, came with QEMU 6.1
    since: since(v(1, 3, 0), v(6, 1, 0)),
    connections: BOTH,
    needs: &[&needs::RENDER_NODE],
    // A guest would see display/3d, but no machine that CI has could show it.
    seen: &[],
    apply: |domain, _| {
        if let Some(video) = &mut domain.devices.video {
            video.model.acceleration = Some(Acceleration { accel3d: YesNo::Yes });
        }
    },
};
