//! The mended text: one change after the other, each on the document that the one before has left.

use domain_definitions::{Definition, locate_all};
use roxmltree::{Document, Node};

use super::edit;
use super::facts::{self, Apart, Decided, Fact, What};
use super::matching::{children, named};
use super::subject::Subject;

/// What belongs to a kind of element and not to the one it becomes: when this attribute of this element in this parent gets
/// another value, these attributes go, and these elements in it; those with `../` beside it.
struct Bound {
    parent: &'static str,
    element: &'static str,
    attribute: &'static str,
    attributes: &'static [&'static str],
    elements: &'static [&'static str],
}

static BOUND: &[Bound] = &[
    Bound {
        parent: "domain",
        element: "cpu",
        attribute: "mode",
        attributes: &["check", "match", "migratable"],
        elements: &["model", "vendor"],
    },
    Bound {
        parent: "disk",
        element: "target",
        attribute: "bus",
        attributes: &["rotation_rate", "removable"],
        elements: &["../address"],
    },
    Bound { parent: "devices", element: "controller", attribute: "model", attributes: &[], elements: &["address"] },
    Bound { parent: "devices", element: "input", attribute: "bus", attributes: &[], elements: &["address"] },
    Bound { parent: "interface", element: "model", attribute: "type", attributes: &[], elements: &["../driver"] },
    Bound { parent: "devices", element: "graphics", attribute: "type", attributes: PORTS, elements: &["*"] },
    Bound {
        parent: "graphics",
        element: "listen",
        attribute: "type",
        attributes: &["address", "network", "socket"],
        elements: &[],
    },
    Bound {
        parent: "video",
        element: "model",
        attribute: "type",
        attributes: &["ram", "vram", "vram64", "vgamem"],
        elements: &["*"],
    },
    Bound {
        parent: "devices",
        element: "memballoon",
        attribute: "model",
        attributes: &["autodeflate", "freePageReporting"],
        elements: &["*"],
    },
    Bound { parent: "rng", element: "backend", attribute: "model", attributes: &[], elements: &["*"] },
    Bound { parent: "devices", element: "sound", attribute: "model", attributes: &[], elements: &["address"] },
];

/// What a screen has that can be reached by a port.
const PORTS: &[&str] = &["port", "autoport", "tlsPort", "websocket", "listen", "socket"];

/// The text in which one more thing is as a decision says; `None` if all is so, or it cannot be.
pub fn step(subject: &Subject, decided: &Decided) -> Option<String> {
    let fact = subject.next(decided)?;
    match subject.find(&fact.place) {
        None => added(subject, decided, fact),
        Some(node) => match &fact.what {
            What::Element => None,
            What::Text(text) => Some(edit::set_text(node, text)),
            What::Attribute(name, value) => changed(subject, decided, fact, node, name, value),
        },
    }
}

/// The text with an attribute changed, and without what belonged to its old value.
fn changed(subject: &Subject, decided: &Decided, fact: &Fact, node: Node, name: &str, value: &str) -> Option<String> {
    let parent = node.parent_element()?;
    let is = |bound: &&Bound| {
        (bound.parent, bound.element, bound.attribute) == (parent.tag_name().name(), node.tag_name().name(), name)
    };
    if let Some(bound) = BOUND.iter().find(is).filter(|_| node.has_attribute(name)) {
        if let Some(attribute) = bound.attributes.iter().find(|name| node.has_attribute(**name)) {
            return Some(edit::without_attribute(node, attribute));
        }
        for element in bound.elements {
            let (within, element) = element.strip_prefix("../").map_or((node, *element), |beside| (parent, beside));
            let mut inside = children(within);
            if let Some(old) = inside.find(|child| element == "*" || child.tag_name().name() == element) {
                return Some(edit::without(old));
            }
        }
        let companion = |other: &Node| {
            named(*other, "master").next().is_some() && other.attribute("type") == node.attribute("type")
        };
        if let Some(companion) = named(parent, "controller").find(companion).filter(|_| bound.element == "controller") {
            return Some(edit::without(companion));
        }
        if bound.element == "backend" && node.text().is_some() {
            return Some(edit::set_text(node, ""));
        }
    }
    let ours = facts::at(subject.ours, &fact.place)?;
    let names: Vec<_> = ours.attributes().map(|attribute| attribute.name().to_owned()).collect();
    let mut text = set_in_order(node, name, value, &names);
    // What a decision says of one element it says at once. Names of disks belong to their bus, and are the owner's to choose.
    for other in decided.facts.iter().filter(|other| other.place == fact.place) {
        let What::Attribute(name, value) = &other.what else { continue };
        let free = || Some(free(parent.parent_element()?, value, Some(node)));
        let value = if name == "dev" { free()? } else { value.clone() };
        let document = Document::parse(&text).ok()?;
        let new = set_in_order(facts::at(&document, &facts::place(node))?, name, &value, &names);
        text = new;
    }
    Some(text)
}

