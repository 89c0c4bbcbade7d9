//! A file for what was seen, in which nothing of somebody's is overwritten.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

use super::Error;

/// Makes room for a file: before anything is measured, which takes minutes. It is there under its name once it is whole.
///
/// # Errors
///
/// When something has this name, or the folder takes no file.
pub fn new(path: &Path) -> Result<NamedTempFile, Error> {
    if path.symlink_metadata().is_ok() {
        return Err(Error::Exists(path.display().to_string()));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = tempfile::Builder::new().permissions(Permissions::from_mode(0o644)).tempfile_in(folder);
    made.map_err(|cause| Error::Write { path: path.display().to_string(), cause })
}

/// Writes it. Somebody may have been faster.
///
/// # Errors
///
/// When something has its name by now, or there is no room.
pub fn keep(mut file: NamedTempFile, path: &Path, text: &str) -> Result<(), Error> {
    let named = path.display().to_string();
    let kept = file.write_all(text.as_bytes()).and_then(|()| Ok(file.persist_noclobber(path)?));
    kept.map(drop).map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists(named),
        _ => Error::Write { path: named, cause },
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_of_somebodys_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(new(&path), Err(Error::Exists(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        assert!(matches!(new(&folder.path().join("none/result.json")), Err(Error::Write { .. })));
        let other = folder.path().join("other.json");
        drop(new(&other).unwrap());
        assert!(!other.exists(), "nothing was measured");
        let (file, late) = (new(&other).unwrap(), new(&other).unwrap());
        keep(file, &other, "{}").unwrap();
        assert!(matches!(keep(late, &other, "late"), Err(Error::Exists(_))));
        assert_eq!(fs::read_to_string(&other).unwrap(), "{}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
