//! `cargo xtask tune`: holds a machine that somebody has against the definition for its guest, and mends it.
//!
//! - `input` reads the machine, `guest` says what it is, `choose` finds the definition.
//! - `facts` takes the definition apart: what each decision puts into the document. `matching` finds the elements of the
//!   machine that these are about, `subject` says how it stands to each, `kept` what of it stays as it is.
//! - `leftovers` are what no decision is about.
//! - `tuned` puts all together; `mend` changes one thing after the other, `edit` the text.
//! - `reasons` are our comments in it.
//! - `nvram` reads the firmware's variables, which are not in the document, and `secure_boot` says which keys are in them.
//! - `report` shows it, to people and to programs; `host` knows the host's releases.

pub mod choose;
mod edit;
mod facts;
pub mod guest;
mod host;
pub(crate) mod input;
mod kept;
mod leftovers;
mod matching;
mod mend;
mod nvram;
mod reasons;
pub mod report;
pub mod secure_boot;
pub mod subject;
pub mod tuned;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use domain_definitions::platforms::{Address, Hypervisor};
use domain_definitions::topics::{TOPICS, Topic};
use domain_definitions::{Connection, FLOOR, GUESTS, Guest, Since};
use roxmltree::Document;
use similar::TextDiff;

use crate::floor::Floor;
use crate::{Outcome, inputs, is_heard, say};
use choose::{NoChoice, Wish};
use report::Counts;
use tuned::{Tuned, Which, tuned};

/// Hold a machine that you have against the definition for its guest, and mend it
///
/// Shows what of the definition the machine has, what it lacks, why that matters, and how safe it is to change. With several
/// machines, a line for each. Nothing is changed but what `--write` prints.
///
/// Exit status: 0 if `--write` would change nothing, or has printed the mended machine; 1 if it would change something; 2 if
/// a machine could not be read or is for no guest with a definition.
#[derive(clap::Args)]
pub struct Args {
    /// Print the mended machine: safe changes, unless --all says otherwise
    #[arg(long, conflicts_with_all = ["diff", "format"])]
    write: bool,
    /// Print what --write would change, as a unified diff
    #[arg(long, conflicts_with = "format")]
    diff: bool,
    /// Change what needs a driver in the guest, and what is yours to decide, as well
    #[arg(long)]
    all: bool,
    /// Change what belongs to this row of the table of choices alone, e.g. `clock` or `virtio-net`
    #[arg(long, value_name = "TOPIC", value_parser = topic)]
    only: Vec<&'static Topic>,
    /// Do not change what belongs to this row
    #[arg(long, value_name = "TOPIC", value_parser = topic)]
    except: Vec<&'static Topic>,
    /// The file that the machine should be like, e.g. `windows-portable`; by default, the guest's nearest one
    ///
    /// What that file has, and what it does not have, is then chosen, and is written without --all, unless it needs a driver.
    #[arg(long, value_name = "VARIANT")]
    like: Option<String>,
    /// The guest, for a machine that does not tell
    #[arg(long, value_name = "GUEST", value_parser = named)]
    guest: Option<&'static Guest>,
    /// The oldest releases the machine will run on; by default this host's, or this project's floor if libvirt does not answer
    #[arg(long, value_name = "libvirt=X,qemu=Y,linux=Z")]
    floor: Option<Floor>,
    /// The connection the machine is on; by default, what the machine shows
    #[arg(long, value_name = "URI", value_parser = connection)]
    connect: Option<Address>,
    /// The file with the firmware's variables, for what it says of Secure Boot; by default, the one that the machine names
    #[arg(long, value_name = "FILE")]
    nvram: Option<PathBuf>,
    /// How to print the results
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Files, folders (every *.xml below them) or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

/// How reports are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// For programs: one JSON object per machine, each on one line
    Json,
}

fn topic(name: &str) -> Result<&'static Topic, String> {
    let names = || TOPICS.iter().map(|topic| topic.name).collect::<Vec<_>>().join(", ");
    let found = TOPICS.iter().find(|topic| topic.name.eq_ignore_ascii_case(name));
    found.copied().ok_or_else(|| format!("write one of {}", names()))
}

fn named(id: &str) -> Result<&'static Guest, String> {
    let names = || GUESTS.iter().map(|guest| guest.id).collect::<Vec<_>>().join(", ");
    guest::named(id).ok_or_else(|| format!("write one of {}", names()))
}

