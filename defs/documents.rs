//! What a definition needs beside itself, as files: the volume with its disk, the pool that holds it, the network.
//!
//! Each is a small document of libvirt's, made like a domain: a bare one, and decisions with their reasons.

mod choice;
pub mod network;
pub mod pool;
pub mod volume;

pub use choice::{Choice, Reason};

use crate::connection::Connection;
use crate::definition::Definition;
use crate::host;
use crate::machine::Machine;
use crate::platforms::Hypervisor;
use crate::render::{self, PROVENANCE, RenderError, Root};

/// Makes a document again, without one of its decisions.
type Maker = Box<dyn Fn(usize) -> Result<String, RenderError> + Send + Sync>;

/// One of the repository's files that is not a domain.
pub struct Document {
    /// Its file, e.g. `session/storage/linux.qcow2.xml`.
    pub path: String,
    /// The name of its root element: `volume`, `pool` or `network`.
    pub kind: &'static str,
    /// The connection it is made for.
    pub connection: Connection,
    /// The definition that asks for it, if it is made for one.
    pub definition: Option<Definition>,
    /// The decisions in it.
    pub reasons: Vec<Reason>,
    /// The document, without comments.
    pub bare: String,
    /// Its text.
    pub text: String,
    maker: Maker,
}

/// Every such document that a definition asks for, in the order of their paths.
///
/// # Errors
///
/// When a decision's `at` names no element, or several, or a reason cannot stand in a comment.
pub fn all() -> Result<Vec<Document>, RenderError> {
    of(Definition::all())
}

/// Those that some definitions ask for, in the order of their paths: the volumes, and the system's pool and network.
///
/// # Errors
///
/// As [`all`].
pub fn of(definitions: impl Iterator<Item = Definition>) -> Result<Vec<Document>, RenderError> {
    let plain = definitions.filter(|definition| definition.variant.is_none() && definition.platform.has_volumes);
    let mut all: Vec<_> = plain.map(|plain| volume(plain, &plain.machine())).collect::<Result<_, _>>()?;
    all.push(pool()?);
    all.push(network()?);
    all.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(all)
}

/// The volume with the disk of a definition's machine.
///
/// # Errors
///
/// As [`all`].
pub fn volume(definition: Definition, machine: &Machine) -> Result<Document, RenderError> {
    // A person's own is beside the definition that asks for it.
    let path = match machine.chosen {
        Some(_) => format!("{}.xml", machine.disk.name),
        None => volume_path(definition.connection, machine),
    };
    let title = if machine.title == definition.title() { definition.profile.title } else { &machine.title };
    let header = format!(
        "The disk of {} on {}. To create it:\n  virsh vol-create {} {path}\n\n{}",
        render::in_comment(title),
        definition.uri(),
        host::DEFAULT,
        definition.provenance(machine)
    );
    let file = File { path, connection: definition.connection, definition: Some(definition) };
    document(file, &header, volume::Volume::default(), volume::CHOICES, machine.clone())
}

/// The file of the volume with a machine's disk, e.g. `session/storage/linux.qcow2.xml`.
#[must_use]
pub fn volume_path(connection: Connection, machine: &Machine) -> String {
    format!("{connection}/storage/{}.xml", machine.disk.name)
}

fn pool() -> Result<Document, RenderError> {
    let (name, uri) = (host::DEFAULT, Hypervisor::Qemu.uri(Connection::System));
    let file = File::of_the_system(format!("system/storage/{name}.xml"));
    let header = format!(
        "The pool for disks on {uri}, for hosts that do not have it yet:\n  virsh pool-define {}\n  \
         virsh pool-build {name}\n  virsh pool-start {name}\n  virsh pool-autostart {name}\n\n{PROVENANCE}",
        file.path
    );
    document(file, &header, pool::Pool::default(), pool::CHOICES, ())
}

fn network() -> Result<Document, RenderError> {
    let (name, uri) = (host::DEFAULT, Hypervisor::Qemu.uri(Connection::System));
    let file = File::of_the_system(format!("system/network/{name}.xml"));
    let header = format!(
        "The network of machines on {uri}, for hosts that do not have it yet\n(most libvirt packages provide this one):\n  \
         virsh net-define {}\n  virsh net-start {name}\n  virsh net-autostart {name}\n\n{PROVENANCE}",
        file.path
    );
    document(file, &header, network::Network::default(), network::CHOICES, ())
}

/// Which file a document is, and whose.
struct File {
    path: String,
    connection: Connection,
    definition: Option<Definition>,
}

impl File {
    fn of_the_system(path: String) -> File {
        File { path, connection: Connection::System, definition: None }
    }
}

fn document<T, M>(
    file: File,
    header: &str,
    bare: T,
    choices: &'static [Choice<T, M>],
    machine: M,
) -> Result<Document, RenderError>
where
    T: Root + Clone + Send + Sync + 'static,
    M: Send + Sync + 'static,
{
    let made = move |without: Option<usize>| {
        let mut document = bare.clone();
        let kept = choices.iter().enumerate().filter(|(index, _)| Some(*index) != without);
        kept.for_each(|(_, choice)| (choice.apply)(&mut document, &machine));
        render::element(&document)
    };
    let bare = made(None)?;
    let reasons: Vec<_> = choices.iter().map(|choice| choice.reason).collect();
    let notes: Vec<_> = reasons.iter().map(|reason| (reason.at, reason.why)).collect();
    let text = render::commented(header, &roxmltree::Document::parse(&bare)?, &notes)?;
    let maker: Maker = Box::new(move |without| made(Some(without)));
    let File { path, connection, definition } = file;
    Ok(Document { path, kind: T::NAME, connection, definition, reasons, bare, text, maker })
}

impl Document {
    /// The address of the driver that takes it, e.g. `qemu:///session`.
    #[must_use]
    pub fn uri(&self) -> &'static str {
        let of_its_own = self.definition.map(|definition| definition.uri());
        of_its_own.unwrap_or(Hypervisor::Qemu.uri(self.connection))
    }

    /// The document without one of its decisions, by its place in [`reasons`](Document::reasons).
    ///
    /// # Errors
    ///
    /// When it cannot be written as XML, which no selection of decisions should cause.
    pub fn without(&self, decision: usize) -> Result<String, RenderError> {
        (self.maker)(decision)
    }
}
