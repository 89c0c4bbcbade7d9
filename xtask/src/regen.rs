//! `cargo xtask regen`: writes the definitions and the generated regions, or with `--check` reports what it would write.
//!
//! Both run the same code: what should be on disk is compared with what is, and each difference becomes a problem.
//! Writing is what happens to a problem that can be repaired here.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use domain_definitions::collection::{Collection, Unwritable};
use domain_definitions::measured::results::{self, Results};
use domain_definitions::readme::{self, Region};
use domain_definitions::{Connection, Proven, comparison, frozen, listing, pages, proof};
use similar::TextDiff;
use walkdir::WalkDir;

use crate::checkout::{self, NoCheckout};
use crate::{Outcome, draw, say};

/// Write the definitions and the generated regions of the pages and xtask/needs.sh from the source in defs/.
///
/// Exit status: 0 all fresh, 1 something differed (with --check) or is in the way, 2 could not run.
#[derive(clap::Args)]
pub struct Args {
    /// Change nothing; report every stale, missing or stray file.
    #[arg(long)]
    check: bool,
}

/// Why the command could not do its work.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error(transparent)]
    NoCheckout(#[from] NoCheckout),
    #[error("{0}; fix the record in defs/")]
    Unwritable(#[from] Unwritable),
    #[error(transparent)]
    Thawed(#[from] frozen::Thawed),
    #[error(transparent)]
    Proven(#[from] proof::Unreadable),
    #[error(transparent)]
    Measured(#[from] results::Unreadable),
    #[error("{path}: cannot be drawn: {cause}; mend xtask/src/draw.rs", path = pages::PLOT)]
    Draw { cause: String },
    #[error("{path}: cannot be read: {cause}")]
    Read { path: String, cause: io::Error },
    #[error("{path}: is a folder, but a definition belongs there; move it away")]
    Folder { path: String },
    #[error("{path}: cannot be written: {cause}")]
    Write { path: String, cause: io::Error },
    #[error(
        "{path}: expected one line with `{marker}`, found {found}; put the markers around the generated region back \
         (`git diff {path}` shows what changed)"
    )]
    Marker { path: String, marker: String, found: usize },
    #[error("{path}: line {end} ends the region `{region}`, which line {begin} begins; put its end on a line below")]
    Order { path: String, region: &'static str, begin: usize, end: usize },
}

/// A file that is not as the source says.
pub struct Problem {
    /// Path from the root.
    path: String,
    kind: Kind,
}

enum Kind {
    Missing {
        text: Vec<u8>,
    },
    Stale {
        text: Vec<u8>,
        diff: String,
    },
    /// Not a regular file.
    Special {
        text: Vec<u8>,
    },
    Stray,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.kind {
            Kind::Missing { .. } => writeln!(f, "missing: {path}"),
            Kind::Stale { diff, .. } => write!(f, "stale: {path} differs from its source in defs/\n{diff}"),
            Kind::Special { .. } => writeln!(f, "stale: {path} is not a regular file"),
            Kind::Stray => writeln!(
                f,
                "stray: {path}: nothing in defs/ generates it; move it elsewhere, or add its guest to defs/guests.rs"
            ),
        }
    }
}

/// Runs the verb.
///
/// # Errors
///
/// When a file can be neither read nor written, markers are missing, or a record in `defs/` is wrong.
pub fn run(args: &Args) -> Result<Outcome, Error> {
    let root = checkout::root()?;
    let problems = problems(&root, &Collection::new()?)?;
    if args.check { Ok(report(&problems)) } else { repair(&root, &problems) }
}

/// Everything on disk that is not as a collection says.
///
/// # Errors
///
/// When a file cannot be read, markers are missing, or what is frozen would change.
pub fn problems(root: &Path, collection: &Collection) -> Result<Vec<Problem>, Error> {
    let mut wanted: Vec<_> = collection.files().map(|(path, text)| (path.to_owned(), text.into())).collect();
    wanted.push((listing::FILE.to_owned(), listing::list(collection).into_bytes()));
    let results = measured(root)?;
    wanted.extend(with_regions(root, collection, &results)?);
    let plot = draw::svg(&comparison::plot(&results)).map_err(|cause| Error::Draw { cause })?;
    wanted.push((pages::PLOT.to_owned(), plot.into_bytes()));
    wanted.push((frozen::FILE.to_owned(), frozen(root, collection)?));

    let mut problems = strays(root, collection)?;
    for (path, text) in wanted {
        problems.extend(compare(root, path, text)?);
    }
    Ok(problems)
}

fn report(problems: &[Problem]) -> Outcome {
    for problem in problems {
        say(&problem.to_string());
    }
    if problems.is_empty() {
        return Outcome::Good;
    }
    let repairable = problems.iter().filter(|problem| !matches!(problem.kind, Kind::Stray)).count();
    let hint = if repairable > 0 { ": run `cargo xtask regen` and commit what it writes" } else { "" };
    let strays = problems.len() - repairable;
    eprintln!("error: {repairable} generated files differ from their source, {strays} files are strays{hint}");
    Outcome::Faults
}

fn repair(root: &Path, problems: &[Problem]) -> Result<Outcome, Error> {
    let mut outcome = Outcome::Good;
    for problem in problems {
        if problem.repair(root)? {
            say(&format!("{:>12} {}\n", "Wrote", problem.path));
        } else {
            eprint!("{problem}");
            outcome = Outcome::Faults;
        }
    }
    Ok(outcome)
}

impl Problem {
    /// Writes what should be there; a file that should not be there is left to whom it belongs: `false`.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn repair(&self, root: &Path) -> Result<bool, Error> {
        match &self.kind {
            Kind::Missing { text } | Kind::Stale { text, .. } | Kind::Special { text } => {
                write(root, &self.path, text).map(|()| true)
            }
            Kind::Stray => Ok(false),
        }
    }
}

/// What is frozen, with what is new.
fn frozen(root: &Path, collection: &Collection) -> Result<Vec<u8>, Error> {
    let lines = match fs::read_to_string(root.join(frozen::FILE)) {
        Ok(lines) => lines,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(cause) => return Err(Error::Read { path: frozen::FILE.to_owned(), cause }),
    };
    Ok(frozen::kept(&lines, collection)?.into_bytes())
}

/// What was proven when it was last tried.
///
/// # Errors
///
/// When the file cannot be read. That it is not there is none: nothing is proven then.
pub(crate) fn proven(root: &Path) -> Result<Proven, Error> {
    match fs::read_to_string(root.join(proof::FILE)) {
        Ok(lines) => Ok(Proven::parse(&lines)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Proven::default()),
        Err(cause) => Err(Error::Read { path: proof::FILE.to_owned(), cause }),
    }
}

/// What was measured when that was last recorded.
///
/// # Errors
///
/// When the file cannot be read. That it is not there is none: nothing is measured then.
pub(crate) fn measured(root: &Path) -> Result<Results, Error> {
    match fs::read_to_string(root.join(results::FILE)) {
        Ok(lines) => Ok(Results::parse(&lines)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Results::default()),
        Err(cause) => Err(Error::Read { path: results::FILE.to_owned(), cause }),
    }
}

/// The hand-written files with generated regions, as they should be.
fn with_regions(root: &Path, collection: &Collection, results: &Results) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for region in readme::regions(collection, &proven(root)?, results) {
        if files.last().is_none_or(|(path, _)| path != region.file) {
            let path = region.file.to_owned();
            let text = fs::read(root.join(&path)).map_err(|cause| Error::Read { path: path.clone(), cause })?;
            files.push((path, text));
        }
        if let Some((_, text)) = files.last_mut() {
            *text = fill(text, &region)?;
        }
    }
    Ok(files)
}

