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
    /// Which of those.
    pub source: Option<InterfaceSource>,
    /// What the guest sees.
    pub model: Option<InterfaceModel>,
    /// What carries the packets on the host.
    pub backend: Option<InterfaceBackend>,
}

/// `<interface type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InterfaceType {
    /// A network of libvirt's.
    Network,
    /// A network stack in a process of the user's (slirp or passt).
    User,
}

/// `<interface><source>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceSource {
    /// Name of the network.
    #[serde(rename = "@network")]
    pub network: String,
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

/// `<console type=…>`.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its end on the host.
    #[serde(rename = "@type")]
    pub kind: ChannelType,
    /// Its end in the guest.
    pub target: ChannelTarget,
}

/// `<channel type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelType {
    /// A socket that libvirt makes and uses itself.
    Unix,
    /// The SPICE client.
    Spicevmc,
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

/// `<channel><target name=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelName {
    /// `qemu-ga`
    #[serde(rename = "org.qemu.guest_agent.0")]
    GuestAgent,
    /// `spice-vdagent`
    #[serde(rename = "com.redhat.spice.0")]
    Spice,
}
