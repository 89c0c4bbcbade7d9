//! What a rule gets to see of a domain, and the questions that several rules ask.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use roxmltree::Node;

use super::places::{Places, Way};
use super::{Rule, Target, Violation};

/// The domain that rules look at.
pub struct Subject<'a, 'input> {
    root: Node<'a, 'input>,
    target: Target,
    places: Places<'a, 'input>,
    /// Records the questions, where somebody wants to know them.
    watch: Option<Watch<'a>>,
}

/// What a rule asks.
struct Watch<'a> {
    asked: RefCell<BTreeSet<&'static str>>,
    hidden: Option<&'a str>,
    /// Whether a rule looked at anything but paths.
    looked_further: Cell<bool>,
}

/// What a rule finds in a domain, and where it looks for it.
pub struct Examined {
    /// What is against the rule.
    pub violations: Vec<Violation>,
    /// The paths that the rule asked for.
    pub asked: BTreeSet<&'static str>,
    /// Whether it looked at anything else, such as the attributes of the root element.
    pub looked_further: bool,
}

impl Rule {
    /// Applies the rule to a domain and keeps a record of the paths it asks for. Where `hidden` is one of them, the rule
    /// finds nothing there: a test can so tell whether a document depends on that path.
    #[must_use]
    pub fn examine(&self, root: Node, target: Target, hidden: Option<&str>) -> Examined {
        let mut subject = Subject::new(root, target);
        subject.watch = Some(Watch { asked: RefCell::default(), hidden, looked_further: Cell::default() });
        let violations = (self.find)(&subject);
        let looked_further = subject.watch.as_ref().is_some_and(|watch| watch.looked_further.get());
        let asked = subject.watch.map(|watch| watch.asked.into_inner()).unwrap_or_default();
        Examined { violations, asked, looked_further }
    }
}

impl<'a, 'input> Subject<'a, 'input> {
    pub(super) fn new(root: Node<'a, 'input>, target: Target) -> Subject<'a, 'input> {
        Subject { root, target, places: Places::new(root), watch: None }
    }

    /// The root element.
    pub(super) fn root(&self) -> Node<'a, 'input> {
        self.look_further();
        self.root
    }

    /// What the domain is judged for.
    pub(super) fn target(&self) -> Target {
        self.look_further();
        self.target
    }

    /// The name of the root element.
    pub(super) fn name(&self) -> &'a str {
        self.root.tag_name().name()
    }

    fn look_further(&self) {
        if let Some(watch) = &self.watch {
            watch.looked_further.set(true);
        }
    }

    /// Whether a path leads to something, whose way this is.
    pub(super) fn leads_somewhere(&self, way: Way) -> bool {
        self.places.leads_somewhere(way)
    }

    /// Every element that a path leads to, see [`path`](crate::path), in the order of the document.
    ///
    /// # Panics
    ///
    /// When a rule asks for something that is not a path, in a build for tests, which run every rule.
    pub(super) fn all(&self, at: &'static str) -> Vec<Node<'a, 'input>> {
        if let Some(watch) = &self.watch {
            watch.asked.borrow_mut().insert(at);
            if watch.hidden == Some(at) {
                return Vec::new();
            }
        }
        self.places.all(at)
    }

    /// The same, where nobody wants to know that it was asked for.
    pub(super) fn at(&self, at: &'static str) -> Vec<Node<'a, 'input>> {
        self.look_further();
        self.places.all(at)
    }

    /// The names of all elements below the root.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.look_further();
        self.places.names()
    }

    /// The first element at a path.
    pub(super) fn first(&self, at: &'static str) -> Option<Node<'a, 'input>> {
        self.all(at).into_iter().next()
    }

    /// Whether something is at a path.
    pub(super) fn has(&self, at: &'static str) -> bool {
        self.first(at).is_some()
    }

    /// An attribute of the first element at a path.
    pub(super) fn value(&self, at: &'static str, attribute: &str) -> Option<&'a str> {
        self.first(at)?.attribute(attribute)
    }

    /// A violation at each element of some paths.
    pub(super) fn each(&self, at: &[&'static str], message: &str) -> Vec<Violation> {
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
