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
use xtask::checkout::{self, NoCheckout};
use xtask::{Outcome, is_heard, say};

use crate::explain::{self, Finding};
use crate::input;
use crate::progress::Progress;
use crate::question;
use crate::question::{Allowed, Floor, Question};
use crate::report::{Format, Located, Log, Report, SchemaVerdict, Verdict};
use crate::schemas::{self, Compiler, SchemaSet};

/// How many files a sentence names.
const NAMED: usize = 4;
/// Files that are judged before their reports are printed, in order; what bounds the memory of a long run.
const BATCH: usize = 512;

/// Check domain XML against libvirt's schemas, and against rules that no schema can hold.
///
/// Exit status: 0 all valid (perhaps with warnings), 1 something was rejected, 2 something could not be read or nothing
/// could be checked. A document that is too new for the installed schemas is reported and does not count.
#[derive(clap::Args)]
pub struct Args {
    /// A folder with libvirt's schemas, with a name for reports if you like; every file is checked against every one
    ///
    /// A name that is a release number (`11.3=DIR`) is the release of the schemas; that of others is found out from them. What
    /// schemas reject does not count where they are older than the releases that the document is for. Without this option,
    /// the installed schemas judge: those in the folder that the variable `LIBVIRT_SCHEMA_DIR` names, else libvirt's own.
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
        Ok(path) => on_this_thread(&sets, |compilers| check(&path, compilers, &question)),
        Err((path, why)) => Report::unreadable(path.display().to_string(), why, 1),
    };
    let (mut tally, mut log) = (Tally::default(), Log::default());
    let mut rest = paths.iter().flat_map(|path| files(path));
    let progress = Progress::default();
    loop {
        let batch: Vec<_> = rest.by_ref().take(BATCH).collect();
        if batch.is_empty() || !is_heard() {
            break;
        }
        let shown = |report: Report| (report.shown(args.format), report);
        let reports = batch.into_par_iter().map(judge).map(shown).inspect(|_| progress.one_more());
        for (text, report) in reports.collect::<Vec<_>>() {
            if !text.is_empty() {
                progress.hidden(|| say(&text));
            }
            tally.add(&report);
            if args.format == Format::Sarif {
                log.add(&report);
            }
        }
    }
    progress.end();
    if args.format == Format::Sarif {
        say(&log.text());
    }
    tally.sum_up(&sets, args.format);
    Ok(tally.outcome())
}

/// What came of all files.
#[derive(Default)]
struct Tally {
    valid: usize,
    rejected: usize,
    unreadable: usize,
    warnings: usize,
    /// Files that are for newer releases than the installed schemas.
    too_new: Vec<String>,
}

impl Tally {
    fn add(&mut self, report: &Report) {
        self.warnings += report.warnings();
        match report.verdict {
            Verdict::Valid => self.valid += 1,
            Verdict::Invalid => self.rejected += 1,
            Verdict::Unreadable => self.unreadable += 1,
            Verdict::Inapplicable => {}
        }
        if report.unjudged.is_some() {
            self.too_new.push(report.path.clone());
        }
    }

    /// What the run was: a file that nothing could judge changes it only where it is all there is.
    fn outcome(&self) -> Outcome {
        match self {
            Tally { unreadable: 1.., .. } => Outcome::Unreadable,
            Tally { rejected: 1.., .. } => Outcome::Faults,
            Tally { valid: 1.., .. } => Outcome::Good,
            _ => Outcome::Unreadable,
        }
    }

    /// Prints what came of all: what is wrong on standard error, what is well for people only.
    fn sum_up(&self, sets: &[SchemaSet], format: Format) {
        let Tally { valid, rejected, unreadable, .. } = self;
        let good = self.outcome() == Outcome::Good;
        if good && format == Format::Human {
            let names: Vec<_> = sets.iter().map(described).collect();
            let files = if *valid == 1 { "1 file is".to_owned() } else { format!("{valid} files are") };
            say(&format!("{files} valid for {}{}\n", names.join(", "), self.warned()));
        } else if rejected + unreadable > 0 {
            let all = valid + rejected + unreadable;
            eprintln!("error: checked {all}, rejected {rejected}, could not read {unreadable}{}", self.warned());
        }
        match self.told_of_too_new() {
            Some(told) if valid + rejected + unreadable == 0 => eprintln!("error: {told}"),
            Some(told) if !good => eprintln!("note: {told}"),
            // Programs have it file by file.
            Some(told) if format == Format::Human => say(&format!("{told}\n")),
            _ => {}
        }
    }

