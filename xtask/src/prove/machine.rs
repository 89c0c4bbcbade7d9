//! A machine of one of our definitions on a real hypervisor: what virsh does with it, and what its guest says.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain_definitions::domain::{ChannelName, FirmwareFeatureName, YesNo};
use domain_definitions::{Definition, Report};
use host::command::printed;
use host::words::{INSTALL, INSTALLED, REPORT, TELL};
use host::{Fault, User};
use serde_json::{Value, json};

use super::console::Console;
use super::liveness::Liveness;
use super::service::Service;

/// How long a guest may take to start, emulated on two busy cores. Measured: 20 to 50 s.
const BOOT: Duration = Duration::from_secs(90);
/// How long it may take with Secure Boot, where the firmware stops all CPUs at each step. Measured: 40 to 90 s.
const SECURE_BOOT: Duration = Duration::from_secs(180);
/// How long anything else may take.
const ANSWER: Duration = Duration::from_secs(120);

/// A machine, defined or about to be.
pub struct Machine<'a> {
    user: &'a User,
    service: &'a Service,
    uri: String,
    /// Its name in libvirt.
    pub name: &'a str,
    transport: Transport,
    /// How long its guest may take to start.
    patience: Duration,
}

/// How the host and the guest talk.
enum Transport {
    /// On the text console, virtio or serial, once that is open.
    Console(Option<Console>),
    /// Through the guest agent.
    Agent,
    /// Not at all: the guest reports over the network.
    Network,
}

