//! `cargo xtask validate`: judges domain XML by libvirt's own schemas.

use std::ffi::OsString;
use std::iter;
use std::path::{Path, PathBuf};

use domain_definitions::BOTH;
use walkdir::WalkDir;

use crate::Outcome;
use crate::checkout::{self, NoCheckout};
use crate::input;
use crate::relaxng::Message;
use crate::report;
use crate::schemas::{self, SchemaSet};

/// Check domain XML against libvirt's schemas.
///
/// Exit status: 0 all valid, 1 something was rejected, 2 something could not be read or there is nothing to check.
#[derive(clap::Args)]
pub struct Args {
    /// A folder with libvirt's schemas, with a name for reports if you like; every file is checked against every one
    ///
    /// Without it: the folder in the variable `LIBVIRT_SCHEMA_DIR`, else where libvirt is installed.
    #[arg(long = "schema", value_name = "[NAME=]DIR")]
    schemas: Vec<OsString>,
    /// Files, folders (all *.xml below them) or `-` for standard input; without any, the definitions of this checkout
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("nothing to check was named, and {0}")]
    NoCheckout(#[from] NoCheckout),
    #[error(transparent)]
    Schemas(#[from] schemas::Error),
}

/// Runs the verb.
///
/// # Errors
///
/// When there are no schemas to check by. What cannot be read is reported file by file instead.
pub fn run(args: &Args) -> Result<Outcome, Error> {
    let sets = schemas::load(&args.schemas)?;
    let paths = if args.paths.is_empty() {
        let root = checkout::root()?;
        BOTH.iter().map(|connection| root.join(connection.name())).collect()
    } else {
        args.paths.clone()
    };

    let judged: Vec<Outcome> = paths
        .iter()
        .flat_map(|path| files(path))
        .map(|file| file.map_or_else(|error| report_unreadable(&error), |path| check(&path, &sets)))
        .collect();
    let count = |outcome| judged.iter().filter(|found| **found == outcome).count();
    let all = judged.len();
    if count(Outcome::Good) == all {
        let names: Vec<_> = sets.iter().map(|set| set.name.as_str()).collect();
        println!(
            "{} valid for {}",
            if all == 1 { "1 file is".to_owned() } else { format!("{all} files are") },
            names.join(", ")
        );
    } else {
        let (rejected, unreadable) = (count(Outcome::Faults), count(Outcome::Unreadable));
        eprintln!("error: checked {all}, rejected {rejected}, could not read {unreadable}");
    }
    Ok(judged.into_iter().max().unwrap_or(Outcome::Unreadable))
}

/// The files that a path stands for; at least one item, so that nothing is passed over in silence.
fn files(path: &Path) -> Box<dyn Iterator<Item = Result<PathBuf, String>>> {
    if !path.is_dir() {
        return Box::new(iter::once(Ok(path.to_owned())));
    }
    let mut below = WalkDir::new(path)
        .sort_by_file_name()
        .into_iter()
        .filter(|entry| entry.as_ref().map_or(true, |entry| is_xml(entry.path())))
        .map(|entry| entry.map(walkdir::DirEntry::into_path).map_err(|error| error.to_string()))
        .peekable();
    if below.peek().is_none() {
        return Box::new(iter::once(Err(format!("{}: there is no *.xml in this folder", path.display()))));
    }
    Box::new(below)
}

fn is_xml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "xml") && !path.is_dir()
}

fn check(path: &Path, sets: &[SchemaSet]) -> Outcome {
    let shown = path.display();
    let input = match input::read(path) {
        Err(error) => return report_unreadable(&format!("{shown}: {error}")),
        Ok(input) => input,
    };
    let mut outcome = Outcome::Good;
    let mut rejected: Vec<Rejection> = Vec::new();
    for set in sets {
        match set.domain.validate(&input.document) {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => {
                rejected.push(Rejection { set, messages });
                outcome = outcome.max(Outcome::Faults);
            }
            Err(messages) => {
                let reason = messages.first().map_or_else(|| "libxml2 gives no reason".to_owned(), Message::to_string);
                outcome = report_unreadable(&format!("{shown}: {} could not judge it: {reason}", set.name));
            }
        }
    }
    if !rejected.is_empty() {
        report::rejections(&shown.to_string(), &input.text, sets, &rejected);
    }
    outcome
}

/// A document is not valid for a set of schemas.
pub(crate) struct Rejection<'a> {
    /// The set.
    pub set: &'a SchemaSet,
    /// What libxml2 says of it.
    pub messages: Vec<Message>,
}

fn report_unreadable(message: &str) -> Outcome {
    eprintln!("error: {message}");
    Outcome::Unreadable
}
