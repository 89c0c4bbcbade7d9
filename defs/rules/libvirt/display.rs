//! Displays, video, sound.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::{at_define, at_define_until, at_start, at_start_until_qemu};
use crate::rules::{Rule, Violation, child, is_on, repeated};
use crate::version::v;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("without spice graphics"),
        name: "spice-device",
        why: "These devices reach the viewer through the SPICE connection.",
        help: "add `<graphics type='spice'>`, or leave out the device",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            if subject.has("devices/graphics[@type=spice]") {
                return Vec::new();
            }
            let at = [
                "devices/channel[@type=spicevmc]",
                "devices/channel[@type=spiceport]",
                "devices/redirdev[@type=spicevmc]",
                "devices/smartcard[@type=spicevmc]",
                "devices/audio[@type=spice]",
            ];
            let all = at.into_iter().flat_map(|at| subject.all(at));
            all.map(|node| Violation::at(node, "this device needs a SPICE display, and there is none")).collect()
        },
    },
    Rule {
        family: at_start("opengl"),
        name: "3d-without-gl",
        why: "The display draws the guest's 3D, and needs OpenGL for it.",
        help: "add `<gl enable='yes'/>` to a SPICE display that listens nowhere (`<listen type='none'/>`), or leave out `<acceleration>`",
        source: "libvirt docs/formatdomain.rst, video devices; tried on QEMU 7.2, 10.0 and 11.1",
        find: |subject| {
            let gl = subject.all("devices/graphics/gl").iter().any(|gl| is_on(gl.attribute("enable")));
            // egl-headless has OpenGL by itself, and arguments past libvirt may add another display.
            let others = ["devices/graphics[@type=egl-headless]", "commandline"];
            if gl || others.iter().any(|at| subject.has(at)) {
                return Vec::new();
            }
            let asked = subject.all("devices/video/model[@type=virtio]/acceleration[@accel3d=yes]").into_iter();
            asked.map(|node| Violation::at(node, "no display here has OpenGL")).collect()
        },
    },
    Rule {
        family: at_define_until(v(11, 4, 0), "3d acceleration is supported only with 'virtio' video device"),
        name: "3d-model",
        why: "Only virtio-gpu can draw with the host's GPU.",
        help: "write `type='virtio'`, or leave out `<acceleration>`",
        source: "tried: libvirt 9.0 and 11.3 refuse it, 12.8 does not; which release began to accept it is not known",
        find: |subject| {
            let asked = subject
                .all("devices/video/model")
                .into_iter()
                .filter(|model| model.attribute("type") != Some("virtio"));
            let asked = asked.filter_map(|model| child(model, "acceleration"));
            let asked = asked.filter(|node| is_on(node.attribute("accel3d")));
            asked.map(|node| Violation::at(node, "this model has no 3D")).collect()
        },
    },
    Rule {
        family: at_start_until_qemu(v(10, 1, 0), "incompatible with -spice port"),
        name: "gl-remote",
        why: "The GPU's picture goes to the viewer as a file descriptor, which cannot cross a network. Newer QEMU releases accept such a machine.",
        help: "write `<listen type='none'/>` and no `port` or `autoport`; or leave out `<gl>`",
        source: "libvirt docs/formatdomain.rst, graphical framebuffers; tried: QEMU 7.2 and 10.0 refuse it, 11.1 does not; which release began to accept it is not known",
        find: |subject| {
            let gl = |node: &Node| child(*node, "gl").is_some_and(|gl| is_on(gl.attribute("enable")));
            let port = |node: &Node| {
                let auto = is_on(node.attribute("autoport"));
                let fixed = ["port", "tlsPort"].iter().any(|name| {
                    node.attribute(*name).and_then(|port| port.parse::<i32>().ok()).is_some_and(|port| port > 0)
                });
                auto || fixed
            };
            let local = |node: &Node| {
                let listens = node.children().filter(|child| child.has_tag_name("listen")).collect::<Vec<_>>();
                !listens.is_empty()
                    && listens.iter().all(|listen| matches!(listen.attribute("type"), Some("none" | "socket")))
            };
            let displays = subject.all("devices/graphics[@type=spice]").into_iter();
            let remote = displays.filter(|node| gl(node) && port(node) && !local(node));
            remote.map(|node| Violation::at(node, "a display with OpenGL cannot have a port")).collect()
        },
    },
    Rule {
        family: at_define("Only one primary video device is supported"),
        name: "video-primary",
        why: "Only one video device can be the primary one, on which firmware and installers draw.",
        help: "leave `primary='yes'` with one of them",
        source: "libvirt docs/formatdomain.rst, video devices",
        find: |subject| {
            let primary = subject.all("devices/video/model[@primary=yes]");
            repeated(primary, |_| Some(()), |()| "a second video device is the primary one".to_owned())
        },
    },
    Rule {
        family: at_define("is only valid as primary video device"),
        name: "video-secondary",
        why: "libvirt accepts this model only as the primary video device.",
        help: "write `type='virtio'` or `type='qxl'` for the others",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            // Without a mark, the first one is the primary.
            let models = subject.all("devices/video/model");
            let marked = models.iter().any(|model| model.attribute("primary") == Some("yes"));
            let others = models.into_iter().enumerate();
            let others = others.filter(
                |(index, model)| {
                    if marked { model.attribute("primary") != Some("yes") } else { *index > 0 }
                },
            );
            let single =
                |model: &Node| matches!(model.attribute("type"), Some("vga" | "cirrus" | "vmvga" | "bochs" | "ramfb"));
            let wrong = others.map(|(_, model)| model).filter(single);
            wrong.map(|node| Violation::at_attribute(node, "type", "this model can only be the primary one")).collect()
        },
    },
    Rule {
        family: at_define("must be the only video device"),
        name: "video-none",
        why: "`none` means that there is no video device.",
        help: "leave it out, or leave out the others",
        source: "libvirt docs/formatdomain.rst, video devices",
        find: |subject| {
            let several = subject.all("devices/video").len() > 1;
            let none = subject.all("devices/video/model[@type=none]").into_iter().filter(|_| several);
            none.map(|node| Violation::at(node, "there is another video device")).collect()
        },
    },
    Rule {
        family: at_define("doesn't support multiple 'heads'"),
        name: "video-heads",
        why: "Only virtio-gpu and QXL can have several screens.",
        help: "write `heads='1'`, or `type='virtio'`",
        source: "libvirt src/qemu/qemu_validate.c",
        find: |subject| {
            let single =
                |model: &Node| matches!(model.attribute("type"), Some("vga" | "cirrus" | "bochs" | "vmvga" | "ramfb"));
            let several =
                |model: &Node| model.attribute("heads").and_then(|heads| heads.parse().ok()).unwrap_or(1_u32) > 1;
            let all = subject.all("devices/video/model").into_iter().filter(|model| single(model) && several(model));
            all.map(|node| Violation::at_attribute(node, "heads", "this model has one screen")).collect()
        },
    },
    Rule {
        family: at_define("only 8 permitted"),
        name: "vnc-password",
        why: "VNC uses only the first eight characters of a password.",
        help: "shorten it, and do not rely on it: anybody who can read the file can read it",
        source: "libvirt docs/formatdomain.rst, graphical framebuffers",
        find: |subject| {
            let long = |node: &Node| node.attribute("passwd").is_some_and(|password| password.len() > 8);
            let all = subject.all("devices/graphics[@type=vnc]").into_iter().filter(long);
            all.map(|node| Violation::at_attribute(node, "passwd", "this password is longer than 8 characters"))
                .collect()
        },
    },
    Rule {
        family: at_define("no audio device with ID"),
        name: "audio-missing",
        why: "A sound device names the backend that it plays through.",
        help: "add `<audio>` with this id, or leave out the `<audio>` in the device",
        source: "libvirt docs/formatdomain.rst, audio backends",
        find: |subject| {
            let backends = subject.all("devices/audio");
            let id = |node: &Node<'_, '_>| node.attribute("id").map(|id| id.trim().to_owned());
            let backends: BTreeSet<_> = backends.iter().filter_map(id).collect();
            // Where there is none, libvirt adds one with the number 1.
            let backends = if backends.is_empty() { BTreeSet::from(["1".to_owned()]) } else { backends };
            let users = subject.all("devices/sound/audio").into_iter();
            let lost = users.filter(|node| id(node).is_some_and(|id| !backends.contains(&id)));
            lost.map(|node| Violation::at_attribute(node, "id", "there is no <audio> with this id in <devices>"))
                .collect()
        },
    },
    Rule {
        family: at_define("is used multiple times"),
        name: "audio-twice",
        why: "The id identifies an audio backend.",
        help: "give it the next free number",
        source: "libvirt docs/formatdomain.rst, audio backends",
        find: |subject| {
            let backends = subject.all("devices/audio");
            repeated(backends, |node| node.attribute("id"), |id| format!("a second audio backend has the id {id}"))
        },
    },
];
