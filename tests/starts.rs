//! What can be started, starts: on real libvirt and QEMU, paused, with every device, on each release that is at hand and
//! new enough; a release that is too old refuses the file. A machine is saved and restored, unless its header says what is
//! against that, and QEMU's own reasons against it are those that its header states.
//!
//! What is changed for that ([`small`]): there need be neither KVM that executes here nor a GPU, nor much memory. As they
//! stand, the files are started by `cargo xtask prove`.
//!
//! A session's machines belong to an ordinary user with a daemon of their own, the system's to a host of their own inside
//! this one, which only root can have.

mod blocked;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use domain_definitions::rules::{Rule, Target, judge};
use domain_definitions::{BOTH, Connection, Definition, FLOOR, documents};
use host::tried::small;
use host::{Fault, PrivateHost, Release, User, completion, definitions, kept};
use libtest_mimic::{Arguments, Trial};
use roxmltree::Document;

/// What libvirt said to each command in the life of a definition's machine.
#[derive(Clone)]
struct Life {
    defined: Result<String, String>,
    dumped: Result<String, String>,
    started: Result<String, String>,
    state: Result<String, String>,
    blocked: Result<String, String>,
    saved: Result<String, String>,
    restored: Result<String, String>,
    state_again: Result<String, String>,
}

/// How many commands a life is; the last two remove the machine.
const COMMANDS: usize = 10;

/// Every definition's life, by path.
type Lives = BTreeMap<String, Life>;

/// Files by name.
type Files = Vec<(String, String)>;

