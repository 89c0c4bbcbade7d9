//! What one virsh answers to many commands.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{self, OpenptFlags};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::fault::Fault;

/// How long a command may take. Measured: a few seconds for the slowest, on two busy cores.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How long a command may take that does much: a machine that is emulated on a busy host moves with its disk.
pub const ENDURANCE: Duration = Duration::from_secs(600);

/// What a program prints; nothing if it neither ends nor reports an error for too long, and was ended. `name` is what errors call
/// it.
///
/// # Errors
///
/// When it cannot be run, or fails: with all that it said.
pub fn answer_of(name: &str, mut program: Command, patience: Duration) -> Result<Option<String>, Fault> {
    let (mut said, mut errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    program.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(errors.try_clone()?).process_group(0);
    let Some(status) = watched(program, &errors, patience)? else { return Ok(None) };
    said.rewind()?;
    let said = String::from_utf8_lossy(&everything(said)).into_owned();
    if status.success() {
        return Ok(Some(said));
    }
    errors.rewind()?;
    Err(Fault::Wrong(format!("{name}: {said}{}", String::from_utf8_lossy(&everything(errors)))))
}

/// Runs a program that passes its last argument to virsh: what virsh prints for each command, or the error; only for the
/// commands before one that virsh does not come back from. Saving is one: virsh starts a thread for it, and then
/// waits to be woken by that thread, which may have failed before (`virshWatchJob` runs its `GMainLoop` after the thread has
/// called `g_main_loop_quit`). Seen with libvirt 11.3, once, when a save was refused at once on a busy host.
///
/// # Errors
///
/// When virsh cannot be run, or ends too early.
pub fn answers_to(
    commands: &[String],
    mut program: Command,
    patience: Duration,
) -> Result<Vec<Result<String, String>>, Fault> {
    let marked = commands.iter().map(|command| format!("echo --err BEGIN; echo BEGIN; {command}; "));
    let (said, terminal) = terminal()?;
    let mut errors = tempfile::tempfile()?;
    program.arg(marked.collect::<String>()).stdin(Stdio::null());
    program.stdout(terminal).stderr(errors.try_clone()?).process_group(0);
    let reader = thread::spawn(move || everything(said));
    let ended = watched(program, &errors, patience)?.is_some();
    let said = reader.join().unwrap_or_default();
    errors.rewind()?;
    let errors = String::from_utf8_lossy(&everything(errors)).into_owned();
    let said = String::from_utf8_lossy(&said).into_owned();
    let both = said.split("BEGIN\n").skip(1).zip(errors.split("error: BEGIN\n").skip(1));
    let answer = |(said, error): (&str, &str)| {
        if error.contains("error: ") { Err(error.trim().to_owned()) } else { Ok(said.to_owned()) }
    };
    let mut answers: Vec<_> = both.map(answer).collect();
    if !ended {
        answers.pop();
    } else if answers.len() != commands.len() {
        return Err(Fault::Wrong(format!("virsh answered {} of {} commands: {errors}", answers.len(), commands.len())));
    }
    Ok(answers)
}

/// Runs a program until it ends, or until it has written no error for too long, which includes the marks before each command: how
/// it ended, if it did so by itself.
fn watched(mut program: Command, errors: &File, patience: Duration) -> Result<Option<ExitStatus>, Fault> {
    let mut child = program.spawn().map_err(|error| Fault::Missing(format!("virsh cannot be run: {error}")))?;
    let (mut written, mut since) = (0, Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(Duration::from_millis(10));
        let now = errors.metadata()?.len();
        if now != written {
            (written, since) = (now, Instant::now());
        } else if since.elapsed() > patience {
            // With all that it started: `nsenter` runs virsh as its child.
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            child.wait()?;
            return Ok(None);
        }
    }
}

/// A terminal that passes on what is written as it is, and its other end. A program writes each line to a terminal at once, and
/// to anything else when it has many: they would be lost with a virsh that is killed.
fn terminal() -> Result<(File, File), Fault> {
    let ours = pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    pty::grantpt(&ours)?;
    pty::unlockpt(&ours)?;
    let name = pty::ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let theirs = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
    let mut settings = tcgetattr(&theirs)?;
    settings.make_raw();
    tcsetattr(&theirs, OptionalActions::Now, &settings)?;
    Ok((ours.into(), theirs.into()))
}

/// Everything that can be read; a terminal's end is an error once nobody has it open.
fn everything(mut from: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = from.read_to_end(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A virsh that answers one command, then does something.
    fn answers(then: &str) -> Result<Vec<Result<String, String>>, Fault> {
        let mut program = Command::new("sh");
        let begin = "echo error: BEGIN >&2; echo BEGIN;";
        program.args(["-c", &format!("{begin} echo one; {begin} {then}"), "sh"]);
        let commands = ["first", "second", "third"].map(str::to_owned);
        answers_to(&commands, program, Duration::from_millis(300))
    }

    #[test]
    fn a_command_that_never_ends_is_left_to_be_asked_again() {
        assert_eq!(answers("sleep 60").ok(), Some(vec![Ok("one\n".to_owned())]));
    }

    #[test]
    fn one_answer_has_a_time_limit_and_keeps_what_was_said() {
        let answer = |script: &str| {
            let mut program = Command::new("sh");
            program.args(["-c", script]);
            answer_of("virsh version", program, Duration::from_millis(300))
        };
        let begun = Instant::now();
        assert_eq!(answer("echo half; sleep 60").ok(), Some(None));
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        assert_eq!(answer("echo whole").ok(), Some(Some("whole\n".to_owned())));
        let error = answer("echo one; echo two >&2; exit 1").expect_err("it failed");
        assert_eq!(error.what(), "virsh version: one\ntwo\n");
    }

    #[test]
    fn a_virsh_that_ends_too_early_is_an_error() {
        let error = answers("echo error: gone >&2").expect_err("it answered two of three commands");
        assert!(error.what().contains("2 of 3") && error.what().contains("gone"), "{}", error.what());
    }
}
