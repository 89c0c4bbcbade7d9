//! Runs real libvirt and QEMU, for tests and for `cargo xtask prove`.
//!
//! - [`User`] is somebody who runs virsh: an ordinary user, or root. [`command`] runs any program.
//! - [`Release`] is a libvirt with its QEMU: this machine's own, or another one whose root folder `.ci/roots` makes.
//! - [`PrivateHost`] is a host inside this one, which only root can have; [`prepare`] makes its network, pool and disks.
//! - [`tried`] adapts a definition to what a machine lacks, [`kept`] compares it with what libvirt keeps of it.
//! - [`recipe`] has commands of the README, [`words`] what the test guest and its host say to each other.

pub mod command;
mod fault;
pub mod kept;
pub mod prepare;
mod private;
pub mod recipe;
mod release;
pub mod tried;
mod user;
pub mod words;

use std::env;
use std::path::{Path, PathBuf};

use domain_definitions::{Definition, Hypervisor};

pub use fault::Fault;
pub use private::{PrivateHost, ZONE_HOURS};
pub use release::Release;
pub use user::User;

/// Begins the names of the folders that are made for a check and are gone after it.
pub const PREFIX: &str = "definitions-";
/// A driver that needs no hypervisor.
pub const MOCK: &str = "test:///default";

/// Whether this is CI (`CI=true`), where a check that cannot be made is a failure: it has all that checks need.
#[must_use]
pub fn in_ci() -> bool {
    env::var_os("CI").is_some()
}

/// The definitions for QEMU. Debian, on which they are tried, has no package of libvirt's other drivers.
pub fn definitions() -> impl Iterator<Item = Definition> {
    Definition::all().filter(|definition| definition.guest.hypervisor == Hypervisor::Qemu)
}

/// Whether the checks run as root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The folder for what is built: the checkout's `target`.
#[must_use]
pub fn target() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).join("target")
}
