//! Every definition starts on real libvirt and QEMU, paused, with every device, on each release at hand that is new enough; a
//! release that is too old refuses the file. A machine is saved and restored, unless its header says what is against it, and
//! QEMU's own reasons against it are those that its header states.
//!
//! The definitions are adapted to a machine without KVM, a GPU and much memory ([`small`]); one that is nothing without a GPU is
//! only defined ([`is_started`]). `cargo xtask prove` starts the files as they stand.
//!
//! A session's machines belong to an ordinary user with a daemon of their own; the system's are on a private host, which only
//! root can have.

mod trials;

mod blocked;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use domain_definitions::rules::{Rule, Target, judge};
use domain_definitions::{Connection, Definition, FLOOR, Hypervisor};
use host::prepare::file_name;
use host::tried::{small, without_kvm};
use host::{Fault, PrivateHost, Release, User, definitions, is_started, kept, lacking};
use libtest_mimic::{Arguments, Trial};
use roxmltree::Document;
use trials::{completion, is_selected};

/// What virsh answered to each command about a definition's machine.
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

/// The number of commands about a machine; the last two remove it.
const COMMANDS: usize = 10;

/// Every definition's life, by path.
type Lives = BTreeMap<String, Life>;

/// A release, with the definitions that are tried on it and the lives that it gave them on each connection.
struct Place {
    release: Release,
    definitions: Vec<Definition>,
    session: OnceLock<Result<Lives, String>>,
    system: OnceLock<Result<Lives, String>>,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let places: Vec<_> = Release::all().into_iter().map(|release| Arc::new(Place::new(release, &arguments))).collect();
    // Starting a machine is mostly waiting, so each release and connection has a thread. The trials of one definition follow
    // each other, so that each thread has work from the beginning.
    arguments.test_threads.get_or_insert(Connection::ALL.len() * places.len());
    let mut definitions: Vec<_> = definitions().collect();
    definitions.sort_by_key(Definition::stem);
    let mut trials = Vec::new();
    for definition in definitions {
        for place in &places {
            let (name, place) = (place.name(&definition), Arc::clone(place));
            trials.push(Trial::ignorable_test(name, move || completion(place.check(&definition))));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn is_paused(state: &str) -> Result<(), String> {
    if state.trim() == "paused" { Ok(()) } else { Err(format!("it is {state:?}, not paused")) }
}

impl Place {
    fn new(release: Release, arguments: &Arguments) -> Place {
        let mut place = Place { release, definitions: Vec::new(), session: OnceLock::new(), system: OnceLock::new() };
        place.definitions =
            definitions().filter(|definition| is_selected(arguments, &place.name(definition))).collect();
        place
    }

    /// The name of a definition's trial here.
    fn name(&self, definition: &Definition) -> String {
        let what = match (self.fits(definition), is_started(definition)) {
            (true, true) => "starts on",
            (true, false) => "is defined by",
            (false, _) => "is refused by",
        };
        format!("{} {what} {}", definition.path(), self.release.name())
    }

    /// Whether the release is new enough; one that cannot be asked does not say that it is too old.
    fn fits(&self, definition: &Definition) -> bool {
        self.release.numbers.is_none() || self.release.has(definition.floor())
    }

    fn check(&self, definition: &Definition) -> Result<(), Fault> {
        let life = self.life(definition)?;
        if self.fits(definition) {
            return self.starts(definition, life);
        }
        match life.defined {
            Err(_) => Ok(()),
            Ok(_) => Err("it is accepted, although its header asks for newer releases".into()),
        }
    }

    fn starts(&self, definition: &Definition, life: Life) -> Result<(), Fault> {
        let well = |answer: Result<String, String>| answer.map_err(|said| lacking(definition, said.into()));
        well(life.defined)?;
        let dumped = life.dumped?;
        let lost = kept::lost(&self.text(definition)?, &dumped);
        if !lost.is_empty() {
            return Err(format!("libvirt did not keep\n{}\nit kept\n{dumped}", lost.join("\n")).into());
        }
        if !is_started(definition) {
            return Ok(());
        }
        well(life.started)?;
        is_paused(&life.state?)?;
        let releases = self.release.numbers.unwrap_or(FLOOR);
        let ties = self.ties(definition)?;
        blocked::agrees(&ties, releases, &life.blocked?, None)?;
        let blocks = |rule: &&Rule| rule.blocks().is_some_and(|blocks| blocks.save && blocks.applies_to(releases));
        if ties.iter().any(blocks) || !self.saves() {
            return Ok(());
        }
        life.saved?;
        life.restored?;
        Ok(is_paused(&life.state_again?)?)
    }

    /// The portable rules that a definition is against as it is tried.
    fn ties(&self, definition: &Definition) -> Result<Vec<&'static Rule>, Fault> {
        let text = small(definition, self.release.numbers)?.text;
        let document = Document::parse(&text)?;
        let findings = judge(&document, Target::stated(&document)).into_iter().map(|finding| finding.rule);
        Ok(findings.filter(|rule| rule.is_portable()).collect())
    }

    /// A machine's name here. The system's daemons share this machine's control groups, which they name by a machine's number
    /// and name: two daemons with the same take them away from each other. A session has none, and little room for a longer
    /// name in the paths of its sockets.
    fn machine(&self, definition: &Definition) -> String {
        let libvirt = self.release.libvirt.filter(|_| definition.connection == Connection::System);
        definition.guest.name.to_owned() + &libvirt.map(|number| format!("-{number}")).unwrap_or_default()
    }

    /// A definition as it is handed over.
    fn text(&self, definition: &Definition) -> Result<String, Fault> {
        let tried =
            if is_started(definition) { small(definition, self.release.numbers) } else { without_kvm(definition) };
        let name = |name: &str| format!("<name>{name}</name>");
        Ok(tried?.text.replacen(&name(definition.guest.name), &name(&self.machine(definition)), 1))
    }

    /// Whether machines are saved here: that takes seconds, so one release has to be enough.
    fn saves(&self) -> bool {
        self.release.root.is_none()
    }

    fn life(&self, definition: &Definition) -> Result<Life, Fault> {
        let lives = match definition.connection {
            Connection::Session => {
                self.session.get_or_init(|| self.in_a_session().map_err(|fault| fault.what().into()))
            }
            Connection::System => self.system.get_or_init(|| self.on_the_system().map_err(|fault| fault.what().into())),
        };
        let lives = lives.as_ref().map_err(|what| Fault::Missing(what.clone()))?;
        Ok(lives.get(&definition.path()).cloned().ok_or("it was not tried")?)
    }

    fn in_a_session(&self) -> Result<Lives, Fault> {
        let user = User::of(self.release.root.as_deref(), true)?;
        user.emulating_session()?;
        self.lives(Connection::Session, &user)
    }

    fn on_the_system(&self) -> Result<Lives, Fault> {
        let host = PrivateHost::new(self.release.root.as_deref(), Connection::System)?;
        self.lives(Connection::System, host.administrator())
    }

    /// The lives of all machines on a connection, after what prepares the host for them.
    fn lives(&self, connection: Connection, user: &User) -> Result<Lives, Fault> {
        let here = |definition: &&Definition| definition.connection == connection;
        let definitions: Vec<_> = self.definitions.iter().filter(here).collect();
        user.prepare(connection, &self.definitions)?;
        let mut commands = Vec::new();
        for definition in &definitions {
            let text = self.text(definition)?;
            commands.extend(self.commands(definition, &user.file(&file_name(&definition.path()), &text)?));
        }
        let answers = user.each(Hypervisor::Qemu.uri(connection), &commands)?;
        let lives = definitions.iter().zip(answers.chunks(COMMANDS));
        Ok(lives.map(|(definition, answers)| (definition.path(), Life::of(answers))).collect())
    }

    fn commands(&self, definition: &Definition, file: &str) -> [String; COMMANDS] {
        let name = self.machine(definition);
        let if_it = |does: bool, command: String| if does { command } else { "echo".to_owned() };
        let (starts, saves) = (is_started(definition), is_started(definition) && self.saves());
        [
            format!("define --validate {file}"),
            format!("dumpxml --inactive {name}"),
            if_it(starts, format!("start --paused {name}")),
            format!("domstate {name}"),
            if_it(starts, blocked::query(&name)),
            if_it(saves, format!("managedsave {name}")),
            if_it(saves, format!("start --paused {name}")),
            format!("domstate {name}"),
            if_it(starts, format!("destroy {name}")),
            format!("undefine --nvram --managed-save {name}"),
        ]
    }
}

impl Life {
    fn of(answers: &[Result<String, String>]) -> Life {
        let mut answers = answers.iter().cloned();
        let mut next = || answers.next().unwrap_or_else(|| Err("libvirt did not answer".to_owned()));
        Life {
            defined: next(),
            dumped: next(),
            started: next(),
            state: next(),
            blocked: next(),
            saved: next(),
            restored: next(),
            state_again: next(),
        }
    }
}
