//! Every file, as it stands, starts under KVM: paused, with every device that it has. Where KVM runs no code, in a machine in
//! which it does (`.ci/kvm-machine`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use domain_definitions::proof::Claim;
use domain_definitions::rules::disagreements;
use domain_definitions::{BOTH, Connection, Definition, FLOOR, Since, documents};
use host::{Fault, PrivateHost, definitions};

use super::ground::Ground;
use super::{Beside, Ended, Trial, golden};

/// What the trial is called.
pub const NAME: &str = "every file starts under KVM";

/// What is done with each machine, in this order; the first word of each names it in the answers.
const STEPS: [&str; 6] = [
    "define --validate {file}",
    "start --paused {name}",
    "domstate {name}",
    "qemu-monitor-command {name} '{\"execute\":\"query-migrate\"}'",
    "destroy {name}",
    "undefine --nvram {name}",
];

/// Answers by subject (a file's path without its ending, or what was prepared) and step: whether it went well, and what was
/// said.
type Answers = BTreeMap<(String, String), (bool, String)>;

/// The one trial, with a result for each file.
pub fn trials(ground: &Ground) -> Vec<Trial> {
    let (kvm, machine, root) = (ground.kvm, ground.kvm_machine.clone(), ground.root.clone());
    // The machine with KVM has the releases of one of the roots, which are as new.
    let releases = ground.releases.first().and_then(|release| release.numbers).unwrap_or(FLOOR);
    let name = NAME.to_owned();
    let run = move |_: &super::Kept| {
        let begun = Instant::now();
        let answers = if kvm { here() } else { in_the_machine(&machine, &root) };
        let seconds = begun.elapsed().as_secs();
        let mut ended = Vec::new();
        for definition in definitions() {
            let path = definition.path();
            let result =
                answers.as_ref().map_err(Clone::clone).and_then(|answers| judge(answers, &definition, releases));
            let name = format!("{path} starts under KVM");
            ended.push(Ended { name, proves: Some((definition, Claim::Starts)), result: result.clone(), seconds });
            // The command line of another libvirt and QEMU is another.
            if !kvm {
                let line =
                    answers.as_ref().map_err(Clone::clone).and_then(|answers| command_line(answers, &definition));
                let result = line.and_then(|line| golden::is_as_before(&root, &definition, &line));
                ended.push(Ended { name: format!("{path} is started as before"), proves: None, result, seconds });
            }
        }
        ended
    };
    let beside = if kvm { Beside::All } else { Beside::Nothing };
    vec![Trial { name, beside, run: Box::new(run) }]
}

fn subject(definition: &Definition) -> String {
    definition.path().trim_end_matches(".xml").to_owned()
}

fn judge(answers: &Answers, definition: &Definition, releases: Since) -> Result<(), Fault> {
    let subject = subject(definition);
    for step in STEPS {
        let step = step.split(' ').next().unwrap_or_default();
        match answers.get(&(subject.clone(), step.to_owned())) {
            None => {
                return Err(Fault::Wrong(format!(
                    "virsh was not asked to {step} it; was the host prepared? {}",
                    prepared(answers)
                )));
            }
            Some((false, said)) => return Err(Fault::Wrong(format!("virsh {step}: {}", said.trim()))),
            Some((true, said)) if step == "domstate" && said.trim() != "paused" => {
                return Err(Fault::Wrong(format!("it is {:?}, not paused", said.trim())));
            }
            Some((true, said)) if step == "qemu-monitor-command" => blocked(definition, said, releases)?,
            Some(_) => {}
        }
    }
    Ok(())
}

/// QEMU can save and move the machine, unless its header says what is against that; then it cannot, for that reason.
fn blocked(definition: &Definition, said: &str, releases: Since) -> Result<(), Fault> {
    let answer: serde_json::Value =
        serde_json::from_str(said).map_err(|error| format!("query-migrate: {said}: {error}"))?;
    let reasons = answer["return"]["blocked-reasons"].as_array().cloned().unwrap_or_default();
    let reasons: Vec<_> = reasons.iter().filter_map(|reason| reason.as_str()).collect();
    let ties = definition.ties().map_err(|error| error.to_string())?;
    let wrong = disagreements(&ties, releases, &reasons);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ").into()) }
}

/// What went wrong before the first machine.
fn prepared(answers: &Answers) -> String {
    let faults = answers.iter().filter(|((subject, _), (good, _))| subject.ends_with("/prepare") && !good);
    faults.map(|((_, step), (_, said))| format!("{step}: {}", said.trim())).collect::<Vec<_>>().join("; ")
}

fn command_line(answers: &Answers, definition: &Definition) -> Result<String, Fault> {
    let log = answers.get(&(subject(definition), "log".to_owned())).map_or("", |(_, log)| log);
    let lines = golden::command_lines(log).into_iter().next();
    lines.ok_or_else(|| Fault::Wrong("libvirt's log has no command line of it".to_owned()))
}

