//! Where a machine is tried: a host of its own, with the pool, the disk and the medium that the README tells a user to make.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use domain_definitions::domain::{DiskDevice, Domain};
use domain_definitions::{Connection, Definition, documents};
use host::tried::{Tried, emulated};
use host::{Fault, PrivateHost, Release, User};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::machine::{Machine, printed};
use super::words::{PORT, REPORT};

/// What one looks at after a failure.
const KEPT: [&str; 5] = ["json", "png", "xml", "log", "txt"];

/// What guests say to the service on their host's network.
#[derive(Default)]
pub struct Service {
    /// How many lines it has given back.
    lines: AtomicU64,
    /// What a guest saw, when it last said so.
    report: Mutex<Option<String>>,
}

impl Service {
    /// How many lines came from guests, and went back to them.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }

    /// What a guest has reported since this was asked last.
    #[must_use]
    pub fn take_report(&self) -> Option<String> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A host with one machine to be.
pub struct Stage {
    host: PrivateHost,
    release: Release,
    kvm: bool,
    image: PathBuf,
    connection: Connection,
    definition: Definition,
    /// The definition as it is tried.
    pub tried: Tried,
    /// Where it is, as the user's programs see it.
    pub file: String,
    /// The medium that the guest starts from.
    medium: String,
    /// What guests on its network talk to.
    pub service: Arc<Service>,
}

impl Stage {
    /// A host with the programs of a release, and what a definition needs on it.
    ///
    /// # Errors
    ///
    /// When this machine cannot have such a host, or libvirt does not take a document of ours.
    pub fn new(release: &Release, definition: Definition, kvm: bool, image: &Path) -> Result<Stage, Fault> {
        let connection = definition.connection;
        let host = PrivateHost::new(release.root.as_deref(), connection)?;
        let service = serve(&host)?;
        let mut tried = emulated(&definition, release.numbers).map_err(|error| error.to_string())?;
        if kvm {
            let text = definition.xml().map_err(|error| error.to_string())?;
            tried = Tried { text, edits: Vec::new() };
        }
        let user = host.user(connection);
        let file = user.file("definition.xml", &tried.text);
        // The system's QEMU is another user, which cannot look into anybody's home.
        let folder = match connection {
            Connection::Session => user.path(""),
            Connection::System => "/var/lib/libvirt/images/".to_owned(),
        };
        let medium = format!("{folder}guest.iso");
        let copy = user.folder_outside().join("guest.iso");
        std::fs::copy(image, copy).map_err(|error| format!("{}: {error}", image.display()))?;
        if connection == Connection::System {
            printed(user.command("mv").args([&user.path("guest.iso"), &medium]))?;
        }
        let (release, image) = (release.clone(), image.to_owned());
        let stage = Stage { host, release, kvm, image, connection, definition, tried, file, medium, service };
        stage.prepare()?;
        Ok(stage)
    }

    /// Another host, prepared in the same way.
    ///
    /// # Errors
    ///
    /// As [`Stage::new`].
    pub fn another(&self) -> Result<Stage, Fault> {
        Stage::new(&self.release, self.definition, self.kvm, &self.image)
    }

    /// The user whose machine it is.
    #[must_use]
    pub fn user(&self) -> &User {
        self.host.user(self.connection)
    }

    /// The host it is on.
    #[must_use]
    pub fn host(&self) -> &PrivateHost {
        &self.host
    }

    /// How its libvirt is reached from another host.
    #[must_use]
    pub fn uri(&self) -> String {
        self.host.uri(self.connection)
    }

    /// The machine.
    ///
    /// # Errors
    ///
    /// When nothing leads into its guest.
    pub fn machine(&self) -> Result<Machine<'_>, Fault> {
        Machine::new(self.user(), &self.definition, &self.service)
    }

    /// What virsh says.
    ///
    /// # Errors
    ///
    /// What libvirt says against it.
    pub fn virsh(&self, commands: &str) -> Result<String, Fault> {
        self.user().virsh(self.definition.platform.uri(self.connection), commands)
    }

    /// The pool and the network, as the README makes them, and the guest's disk.
    fn prepare(&self) -> Result<(), Fault> {
        if self.connection == Connection::System {
            let network = self.document("system/network/default.xml")?;
            let pool = self.document("system/storage/default.xml")?;
            self.virsh(&format!("net-define {network}; net-start default; pool-define {pool}; pool-start default"))?;
        } else {
            let folder = self.user().folder("pool");
            self.virsh(&format!("pool-define-as default dir --target {folder}; pool-start default"))?;
        }
        self.disk()
    }

