//! What the records say, as tables.

use crate::collection::{Collection, Member};
use crate::connection::Connection;
use crate::needs::Packages;
use crate::platforms::Hypervisor;
use crate::proof::Proven;
use crate::rules::{Family, Severity, rules};
use crate::table::{Cell, Piece, Table, code, joined, text};
use crate::tunables::Tunable;
use crate::version::{ALWAYS, FLOOR, Since, Version};

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
    let link = |connection| {
        let found = twins.iter().filter(|member| member.definition.connection == connection);
        found.map(|member| Piece::Link { code: member.stem.clone(), path: member.path.clone() }).collect()
    };
    let floor = twins.iter().fold(twins[0].floor, |floor, member| floor.and(member.floor));
    let works_with = if floor == FLOOR { String::new() } else { floor.to_string() };
    vec![
        text(variant.map_or(profile.audience, |variant| variant.audience)),
        text(variant.map_or("", |variant| variant.differs)),
        link(Connection::Session),
        link(Connection::System),
        text(works_with),
        text(proven.told(&twins.iter().map(|member| &member.definition).collect::<Vec<_>>())),
    ]
}

/// What sets each definition's floor.
#[must_use]
pub fn floors(collection: &Collection) -> Table {
    let header = vec!["definition", "libvirt", "set by", "QEMU", "set by"];
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

/// Every choice, where it is made and why.
#[must_use]
pub fn choices(collection: &Collection) -> Table {
    let since = |version: Version| if version == ALWAYS { text("any") } else { text(version.to_string()) };
    let rows = collection.tunables().into_iter().map(|used| {
        let Since { libvirt, qemu } = used.record.since;
        let Tunable { at, why, source, .. } = used.record;
        let by = used_by(collection, &used.by);
        vec![code(*at), by, since(libvirt), since(qemu), text(*why), text(*source)]
    });
    Table { header: vec!["element", "in", "libvirt", "QEMU", "why", "source"], rows: rows.collect() }
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

/// How libvirt says that something is missing, and what to do.
#[must_use]
pub fn errors(collection: &Collection) -> Table {
    let needs = collection.needs().into_iter().map(|used| used.record);
    let rows =
        needs.flat_map(|need| need.errors.iter().map(|error| vec![code(*error), text(need.what), text(need.help)]));
    Table { header: vec!["libvirt says", "what is missing", "what to do"], rows: rows.collect() }
}

/// Every rule.
#[must_use]
pub fn all_rules() -> Table {
    let rows = rules().map(|rule| {
        let severity = match rule.severity(FLOOR) {
            Some(Severity::Error) => "error",
            Some(Severity::Warning) => "warning",
            None => "",
        };
        let finding = match rule.family {
            Family::Libvirt(refusal) => format!("{severity}: {refusal}"),
            Family::Floor | Family::Portable(_) => severity.to_owned(),
        };
        let why = if rule.is_portable() { rule.note() } else { rule.why.to_owned() };
        vec![code(rule.id()), text(finding), text(why), text(rule.help)]
    });
    Table { header: vec!["rule", "finding", "why", "instead"], rows: rows.collect() }
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
    let length = |cell: &Cell| Table { header: Vec::new(), rows: vec![vec![cell.clone()]] }.markdown().len();
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
