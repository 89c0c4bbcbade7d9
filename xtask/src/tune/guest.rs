//! Which operating system a machine is for, and on which connection it is.

use domain_definitions::domain::ProvenanceNamespace;
use domain_definitions::{Connection, Definition, GUESTS, Guest, locate_all};
use roxmltree::{Document, Node};

/// How the guest is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// The user says so.
    Named,
    /// The machine was made from a file of this project.
    Metadata,
    /// It has libosinfo's id.
    Osinfo,
    /// Its devices tell.
    Devices,
}

/// Why it is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Unknown {
    #[error("does not say which system it is for; name it with --guest ({})", names())]
    Nothing,
    #[error("is for {id}, for which there is no definition; --guest names the nearest one ({})", names())]
    Other { id: String },
}

fn names() -> String {
    GUESTS.iter().map(|guest| guest.id).collect::<Vec<_>>().join(", ")
}

/// Vendors in osinfo-db whose systems are Linux.
pub const LINUX: &[&str] = &[
    "almalinux.org",
    "alpinelinux.org",
    "altlinux.org",
    "android-x86.org",
    "archlinux.org",
    "asianux.com",
    "cclinux.org",
    "centos.org",
    "cirros-cloud.net",
    "clearlinux.org",
    "debian.org",
    "elementary.io",
    "endlessos.com",
    "euro-linux.com",
    "fedoraproject.org",
    "freenix.net",
    "gentoo.org",
    "gnome.org",
    "guix.gnu.org",
    "hyperbola.info",
    "libosinfo.org",
    "mageia.org",
    "mandriva.com",
    "manjaro.org",
    "miraclelinux.com",
    "nixos.org",
    "openanolis.cn",
    "opensuse.org",
    "oracle.com",
    "pureos.net",
    "redhat.com",
    "rockylinux.org",
    "scientificlinux.org",
    "slackware.com",
    "suse.com",
    "system76.com",
    "trisquel.info",
    "ubuntu.com",
    "univention.de",
    "voidlinux.org",
];

/// Versions of Windows that are as Windows 10 is to a machine: with Secure Boot and a TPM, or without.
const WINDOWS: &[&str] = &["10", "2k16", "2k19", "2k22", "2k25"];

/// The guest of an id.
#[must_use]
pub fn named(id: &str) -> Option<&'static Guest> {
    GUESTS.iter().find(|guest| guest.id == id)
}

/// The guest of a machine, and how it is known.
///
/// # Errors
///
/// When nothing tells, or there is no definition for it.
pub fn of(document: &Document) -> Result<(&'static Guest, Known), Unknown> {
    if let Some(definition) = made_from(document) {
        return Ok((definition.guest, Known::Metadata));
    }
    let root = document.root_element();
    if let Some(id) = osinfo(document) {
        let guest = by_osinfo(id, is_trusted(root)).and_then(named);
        return guest.map(|guest| (guest, Known::Osinfo)).ok_or_else(|| Unknown::Other { id: id.to_owned() });
    }
    let windows = ["features/hyperv", "clock/timer[@name=hypervclock]", "clock[@offset=localtime]"];
    if windows.iter().filter(|at| !locate_all(root, at).is_empty()).count() >= 2 {
        let guest = named(if is_trusted(root) { "windows" } else { "windows10" });
        return guest.map(|guest| (guest, Known::Devices)).ok_or(Unknown::Nothing);
    }
    Err(Unknown::Nothing)
}

/// The definition that a machine was made from.
#[must_use]
pub fn made_from(document: &Document) -> Option<Definition> {
    Definition::find(provenance(document)?.attribute("file")?)
}

/// The element in which a machine says what it was made from.
#[must_use]
pub fn provenance<'a, 'input>(document: &'a Document<'input>) -> Option<Node<'a, 'input>> {
    let found = locate_all(document.root_element(), "metadata/definition");
    found.into_iter().find(|node| node.tag_name().namespace() == Some(ProvenanceNamespace::URN))
}

/// libosinfo's id.
#[must_use]
pub fn osinfo<'a>(document: &'a Document) -> Option<&'a str> {
    locate_all(document.root_element(), "metadata/libosinfo/os").first()?.attribute("id")
}

/// The guest that an id of osinfo-db belongs to.
#[must_use]
pub fn by_osinfo(id: &str, trusted: bool) -> Option<&'static str> {
    let (vendor, system) = id.strip_prefix("http://")?.split_once('/')?;
    let release = || system.rsplit('/').next().unwrap_or_default();
    let major = || release().split('.').next().and_then(|major| major.parse::<u32>().ok()).unwrap_or(0);
    match vendor {
        "microsoft.com" => match system.strip_prefix("win/")? {
            "11" => Some("windows"),
            other if WINDOWS.contains(&other) => Some(if trusted { "windows" } else { "windows10" }),
            _ => None,
        },
        "freebsd.org" => (major() >= 13).then_some("freebsd"),
        "openbsd.org" => (major() >= 7).then_some("openbsd"),
        "haiku-os.org" => matches!(release(), "r1beta3" | "r1beta4" | "r1beta5" | "nightly").then_some("haiku"),
        _ if LINUX.contains(&vendor) && !system.contains("hurd") && !system.contains("solaris") => {
            (system != "unknown").then_some("linux")
        }
        _ => None,
    }
}

/// Whether it has what Windows 11 demands.
fn is_trusted(root: Node) -> bool {
    let uefi = !locate_all(root, "os[@firmware=efi]").is_empty() || !locate_all(root, "os/loader").is_empty();
    uefi && !locate_all(root, "devices/tpm").is_empty()
}

/// The connection that a machine is for, as far as it shows that: by the file it was made from, its network, its disk.
#[must_use]
pub fn connection(document: &Document) -> Connection {
    let root = document.root_element();
    if let Some(definition) = made_from(document) {
        return definition.connection;
    }
    let interfaces = locate_all(root, "devices/interface");
    let kind = interfaces.first().and_then(|interface| interface.attribute("type"));
    let disk = locate_all(root, "devices/disk/source").into_iter().find_map(|source| source.attribute("file"));
    match (kind, disk) {
        (Some("user"), _) => Connection::Session,
        (None, Some(path)) if path.starts_with("/home/") => Connection::Session,
        _ => Connection::System,
    }
}
