//! Where displays listen, and what models of video devices do not have.

use roxmltree::Node;

use super::{at_define, at_define_by_host, at_define_since, at_start};
use crate::rules::{Rule, Violation, child, child_value, is_on, repeated};
use crate::version::v;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("must match 'address' attribute of first listen element"),
        name: "listen-mismatch",
        why: "`listen` is an older way to write the address of the first `<listen>`.",
        help: "leave out `listen`",
        source: "libvirt docs/formatdomain.rst, graphical framebuffers",
        find: |subject| {
            let other = |display: &Node| {
                let first = child(*display, "listen").filter(|listen| listen.attribute("type") == Some("address"));
                let address = first.and_then(|listen| listen.attribute("address"));
                address.is_some_and(|address| display.attribute("listen").is_some_and(|listen| listen != address))
            };
            let displays = subject.all("devices/graphics").into_iter().filter(other);
            displays
                .map(|node| Violation::at_attribute(node, "listen", "the first <listen> has another address"))
                .collect()
        },
    },
    Rule {
        family: at_start("QEMU does not support multiple listens for one graphics device"),
        name: "listen-twice",
        why: "A display listens at one place.",
        help: "keep one `<listen>`; `address='0.0.0.0'` is every address of the host",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let listens = subject.all("devices/graphics/listen").into_iter();
            let again = listens.filter(|node| node.prev_siblings().skip(1).any(|other| other.has_tag_name("listen")));
            again.map(|node| Violation::at(node, "this display listens elsewhere already")).collect()
        },
    },
    Rule {
        family: at_start("only 1 graphics device of each type"),
        name: "graphics-twice",
        why: "QEMU has one display of each type.",
        help: "leave out one of the two",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let displays = subject.all("devices/graphics");
            repeated(displays, |node| node.attribute("type"), |kind| format!("a second display of the type `{kind}`"))
        },
    },
    Rule {
        family: at_start("vnc port must be in range"),
        name: "vnc-port",
        why: "VNC counts its displays from port 5900.",
        help: "write `autoport='yes'`, or a port from 5900 on",
        source: "libvirt src/qemu/qemu_process.c",
        find: |subject| {
            let low = |node: &Node| {
                node.attribute("port")
                    .and_then(|port| port.parse().ok())
                    .is_some_and(|port: i32| (1..5900).contains(&port))
            };
            let displays = subject.all("devices/graphics[@type=vnc]").into_iter().filter(low);
            let displays = displays.filter(|node| !is_on(node.attribute("autoport")));
            displays.map(|node| Violation::at_attribute(node, "port", "VNC has the ports from 5900 on")).collect()
        },
    },
    Rule {
        family: at_define_by_host("but TLS is disabled in qemu.conf"),
        name: "spice-tls",
        why: "SPICE is encrypted only if the host has certificates for it and `spice_tls = 1` in its `qemu.conf`.",
        help: "leave out `tlsPort`, or prepare the host",
        source: "libvirt docs/formatdomain.rst, graphical framebuffers; src/qemu/qemu.conf.in",
        find: |subject| {
            let secure = |node: &Node| {
                node.attribute("tlsPort").and_then(|port| port.parse().ok()).is_some_and(|port: i32| port > 0)
            };
            let displays = subject.all("devices/graphics[@type=spice]").into_iter().filter(secure);
            displays
                .map(|node| Violation::at_attribute(node, "tlsPort", "this needs a host that is prepared for it"))
                .collect()
        },
    },
    Rule {
        family: at_define("multiple OpenGL displays are not supported"),
        name: "gl-twice",
        why: "One display has OpenGL.",
        help: "leave out `egl-headless`, or the `<gl>` of the other display",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let headless = subject.first("devices/graphics[@type=egl-headless]");
            let Some(headless) = headless else { return Vec::new() };
            let others = subject.all("devices/graphics[@type=spice]").into_iter();
            let others = others.filter_map(|node| child(node, "gl")).filter(|gl| is_on(gl.attribute("enable")));
            others
                .map(|node| Violation::at(node, "another display has OpenGL").with(headless, "it has OpenGL by itself"))
                .collect()
        },
    },
    Rule {
        family: at_define("does not support video model"),
        name: "video-model",
        why: "These are the video devices of other hypervisors.",
        help: "write `type='virtio'`",
        source: "libvirt docs/formatdomain.rst, video devices",
        find: |subject| {
            let other = |node: &Node| matches!(node.attribute("type"), Some("xen" | "vbox" | "gop"));
            let models = subject.all("devices/video/model").into_iter().filter(other);
            models.map(|node| Violation::at_attribute(node, "type", "QEMU has no such video device")).collect()
        },
    },
    Rule {
        family: at_define("value for 'vgamem' must be power of two"),
        name: "qxl-memory",
        why: "QXL's memory for the screen is a power of two.",
        help: "write `vgamem='16384'` or `vgamem='65536'`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let odd = |node: &Node| {
                node.attribute("vgamem")
                    .and_then(|size| size.parse::<u64>().ok())
                    .is_some_and(|size| size > 0 && !size.is_power_of_two())
            };
            let models = subject.all("devices/video/model[@type=qxl]").into_iter().filter(odd);
            models.map(|node| Violation::at_attribute(node, "vgamem", "this is no power of two")).collect()
        },
    },
    Rule {
        family: at_define("'vhostuser' driver is only supported with 'virtio' device"),
        name: "video-driver",
        why: "Only virtio-gpu can be provided by another program (vhost-user).",
        help: "leave out `<driver>`, or write `type='virtio'` for the model",
        source: "libvirt docs/formatdomain.rst, video devices",
        find: |subject| {
            let drivers = subject.all("devices/video/driver[@name=vhostuser]").into_iter();
            let other = |driver: &Node| {
                let video = driver.parent_element();
                video.is_some_and(|video| {
                    child_value(video, "model", "type").is_some_and(|model| !matches!(model, "virtio" | "none"))
                })
            };
            let others = drivers.filter(other);
            others.map(|node| Violation::at_attribute(node, "name", "this model has no such driver")).collect()
        },
    },
    Rule {
        family: at_define("audio settings specified without fixed settings flag"),
        name: "audio-settings",
        why: "QEMU takes the guest's settings unless they are fixed.",
        help: "add `fixedSettings='yes'`, or leave out `<settings>`",
        source: "libvirt docs/formatdomain.rst, audio backends",
        find: |subject| {
            let sides = subject.all("devices/audio").into_iter().flat_map(|node| node.children());
            let free =
                sides.filter(|node| !is_on(node.attribute("fixedSettings"))).filter_map(|node| child(node, "settings"));
            free.map(|node| Violation::at(node, "these settings are not fixed")).collect()
        },
    },
    Rule {
        family: at_define("fixed audio settings requires mixing engine"),
        name: "audio-mixing",
        why: "QEMU's mixing engine is what converts the guest's settings into fixed ones.",
        help: "add `mixingEngine='yes'`, or leave out `fixedSettings`",
        source: "libvirt src/conf/domain_validate.c",
        find: |subject| {
            let sides = subject.all("devices/audio").into_iter().flat_map(|node| node.children());
            let fixed =
                sides.filter(|node| is_on(node.attribute("fixedSettings")) && !is_on(node.attribute("mixingEngine")));
            fixed.map(|node| Violation::at_attribute(node, "fixedSettings", "this needs the mixing engine")).collect()
        },
    },
    Rule {
        family: at_define_since(v(9, 2, 0), "does not support blob resources"),
        name: "video-blob",
        why: "Only virtio-gpu shares the guest's pictures with the host.",
        help: "leave out `blob`, or write `type='virtio'`",
        source: "libvirt docs/formatdomain.rst, video devices",
        find: |subject| {
            let other = |node: &Node| node.attribute("type").is_some_and(|kind| !matches!(kind, "virtio" | "none"));
            let models = subject.all("devices/video/model").into_iter().filter(other);
            let blobs = models.filter(|node| node.has_attribute("blob"));
            blobs.map(|node| Violation::at_attribute(node, "blob", "this model does not have it")).collect()
        },
    },
    Rule {
        family: at_define_by_host("does not support video model 'qxl'"),
        name: "video-qxl",
        why: "QXL is SPICE's video device, and many distributions build QEMU for ARM without SPICE.",
        help: "write `type='virtio'`",
        source: "tried on QEMU 10.0 of Debian",
        find: |subject| {
            let arm = subject.value("os/type", "arch") == Some("aarch64");
            let models = subject.all("devices/video/model[@type=qxl]").into_iter().filter(|_| arm);
            models.map(|node| Violation::at_attribute(node, "type", "QEMU for ARM may not have this model")).collect()
        },
    },
];
