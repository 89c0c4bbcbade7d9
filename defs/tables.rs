//! What the records say, as tables.

use std::ptr;

use crate::collection::{Collection, Member};
use crate::connection::Connection;
use crate::effects;
use crate::measured::results::Results;
use crate::needs::Packages;
use crate::pages;
use crate::platforms::{Hypervisor, Platform};
use crate::proof::Proven;
use crate::rules::{Family, Rule, Severity, rules};
use crate::table::{Cell, Piece, Table, code, joined, text};
use crate::topics::Area;
use crate::troubles::TROUBLES;
use crate::tunables::Tunable;
use crate::variants::{PORTABLE, TWO_D, Variant};
use crate::version::{ALWAYS, FLOOR, Since, Version};

/// Every guest's plain file on each connection, and the names of those for other hosts: a row for each guest on a PC, and one for
/// each other kind of host. What Cloud Hypervisor runs is not for somebody who has yet to choose.
#[must_use]
pub fn guests(collection: &Collection) -> Table {
    let is_qemu = |machine: &&[Member]| machine[0].definition.platform.hypervisor == Hypervisor::Qemu;
    let (on_pcs, others): (Vec<_>, Vec<_>) =
        collection.machines().filter(is_qemu).partition(|machine| machine[0].definition.platform.folder.is_none());
    let mut rows: Vec<_> =
        on_pcs.iter().map(|machine| guests_row(machine[0].definition.profile.covers.to_owned(), &[machine])).collect();
    let on = |machine: &[Member]| machine[0].definition.platform;
    let mut platforms: Vec<&Platform> = Vec::new();
    for platform in others.iter().map(|machine| on(machine)) {
        if !platforms.iter().any(|known| ptr::eq(*known, platform)) {
            platforms.push(platform);
        }
    }
    rows.extend(platforms.into_iter().map(|platform| {
        let here: Vec<_> = others.iter().copied().filter(|machine| ptr::eq(on(machine), platform)).collect();
        let names: Vec<_> = here.iter().map(|machine| machine[0].definition.guest.name).collect();
        guests_row(format!("on {}: {}", platform.hosts, names.join(" and ")), &here)
    }));
    Table { header: vec!["guest", "session", "system", "for other hosts"], rows }
}

/// The files of some machines, in a row of their own.
fn guests_row(covers: String, machines: &[&[Member]]) -> Vec<Cell> {
    let members = || machines.iter().copied().flatten();
    let links = |connection| {
        let is_plain =
            |member: &&Member| member.definition.variant.is_none() && member.definition.connection == connection;
        joined(members().filter(is_plain).map(|member| vec![link(member)]), ", ")
    };
    let others = machines.iter().flat_map(|machine| {
        let of = |variant: &'static Variant| machine.iter().find(|member| member.definition.is(variant));
        [of(&TWO_D), of(&PORTABLE)].into_iter().flatten()
    });
    let others = joined(others.map(|member| code(&member.stem)), ", ");
    vec![text(covers), links(Connection::Session), links(Connection::System), others]
}

/// Leads to a definition.
fn link(member: &Member) -> Piece {
    Piece::Link { code: member.stem.clone(), path: member.path.clone() }
}

/// Which file is whose, in one look.
#[must_use]
pub fn files(collection: &Collection, proven: &Proven) -> Table {
    let header = vec!["for", "how it differs", "session", "system", "works with", "proven"];
    let mut rows = Vec::new();
    for machine in collection.machines() {
        let profile = machine[0].definition.profile;
        let title = vec![Piece::Strong(profile.title.to_owned()), Piece::Text(format!(": {}", profile.covers))];
        let mut row = vec![title];
        row.resize(header.len(), Cell::new());
        rows.push(row);
        rows.extend(machine.chunk_by(|one, other| one.stem == other.stem).map(|twins| files_row(twins, proven)));
    }
    Table { header, rows }
}

/// The row of one variant of a machine, on each connection that it has.
fn files_row(twins: &[Member], proven: &Proven) -> Vec<Cell> {
    let (profile, variant) = (twins[0].definition.profile, twins[0].definition.variant);
    let on = |connection| {
        let found = twins.iter().filter(|member| member.definition.connection == connection);
        found.map(link).collect()
    };
    let floor = twins.iter().fold(twins[0].floor, |floor, member| floor.and(member.floor));
    let works_with = if floor == FLOOR { String::new() } else { floor.to_string() };
    vec![
        text(variant.map_or(profile.audience, |variant| variant.audience)),
        text(twins[0].definition.differs(&twins[0].tunables)),
        on(Connection::Session),
        on(Connection::System),
        text(works_with),
        text(proven.told(&twins.iter().map(|member| &member.definition).collect::<Vec<_>>())),
    ]
}

