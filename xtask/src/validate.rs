//! `cargo xtask validate`: judges domain XML by libvirt's own schemas.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::iter;
use std::path::{Path, PathBuf};

use domain_definitions::rules::{self, Family, Severity, Target};
use domain_definitions::{BOTH, Connection};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use walkdir::WalkDir;

use crate::checkout::{self, NoCheckout};
use crate::explain::{self, Finding};
use crate::input;
use crate::progress::Progress;
use crate::question::{Allowed, Floor, Question};
use crate::report::{Format, Located, Log, Report, SchemaVerdict, Verdict};
use crate::schemas::{self, SchemaSet};
use crate::{Outcome, question, say};

/// Files that are judged before their reports are printed, in order; what bounds the memory of a long run.
const BATCH: usize = 512;

/// Check domain XML against libvirt's schemas, and against rules that no schema can hold.
///
/// Exit status: 0 all valid (perhaps with warnings), 1 something was rejected, 2 something could not be read or there is
/// nothing to check.
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
    /// The oldest releases the documents are meant for; without it, those that a document of this project states, else
    /// this project's
    #[arg(long, value_name = "libvirt=X,qemu=Y")]
    floor: Option<Floor>,
    /// The connection the documents are meant for, which some rules depend on; without it, the one that a document of this
    /// project states
    #[arg(long, value_name = "URI", value_parser = question::connection)]
    connect: Option<Connection>,
    /// A family of rules whose findings are errors: libvirt, floor, portable
    #[arg(long, value_name = "FAMILY", value_parser = Family::NAMES)]
    deny: Vec<String>,
    /// A rule, or a family of them, whose findings are left out
    #[arg(long, value_name = "RULE")]
    allow: Vec<Allowed>,
    /// Print all there is to know about a rule, and check nothing
    #[arg(long, value_name = "RULE", value_parser = question::explained, exclusive = true)]
    explain: Option<String>,
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
    if let Some(explained) = &args.explain {
        say(explained);
        return Ok(Outcome::Good);
    }
    let sets = schemas::load(&args.schemas)?;
    let question = Question { floor: args.floor, connection: args.connect, deny: &args.deny, allow: &args.allow };
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
        Ok(path) => on_this_thread(&args.schemas, |sets| check(&path, sets, &question)),
        Err((path, why)) => Report::unreadable(path.display().to_string(), why, 1),
    };
    let mut judged: Vec<Outcome> = Vec::new();
    let (mut warnings, mut log) = (0, Log::default());
    let mut rest = paths.iter().flat_map(|path| files(path));
    let progress = Progress::default();
    loop {
        let batch: Vec<_> = rest.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        let shown = |report: Report| (report.shown(args.format), report);
        let reports = batch.into_par_iter().map(judge).map(shown).inspect(|_| progress.one_more());
        for (text, report) in reports.collect::<Vec<_>>() {
            if !text.is_empty() {
                progress.hidden(|| say(&text));
            }
            judged.push(report.outcome());
            warnings += report.warnings();
            if args.format == Format::Sarif {
                log.add(&report);
            }
        }
    }
    progress.end();
    if args.format == Format::Sarif {
        say(&log.text());
    }
    let count = |outcome| judged.iter().filter(|found| **found == outcome).count();
    let all = judged.len();
    let warned = match warnings {
        0 => String::new(),
        1 => ", with 1 warning".to_owned(),
        _ => format!(", with {warnings} warnings"),
    };
    if count(Outcome::Good) < all {
        let (rejected, unreadable) = (count(Outcome::Faults), count(Outcome::Unreadable));
        eprintln!("error: checked {all}, rejected {rejected}, could not read {unreadable}{warned}");
    } else if args.format == Format::Human {
        let names: Vec<_> = sets.iter().map(|set| set.name.as_str()).collect();
        let files = if all == 1 { "1 file is".to_owned() } else { format!("{all} files are") };
        say(&format!("{files} valid for {}{warned}\n", names.join(", ")));
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

fn check(path: &Path, sets: &[SchemaSet], question: &Question) -> Report {
    let shown = path.display().to_string();
    let input = match input::read(path) {
        Err(error) => return Report::unreadable(shown, error.to_string(), error.line()),
        Ok(input) => input,
    };
    // libxml2, and with it libvirt, takes a prefix that nothing declares for a part of the name; here there are no rules then.
    let parsed = roxmltree::Document::parse(&input.text).ok();
    let target = question.target(parsed.as_ref());
    let mut schemas = Vec::with_capacity(sets.len());
    // Each fault once, with the sets that see it.
    let mut faults: Vec<(Finding, Vec<&str>)> = Vec::new();
    let root = input.document.root();
    for set in sets {
        let Some(compiled) = set.schema(&root) else {
            return Report::unreadable(shown, unknown_root(&root), 1);
        };
        if set.release().is_some_and(|release| release < target.floor.libvirt) {
            schemas.push(SchemaVerdict { name: set.name.clone(), verdict: Verdict::Inapplicable });
            continue;
        }
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
    let judging: Vec<_> = schemas.iter().filter(|schema| schema.verdict != Verdict::Inapplicable).collect();
    if judging.is_empty() {
        let why = format!("is for libvirt {} or later, and no schemas given are that new", target.floor.libvirt);
        return Report::unreadable(shown, why, 1);
    }
    let names: Vec<_> = judging.iter().map(|schema| schema.name.as_str()).collect();
    let by_rules = |document| by_rules(&input.text, document, target, question, &mut faults);
    let mut findings = parsed.as_ref().map(by_rules).unwrap_or_default();
    findings.extend(faults.into_iter().map(|(finding, seen_by)| {
        let others: Vec<_> = names.iter().copied().filter(|name| !seen_by.contains(name)).collect();
        let note = match others[..] {
            [] => String::new(),
            _ => format!("not accepted by {}; accepted by {}", seen_by.join(", "), others.join(", ")),
        };
        Located::by_schema(&input.text, finding, note)
    }));
    findings.sort_by_key(|finding| finding.span.start);
    let invalid = findings.iter().any(|finding| finding.severity == Severity::Error);
    let verdict = if invalid { Verdict::Invalid } else { Verdict::Valid };
    // Only a finding needs the text again.
    let text = if findings.is_empty() { String::new() } else { input.text.clone() };
    Report { path: shown, verdict, schemas, findings, text }
}

/// What the rules find. Where a schema has found a fault already, it is not told again; what is newer than the schema is
/// then the explanation.
fn by_rules(
    text: &str,
    document: &roxmltree::Document,
    target: Target,
    question: &Question,
    faults: &mut [(Finding, Vec<&str>)],
) -> Vec<Located> {
    let mut located = Vec::new();
    for finding in rules::judge(document, target) {
        let span = &finding.violation.span;
        let meets = |(fault, _): &&mut (Finding, Vec<&str>)| {
            // What is missing in an element says nothing of what is there.
            let about_it = !fault.rule.starts_with("schema/missing");
            about_it && fault.span.start < span.end && span.start < fault.span.end
        };
        match faults.iter_mut().find(meets) {
            Some((fault, _)) if finding.rule.family == Family::Floor => {
                fault.help = format!("{}; or: {}", finding.violation.message, fault.help);
            }
            Some(_) => {}
            None => {
                if let Some(severity) = question.severity(&finding, document) {
                    located.push(Located::by_rule(text, finding, severity));
                }
            }
        }
    }
    located
}

fn unknown_root(root: &str) -> String {
    let known: BTreeSet<_> = schemas::roots().map(str::to_owned).collect();
    match explain::similar(root, &known) {
        Some(similar) => format!("is a <{root}>, which libvirt does not know; did you mean <{similar}>?"),
        None => format!("is a <{root}>, for which libvirt has no schema"),
    }
}
