//! The system's pool `default`. A session's pool is in the user's home, which no file can name; `session/README.md` creates it with
//! a command.
//!
//! Reference: <https://libvirt.org/formatstorage.html>.

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::choice::{Choice, Reason};
use crate::host;
use crate::render::Root;
use crate::version::{ALWAYS, since};

/// `<pool>`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pool {
    /// What it is made of.
    #[serde(rename = "@type")]
    pub kind: PoolType,
    /// Its name.
    pub name: Option<&'static str>,
    /// Where it is.
    pub target: Option<PoolTarget>,
}

impl Root for Pool {
    const NAME: &'static str = "pool";
}

/// `<pool type=…>`.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PoolType {
    /// A folder with files.
    #[default]
    Dir,
}

/// `<target>`.
#[derive(Clone, Debug, Serialize)]
pub struct PoolTarget {
    /// The folder.
    pub path: &'static str,
}

/// The decisions.
pub static CHOICES: &[Choice<Pool>] = &[
    Choice {
        reason: Reason {
            at: "name",
            why: "The name under which virt-manager and virt-install look for a pool, and create one if it is missing.",
            since: since(ALWAYS, ALWAYS),
            source: "libvirt docs/formatstorage.rst, pool (no release named)",
        },
        apply: |pool, ()| pool.name = Some(host::DEFAULT),
    },
    Choice {
        reason: Reason {
            at: "target",
            why: "The folder that libvirt's packages create for this, with permissions and labels that let QEMU open files \
              in it.",
            since: since(ALWAYS, ALWAYS),
            source: "libvirt docs/formatstorage.rst, pool target (no release named); libvirt.spec.in makes the folder",
        },
        apply: |pool, ()| pool.target = Some(PoolTarget { path: host::SYSTEM_POOL }),
    },
];
