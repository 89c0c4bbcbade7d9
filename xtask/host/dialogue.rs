//! One virsh that is asked many things, one after the other: each question may depend on the answer before.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::fault::Fault;

/// What libvirt answers to a command: its message, if it refuses.
pub type Answer = Result<(), String>;

/// A virsh that reads commands from its standard input: a driver takes a while to start, a command less than a millisecond. It
/// ends when this value is dropped.
#[derive(Debug)]
pub struct Dialogue {
    virsh: Child,
    commands: ChildStdin,
    said: Receiver<String>,
    asked: usize,
}

impl Dialogue {
    /// Begins one. `virsh` is the program with its options, but no command.
    ///
    /// # Errors
    ///
    /// When virsh cannot be run.
    pub fn begin(mut virsh: Command) -> Result<Dialogue, Fault> {
        // Its log would be among the answers.
        virsh.env("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null");
        virsh.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        let spawned = thread::spawn(move || {
            on_one_cpu();
            virsh.spawn()
        });
        let spawned = spawned.join().map_err(|_| Fault::Wrong("virsh cannot be run".to_owned()))?;
        let mut virsh = spawned.map_err(|error| Fault::Missing(format!("virsh cannot be run: {error}")))?;
        let (Some(commands), Some(errors)) = (virsh.stdin.take(), virsh.stderr.take()) else {
            return Err(Fault::Wrong("virsh has no standard input".to_owned()));
        };
        let (sender, said) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(errors).split(b'\n').map_while(Result::ok);
            lines.map(|line| String::from_utf8_lossy(&line).into_owned()).try_for_each(|line| sender.send(line))
        });
        Ok(Dialogue { virsh, commands, said, asked: 0 })
    }

    /// Asks one thing. After an error, this virsh is not to be asked again: it may answer late.
    ///
    /// # Errors
    ///
    /// When virsh does not come back in time, and is ended, or has ended by itself.
    pub fn ask(&mut self, command: &str, patience: Duration) -> Result<Answer, Fault> {
        self.asked += 1;
        let end = format!("error: END {}", self.asked);
        let written = self.commands.write_all(format!("{command}\necho --err END {}\n", self.asked).as_bytes());
        let (begun, mut lines) = (Instant::now(), Vec::new());
        loop {
            match self.said.recv_timeout(patience.saturating_sub(begun.elapsed())) {
                Ok(line) if line == end => return Ok(answer(&lines)),
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Timeout) => {
                    self.end();
                    let seconds = patience.as_secs_f32();
                    return Err(Fault::Wrong(format!("virsh did not come back within {seconds} s, and was ended")));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let why = written.err().map(|error| format!(" ({error})")).unwrap_or_default();
                    return Err(Fault::Wrong(format!("virsh has ended{why}: {}", lines.join("; "))));
                }
            }
        }
    }

    /// Ends virsh, with all that it started.
    fn end(&mut self) {
        if let Ok(None) = self.virsh.try_wait() {
            let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.virsh.id())]).status();
        }
        let _ = self.virsh.wait();
    }
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        self.end();
    }
}

/// What some lines say, without virsh's own first sentence (`Failed to define domain from FILE`). An error may be longer than a
/// line.
fn answer(lines: &[String]) -> Answer {
    let errors = lines.iter().skip_while(|line| !line.starts_with("error: ")).filter(|line| !line.is_empty());
    let mut errors: Vec<_> = errors.map(|line| line.strip_prefix("error: ").unwrap_or(line)).collect();
    if errors.len() > 1 && errors[0].starts_with("Failed to ") {
        errors.remove(0);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n").trim_end().to_owned()) }
}

/// Keeps this thread, and what it starts, on the first of its CPUs. libvirt keeps what it found out about QEMU only as long as
/// the host's CPU is the same, and each of them has a number of its own (`virQEMUCapsIsValid`: "host cpuid changed"), so that it
/// would often ask QEMU again, which takes seconds.
fn on_one_cpu() {
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let mut one = CpuSet::new();
    if let Some(first) = (0..CpuSet::MAX_CPU).find(|cpu| allowed.is_set(*cpu)) {
        one.set(first);
        // Where it is not allowed, libvirt is slower.
        let _ = sched_setaffinity(None, &one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A virsh that is a shell, in which `echo --err` prints errors as virsh's does.
    fn shell() -> Dialogue {
        let mut program = Command::new("sh");
        let echo = r#"echo() { shift; printf 'error: %s\n' "$*" >&2; }"#;
        program.args(["-c", &format!("{echo}; while read -r line; do eval \"$line\"; done")]);
        Dialogue::begin(program).unwrap()
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn each_question_has_its_answer() {
        let mut shell = shell();
        assert_eq!(shell.ask("true", LONG).unwrap(), Ok(()));
        let both = "echo --err Failed to define it; echo --err no such thing";
        assert_eq!(shell.ask(both, LONG).unwrap(), Err("no such thing".to_owned()));
        assert_eq!(shell.ask("true", LONG).unwrap(), Ok(()));
        assert_eq!(shell.ask("echo --err two; printf 'lines\\n\\n' >&2", LONG).unwrap(), Err("two\nlines".to_owned()));
    }

    #[test]
    fn what_never_answers_is_ended() {
        let mut shell = shell();
        let begun = Instant::now();
        let error = shell.ask("sleep 600", Duration::from_millis(200)).unwrap_err();
        assert!(error.what().contains("did not come back within 0.2 s"), "{}", error.what());
        assert!(begun.elapsed() < LONG && shell.virsh.try_wait().unwrap().is_some());
    }

    #[test]
    fn what_ends_by_itself_is_an_error() {
        let error = shell().ask("echo --err gone; exit", LONG).unwrap_err();
        assert!(error.what().contains("has ended") && error.what().contains("gone"), "{}", error.what());
    }
}