/// Sets an attribute; a new one stands where it does among `names`.
fn set_in_order(node: Node, name: &str, value: &str, names: &[String]) -> String {
    let before: Vec<_> = names.iter().map(String::as_str).take_while(|other| *other != name).collect();
    edit::set_attribute(node, name, value, &before)
}

/// The text with what is not there: the element itself, in those around it that are not there either.
fn added(subject: &Subject, decided: &Decided, fact: &Fact) -> Option<String> {
    let depth = (1..=fact.place.len()).find(|depth| subject.find(&fact.place[..*depth]).is_none())?;
    let (place, rest) = fact.place.split_at(depth);
    let own =
        |place: &[(String, usize)]| decided.facts.iter().any(|fact| fact.what == What::Element && fact.place == place);
    let document = Document::parse(&decided.text).ok()?;
    let whole = (0..=rest.len()).find(|more| own(&fact.place[..depth + more]))?;
    let mut text = slice(facts::at(&document, &fact.place[..depth + whole])?);
    for (name, _) in fact.place[depth - 1..depth - 1 + whole].iter().rev() {
        text = format!("<{name}>\n  {}\n</{name}>", text.replace('\n', "\n  "));
    }
    let parent = subject.find(&place[..depth - 1])?;
    let ours = facts::at(subject.ours, place)?;
    if let Some((prefix, uri)) = prefix(ours).filter(|(prefix, _)| parent.lookup_namespace_uri(Some(prefix)).is_none())
    {
        return Some(edit::declare(subject.theirs.root_element(), prefix, uri));
    }
    if ours.tag_name().name() == "disk" {
        text = fitted(parent, &text)?;
    }
    let spot = edit::spot(parent, ours, |sibling| subject.find(&facts::place(sibling)));
    Some(edit::insert(spot, &text))
}

/// The prefix that an element's name is written with, and what it stands for.
fn prefix<'a>(node: Node<'a, '_>) -> Option<(&'a str, &'a str)> {
    let uri = node.tag_name().namespace()?;
    Some((node.lookup_prefix(uri)?, uri))
}

/// An element's text as if it stood at the beginning of a line.
fn slice(node: Node) -> String {
    let text = node.document().input_text();
    let start = node.range().start;
    let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    text[node.range()].replace(&format!("\n{}", &text[line..start]), "\n")
}

/// A new drive with a name that is free, and in no boot order where the machine's is not ours.
fn fitted(devices: Node, drive: &str) -> Option<String> {
    let document = Document::parse(drive).ok()?;
    let target = named(document.root_element(), "target").next()?;
    let text = edit::set_attribute(target, "dev", &free(devices, target.attribute("dev")?, None), &[]);
    let order = locate_all(devices, "disk/boot").iter().any(|boot| boot.attribute("order") == Some("1"));
    let document = Document::parse(&text).ok()?;
    let root = document.root_element();
    let taken = named(root, "boot").next().filter(|boot| {
        let taken =
            |at: &str| locate_all(devices, at).iter().any(|other| other.attribute("order") == boot.attribute("order"));
        !order || taken("*/boot")
    });
    Some(taken.map_or(text.clone(), edit::without))
}

/// A name like `wanted` that no other disk has. On an adapter, libvirt makes a disk's number of the last letter, so that is
/// another one as well.
fn free(devices: Node, wanted: &str, own: Option<Node>) -> String {
    let on_adapter = |name: &str| !name.starts_with("vd");
    let mut names = Vec::new();
    let mut numbers = Vec::new();
    for disk in named(devices, "disk") {
        let Some(target) = named(disk, "target").next().filter(|target| Some(*target) != own) else { continue };
        let name = target.attribute("dev").unwrap_or_default();
        names.push(name);
        numbers.extend(name.get(2..).filter(|_| on_adapter(name)).and_then(number));
        let addresses = named(disk, "address").filter(|address| address.attribute("type") == Some("drive"));
        numbers.extend(addresses.filter_map(|address| address.attribute("unit")?.parse::<u32>().ok()));
    }
    let is_free = |name: &String| {
        let taken = name.get(2..).and_then(number).is_some_and(|number| numbers.contains(&number));
        !(names.contains(&name.as_str()) || on_adapter(name) && taken)
    };
    let letters = ('a'..='z').map(|letter| format!("{}{letter}", &wanted[..2]));
    std::iter::once(wanted.to_owned()).chain(letters).find(is_free).unwrap_or_default()
}

