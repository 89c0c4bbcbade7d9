//! This machine, and the checkout on it.

use std::env;
use std::path::{Path, PathBuf};

use domain_definitions::Version;

/// Begins the names of the folders that are made for a check and are gone after it.
pub const PREFIX: &str = "definitions-";
/// A driver that needs no hypervisor.
pub const MOCK: &str = "test:///default";

/// Whether this is CI (`CI=true`), where a check that cannot be made is a failure: it has all that checks need.
#[must_use]
pub fn in_ci() -> bool {
    env::var_os("CI").is_some()
}

/// Whether the checks run as root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The release of this host's kernel, which is that of every [`PrivateHost`](crate::PrivateHost) as well.
#[must_use]
pub fn kernel() -> Option<Version> {
    rustix::system::uname().release().to_str().ok().and_then(Version::of_kernel)
}

/// The folder for what is built: the checkout's `target`.
#[must_use]
pub fn target() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).join("target")
}
