//! A machine of one of our definitions, on a real hypervisor: what `virsh` does with it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain_definitions::domain::{ChannelName, FirmwareFeatureName, YesNo};
use domain_definitions::{Definition, Report};
use host::{Fault, User};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use serde_json::{Value, json};

use super::pulse::Pulse;
use super::stage::Service;
use super::words::{INSTALL, INSTALLED, REPORT, TELL};

/// How long a guest may take to start, emulated on two busy cores. Measured: 20 to 50 s.
const BOOT: Duration = Duration::from_secs(90);
/// How long it may take with Secure Boot, for which the firmware stops all CPUs at each step. Measured: 40 to 90 s.
const SECURE_BOOT: Duration = Duration::from_secs(180);
/// How long it may take for anything else.
const ANSWER: Duration = Duration::from_secs(120);

/// A machine, defined or about to be.
pub struct Machine<'a> {
    user: &'a User,
    service: &'a Service,
    uri: String,
    /// What libvirt calls it.
    pub name: &'static str,
    talk: Talk,
    /// How long its guest may take to start.
    patience: Duration,
}

/// How one speaks with the guest.
enum Talk {
    /// On its text console; what it prints comes line by line.
    Console(Option<Line>),
    /// Through its agent.
    Agent,
    /// Not at all: it reports over the network.
    Network,
}

/// A console that is open.
struct Line {
    input: File,
    output: Receiver<String>,
}

