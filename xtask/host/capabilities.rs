//! What libvirt has found out about QEMU, from one run to the next.

use std::fs;
use std::path::Path;

use crate::fault::Fault;
use crate::home::Home;

/// Where libvirt's embedded driver keeps it, below its root.
const BELOW_ROOT: &str = "cache/qemu/capabilities";

/// The folder in which an embedded driver keeps it, by its root.
#[must_use]
pub fn embedded(root: &str) -> String {
    format!("{root}/{BELOW_ROOT}")
}

/// Puts what was kept in `cache` into a folder of a user's home. libvirt itself looks whether it is still true.
///
/// # Errors
///
/// When there is no room for it.
pub fn bring(home: &Home, folder: &str, cache: &Path) -> Result<(), Fault> {
    // Each on the way is the user's, too.
    for (end, _) in folder.match_indices('/') {
        home.folder(folder[..end].as_ref())?;
    }
    home.folder(folder.as_ref())?;
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        if let (Ok(text), Some(name)) = (fs::read_to_string(entry.path()), entry.file_name().to_str()) {
            // libvirt writes it anew once it is no longer true: on a host that has lost `/dev/kvm`, for one.
            let name = Path::new(folder).join(name);
            home.write(&name, text.as_bytes())?;
            home.give(&name)?;
        }
    }
    Ok(())
}

/// Keeps in `cache` what is new in such a folder.
///
/// # Errors
///
/// When it cannot be written. The next run is slower then.
pub fn keep(home: &Home, folder: &str, cache: &Path) -> Result<(), Fault> {
    let found = home.path().join(folder);
    fs::create_dir_all(cache).map_err(Fault::at(cache))?;
    for entry in fs::read_dir(&found).map_err(Fault::at(&found))?.flatten() {
        let (text, kept) = (fs::read(entry.path())?, cache.join(entry.file_name()));
        if fs::read(&kept).is_ok_and(|before| before == text) {
            continue;
        }
        // Another run may read it at this moment.
        let mut new = tempfile::NamedTempFile::new_in(cache)?;
        std::io::Write::write_all(&mut new, &text)?;
        new.persist(&kept).map_err(|error| Fault::at(&kept)(error.error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::here::is_root;

    #[test]
    fn what_is_kept_is_brought_back() {
        let cache = tempfile::tempdir().unwrap();
        let kept = cache.path().join("below/it");
        let home = || Home::new(&std::env::temp_dir(), is_root()).unwrap();
        let (one, other) = (home(), home());
        let folder = embedded("root");
        bring(&one, &folder, &kept).unwrap();
        let at = |home: &Home| home.path().join(&folder).join("name.xml");
        fs::write(at(&one), "<qemuCaps/>").unwrap();
        keep(&one, &folder, &kept).unwrap();
        bring(&other, &folder, &kept).unwrap();
        assert_eq!(fs::read_to_string(at(&other)).unwrap(), "<qemuCaps/>");
        let owner = |path: &Path| fs::metadata(path).unwrap().uid();
        for path in at(&other).ancestors().take(4) {
            assert_eq!(owner(path), owner(other.path()), "it can be written anew");
        }
    }
}
