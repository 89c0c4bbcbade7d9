//! `KubeVirt`'s devices.

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::board::Empty;

/// What is attached to a machine.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "KubeVirt's names, each explained by its type")]
pub struct Devices {
    pub autoattach_graphics_device: Option<bool>,
    pub autoattach_mem_balloon: Option<bool>,
    pub autoattach_serial_console: Option<bool>,
    pub client_passthrough: Option<Empty>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disks: Vec<Disk>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<Interface>,
    pub rng: Option<Empty>,
    pub sound: Option<Sound>,
    pub tpm: Option<Tpm>,
    pub video: Option<Video>,
}

/// A disk or a drive.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub struct Disk {
    pub name: &'static str,
    pub block_size: Option<BlockSize>,
    pub boot_order: Option<u8>,
    #[serde(rename = "dedicatedIOThread")]
    pub dedicated_io_thread: Option<bool>,
    #[serde(flatten)]
    pub target: Target,
}

/// The sizes of requests that it tells the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the word says it")]
pub struct BlockSize {
    pub custom: CustomBlockSize,
}

/// In bytes. The blocks have QEMU's default size, which `KubeVirt` wants to be told beside the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub struct CustomBlockSize {
    pub discard_granularity: u32,
    pub logical: u32,
    pub physical: u32,
}

/// What the guest sees of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Target {
    Disk(OnBus),
    Cdrom(OnBus),
}

/// The bus that it is on.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the word says it")]
pub struct OnBus {
    pub bus: Option<Bus>,
}

/// A bus for disks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Bus {
    Virtio,
    Scsi,
    Sata,
}

/// A pointer.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Input {
    pub name: &'static str,
    pub bus: Option<InputBus>,
    #[serde(rename = "type")]
    pub kind: InputType,
}

/// A bus for pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum InputBus {
    Usb,
    Virtio,
}

/// The one kind that `KubeVirt` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the word says it")]
pub enum InputType {
    Tablet,
}

/// A network card.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub struct Interface {
    pub name: &'static str,
    pub mac_address: Option<String>,
    pub masquerade: Empty,
    pub model: Option<CardModel>,
}

/// What the guest sees of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum CardModel {
    Virtio,
    E1000e,
}

/// A sound card.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Sound {
    pub name: &'static str,
    pub model: Option<SoundModel>,
}

/// What the guest sees of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the word says it")]
pub enum SoundModel {
    Ich9,
}

/// A TPM 2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the word says it")]
pub struct Tpm {
    pub persistent: bool,
}

/// A graphics card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the word says it")]
pub struct Video {
    #[serde(rename = "type")]
    pub kind: VideoType,
}

/// What the guest sees of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum VideoType {
    Virtio,
    Vga,
}
