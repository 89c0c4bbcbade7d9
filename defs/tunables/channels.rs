//! Byte streams between host programs and the guest.

use crate::connection::BOTH;
use crate::domain::{
    Channel, ChannelName, ChannelSource, ChannelTarget, ChannelType, Console, ConsoleTarget, ConsoleType, TargetType,
};
use crate::observations::sees;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};
use crate::{needs, topics};

/// A text console.
pub static CONSOLE: Tunable = Tunable {
    topic: &topics::VIRTIO_CONSOLE,
    cell: Cell::Has,
    at: "devices/console",
    why: "A text console for `virsh console`: /dev/hvc0 in the guest, and faster than an emulated serial port. Boot \
          the guest with `console=hvc0` to see kernel messages on it.",
    since: since(v(0, 8, 3), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Console",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("console", "hvc0")],
    apply: |domain, _| {
        let target = ConsoleTarget { kind: TargetType::Virtio };
        domain.devices.consoles.push(Console { kind: ConsoleType::Pty, target });
    },
};

/// The QEMU guest agent.
pub static GUEST_AGENT: Tunable = Tunable {
    topic: &topics::GUEST_AGENT,
    cell: Cell::Has,
    at: "devices/channel[@type=unix]",
    why: "The channel to qemu-guest-agent in the guest, for a clean shutdown, the guest's addresses (`virsh \
          domifaddr`), consistent snapshots of frozen file systems, and the right time after a pause.",
    since: since(v(1, 0, 6), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Channel: a path that libvirt chooses",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("channel/org.qemu.guest_agent.0", "yes")],
    apply: |domain, _| domain.devices.channels.push(channel(ChannelType::Unix, ChannelName::GuestAgent)),
};

/// The SPICE agent.
pub static SPICE_AGENT: Tunable = Tunable {
    topic: &topics::SPICE_AGENT,
    cell: Cell::Has,
    at: "devices/channel[@type=spicevmc]",
    why: "The channel to spice-vdagent in the guest, for a shared clipboard and a guest screen that follows the size \
          of the viewer's window.",
    since: since(v(0, 8, 8), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Channel: spicevmc",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[&needs::SPICE],
    seen: &[sees("channel/com.redhat.spice.0", "yes")],
    apply: |domain, _| domain.devices.channels.push(channel(ChannelType::Spicevmc, ChannelName::Spice)),
};

/// A folder of the person's in front of the viewer. On the system connection as well, beside virtio-fs: that one serves a
/// folder of the host's, for which somebody must have made room there, and a machine with a host device goes without it.
pub static WEBDAV: Tunable = Tunable {
    topic: &topics::SPICE_AGENT,
    cell: Cell::With("a folder of the viewer's"),
    at: "devices/channel[@type=spiceport]",
    why: "A folder of yours that the viewer shares once you choose it there (in virt-viewer: Preferences), without a path \
          in this file. Linux shows it among the network's places, Windows as a drive; both need spice-webdavd.",
    since: since(v(1, 2, 2), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Spice channel; phodav (spice-webdavd); GNOME Boxes src/vm-configurator.vala and \
             quickemu, which have it as well",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[&needs::SPICE],
    seen: &[sees("channel/org.spice-space.webdav.0", "yes")],
    apply: |domain, _| {
        let source = Some(ChannelSource { channel: ChannelName::Webdav });
        domain.devices.channels.push(Channel { source, ..channel(ChannelType::Spiceport, ChannelName::Webdav) });
    },
};

fn channel(kind: ChannelType, name: ChannelName) -> Channel {
    Channel { kind, source: None, target: ChannelTarget { kind: TargetType::Virtio, name } }
}