    fn warned(&self) -> String {
        match self.warnings {
            0 => String::new(),
            1 => ", with 1 warning".to_owned(),
            warnings => format!(", with {warnings} warnings"),
        }
    }

    /// Which files are too new, and what to do.
    fn told_of_too_new(&self) -> Option<String> {
        let (first, others) = self.too_new.split_at(self.too_new.len().min(NAMED));
        let files = match self.too_new.len() {
            0 => return None,
            1 => "1 file is for a newer libvirt than the installed schemas, which cannot judge it".to_owned(),
            count => {
                format!("{count} files are for a newer libvirt than the installed schemas, which cannot judge them")
            }
        };
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let help = "`.ci/schemas target/schemas` downloads newer ones for --schema";
        Some(format!("{files}: {}{more}; {help}", first.join(", ")))
    }
}

/// What a set is called; of the installed one, the name says nothing.
fn described(set: &SchemaSet) -> String {
    if set.installed { format!("{} (schemas of {})", set.name, set.release) } else { set.name.clone() }
}

/// Runs something with schemas that belong to this thread: libxml2's cannot be shared while they are used.
fn on_this_thread(sets: &[SchemaSet], judge: impl FnOnce(&[Compiler]) -> Report) -> Report {
    thread_local! {
        static COMPILERS: OnceCell<Vec<Compiler>> = const { OnceCell::new() };
    }
    COMPILERS.with(|compilers| judge(compilers.get_or_init(|| sets.iter().map(SchemaSet::compiler).collect())))
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

fn check(path: &Path, compilers: &[Compiler], question: &Question) -> Report {
    let shown = path.display().to_string();
    let input = match input::read(path) {
        Err(error) => return Report::unreadable(shown, error.to_string(), error.line()),
        Ok(input) => input,
    };
    // libxml2, and with it libvirt, takes a prefix that nothing declares for a part of the name; here there are no rules then.
    let parsed = roxmltree::Document::parse(&input.text).ok();
    let target = question.target(parsed.as_ref());
    let mut schemas = Vec::with_capacity(compilers.len());
    // Each fault once, with the sets that see it.
    let mut faults: Vec<(Finding, Vec<&str>)> = Vec::new();
    let root = input.document.root();
    for compiler in compilers {
        let set = &compiler.set;
        let Some(compiled) = compiler.schema(&root) else {
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
        // What old schemas accept, newer ones accept as well; what they reject may only be too new for them.
        let verdict = match messages[..] {
            [] => Verdict::Valid,
            _ if set.release.is_before(target.floor.libvirt) => Verdict::Inapplicable,
            _ => Verdict::Invalid,
        };
        schemas.push(SchemaVerdict { name: set.name.clone(), verdict });
        if verdict != Verdict::Invalid {
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
    let floor = target.floor.libvirt;
    let unjudged = match compilers {
        _ if !judging.is_empty() => None,
        [Compiler { set, .. }] if set.installed => {
            Some(format!("is for libvirt {floor} or later; the installed schemas are older"))
        }
        _ => {
            let why = format!("is for libvirt {floor} or later, and no schemas given are that new");
            return Report::unreadable(shown, why, 1);
        }
    };
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
    let verdict = match &unjudged {
        _ if invalid => Verdict::Invalid,
        Some(_) => Verdict::Inapplicable,
        None => Verdict::Valid,
    };
    // Only a finding needs the text again.
    let text = if findings.is_empty() { String::new() } else { input.text.clone() };
    Report { path: shown, verdict, schemas, unjudged, findings, text }
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
        let span = &finding.fault.span;
        let meets = |(fault, _): &&mut (Finding, Vec<&str>)| {
            // What is missing in an element says nothing of what is there.
            let about_it = !fault.rule.starts_with("schema/missing");
            about_it && fault.span.start < span.end && span.start < fault.span.end
        };
        match faults.iter_mut().find(meets) {
            Some((fault, _)) if finding.rule.family == Family::Floor => {
                fault.help = format!("{}; or: {}", finding.fault.message, fault.help);
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
