//! The files that a verb is given: single ones, folders, or standard input.

use std::iter;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// A file, or the path that leads to none and why.
pub type File = Result<PathBuf, (PathBuf, String)>;

/// The files at or below a path. There is always at least one item, so that no argument is silently skipped.
#[must_use]
pub fn files(path: &Path) -> Box<dyn Iterator<Item = File>> {
    if !path.is_dir() {
        return Box::new(iter::once(Ok(path.to_owned())));
    }
    let mut below = WalkDir::new(path)
        .sort_by_file_name()
        .into_iter()
        .filter(|entry| entry.as_ref().map_or(true, |entry| is_xml(entry.path())))
        .map(|entry| {
            entry
                .map(walkdir::DirEntry::into_path)
                .map_err(|error| (error.path().map(Path::to_owned).unwrap_or_default(), error.to_string()))
        })
        .peekable();
    if below.peek().is_none() {
        return Box::new(iter::once(Err((path.to_owned(), "there is no *.xml in this folder".to_owned()))));
    }
    Box::new(below)
}

fn is_xml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "xml") && !path.is_dir()
}
