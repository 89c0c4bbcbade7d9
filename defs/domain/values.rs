//! Values that elements of every kind have.

use serde::{Deserialize, Serialize};

/// An element whose presence is its value, like `<acpi/>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Present {}

/// libvirt's `state='on|off'`, also used by `freePageReporting` and `compression`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the two words say it")]
pub enum OnOff {
    On,
    Off,
}

/// libvirt's `enabled='yes|no'`, also used by `present` and `enable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the two words say it")]
pub enum YesNo {
    Yes,
    No,
}
