//! Somebody's machine beside the definition that it is held against: what of each decision is so.

use domain_definitions::domain::Arch;
use domain_definitions::path::XmlPath;
use domain_definitions::{Since, Tunable, locate_all, tunables};
use roxmltree::{Document, Node};

use super::facts::{self, Apart, Decided, Fact, What};
use super::kept::{self, Kept};
use super::matching;

/// A machine beside a definition.
#[derive(Clone, Copy)]
pub struct Subject<'a, 'input> {
    /// The machine.
    pub theirs: &'a Document<'input>,
    /// The definition's document.
    pub ours: &'a Document<'a>,
    /// The definition.
    pub apart: &'a Apart,
    /// The releases that the machine will run on.
    pub floor: Since,
    /// Whether the definition was asked for by its name.
    pub like: bool,
}

/// How a machine stands to a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is as the decision says, or has what it is for in its own way.
    Already,
    /// Something is not there.
    Missing,
    /// Something is there and different.
    Different(Vec<Difference>),
    /// The decision is not for this machine.
    Not(String),
}

/// A value that is not the decision's.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The element, or its attribute.
    pub at: String,
    /// What the machine has; nothing if it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What the decision says.
    pub wanted: String,
}

/// How a machine stands to a fact.
enum Stands {
    Holds,
    NoElement,
    Differs(Option<String>),
}

impl<'a, 'input> Subject<'a, 'input> {
    /// How the machine stands to a decision.
    #[must_use]
    pub fn state(&self, decided: &Decided) -> State {
        let stands: Vec<_> = decided.facts.iter().map(|fact| (fact, self.stands(fact))).collect();
        if stands.iter().all(|(_, stands)| matches!(stands, Stands::Holds)) {
            return State::Already;
        }
        if !decided.tunable.since.within(self.floor) {
            return State::Not(format!("it needs {}, or later", beyond(decided.tunable.since, self.floor)));
        }
        match kept::kept(self, decided.tunable.at) {
            Some(Kept::Own) if !self.is_move(decided) => return State::Already,
            Some(Kept::Not(why)) => return State::Not(why.to_owned()),
            _ => {}
        }
        if let Some(other) = self.awaits(decided) {
            return State::Not(format!("it belongs to {other}, which the machine does not have"));
        }
        if let Some(why) = self.worse(decided.tunable).or_else(|| self.unfit(decided.tunable)) {
            return State::Not(why.to_owned());
        }
        let differences = stands.into_iter().filter_map(|(fact, stands)| match stands {
            Stands::Differs(found) => Some(Difference { at: written(fact), found, wanted: value(fact).to_owned() }),
            _ => None,
        });
        let differences: Vec<_> = differences.collect();
        if differences.is_empty() { State::Missing } else { State::Different(differences) }
    }

    /// The first fact that is not so.
    #[must_use]
    pub fn next(&self, decided: &'a Decided) -> Option<&'a Fact> {
        decided.facts.iter().find(|fact| !matches!(self.stands(fact), Stands::Holds))
    }

    /// Whether every fact is so.
    #[must_use]
    pub fn holds(&self, decided: &Decided) -> bool {
        decided.facts.iter().all(|fact| matches!(self.stands(fact), Stands::Holds))
    }

    /// The element that plays the part of the one at a place.
    #[must_use]
    pub fn find(&self, place: &[(String, usize)]) -> Option<Node<'a, 'input>> {
        matching::find(self.theirs, self.ours, place)
    }

    fn stands(&self, fact: &Fact) -> Stands {
        let Some(node) = self.find(&fact.place) else { return Stands::NoElement };
        let compared = |found: Option<&str>, wanted: &str| {
            if found == Some(wanted) { Stands::Holds } else { Stands::Differs(found.map(str::to_owned)) }
        };
        match &fact.what {
            What::Element => Stands::Holds,
            // The owner's names and numbers.
            What::Attribute(name, _) if name == "dev" && self.is_on_its_bus(node, fact) => Stands::Holds,
            What::Attribute(name, wanted) => compared(node.attribute(name.as_str()), wanted),
            What::Text(wanted) => compared(node.text().map(str::trim), wanted),
        }
    }

    fn is_on_its_bus(&self, target: Node, fact: &Fact) -> bool {
        facts::at(self.ours, &fact.place).is_some_and(|ours| ours.attribute("bus") == target.attribute("bus"))
    }

    /// A choice that the machine has made in its own way, but that was asked for by name: only values of these differ between
    /// the files of a guest.
    fn is_move(&self, decided: &Decided) -> bool {
        self.like && matches!(decided.tunable.at, "devices/controller[@type=usb]")
    }

    /// The place of the decision that this one is a part of, and that the machine does not have.
    fn awaits(&self, decided: &Decided) -> Option<&'static str> {
        let missing = decided.facts.iter().find(|fact| self.find(&fact.place).is_none())?;
        let depth = (1..=missing.place.len()).find(|depth| self.find(&missing.place[..*depth]).is_none())?;
        let place = &missing.place[..depth];
        let is_maker = |other: &&Decided| {
            let steps = XmlPath::new(other.tunable.at).steps().count();
            steps == depth && other.facts.iter().any(|fact| fact.what == What::Element && fact.place == place)
        };
        let maker = self.apart.decisions.iter().find(is_maker)?;
        (!std::ptr::eq(maker, decided)).then_some(maker.tunable.at)
    }

