//! Which rules can find something in a document: most are about what few documents have.
//!
//! What a rule finds depends on the answers that it gets. Asked about an empty document, in which no path leads anywhere, it
//! shows which paths it begins with. Where none of those leads anywhere in another document, it gets the same answers, and
//! finds as little.

use std::sync::LazyLock;

use roxmltree::Document;
use rustc_hash::FxHashMap;

use super::places::Way;
use super::{Rule, Subject, Target, rules};

/// A rule, and where it begins.
struct Candidate {
    rule: &'static Rule,
    /// The paths that it asks for in an empty document; `None` if it looks at more than that, or finds something there.
    begins: Option<Vec<Way>>,
}

/// The rules by the root elements of the documents that they are about, in their order.
static CANDIDATES: LazyLock<FxHashMap<&str, Vec<Candidate>>> = LazyLock::new(|| {
    let mut candidates: FxHashMap<_, Vec<_>> = FxHashMap::default();
    for rule in rules() {
        candidates.entry(rule.family.root()).or_default().push(Candidate { rule, begins: begins(rule) });
    }
    candidates
});

fn begins(rule: &Rule) -> Option<Vec<Way>> {
    let text = format!("<{}/>", rule.family.root());
    let empty = Document::parse(&text).ok()?;
    let examined = rule.examine(empty.root_element(), Target::default(), None);
    let by_paths = examined.violations.is_empty() && !examined.looked_further && !examined.asked.is_empty();
    if by_paths { examined.asked.iter().map(|at| Way::of(at)).collect() } else { None }
}

/// Whether there are rules about documents with such a root element.
pub(super) fn are_about(root: &str) -> bool {
    CANDIDATES.contains_key(root)
}

/// The rules that may find something in a document.
pub(super) fn of<'s>(subject: &'s Subject) -> impl Iterator<Item = &'static Rule> + use<'s> {
    let all = CANDIDATES.get(subject.name()).into_iter().flatten();
    let may_find = |candidate: &&Candidate| {
        let begins = candidate.begins.as_ref();
        begins.is_none_or(|begins| begins.iter().any(|way| subject.leads_somewhere(*way)))
    };
    all.filter(may_find).map(|candidate| candidate.rule)
}

#[cfg(test)]
mod tests {
    use super::super::Family;
    use super::*;
    use crate::CATALOG;

    fn ids(text: &str) -> Vec<String> {
        let document = Document::parse(text).unwrap();
        let subject = Subject::new(document.root_element(), Target::default());
        of(&subject).map(Rule::id).collect()
    }

    #[test]
    fn a_rule_is_left_out_where_it_begins_with_nothing_that_is_there() {
        let has = |text, id: &str| ids(text).iter().any(|known| known == id);
        let vsock = "<domain><devices><vsock/></devices></domain>";
        let sound = "<domain><devices><sound/></devices></domain>";
        assert!(has(vsock, "portable/vsock") && !has(sound, "portable/vsock"));
        // These find what is missing, or look at the document itself.
        assert!(["libvirt/os", "libvirt/blanks", "floor/element"].iter().all(|id| has("<domain/>", id)));
        assert!(ids("<domain/>").len() < ids(vsock).len());
        assert!(ids("<pool/>").is_empty() && !are_about("pool") && are_about("network"));
    }

    #[test]
    fn a_rule_that_looks_at_more_than_paths_begins_anywhere() {
        let asks = |find| begins(&Rule { family: Family::Mistake, name: "", why: "", help: "", source: "", find });
        assert!(asks(|subject| subject.each(&["vcpu"], "")).is_some());
        let never = |_: &Subject| Vec::new();
        let by_target = |subject: &Subject| {
            if subject.target() == Target::default() { subject.each(&["vcpu"], "") } else { subject.each(&["os"], "") }
        };
        let by_root = |subject: &Subject| {
            if subject.root().has_attribute("type") { subject.each(&["os"], "") } else { subject.each(&["vcpu"], "") }
        };
        assert!([never, by_target, by_root].into_iter().all(|find: fn(&Subject) -> _| asks(find).is_none()));
    }

    #[test]
    fn none_is_left_out_that_finds_something() {
        let mut left_out = 0;
        for entry in CATALOG {
            let document = Document::parse(entry.xml).unwrap();
            let subject = Subject::new(document.root_element(), Target::stated(&document));
            let candidates: Vec<_> = of(&subject).map(Rule::id).collect();
            for rule in rules().filter(|rule| rule.family.root() == subject.name()) {
                if !candidates.contains(&rule.id()) {
                    assert_eq!((rule.find)(&subject), [], "{}", rule.id());
                    left_out += 1;
                }
            }
        }
        assert!(left_out > CATALOG.len());
    }
}
