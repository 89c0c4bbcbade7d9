//! What Vulkan in a guest takes on its host. `xtask/setup.sh host` installs none of it: it is large, and few want it.

use super::{HostRequirement, Without};

/// What draws on the host: the GPU's driver, and the process that virglrenderer starts for each guest.
pub static VENUS: HostRequirement = HostRequirement {
    id: "venus",
    what: "virglrenderer 1.0 or later with `virgl_render_server`, and a Vulkan driver for the GPU",
    errors: &[],
    help: "install both: on Debian and Ubuntu `virgl-server` and `mesa-vulkan-drivers`, on Fedora `virglrenderer` and \
           `mesa-vulkan-drivers`, on Arch `virglrenderer` and `vulkan-radeon` or `vulkan-intel`. Debian 12 has an older \
           virglrenderer, with which QEMU does not start the machine (`old virglrenderer, venus unsupported`)",
    packages: None,
    without: Without::Refused,
    check: "draws_vulkan",
};

/// That process may start. QEMU gitlab issue 3156 and libvirt gitlab issue 638: within the sandbox, it does not.
pub static NO_SANDBOX: HostRequirement = HostRequirement {
    id: "no_sandbox",
    what: "QEMU outside libvirt's sandbox: `seccomp_sandbox = 0` in libvirt's `qemu.conf`",
    errors: &[],
    help: "write that line into `~/.config/libvirt/qemu.conf` for a session, or `/etc/libvirt/qemu.conf` for the system, and \
           restart libvirt. In the sandbox, QEMU may start no other program, and Vulkan is drawn by one. The line goes for every \
           machine there, so weigh it if you run guests that you do not trust",
    packages: None,
    without: Without::Refused,
    check: "has_no_sandbox",
};
