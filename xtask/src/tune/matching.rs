//! Which element of somebody's machine plays the part of an element of ours.

use roxmltree::{Document, Node};

use super::facts;

/// The child elements.
pub fn children<'a, 'input>(parent: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    parent.children().filter(Node::is_element)
}

/// The child elements of a name.
pub fn named<'a, 'input: 'a>(parent: Node<'a, 'input>, name: &str) -> impl Iterator<Item = Node<'a, 'input>> {
    children(parent).filter(move |child| child.tag_name().name() == name)
}

/// The element of `theirs` that plays the part of the one at a place of `ours`.
#[must_use]
pub fn find<'a, 'input>(
    theirs: &'a Document<'input>,
    ours: &Document,
    place: &[(String, usize)],
) -> Option<Node<'a, 'input>> {
    let mut found = theirs.root_element();
    for depth in 1..=place.len() {
        found = counterpart(found, facts::at(ours, &place[..depth])?)?;
    }
    Some(found)
}

/// The child of `parent` that plays the part of an element of ours.
fn counterpart<'a, 'input>(parent: Node<'a, 'input>, ours: Node) -> Option<Node<'a, 'input>> {
    let name = ours.tag_name().name();
    let number = |alike: &dyn Fn(Node) -> bool| {
        let before = ours.prev_siblings().skip(1).filter(|node| node.is_element() && node.tag_name().name() == name);
        before.filter(|node| alike(*node)).count()
    };
    let same = |attribute: &'static str| {
        let own = ours.attribute(attribute);
        named(parent, name).find(|node| node.attribute(attribute) == own)
    };
    match (parent.tag_name().name(), name) {
        ("devices", "disk") if class(ours) == "disk" => system_disk(parent),
        ("devices", "disk") => {
            let alike = |node: Node| class(node) == class(ours);
            named(parent, name).filter(|node| alike(*node)).nth(number(&alike))
        }
        ("devices", "controller") => controller(parent, ours),
        ("devices", "channel" | "console") => {
            let target = |node: Node| {
                let target = named(node, "target").next();
                target.and_then(|target| target.attribute("name").or(target.attribute("type")).map(str::to_owned))
            };
            named(parent, name).find(|node| target(*node) == target(ours))
        }
        ("devices", "input") => input(parent, ours),
        ("devices", "filesystem") => {
            let kind = |node: Node| named(node, "driver").any(|driver| driver.attribute("type") == Some("virtiofs"));
            named(parent, name).find(|node| kind(*node))
        }
        ("devices", "redirdev") => {
            let spice = |node: &Node| node.attribute("type") == ours.attribute("type");
            named(parent, name).filter(spice).nth(number(&|_| true))
        }
        ("devices", "graphics") => {
            let local = |node: &Node| matches!(node.attribute("type"), Some("spice" | "vnc"));
            same("type").or_else(|| named(parent, name).find(local))
        }
        ("clock", "timer") | ("firmware", "feature") => same("name"),
        _ => named(parent, name).nth(number(&|_| true)),
    }
}

/// What a disk is in the guest; a hard disk if nothing is said.
#[must_use]
pub fn class<'a>(disk: Node<'a, '_>) -> &'a str {
    disk.attribute("device").unwrap_or("disk")
}

/// The disk that the guest boots from: the first in the boot order, else the first.
#[must_use]
pub fn system_disk<'a, 'input>(devices: Node<'a, 'input>) -> Option<Node<'a, 'input>> {
    let order = |disk: &Node| {
        let order = named(*disk, "boot").next().and_then(|boot| boot.attribute("order")?.parse::<u32>().ok());
        order.unwrap_or(u32::MAX)
    };
    named(devices, "disk").filter(|disk| matches!(class(*disk), "disk" | "lun")).min_by_key(order)
}

fn controller<'a, 'input>(devices: Node<'a, 'input>, ours: Node) -> Option<Node<'a, 'input>> {
    let kind = ours.attribute("type");
    let mut alike = named(devices, "controller").filter(|node| node.attribute("type") == kind);
    match kind {
        Some("pci") => alike.find(|node| node.attribute("index") == ours.attribute("index")),
        Some("usb") => alike.find(|node| named(*node, "master").next().is_none()),
        // The adapter that a disk is on if nothing else is said.
        _ => alike.next(),
    }
}

/// One on the same bus, or else one on a bus that is nobody's: not PS/2, whose devices every PC has, and not one that
/// belongs to another element of ours.
fn input<'a, 'input>(devices: Node<'a, 'input>, ours: Node) -> Option<Node<'a, 'input>> {
    let (kind, bus) = (ours.attribute("type"), ours.attribute("bus"));
    let alike = || named(devices, "input").filter(|node| node.attribute("type") == kind);
    let siblings = ours.parent_element().into_iter().flat_map(|parent| named(parent, "input").collect::<Vec<_>>());
    let mut taken: Vec<_> = siblings.filter(|node| node.attribute("type") == kind).collect();
    taken.retain(|node| node.attribute("bus") != bus);
    let free = |node: &Node| {
        let on = node.attribute("bus");
        on != Some("ps2") && !taken.iter().any(|other| other.attribute("bus") == on)
    };
    alike().find(|node| node.attribute("bus") == bus).or_else(|| alike().find(free))
}
