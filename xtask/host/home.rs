//! A user's home, as this machine sees it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use tempfile::TempDir;

use crate::fault::Fault;
use crate::here::PREFIX;

/// The user and group that an ordinary user is where the checks run as root.
pub(crate) const NOBODY: u32 = 65534;

/// A folder that is its user's alone, and is removed when this value is dropped.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    /// Whether it belongs to [`NOBODY`], and not to whoever runs this.
    is_nobodys: bool,
}

impl Home {
    /// A home in a folder.
    ///
    /// # Errors
    ///
    /// When there is no room for it.
    pub fn new(parent: &Path, is_nobodys: bool) -> Result<Home, Fault> {
        let home = Home { folder: tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?, is_nobodys };
        home.give(Path::new(""))?;
        set_mode(home.path(), 0o700)?;
        Ok(home)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that the user can read.
    ///
    /// # Errors
    ///
    /// When it cannot be written, e.g. because the disk is full.
    pub fn write(&self, name: &Path, bytes: &[u8]) -> Result<(), Fault> {
        let path = self.path().join(name);
        fs::write(&path, bytes).map_err(Fault::at(&path))?;
        set_mode(&path, 0o644)
    }

    /// Makes a folder that belongs to the user.
    ///
    /// # Errors
    ///
    /// When it cannot be made, e.g. because the disk is full.
    pub fn folder(&self, name: &Path) -> Result<(), Fault> {
        let path = self.path().join(name);
        fs::create_dir_all(&path).map_err(Fault::at(&path))?;
        self.give(name)
    }

    /// Makes something in it the user's.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub fn give(&self, name: &Path) -> Result<(), Fault> {
        let path = self.path().join(name);
        if self.is_nobodys { chown(&path, Some(NOBODY), Some(NOBODY)).map_err(Fault::at(&path)) } else { Ok(()) }
    }
}

fn set_mode(path: &Path, mode: u32) -> Result<(), Fault> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(Fault::at(path))
}