    /// What is for guests without a driver, which this one has, or for other firmware. Whoever asks for it by name gets it.
    fn worse(&self, tunable: &Tunable) -> Option<&'static str> {
        let is = |other: &Tunable| std::ptr::eq(tunable, other) && !self.like;
        let has = |at: &str| !locate_all(self.theirs.root_element(), at).is_empty();
        let disk =
            locate_all(self.theirs.root_element(), "devices").first().and_then(|all| matching::system_disk(*all));
        let bus = disk.and_then(kept::bus_of);
        if is(&tunables::disks::ON_SATA) && matches!(bus.as_deref(), Some("virtio" | "scsi")) {
            return Some("the disk is on virtio already, which is faster");
        }
        if is(&tunables::network::E1000E) && has("devices/interface/model[@type=virtio]") {
            return Some("the network card is virtio's already, which is faster");
        }
        if is(&tunables::display::VGA) && !kept::is_uefi(self.theirs.root_element()) {
            return Some("the card is for UEFI, and the machine boots from BIOS");
        }
        None
    }

    /// What only some disks can have.
    fn unfit(&self, tunable: &Tunable) -> Option<&'static str> {
        let is = |other: &Tunable| std::ptr::eq(tunable, other);
        let disks = locate_all(self.theirs.root_element(), "devices");
        let disk = disks.first().and_then(|devices| matching::system_disk(*devices))?;
        let bus = kept::bus_of(disk);
        let format = matching::named(disk, "driver").next().and_then(|driver| driver.attribute("type"));
        if is(&tunables::disks::SOLID_STATE) && !matches!(bus.as_deref(), Some("sata" | "scsi" | "ide")) {
            return Some("the disk's bus has no such flag");
        }
        let wants_qcow2 = is(&tunables::disks::DISCARD_NO_UNREF) || is(&tunables::disks::DISCARD_GRANULARITY);
        if wants_qcow2 && format != Some("qcow2") {
            return Some("the image is not qcow2");
        }
        if is(&tunables::disks::VIRTIO_BLK_IOTHREAD) && bus.as_deref() != Some("virtio") {
            return Some("it follows when the disk has moved");
        }
        None
    }

    /// The bus of the definition's disk.
    #[must_use]
    pub fn bus(&self) -> Option<String> {
        let target = locate_all(self.ours.root_element(), "devices/disk[@device=disk]/target");
        target.first().and_then(|target| target.attribute("bus").map(str::to_owned))
    }

    /// Whether the definition is for assigning a device.
    #[must_use]
    pub fn is_for_assignment(&self) -> bool {
        self.apart.definition.is(&domain_definitions::variants::PASSTHROUGH)
    }

    /// Whether the definition is for ARM, and so the machine.
    #[must_use]
    pub fn is_for_arm(&self) -> bool {
        self.apart.definition.platform.arch == Arch::Aarch64
    }

    /// Whether the machine has PCI Express.
    #[must_use]
    pub fn is_q35(&self) -> bool {
        let kind = locate_all(self.theirs.root_element(), "os/type");
        kind.first().and_then(|kind| kind.attribute("machine")).is_some_and(|machine| machine.contains("q35"))
    }
}

/// The releases that are beyond what there is.
fn beyond(since: Since, floor: Since) -> String {
    let mut programs = Vec::new();
    if since.libvirt > floor.libvirt {
        programs.push(format!("libvirt {}", since.libvirt));
    }
    if since.qemu > floor.qemu {
        programs.push(format!("QEMU {}", since.qemu));
    }
    if since.linux > floor.linux {
        programs.push(format!("Linux {:#}", since.linux));
    }
    programs.join(" and ")
}

/// A fact's place, as a person would write it.
fn written(fact: &Fact) -> String {
    let names: Vec<_> = fact.place.iter().map(|(name, _)| name.as_str()).collect();
    match &fact.what {
        What::Attribute(name, _) => format!("{}/@{name}", names.join("/")),
        What::Element | What::Text(_) => names.join("/"),
    }
}

fn value(fact: &Fact) -> &str {
    match &fact.what {
        What::Element => "",
        What::Attribute(_, value) | What::Text(value) => value,
    }
}
