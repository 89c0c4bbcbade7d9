//! Somebody who runs virsh, an ordinary user or root, and what libvirt answers.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::answers::{ENDURANCE, PATIENCE, answer_of, answers_to};
use crate::capabilities;
use crate::fault::Fault;
use crate::here::{MOCK, is_root, target};
use crate::home::{Home, NOBODY};

/// Enters another root, with mounts that end with the program. libvirt needs all of them to start a machine. Not by `chroot`,
/// after which passt could have no user namespace and QEMU no terminal. The network is private, so that no two libvirts take
/// the same free port for a screen.
pub(crate) const ENTER: &str = "ip link set lo up && mount --rbind \"$1\" \"$1\" && cd \"$1\" && \
                     mount --rbind /dev dev && mount -t proc proc proc && \
                     mount --rbind /sys sys && pivot_root . . && umount --lazy . && shift && cd / && exec \"$@\"";

/// The root of the driver in virsh's own process, in a user's home.
const EMBEDDED: &str = "embed";

/// Where, in a user's home, libvirt keeps what it has found out about QEMU, and who does so: a daemon, or the driver in virsh's own
/// process. Neither takes the other's word for it.
fn found() -> [(&'static str, String); 2] {
    let daemon = ".cache/libvirt/qemu/cache/capabilities".to_owned();
    [("daemon", daemon), ("embedded", capabilities::embedded(EMBEDDED))]
}

/// A user with a home, which is removed when this value is dropped.
#[derive(Debug)]
pub struct User {
    home: Home,
    /// The root folder of another release that programs run in; none for this machine's own.
    root: Option<PathBuf>,
    /// Whether programs must drop root's privileges first.
    drop_privileges: bool,
    /// The first process of the private host that this user is on, if any.
    host: Option<u32>,
}

impl User {
    /// An ordinary user of this machine.
    ///
    /// # Errors
    ///
    /// When there is no room for a home.
    pub fn new() -> Result<User, Fault> {
        User::of(None, true)
    }

    /// A user of a release, ordinary or (where the checks run as root) privileged.
    ///
    /// # Errors
    ///
    /// When only root can be that user, or there is no room for a home.
    pub fn of(root: Option<&Path>, ordinary: bool) -> Result<User, Fault> {
        if (root.is_some() || !ordinary) && !is_root() {
            return Err(Fault::Missing("only root can do this".to_owned()));
        }
        let folder = root.map_or_else(std::env::temp_dir, |root| root.join("var/tmp"));
        let drop_privileges = is_root() && ordinary;
        let home = Home::new(&folder, drop_privileges)?;
        Ok(User { home, root: root.map(Path::to_owned), drop_privileges, host: None })
    }

    /// The same user, of a private host.
    pub(crate) fn inside(mut self, first: u32) -> User {
        self.host = Some(first);
        self
    }

    /// Their home.
    #[must_use]
    pub fn own_home(&self) -> &Home {
        &self.home
    }

    /// The home, as this machine sees it.
    #[must_use]
    pub fn folder_outside(&self) -> &Path {
        self.home.path()
    }

    /// The user's home, as their programs see it.
    fn home(&self) -> PathBuf {
        if self.host.is_some() {
            return Path::new("/run").join(if self.drop_privileges { "person" } else { "administrator" });
        }
        let home = self.home.path();
        match &self.root {
            Some(root) => Path::new("/").join(home.strip_prefix(root).unwrap_or(home)),
            None => home.to_owned(),
        }
    }

    /// Writes a file that the user can read: its path, as their programs see it.
    ///
    /// # Errors
    ///
    /// When it cannot be written, e.g. because the disk is full.
    pub fn file(&self, name: &str, text: &str) -> Result<String, Fault> {
        self.bytes(name, text.as_bytes())
    }

    /// The same for what need not be text.
    ///
    /// # Errors
    ///
    /// When it cannot be written, e.g. because the disk is full.
    pub fn bytes(&self, name: &str, bytes: &[u8]) -> Result<String, Fault> {
        self.home.write(name.as_ref(), bytes)?;
        Ok(self.path(name))
    }

    /// The same for what the user's programs may change.
    ///
    /// # Errors
    ///
    /// When it cannot be written, e.g. because the disk is full.
    pub fn own(&self, name: &str, text: &str) -> Result<String, Fault> {
        let path = self.file(name, text)?;
        self.home.give(name.as_ref())?;
        Ok(path)
    }

    /// The path of a file of this name in the user's home, as their programs see it.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.home().join(name).display().to_string()
    }

    /// Makes a folder that belongs to the user: its path, as their programs see it.
    ///
    /// # Errors
    ///
    /// When it cannot be made, e.g. because the disk is full.
    pub fn folder(&self, name: &str) -> Result<String, Fault> {
        self.home.folder(name.as_ref())?;
        Ok(self.path(name))
    }

    /// A program that this user runs.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let home = self.home();
        let mut words: Vec<OsString> = Vec::new();
        match (self.host, &self.root) {
            (Some(first), _) => {
                words.extend(["nsenter", "--mount", "--net", "--uts", "--pid", "--target"].map(OsString::from));
                words.push(first.to_string().into());
            }
            (None, Some(root)) => {
                let enter = ["unshare", "--mount", "--net", "--propagation", "private", "sh", "-ec", ENTER, "sh"];
                words.extend(enter.map(OsString::from));
                words.push(root.into());
            }
            (None, None) => {}
        }
        let elsewhere = !words.is_empty();
        if elsewhere && self.drop_privileges {
            words.extend(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"].map(OsString::from));
        }
        words.push(program.into());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C");
        command.env("HOME", &home).env("XDG_RUNTIME_DIR", &home).current_dir(self.home.path());
        if self.drop_privileges && !elsewhere {
            command.gid(NOBODY).uid(NOBODY);
        }
        command
    }

    /// What virsh prints when it runs some commands. An error if the last one fails.
    ///
    /// # Errors
    ///
    /// What libvirt says, that there is no virsh, or that it does not come back.
    pub fn virsh(&self, connection: &str, commands: &str) -> Result<String, Fault> {
        self.within(ENDURANCE, connection, commands)?.ok_or_else(|| stuck(commands))
    }

    /// What virsh answers to a question, which changes nothing and is put again if virsh does not come back from it: libvirt's
    /// first look at a QEMU was seen to hang, once.
    ///
    /// # Errors
    ///
    /// As [`User::virsh`], when virsh does not come back from the second one either.
    pub fn asked(&self, connection: &str, question: &str) -> Result<String, Fault> {
        match self.within(PATIENCE, connection, question)? {
            Some(answer) => Ok(answer),
            None => self.within(PATIENCE, connection, question)?.ok_or_else(|| stuck(question)),
        }
    }

    fn within(&self, patience: Duration, connection: &str, commands: &str) -> Result<Option<String>, Fault> {
        let mut virsh = self.command("virsh");
        virsh.args(["--connect", connection, commands]);
        answer_of(&format!("virsh {commands}"), virsh, patience)
    }

    /// What virsh answers to each of many commands. All go to one virsh: a driver takes a second to start, a command a few
    /// milliseconds.
    ///
    /// # Errors
    ///
    /// When virsh does not answer.
    pub fn each(&self, connection: &str, commands: &[String]) -> Result<Vec<Result<String, String>>, Fault> {
        let mut answers = Vec::new();
        while let Some(rest) = commands.get(answers.len()..).filter(|rest| !rest.is_empty()) {
            // In an argument, whose length is limited; virsh would echo what it reads from its standard input.
            let some = &rest[..rest.len().min(400)];
            let mut virsh = self.command("virsh");
            virsh.args(["--connect", connection]);
            let answered = answers_to(some, virsh, PATIENCE)?;
            if answered.is_empty() {
                return Err(stuck(&some[0]));
            }
            answers.extend(answered);
        }
        Ok(answers)
    }

    /// Why libvirt refuses each of many documents; none if it accepts one. A document is defined and, if asked for, started;
    /// then it is removed.
    ///
    /// # Errors
    ///
    /// When virsh does not answer, or a document is not XML.
    pub fn hand_over(&self, connection: &str, documents: &[(&str, bool)]) -> Result<Vec<Option<String>>, Fault> {
        let mut commands = Vec::new();
        for (index, (text, start)) in documents.iter().enumerate() {
            let file = self.file(&format!("{index}.xml"), text)?;
            let document = roxmltree::Document::parse(text)?;
            let name = document.root_element().children().find(|node| node.has_tag_name("name"));
            let name = name.and_then(|node| node.text()).unwrap_or_default();
            commands.push(format!("define --validate {file}"));
            commands.push(if *start { format!("start --paused {name}") } else { "echo".to_owned() });
            commands.extend([format!("destroy {name}"), format!("undefine --nvram {name}")]);
        }
        let answers = self.each(connection, &commands)?;
        Ok(answers.chunks(4).map(|of_one| of_one[..2].iter().find_map(|answer| answer.clone().err())).collect())
    }

    /// The address of the real QEMU driver in virsh's own process.
    ///
    /// # Errors
    ///
    /// When it cannot be used.
    pub fn qemu_driver(&self) -> Result<String, Fault> {
        self.recall()?;
        let connection = format!("qemu:///embed?root={}/{EMBEDDED}", self.home().display());
        self.usable(&connection).map(|()| connection)
    }

    /// The address of this user's own daemon, which virsh starts, and which ends when this value is dropped.
    ///
    /// # Errors
    ///
    /// When it cannot be used.
    pub fn session(&self) -> Result<String, Fault> {
        self.recall()?;
        let connection = "qemu:///session".to_owned();
        self.usable(&connection).map(|()| connection)
    }

    /// The same, for machines that are emulated, which takes no KVM.
    ///
    /// # Errors
    ///
    /// When it cannot be used.
    pub fn emulating_session(&self) -> Result<String, Fault> {
        self.recall()?;
        let connection = "qemu:///session".to_owned();
        self.asked(MOCK, "version")?;
        self.has_firmware(&connection, "qemu").map(|()| connection)
    }

    /// What libvirt found out about QEMU for others, which it need not ask again, for seconds.
    pub(crate) fn recall(&self) -> Result<(), Fault> {
        found().iter().try_for_each(|(by, folder)| capabilities::bring(&self.home, folder, &self.kept(by)))
    }

    /// Where that is kept.
    fn kept(&self, by: &str) -> PathBuf {
        let release = self.root.as_deref().and_then(Path::file_name).unwrap_or("here".as_ref());
        target().join("capabilities").join(release).join(by)
    }

    fn usable(&self, connection: &str) -> Result<(), Fault> {
        self.asked(MOCK, "version")?;
        let kvm = self.command("sh").args(["-c", "exec 3<>/dev/kvm"]).output();
        if !kvm.is_ok_and(|output| output.status.success()) {
            return Err(Fault::Missing("an ordinary user cannot open /dev/kvm here".to_owned()));
        }
        self.has_firmware(connection, "kvm")
    }

    fn has_firmware(&self, connection: &str, machines: &str) -> Result<(), Fault> {
        match self.asked(connection, &format!("domcapabilities --virttype {machines}")) {
            Ok(capabilities) if !capabilities.contains("<value>efi</value>") => {
                Err(Fault::Missing("libvirt finds no UEFI firmware (package ovmf)".to_owned()))
            }
            Ok(_) => Ok(()),
            Err(Fault::Wrong(error) | Fault::Missing(error)) => {
                Err(Fault::Missing(format!("libvirt has no usable QEMU driver: {error}")))
            }
        }
    }
}