/// What sets each definition's floor.
#[must_use]
pub fn floors(collection: &Collection) -> Table {
    let header = vec!["definition", "libvirt", "set by", "QEMU", "set by", "Linux", "set by"];
    let row = |name: Cell, member: &Member| {
        let by = |of: fn(&Tunable) -> Version, floor: Version| set_by(member, of, floor);
        let mut row = vec![name, text(member.floor.libvirt.to_string())];
        row.push(by(|tunable| tunable.since.libvirt, member.floor.libvirt));
        row.extend(match member.definition.platform.hypervisor {
            Hypervisor::Qemu => {
                [text(member.floor.qemu.to_string()), by(|tunable| tunable.since.qemu, member.floor.qemu)]
            }
            Hypervisor::CloudHypervisor => [Cell::new(), Cell::new()],
        });
        row.extend(match member.floor.linux {
            ALWAYS => [text("any"), Cell::new()],
            linux => [text(format!("{linux:#}")), by(|tunable| tunable.since.linux, linux)],
        });
        row
    };
    let (at_floor, above): (Vec<_>, Vec<_>) = collection.members.iter().partition(|member| member.floor == FLOOR);
    let mut rows: Vec<_> = above.into_iter().map(|member| row(code(&member.path), member)).collect();
    // They agree in what sets it: one is as good as any.
    rows.extend(at_floor.first().map(|member| row(text("all others"), member)));
    Table { header, rows }
}

/// Which tunables need the newest release, and whether that is what sets the floor.
fn set_by(member: &Member, of: fn(&Tunable) -> Version, floor: Version) -> Cell {
    let newest = member.tunables.iter().copied().map(of).max().unwrap_or(ALWAYS);
    let at = member.tunables.iter().filter(|tunable| of(tunable) == newest).map(|tunable| code(tunable.at));
    let at = joined(at, ", ");
    if newest == floor { at } else { [text(format!("the floor; {newest} would do for ")), at].concat() }
}

/// The choices in an area: where each is made, why, and what it was seen to gain.
#[must_use]
pub fn choices(collection: &Collection, area: &Area, results: &Results) -> Table {
    let since = |version: Version| if version == ALWAYS { "any".to_owned() } else { version.to_string() };
    let rows = collection.tunables().into_iter().filter(|used| used.record.topic.area == area).map(|used| {
        let Since { libvirt, qemu, linux } = used.record.since;
        let Tunable { at, why, source, .. } = used.record;
        let by = used_by(collection, &used.by);
        // Too few ask something of Linux for a column.
        let on = if linux == ALWAYS { String::new() } else { format!(" on Linux {linux:#}") };
        let measured = effects::cell(results, used.record);
        vec![code(*at), by, text(since(libvirt)), text(since(qemu) + &on), text(*why), measured, text(*source)]
    });
    Table { header: vec!["element", "in", "libvirt", "QEMU", "why", "measured", "source"], rows: rows.collect() }
}

/// What the definitions need on the host, and the packages that bring it.
#[must_use]
pub fn needs(collection: &Collection) -> Table {
    let rows = collection.needs().into_iter().map(|used| {
        let on = |of: fn(&Packages) -> &'static str| {
            let names = used.record.packages.as_ref().into_iter().flat_map(|packages| of(packages).split(' '));
            joined(names.map(code), " ")
        };
        vec![
            text(used.record.what),
            used_by(collection, &used.by),
            on(|packages| packages.debian),
            on(|packages| packages.fedora),
            on(|packages| packages.arch),
            on(|packages| packages.opensuse),
        ]
    });
    let header = vec!["on the host", "for", "Debian, Ubuntu", "Fedora", "Arch", "openSUSE"];
    Table { header, rows: rows.collect() }
}