/// The commands for a connection: what is prepared, then each machine's, with the subject of each.
fn commands(connection: Connection, folder: &str, pool: &str) -> Result<Vec<(String, String)>, Fault> {
    let documents = documents::all().map_err(|error| error.to_string())?;
    let file = |path: &str| format!("{folder}/{}", path.replace('/', "-"));
    let mut prepare = match connection {
        Connection::Session => vec![format!("pool-define-as default dir --target {pool}")],
        Connection::System => vec![
            format!("net-define {}", file("system/network/default.xml")),
            "net-start default".to_owned(),
            format!("pool-define {}", file("system/storage/default.xml")),
        ],
    };
    prepare.push("pool-start default".to_owned());
    let volumes = documents.iter().filter(|document| document.path.starts_with(&format!("{connection}/storage/")));
    let volumes = volumes.filter(|document| document.bare.starts_with("<volume"));
    prepare.extend(volumes.map(|document| format!("vol-create default {}", file(&document.path))));
    let mut commands: Vec<_> = prepare.into_iter().map(|command| (format!("{connection}/prepare"), command)).collect();
    for definition in definitions().filter(|definition| definition.connection == connection) {
        for step in STEPS {
            let command = step.replace("{file}", &file(&definition.path())).replace("{name}", definition.guest.name);
            commands.push((subject(&definition), command));
        }
    }
    Ok(commands)
}

/// Every file that the commands name.
fn files() -> Result<Vec<(String, String)>, Fault> {
    let mut files = Vec::new();
    for definition in definitions() {
        files.push((definition.path().replace('/', "-"), definition.xml().map_err(|error| error.to_string())?));
    }
    let documents = documents::all().map_err(|error| error.to_string())?;
    files.extend(documents.into_iter().map(|document| (document.path.replace('/', "-"), document.text)));
    Ok(files)
}

/// On this machine, whose KVM runs code.
fn here() -> Result<Answers, Fault> {
    let mut answers = Answers::new();
    for connection in BOTH.iter().copied() {
        let host = PrivateHost::new(None, connection)?;
        let user = host.user(connection);
        for (name, text) in files()? {
            let _ = user.file(&name, &text);
        }
        let folder = user.path("");
        let commands = commands(connection, folder.trim_end_matches('/'), &user.folder("pool"))?;
        let asked: Vec<_> = commands.iter().map(|(_, command)| command.clone()).collect();
        for ((subject, command), answer) in commands.into_iter().zip(user.each(connection.uri(), &asked)?) {
            let step = command.split(' ').next().unwrap_or_default().to_owned();
            answers.insert((subject, step), (answer.is_ok(), answer.unwrap_or_else(|said| said)));
        }
    }
    Ok(answers)
}

/// In a machine whose KVM runs code.
fn in_the_machine(machine: &Result<std::path::PathBuf, String>, root: &Path) -> Result<Answers, Fault> {
    let machine = machine.as_ref().map_err(|why| Fault::Missing(why.clone()))?;
    let wrong = |error: std::io::Error| Fault::Wrong(format!("the job for the machine with KVM: {error}"));
    let job = tempfile::tempdir().map_err(wrong)?;
    for (name, text) in files()? {
        fs::write(job.path().join(name), text).map_err(wrong)?;
    }
    let mut jobs = String::new();
    for connection in BOTH.iter().copied() {
        for (subject, command) in commands(connection, "/job", "/home/person/pool")? {
            let subject = subject.trim_start_matches(connection.name()).trim_start_matches('/');
            writeln!(jobs, "{connection} {subject} {command}").unwrap_or_default();
        }
    }
    fs::write(job.path().join("jobs"), jobs).map_err(wrong)?;
    let mut program = Command::new(root.join(".ci/in-kvm-machine"));
    program.arg(machine.parent().unwrap_or(machine)).arg(job.path()).stdin(Stdio::null());
    let output = program.output().map_err(wrong)?;
    let answers = parsed(&String::from_utf8_lossy(&output.stdout));
    // What was answered before it ended counts.
    if answers.is_empty() {
        return Err(Fault::Wrong(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(answers)
}

/// What the machine answered: lines `@@ SUBJECT STEP OUTCOME`, each with what was said behind it.
fn parsed(said: &str) -> Answers {
    let mut answers = Answers::new();
    for answer in format!("\n{said}").split("\n@@ ").skip(1) {
        let (first, rest) = answer.split_once('\n').unwrap_or((answer, ""));
        if let [subject, step, outcome] = first.split(' ').collect::<Vec<_>>()[..] {
            answers.insert((subject.to_owned(), step.to_owned()), (outcome == "0", rest.to_owned()));
        }
    }
    answers
}
