//! What a rule gets to see of a domain, and the questions that several rules ask.

use roxmltree::Node;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Target;
use crate::locate::all;

/// The domain that rules look at.
pub struct Subject<'a, 'input> {
    pub(super) root: Node<'a, 'input>,
    pub(super) target: Target,
    /// Every name there is.
    names: FxHashSet<&'a str>,
    /// The elements by the path of names from the root, in the order of the document.
    paths: FxHashMap<String, Vec<Node<'a, 'input>>>,
}

impl<'a, 'input> Subject<'a, 'input> {
    pub(super) fn new(root: Node<'a, 'input>, target: Target) -> Subject<'a, 'input> {
        let mut subject = Subject { root, target, names: FxHashSet::default(), paths: FxHashMap::default() };
        // Level by level, so that elements with the same path stay in their order.
        let mut level = vec![(root, String::new())];
        while !level.is_empty() {
            let mut next = Vec::new();
            for (parent, path) in level {
                for child in parent.children().filter(Node::is_element) {
                    let name = child.tag_name().name();
                    subject.names.insert(name);
                    next.push((child, if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }));
                }
                subject.paths.entry(path).or_default().push(parent);
            }
            level = next;
        }
        subject
    }

    /// Every element at a path below the root, see [`locate`](crate::locate()). Most paths lead nowhere, or have no
    /// conditions, and need no search.
    pub(super) fn all(&self, at: &str) -> Vec<Node<'a, 'input>> {
        if let Some(below) = at.strip_prefix("//") {
            let last = below.rsplit('/').next().unwrap_or(below);
            return if self.names.contains(last) { all(self.root, at) } else { Vec::new() };
        }
        if let Some(parent) = at.strip_suffix("/*") {
            return if self.all(parent).is_empty() { Vec::new() } else { all(self.root, at) };
        }
        if !at.contains('[') {
            return self.paths.get(at).cloned().unwrap_or_default();
        }
        let outside = at.split('[').map(|part| part.rsplit_once(']').map_or(part, |(_, rest)| rest));
        let there = self.paths.get(&outside.collect::<String>()).into_iter().flatten().copied();
        there.filter(|node| fulfils(*node, at)).collect()
    }

    /// The first element at a path.
    pub(super) fn first(&self, at: &str) -> Option<Node<'a, 'input>> {
        self.all(at).into_iter().next()
    }

    /// An attribute of the first element at a path.
    pub(super) fn value(&self, at: &str, attribute: &str) -> Option<&'a str> {
        self.first(at)?.attribute(attribute)
    }

    /// Whether libvirt chooses a UEFI build for it.
    pub(super) fn autoselects_efi(&self) -> bool {
        self.value("os", "firmware") == Some("efi")
    }

    /// Whether the chipset is Q35, whatever the version.
    pub(super) fn is_q35(&self) -> bool {
        self.value("os/type", "machine").is_some_and(|machine| machine == "q35" || machine.contains("-q35"))
    }

    /// Whether the chipset is the i440FX, whatever the version.
    pub(super) fn is_i440fx(&self) -> bool {
        self.value("os/type", "machine").is_some_and(|machine| machine == "pc" || machine.contains("-i440fx"))
    }

    /// Whether it has a SPICE display.
    pub(super) fn has_spice(&self) -> bool {
        !self.all("devices/graphics[@type=spice]").is_empty()
    }
}

/// Whether an element, and those around it, are as the conditions in its path say.
fn fulfils(node: Node, at: &str) -> bool {
    let steps = at.rsplit('/').zip(node.ancestors());
    steps.into_iter().all(|(step, node)| {
        step.split("[@")
            .skip(1)
            .filter_map(|condition| condition.trim_end_matches(']').split_once('='))
            .all(|(name, value)| node.attribute(name) == Some(value))
    })
}

/// The child of that name.
pub(super) fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    all(node, name).into_iter().next()
}

/// An attribute of the child of that name.
pub(super) fn child_value<'a>(node: Node<'a, '_>, name: &str, attribute: &str) -> Option<&'a str> {
    child(node, name)?.attribute(attribute)
}

/// Whether a switch in libvirt's words is on.
pub(super) fn is_on(value: Option<&str>) -> bool {
    matches!(value, Some("on" | "yes"))
}
