//! What is said to start, starts: on real libvirt and QEMU, paused, with every device; and what its header does not say can
//! not be saved, is saved and restored. Emulated, since KVM need not execute here, which is the one thing that is changed.
//!
//! A session's machines belong to an ordinary user with a daemon of their own, the system's to a host of their own inside
//! this one, which only root can have.

mod host;

use std::process::ExitCode;
use std::sync::OnceLock;

use domain_definitions::{Connection, Definition, Proof, documents};
use host::{Fault, User, completion, private_host};
use libtest_mimic::{Arguments, Trial};

/// What libvirt said to each definition: on define, start, the question for its state, save, restore, and the question for
/// its state again.
type Answers = Vec<(String, [Result<String, String>; 6])>;

/// What keeps a machine from being saved, as our headers say it.
const UNSAVED: [&str; 2] = ["3d", "virtiofs"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = provable().map(|definition| {
        let name = format!("{} starts", definition.path());
        Trial::ignorable_test(name, move || completion(starts(&definition)))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn provable() -> impl Iterator<Item = Definition> {
    Definition::all().filter(|definition| definition.proof() >= Proof::Starts)
}

fn starts(definition: &Definition) -> Result<(), Fault> {
    static SESSION: OnceLock<Result<Answers, String>> = OnceLock::new();
    static SYSTEM: OnceLock<Result<Answers, String>> = OnceLock::new();
    let answers = match definition.connection {
        Connection::Session => SESSION.get_or_init(|| session().map_err(said)),
        Connection::System => SYSTEM.get_or_init(|| system().map_err(said)),
    };
    let answers = answers.as_ref().map_err(|what| Fault::Missing(what.clone()))?;
    let (_, answers) = answers.iter().find(|(path, _)| *path == definition.path()).ok_or_else(String::new)?;
    let [defined, started, state, saved, restored, state_again] = answers.clone();
    defined?;
    started?;
    is_paused(&state?)?;
    let ties = definition.ties().map_err(|error| error.to_string())?;
    if ties.iter().any(|rule| UNSAVED.contains(&rule.name)) {
        return Ok(());
    }
    saved?;
    restored?;
    Ok(is_paused(&state_again?)?)
}

fn is_paused(state: &str) -> Result<(), String> {
    if state.trim() == "paused" { Ok(()) } else { Err(format!("it is {state:?}, not paused")) }
}

fn said(fault: Fault) -> String {
    match fault {
        Fault::Missing(what) | Fault::Wrong(what) => what,
    }
}

/// The life of each definition's machine, in commands: six whose answers count, and two that remove it.
fn lives(definitions: &[Definition], file: impl Fn(&Definition) -> String) -> Vec<String> {
    let life = |definition: &Definition| {
        let name = definition.guest.name;
        [
            format!("define --validate {}", file(definition)),
            format!("start --paused {name}"),
            format!("domstate {name}"),
            format!("managedsave {name}"),
            format!("start --paused {name}"),
            format!("domstate {name}"),
            format!("destroy {name}"),
            format!("undefine --nvram --managed-save {name}"),
        ]
    };
    definitions.iter().flat_map(life).collect()
}

/// Files by name.
type Files = Vec<(String, String)>;

/// The definitions on a connection, their text as it is tried, and the names of their files here.
fn tried(connection: Connection) -> Result<(Vec<Definition>, Files), String> {
    let definitions: Vec<_> = provable().filter(|definition| definition.connection == connection).collect();
    let mut files = Vec::new();
    for definition in &definitions {
        let text = definition.xml().map_err(|error| error.to_string())?;
        files.push((file_name(definition), text.replacen("<domain type=\"kvm\">", "<domain type=\"qemu\">", 1)));
    }
    for document in documents::all().map_err(|error| error.to_string())? {
        if document.path.starts_with(connection.name()) {
            files.push((document.path.replace('/', "-"), document.text));
        }
    }
    Ok((definitions, files))
}

fn file_name(definition: &Definition) -> String {
    definition.path().replace('/', "-")
}

fn assigned(definitions: &[Definition], answers: &[Result<String, String>]) -> Answers {
    let lives = definitions.iter().zip(answers.chunks(8));
    lives.map(|(definition, life)| (definition.path(), std::array::from_fn(|index| life[index].clone()))).collect()
}

fn session() -> Result<Answers, Fault> {
    let user = User::new()?;
    let driver = user.session()?;
    let (definitions, files) = tried(Connection::Session)?;
    for (name, text) in &files {
        user.file(name, text);
    }
    let folder = user.folder("pool");
    let mut commands = vec![format!("pool-define-as default dir --target {folder}"), "pool-start default".to_owned()];
    commands.extend(volumes(&files, Connection::Session, |name| user.path(name)));
    let made = commands.len();
    commands.extend(lives(&definitions, |definition| user.path(&file_name(definition))));
    let answers = user.each(&driver, &commands)?;
    answers[..made].iter().cloned().collect::<Result<Vec<_>, _>>()?;
    Ok(assigned(&definitions, &answers[made..]))
}

fn system() -> Result<Answers, Fault> {
    let (definitions, files) = tried(Connection::System)?;
    let here = |name: &str| format!("$FILES/{name}");
    let mut commands = vec![
        format!("net-define {}", here("system-network-default.xml")),
        "net-start default".to_owned(),
        format!("pool-define {}", here("system-storage-default.xml")),
        "pool-start default".to_owned(),
    ];
    commands.extend(volumes(&files, Connection::System, here));
    let made = commands.len();
    commands.extend(lives(&definitions, |definition| here(&file_name(definition))));
    let answers = private_host(&files, &commands)?;
    answers[..made].iter().cloned().collect::<Result<Vec<_>, _>>()?;
    Ok(assigned(&definitions, &answers[made..]))
}

/// The commands that make every guest's disk.
fn volumes(files: &[(String, String)], connection: Connection, path: impl Fn(&str) -> String) -> Vec<String> {
    let prefix = format!("{connection}-storage-");
    let volumes = files.iter().map(|(name, _)| name).filter(|name| name.starts_with(&prefix) && name.contains("qcow2"));
    volumes.map(|name| format!("vol-create default {}", path(name))).collect()
}
