//! What the host does for the guest's kernel: TPM, memory balloon, random numbers.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::values::OnOff;

/// `<tpm>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tpm {
    /// What the guest sees.
    #[serde(rename = "@model")]
    pub model: TpmModel,
    /// What is behind it.
    pub backend: TpmBackend,
}

/// `<tpm model=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TpmModel {
    /// Command response buffer, the interface made for TPM 2.0.
    TpmCrb,
    /// The older interface, at a fixed address.
    TpmTis,
}

/// `<tpm><backend>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TpmBackend {
    /// What is behind it.
    #[serde(rename = "@type")]
    pub kind: TpmBackendType,
    /// Version of the TPM specification.
    #[serde(rename = "@version")]
    pub version: TpmVersion,
}

/// `<tpm><backend type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TpmBackendType {
    /// A swtpm process with state of its own.
    Emulator,
}

/// `<tpm><backend version=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TpmVersion {
    /// 2.0
    #[serde(rename = "2.0")]
    V2,
}

/// `<memballoon>`.
#[skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memballoon {
    /// What the guest sees.
    #[serde(rename = "@model")]
    pub model: MemballoonModel,
    /// Whether the guest tells which pages it does not use.
    #[serde(rename = "@freePageReporting")]
    pub free_page_reporting: Option<OnOff>,
}

/// `<memballoon model=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum MemballoonModel {
    Virtio,
    None,
}

/// `<rng>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rng {
    /// What the guest sees.
    #[serde(rename = "@model")]
    pub model: RngModel,
    /// Where the numbers come from.
    pub backend: RngBackend,
}

/// `<rng model=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the word says it")]
pub enum RngModel {
    Virtio,
}

/// `<rng><backend>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RngBackend {
    /// Where the numbers come from.
    #[serde(rename = "@model")]
    pub model: RngBackendModel,
}

/// `<rng><backend model=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RngBackendModel {
    /// The host's `getrandom` system call.
    Builtin,
}
