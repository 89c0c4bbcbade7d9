//! What a rule gets to see of a domain, and the questions that several rules ask.

use std::cell::RefCell;
use std::collections::BTreeSet;

use roxmltree::Node;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Rule, Target, Violation};
use crate::path::{Condition, Step, XmlPath};

/// The domain that rules look at.
pub struct Subject<'a, 'input> {
    pub(super) root: Node<'a, 'input>,
    pub(super) target: Target,
    /// Every element name in the domain.
    names: FxHashSet<&'a str>,
    /// The elements by the path of names from the root, in the order of the document.
    paths: FxHashMap<String, Vec<Node<'a, 'input>>>,
    /// Records the questions, where somebody wants to know them.
    watch: Option<Watch<'a>>,
}

/// What a rule asks.
struct Watch<'a> {
    asked: RefCell<BTreeSet<String>>,
    hidden: Option<&'a str>,
}

/// What a rule finds in a domain, and where it looks for it.
pub struct Examined {
    /// What is against the rule.
    pub violations: Vec<Violation>,
    /// The paths that the rule asked for.
    pub asked: BTreeSet<String>,
}

impl Rule {
    /// Applies the rule to a domain and keeps a record of the paths it asks for. Where `hidden` is one of them, the rule
    /// finds nothing there: a test can so tell whether a document depends on that path.
    #[must_use]
    pub fn examine(&self, root: Node, target: Target, hidden: Option<&str>) -> Examined {
        let mut subject = Subject::new(root, target);
        subject.watch = Some(Watch { asked: RefCell::default(), hidden });
        let violations = (self.find)(&subject);
        Examined { violations, asked: subject.watch.map(|watch| watch.asked.into_inner()).unwrap_or_default() }
    }
}

impl<'a, 'input> Subject<'a, 'input> {
    pub(super) fn new(root: Node<'a, 'input>, target: Target) -> Subject<'a, 'input> {
        let (names, paths) = (FxHashSet::default(), FxHashMap::default());
        let mut subject = Subject { root, target, names, paths, watch: None };
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

    /// Every element that a path leads to, see [`path`](crate::path).
    ///
    /// # Panics
    ///
    /// When a rule asks for something that is not a path; the tests run every rule.
    pub(super) fn all(&self, at: &str) -> Vec<Node<'a, 'input>> {
        let path = XmlPath::parse(at).unwrap_or_else(|error| panic!("`{at}` is {error}"));
        if let Some(watch) = &self.watch {
            watch.asked.borrow_mut().insert(at.to_owned());
            if watch.hidden == Some(at) {
                return Vec::new();
            }
        }
        self.at(path)
    }

    /// Every element that a path leads to. Most paths lead nowhere, or have no conditions, and need no search.
    pub(super) fn at(&self, path: XmlPath) -> Vec<Node<'a, 'input>> {
        if let Some(found) = self.paths.get(path.as_str()) {
            return found.clone();
        }
        let steps: Vec<_> = path.steps().collect();
        if steps.iter().any(|step| step.name != "*" && !self.names.contains(step.name)) {
            return Vec::new();
        }
        let numbered = |step: &Step| step.name == "*" || step.conditions().any(|c| matches!(c, Condition::Nth(_)));
        if path.is_anywhere() || steps.iter().any(numbered) {
            return path.all(self.root);
        }
        let names: Vec<_> = steps.iter().map(|step| step.name).collect();
        let found = self.paths.get(&names.join("/")).into_iter().flatten().copied();
        found.filter(|node| steps.iter().rev().zip(node.ancestors()).all(|(step, node)| step.fits(node))).collect()
    }

    /// The first element at a path.
    pub(super) fn first(&self, at: &str) -> Option<Node<'a, 'input>> {
        self.all(at).into_iter().next()
    }

    /// Whether something is at a path.
    pub(super) fn has(&self, at: &str) -> bool {
        self.first(at).is_some()
    }

    /// An attribute of the first element at a path.
    pub(super) fn value(&self, at: &str, attribute: &str) -> Option<&'a str> {
        self.first(at)?.attribute(attribute)
    }

    /// A violation at each element of some paths.
    pub(super) fn each(&self, at: &[&str], message: &str) -> Vec<Violation> {
        at.iter().flat_map(|at| self.all(at)).map(|node| Violation::at(node, message)).collect()
    }

    /// The devices.
    pub(super) fn devices(&self) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
        self.all("devices").into_iter().flat_map(|devices| devices.children()).filter(Node::is_element)
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

    /// Whether the guest's clock has the same frequency on every host.
    pub(super) fn has_fixed_tsc(&self) -> bool {
        self.all("clock/timer[@name=tsc]").iter().any(|timer| timer.has_attribute("frequency"))
    }
}

/// The child of that name.
pub(super) fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

/// An attribute of the child of that name.
pub(super) fn child_value<'a>(node: Node<'a, '_>, name: &str, attribute: &str) -> Option<&'a str> {
    child(node, name)?.attribute(attribute)
}

/// Whether a switch in libvirt's words is on.
pub(super) fn is_on(value: Option<&str>) -> bool {
    matches!(value, Some("on" | "yes"))
}
