//! `cargo xtask validate`: checks files against libvirt's own schemas and against the rules.

use std::cell::OnceCell;
use std::env;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use domain_definitions::Connection;
use domain_definitions::platforms::Address;
use domain_definitions::rules::Family;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use xtask::checkout::{self, NoCheckout};
use xtask::inputs::{self, File};
use xtask::{Outcome, is_heard, say};

use crate::ask::{self, Libvirt};
use crate::check::check;
use crate::fix::{Fixed, fix};
use crate::progress::Progress;
use crate::question::{self, Allowed, Floor, NoRule, Question};
use crate::report::{Format, Log, Report, Verdict};
use crate::schemas::{self, Compiler, SchemaSet};
use crate::tally::Tally;

/// How many files are checked before their reports are printed, in order. This bounds the memory of a long run.
const BATCH: usize = 512;

/// Check domain XML against libvirt's schemas, and against rules for what no schema can express.
///
/// Exit status: 0 if everything is valid, with or without warnings; 1 if something was rejected; 2 if something could not be
/// read, or nothing could be checked. A document that is too new for the installed schemas is reported, and changes none of
/// this.
#[derive(clap::Args)]
pub struct Args {
    /// A folder of libvirt's schemas, optionally with a name for reports; with several, every file is checked against each
    ///
    /// A release number as the name (`11.3=DIR`) is taken as the release of the schemas. Other schemas are dated by the names
    /// they know. Schemas cannot reject a document that is meant for newer releases than theirs. By default, the installed
    /// schemas are used: the folder in the variable `LIBVIRT_SCHEMA_DIR` if it is set, else where libvirt is installed.
    #[arg(long = "schema", value_name = "[NAME=]DIR")]
    schemas: Vec<OsString>,
    /// How to print the results
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The oldest releases of libvirt, of QEMU and of the host's Linux that the documents are meant for; by default, what a
    /// document of this project states, else this project's floor
    #[arg(long, value_name = "libvirt=X,qemu=Y,linux=Z")]
    floor: Option<Floor>,
    /// The driver and connection the documents are meant for, which some rules depend on; by default, what a document of
    /// this project states
    #[arg(long, value_name = "URI", value_parser = question::connection)]
    connect: Option<Address>,
    /// A family of rules whose findings are errors
    #[arg(long, value_name = "FAMILY", value_parser = Family::NAMES)]
    deny: Vec<String>,
    /// A rule, or a family of rules, whose findings are left out
    #[arg(long, value_name = "RULE")]
    allow: Vec<Allowed>,
    /// Ask the libvirt of this machine as well, and find the place that it refuses. Nothing of the host is touched, and no
    /// machine is started
    #[arg(long)]
    ask: bool,
    /// Print the file with those repairs that are certain, and what was done and is left on standard error
    ///
    /// Each repair is tried: it is made if there is less to complain of then. The file itself is not changed.
    #[arg(long, conflicts_with = "format", requires = "paths")]
    fix: bool,
    /// Explain a rule, or list them all, and check nothing
    #[arg(
        long,
        value_name = "RULE",
        num_args = 0..=1,
        default_missing_value = "",
        conflicts_with_all = ["schemas", "format", "floor", "connect", "deny", "allow", "ask", "fix", "paths"]
    )]
    explain: Option<String>,
    /// Files, folders (every *.xml below them) or `-` for standard input; by default, the definitions of this checkout
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
    #[error(transparent)]
    Ask(#[from] ask::Error),
    #[error(transparent)]
    NoRule(#[from] NoRule),
    #[error("--fix takes one file, or `-` for standard input: its result goes to standard output")]
    OneFile,
}

/// Runs the verb.
///
/// # Errors
///
/// When there are no schemas to check by, or no rule to explain. What cannot be read is reported file by file instead.
pub fn run(args: &Args) -> Result<Outcome, Error> {
    if let Some(explain) = &args.explain {
        say(&if explain.is_empty() { question::list() } else { question::explained(explain)? });
        return Ok(Outcome::Good);
    }
    let sets = schemas::load(&args.schemas)?;
    let question = Question { floor: args.floor, connection: args.connect, deny: &args.deny, allow: &args.allow };
    let libvirt = if args.ask { Some(Libvirt::new()?) } else { None };
    if args.fix {
        let [path] = &args.paths[..] else { return Err(Error::OneFile) };
        if path.is_dir() {
            return Err(Error::OneFile);
        }
        return Ok(fixed(path, &sets, &question, libvirt.as_ref()));
    }
    let paths = if args.paths.is_empty() { definitions()? } else { args.paths.clone() };
    let tally = check_all(&paths, &sets, &question, libvirt.as_ref(), args.format);
    if is_heard() {
        tally.sum_up(&sets, libvirt.as_ref().map(|libvirt| libvirt.release.as_str()), args.format);
    }
    Ok(tally.outcome())
}

/// Prints a file with its repairs; what was done and what is left go to standard error.
fn fixed(path: &Path, sets: &[SchemaSet], question: &Question, libvirt: Option<&Libvirt>) -> Outcome {
    let compilers: Vec<_> = sets.iter().map(SchemaSet::compiler).collect();
    let Fixed { text, done, report } = fix(path, &compilers, question, libvirt);
    if let Some(text) = text {
        say(&text);
    }
    let mut errors = anstream::stderr().lock();
    let left = report.shown(Format::Human);
    let done = done.iter().map(|done| format!("repaired {done}\n")).collect::<Vec<_>>().concat();
    // Nobody is left to tell if this cannot be written.
    let _ = write!(errors, "{done}{left}");
    match report.verdict {
        Verdict::Valid => Outcome::Good,
        Verdict::Invalid => Outcome::Faults,
        Verdict::Unreadable | Verdict::Inapplicable => Outcome::Unreadable,
    }
}

/// The folders with this checkout's definitions, as a person in its root would name them.
fn definitions() -> Result<Vec<PathBuf>, NoCheckout> {
    let root = checkout::root()?;
    let here = env::current_dir().unwrap_or_default();
    let root = if root == here { PathBuf::new() } else { root };
    Ok(Connection::ALL.iter().map(|connection| root.join(connection.name())).collect())
}

/// Checks files, side by side, and prints the reports in the order of the files.
fn check_all(
    paths: &[PathBuf],
    sets: &[SchemaSet],
    question: &Question,
    libvirt: Option<&Libvirt>,
    format: Format,
) -> Tally {
    let judge = |file: File| match file {
        Ok(path) => on_this_thread(sets, |compilers| check(&path, compilers, question, libvirt)),
        Err((path, why)) => Report::unreadable(path.display().to_string(), why, 1),
    };
    let (mut tally, mut log, progress) = (Tally::default(), Log::default(), Progress::default());
    let mut rest = paths.iter().flat_map(|path| inputs::files(path));
    loop {
        let batch: Vec<_> = rest.by_ref().take(BATCH).collect();
        if batch.is_empty() || !is_heard() {
            break;
        }
        let shown = |report: Report| (report.shown(format), report);
        let reports = batch.into_par_iter().map(judge).map(shown).inspect(|_| progress.one_more());
        for (text, report) in reports.collect::<Vec<_>>() {
            if !text.is_empty() {
                progress.hidden(|| say(&text));
            }
            tally.add(&report);
            if format == Format::Sarif {
                log.add(&report);
            }
        }
    }
    progress.end();
    if format == Format::Sarif {
        say(&log.text());
    }
    tally
}

/// Runs something with schemas that belong to this thread: libxml2 cannot share them between threads.
fn on_this_thread(sets: &[SchemaSet], judge: impl FnOnce(&[Compiler]) -> Report) -> Report {
    thread_local! {
        static COMPILERS: OnceCell<Vec<Compiler>> = const { OnceCell::new() };
    }
    COMPILERS.with(|compilers| judge(compilers.get_or_init(|| sets.iter().map(SchemaSet::compiler).collect())))
}
