//! Compares what libvirt keeps of a definition with what we wrote.

use domain_definitions::size::Size;
use roxmltree::{Document, Node};

/// An element that libvirt rewrites: its path, why, and whether theirs means the same as ours.
type Exception = (&'static str, &'static str, fn(ours: Node, theirs: Node) -> bool);

/// Every element that libvirt rewrites.
const EXCEPTIONS: [Exception; 3] = [
    ("domain/memory", "libvirt prints KiB", |ours, theirs| {
        let size = |node: Node| format!("{} {}", node.text()?, node.attribute("unit")?).parse::<Size>().ok();
        size(ours).is_some() && size(ours).map(Size::bytes) == size(theirs).map(Size::bytes)
    }),
    ("domain/os/loader", "libvirt adds the firmware that it found", |ours, theirs| {
        ours.attributes().all(|attribute| theirs.attribute(attribute.name()) == Some(attribute.value()))
    }),
    ("domain/os/type", "libvirt pins the chipset's version", |ours, theirs| {
        let versioned = match ours.attribute("machine") {
            Some("q35") => "pc-q35-",
            Some("virt") => "virt-",
            _ => return false,
        };
        let theirs_is = theirs.attribute("machine").is_some_and(|machine| machine.starts_with(versioned));
        theirs_is && ours.attribute("arch") == theirs.attribute("arch")
    }),
];

/// What `theirs` lacks of `ours`: the innermost parts that are missing.
#[must_use]
pub fn lost(ours: &str, theirs: &str) -> Vec<String> {
    let parse = |xml| Document::parse(xml).map_err(|error| error.to_string());
    match (parse(ours), parse(theirs)) {
        (Ok(ours), Ok(theirs)) => {
            let (ours, theirs) = (ours.root_element(), theirs.root_element());
            missing(ours, theirs, "domain")
        }
        (ours, theirs) => [ours.err(), theirs.err()].into_iter().flatten().collect(),
    }
}

/// What one element lacks of another of the same name.
fn missing(ours: Node, theirs: Node, path: &str) -> Vec<String> {
    if let Some((_, why, equivalent)) = EXCEPTIONS.iter().find(|(at, ..)| *at == path) {
        return if equivalent(ours, theirs) { Vec::new() } else { vec![format!("{path} (although {why})")] };
    }
    let mut lost: Vec<_> = ours
        .attributes()
        .filter(|attribute| theirs.attributes().all(|a| (a.name(), a.value()) != (attribute.name(), attribute.value())))
        .map(|attribute| format!("{path}@{}={:?}", attribute.name(), attribute.value()))
        .collect();
    let text = |node: Node| node.text().unwrap_or_default().trim().to_owned();
    if text(ours) != text(theirs) {
        lost.push(format!("{path}: {:?}", text(ours)));
    }
    let mut candidates: Vec<_> = theirs.children().filter(Node::is_element).collect();
    for child in ours.children().filter(Node::is_element) {
        let below = format!("{path}/{}", child.tag_name().name());
        let same_name: Vec<_> =
            (0..candidates.len()).filter(|i| candidates[*i].tag_name() == child.tag_name()).collect();
        let compared: Vec<_> = same_name.iter().map(|i| (*i, missing(child, candidates[*i], &below))).collect();
        match compared.into_iter().min_by_key(|(_, lost)| lost.len()) {
            None => lost.push(below),
            Some((found, differences)) => {
                lost.extend(differences);
                candidates.remove(found);
            }
        }
    }
    lost
}
