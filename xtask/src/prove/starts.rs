//! Every file, as it stands, starts under KVM: paused, with every device that it has; and so does what `cargo xtask tune` makes
//! of the machines that people have. Where KVM runs no code, this is done in a machine in which it does (`.ci/kvm-machine`).

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use domain_definitions::proof::Claim;
use domain_definitions::rules::disagreements;
use domain_definitions::{Connection, Definition, FLOOR, Hypervisor, Since};
use host::prepare::Preparation;
use host::theirs::name;
use host::{Fault, PrivateHost, runs_under_kvm};

use super::answers::{Answers, PREPARATION, Step, job};
use super::golden;
use super::started::{Started, Whose, all};
use super::test_host::TestHost;
use super::trial::{Artifacts, Concurrency, Trial, TrialResult, Words};

/// One trial, with a result for each machine that some words select; none if they select none.
pub fn trial(words: &Words) -> Option<Trial> {
    let machines: Vec<_> = all().into_iter().filter(|machine| words.select(&machine.trial())).collect();
    let names: Vec<_> = machines.iter().map(Started::trial).collect();
    let proves = machines.iter().filter_map(proves).collect();
    let run = move |host: &TestHost, _: &Artifacts| start_all(host, &machines);
    (!names.is_empty()).then(|| Trial {
        names,
        proves,
        root: None,
        concurrency: Concurrency::Alone,
        run: Box::new(run),
    })
}

/// What is proven by a machine that starts, if it is one of our definitions.
fn proves(machine: &Started) -> Option<(Definition, Claim)> {
    machine.ours().map(|definition| (definition, Claim::Starts))
}

fn start_all(host: &TestHost, machines: &[Started]) -> Vec<TrialResult> {
    let begun = Instant::now();
    // The machine with KVM has the releases of one of the roots, which are as new.
    let release = host.release(None).ok();
    let releases = release.and_then(|release| release.numbers).unwrap_or(FLOOR);
    let machines: Vec<_> =
        machines.iter().map(|machine| release.map_or(machine.clone(), |it| machine.on(it))).collect();
    let answers = if host.kvm { here(&machines, releases) } else { in_the_machine(host, &machines, releases) };
    let seconds = begun.elapsed().as_secs();
    let mut results = Vec::new();
    for machine in &machines {
        let answers = answers.as_ref().map_err(Clone::clone);
        let ours = machine.ours();
        // The kernel of the machine with KVM is that of the newest stable Debian.
        let runs = ours.filter(|_| host.kvm).map_or(Ok(()), |definition| runs_under_kvm(&definition));
        let result = runs.and(answers.clone()).and_then(|answers| judge(answers, machine, releases));
        results.push(TrialResult { name: machine.trial(), proves: proves(machine), result, seconds });
        // The recorded command lines are those of the libvirt and QEMU in the machine.
        if let Some(definition) = ours.filter(|_| !host.kvm) {
            let line = answers.and_then(|answers| command_line(answers, machine));
            let result = line.and_then(|line| golden::is_as_before(&host.root, &definition, &line));
            let name = format!("{} is started as before", definition.path());
            results.push(TrialResult { name, proves: None, result, seconds });
        }
    }
    results
}

fn judge(answers: &Answers, machine: &Started, releases: Since) -> Result<(), Fault> {
    for step in Step::ALL {
        let name = step.name();
        let answer = answers.find(machine.connection, &machine.subject());
        let said = answer.and_then(|answer| answer.steps.get(&step));
        let said = said.ok_or_else(|| match answer.and_then(|answer| answer.cut_short.as_deref()) {
            Some(why) => format!("virsh did not come to {name}: {why}"),
            None => format!("virsh was not asked to {name} it; was the host prepared? {}", answers.unprepared()),
        })?;
        let said = said.as_ref().map_err(|said| format!("virsh {name}: {}", said.trim()))?;
        match step {
            Step::State if said.trim() != "paused" => return Err(format!("it is {:?}, not paused", said.trim()).into()),
            Step::Blockers => blocked(machine, said, releases)?,
            _ => {}
        }
    }
    Ok(())
}

/// QEMU can save and move the machine, unless the rules say what is against that (as the header of a file does); then it cannot,
/// for that reason.
fn blocked(machine: &Started, said: &str, releases: Since) -> Result<(), Fault> {
    let answer: serde_json::Value =
        serde_json::from_str(said).map_err(|error| format!("query-migrate: {said}: {error}"))?;
    let reasons = answer["return"]["blocked-reasons"].as_array().cloned().unwrap_or_default();
    let reasons: Vec<_> = reasons.iter().filter_map(|reason| reason.as_str()).collect();
    let wrong = disagreements(&machine.ties(releases)?, releases, &reasons);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ").into()) }
}

