//! What a host has before a machine is defined on it, made as the pages make it: the network, the storage pool, and each
//! guest's disk.

use domain_definitions::documents::{self, volume_path};
use domain_definitions::machine::Machine;
use domain_definitions::{Connection, Definition, Hypervisor};

use crate::fault::Fault;
use crate::user::User;

/// Files, and the commands for virsh that read them.
#[derive(Clone, Debug)]
pub struct Preparation {
    /// Name and text of each file.
    pub files: Vec<(String, String)>,
    /// The commands, in their order.
    pub commands: Vec<String>,
}

impl Preparation {
    /// For the machines of those definitions that are on a connection. Each file is at the path that `place` gives for its
    /// name; `pool` is the folder of a session's pool.
    ///
    /// # Errors
    ///
    /// When a record in `defs/` is wrong.
    pub fn new(
        connection: Connection,
        definitions: &[Definition],
        place: impl Fn(&str) -> String,
        pool: &str,
    ) -> Result<Preparation, Fault> {
        let documents = documents::all()?;
        let mut files = Vec::new();
        let mut file = |path: &str| -> Result<String, Fault> {
            let document = documents.iter().find(|document| document.path == path);
            let document = document.ok_or_else(|| format!("nothing generates {path}"))?;
            let name = file_name(path);
            let at = place(&name);
            files.push((name, document.text.clone()));
            Ok(at)
        };
        let mut commands = match connection {
            Connection::Session => vec![format!("pool-define-as default dir --target {pool}")],
            Connection::System => vec![
                format!("net-define {}", file("system/network/default.xml")?),
                "net-start default".to_owned(),
                format!("pool-define {}", file("system/storage/default.xml")?),
            ],
        };
        commands.extend(["pool-build default", "pool-start default"].map(str::to_owned));
        for machine in machines(connection, definitions) {
            commands.push(format!("vol-create default {}", file(&volume_path(connection, &machine))?));
        }
        Ok(Preparation { files, commands })
    }
}

/// The machines of the definitions on a connection; of those that share a disk, one.
fn machines(connection: Connection, definitions: &[Definition]) -> Vec<Machine> {
    let on_it = definitions.iter().filter(|definition| definition.connection == connection);
    let mut machines: Vec<_> = on_it.map(Definition::machine).collect();
    machines.sort_by_key(|machine| machine.disk.name.to_string());
    machines.dedup_by_key(|machine| machine.disk.name.to_string());
    machines
}

/// The name of one of the repository's files in a folder that has no folders.
#[must_use]
pub fn file_name(path: &str) -> String {
    path.replace('/', "-")
}

impl User {
    /// Prepares this user's host for the machines of those definitions that are on a connection. The files stay in the home.
    ///
    /// # Errors
    ///
    /// What libvirt says against it.
    pub fn prepare(&self, connection: Connection, definitions: &[Definition]) -> Result<(), Fault> {
        let prepared = Preparation::new(connection, definitions, |name| self.path(name), &self.path("pool"))?;
        for (name, text) in &prepared.files {
            self.file(name, text)?;
        }
        let answers = self.each(Hypervisor::Qemu.uri(connection), &prepared.commands)?;
        for (command, answer) in prepared.commands.iter().zip(answers) {
            answer.map_err(|said| format!("virsh {command}: {said}"))?;
        }
        Ok(())
    }
}