impl<'a> Machine<'a> {
    /// A user's machine, and the service that its guest talks to.
    ///
    /// # Errors
    ///
    /// When the definition has nothing by which a guest could report.
    pub fn new(user: &'a User, definition: &Definition, service: &'a Service) -> Result<Machine<'a>, Fault> {
        let transport = transport(definition)
            .ok_or_else(|| Fault::Missing("the definition has nothing by which a guest could report".to_owned()))?;
        let patience = if has_secure_boot(definition) { SECURE_BOOT } else { BOOT };
        let (uri, name) = (definition.uri().to_owned(), definition.guest.name);
        Ok(Machine { user, service, uri, name, transport, patience })
    }

    /// The same for somebody's machine, of this name, with a channel for the agent or with a serial port. libvirt has chosen
    /// its firmware.
    #[must_use]
    pub fn somebodys(self, name: &'a str, has_agent: bool) -> Machine<'a> {
        let transport = if has_agent { Transport::Agent } else { Transport::Console(None) };
        Machine { name, transport, patience: SECURE_BOOT, ..self }
    }

    /// What virsh prints for a command about this machine, in which `{}` stands for its name.
    ///
    /// # Errors
    ///
    /// When libvirt refuses.
    pub fn virsh(&self, command: &str) -> Result<String, Fault> {
        self.user.virsh(&self.uri, &command.replace("{}", self.name))
    }

    /// Starts it. A console is opened before the machine runs, so that nothing it prints is lost.
    ///
    /// # Errors
    ///
    /// When libvirt refuses.
    pub fn start(&mut self) -> Result<(), Fault> {
        self.virsh("start --paused {}")?;
        self.open()?;
        self.virsh("resume {}")?;
        Ok(())
    }

    /// Opens the console of a started machine, if its definition has one.
    ///
    /// # Errors
    ///
    /// When that cannot be opened.
    pub fn open(&mut self) -> Result<(), Fault> {
        if let Transport::Console(console) = &mut self.transport {
            let path = self.user.virsh(&self.uri, &format!("ttyconsole {}", self.name))?;
            *console = Some(Console::open(Path::new(path.trim()))?);
        }
        Ok(())
    }

    /// Waits until its guest is up: what that reports.
    ///
    /// # Errors
    ///
    /// When it does not come up in time.
    pub fn up(&self) -> Result<Report, Fault> {
        let (begun, mut liveness) = (Instant::now(), Liveness::of(self.user));
        loop {
            let said = match &self.transport {
                Transport::Console(_) => self
                    .console()
                    .and_then(|console| console.hear(REPORT, Liveness::SPAN))
                    .and_then(|said| parsed(&said)),
                Transport::Agent => self.report(),
                Transport::Network => self.reported(Liveness::SPAN),
            };
            let Err(Fault::Wrong(why)) = said else { return said };
            if let Some(fault) = liveness.fault() {
                return Err(format!("{fault}, {} s after the start: {why}", begun.elapsed().as_secs()).into());
            }
            if begun.elapsed() > self.patience {
                return Err(format!("its guest did not start within {:?}: {why}", self.patience).into());
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
        match &self.transport {
            Transport::Console(_) => {
                let console = self.console()?;
                console.say(TELL)?;
                parsed(&console.hear(REPORT, ANSWER)?)
            }
            Transport::Agent => parsed(&self.read("/run/report.json")?),
            Transport::Network => {
                let _before = self.service.take_report();
                self.reported(ANSWER)
            }
        }
    }

    /// Waits until its guest has reported over the network.
    fn reported(&self, patience: Duration) -> Result<Report, Fault> {
        let begun = Instant::now();
        loop {
            match self.service.take_report() {
                Some(report) => return parsed(&report),
                None if begun.elapsed() > patience => {
                    return Err(format!("its guest sent no report over the network within {patience:?}").into());
                }
                None => thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    /// Has its guest install itself on the disk.
    ///
    /// # Errors
    ///
    /// When the guest does not confirm that.
    pub fn install(&self) -> Result<(), Fault> {
        match &self.transport {
            Transport::Console(_) => self.begin_install().and_then(|()| self.installed()),
            Transport::Agent => self.install_by_agent(),
            Transport::Network => Err(Fault::Missing("this guest can only report, not be told to install".to_owned())),
        }
    }

    fn install_by_agent(&self) -> Result<(), Fault> {
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
                return Err("its guest did not install itself in time".into());
            }
            thread::sleep(Duration::from_secs(1));
        }
    }

    /// Tells its guest, on its console, to install itself.
    ///
    /// # Errors
    ///
    /// When there is no console.
    pub fn begin_install(&self) -> Result<(), Fault> {
        self.console()?.say(INSTALL)
    }

    /// Waits until its guest confirms, on its console, that it has installed itself.
    ///
    /// # Errors
    ///
    /// When it does not in time.
    pub fn installed(&self) -> Result<(), Fault> {
        self.console()?.hear(INSTALLED, ANSWER).map(drop)
    }

    /// Waits until what virsh prints for a command is as wanted: what it prints then.
    ///
    /// # Errors
    ///
    /// When it does not in time.
    pub fn waits_for(&self, command: &str, wanted: impl Fn(&str) -> bool) -> Result<String, Fault> {
        let begun = Instant::now();
        loop {
            let said = self.virsh(command)?;
            if wanted(&said) {
                return Ok(said);
            }
            if begun.elapsed() > ANSWER {
                return Err(format!("after {ANSWER:?}, `virsh {command}` prints {said:?}").into());
            }
            thread::sleep(Duration::from_millis(500));
        }
    }

    /// What the guest agent answers.
    ///
    /// # Errors
    ///
    /// When it does not answer.
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
        if let Transport::Console(console) = &mut self.transport {
            *console = None;
        }
        Ok(())
    }

    /// What a program prints that the user runs with the machine's connection in its environment.
    ///
    /// # Errors
    ///
    /// When it fails.
    pub fn program(&self, program: &str, arguments: &[&str]) -> Result<String, Fault> {
        let mut command = self.user.command(program);
        command.env("LIBVIRT_DEFAULT_URI", &self.uri).args(arguments);
        printed(program, &mut command)
    }

    fn console(&self) -> Result<&Console, Fault> {
        match &self.transport {
            Transport::Console(Some(console)) => Ok(console),
            Transport::Console(None) | Transport::Agent | Transport::Network => Err("its console is not open".into()),
        }
    }

    /// The text of a file in the guest.
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

fn parsed(report: &str) -> Result<Report, Fault> {
    Ok(serde_json::from_str(report).map_err(|error| format!("the guest's report {report:?}: {error}"))?)
}

/// How the host and a definition's guest can talk, if they can.
fn transport(definition: &Definition) -> Option<Transport> {
    let devices = definition.domain().devices;
    if !devices.consoles.is_empty() || !devices.serials.is_empty() {
        Some(Transport::Console(None))
    } else if devices.channels.iter().any(|channel| channel.target.name == ChannelName::GuestAgent) {
        Some(Transport::Agent)
    } else {
        (!devices.interfaces.is_empty()).then_some(Transport::Network)
    }
}

/// Whether a definition's firmware verifies what it starts.
#[must_use]
pub fn has_secure_boot(definition: &Definition) -> bool {
    let firmware = definition.domain().os.and_then(|os| os.firmware);
    let mut features = firmware.iter().flat_map(|firmware| &firmware.features);
    features.any(|feature| (feature.name, feature.enabled) == (FirmwareFeatureName::SecureBoot, YesNo::Yes))
}

/// Whether a guest of a definition can report.
#[must_use]
pub fn can_report(definition: &Definition) -> bool {
    transport(definition).is_some()
}
