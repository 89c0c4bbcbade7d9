//! What a person sees, hears and touches: display, video, sound, input, USB redirection.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::connections::ChannelType;
use super::values::{OnOff, YesNo};

/// `<input>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What it is.
    #[serde(rename = "@type")]
    pub kind: InputType,
    /// Bus it is on.
    #[serde(rename = "@bus")]
    pub bus: InputBus,
}

/// `<input type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputType {
    /// A pointer with absolute coordinates.
    Tablet,
    /// A keyboard.
    Keyboard,
}

/// `<input bus=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum InputBus {
    Usb,
    Virtio,
}

/// `<graphics>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graphics {
    /// Protocol.
    #[serde(rename = "@type")]
    pub kind: GraphicsType,
    /// Where clients connect.
    pub listen: Option<Listen>,
    /// How pictures are sent.
    pub image: Option<Image>,
    /// Whether frames stay on the host's GPU.
    pub gl: Option<Gl>,
}

/// `<graphics type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum GraphicsType {
    Spice,
    Vnc,
}

/// `<graphics><listen>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Where clients connect.
    #[serde(rename = "@type")]
    pub kind: ListenType,
}

/// `<graphics><listen type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListenType {
    /// Nowhere: libvirt hands the connection over.
    None,
    /// A Unix socket in a folder of libvirt's.
    Socket,
}

/// `<graphics><image>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Whether pictures are compressed.
    #[serde(rename = "@compression")]
    pub compression: ImageCompression,
}

/// `<graphics><image compression=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageCompression {
    /// They are not.
    Off,
}

/// `<graphics><gl>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gl {
    /// Yes or no.
    #[serde(rename = "@enable")]
    pub enable: YesNo,
}

/// `<sound>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sound {
    /// What the guest sees.
    #[serde(rename = "@model")]
    pub model: SoundModel,
}

/// `<sound model=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SoundModel {
    /// Intel HD Audio of the Q35 chipset.
    Ich9,
}

/// `<video>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Video {
    /// What the guest sees.
    pub model: VideoModel,
}

/// `<video><model>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VideoModel {
    /// What the guest sees.
    #[serde(rename = "@type")]
    pub kind: VideoModelType,
    /// How many screens can be connected.
    #[serde(rename = "@heads")]
    pub heads: Option<u8>,
    /// Whether guest and GPU share memory.
    #[serde(rename = "@blob")]
    pub blob: Option<OnOff>,
    /// What the host's GPU does for it.
    pub acceleration: Option<Acceleration>,
}

/// `<video><model type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoModelType {
    /// virtio-gpu.
    Virtio,
    /// QEMU's own VGA card.
    Vga,
}

/// `<video><model><acceleration>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceleration {
    /// Whether the guest's OpenGL runs on the host's GPU.
    #[serde(rename = "@accel3d")]
    pub accel3d: YesNo,
}

/// `<redirdev>`: a socket for a device of the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirdev {
    /// Bus the device is on.
    #[serde(rename = "@bus")]
    pub bus: RedirdevBus,
    /// Who hands it over.
    #[serde(rename = "@type")]
    pub kind: ChannelType,
}

/// `<redirdev bus=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the word says it")]
pub enum RedirdevBus {
    Usb,
}