/// `text` with what stands between a region's markers replaced. Bytes, since damage need not be UTF-8.
fn fill(text: &[u8], region: &Region) -> Result<Vec<u8>, Error> {
    let lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    let find = |word: &str| {
        let marker = format!("{word} GENERATED {}", region.name);
        let is_marker = |line: &&[u8]| String::from_utf8_lossy(line).contains(&marker);
        match lines.iter().enumerate().filter(|(_, line)| is_marker(line)).collect::<Vec<_>>()[..] {
            [(line, _)] => Ok(line),
            ref all => Err(Error::Marker { path: region.file.to_owned(), marker, found: all.len() }),
        }
    };
    let (begin, end) = (find("BEGIN")?, find("END")?);
    if end <= begin {
        let path = region.file.to_owned();
        return Err(Error::Order { path, region: region.name, begin: begin + 1, end: end + 1 });
    }
    Ok([&lines[..=begin].concat(), region.text.as_bytes(), &lines[end..].concat()].concat())
}

/// What is wrong with the file at `path`, if anything.
fn compare(root: &Path, path: String, text: Vec<u8>) -> Result<Option<Problem>, Error> {
    let on_disk = root.join(&path);
    let kind = match fs::symlink_metadata(&on_disk) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Kind::Missing { text },
        Err(cause) => return Err(Error::Read { path, cause }),
        Ok(metadata) if metadata.is_dir() => return Err(Error::Folder { path }),
        Ok(metadata) if !metadata.is_file() => Kind::Special { text },
        Ok(_) => match fs::read(&on_disk) {
            Ok(found) if found == text => return Ok(None),
            Ok(found) => Kind::Stale { diff: diff(&path, &found, &text), text },
            Err(cause) => return Err(Error::Read { path, cause }),
        },
    };
    Ok(Some(Problem { path, kind }))
}

