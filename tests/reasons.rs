//! A reason stands above what it explains: every decision changes something (effective), nothing outside its own
//! element (local), and that element is there (placed).

use domain_definitions::{Definition, Tunable, locate, render};
use roxmltree::{Document, Node, NodeId};

/// Runs a check on every decision of every definition, and reports all that fail.
fn every_decision(check: impl Fn(&Definition, &'static Tunable) -> Result<(), String>) {
    let mut faults = Vec::new();
    for definition in Definition::all() {
        for tunable in definition.tunables() {
            if let Err(fault) = check(&definition, tunable) {
                faults.push(format!("{}: the tunable at `{}` {fault}", definition.path(), tunable.at));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn text(definition: &Definition, without: Option<&Tunable>) -> String {
    let kept = definition.tunables().filter(|tunable| without.is_none_or(|left_out| !std::ptr::eq(*tunable, left_out)));
    render::element(&definition.domain_of(kept)).expect("any selection of tunables can be written")
}

#[test]
fn effective() {
    every_decision(|definition, tunable| {
        let changed = text(definition, None) != text(definition, Some(tunable));
        changed.then_some(()).ok_or_else(|| "changes nothing; remove it".to_owned())
    });
}

#[test]
fn placed() {
    every_decision(|definition, tunable| {
        let text = text(definition, None);
        let document = Document::parse(&text).expect("it was just written");
        locate(&document, tunable.at).map(|_| ()).map_err(|error| format!("is misplaced: {error}"))
    });
}

#[test]
fn local() {
    every_decision(|definition, tunable| {
        let (with, without) = (text(definition, None), text(definition, Some(tunable)));
        let (with, without) = (Document::parse(&with).unwrap(), Document::parse(&without).unwrap());
        let own = |document| locate(document, tunable.at).ok().map(|node| node.id());
        let elsewhere = outline(with.root_element(), own(&with));
        let local = [None, own(&without)].iter().any(|own| outline(without.root_element(), *own) == elsewhere);
        local.then_some(()).ok_or_else(|| "changes something outside its element; make it two tunables".to_owned())
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
    every_decision(|_, tunable| {
        let why = tunable.why;
        let fits = why.ends_with('.') && !why.contains("--") && !why.contains("  ") && why.matches(". ").count() <= 1;
        fits.then_some(()).ok_or_else(|| format!("has a reason that is not one or two sentences without `--`: {why}"))
    });
}

#[test]
fn a_source_names_where_to_look() {
    every_decision(|_, tunable| {
        let source = tunable.source;
        let vague = ["as above", "as old as", "older than"].iter().any(|words| source.contains(words));
        let named = !source.trim().is_empty() && !vague;
        named.then_some(()).ok_or_else(|| format!("names no source that can be looked up: {source:?}"))
    });
}
