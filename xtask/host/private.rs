//! A host of its own inside this one.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{fs, thread};

use domain_definitions::Connection;

use crate::user::ENTER;
use crate::{Fault, User, target};

/// A host whose folders, processes, network and libvirt daemon are nobody else's: all of it is gone when this value is.
/// Only root can have one.
#[derive(Debug)]
pub struct PrivateHost {
    // The users' homes go after the processes that use them.
    init: Child,
    /// Its first process, seen from outside.
    first: u32,
    administrator: User,
    person: User,
}

impl PrivateHost {
    /// A host with this machine's programs, or with those of a release. Its system's libvirt runs where that is the
    /// connection it is for; sessions start their own.
    ///
    /// # Errors
    ///
    /// When this is not root, or something that makes a host of folders is missing.
    pub fn new(root: Option<&Path>, connection: Connection) -> Result<PrivateHost, Fault> {
        let (administrator, person) = (User::of(root, false)?, User::of(root, true)?);
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
        program.env("LC_ALL", "C").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let missing = |error: std::io::Error| Fault::Missing(format!("a host of its own cannot be made: {error}"));
        let mut init = program.spawn().map_err(missing)?;
        let mut said = String::new();
        if let Some(out) = init.stdout.take() {
            BufReader::new(out).read_line(&mut said).map_err(missing)?;
        }
        let errors = init.stderr.take();
        if said != "ready\n" {
            let errors = errors.and_then(|errors| std::io::read_to_string(errors).ok()).unwrap_or_default();
            let _ = init.wait();
            return Err(Fault::Missing(format!("a host of its own cannot be made: {errors}")));
        }
        // What its daemons say later goes nowhere; a full pipe would stop them.
        thread::spawn(|| errors.map(|errors| std::io::copy(&mut BufReader::new(errors), &mut std::io::sink())));
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", init.id())).map_err(missing)?;
        let first = children.split_whitespace().next().and_then(|number| number.parse().ok());
        let first = first.ok_or_else(|| Fault::Missing("the first process of a host of its own is gone".to_owned()))?;
        Ok(PrivateHost { init, first, administrator: administrator.inside(first), person: person.inside(first) })
    }

    /// Root there.
    #[must_use]
    pub fn administrator(&self) -> &User {
        &self.administrator
    }

    /// An ordinary user there.
    #[must_use]
    pub fn person(&self) -> &User {
        &self.person
    }

    /// Whoever has machines on a connection.
    #[must_use]
    pub fn user(&self, connection: Connection) -> &User {
        match connection {
            Connection::Session => self.person(),
            Connection::System => self.administrator(),
        }
    }

    /// How programs on other private hosts reach a connection's daemon.
    #[must_use]
    pub fn uri(&self, connection: Connection) -> String {
        let socket = match connection {
            Connection::Session => self.person.folder_outside().join("libvirt/libvirt-sock"),
            Connection::System => self.administrator.folder_outside().join("run/libvirt-sock"),
        };
        format!("qemu+unix:///{connection}?socket={}", socket.display())
    }

    /// The file by which a program outside can be on its network.
    #[must_use]
    pub fn network(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/ns/net", self.first))
    }
}

impl Drop for PrivateHost {
    fn drop(&mut self) {
        // With its first process go all others.
        let _ = self.init.kill();
        let _ = self.init.wait();
    }
}