fn command_line(answers: &Answers, machine: &Started) -> Result<String, Fault> {
    let answer = answers.find(machine.connection, &machine.subject());
    let lines = answer.map(|answer| golden::command_lines(&answer.log)).unwrap_or_default();
    Ok(lines.into_iter().next().ok_or("libvirt's log has no command line of it")?)
}

/// What is done on a connection: the files that it takes, by name, and the commands, each with what it is about.
#[derive(Default)]
struct Orders<'a> {
    files: Vec<(String, String)>,
    /// For what they prepare the host, or for a machine.
    commands: Vec<(Option<(&'a Started, Step)>, String)>,
}

/// With files where `place` says, the session's pool in one folder, and the disks of the machines that people have in others of
/// another.
fn orders<'a>(
    connection: Connection,
    machines: &'a [Started],
    releases: Since,
    place: impl Fn(&str) -> String,
    [pool, disks]: [&str; 2],
) -> Result<Orders<'a>, Fault> {
    let ours: Vec<_> = machines.iter().filter_map(Started::ours).collect();
    let prepared = Preparation::new(connection, &ours, &place, pool)?;
    let mut orders = Orders { files: prepared.files, ..Orders::default() };
    orders.commands.extend(prepared.commands.into_iter().map(|command| (None, command)));
    let mut steps = Vec::new();
    for machine in machines.iter().filter(|machine| machine.connection == connection) {
        let text = machine.text(disks, releases)?;
        if let Whose::Theirs(theirs) = &machine.whose {
            let made = theirs.here(&machine.folder(disks)).orders_of_images();
            orders.commands.extend(made.into_iter().map(|command| (None, command)));
        }
        let file = format!("{connection}-{}.xml", machine.subject());
        let commands = Step::ALL.map(|step| (Some((machine, step)), step.command(&place(&file), &name(&text))));
        steps.extend(commands);
        orders.files.push((file, text));
    }
    orders.commands.extend(steps);
    Ok(orders)
}

/// On this machine, whose KVM runs code.
fn here(machines: &[Started], releases: Since) -> Result<Answers, Fault> {
    let mut answers = Answers::default();
    for connection in Connection::ALL.iter().copied() {
        let host = PrivateHost::new(None, connection)?;
        let user = host.user(connection);
        let disks = match connection {
            Connection::Session => user.path("disks"),
            Connection::System => IMAGES.to_owned(),
        };
        let place = |name: &str| user.path(name);
        let Orders { files, commands } = orders(connection, machines, releases, place, [&user.path("pool"), &disks])?;
        for (name, text) in &files {
            user.file(name, text)?;
        }
        let asked: Vec<_> = commands.iter().map(|(_, command)| command.clone()).collect();
        for ((about, command), said) in commands.iter().zip(user.each(Hypervisor::Qemu.uri(connection), &asked)?) {
            match (about, said) {
                (Some((machine, step)), said) => {
                    answers.of(connection, &machine.subject()).steps.insert(*step, said);
                }
                (None, Err(said)) => return Err(format!("virsh {command}: {said}").into()),
                (None, Ok(_)) => {}
            }
        }
    }
    Ok(answers)
}

/// Where the system's disks are.
const IMAGES: &str = "/var/lib/libvirt/images";

/// In a machine whose KVM runs code.
fn in_the_machine(host: &TestHost, machines: &[Started], releases: Since) -> Result<Answers, Fault> {
    let machine = host.kvm_machine.as_ref().map_err(|why| Fault::Missing(why.clone()))?;
    let folder = tempfile::tempdir()?;
    let mut jobs = String::new();
    for connection in Connection::ALL.iter().copied() {
        let disks = match connection {
            Connection::Session => "/home/person/disks",
            Connection::System => IMAGES,
        };
        let place = |name: &str| format!("/job/{name}");
        let Orders { files, commands } = orders(connection, machines, releases, place, ["/home/person/pool", disks])?;
        for (name, text) in &files {
            fs::write(folder.path().join(name), text)?;
        }
        for (about, command) in commands {
            let subject = about.map_or(PREPARATION.to_owned(), |(machine, _)| machine.subject());
            jobs.push_str(&job(connection, &subject, &command));
        }
    }
    fs::write(folder.path().join("jobs"), &jobs)?;
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
