//! Where a machine is tried: a private host with the pool, the disk and the medium that the pages tell a user to make.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain_definitions::documents::volume_path;
use domain_definitions::domain::{DiskDevice, Domain};
use domain_definitions::host::SYSTEM_POOL;
use domain_definitions::{Connection, Definition};
use host::command::printed;
use host::prepare::file_name;
use host::tried::{Tried, emulated};
use host::{Fault, PrivateHost, Release, User};

use super::machine::Machine;
use super::service::Service;

/// The kinds of files that are worth looking at after a failure.
const ARTIFACTS: [&str; 5] = ["json", "png", "xml", "log", "txt"];

/// A private host, prepared for one machine.
pub struct Environment {
    host: PrivateHost,
    release: Release,
    kvm: bool,
    image: PathBuf,
    definition: Definition,
    /// The definition as it is tried.
    pub tried: Tried,
    /// Its file, as the user's programs see it.
    pub file: String,
    /// The medium that the guest starts from, as QEMU sees it.
    pub medium: String,
    /// What guests on the host's network talk to.
    pub service: Arc<Service>,
}

impl Environment {
    /// A host with the programs of a release, and what a definition needs on it. `image` is the test guest's medium.
    ///
    /// # Errors
    ///
    /// When this machine cannot have such a host, or libvirt refuses a document of ours.
    pub fn new(release: &Release, definition: Definition, kvm: bool, image: &Path) -> Result<Environment, Fault> {
        let environment = Environment::unprepared(release, definition, kvm, image)?;
        environment.user().prepare(definition.connection, &[definition])?;
        Ok(environment)
    }

    /// A host on which nothing is prepared for the definition but its file and the medium.
    ///
    /// # Errors
    ///
    /// When this machine cannot have such a host.
    pub fn unprepared(
        release: &Release,
        definition: Definition,
        kvm: bool,
        image: &Path,
    ) -> Result<Environment, Fault> {
        let connection = definition.connection;
        let host = PrivateHost::new(release.root.as_deref(), connection)?;
        let service = Service::start(&host)?;
        let tried = if kvm { Tried::unchanged(&definition)? } else { emulated(&definition, release.numbers)? };
        let user = host.user(connection);
        let file = user.file("definition.xml", &tried.text)?;
        let medium = medium(user, connection, image)?;
        let (release, image) = (release.clone(), image.to_owned());
        Ok(Environment { host, release, kvm, image, definition, tried, file, medium, service })
    }

    /// Another host, prepared in the same way.
    ///
    /// # Errors
    ///
    /// As [`Environment::new`].
    pub fn another(&self) -> Result<Environment, Fault> {
        Environment::new(&self.release, self.definition, self.kvm, &self.image)
    }

    /// The user whose machine it is.
    #[must_use]
    pub fn user(&self) -> &User {
        self.host.user(self.definition.connection)
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &PrivateHost {
        &self.host
    }

    /// Whether its machines are emulated.
    #[must_use]
    pub fn emulates(&self) -> bool {
        !self.kvm
    }

    /// The address at which another host reaches its libvirt.
    #[must_use]
    pub fn uri(&self) -> String {
        self.host.uri(self.definition.connection)
    }

    /// The machine.
    ///
    /// # Errors
    ///
    /// When its guest could not report.
    pub fn machine(&self) -> Result<Machine<'_>, Fault> {
        Machine::new(self.user(), &self.definition, &self.service)
    }

    /// What virsh prints when it runs some commands.
    ///
    /// # Errors
    ///
    /// When libvirt refuses the last one.
    pub fn virsh(&self, commands: &str) -> Result<String, Fault> {
        self.user().virsh(self.definition.uri(), commands)
    }

    /// Makes the guest's disk anew, after it was removed.
    ///
    /// # Errors
    ///
    /// When libvirt refuses.
    pub fn make_disk(&self) -> Result<(), Fault> {
        let document = file_name(&volume_path(self.definition.connection, &self.definition.machine()));
        self.virsh(&format!("vol-create default {}", self.user().path(&document))).map(drop)
    }

