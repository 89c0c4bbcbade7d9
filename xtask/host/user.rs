//! A person at a machine, or its administrator, and what libvirt says to them.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::{Fault, MOCK, PREFIX, is_root};

/// User and group that root's checks run as.
const NOBODY: u32 = 65534;
/// Goes into another root, by mounts that end with the program. libvirt needs all of them to start a machine; and a root that
/// is the whole tree, which `chroot` does not make: passt could have no user namespace, and QEMU no terminal. Its network is
/// its own, so that no two libvirts take the same free port for a screen.
pub(crate) const ENTER: &str = "ip link set lo up && mount --rbind \"$1\" \"$1\" && cd \"$1\" && \
                     mount --rbind /dev dev && mount -t proc proc proc && \
                     mount --rbind /sys sys && pivot_root . . && umount --lazy . && shift && cd / && exec \"$@\"";

/// A user with a home of their own, which goes with them.
#[derive(Debug)]
pub struct User {
    home: TempDir,
    /// The root folder of another release that programs run in; none for this machine's own.
    root: Option<PathBuf>,
    /// Whether programs must first stop being root.
    drop_privileges: bool,
    /// The first process of the private host that they are a user of.
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
        let wrong = |error: std::io::Error| Fault::Wrong(error.to_string());
        if (root.is_some() || !ordinary) && !is_root() {
            return Err(Fault::Missing("only root can do this".to_owned()));
        }
        let folder = root.map_or_else(std::env::temp_dir, |root| root.join("var/tmp"));
        let home = tempfile::Builder::new().prefix(PREFIX).tempdir_in(folder).map_err(wrong)?;
        let drop_privileges = is_root() && ordinary;
        if drop_privileges {
            chown(home.path(), Some(NOBODY), Some(NOBODY)).map_err(wrong)?;
        }
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).map_err(wrong)?;
        Ok(User { home, root: root.map(Path::to_owned), drop_privileges, host: None })
    }

    /// The same user, of a private host.
    pub(crate) fn inside(mut self, first: u32) -> User {
        self.host = Some(first);
        self
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

    /// Writes a file that the user can read, and gives its path.
    ///
    /// # Panics
    ///
    /// When the disk is full.
    #[must_use]
    pub fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.home.path().join(name);
        let mut file = fs::File::create(&path).expect("the home is writable");
        file.write_all(text.as_bytes()).expect("the disk is not full");
        file.set_permissions(fs::Permissions::from_mode(0o644)).expect("the file is ours");
        self.path(name)
    }

    /// The path of a file of this name in the user's home, as their programs see it.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.home().join(name).display().to_string()
    }

    /// Makes a folder of the user's, and gives its path.
    ///
    /// # Panics
    ///
    /// When the disk is full.
    #[must_use]
    pub fn folder(&self, name: &str) -> String {
        let path = self.home.path().join(name);
        fs::create_dir_all(&path).expect("the home is writable");
        if self.drop_privileges {
            chown(&path, Some(NOBODY), Some(NOBODY)).expect("root may give it away");
        }
        self.home().join(name).display().to_string()
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

    /// What virsh prints when it runs some commands; an error if the last one fails.
    ///
    /// # Errors
    ///
    /// What libvirt says, or that there is no virsh.
    pub fn virsh(&self, connection: &str, commands: &str) -> Result<String, Fault> {
        let output = self.command("virsh").args(["--connect", connection, commands]).output();
        let output = output.map_err(|error| Fault::Missing(format!("virsh cannot be run: {error}")))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        Err(Fault::Wrong(format!("virsh {commands}: {said}{}", String::from_utf8_lossy(&output.stderr))))
    }

    /// What virsh says to each of many commands, and the error if one fails. Many in one virsh: a driver takes a second to
    /// start, a command a few milliseconds.
    ///
    /// # Errors
    ///
    /// When virsh does not answer.
    pub fn each(&self, connection: &str, commands: &[String]) -> Result<Vec<Result<String, String>>, Fault> {
        let mut answers = Vec::new();
        // As an argument, which has a greatest length; what it reads from its input, virsh would print as well.
        for some in commands.chunks(400) {
            let mut virsh = self.command("virsh");
            virsh.args(["--connect", connection]);
            answers.extend(answers_to(some, virsh)?);
        }
        Ok(answers)
    }

    /// What libvirt says to each of many documents: nothing if it accepts it. A document is defined and, if that is asked,
    /// started; then it is removed again.
    ///
    /// # Errors
    ///
    /// When virsh does not answer, or a document is not XML.
    pub fn hand_over(&self, connection: &str, documents: &[(&str, bool)]) -> Result<Vec<Option<String>>, Fault> {
        let mut commands = Vec::new();
        for (index, (text, start)) in documents.iter().enumerate() {
            let file = self.file(&format!("{index}.xml"), text);
            let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
            let name = document.root_element().children().find(|node| node.has_tag_name("name"));
            let name = name.and_then(|node| node.text()).unwrap_or_default();
            commands.push(format!("define --validate {file}"));
            commands.push(if *start { format!("start --paused {name}") } else { "echo".to_owned() });
            commands.extend([format!("destroy {name}"), format!("undefine --nvram {name}")]);
        }
        let answers = self.each(connection, &commands)?;
        Ok(answers.chunks(4).map(|of_one| of_one[..2].iter().find_map(|answer| answer.clone().err())).collect())
    }

    /// The connection to the real QEMU driver in virsh's own process, if this user can have one.
    ///
    /// # Errors
    ///
    /// When it cannot be used.
    pub fn qemu_driver(&self) -> Result<String, Fault> {
        let connection = format!("qemu:///embed?root={}/embed", self.home().display());
        self.usable(&connection).map(|()| connection)
    }

    /// The connection to this user's own daemon, which virsh starts, and which ends with this value.
    ///
    /// # Errors
    ///
    /// When it cannot be used.
    pub fn session(&self) -> Result<String, Fault> {
        let connection = "qemu:///session".to_owned();
        self.usable(&connection).map(|()| connection)
    }

    fn usable(&self, connection: &str) -> Result<(), Fault> {
        self.virsh(MOCK, "version")?;
        let kvm = self.command("sh").args(["-c", "exec 3<>/dev/kvm"]).output();
        if !kvm.is_ok_and(|output| output.status.success()) {
            return Err(Fault::Missing("an ordinary user cannot open /dev/kvm here".to_owned()));
        }
        match self.virsh(connection, "domcapabilities --virttype kvm") {
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

/// Runs a program that hands its last argument to virsh: what that says to each command, or the error.
fn answers_to(commands: &[String], mut program: Command) -> Result<Vec<Result<String, String>>, Fault> {
    let marked = commands.iter().map(|command| format!("echo --err BEGIN; echo BEGIN; {command}; "));
    let output = program.arg(marked.collect::<String>()).output();
    let output = output.map_err(|error| Fault::Missing(format!("virsh cannot be run: {error}")))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let both = said.split("BEGIN\n").skip(1).zip(errors.split("error: BEGIN\n").skip(1));
    let answer = |(said, error): (&str, &str)| {
        if error.contains("error: ") { Err(error.trim().to_owned()) } else { Ok(said.to_owned()) }
    };
    let answers: Vec<_> = both.map(answer).collect();
    if answers.len() == commands.len() {
        return Ok(answers);
    }
    Err(Fault::Wrong(format!("virsh answered {} of {} commands: {errors}", answers.len(), commands.len())))
}

impl Drop for User {
    fn drop(&mut self) {
        // A private host's processes go with it, and the numbers that they know of themselves are others' here.
        if self.host.is_some() {
            return;
        }
        // The daemons of a session note their process in the folder for such things.
        let folder = fs::read_dir(self.home.path().join("libvirt")).into_iter().flatten().flatten();
        let notes = folder.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "pid"));
        for process in notes.filter_map(|path| fs::read_to_string(path).ok()) {
            let _ = Command::new("kill").arg(process.trim()).status();
        }
    }
}