fn diff(path: &str, found: &[u8], wanted: &[u8]) -> String {
    let (found, wanted) = (String::from_utf8_lossy(found), String::from_utf8_lossy(wanted));
    let diff = TextDiff::from_lines(&*found, &*wanted);
    let text = diff.unified_diff().header(&format!("{path} (on disk)"), &format!("{path} (from defs/)")).to_string();
    if text.is_empty() { "(they differ in bytes that are not UTF-8)\n".to_owned() } else { text }
}

/// Everything in the folders of the definitions that is neither one nor a page about them.
fn strays(root: &Path, collection: &Collection) -> Result<Vec<Problem>, Error> {
    let pages = pages::all().map(|page| root.join(page));
    let known: HashSet<PathBuf> = collection.files().map(|(path, _)| root.join(path)).chain(pages).collect();
    let mut strays = Vec::new();
    for folder in Connection::ALL {
        let folder = root.join(folder.name());
        if !folder.exists() {
            continue;
        }
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let path = error.path().map(|path| shown(root, path)).unwrap_or_default();
                Error::Read { path, cause: error.into() }
            })?;
            if !entry.file_type().is_dir() && !known.contains(entry.path()) {
                strays.push(Problem { path: shown(root, entry.path()), kind: Kind::Stray });
            }
        }
    }
    Ok(strays)
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// Writes a file in one step: readers see the old text or the new, whatever happens in between.
pub(crate) fn write(root: &Path, path: &str, text: &[u8]) -> Result<(), Error> {
    let target = root.join(path);
    let folder = target.parent().unwrap_or(root);
    // A file that is there keeps its permissions; a new one gets those the umask leaves.
    let mode = fs::symlink_metadata(&target).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.permissions());
    let written = fs::create_dir_all(folder).and_then(|()| {
        let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
        if let Some(mode) = mode {
            file.as_file().set_permissions(mode)?;
        }
        file.write_all(text)?;
        file.as_file().sync_all()?;
        file.persist(&target)?;
        Ok(())
    });
    written.map_err(|cause| Error::Write { path: path.to_owned(), cause })
}