/// What messages mean: what a host lacks, and whatever else causes them; of several causes of one message, the likeliest first.
#[must_use]
pub fn errors(collection: &Collection) -> Table {
    let row = |said: &str, cause, remedy| (said.to_owned(), vec![code(said), text(cause), linked(remedy)]);
    let needs = collection.needs().into_iter().map(|used| used.record);
    let needs: Vec<_> =
        needs.flat_map(|need| need.errors.iter().map(|error| row(error, need.what, need.help))).collect();
    let troubles: Vec<_> = TROUBLES
        .iter()
        .flat_map(|trouble| trouble.said.iter().map(|said| row(said, trouble.cause, trouble.remedy)))
        .collect();
    let order: Vec<_> = needs.iter().chain(&troubles).map(|(said, _)| said.clone()).collect();
    let mut rows = [troubles, needs].concat();
    rows.sort_by_key(|(said, _)| order.iter().position(|other| other == said));
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    Table { header: vec!["libvirt says", "cause", "what to do"], rows }
}

/// Prose in which the pages that it names are links.
fn linked(prose: &str) -> Cell {
    let mut cell = Cell::new();
    for word in prose.split_inclusive(' ') {
        let name = word.trim_matches([' ', ',', ';', '.', ':', '(', ')']);
        match word.split_once(name).filter(|_| pages::all().any(|page| page == name)) {
            Some((before, after)) => {
                let path = name.to_owned();
                cell.extend([text(before), vec![Piece::Link { code: path.clone(), path }], text(after)].concat());
            }
            None => cell.extend(text(word)),
        }
    }
    cell
}

/// Some of the rules that libvirt or QEMU enforces.
#[must_use]
pub fn rules_of(rules: &'static [&'static [Rule]]) -> Table {
    rules_table(rules.iter().copied().flatten())
}

/// All other rules.
#[must_use]
pub fn other_rules() -> Table {
    rules_table(rules().filter(|rule| !matches!(rule.family, Family::Libvirt(_))))
}

fn rules_table(rules: impl Iterator<Item = &'static Rule>) -> Table {
    Table { header: vec!["rule", "finding", "why", "instead"], rows: rules.map(rules_row).collect() }
}

fn rules_row(rule: &Rule) -> Vec<Cell> {
    let severity = match rule.severity(FLOOR) {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        None => "",
    };
    let finding = match rule.family {
        Family::Libvirt(refusal) => format!("{severity}: {refusal}"),
        Family::Mistake | Family::Floor | Family::Portable(_) => severity.to_owned(),
    };
    let why = if rule.is_portable() { rule.note() } else { rule.why.to_owned() };
    vec![code(rule.id()), text(finding), text(why), text(rule.help)]
}

/// The members that have something, said briefly: on which connections, which of those there; or all but which, if that is
/// shorter.
fn used_by(collection: &Collection, has: &[bool]) -> Cell {
    let connection = |index: usize| collection.members[index].definition.connection;
    let is_in_use = |on: &Connection| has.iter().enumerate().any(|(index, has)| *has && connection(index) == *on);
    let connections: Vec<_> = Connection::ALL.iter().copied().filter(is_in_use).collect();
    let counts = |index| connections.contains(&connection(index));
    let with = names(collection, &|index| has[index], &counts);
    let without = names(collection, &|index| !has[index], &counts);
    let length = |cell: &Cell| Table { header: Vec::new(), rows: vec![vec![cell.clone()]] }.markdown("").len();
    let mut said = match connections[..] {
        [connection] => text(format!("{connection}: ")),
        _ => Cell::new(),
    };
    if without.is_empty() {
        said.extend(text("all"));
    } else if length(&without) < length(&with) {
        said.extend(text("all but "));
        said.extend(without);
    } else {
        said.extend(with);
    }
    said
}

/// The members that something is said of, by name; those of a guest on a platform all together, if it is said of all that
/// count. What is said of one connection alone, where both count, goes by its path.
fn names(collection: &Collection, said: &dyn Fn(usize) -> bool, counts: &dyn Fn(usize) -> bool) -> Cell {
    let mut names = Vec::new();
    let mut begin = 0;
    for machine in collection.machines() {
        let of: Vec<_> = (begin..begin + machine.len()).filter(|index| counts(*index)).collect();
        begin += machine.len();
        if of.len() > 2 && of.iter().all(|index| said(*index)) {
            names.push([text("every "), code(&machine[0].stem)].concat());
            continue;
        }
        let stem = |index: usize| &collection.members[index].stem;
        for twins in of.chunk_by(|one, other| stem(*one) == stem(*other)) {
            if twins.iter().all(|index| said(*index)) {
                names.push(code(stem(twins[0])));
            } else {
                let some = twins.iter().filter(|index| said(**index));
                names.extend(some.map(|index| code(&collection.members[*index].path)));
            }
        }
    }
    joined(names, ", ")
}