impl<'a> Machine<'a> {
    /// A user's machine, and the service that its guest talks to.
    ///
    /// # Errors
    ///
    /// When nothing leads into a guest of this definition.
    pub fn new(user: &'a User, definition: &Definition, service: &'a Service) -> Result<Machine<'a>, Fault> {
        let talk = talk(definition)
            .ok_or_else(|| Fault::Missing("this machine has nothing to ask its guest by".to_owned()))?;
        let patience = if has_secure_boot(definition) { SECURE_BOOT } else { BOOT };
        let (uri, name) = (definition.uri().to_owned(), definition.guest.name);
        Ok(Machine { user, service, uri, name, talk, patience })
    }

    /// What virsh says to a command about this machine, in which `{}` stands for its name.
    ///
    /// # Errors
    ///
    /// What libvirt says against it.
    pub fn virsh(&self, command: &str) -> Result<String, Fault> {
        self.user.virsh(&self.uri, &command.replace("{}", self.name))
    }

    /// Starts it. A console is opened before the machine runs, so that nothing it prints is lost.
    ///
    /// # Errors
    ///
    /// What libvirt says against it.
    pub fn start(&mut self) -> Result<(), Fault> {
        self.virsh("start --paused {}")?;
        self.open()?;
        self.virsh("resume {}")?;
        Ok(())
    }

    /// Opens the console of a machine that has begun to exist, if it has one.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn open(&mut self) -> Result<(), Fault> {
        if let Talk::Console(line) = &mut self.talk {
            let path = self.user.virsh(&self.uri, &format!("ttyconsole {}", self.name))?;
            *line = Some(Line::open(Path::new(path.trim())).map_err(|error| format!("{}: {error}", path.trim()))?);
        }
        Ok(())
    }

    /// Waits until its guest is up: what that saw.
    ///
    /// # Errors
    ///
    /// When it does not come up in time.
    pub fn up(&self) -> Result<Report, Fault> {
        let (begun, mut pulse) = (Instant::now(), Pulse::of(self.user));
        loop {
            let said = match &self.talk {
                Talk::Console(line) => {
                    heard(line.as_ref(), REPORT, Pulse::SPAN, "start").and_then(|said| parsed(&said))
                }
                Talk::Agent => self.report(),
                Talk::Network => self.reported(Pulse::SPAN),
            };
            let Err(Fault::Wrong(why)) = said else { return said };
            if let Some(stopped) = pulse.stopped() {
                return Err(Fault::Wrong(format!("{stopped}, {} s after it began: {why}", begun.elapsed().as_secs())));
            }
            if begun.elapsed() > self.patience {
                return Err(Fault::Wrong(format!("its guest did not start in {:?}: {why}", self.patience)));
            }
            thread::sleep(Duration::from_secs(1));
        }
    }

    /// What its guest sees now.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn report(&self) -> Result<Report, Fault> {
        match &self.talk {
            Talk::Console(_) => self.ask(TELL, REPORT).and_then(|said| parsed(&said)),
            Talk::Agent => parsed(&self.read("/run/report.json")?),
            Talk::Network => {
                let _before = self.service.take_report();
                self.reported(ANSWER)
            }
        }
    }

    /// Waits until it has reported over the network.
    fn reported(&self, patience: Duration) -> Result<Report, Fault> {
        let begun = Instant::now();
        loop {
            match self.service.take_report() {
                Some(report) => return parsed(&report),
                None if begun.elapsed() > patience => {
                    return Err(Fault::Wrong(format!("its guest sent no report over the network in {patience:?}")));
                }
                None => thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    /// Has its guest install itself on the disk.
    ///
    /// # Errors
    ///
    /// When it does not say that it has.
    pub fn install(&self) -> Result<(), Fault> {
        match &self.talk {
            Talk::Console(_) => self.begin_install().and_then(|()| self.installed()),
            Talk::Agent => {
                let begun = self.agent(&json!({"execute": "guest-exec", "arguments":
                    {"path": "/init", "arg": [INSTALL], "capture-output": true}}))?;
                let status = json!({"execute": "guest-exec-status", "arguments": {"pid": begun["pid"]}});
                let since = Instant::now();
                loop {
                    let now = self.agent(&status)?;
                    if now["exited"] == true {
                        let said = BASE64_STANDARD.decode(now["out-data"].as_str().unwrap_or_default());
                        let said = String::from_utf8_lossy(&said.unwrap_or_default()).into_owned();
                        return if said.contains(INSTALLED) { Ok(()) } else { Err(format!("{now}: {said}").into()) };
                    }
                    if since.elapsed() > ANSWER {
                        return Err(Fault::Wrong("its guest did not install itself in time".to_owned()));
                    }
                    thread::sleep(Duration::from_secs(1));
                }
            }
            Talk::Network => Err(Fault::Missing("nothing tells this guest to install itself".to_owned())),
        }
    }

    /// Tells its guest, on its console, to install itself.
    ///
    /// # Errors
    ///
    /// When there is no console.
    pub fn begin_install(&self) -> Result<(), Fault> {
        self.say(INSTALL).map(drop)
    }

    /// Waits until its guest says, on its console, that it has installed itself.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub fn installed(&self) -> Result<(), Fault> {
        heard(self.line(), INSTALLED, ANSWER, "install itself").map(drop)
    }

    /// Waits until a command of virsh's says something.
    ///
    /// # Errors
    ///
    /// When it does not in time.
    pub fn waits_for(&self, command: &str, what: impl Fn(&str) -> bool) -> Result<String, Fault> {
        let begun = Instant::now();
        loop {
            let said = self.virsh(command)?;
            if what(&said) {
                return Ok(said);
            }
            if begun.elapsed() > ANSWER {
                return Err(Fault::Wrong(format!("after {ANSWER:?}, {command} says {said:?}")));
            }
            thread::sleep(Duration::from_millis(500));
        }
    }

    /// What the agent answers.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub fn agent(&self, question: &Value) -> Result<Value, Fault> {
        let output =
            self.program("virsh", &["qemu-agent-command", self.name, "--timeout", "20", &question.to_string()])?;
        let answer: Value = serde_json::from_str(&output).map_err(|error| format!("{question}: {output}: {error}"))?;
        Ok(answer["return"].clone())
    }

    /// Waits until it is off.
    ///
    /// # Errors
    ///
    /// When it is not in time.
    pub fn off(&mut self) -> Result<(), Fault> {
        self.waits_for("domstate {}", |state| state.trim() == "shut off")?;
        if let Talk::Console(line) = &mut self.talk {
            *line = None;
        }
        Ok(())
    }

    /// What a program of the user's prints, which finds the machine's connection in its environment.
    ///
    /// # Errors
    ///
    /// When it fails.
    pub fn program(&self, program: &str, arguments: &[&str]) -> Result<String, Fault> {
        let mut command = self.user.command(program);
        command.env("LIBVIRT_DEFAULT_URI", &self.uri).args(arguments);
        printed(&mut command)
    }

    fn line(&self) -> Option<&Line> {
        match &self.talk {
            Talk::Console(line) => line.as_ref(),
            Talk::Agent | Talk::Network => None,
        }
    }

    /// Says something on the console, on which nothing unheard is left then.
    fn say(&self, word: &str) -> Result<&Line, Fault> {
        let line = self.line().ok_or_else(|| "its console is not open".to_owned())?;
        while line.output.try_recv().is_ok() {}
        let mut input = &line.input;
        input.write_all(format!("{word}\n").as_bytes()).map_err(|error| format!("its console: {error}"))?;
        Ok(line)
    }

    fn ask(&self, question: &str, answer: &str) -> Result<String, Fault> {
        heard(Some(self.say(question)?), answer, ANSWER, question)
    }

    /// A file in the guest.
    fn read(&self, path: &str) -> Result<String, Fault> {
        let handle = self.agent(&json!({"execute": "guest-file-open", "arguments": {"path": path}}))?;
        let read = json!({"execute": "guest-file-read", "arguments": {"handle": handle, "count": 1 << 20}});
        let text = self.agent(&read);
        self.agent(&json!({"execute": "guest-file-close", "arguments": {"handle": handle}}))?;
        let text = BASE64_STANDARD.decode(text?["buf-b64"].as_str().unwrap_or_default());
        let text = text.map_err(|error| format!("{path} of the guest: {error}"))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

impl Line {
    fn open(path: &Path) -> std::io::Result<Line> {
        let input = OpenOptions::new().read(true).write(true).open(path)?;
        let mut settings = tcgetattr(input.as_fd())?;
        settings.make_raw();
        tcsetattr(input.as_fd(), OptionalActions::Now, &settings)?;
        let (sender, output) = channel();
        let reader = BufReader::new(input.try_clone()?);
        // Ends when the machine does, or when nobody listens any more.
        thread::spawn(move || {
            for line in reader.split(b'\n') {
                let Ok(line) = line else { return };
                if sender.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                    return;
                }
            }
        });
        Ok(Line { input, output })
    }
}

/// Waits for a line that begins in a certain way: what follows.
fn heard(line: Option<&Line>, beginning: &str, patience: Duration, what: &str) -> Result<String, Fault> {
    let line = line.ok_or_else(|| "its console is not open".to_owned())?;
    let end = Instant::now() + patience;
    let mut last = Vec::new();
    loop {
        match line.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(said) => match said.find(beginning) {
                Some(at) => return Ok(said[at + beginning.len()..].to_owned()),
                None => last.push(said),
            },
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                let last = last[last.len().saturating_sub(10)..].join("\n");
                return Err(Fault::Wrong(format!("its guest did not {what} in {patience:?}; last it said: {last}")));
            }
        }
    }
}

