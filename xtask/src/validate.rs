//! `cargo xtask validate`: judges domain XML by libvirt's own schemas.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::iter;
use std::path::{Path, PathBuf};

use domain_definitions::BOTH;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use walkdir::WalkDir;

use crate::checkout::{self, NoCheckout};
use crate::explain::{self, Finding};
use crate::input;
use crate::report::{Format, Located, Report, SchemaVerdict, Verdict};
use crate::schemas::{self, SchemaSet};
use crate::{Outcome, say};

/// Files that are judged before their reports are printed, in order; what bounds the memory of a long run.
const BATCH: usize = 512;

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
    /// How to print what is found
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Files, folders (all *.xml below them) or `-` for standard input; without any, the definitions of this checkout
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
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
        // As a person in the root would name them.
        let here = std::env::current_dir().unwrap_or_default();
        let root = if root == here { PathBuf::new() } else { root };
        BOTH.iter().map(|connection| root.join(connection.name())).collect()
    } else {
        args.paths.clone()
    };

    let judge = |file: Result<PathBuf, (PathBuf, String)>| match file {
        Ok(path) => on_this_thread(&args.schemas, |sets| check(&path, sets)),
        Err((path, why)) => Report::unreadable(path.display().to_string(), why, 1),
    };
    let mut judged: Vec<Outcome> = Vec::new();
    let mut rest = paths.iter().flat_map(|path| files(path));
    loop {
        let batch: Vec<_> = rest.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        for report in batch.into_par_iter().map(judge).collect::<Vec<_>>() {
            say(&report.shown(args.format));
            judged.push(report.outcome());
        }
    }
    let count = |outcome| judged.iter().filter(|found| **found == outcome).count();
    let all = judged.len();
    if count(Outcome::Good) < all {
        let (rejected, unreadable) = (count(Outcome::Faults), count(Outcome::Unreadable));
        eprintln!("error: checked {all}, rejected {rejected}, could not read {unreadable}");
    } else if args.format == Format::Human {
        let names: Vec<_> = sets.iter().map(|set| set.name.as_str()).collect();
        let files = if all == 1 { "1 file is".to_owned() } else { format!("{all} files are") };
        say(&format!("{files} valid for {}\n", names.join(", ")));
    }
    Ok(judged.into_iter().max().unwrap_or(Outcome::Unreadable))
}

/// Runs something with schemas that belong to this thread: libxml2's cannot be shared while they are used.
fn on_this_thread(asked: &[OsString], judge: impl FnOnce(&[SchemaSet]) -> Report) -> Report {
    thread_local! {
        static SETS: OnceCell<Result<Vec<SchemaSet>, schemas::Error>> = const { OnceCell::new() };
    }
    SETS.with(|sets| match sets.get_or_init(|| schemas::load(asked)) {
        Ok(sets) => judge(sets),
        // It worked a moment ago, in `run`.
        Err(error) => Report::unreadable(String::new(), error.to_string(), 1),
    })
}

/// The files that a path stands for; at least one item, so that nothing is passed over in silence.
fn files(path: &Path) -> Box<dyn Iterator<Item = Result<PathBuf, (PathBuf, String)>>> {
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

fn check(path: &Path, sets: &[SchemaSet]) -> Report {
    let shown = path.display().to_string();
    let input = match input::read(path) {
        Err(error) => return Report::unreadable(shown, error.to_string(), error.line()),
        Ok(input) => input,
    };
    let mut schemas = Vec::with_capacity(sets.len());
    // Each fault once, with the sets that see it.
    let mut faults: Vec<(Finding, Vec<&str>)> = Vec::new();
    let root = input.document.root();
    for set in sets {
        let Some(compiled) = set.schema(&root) else {
            return Report::unreadable(shown, unknown_root(&root), 1);
        };
        let compiled = match compiled {
            Ok(compiled) => compiled,
            Err(error) => return Report::unreadable(shown, error.to_string(), 1),
        };
        let messages = match compiled.schema.validate(&input.document) {
            Ok(messages) => messages,
            Err(messages) => {
                let reason = messages.first().map_or("libxml2 gives no reason", |message| &message.text);
                return Report::unreadable(shown, format!("{} could not judge it: {reason}", set.name), 1);
            }
        };
        let verdict = if messages.is_empty() { Verdict::Valid } else { Verdict::Invalid };
        schemas.push(SchemaVerdict { name: set.name.clone(), verdict });
        if verdict == Verdict::Valid {
            continue;
        }
        for finding in explain::explain(&input.text, compiled.grammar(), &messages, &explain::judge(&compiled.schema)) {
            match faults.iter_mut().find(|(known, _)| (known.rule, &known.span) == (finding.rule, &finding.span)) {
                Some((_, seen_by)) => seen_by.push(&set.name),
                None => faults.push((finding, vec![&set.name])),
            }
        }
    }
    let invalid = schemas.iter().any(|schema| schema.verdict == Verdict::Invalid);
    let verdict = if invalid { Verdict::Invalid } else { Verdict::Valid };
    let located = |(finding, seen_by): (Finding, Vec<&str>)| {
        let others: Vec<_> = sets.iter().map(|set| set.name.as_str()).filter(|name| !seen_by.contains(name)).collect();
        let note = match others[..] {
            [] => String::new(),
            _ => format!("not accepted by {}; accepted by {}", seen_by.join(", "), others.join(", ")),
        };
        Located::new(&input.text, finding, note)
    };
    // Only a finding needs the text again.
    let text = if faults.is_empty() { String::new() } else { input.text.clone() };
    let mut findings: Vec<_> = faults.into_iter().map(located).collect();
    findings.sort_by_key(|finding| finding.span.start);
    Report { path: shown, verdict, schemas, findings, text }
}

fn unknown_root(root: &str) -> String {
    let known: BTreeSet<_> = schemas::roots().map(str::to_owned).collect();
    match explain::similar(root, &known) {
        Some(similar) => format!("is a <{root}>, which libvirt does not know; did you mean <{similar}>?"),
        None => format!("is a <{root}>, for which libvirt has no schema"),
    }
}