fn stuck(command: &str) -> Fault {
    Fault::Wrong(format!("virsh does not come back from `{command}`"))
}

impl Drop for User {
    fn drop(&mut self) {
        for (by, folder) in found() {
            if self.home.path().join(&folder).exists() {
                // Without it, the next one is slower.
                let _ = capabilities::keep(&self.home, &folder, &self.kept(by));
            }
        }
        // A private host's processes end with it, and their numbers there are other processes' here.
        if self.host.is_some() {
            return;
        }
        // A session's daemons write their process numbers into the runtime folder.
        let folder = fs::read_dir(self.home.path().join("libvirt")).into_iter().flatten().flatten();
        let notes = folder.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "pid"));
        let numbers = notes.filter_map(|path| fs::read_to_string(path).ok());
        let is_ours = |number: &String| is_running(number, self.home.path());
        let daemons: Vec<_> = numbers.map(|number| number.trim().to_owned()).filter(is_ours).collect();
        let signal = |signal, daemons: &[String]| Command::new("kill").arg(signal).args(daemons).status();
        if daemons.is_empty() {
            return;
        }
        let _ = signal("-TERM", &daemons);
        // One that still waits for somebody who is gone would do so for half a minute (`virNetDaemonRun`).
        let begun = Instant::now();
        while daemons.iter().any(is_ours) {
            if begun.elapsed() > Duration::from_secs(5) {
                let _ = signal("-KILL", &daemons);
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Whether a process with this number is there, and has the home in its environment: another may have got the number since.
fn is_running(number: &str, home: &Path) -> bool {
    let environment = fs::read(Path::new("/proc").join(number).join("environ"));
    let name = home.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    environment.is_ok_and(|text| String::from_utf8_lossy(&text).contains(&name))
}
