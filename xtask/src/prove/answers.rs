//! What virsh answers about the machines that are started under KVM.

use std::collections::BTreeMap;

use domain_definitions::Connection;

/// A command about a machine, in the order in which they are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Defines it from its file.
    Define,
    /// Starts it paused.
    Start,
    /// Asks for its state.
    State,
    /// Asks QEMU what keeps it from being saved and moved.
    Blockers,
    /// Ends it.
    Destroy,
    /// Removes it.
    Undefine,
}

impl Step {
    /// All of them.
    pub const ALL: [Step; 6] = [Step::Define, Step::Start, Step::State, Step::Blockers, Step::Destroy, Step::Undefine];

    /// virsh's name of the command.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Step::Define => "define",
            Step::Start => "start",
            Step::State => "domstate",
            Step::Blockers => "qemu-monitor-command",
            Step::Destroy => "destroy",
            Step::Undefine => "undefine",
        }
    }

    /// The command for a machine of a name, whose definition is in a file.
    #[must_use]
    pub fn command(self, file: &str, machine: &str) -> String {
        let name = self.name();
        match self {
            Step::Define => format!("{name} --validate {file}"),
            Step::Start => format!("{name} --paused {machine}"),
            Step::State | Step::Destroy => format!("{name} {machine}"),
            Step::Blockers => format!("{name} {machine} '{{\"execute\":\"query-migrate\"}}'"),
            Step::Undefine => format!("{name} --nvram {machine}"),
        }
    }
}

/// The subject of the commands that prepare a host, in the list for `.ci/in-kvm-machine`.
pub const PREPARATION: &str = "prepare";

/// A line of the list for `.ci/in-kvm-machine`.
#[must_use]
pub fn job(connection: Connection, subject: &str, command: &str) -> String {
    format!("{connection} {subject} {command}\n")
}

/// What virsh answered about one machine.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// What it printed for each command, or its error.
    pub steps: BTreeMap<Step, Result<String, String>>,
    /// QEMU's log.
    pub log: String,
    /// Why virsh was ended before it had answered.
    pub cut_short: Option<String>,
}

/// What virsh answered about all machines.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// By connection and subject.
    machines: BTreeMap<String, Answer>,
    /// What went wrong before the first machine.
    unprepared: Vec<String>,
}

impl Answers {
    /// The answer about a machine of a connection.
    pub fn of(&mut self, connection: Connection, subject: &str) -> &mut Answer {
        self.machines.entry(format!("{connection}/{subject}")).or_default()
    }

    /// The answer about a machine of a connection, if there is one.
    #[must_use]
    pub fn find(&self, connection: Connection, subject: &str) -> Option<&Answer> {
        self.machines.get(&format!("{connection}/{subject}"))
    }

    /// What went wrong before the first machine.
    #[must_use]
    pub fn unprepared(&self) -> String {
        self.unprepared.join("; ")
    }

    /// Reads what `.ci/in-kvm-machine` prints.
    #[must_use]
    pub fn parse(said: &str) -> Answers {
        let mut answers = Answers::default();
        for block in format!("\n{said}").split("\n@@ ").skip(1) {
            let (first, rest) = block.split_once('\n').unwrap_or((block, ""));
            if let [subject, word, outcome] = first.split(' ').collect::<Vec<_>>()[..] {
                answers.add(subject, word, if outcome == "0" { Ok(rest.to_owned()) } else { Err(rest.to_owned()) });
            }
        }
        answers
    }

    fn add(&mut self, subject: &str, word: &str, said: Result<String, String>) {
        if word == "seconds" {
            return;
        }
        if subject.ends_with(&format!("/{PREPARATION}")) {
            self.unprepared.extend(said.err().map(|said| format!("{word}: {}", said.trim())));
        } else if let Some(step) = Step::ALL.into_iter().find(|step| step.name() == word) {
            self.machines.entry(subject.to_owned()).or_default().steps.insert(step, said);
        } else {
            let answer = self.machines.entry(subject.to_owned()).or_default();
            match said {
                Ok(log) => answer.log = log,
                Err(said) => answer.cut_short = Some(said.trim().to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_prints_is_read() {
        let said = "@@ session/prepare pool-start 1\nerror: no folder\n\n@@ session/linux define 0\nDomain defined\n\
                    @@ session/linux start 1\nerror: no firmware\n@@ session/linux too-long 1\nerror: no answer after 180 s\n\
                    @@ session/linux log 0\n-name guest\n\n@@ session/linux seconds 181\n@@ session/prepare seconds 3\n@@ done\n";
        let answers = Answers::parse(said);
        assert_eq!(answers.unprepared(), "pool-start: error: no folder");
        let answer = answers.find(Connection::Session, "linux").unwrap();
        assert_eq!(answer.steps[&Step::Define], Ok("Domain defined".to_owned()));
        assert_eq!(answer.steps[&Step::Start], Err("error: no firmware".to_owned()));
        assert_eq!(answer.steps.len(), 2);
        assert_eq!(answer.log, "-name guest\n");
        assert_eq!(answer.cut_short.as_deref(), Some("error: no answer after 180 s"));
        assert!(answers.find(Connection::System, "linux").is_none());
    }

    #[test]
    fn the_name_of_a_step_is_the_first_word_of_its_command() {
        for step in Step::ALL {
            assert_eq!(step.command("file.xml", "Linux").split(' ').next(), Some(step.name()));
        }
    }
}
