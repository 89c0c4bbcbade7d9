//! A private host inside this one.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{fs, thread};

use domain_definitions::Connection;

use crate::fault::Fault;
use crate::here::target;
use crate::user::{ENTER, User};

/// The time zone of private hosts: hours ahead of UTC, so that a guest's clock in local time can be told from one in UTC.
pub const ZONE_HOURS: i64 = 9;

/// A host with folders, processes, a network and a libvirt daemon of its own, all of which are gone when this value is
/// dropped. Only root can have one.
#[derive(Debug)]
pub struct PrivateHost {
    // Dropped before the users: their homes go after the processes that use them.
    init: Child,
    /// The number of its first process on this machine.
    first: u32,
    administrator: User,
    person: User,
}

impl PrivateHost {
    /// A host with this machine's programs, or with those of a release. The system's libvirt runs only on a host for that
    /// connection; sessions start their own.
    ///
    /// # Errors
    ///
    /// When this is not root, or a program that makes such a host is missing.
    pub fn new(root: Option<&Path>, connection: Connection) -> Result<PrivateHost, Fault> {
        let (administrator, person) = (User::of(root, false)?, User::of(root, true)?);
        administrator.recall()?;
        person.recall()?;
        let newer = target().join("roots/sid");
        let newer = if root.is_none() && newer.join("usr/libexec/virtiofsd").exists() { newer } else { PathBuf::new() };
        let mut program = Command::new("unshare");
        program.args(["--mount", "--propagation", "private", "--net", "--uts", "--pid", "--fork", "--kill-child"]);
        program.arg("--mount-proc");
        if let Some(root) = root {
            program.args(["sh", "-ec", ENTER, "sh"]).arg(root);
        }
        program.args(["sh", "-c", include_str!("private.sh"), "sh"]);
        program.arg(administrator.path("")).arg(newer).arg(connection.name()).arg(person.path(""));
        // POSIX counts the hours of these zones the other way round.
        program.arg(format!("Etc/GMT-{ZONE_HOURS}"));
        program.env("LC_ALL", "C").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let missing = |error: std::io::Error| Fault::Missing(format!("a private host cannot be made: {error}"));
        let mut init = program.spawn().map_err(missing)?;
        let mut said = String::new();
        if let Some(out) = init.stdout.take() {
            BufReader::new(out).read_line(&mut said).map_err(missing)?;
        }
        let errors = init.stderr.take();
        if said != "ready\n" {
            let errors = errors.and_then(|errors| std::io::read_to_string(errors).ok()).unwrap_or_default();
            let _ = init.wait();
            return Err(Fault::Missing(format!("a private host cannot be made: {errors}")));
        }
        // What its daemons print later is discarded; a full pipe would stop them.
        thread::spawn(|| errors.map(|errors| std::io::copy(&mut BufReader::new(errors), &mut std::io::sink())));
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", init.id())).map_err(missing)?;
        let first = children.split_whitespace().next().and_then(|number| number.parse().ok());
        let first = first.ok_or_else(|| Fault::Missing("the first process of a private host is gone".to_owned()))?;
        Ok(PrivateHost { init, first, administrator: administrator.inside(first), person: person.inside(first) })
    }

    /// Root on this host.
    #[must_use]
    pub fn administrator(&self) -> &User {
        &self.administrator
    }

    /// An ordinary user of this host.
    #[must_use]
    pub fn person(&self) -> &User {
        &self.person
    }

    /// The user whose machines are on a connection.
    #[must_use]
    pub fn user(&self, connection: Connection) -> &User {
        match connection {
            Connection::Session => self.person(),
            Connection::System => self.administrator(),
        }
    }

    /// The address at which programs on other private hosts reach a connection's daemon.
    #[must_use]
    pub fn uri(&self, connection: Connection) -> String {
        let socket = match connection {
            Connection::Session => self.person.folder_outside().join("libvirt/libvirt-sock"),
            Connection::System => self.administrator.folder_outside().join("run/libvirt-sock"),
        };
        format!("qemu+unix:///{connection}?socket={}", socket.display())
    }

    /// The numbers of its processes on this machine.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        let namespace = |process: u32| fs::read_link(format!("/proc/{process}/ns/pid")).ok();
        let own = namespace(self.first);
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let all = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        all.filter(|process| own.is_some() && namespace(*process) == own).collect()
    }

    /// The file of its network namespace, by which a program outside can join its network.
    #[must_use]
    pub fn network(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/ns/net", self.first))
    }
}

impl Drop for PrivateHost {
    fn drop(&mut self) {
        // All other processes end with its first.
        let _ = self.init.kill();
        let _ = self.init.wait();
    }
}