fn parsed(report: &str) -> Result<Report, Fault> {
    Ok(serde_json::from_str(report).map_err(|error| format!("the guest's report {report:?}: {error}"))?)
}

/// What a program prints, or an error with what it said.
///
/// # Errors
///
/// When it fails.
pub fn printed(command: &mut Command) -> Result<String, Fault> {
    let output = command.output().map_err(|error| Fault::Missing(format!("{command:?} cannot be run: {error}")))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    Err(Fault::Wrong(format!("{}: {said}{}", words.join(" "), String::from_utf8_lossy(&output.stderr))))
}

/// Which way leads into a definition's guest.
fn talk(definition: &Definition) -> Option<Talk> {
    let devices = definition.domain().devices;
    if !devices.consoles.is_empty() {
        Some(Talk::Console(None))
    } else if devices.channels.iter().any(|channel| channel.target.name == ChannelName::GuestAgent) {
        Some(Talk::Agent)
    } else {
        (!devices.interfaces.is_empty()).then_some(Talk::Network)
    }
}

/// Whether a definition's firmware verifies what it starts.
#[must_use]
pub fn has_secure_boot(definition: &Definition) -> bool {
    let firmware = definition.domain().os.and_then(|os| os.firmware);
    let mut features = firmware.iter().flat_map(|firmware| &firmware.features);
    features.any(|feature| (feature.name, feature.enabled) == (FirmwareFeatureName::SecureBoot, YesNo::Yes))
}

/// Whether one can speak with a guest of a definition.
#[must_use]
pub fn can_talk(definition: &Definition) -> bool {
    talk(definition).is_some()
}
