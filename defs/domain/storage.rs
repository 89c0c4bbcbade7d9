//! Disks, the controllers they and USB devices hang on, and shared folders.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::values::OnOff;

/// `<disk>`.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Where its contents are.
    #[serde(rename = "@type")]
    pub kind: DiskType,
    /// What the guest sees.
    #[serde(rename = "@device")]
    pub device: DiskDevice,
    /// How QEMU reads and writes it.
    pub driver: Option<DiskDriver>,
    /// Its contents; an absent one is an empty drive.
    pub source: Option<DiskSource>,
    /// Where the guest finds it. libvirt demands one.
    pub target: Option<DiskTarget>,
    /// The sizes of requests that it tells the guest.
    pub blockio: Option<Blockio>,
    /// Its place in the boot order.
    pub boot: Option<Boot>,
}

/// `<blockio>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blockio {
    /// The smallest piece that can be freed, in bytes.
    #[serde(rename = "@discard_granularity")]
    pub discard_granularity: u32,
}

/// `<disk type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum DiskType {
    File,
    Volume,
}

/// `<disk device=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum DiskDevice {
    Disk,
    Cdrom,
}

/// `<disk><driver>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskDriver {
    /// Image format.
    #[serde(rename = "@type")]
    pub format: DiskFormat,
    /// What happens to space the guest frees.
    #[serde(rename = "@discard")]
    pub discard: Option<Discard>,
    /// Whether freed space keeps its place in the image.
    #[serde(rename = "@discard_no_unref")]
    pub discard_no_unref: Option<OnOff>,
    /// Number of the I/O thread, from 1.
    #[serde(rename = "@iothread")]
    pub iothread: Option<u32>,
}

/// `<disk><driver type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DiskFormat {
    /// QEMU's own format: grows as it is filled, keeps snapshots.
    Qcow2,
    /// The disk's bytes and nothing else.
    Raw,
}

impl DiskFormat {
    /// Its name, which the names of files end with.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DiskFormat::Qcow2 => "qcow2",
            DiskFormat::Raw => "raw",
        }
    }
}

/// `<disk><driver discard=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Discard {
    /// It is freed on the host, too.
    Unmap,
}

/// `<disk><source>`: either a file or a volume of a pool.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskSource {
    /// Absolute path.
    #[serde(rename = "@file")]
    pub file: Option<String>,
    /// Name of the pool.
    #[serde(rename = "@pool")]
    pub pool: Option<String>,
    /// Name of the volume in the pool.
    #[serde(rename = "@volume")]
    pub volume: Option<String>,
}

/// `<disk><target>`.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskTarget {
    /// Name among the machine's disks; the guest may choose another.
    #[serde(rename = "@dev")]
    pub dev: String,
    /// Bus it is on.
    #[serde(rename = "@bus")]
    pub bus: DiskBus,
    /// 1: solid state; more: revolutions per minute.
    #[serde(rename = "@rotation_rate")]
    pub rotation_rate: Option<u16>,
}

/// `<disk><target bus=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum DiskBus {
    Virtio,
    Scsi,
    Sata,
}

/// `<boot>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// 1 is tried first.
    #[serde(rename = "@order")]
    pub order: u8,
}

/// `<controller>`.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// Bus it drives.
    #[serde(rename = "@type")]
    pub kind: ControllerType,
    /// Its number among those of its type.
    #[serde(rename = "@index")]
    pub index: Option<u8>,
    /// What the guest sees.
    #[serde(rename = "@model")]
    pub model: ControllerModel,
    /// USB only: number of ports.
    #[serde(rename = "@ports")]
    pub ports: Option<u8>,
    /// How QEMU runs it.
    pub driver: Option<ControllerDriver>,
}

/// `<controller type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum ControllerType {
    Usb,
    Scsi,
    Pci,
}

/// `<controller model=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControllerModel {
    /// USB 3, as QEMU's own device.
    QemuXhci,
    /// virtio's SCSI host bus adapter.
    VirtioScsi,
    /// A slot of PCI Express.
    PcieRootPort,
    /// USB only: no controller.
    None,
}

/// `<controller><driver>`.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControllerDriver {
    /// Number of the I/O thread, from 1.
    #[serde(rename = "@iothread")]
    pub iothread: Option<u32>,
    /// Several of them, each for a part of the queues.
    pub iothreads: Option<Iothreads>,
}

/// `<iothreads>` of a controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Iothreads {
    /// The threads.
    #[serde(rename = "iothread")]
    pub threads: Vec<Iothread>,
}

/// `<iothread>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Iothread {
    /// Its number, from 1.
    #[serde(rename = "@id")]
    pub id: u32,
}

/// `<filesystem>`: a folder of the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filesystem {
    /// What is shared.
    #[serde(rename = "@type")]
    pub kind: FilesystemType,
    /// Protocol.
    pub driver: FilesystemDriver,
    /// The folder on the host.
    pub source: FilesystemSource,
    /// The name the guest mounts.
    pub target: FilesystemTarget,
}

/// `<filesystem type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilesystemType {
    /// A folder.
    Mount,
}

/// `<filesystem><driver>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesystemDriver {
    /// Protocol.
    #[serde(rename = "@type")]
    pub kind: FilesystemDriverType,
    /// Descriptors in the request queue.
    #[serde(rename = "@queue")]
    pub queue: Option<u16>,
}

/// `<filesystem><driver type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilesystemDriverType {
    /// virtio-fs, served by the virtiofsd process.
    Virtiofs,
}

/// `<filesystem><source>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesystemSource {
    /// Absolute path.
    #[serde(rename = "@dir")]
    pub dir: String,
}

/// `<filesystem><target>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesystemTarget {
    /// Tag the guest mounts.
    #[serde(rename = "@dir")]
    pub dir: String,
}
