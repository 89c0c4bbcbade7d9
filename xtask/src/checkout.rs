//! Finding the checkout that a command works on.

use std::env;
use std::path::{Path, PathBuf};

/// No folder of this repository was found.
#[derive(Debug, thiserror::Error)]
#[error("this is not inside a checkout of the definitions: no folder from here up has defs/guests.rs; go there first")]
pub struct NoCheckout;

/// The root of the checkout around the current folder, or around the folder that cargo runs this from.
///
/// # Errors
///
/// When neither is inside a checkout.
pub fn root() -> Result<PathBuf, NoCheckout> {
    let here = env::current_dir().ok();
    let cargo = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    [here, cargo].into_iter().flatten().find_map(|start| around(&start)).ok_or(NoCheckout)
}

fn around(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| folder.join("defs/guests.rs").is_file()).map(Path::to_owned)
}
