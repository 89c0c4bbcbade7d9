//! A reason stands above what it explains: every decision changes something (effective), nothing outside its own
//! element (local), and that element is there (placed). That goes for domains and for the documents beside them.

use domain_definitions::documents::{self, Document as Beside};
use domain_definitions::{Definition, Tunable, locate, render};
use roxmltree::{Document, Node, NodeId};

/// A decision in one file.
struct Decision {
    /// The file, and the element that the decision owns.
    name: String,
    at: &'static str,
    why: &'static str,
    source: &'static str,
    /// The document, without comments.
    with: String,
    /// The same without this decision.
    without: String,
}

/// Runs a check on every decision of every file, and reports all that fail.
fn every_decision(check: impl Fn(&Decision) -> Result<(), String>) {
    let mut faults = Vec::new();
    let mut look = |decision: &Decision| {
        faults.extend(check(decision).err().map(|fault| format!("{}: {fault}", decision.name)));
    };
    for definition in Definition::all() {
        definition.tunables().for_each(|tunable| look(&of_domain(&definition, tunable)));
    }
    for document in documents::all().expect("the documents can be written") {
        (0..document.reasons.len()).for_each(|index| look(&of_document(&document, index)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn of_domain(definition: &Definition, tunable: &'static Tunable) -> Decision {
    let kept = definition.tunables().filter(|other| !std::ptr::eq(*other, tunable));
    let text = |domain| render::element(&domain).expect("any selection of tunables can be written");
    Decision {
        name: format!("{}: the tunable at `{}`", definition.path(), tunable.at),
        at: tunable.at,
        why: tunable.why,
        source: tunable.source,
        with: text(definition.domain()),
        without: text(definition.domain_of(kept)),
    }
}

fn of_document(document: &Beside, index: usize) -> Decision {
    let reason = document.reasons[index];
    Decision {
        name: format!("{}: the decision at `{}`", document.path, reason.at),
        at: reason.at,
        why: reason.why,
        source: reason.source,
        with: document.bare.clone(),
        without: document.without(index).expect("any selection of decisions can be written"),
    }
}

#[test]
fn effective() {
    every_decision(|decision| {
        (decision.with != decision.without).then_some(()).ok_or_else(|| "changes nothing; remove it".to_owned())
    });
}

#[test]
fn placed() {
    every_decision(|decision| {
        let document = Document::parse(&decision.with).expect("it was just written");
        locate(&document, decision.at).map(|_| ()).map_err(|error| format!("is misplaced: {error}"))
    });
}

#[test]
fn local() {
    every_decision(|decision| {
        let parsed = |text| Document::parse(text).expect("it was just written");
        let (with, without) = (parsed(&decision.with), parsed(&decision.without));
        let own = |document| locate(document, decision.at).ok().map(|node| node.id());
        let elsewhere = outline(with.root_element(), own(&with));
        let local = [None, own(&without)].iter().any(|own| outline(without.root_element(), *own) == elsewhere);
        local.then_some(()).ok_or_else(|| "changes something outside its element; make it two decisions".to_owned())
    });
}

/// A document without one of its elements, and without parents that are empty when it is gone.
fn outline(node: Node, except: Option<NodeId>) -> Option<String> {
    if Some(node.id()) == except {
        return None;
    }
    let attributes: Vec<_> = node.attributes().map(|a| format!("{}={:?}", a.name(), a.value())).collect();
    let text = node.text().unwrap_or_default().trim();
    let children: Vec<_> = node.children().filter(Node::is_element).collect();
    let kept: Vec<_> = children.iter().filter_map(|child| outline(*child, except)).collect();
    let emptied = kept.is_empty() && !children.is_empty() && attributes.is_empty() && text.is_empty();
    (!emptied).then(|| format!("{}[{}]{text}({})", node.tag_name().name(), attributes.join(" "), kept.join("")))
}

#[test]
fn a_reason_is_one_or_two_sentences_that_fit_a_comment() {
    every_decision(|Decision { why, .. }| {
        let fits = why.ends_with('.') && !why.contains("--") && !why.contains("  ") && why.matches(". ").count() <= 1;
        fits.then_some(()).ok_or_else(|| format!("has a reason that is not one or two sentences without `--`: {why}"))
    });
}

#[test]
fn a_source_names_where_to_look() {
    every_decision(|Decision { source, .. }| {
        let vague = ["as above", "as old as", "older than"].iter().any(|words| source.contains(words));
        let named = !source.trim().is_empty() && !vague;
        named.then_some(()).ok_or_else(|| format!("names no source that can be looked up: {source:?}"))
    });
}

#[test]
fn what_documents_say_has_a_source_and_works_at_the_floor() {
    for document in documents::all().expect("the documents can be written") {
        for reason in &document.reasons {
            let name = format!("{}: the decision at `{}`", document.path, reason.at);
            assert!(reason.source.contains("libvirt"), "{name} has no source");
            assert!(reason.since.within(domain_definitions::FLOOR), "{name} needs {}", reason.since);
        }
    }
}
