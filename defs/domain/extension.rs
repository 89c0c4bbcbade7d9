//! What libvirt hands to QEMU unseen: `<qemu:override>`, properties of devices that it has no element for.

use serde::{Deserialize, Serialize};

/// The one namespace that these elements can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QemuNamespace {
    /// `http://libvirt.org/schemas/domain/qemu/1.0`
    #[serde(rename = "http://libvirt.org/schemas/domain/qemu/1.0")]
    V1,
}

/// `<qemu:override>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// What is said of a device.
    #[serde(rename(serialize = "qemu:device", deserialize = "device"))]
    pub device: OverrideDevice,
}

/// `<qemu:device>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideDevice {
    /// The name that libvirt gives it, e.g. `video0` to the first graphics card.
    #[serde(rename = "@alias")]
    pub alias: String,
    /// The part of it that the guest sees.
    #[serde(rename(serialize = "qemu:frontend", deserialize = "frontend"))]
    pub frontend: Frontend,
}

/// `<qemu:frontend>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frontend {
    /// What QEMU is told of it.
    #[serde(rename(serialize = "qemu:property", deserialize = "property"))]
    pub properties: Vec<Property>,
}

/// `<qemu:property>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// QEMU's name for it.
    #[serde(rename = "@name")]
    pub name: String,
    /// How the value is meant.
    #[serde(rename = "@type")]
    pub kind: PropertyType,
    /// In libvirt's words: `true`, or a number, which has no unit.
    #[serde(rename = "@value")]
    pub value: String,
}

/// `<qemu:property type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum PropertyType {
    Bool,
    Unsigned,
}
