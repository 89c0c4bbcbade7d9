//! What a definition needs besides itself, as files: the volume with its disk, the pool that holds it, the network.
//!
//! Each is a small libvirt document, made like a domain: a bare one, and choices with their reasons.

pub mod network;
pub mod pool;
pub mod volume;

use crate::render::{self, Root};
use crate::{BOTH, Connection, GUESTS, Guest, RenderError};

/// The folder of the system's pool `default`, on every distribution.
pub const SYSTEM_POOL: &str = "/var/lib/libvirt/images";

/// One decision about a document of type `T`. What [`Tunable`](crate::Tunable) is for domains.
pub struct Choice<T: 'static> {
    /// The element it owns, see [`locate`](crate::locate()).
    pub at: &'static str,
    /// Why, in a sentence or two.
    pub why: &'static str,
    /// The change. It may name things after the guest.
    pub apply: fn(&mut T, &Guest),
}

/// One of the repository's files that is not a domain.
pub struct Document {
    /// Its file, e.g. `session/storage/linux.qcow2.xml`.
    pub path: String,
    /// Its decisions, for tests: element, reason, and the document without that decision.
    pub choices: Vec<(&'static str, &'static str, String)>,
    /// The document, without comments.
    pub bare: String,
    /// Its text.
    pub text: String,
}

/// Every such document, in the order of their paths.
///
/// # Errors
///
/// When a choice's `at` names no element, or several, or a reason cannot stand in a comment.
pub fn all() -> Result<Vec<Document>, RenderError> {
    let mut all = Vec::new();
    for &connection in BOTH {
        for guest in GUESTS {
            let path = volume_path(connection, guest);
            let header = format!(
                "The disk of {} on {}. To create it:\n  virsh vol-create default {path}",
                guest.title,
                connection.uri()
            );
            all.push(document(path, &header, &volume::Volume::default(), volume::CHOICES, guest)?);
        }
    }
    let any = &GUESTS[0];
    let header = "The pool for disks on qemu:///system, for hosts that do not have it yet:\n  \
                  virsh pool-define system/storage/default.xml\n  virsh pool-build default\n  \
                  virsh pool-start default\n  virsh pool-autostart default";
    all.push(document("system/storage/default.xml".to_owned(), header, &pool::Pool::default(), pool::CHOICES, any)?);
    let header = "The network of machines on qemu:///system, for hosts that do not have it yet\n\
                  (most libvirt packages provide this one):\n  virsh net-define system/network/default.xml\n  virsh net-start default\n  \
                  virsh net-autostart default";
    let network = &network::Network::default();
    all.push(document("system/network/default.xml".to_owned(), header, network, network::CHOICES, any)?);
    all.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(all)
}

/// The file of a guest's volume, e.g. `session/storage/linux.qcow2.xml`.
#[must_use]
pub fn volume_path(connection: Connection, guest: &Guest) -> String {
    format!("{connection}/storage/{}.xml", guest.volume())
}

fn document<T: Root + Clone>(
    path: String,
    header: &str,
    bare: &T,
    choices: &'static [Choice<T>],
    guest: &Guest,
) -> Result<Document, RenderError> {
    let made = |without: Option<usize>| {
        let mut document = bare.clone();
        let kept = choices.iter().enumerate().filter(|(index, _)| Some(*index) != without);
        kept.for_each(|(_, choice)| (choice.apply)(&mut document, guest));
        document
    };
    let header = format!("{header}\n\n{}", crate::definition::PROVENANCE);
    let notes: Vec<_> = choices.iter().map(|choice| (choice.at, choice.why)).collect();
    let whole = made(None);
    let mut tried = Vec::with_capacity(choices.len());
    for (index, choice) in choices.iter().enumerate() {
        tried.push((choice.at, choice.why, render::element(&made(Some(index)))?));
    }
    let text = render::document(&header, &whole, &notes)?;
    Ok(Document { path, choices: tried, bare: render::element(&whole)?, text })
}