/// A release, with the lives that it gave on each connection.
struct Place {
    release: Release,
    session: OnceLock<Result<Lives, String>>,
    system: OnceLock<Result<Lives, String>>,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let place = |release| Arc::new(Place { release, session: OnceLock::new(), system: OnceLock::new() });
    let places: Vec<_> = Release::all().into_iter().map(place).collect();
    // A machine that is started is waited for most of the time, so each release and connection has a thread, and its turn
    // from the beginning: those of one definition follow each other.
    arguments.test_threads.get_or_insert(BOTH.len() * places.len());
    let mut definitions: Vec<_> = definitions().collect();
    definitions.sort_by_key(Definition::stem);
    let mut trials = Vec::new();
    for definition in definitions {
        for place in &places {
            let fits = place.release.has(definition.floor());
            let what = if fits { "starts on" } else { "is refused by" };
            let name = format!("{} {what} {}", definition.path(), place.release.name());
            let place = Arc::clone(place);
            let check = move || if fits { starts(&place, &definition) } else { is_refused(&place, &definition) };
            trials.push(Trial::ignorable_test(name, move || completion(check())));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn starts(place: &Place, definition: &Definition) -> Result<(), Fault> {
    let life = place.life(definition)?;
    life.defined?;
    let dumped = life.dumped?;
    let lost = kept::lost(&tried(definition, &place.release)?, &dumped);
    if !lost.is_empty() {
        return Err(Fault::Wrong(format!("libvirt did not keep\n{}\nit kept\n{dumped}", lost.join("\n"))));
    }
    life.started?;
    is_paused(&life.state?)?;
    let releases = place.release.numbers.unwrap_or(FLOOR);
    let ties = ties(definition, place)?;
    blocked::agrees(&ties, releases, &life.blocked?, None)?;
    let blocks = |rule: &&Rule| rule.blocks().is_some_and(|blocks| blocks.save && blocks.applies_to(releases));
    if ties.iter().any(blocks) || !place.saves() {
        return Ok(());
    }
    life.saved?;
    life.restored?;
    Ok(is_paused(&life.state_again?)?)
}

/// The portable rules that a definition is against as it is tried.
fn ties(definition: &Definition, place: &Place) -> Result<Vec<&'static Rule>, String> {
    let text = tried(definition, &place.release)?;
    let document = Document::parse(&text).map_err(|error| error.to_string())?;
    let findings = judge(&document, Target::stated(&document)).into_iter().map(|finding| finding.rule);
    Ok(findings.filter(|rule| rule.is_portable()).collect())
}

fn is_refused(place: &Place, definition: &Definition) -> Result<(), Fault> {
    match place.life(definition)?.defined {
        Err(_) => Ok(()),
        Ok(_) => Err(Fault::Wrong("it is accepted, although its header asks for newer releases".to_owned())),
    }
}

fn is_paused(state: &str) -> Result<(), String> {
    if state.trim() == "paused" { Ok(()) } else { Err(format!("it is {state:?}, not paused")) }
}

impl Place {
    /// Saving takes seconds, so one release has to be enough.
    fn saves(&self) -> bool {
        self.release.root.is_none()
    }

    fn life(&self, definition: &Definition) -> Result<Life, Fault> {
        let said = |fault: Fault| fault.what().to_owned();
        let lives = match definition.connection {
            Connection::Session => self.session.get_or_init(|| self.in_a_session().map_err(said)),
            Connection::System => self.system.get_or_init(|| self.on_the_system().map_err(said)),
        };
        let lives = lives.as_ref().map_err(|what| Fault::Missing(what.clone()))?;
        lives.get(&definition.path()).cloned().ok_or_else(|| Fault::Wrong("it was not tried".to_owned()))
    }

    fn in_a_session(&self) -> Result<Lives, Fault> {
        let user = User::of(self.release.root.as_deref(), true)?;
        let driver = user.session()?;
        let files = self.files(Connection::Session)?;
        for (name, text) in &files {
            let _ = user.file(name, text);
        }
        let folder = user.folder("pool");
        let pool = [format!("pool-define-as default dir --target {folder}"), "pool-start default".to_owned()];
        self.lives(Connection::Session, &pool, &files, |name| user.path(name), |commands| user.each(&driver, commands))
    }

    fn on_the_system(&self) -> Result<Lives, Fault> {
        let files = self.files(Connection::System)?;
        let host = PrivateHost::new(self.release.root.as_deref(), Connection::System)?;
        for (name, text) in &files {
            let _ = host.administrator().file(name, text);
        }
        let here = |name: &str| host.administrator().path(name);
        let made = [
            format!("net-define {}", here("system-network-default.xml")),
            "net-start default".to_owned(),
            format!("pool-define {}", here("system-storage-default.xml")),
            "pool-start default".to_owned(),
        ];
        let ask = |commands: &[String]| host.administrator().each("qemu:///system", commands);
        self.lives(Connection::System, &made, &files, here, ask)
    }

    /// The definitions on a connection as they are tried, and the documents beside them.
    fn files(&self, connection: Connection) -> Result<Files, String> {
        let mut files = Vec::new();
        for definition in definitions().filter(|definition| definition.connection == connection) {
            files.push((file_name(&definition.path()), tried(&definition, &self.release)?));
        }
        for document in documents::all().map_err(|error| error.to_string())? {
            if document.path.starts_with(connection.name()) {
                files.push((file_name(&document.path), document.text));
            }
        }
        Ok(files)
    }

    /// Runs every definition's life: after what prepares the host, each guest's disk, then the machines.
    fn lives(
        &self,
        connection: Connection,
        prepare: &[String],
        files: &Files,
        path: impl Fn(&str) -> String,
        ask: impl FnOnce(&[String]) -> Result<Vec<Result<String, String>>, Fault>,
    ) -> Result<Lives, Fault> {
        let mut commands = prepare.to_vec();
        let prefix = format!("{connection}-storage-");
        let volumes = files.iter().filter(|(name, _)| name.starts_with(&prefix) && name.contains("qcow2"));
        commands.extend(volumes.map(|(name, _)| format!("vol-create default {}", path(name))));
        let made = commands.len();
        let definitions: Vec<_> = definitions().filter(|definition| definition.connection == connection).collect();
        for definition in &definitions {
            let name = definition.guest.name;
            let (save, restore) = if self.saves() {
                (format!("managedsave {name}"), format!("start --paused {name}"))
            } else {
                ("echo".to_owned(), "echo".to_owned())
            };
            let life: [String; COMMANDS] = [
                format!("define --validate {}", path(&file_name(&definition.path()))),
                format!("dumpxml --inactive {name}"),
                format!("start --paused {name}"),
                format!("domstate {name}"),
                blocked::query(name),
                save,
                restore,
                format!("domstate {name}"),
                format!("destroy {name}"),
                format!("undefine --nvram --managed-save {name}"),
            ];
            commands.extend(life);
        }
        let answers = ask(&commands)?;
        answers[..made].iter().cloned().collect::<Result<Vec<_>, _>>()?;
        let lives = definitions.iter().zip(answers[made..].chunks(COMMANDS)).map(|(definition, answers)| {
            let mut answers = answers.iter().cloned();
            let mut next = || answers.next().unwrap_or_else(|| Err("libvirt did not answer".to_owned()));
            let life = Life {
                defined: next(),
                dumped: next(),
                started: next(),
                state: next(),
                blocked: next(),
                saved: next(),
                restored: next(),
                state_again: next(),
            };
            (definition.path(), life)
        });
        Ok(lives.collect())
    }
}

fn tried(definition: &Definition, release: &Release) -> Result<String, String> {
    Ok(small(definition, release.numbers).map_err(|error| error.to_string())?.text)
}

fn file_name(path: &str) -> String {
    path.replace('/', "-")
}
