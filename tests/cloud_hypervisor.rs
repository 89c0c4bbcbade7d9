//! Definitions for Cloud Hypervisor hold nothing but what libvirt's driver for it takes.
//!
//! There is no package of that driver to try them on, so this is a list, read from libvirt 11.3's `src/ch/`: of elements
//! that it acts on (`ch_monitor.c`, and `domain_interface.c` for the card), and of some that every driver keeps for other
//! programs. What it ignores would be
//! decoration, what it refuses (`ch_domain.c`) would make the definition useless.

use domain_definitions::{Definition, Hypervisor, locate_all, render};
use roxmltree::{Document, Node};

/// Elements that the driver acts on, with their attributes, and whether a value is the only one it takes.
const TAKEN: [&str; 18] = [
    "@type=kvm",
    "name",
    "memory@unit",
    "vcpu",
    "os",
    "os/type@arch",
    "os/kernel",
    "devices",
    "devices/disk@type=file",
    "devices/disk@device=disk",
    "devices/disk/source@file",
    "devices/disk/target@dev",
    "devices/disk/target@bus=virtio",
    "devices/interface@type=network",
    "devices/interface/source@network",
    "devices/interface/model@type=virtio",
    "devices/console@type=pty",
    "devices/console/target@type=virtio",
];

/// What is there for people and other programs.
const KEPT: [&str; 3] = ["title", "metadata", "devices/disk/driver@type"];

#[test]
fn nothing_is_in_them_that_the_driver_does_not_take() {
    let definitions =
        Definition::all().filter(|definition| definition.platform.hypervisor == Hypervisor::CloudHypervisor);
    let mut seen = Vec::new();
    for definition in definitions {
        let text = render::element(&definition.domain()).expect("it can be written");
        let document = Document::parse(&text).expect("it was just written");
        let kept = locate_all(document.root_element(), "metadata/*");
        let elements = document.descendants().filter(Node::is_element);
        for element in elements.filter(|element| !element.ancestors().any(|node| kept.contains(&node))) {
            let mut path: Vec<_> =
                element.ancestors().filter(Node::is_element).map(|node| node.tag_name().name()).collect();
            path.pop();
            path.reverse();
            let path = path.join("/");
            let attributes = element.attributes().map(|a| (format!("{path}@{}", a.name()), a.value()));
            for (place, value) in std::iter::once((path.clone(), "")).chain(attributes).filter(|(at, _)| !at.is_empty())
            {
                // An element with attributes of its own in the list is in it, too.
                let taken = |item: &&str| {
                    *item == place
                        || *item == format!("{place}={value}")
                        || item.starts_with(&format!("{place}@"))
                        || item.starts_with(&format!("{place}/"))
                };
                let found = TAKEN.iter().chain(&KEPT).copied().find(taken);
                assert!(found.is_some(), "{}: the driver does not take {place} {value}", definition.path());
                seen.extend(found);
            }
        }
    }
    assert!(!seen.is_empty());
    for item in TAKEN {
        let used = item == "@type=kvm" || seen.contains(&item) || seen.iter().any(|seen| seen.starts_with(item));
        assert!(used, "no definition has {item}; take it off the list");
    }
}

/// What is written for a desktop is wrong above a server.
#[test]
fn no_reason_in_them_speaks_of_a_desktop() {
    for definition in Definition::all().filter(|definition| definition.profile.title.contains("server")) {
        for tunable in definition.tunables() {
            let why = tunable.why;
            assert!(
                !why.contains("desktop") && !why.contains("laptop"),
                "{}: `{}`: {why}",
                definition.path(),
                tunable.at
            );
        }
    }
}