/// The number that a letter stands for in the name of a disk.
fn number(letter: &str) -> Option<u32> {
    let mut letters = letter.chars();
    let only = letters.next().filter(|letter| letter.is_ascii_lowercase() && letters.next().is_none())?;
    Some(u32::from(only) - u32::from('a'))
}

/// The text without what a screen has beside a port, once a decision has closed that.
pub fn closed(document: &Document) -> Option<String> {
    let listens = locate_all(document.root_element(), "devices/graphics/listen");
    let closed = listens.into_iter().find(|node| matches!(node.attribute("type"), Some("none" | "socket")))?;
    let graphics = closed.parent_element()?;
    let port = PORTS.iter().find(|name| graphics.has_attribute(**name))?;
    Some(edit::without_attribute(graphics, port))
}

/// The text without one more thing that a decision of another file of the guest has put there, and that the definition does
/// not have; `None` if there is nothing.
pub fn less(subject: &Subject, other: &Subject, decided: &Decided) -> Option<String> {
    let ours: Vec<_> = subject.apart.decisions.iter().flat_map(|decided| &decided.facts).collect();
    let kept = |node: Node| {
        let same = |fact: &&&Fact| fact.what == What::Element && subject.find(&fact.place) == Some(node);
        ours.iter().find(same).map(|fact| &fact.place)
    };
    for fact in decided.facts.iter().rev() {
        let Some(node) = other.find(&fact.place) else { continue };
        match (&fact.what, kept(node)) {
            (What::Element, None) if is_free(subject.theirs, node) => {
                // With all that the decision has put around it: it may be known by what is inside.
                let goes = |node: &Node| {
                    let put = |fact: &Fact| fact.what == What::Element && other.find(&fact.place) == Some(*node);
                    decided.facts.iter().any(put) && kept(*node).is_none() && is_free(subject.theirs, *node)
                };
                let node = node.ancestors().take_while(goes).last().unwrap_or(node);
                let parent = node.parent_element()?;
                let is_last =
                    children(parent).count() == 1 && kept(parent).is_none() && parent != node.document().root_element();
                return Some(edit::without(if is_last { parent } else { node }));
            }
            (What::Attribute(name, _), Some(place)) => {
                let wanted = facts::at(subject.ours, place)?;
                if !wanted.has_attribute(name.as_str()) && node.has_attribute(name.as_str()) {
                    return Some(edit::without_attribute(node, name));
                }
            }
            _ => {}
        }
    }
    // The prefix of what is gone.
    let root = subject.theirs.root_element();
    let unused = |(prefix, uri): &(&str, &str)| {
        let is_used = root.descendants().any(|node| node.tag_name().namespace() == Some(uri));
        !is_used
            && root.lookup_namespace_uri(Some(prefix)) == Some(uri)
            && subject.ours.root_element().lookup_prefix(uri).is_none()
    };
    let mut put = decided.facts.iter().filter_map(|fact| facts::at(other.ours, &fact.place));
    put.find_map(|node| prefix(node).filter(unused)).and_then(|(prefix, _)| edit::undeclare(root, prefix))
}

/// Whether nothing else in the machine depends on an element.
fn is_free(document: &Document, node: Node) -> bool {
    let root = document.root_element();
    match node.tag_name().name() {
        "iothreads" if node.parent_element() == Some(root) => locate_all(root, "//driver")
            .iter()
            .all(|driver| !driver.has_attribute("iothread") && named(*driver, "iothreads").next().is_none()),
        "controller" => {
            let number = node.attribute("index").and_then(|index| index.parse::<u32>().ok());
            let bus = number.map(|number| format!("0x{number:02x}"));
            locate_all(root, "//address").iter().all(|address| address.attribute("bus").map(str::to_owned) != bus)
        }
        _ => true,
    }
}

/// The text that names the definition that the machine now is, if it named one of ours before.
pub fn renamed(text: &str, apart: &Apart, before: &Definition) -> Option<String> {
    let ours = Document::parse(apart.text()).ok()?;
    let wanted = super::guest::provenance(&ours)?;
    let document = Document::parse(text).ok()?;
    let found = super::guest::provenance(&document)?;
    for name in ["file", "release", "libvirt", "qemu", "linux"] {
        match wanted.attribute(name) {
            Some(value) if found.attribute(name) != Some(value) => {
                return Some(edit::set_attribute(found, name, value, &["file", "release", "libvirt", "qemu"]));
            }
            None if found.has_attribute(name) => return Some(edit::without_attribute(found, name)),
            _ => {}
        }
    }
    let title = named(document.root_element(), "title").next()?;
    let (old, new) = (before.title(), apart.definition.title());
    (title.text() == Some(old.as_str()) && old != new).then(|| edit::set_text(title, &new))
}
