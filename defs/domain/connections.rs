//! What links the guest to the host and the network: interfaces, consoles, agent channels.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

/// `<interface>`.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// What it is connected to.
    #[serde(rename = "@type")]
    pub kind: InterfaceType,
    /// The address of its card.
    pub mac: Option<InterfaceMac>,
    /// Which of those.
    pub source: Option<InterfaceSource>,
    /// What the guest sees.
    pub model: Option<InterfaceModel>,
    /// What carries the packets on the host.
    pub backend: Option<InterfaceBackend>,
    /// Ports of the host that lead to the guest.
    #[serde(rename = "portForward")]
    pub port_forward: Option<PortForward>,
}

/// `<interface type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InterfaceType {
    /// A network of libvirt's.
    Network,
    /// A network stack in a process of the user's (slirp or passt).
    User,
    /// A bridge of the host's.
    Bridge,
}

/// `<interface><mac>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceMac {
    /// Six bytes, e.g. `52:54:00:12:34:56`.
    #[serde(rename = "@address")]
    pub address: String,
}

/// `<interface><source>`: either a network or a bridge.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceSource {
    /// Name of the network.
    #[serde(rename = "@network")]
    pub network: Option<String>,
    /// Name of the bridge.
    #[serde(rename = "@bridge")]
    pub bridge: Option<String>,
}

/// `<interface><model>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceModel {
    /// What the guest sees.
    #[serde(rename = "@type")]
    pub kind: InterfaceModelType,
}

/// `<interface><model type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InterfaceModelType {
    /// virtio-net.
    Virtio,
    /// Intel's 82574L, a PCI Express card of 2008.
    E1000e,
}

/// `<interface><backend>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceBackend {
    /// The program.
    #[serde(rename = "@type")]
    pub kind: InterfaceBackendType,
}

/// `<interface><backend type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InterfaceBackendType {
    /// passt: the user's network through ordinary sockets.
    Passt,
}

/// `<serial>`: a serial port, as PCs have had since ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serial {
    /// Its end on the host.
    #[serde(rename = "@type")]
    pub kind: ConsoleType,
}

/// `<portForward>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortForward {
    /// Which kind of port.
    #[serde(rename = "@proto")]
    pub protocol: Protocol,
    /// The host's address that it is reached at.
    #[serde(rename = "@address")]
    pub address: String,
    /// The ports.
    #[serde(rename = "range")]
    pub ranges: Vec<PortRange>,
}

/// `<portForward proto=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the word says it")]
pub enum Protocol {
    Tcp,
}

/// `<portForward><range>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortRange {
    /// The host's port.
    #[serde(rename = "@start")]
    pub start: u16,
    /// The guest's.
    #[serde(rename = "@to")]
    pub to: u16,
}

/// `<console>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// Its end on the host.
    #[serde(rename = "@type")]
    pub kind: ConsoleType,
    /// Its end in the guest.
    pub target: ConsoleTarget,
}

/// `<console type=…>` and `<serial type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsoleType {
    /// A pseudo terminal, which `virsh console` opens.
    Pty,
}

/// `<console><target>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleTarget {
    /// Its end in the guest.
    #[serde(rename = "@type")]
    pub kind: TargetType,
}

/// `<target type=…>` of consoles and channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetType {
    /// A port of the virtio serial device.
    Virtio,
}

/// `<channel>`: a byte stream between a host program and an agent in the guest.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its end on the host.
    #[serde(rename = "@type")]
    pub kind: ChannelType,
    /// Which of the SPICE client's ports it is.
    pub source: Option<ChannelSource>,
    /// Its end in the guest.
    pub target: ChannelTarget,
}

/// `<channel><source>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSource {
    /// Name of the port.
    #[serde(rename = "@channel")]
    pub channel: ChannelName,
}

/// `<channel type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelType {
    /// A socket that libvirt makes and uses itself.
    Unix,
    /// The SPICE client.
    Spicevmc,
    /// A port of the SPICE client's that has a name.
    Spiceport,
}

/// `<channel><target>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelTarget {
    /// Its end in the guest.
    #[serde(rename = "@type")]
    pub kind: TargetType,
    /// Name under which the agent finds it.
    #[serde(rename = "@name")]
    pub name: ChannelName,
}

/// `<channel><target name=…>` and `<channel><source channel=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelName {
    /// `qemu-ga`
    #[serde(rename = "org.qemu.guest_agent.0")]
    GuestAgent,
    /// `spice-vdagent`
    #[serde(rename = "com.redhat.spice.0")]
    Spice,
    /// `spice-webdavd`
    #[serde(rename = "org.spice-space.webdav.0")]
    Webdav,
}