/// The address of a connection whose machines are QEMU's.
pub(crate) fn connection(address: &str) -> Result<Address, String> {
    let of_qemu = |address: &Address| address.hypervisor == Hypervisor::Qemu;
    let known = || Connection::ALL.iter().map(|&connection| Hypervisor::Qemu.uri(connection)).collect::<Vec<_>>();
    address.parse().ok().filter(of_qemu).ok_or_else(|| format!("write {}", known().join(" or ")))
}

/// Why the verb did not run.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("--write prints one machine, and {0} are named")]
    Several(usize),
    #[error("--nvram is for one machine, and {0} are named")]
    Nvram(usize),
}

/// Why there is nothing to say of a machine.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Path(String),
    #[error(transparent)]
    Input(#[from] input::Error),
    #[error(transparent)]
    Choice(#[from] NoChoice),
    #[error("its variables, {}: the file {why}", .path.display())]
    Nvram { path: PathBuf, why: nvram::Error },
}

/// Runs the verb.
///
/// # Errors
///
/// When several machines should be written, or have one file of variables. What cannot be read is reported file by file instead.
pub fn run(args: &Args) -> Result<Outcome, Error> {
    let files: Vec<_> = args.paths.iter().flat_map(|path| inputs::files(path)).collect();
    if args.write && files.len() > 1 {
        return Err(Error::Several(files.len()));
    }
    if args.nvram.is_some() && files.len() > 1 {
        return Err(Error::Nvram(files.len()));
    }
    let is_one = files.len() == 1;
    let mut outcome = Outcome::Good;
    for file in files {
        if !is_heard() {
            break;
        }
        let (path, result) = match file {
            Ok(path) => {
                let result = one(args, &path);
                (path, result)
            }
            Err((path, why)) => (path, Err(Fault::Path(why))),
        };
        let path = path.display().to_string();
        outcome = outcome.max(match result {
            Ok((before, tuned)) => shown(args, &path, is_one, &before, &tuned),
            Err(fault) => {
                if args.format == Format::Json {
                    say(&report::json_error(&path, &fault.to_string()));
                }
                eprintln!("error: {path}: {fault}");
                Outcome::Unreadable
            }
        });
    }
    Ok(outcome)
}

/// Tunes a file.
fn one(args: &Args, path: &Path) -> Result<(String, Tuned), Fault> {
    let text = input::read(path)?;
    let text = text.trim_start_matches('\u{feff}').to_owned();
    let here = if args.floor.is_none() { document_host(args, &text) } else { None };
    let floor = args.floor.map_or_else(|| here.unwrap_or(FLOOR), |floor| floor.or(FLOOR));
    let wish = Wish {
        guest: args.guest,
        like: args.like.as_deref(),
        connection: args.connect.map(|address| address.connection),
    };
    let which = Which { all: args.all, only: &args.only, except: &args.except };
    let mut tuned = tuned(&text, wish, which, floor, args.floor.is_some() || here.is_some())?;
    if let Ok(document) = Document::parse(&text) {
        let named = args.nvram.as_deref();
        let wrong = |why| Fault::Nvram { path: named.unwrap_or(path).to_owned(), why };
        tuned.secure_boot = secure_boot::of(&document, named).map_err(wrong)?;
    }
    Ok((text, tuned))
}

/// The releases of the host, on the connection that the machine is on.
fn document_host(args: &Args, text: &str) -> Option<Since> {
    let document = Document::parse(text).ok()?;
    let connection = args.connect.map_or_else(|| guest::connection(&document), |address| address.connection);
    host::releases(Hypervisor::Qemu.uri(connection))
}

/// Prints what was found, and says what that means.
fn shown(args: &Args, path: &str, is_one: bool, before: &str, tuned: &Tuned) -> Outcome {
    let changes = before != tuned.text;
    if args.write {
        say(&tuned.text);
        return Outcome::Good;
    }
    if args.diff {
        let diff = TextDiff::from_lines(before, &tuned.text);
        say(&diff.unified_diff().header(path, &format!("{path} (tuned)")).to_string());
    } else if args.format == Format::Json {
        say(&report::json(path, tuned));
    } else if is_one {
        say(&report::full(tuned));
    } else {
        say(&report::summary(path, tuned));
    }
    debug_assert!(changes == (Counts::of(tuned).written > 0));
    if changes { Outcome::Faults } else { Outcome::Good }
}
