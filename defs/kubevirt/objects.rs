//! `KubeVirt`'s and CDI's objects: their names, and only what the manifests use.
//!
//! Reference for every name and value: <https://kubevirt.io/api-reference/>. A test holds what is written against `KubeVirt`'s
//! own types.

mod board;
mod devices;
mod shared;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::size::{Size, Unit};

pub use board::*;
pub use devices::*;
pub use shared::*;

/// An object of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Object<S> {
    /// The interface that knows it.
    pub api_version: &'static str,
    /// What it is.
    pub kind: &'static str,
    /// What it is called.
    pub metadata: Meta,
    /// What is asked for.
    pub spec: S,
}

impl Object<MachineSpec> {
    /// A machine.
    #[must_use]
    pub fn machine(metadata: Meta, spec: MachineSpec) -> Object<MachineSpec> {
        Object { api_version: "kubevirt.io/v1", kind: "VirtualMachine", metadata, spec }
    }
}

impl Object<PreferenceSpec> {
    /// What machines of one system have in common.
    #[must_use]
    pub fn preference(metadata: Meta, spec: PreferenceSpec) -> Object<PreferenceSpec> {
        Object { api_version: SHARED, kind: PREFERENCE, metadata, spec }
    }
}

impl Object<InstancetypeSpec> {
    /// What machines of one size have in common.
    #[must_use]
    pub fn instancetype(metadata: Meta, spec: InstancetypeSpec) -> Object<InstancetypeSpec> {
        Object { api_version: SHARED, kind: INSTANCETYPE, metadata, spec }
    }
}

const SHARED: &str = "instancetype.kubevirt.io/v1beta1";
const PREFERENCE: &str = "VirtualMachineClusterPreference";
const INSTANCETYPE: &str = "VirtualMachineClusterInstancetype";

/// What an object is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meta {
    /// Its name, a DNS label.
    pub name: String,
    /// What people and programs note on it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<&'static str, String>,
}

/// An amount, as Kubernetes writes it.
#[must_use]
pub fn quantity(size: Size) -> String {
    let unit = match size.unit {
        Unit::Bytes => "",
        Unit::KiB => "Ki",
        Unit::MiB => "Mi",
        Unit::GiB => "Gi",
        Unit::TiB => "Ti",
    };
    format!("{}{unit}", size.value)
}

/// `VirtualMachine`.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "KubeVirt's names, each explained by its type")]
pub struct MachineSpec {
    pub data_volume_templates: Vec<DataVolumeTemplate>,
    pub instancetype: Option<Matcher>,
    pub preference: Option<Matcher>,
    pub run_strategy: RunStrategy,
    pub template: Template,
}

/// Which of the shared objects is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Matcher {
    pub kind: &'static str,
    pub name: String,
}

impl Matcher {
    /// The one that this object is.
    #[must_use]
    pub fn of<S>(object: &Object<S>) -> Matcher {
        Matcher { kind: object.kind, name: object.metadata.name.clone() }
    }
}

/// When it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RunStrategy {
    /// When somebody starts it.
    Halted,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Template {
    pub spec: InstanceSpec,
}

/// `VirtualMachineInstance`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct InstanceSpec {
    pub architecture: Architecture,
    pub domain: DomainSpec,
    pub networks: Vec<Network>,
    pub volumes: Vec<Volume>,
}

/// CDI's object that makes a disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct DataVolumeTemplate {
    pub metadata: Meta,
    pub spec: DataVolumeSpec,
}

/// What it makes, of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct DataVolumeSpec {
    pub source: DataVolumeSource,
    pub storage: Storage,
}

/// What is in a new disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DataVolumeSource {
    /// Nothing.
    Blank(Empty),
    /// What somebody uploads.
    Upload(Empty),
}

/// Room for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Storage {
    pub resources: Resources,
}

/// How much of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Resources {
    pub requests: Requests,
}

/// How much at least.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Requests {
    pub storage: String,
}

/// A network that it is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Network {
    pub name: &'static str,
    pub pod: Empty,
}

/// What is in a disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Volume {
    pub name: &'static str,
    #[serde(flatten)]
    pub source: VolumeSource,
}

/// Where the contents of a disk are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum VolumeSource {
    DataVolume {
        name: String,
    },
    #[serde(rename_all = "camelCase")]
    CloudInitNoCloud {
        secret_ref: SecretRef,
    },
}

/// A Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct SecretRef {
    pub name: String,
}

/// The machine itself.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "KubeVirt's names, each explained by its type")]
pub struct DomainSpec {
    pub clock: Option<Clock>,
    pub cpu: Option<Cpu>,
    pub devices: Devices,
    pub features: Option<Features>,
    pub firmware: Option<Firmware>,
    pub memory: Option<Memory>,
}
