//! A variant changes what its name says and nothing else; the variants of a guest are one machine.

mod facts;

use std::collections::BTreeSet;

use domain_definitions::domain::{Arch, InputType};
use domain_definitions::groups::same;
use domain_definitions::rules::Rule;
use domain_definitions::variants::Difference::{Has, Lacks};
use domain_definitions::{Connection, Definition, GUESTS, Options, locate_all, render, variants};
use facts::facts;
use roxmltree::Document;

/// Every variant of a guest, beside the plain definition.
fn of_variants() -> impl Iterator<Item = Definition> {
    Definition::all().filter(|definition| definition.variant.is_some())
}

/// A machine without some of its elements and without its names, and what is left of it.
fn without(definition: &Definition, elements: &[&str]) -> BTreeSet<String> {
    let mut text = render::element(&definition.domain()).expect("it can be written");
    let named = ["title", "metadata/definition"];
    let document = Document::parse(&text).expect("it was just written");
    let found = elements.iter().chain(&named).flat_map(|at| locate_all(document.root_element(), at));
    let mut spans: Vec<_> = found.map(|node| node.range()).collect();
    spans.sort_by_key(|span| std::cmp::Reverse(span.start));
    for span in spans {
        // An element inside one that is gone already has gone with it.
        if text.get(span.clone()).is_some_and(|element| !element.trim().is_empty()) {
            text.replace_range(span.clone(), &" ".repeat(span.len()));
        }
    }
    facts::of(&text)
}

#[test]
fn a_variant_changes_what_it_says_and_nothing_else() {
    for definition in of_variants() {
        let changes = definition.variant.map_or([].as_slice(), |variant| variant.changes);
        let (here, plain) = (without(&definition, changes), without(&definition.plain(), changes));
        let surprises: Vec<_> = here.symmetric_difference(&plain).collect();
        assert!(surprises.is_empty(), "{}: differs from the plain file in {surprises:#?}", definition.path());
        assert_ne!(facts(&definition), facts(&definition.plain()), "{}: is the plain file", definition.path());
    }
}

#[test]
fn every_swap_and_every_change_has_a_use() {
    for variant in GUESTS.iter().flat_map(|guest| guest.profiles).flat_map(|profile| profile.variants) {
        let users = || of_variants().filter(|definition| definition.is(variant));
        for (old, _) in variant.swaps {
            let has = |definition: &Definition| definition.profile.groups().any(|group| same(group, old));
            assert!(users().any(|definition| has(&definition)), "{}: swaps a group that no guest has", variant.id);
        }
        for difference in variant.differs {
            let (Has(_, text) | Lacks(_, text)) = *difference;
            let is_told = |definition: Definition| differs(&definition, &Options::default()).contains(text);
            assert!(users().any(is_told), "{}: is said to have `{text}`, and no file says so", variant.id);
        }
        for at in variant.changes {
            let in_use = users().any(|definition| {
                let others: Vec<_> = variant.changes.iter().copied().filter(|other| other != at).collect();
                without(&definition, &others) != without(&definition.plain(), &others)
            });
            assert!(in_use, "{}: says that it changes `{at}`, but does so nowhere", variant.id);
        }
    }
}

/// What a file says of its difference from the plain one is no more than is true of it: Windows has no 3D to lose, and keeps
/// its TPM; and who asks for a folder has one.
#[test]
fn a_variant_says_how_it_differs_and_nothing_that_is_not_so() {
    for definition in of_variants() {
        let told = differs(&definition, &Options::default());
        let text = definition.xml().expect("it can be written");
        let header = text.split("-->").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!told.is_empty() && header.contains(&told), "{}: {told:?}", definition.path());
        let plain = definition.plain().domain().devices;
        for (lost, had) in [
            ("no 3D", plain.graphics.is_some_and(|graphics| graphics.gl.is_some())),
            ("no TPM", plain.tpm.is_some() && definition.domain().devices.tpm.is_none()),
            ("no virtio keyboard", plain.inputs.iter().any(|input| input.kind == InputType::Keyboard)),
        ] {
            assert!(had || !told.contains(lost), "{}: {told}", definition.path());
        }
        let shared = Options { share: Some("/srv/share".to_owned()), ..Options::default() };
        if shared.applied(definition).is_ok() {
            let told = differs(&definition, &shared);
            let folder = ["shared folder", "virtiofs"].iter().any(|word| told.contains(word));
            assert!(!folder && !told.contains("so that"), "{} with a folder: {told}", definition.path());
        }
    }
}

/// How a definition with some choices differs from the guest's plain file, in its own words.
fn differs(definition: &Definition, options: &Options) -> String {
    let machine = options.applied(*definition).expect("they go together");
    definition.differs(&definition.tunables_for(&machine))
}

/// What the variants of a guest must share, so that a user can go from one to another and keep installation, firmware
/// variables (which belong to the name) and TPM state.
#[test]
fn variants_of_a_guest_are_one_machine() {
    for definition in of_variants() {
        let (domain, plain) = (definition.domain(), definition.plain().domain());
        let path = definition.path();
        assert_eq!(domain.name, plain.name, "{path}: another name");
        assert_ne!(domain.title, plain.title, "{path}: nothing tells it from the plain one in a list of machines");
        assert_eq!(domain.os, plain.os, "{path}: another chipset or firmware");
        let (disk, plain_disk) = (&domain.devices.disks[0], &plain.devices.disks[0]);
        assert_eq!(disk.source, plain_disk.source, "{path}: another disk");
        // The exceptions: they exist for the sake of another bus.
        if ![&variants::INBOX, &variants::BETA4].into_iter().any(|variant| definition.is(variant)) {
            assert_eq!(disk.target, plain_disk.target, "{path}: the disk is elsewhere");
        }
    }
}

/// Two machines on one driver must not have one name, and no two guests one disk.
#[test]
fn guests_are_told_apart() {
    let system = Definition::all().filter(|definition| definition.connection == Connection::System);
    let plain: Vec<_> = system.filter(|definition| definition.variant.is_none()).collect();
    let every = |of: fn(&Definition) -> String| plain.iter().map(of).collect::<BTreeSet<_>>();
    let names = [
        every(Definition::path),
        every(|definition| format!("{} {}", definition.platform.id, definition.guest.name)),
        every(|definition| definition.machine().disk.name.into_owned()),
    ];
    for names in names {
        assert_eq!(names.len(), plain.len(), "two guests share a name: {names:?}");
    }
}

/// What the portable files promise in one word: nothing ties them to a host, but for the folder of the disk, which is
/// libvirt's own.
#[test]
fn a_portable_definition_is_portable() {
    for definition in of_variants().filter(|definition| definition.is(&variants::PORTABLE)) {
        let ties = definition.ties().expect("it can be written");
        let ties: Vec<_> = ties.into_iter().map(Rule::id).collect();
        // There are no named CPUs for ARM.
        let cpu = (definition.platform.arch == Arch::Aarch64).then_some("portable/maximum-cpu");
        let path = (definition.connection == Connection::System).then_some("portable/path");
        let expected: Vec<_> = path.into_iter().chain(cpu).collect();
        assert_eq!(ties, expected, "{}", definition.path());
        let programs: Vec<_> = definition.needs().iter().map(|need| need.what).collect();
        for not in ["SPICE", "render node", "virtiofsd"] {
            assert!(!programs.iter().any(|what| what.contains(not)), "{}: needs {not}", definition.path());
        }
    }
}
