//! The checked-in files, embedded.

use std::fmt;

/// The libvirt connection a definition is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Connection {
    /// `qemu:///session`: machines of one user, without privileges.
    Session,
    /// `qemu:///system`: machines of the host.
    System,
}

/// [`Connection::Session`] and [`Connection::System`].
pub const BOTH: &[Connection] = &[Connection::Session, Connection::System];
/// [`Connection::Session`] alone.
pub const SESSION: &[Connection] = &[Connection::Session];
/// [`Connection::System`] alone.
pub const SYSTEM: &[Connection] = &[Connection::System];

impl Connection {
    /// The folder its definitions are in, which is also the last part of its address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Connection::Session => "session",
            Connection::System => "system",
        }
    }

    /// The address that libvirt takes.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Connection::Session => "qemu:///session",
            Connection::System => "qemu:///system",
        }
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One checked-in file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The connection it is made for.
    pub connection: Connection,
    /// Its path in the repository, e.g. `session/linux.xml`.
    pub path: &'static str,
    /// Its text, which libvirt accepts as it is.
    pub xml: &'static str,
}

impl Entry {
    /// Whether it defines a machine; otherwise it is a volume, a pool or a network.
    #[must_use]
    pub fn is_definition(&self) -> bool {
        !["/storage/", "/network/"].iter().any(|folder| self.path.contains(folder))
    }
}

/// Every file under `session/` and `system/`, in the order of their paths.
///
/// ```no_run
/// use std::io::Write;
/// use std::process::{Command, Stdio};
///
/// let linux = domain_definitions::find("session/linux.xml").expect("a file of this repository");
/// let mut virsh = Command::new("virsh")
///     .args(["--connect", linux.connection.uri(), "define", "--validate", "/dev/stdin"])
///     .stdin(Stdio::piped())
///     .spawn()?;
/// virsh.stdin.take().expect("it is piped").write_all(linux.xml.as_bytes())?;
/// assert!(virsh.wait()?.success());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// With libvirt's own bindings, the text goes to `virDomainDefineXMLFlags` as it is.
pub static CATALOG: &[Entry] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// The definition at a path like `session/linux.xml`.
#[must_use]
pub fn find(path: &str) -> Option<&'static Entry> {
    CATALOG.iter().find(|entry| entry.path == path)
}
