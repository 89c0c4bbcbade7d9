//! Which definition a machine is held against.

use domain_definitions::domain::Arch;
use domain_definitions::machine::Machine;
use domain_definitions::variants::PASSTHROUGH;
use domain_definitions::{Connection, Definition, Guest, Hypervisor, Tunable, locate_all};
use roxmltree::Document;

use super::facts::Apart;
use super::guest::{self, Known};
use super::input;
use super::subject::Subject;

/// What a person says of a machine, and wants of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// The guest.
    pub guest: Option<&'static Guest>,
    /// The name of a definition.
    pub like: Option<&'a str>,
    /// The connection.
    pub connection: Option<Connection>,
}

/// The definition that a machine is held against.
pub struct Choice {
    /// All of the guest's on the connection, with the machine's own numbers.
    pub all: Vec<Apart>,
    /// The number of the one.
    pub chosen: usize,
    /// How the guest is known.
    pub known: Known,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum NoChoice {
    #[error(transparent)]
    Unknown(#[from] guest::Unknown),
    #[error("there is no definition {like} for the {connection} connection; there is {names}")]
    NoLike { like: String, connection: Connection, names: String },
    #[error("is a machine for {found}, and {like} is for {wanted}; --guest {wanted} takes it for one")]
    OtherGuest { found: &'static str, like: String, wanted: &'static str },
    #[error("is a machine for {guest} on {arch}, and there is no definition for that; --guest names another system")]
    NoGuest { guest: &'static str, arch: &'static str },
    #[error("cannot be held against {0}: a record of it is wrong")]
    Record(String),
}

/// Finds the definition for a machine.
///
/// # Errors
///
/// When the machine does not say what it is, or there is no such definition.
pub fn choose(document: &Document, wish: Wish) -> Result<Choice, NoChoice> {
    let connection = wish.connection.unwrap_or_else(|| guest::connection(document));
    // What cannot be told was refused when the machine was read.
    let arch = input::arch(document).unwrap_or(Arch::X86_64);
    let is_here = |other: &Definition| {
        let platform = other.platform;
        other.connection == connection && (platform.hypervisor, platform.arch) == (Hypervisor::Qemu, arch)
    };
    let all = || Definition::all().filter(is_here);
    let like = wish.like.map(|like| {
        let stem = like.trim_end_matches(".xml").trim_start_matches("session/").trim_start_matches("system/");
        // Without the platform's folder, it is a file for such a machine as well.
        let is_it =
            |definition: &Definition| [stem, &definition.platform.named('/', stem)].contains(&&*definition.stem());
        all().find(is_it).ok_or_else(|| {
            let names: Vec<_> = all().map(|definition| definition.stem()).collect();
            NoChoice::NoLike { like: like.to_owned(), connection, names: names.join(", ") }
        })
    });
    let like = like.transpose()?;
    let named = wish.guest.map(|guest| Ok((guest, Known::Named)));
    let found = named.unwrap_or_else(|| guest::of(document));
    let (guest, known) = match (found, like) {
        (Ok((guest, _)), Some(like)) if !alike(guest, like.guest) => {
            let name = wish.like.unwrap_or_default().to_owned();
            return Err(NoChoice::OtherGuest { found: guest.id, like: name, wanted: like.guest.id });
        }
        (Ok((_, known)), Some(like)) => (like.guest, known),
        (Err(_), Some(like)) => (like.guest, Known::Named),
        (found, None) => found?,
    };
    let machine = |definition: &Definition| {
        let own = definition.machine();
        let vcpus =
            locate_all(document.root_element(), "vcpu").first().and_then(|node| node.text()?.trim().parse().ok());
        let osinfo = guest::osinfo(document).map(|id| id.to_owned().into());
        Machine {
            vcpus: if vcpus == Some(0) { own.vcpus } else { vcpus.unwrap_or(1) },
            osinfo: osinfo.unwrap_or_else(|| own.osinfo.clone()),
            ..own
        }
    };
    let mut members: Vec<_> = all().filter(|definition| std::ptr::eq(definition.guest, guest)).collect();
    // The plain file first, then its variants as the guest lists them.
    let place = |definition: &Definition| {
        definition.profile.variants.iter().position(|variant| definition.is(variant)).map_or(0, |place| place + 1)
    };
    members.sort_by_key(place);
    if members.is_empty() {
        return Err(NoChoice::NoGuest { guest: guest.id, arch: arch.name() });
    }
    let apart = |definition: &Definition| {
        Apart::new(*definition, &machine(definition)).ok_or_else(|| NoChoice::Record(definition.path()))
    };
    let all: Vec<_> = members.iter().map(apart).collect::<Result<_, _>>()?;
    let same = |definition: Definition| all.iter().position(|apart| apart.definition.path() == definition.path());
    let made = guest::made_from(document).map(|definition| Definition { connection, ..definition }).filter(is_here);
    let chosen = like.or(made).and_then(same).unwrap_or_else(|| nearest(document, &all));
    Ok(Choice { all, chosen, known })
}

/// Whether one may stand for the other: the two kinds of Windows.
fn alike(one: &Guest, other: &Guest) -> bool {
    std::ptr::eq(one, other) || one.id.starts_with("windows") && other.id.starts_with("windows")
}

/// The definition that the machine has the most of: of all decisions that not all of them have, the most are so or not so as
/// there. A host device, the screen's protocol, and whether the guest drives a virtio network card decide before.
fn nearest(document: &Document, all: &[Apart]) -> usize {
    let root = document.root_element();
    let assigned = !locate_all(root, "devices/hostdev[@type=pci]").is_empty();
    let screens: Vec<_> = locate_all(root, "devices/graphics")
        .iter()
        .filter_map(|node| node.attribute("type").map(str::to_owned))
        .collect();
    let has_card = !locate_all(root, "devices/interface/model").is_empty();
    let is_virtio =
        |document: &Document| !locate_all(document.root_element(), "devices/interface/model[@type=virtio]").is_empty();
    let fits = |apart: &Apart| {
        let ours = Document::parse(apart.text()).ok();
        let screen = ours.as_ref().and_then(|ours| {
            locate_all(ours.root_element(), "devices/graphics").first()?.attribute("type").map(str::to_owned)
        });
        // A file without a screen is for machines without one.
        let same_screen = screens.is_empty() || screen.is_some_and(|screen| screens.contains(&screen));
        let for_assignment = apart.definition.is(&PASSTHROUGH);
        let same_card = !has_card || ours.is_some_and(|ours| is_virtio(&ours) == is_virtio(document));
        (for_assignment == assigned, same_screen, same_card)
    };
    let has =
        |apart: &Apart, tunable: &Tunable| apart.decisions.iter().any(|other| std::ptr::eq(other.tunable, tunable));
    let mut held = Vec::<(&'static Tunable, bool)>::new();
    for apart in all {
        let Ok(ours) = Document::parse(apart.text()) else { continue };
        let floor = apart.definition.floor();
        let subject = Subject { theirs: document, ours: &ours, apart, floor, like: false };
        for decided in &apart.decisions {
            let tunable = decided.tunable;
            let known = held.iter().any(|(other, _)| std::ptr::eq(*other, tunable));
            if !known && !all.iter().all(|other| has(other, tunable)) {
                held.push((tunable, subject.holds(decided)));
            }
        }
    }
    let distance = |apart: &Apart| held.iter().filter(|(tunable, holds)| has(apart, tunable) != *holds).count();
    let rank = |apart: &Apart| {
        let (assignment, screen, card) = fits(apart);
        (!assignment, !screen, !card, distance(apart))
    };
    (0..all.len()).min_by_key(|number| rank(&all[*number])).unwrap_or_default()
}
