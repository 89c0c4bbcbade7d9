//! Running real libvirt and QEMU: this machine's own, as an ordinary user; and, as root, those of other releases, whose
//! root folders `.ci/roots` makes, and those of private hosts inside this one.

pub mod kept;
mod private;
pub mod recipe;
mod release;
pub mod tried;
mod user;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use domain_definitions::{Definition, Hypervisor};
use libtest_mimic::{Completion, Failed};

pub use private::PrivateHost;
pub use release::Release;
pub use user::User;

/// What the names of the folders begin with that are made for a check, and go with it.
pub const PREFIX: &str = "definitions-";
/// A driver that needs no hypervisor.
pub const MOCK: &str = "test:///default";

/// Why a check did not come out well.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The machine lacks what the check needs.
    Missing(String),
    /// libvirt did not do what we promise.
    Wrong(String),
}

impl From<String> for Fault {
    fn from(what: String) -> Fault {
        Fault::Wrong(what)
    }
}

impl Fault {
    /// What is the matter.
    #[must_use]
    pub fn what(&self) -> &str {
        match self {
            Fault::Missing(what) | Fault::Wrong(what) => what,
        }
    }
}

/// What a check that came out like this means for the run: what this machine cannot do is ignored, but not in CI.
///
/// # Errors
///
/// When the check failed, or could not be made in CI.
pub fn completion(result: Result<(), Fault>) -> Result<Completion, Failed> {
    match result {
        Ok(()) => Ok(Completion::Completed),
        Err(Fault::Missing(what)) if std::env::var_os("CI").is_none() => Ok(Completion::ignored_with(what)),
        Err(Fault::Missing(what)) => Err(Failed::from(format!("{what}; in CI this must not be skipped"))),
        Err(Fault::Wrong(what)) => Err(Failed::from(what)),
    }
}

/// The definitions for the hypervisor that can run here; with the environment variable `ONLY`, those that have it in their
/// path, for somebody who works on one guest. Debian has no package of libvirt's other drivers.
pub fn definitions() -> impl Iterator<Item = Definition> {
    let only = only();
    let runs = move |definition: &Definition| {
        definition.platform.hypervisor == Hypervisor::Qemu && definition.path().contains(&only)
    };
    Definition::all().filter(runs)
}

/// What the environment variable `ONLY` says; nothing if it is not set.
#[must_use]
pub fn only() -> String {
    std::env::var("ONLY").unwrap_or_default()
}

/// Whether the checks run as root.
#[must_use]
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// The folder for what is built: the checkout's `target`.
#[must_use]
pub fn target() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).join("target")
}
