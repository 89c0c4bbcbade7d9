//! Putting questions to the libvirt of this machine, without touching anything of the host's or of the user's.
//!
//! An ordinary user with a home of its own asks, who is gone afterwards; where root runs this, that is `nobody`. Domains go to
//! QEMU's driver in virsh's own process (`qemu:///embed`), networks, pools and volumes to daemons of that user's, as their
//! drivers cannot be embedded ("Driver does not support embedded mode"). Nothing is started.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use host::{Answer, Dialogue, Fault, User, capabilities, command};
use roxmltree::Document;

use crate::explain::blanked;

/// How long libvirt may take to begin: it asks each QEMU on the host what it can do. Measured: 4 s each, and a minute on
/// a machine that has much else to do.
const FIRST: Duration = Duration::from_secs(300);
/// How long one answer may take. Measured: less than a millisecond for most, and a tenth of a second for the slowest.
const PATIENCE: Duration = Duration::from_secs(10);
/// The root of the embedded driver, in the user's home.
const ROOT: &str = "embed";
/// The pool for volumes, in the user's home.
const POOL: &str = "ask";

/// What is asked about a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Whether it can be defined.
    Define,
    /// Whether QEMU's command line can be made of it, as for a start.
    Start,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// QEMU's, for domains.
    Domain,
    /// For networks.
    Network,
    /// For pools.
    Pool,
    /// The same, for volumes.
    Volume,
}

impl Driver {
    /// The one for documents with this root element, if there is one that can be asked.
    pub fn of(root: &str) -> Option<Driver> {
        match root {
            "domain" => Some(Driver::Domain),
            "network" => Some(Driver::Network),
            "pool" => Some(Driver::Pool),
            "volume" => Some(Driver::Volume),
            _ => None,
        }
    }

    /// The place of its dialogue among the open ones.
    fn place(self) -> usize {
        match self {
            Driver::Domain => 0,
            Driver::Network => 1,
            Driver::Pool | Driver::Volume => 2,
        }
    }
}

/// The libvirt of this machine.
pub struct Real {
    /// Its release.
    pub release: String,
    // Dropped before the user, whose home they use.
    dialogues: [Option<Dialogue>; 3],
    user: User,
}

impl Real {
    /// Prepares to ask it. The first question makes the connection.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn new() -> Result<Real, Fault> {
        let user = User::new()?;
        let release = command::printed("virsh", user.command("virsh").arg("--version"))?.trim().to_owned();
        if let Some(cache) = cache() {
            capabilities::bring(user.own_home(), &capabilities::embedded(ROOT), &cache)?;
        }
        Ok(Real { release, dialogues: [None, None, None], user })
    }

    /// Asks about a document, which must not stay where it has been accepted.
    ///
    /// # Errors
    ///
    /// When libvirt does not answer, or the driver cannot be used.
    pub fn ask(&mut self, driver: Driver, step: Step, document: &str) -> Result<Answer, Fault> {
        let answer = self.asked(driver, step, document);
        if answer.is_err() {
            // Something may have been left behind that would be in the way.
            self.keep();
            if let Ok(another) = Real::new() {
                *self = another;
            }
        }
        answer
    }

    fn asked(&mut self, driver: Driver, step: Step, document: &str) -> Result<Answer, Fault> {
        let file = match driver {
            Driver::Volume => self.user.file("asked.xml", &unallocated(document))?,
            _ => self.user.file("asked.xml", document)?,
        };
        let (ask, undo) = match (driver, step) {
            (Driver::Domain, Step::Start) => (format!("domxml-to-native qemu-argv {file}"), None),
            (Driver::Domain, Step::Define) => (format!("define {file}"), Some("undefine --nvram --tpm")),
            (Driver::Network, _) => (format!("net-define {file}"), Some("net-undefine")),
            (Driver::Pool, _) => (format!("pool-define {file}"), Some("pool-undefine")),
            (Driver::Volume, _) => (format!("vol-create {POOL} {file}"), Some("vol-delete --pool ask")),
        };
        let dialogue = self.dialogue(driver)?;
        let answer = dialogue.ask(&ask, PATIENCE)?;
        if let (Ok(()), Some(undo)) = (&answer, undo) {
            let removed = dialogue.ask(&format!("{undo} {}", quoted(&name(document))), PATIENCE)?;
            removed.map_err(|why| Fault::Wrong(format!("what was defined cannot be removed: {why}")))?;
        }
        Ok(answer)
    }

    /// Keeps what libvirt has found out about QEMU.
    fn keep(&self) {
        if let (Some(cache), Some(_)) = (cache(), &self.dialogues[0]) {
            // Without it, the next run is slower.
            let _ = capabilities::keep(self.user.own_home(), &capabilities::embedded(ROOT), &cache);
        }
    }

    /// The connection to a driver, which is made once.
    fn dialogue(&mut self, driver: Driver) -> Result<&mut Dialogue, Fault> {
        let place = driver.place();
        if self.dialogues[place].is_none() {
            let address = match driver {
                Driver::Domain => format!("qemu:///embed?root={}", self.user.path(ROOT)),
                Driver::Network => "network:///session".to_owned(),
                Driver::Pool | Driver::Volume => "storage:///session".to_owned(),
            };
            let mut virsh = self.user.command("virsh");
            virsh.args(["--quiet", "--connect", &address]);
            let mut dialogue = Dialogue::begin(virsh)?;
            let unusable = |why| Fault::Missing(format!("libvirt has no usable driver: {why}"));
            dialogue.ask("uri", FIRST)?.map_err(unusable)?;
            if place == Driver::Pool.place() {
                let folder = self.user.folder("volumes")?;
                dialogue.ask(&format!("pool-create-as {POOL} dir --target {folder}"), PATIENCE)?.map_err(unusable)?;
            }
            self.dialogues[place] = Some(dialogue);
        }
        self.dialogues[place].as_mut().ok_or_else(|| Fault::Wrong("virsh has ended".to_owned()))
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        self.keep();
    }
}

/// Where it is kept what libvirt knows about QEMU: in the cache of the person who runs this.
fn cache() -> Option<PathBuf> {
    let given = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = given.or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    Some(folder.join("domain-definitions/qemu-capabilities"))
}

/// The name in a document, by which it is removed.
fn name(text: &str) -> String {
    let document = Document::parse(text).ok();
    let root = document.as_ref().map(Document::root_element);
    let name = root.and_then(|root| root.children().find(|node| node.has_tag_name("name")));
    name.and_then(|node| node.text()).unwrap_or_default().to_owned()
}

/// A word as virsh reads it.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A volume that takes no room: libvirt would allocate what it is asked for, or all of it.
fn unallocated(text: &str) -> String {
    let Ok(document) = Document::parse(text) else { return text.to_owned() };
    let root = document.root_element();
    let stated: Vec<_> =
        root.children().filter(|node| node.has_tag_name("allocation")).map(|node| node.range()).collect();
    let mut text = blanked(text, &stated);
    let behind = domain_definitions::start_tag(root).end;
    if !text[..behind].ends_with("/>") {
        text.insert_str(behind, "<allocation>0</allocation>");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_takes_no_room() {
        let text = "<volume><name>n</name><allocation unit='G'>9</allocation></volume>";
        let none = unallocated(text);
        assert!(none.starts_with("<volume><allocation>0</allocation><name>") && !none.contains('9'), "{none}");
        assert_eq!(unallocated("<volume/>"), "<volume/>");
    }

    #[test]
    fn a_name_is_one_word() {
        assert_eq!(quoted(&name("<domain><name>a \"b\" \\</name></domain>")), r#""a \"b\" \\""#);
    }
}