    /// The path of the disk.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn disk_path(&self) -> Result<String, Fault> {
        let said = self.virsh(&format!("vol-path {} default", self.definition.machine().disk.name))?;
        Ok(said.trim().to_owned())
    }

    /// Puts an installed guest on the disk: a copy of the medium.
    ///
    /// # Errors
    ///
    /// When the disk cannot be written.
    pub fn install(&self) -> Result<(), Fault> {
        let disk = self.disk_path()?;
        let convert = ["convert", "-n", "-f", "raw", "-O", "qcow2", &self.medium, &disk];
        printed("qemu-img convert", self.user().command("qemu-img").args(convert)).map(drop)
    }

    /// Makes a folder of the user's in which QEMU can use files.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn folder(&self, name: &str) -> Result<String, Fault> {
        match self.definition.connection {
            Connection::Session => self.user().folder(name),
            // QEMU is a user there who cannot look into anybody's home.
            Connection::System => Ok(SYSTEM_POOL.to_owned()),
        }
    }

    /// Puts the medium that the guest starts from into the first drive.
    ///
    /// # Errors
    ///
    /// When there is no drive, or libvirt refuses.
    pub fn insert(&self) -> Result<(), Fault> {
        self.insert_medium(&self.medium)
    }

    /// Puts a medium of the user's, a file in their home, into the first drive.
    ///
    /// # Errors
    ///
    /// When there is no drive, or libvirt refuses.
    pub fn insert_own(&self, name: &str) -> Result<(), Fault> {
        self.insert_medium(&readable(self.user(), self.definition.connection, name)?)
    }

    fn insert_medium(&self, medium: &str) -> Result<(), Fault> {
        let drive = drive(&self.definition.domain()).ok_or("it has no drive for a medium")?;
        let name = self.definition.guest.name;
        self.virsh(&format!("change-media {name} {drive} --insert {medium}")).map(drop)
    }

    /// What libvirt has written of the machine.
    ///
    /// # Errors
    ///
    /// When it has not written anything.
    pub fn log(&self) -> Result<String, Fault> {
        let folder = match self.definition.connection {
            Connection::Session => ".cache/libvirt/qemu/log",
            Connection::System => "/var/log/libvirt/qemu",
        };
        let show = format!("cd; cat {folder}/{}.log", self.definition.guest.name);
        printed("cat", self.user().command("sh").current_dir("/").args(["-c", &show]))
    }

    /// Keeps a text for whoever looks at the trial if it fails.
    pub fn keep(&self, name: &str, text: &str) {
        let _ = self.user().file(name, text);
    }

    /// Copies what is worth looking at of a trial that failed: what was kept so far, the screen, the processors' registers,
    /// and the logs.
    pub fn save_to(&self, folder: &Path) {
        let user = self.user();
        let name = self.definition.guest.name;
        // A QEMU that hangs never answers.
        let ask = |words: &[&str]| {
            user.command("timeout").args(["20", "virsh", "--connect", self.definition.uri()]).args(words).output()
        };
        let _ = ask(&["screenshot", name, &user.path("screen-at-the-end.png")]);
        if let Some(output) = ask(&["qemu-monitor-command", name, "--hmp", "info registers -a"])
            .ok()
            .filter(|output| output.status.success())
        {
            self.keep("registers.txt", &String::from_utf8_lossy(&output.stdout));
        }
        let logs = "cp -r /var/log/libvirt/qemu/. .cache/libvirt/qemu/log/. . 2>/dev/null; chmod -R a+r ./*.log";
        let _ = user.command("sh").current_dir("/").args(["-c", &format!("cd; {logs}")]).output();
        let _ = std::fs::create_dir_all(folder);
        for entry in std::fs::read_dir(user.folder_outside()).into_iter().flatten().flatten() {
            let kept =
                Path::new(&entry.file_name()).extension().is_some_and(|end| ARTIFACTS.iter().any(|kind| end == *kind));
            if kept {
                let _ = std::fs::copy(entry.path(), folder.join(entry.file_name()));
            }
        }
    }
}

/// Copies the test guest's medium to where QEMU can read it.
fn medium(user: &User, connection: Connection, image: &Path) -> Result<String, Fault> {
    let name = "guest.iso";
    std::fs::copy(image, user.folder_outside().join(name)).map_err(Fault::at(image))?;
    readable(user, connection, name)
}

/// Where QEMU can read a file in the user's home: the system's QEMU is a user who cannot look into anybody's.
fn readable(user: &User, connection: Connection, name: &str) -> Result<String, Fault> {
    let path = user.path(name);
    match connection {
        Connection::Session => Ok(path),
        Connection::System => {
            let medium = format!("{SYSTEM_POOL}/{name}");
            printed("mv", user.command("mv").args([&path, &medium]))?;
            Ok(medium)
        }
    }
}

/// The name of the first drive for media.
fn drive(domain: &Domain) -> Option<String> {
    let mut drives = domain.devices.disks.iter().filter(|disk| disk.device == DiskDevice::Cdrom);
    drives.find_map(|disk| Some(disk.target.as_ref()?.dev.clone()))
}
