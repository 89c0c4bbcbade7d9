//! Every file, as it stands, starts under KVM: paused, with every device that it has. Where KVM runs no code, this is done
//! in a machine in which it does (`.ci/kvm-machine`).

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use domain_definitions::proof::Claim;
use domain_definitions::rules::disagreements;
use domain_definitions::{Connection, Definition, FLOOR, Hypervisor, Since};
use host::prepare::{Preparation, file_name};
use host::{Fault, PrivateHost, definitions, is_started, runs_under_kvm};

use super::answers::{Answers, Step, job};
use super::golden;
use super::test_host::TestHost;
use super::trial::{Artifacts, Concurrency, Trial, TrialResult, Words};

/// One trial, with a result for each file that some words select; none if they select no file.
pub fn trial(words: &Words) -> Option<Trial> {
    let definitions = definitions().filter(is_started);
    let definitions: Vec<_> = definitions.filter(|definition| words.select(&name(definition))).collect();
    let names: Vec<_> = definitions.iter().map(name).collect();
    let run = move |host: &TestHost, _: &Artifacts| start_all(host, &definitions);
    (!names.is_empty()).then(|| Trial { names, root: None, concurrency: Concurrency::Alone, run: Box::new(run) })
}

fn name(definition: &Definition) -> String {
    format!("{} starts under KVM", definition.path())
}

fn start_all(host: &TestHost, definitions: &[Definition]) -> Vec<TrialResult> {
    let begun = Instant::now();
    let answers = if host.kvm { here(definitions) } else { in_the_machine(host, definitions) };
    let seconds = begun.elapsed().as_secs();
    // The machine with KVM has the releases of one of the roots, which are as new.
    let releases = host.release(None).ok().and_then(|release| release.numbers).unwrap_or(FLOOR);
    let mut results = Vec::new();
    for definition in definitions {
        let answers = answers.as_ref().map_err(Clone::clone);
        // The kernel of the machine with KVM is that of the newest stable Debian.
        let runs = if host.kvm { runs_under_kvm(definition) } else { Ok(()) };
        let result = runs.and(answers.clone()).and_then(|answers| judge(answers, definition, releases));
        results.push(TrialResult {
            name: name(definition),
            proves: Some((*definition, Claim::Starts)),
            result,
            seconds,
        });
        // The recorded command lines are those of the libvirt and QEMU in the machine.
        if !host.kvm {
            let line = answers.and_then(|answers| command_line(answers, definition));
            let result = line.and_then(|line| golden::is_as_before(&host.root, definition, &line));
            let name = format!("{} is started as before", definition.path());
            results.push(TrialResult { name, proves: None, result, seconds });
        }
    }
    results
}

fn judge(answers: &Answers, definition: &Definition, releases: Since) -> Result<(), Fault> {
    for step in Step::ALL {
        let name = step.name();
        let said = answers.find(definition).and_then(|answer| answer.steps.get(&step));
        let said = said.ok_or_else(|| {
            format!("virsh was not asked to {name} it; was the host prepared? {}", answers.unprepared())
        })?;
        let said = said.as_ref().map_err(|said| format!("virsh {name}: {}", said.trim()))?;
        match step {
            Step::State if said.trim() != "paused" => return Err(format!("it is {:?}, not paused", said.trim()).into()),
            Step::Blockers => blocked(definition, said, releases)?,
            _ => {}
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
    let wrong = disagreements(&definition.ties()?, releases, &reasons);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ").into()) }
}

fn command_line(answers: &Answers, definition: &Definition) -> Result<String, Fault> {
    let lines = answers.find(definition).map(|answer| golden::command_lines(&answer.log)).unwrap_or_default();
    Ok(lines.into_iter().next().ok_or("libvirt's log has no command line of it")?)
}

/// The commands about the definitions on a connection.
fn commands<'a>(
    connection: Connection,
    definitions: &'a [Definition],
    place: impl Fn(&str) -> String + 'a,
) -> impl Iterator<Item = (&'a Definition, Step, String)> {
    let definitions = definitions.iter().filter(move |definition| definition.connection == connection);
    definitions.flat_map(move |definition| {
        let file = place(&file_name(&definition.path()));
        Step::ALL.map(|step| (definition, step, step.command(&file, definition.guest.name)))
    })
}

/// On this machine, whose KVM runs code.
fn here(definitions: &[Definition]) -> Result<Answers, Fault> {
    let mut answers = Answers::default();
    for connection in Connection::ALL.iter().copied() {
        let host = PrivateHost::new(None, connection)?;
        let user = host.user(connection);
        for definition in definitions {
            user.file(&file_name(&definition.path()), &definition.xml()?)?;
        }
        user.prepare(connection, definitions)?;
        let commands: Vec<_> = commands(connection, definitions, |name| user.path(name)).collect();
        let asked: Vec<_> = commands.iter().map(|(_, _, command)| command.clone()).collect();
        for ((definition, step, _), said) in commands.iter().zip(user.each(Hypervisor::Qemu.uri(connection), &asked)?) {
            answers.of(definition).steps.insert(*step, said);
        }
    }
    Ok(answers)
}

/// In a machine whose KVM runs code.
fn in_the_machine(host: &TestHost, definitions: &[Definition]) -> Result<Answers, Fault> {
    let machine = host.kvm_machine.as_ref().map_err(|why| Fault::Missing(why.clone()))?;
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text);
    for definition in definitions {
        write(&file_name(&definition.path()), &definition.xml()?)?;
    }
    let mut jobs = String::new();
    let place = |name: &str| format!("/job/{name}");
    for connection in Connection::ALL.iter().copied() {
        let prepared = Preparation::new(connection, definitions, place, "/home/person/pool")?;
        for (name, text) in &prepared.files {
            write(name, text)?;
        }
        jobs.extend(prepared.commands.iter().map(|command| job(connection, None, command)));
        let commands = commands(connection, definitions, place);
        jobs.extend(commands.map(|(definition, _, command)| job(connection, Some(definition), &command)));
    }
    write("jobs", &jobs)?;
    let mut program = Command::new(host.root.join(".ci/in-kvm-machine"));
    program.arg(machine.parent().unwrap_or(machine)).arg(folder.path()).stdin(Stdio::null());
    let output = program.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    // What was answered before it failed counts.
    if said.trim().is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(Answers::parse(&said))
}
