//! libvirt's two kinds of connection.

use std::fmt;

/// The libvirt connection a definition is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Connection {
    /// Machines of one user, without privileges: `qemu:///session`.
    Session,
    /// Machines of the host: `qemu:///system`.
    System,
}

/// [`Connection::Session`] and [`Connection::System`].
pub const BOTH: &[Connection] = &[Connection::Session, Connection::System];
/// [`Connection::Session`] alone.
pub const SESSION: &[Connection] = &[Connection::Session];
/// [`Connection::System`] alone.
pub const SYSTEM: &[Connection] = &[Connection::System];

impl Connection {
    /// Both of them.
    pub const ALL: &[Connection] = BOTH;

    /// The folder its definitions are in, which is also the path of libvirt's address for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Connection::Session => "session",
            Connection::System => "system",
        }
    }

    /// The connection in whose folder a path like `session/linux.xml` is.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Connection> {
        let (folder, _) = path.split_once('/')?;
        Connection::ALL.iter().copied().find(|connection| connection.name() == folder)
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