    /// The guest's disk, from our own document.
    ///
    /// # Errors
    ///
    /// When libvirt does not take it.
    pub fn disk(&self) -> Result<(), Fault> {
        let path = documents::volume_path(self.connection, &self.definition.machine());
        let volume = self.document(&path)?;
        self.virsh(&format!("vol-create default {volume}")).map(drop)
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

    /// Puts an installed guest on the disk, as if it had been there before.
    ///
    /// # Errors
    ///
    /// When that cannot be written.
    pub fn install(&self) -> Result<(), Fault> {
        let disk = self.disk_path()?;
        let convert = ["convert", "-n", "-f", "raw", "-O", "qcow2", &self.medium, &disk];
        printed(self.user().command("qemu-img").args(convert)).map(drop)
    }

    /// Puts the medium into the first drive.
    ///
    /// # Errors
    ///
    /// What libvirt says against it.
    pub fn insert(&self) -> Result<(), Fault> {
        let drive = drive(&self.definition.domain()).ok_or_else(|| "it has no drive for a medium".to_owned())?;
        let name = self.definition.guest.name;
        self.virsh(&format!("change-media {name} {drive} --insert {}", self.medium)).map(drop)
    }

    /// Keeps a text with what else there is to look at, should the trial fail.
    pub fn keep(&self, name: &str, text: &str) {
        let _ = self.user().file(name, text);
    }

    /// Keeps what there is to look at of a trial that failed: what was kept so far, the screen, the processors, and QEMU's
    /// logs.
    pub fn save_to(&self, folder: &Path) {
        let user = self.user();
        let name = self.definition.guest.name;
        // A QEMU that stands still never answers.
        let ask = |words: &[&str]| {
            user.command("timeout")
                .args(["20", "virsh", "--connect", self.definition.platform.uri(self.connection)])
                .args(words)
                .output()
        };
        let _ = ask(&["screenshot", name, &user.path("screen-at-the-end.png")]);
        // What the guest's processors are at.
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
                Path::new(&entry.file_name()).extension().is_some_and(|end| KEPT.iter().any(|kept| end == *kept));
            if kept {
                let _ = std::fs::copy(entry.path(), folder.join(entry.file_name()));
            }
        }
    }

    /// One of our documents, where the user's programs can read it.
    fn document(&self, path: &str) -> Result<String, Fault> {
        let all = documents::all().map_err(|error| error.to_string())?;
        let document = all.into_iter().find(|document| document.path == path);
        let document = document.ok_or_else(|| format!("nothing generates {path}"))?;
        Ok(self.user().file(&path.replace('/', "-"), &document.text))
    }
}

/// The name of the first drive for media.
fn drive(domain: &Domain) -> Option<String> {
    let mut drives = domain.devices.disks.iter().filter(|disk| disk.device == DiskDevice::Cdrom);
    drives.find_map(|disk| Some(disk.target.as_ref()?.dev.clone()))
}

/// Gives back, on a host's network, each line that a guest sends, as long as the host is there.
fn serve(host: &PrivateHost) -> Result<Arc<Service>, Fault> {
    let path = host.network();
    let network = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    // A thread that goes to another network stays there; what it listens on is of that network.
    let listener = thread::spawn(move || -> std::io::Result<TcpListener> {
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?;
        TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT))
    });
    let listener = listener.join().map_err(|_| "the service for guests did not start".to_owned())?;
    let listener = listener.map_err(|error| format!("the service for guests: {error}"))?;
    let service = Arc::new(Service::default());
    let told = Arc::clone(&service);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let told = Arc::clone(&told);
            thread::spawn(move || echo(&connection, &told));
        }
    });
    Ok(service)
}

fn echo(connection: &TcpStream, service: &Service) {
    let mut back = connection;
    for line in BufReader::new(connection).lines() {
        let Ok(line) = line else { return };
        if back.write_all(format!("{line}\n").as_bytes()).is_err() {
            return;
        }
        service.lines.fetch_add(1, Ordering::Relaxed);
        if let Some(report) = line.strip_prefix(REPORT) {
            *service.report.lock().unwrap_or_else(PoisonError::into_inner) = Some(report.to_owned());
        }
    }
}
