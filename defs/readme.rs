//! The records as tables: the generated regions of the README and of `xtask/setup.sh`.

use std::fmt::Write as _;

use crate::needs::Packages;
use crate::rules::{Family, Severity, rules};
use crate::topics::TOPICS;
use crate::version::ALWAYS;
use crate::{
    BOTH, Cell, Connection, Definition, FLOOR, GUESTS, Guest, Hypervisor, Need, Proven, Since, Topic, Tunable, Version,
};

/// A part of a hand-written file that is generated: what stands between the lines that contain `BEGIN GENERATED name`
/// and `END GENERATED name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The file, from the repository's root.
    pub file: &'static str,
    /// Its name in the markers.
    pub name: &'static str,
    /// What stands there: whole lines.
    pub text: String,
}

/// Every generated region, by file and in the order in which they stand there; with what was proven when it was last tried.
#[must_use]
pub fn regions(proven: &Proven) -> Vec<Region> {
    let readme = |name, table: String| Region { file: "README.md", name, text: format!("\n{table}\n") };
    vec![
        readme("files", files_table(proven)),
        readme("needs", needs_table()),
        readme("status", status_table()),
        readme("floors", floors_table()),
        readme("errors", errors_table()),
        readme("choices", choices_table()),
        readme("rules", rules_table()),
        Region { file: "xtask/setup.sh", name: "packages", text: package_lists() },
    ]
}

/// Every tunable once, in the order of its first use.
#[must_use]
pub fn tunables() -> Vec<&'static Tunable> {
    unique(by_guest().flat_map(|definition| definition.tunables()))
}

/// Every need once, in the order of its first use.
#[must_use]
pub fn needs() -> Vec<&'static Need> {
    unique(by_guest().flat_map(|definition| definition.needs()))
}

/// Every definition in the order of the guests, which is also that of their weight.
fn by_guest() -> impl Iterator<Item = Definition> {
    GUESTS.iter().flat_map(Definition::of)
}

/// Each record once. Records are statics, so they are the same if they are in the same place.
fn unique<T>(records: impl Iterator<Item = &'static T>) -> Vec<&'static T> {
    let mut unique: Vec<&'static T> = Vec::new();
    for record in records {
        if !unique.iter().any(|seen| std::ptr::eq(*seen, record)) {
            unique.push(record);
        }
    }
    unique
}

fn status_table() -> String {
    let header = std::iter::once(String::new()).chain(GUESTS.iter().map(|guest| guest.title.to_owned()));
    // What only variants have is in the table of files.
    let plain = || Definition::all().filter(|definition| definition.variant.is_none());
    let used = |topic: &&&Topic| plain().any(|definition| definition.tunables().any(|t| t.topic == **topic));
    let rows = TOPICS.iter().filter(used).map(|topic| {
        std::iter::once(topic.name.to_owned()).chain(GUESTS.iter().map(|guest| status(guest, topic))).collect()
    });
    table(header.collect(), rows)
}

/// A cell of the status table: what a guest has of a topic, on which connection.
fn status(guest: &'static Guest, topic: &Topic) -> String {
    let on = |definition: &Definition| {
        let tunables: Vec<_> = definition.tunables().filter(|tunable| tunable.topic == topic).collect();
        (!tunables.is_empty()).then(|| cell(guest, topic, &tunables))
    };
    let definitions = Definition::of(guest).filter(|definition| definition.variant.is_none());
    let cells: Vec<_> = definitions.map(|definition| (definition.connection, on(&definition))).collect();
    let present: Vec<_> = cells.iter().filter_map(|(connection, cell)| Some((connection, cell.as_ref()?))).collect();
    match present[..] {
        [] => topic.otherwise.to_owned(),
        [(connection, cell)] if cell == "yes" => connection.to_string(),
        [(_, cell), ref others @ ..] if present.len() == cells.len() && others.iter().all(|(_, o)| *o == cell) => {
            cell.clone()
        }
        _ => present.iter().map(|(connection, cell)| format!("{connection}: {cell}")).collect::<Vec<_>>().join("; "),
    }
}

/// What some tunables of one topic amount to.
fn cell(guest: &Guest, topic: &Topic, here: &[&Tunable]) -> String {
    let mut things = Vec::new();
    for tunable in here {
        match tunable.cell {
            Cell::Is(thing) => things.push(thing.to_owned()),
            Cell::Of(thing) => things.push(thing(guest)),
            Cell::With(_) | Cell::Silent => {}
        }
    }
    let with: Vec<_> = here.iter().filter_map(|tunable| quality(tunable)).collect();
    let plain = Definition::all().filter(|definition| definition.variant.is_none());
    let all = unique(plain.flat_map(|definition| definition.tunables()));
    let elsewhere = all.into_iter().filter(|tunable| tunable.topic == topic).filter_map(quality);
    let without: Vec<_> = elsewhere.filter(|quality| !with.contains(quality)).collect();
    let list = |word, qualities: &[&str]| (!qualities.is_empty()).then(|| format!("{word} {}", qualities.join(", ")));
    let qualities = [list("with", &with), list("without", &without)];
    if qualities.iter().any(Option::is_some) {
        things.retain(|thing| thing != "yes");
    }
    things.into_iter().chain(qualities.into_iter().flatten()).collect::<Vec<_>>().join(", ")
}

fn quality(tunable: &Tunable) -> Option<&'static str> {
    match tunable.cell {
        Cell::With(quality) => Some(quality),
        Cell::Is(_) | Cell::Of(_) | Cell::Silent => None,
    }
}

/// Which file is whose, in one look.
fn files_table(proven: &Proven) -> String {
    let header = ["for", "how it differs", "session", "system", "works with", "proven"].map(str::to_owned).to_vec();
    let rows = GUESTS.iter().flat_map(|guest| {
        let mut rows = vec![vec![format!("**{}**: {}", guest.title, guest.covers)]];
        rows[0].resize(header.len(), String::new());
        let mut of: Vec<_> = Definition::of(guest).collect();
        while let Some(first) = of.first().map(Definition::stem) {
            let (these, others): (Vec<_>, Vec<_>) = of.into_iter().partition(|definition| definition.stem() == first);
            rows.push(files_row(&these, proven));
            of = others;
        }
        rows
    });
    table(header.clone(), rows)
}

/// The row of one guest's one variant, on each connection that it has.
fn files_row(these: &[Definition], proven: &Proven) -> Vec<String> {
    let (guest, variant) = (these[0].guest, these[0].variant);
    let link = |connection| {
        let found = these.iter().find(|definition| definition.connection == connection);
        found.map_or(String::new(), |definition| format!("[`{}`]({})", definition.stem(), definition.path()))
    };
    let floor = these.iter().fold(guest.hypervisor.floor(), |floor, definition| floor.and(definition.floor()));
    let works_with = match floor {
        FLOOR => String::new(),
        Since { libvirt, qemu: ALWAYS } => format!("libvirt {libvirt}"),
        Since { libvirt, qemu } => format!("libvirt {libvirt}, QEMU {qemu}"),
    };
    vec![
        variant.map_or(guest.audience, |variant| variant.audience).to_owned(),
        variant.map_or(String::new(), |variant| variant.differs.to_owned()),
        link(Connection::Session),
        link(Connection::System),
        works_with,
        proven.told(&these.iter().collect::<Vec<_>>()),
    ]
}

fn floors_table() -> String {
    let header = ["definition", "libvirt", "set by", "QEMU", "set by"].map(str::to_owned).to_vec();
    let row = |name: String, definition: &Definition| {
        let floor = definition.floor();
        let by = |of: fn(&Tunable) -> Version, floor: Version| set_by(definition, of, floor);
        let qemu = definition.guest.hypervisor == Hypervisor::Qemu;
        vec![
            name,
            floor.libvirt.to_string(),
            by(|tunable| tunable.since.libvirt, floor.libvirt),
            if qemu { floor.qemu.to_string() } else { String::new() },
            if qemu { by(|tunable| tunable.since.qemu, floor.qemu) } else { String::new() },
        ]
    };
    let (at_floor, above): (Vec<_>, Vec<_>) = Definition::all().partition(|definition| definition.floor() == FLOOR);
    let rows = above.iter().map(|definition| row(code(&definition.path()), definition));
    // They agree in what sets it: the oldest guest's is as good as any.
    let others = at_floor.iter().find(|definition| definition.stem() == GUESTS[0].id);
    table(header, rows.chain(others.map(|definition| row("all others".to_owned(), definition))))
}

/// Which tunables need the newest release, and whether that is what sets the floor.
fn set_by(definition: &Definition, of: fn(&Tunable) -> Version, floor: Version) -> String {
    let newest = definition.tunables().map(of).max().unwrap_or(ALWAYS);
    let at: Vec<_> =
        definition.tunables().filter(|tunable| of(tunable) == newest).map(|tunable| code(tunable.at)).collect();
    let at = at.join(", ");
    if newest == floor { at } else { format!("the floor; {newest} would do for {at}") }
}

fn choices_table() -> String {
    let header = ["element", "in", "libvirt", "QEMU", "why"].map(str::to_owned).to_vec();
    let since = |version: Version| if version == ALWAYS { "any".to_owned() } else { version.to_string() };
    let rows = tunables().into_iter().map(|tunable| {
        let users = Definition::all().filter(|definition| definition.tunables().any(|t| std::ptr::eq(t, tunable)));
        vec![
            code(tunable.at),
            used_by(&users.collect::<Vec<_>>()),
            since(tunable.since.libvirt),
            since(tunable.since.qemu),
            tunable.why.to_owned(),
        ]
    });
    table(header, rows)
}

fn needs_table() -> String {
    let header = ["on the host", "for", "Debian, Ubuntu", "Fedora", "Arch", "openSUSE"].map(str::to_owned).to_vec();
    let rows = needs().into_iter().map(|need| {
        let users = Definition::all().filter(|definition| definition.needs().iter().any(|n| std::ptr::eq(*n, need)));
        let packages = need.packages.as_ref();
        let on = |of: fn(&Packages) -> &'static str| {
            packages.map_or(String::new(), |packages| of(packages).split(' ').map(code).collect::<Vec<_>>().join(" "))
        };
        vec![
            need.what.to_owned(),
            used_by(&users.collect::<Vec<_>>()),
            on(|packages| packages.debian),
            on(|packages| packages.fedora),
            on(|packages| packages.arch),
            on(|packages| packages.opensuse),
        ]
    });
    let Since { libvirt, qemu } = FLOOR;
    format!("libvirt {libvirt} and QEMU {qemu}, or later, on x86_64, and:\n\n{}", table(header, rows))
}

fn errors_table() -> String {
    let header = ["libvirt says", "what is missing", "what to do"].map(str::to_owned).to_vec();
    table(header, needs().into_iter().map(|n| vec![code(n.error), n.what.to_owned(), n.remedy.to_owned()]))
}

fn rules_table() -> String {
    let header = ["rule", "finding", "why", "instead"].map(str::to_owned).to_vec();
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
        vec![code(&rule.id()), finding, why, rule.help.to_owned()]
    });
    table(header, rows)
}

/// The definitions of a list, said shortly: on which connections, which of those there; or all but which, if that is less.
fn used_by(definitions: &[Definition]) -> String {
    let listed = |definition: &Definition| definitions.iter().any(|listed| listed.path() == definition.path());
    let connections: Vec<_> = BOTH.iter().copied().filter(|c| definitions.iter().any(|d| d.connection == *c)).collect();
    let in_scope = |definition: &Definition| connections.contains(&definition.connection);
    let scope = match connections[..] {
        [connection] => format!("{connection}: "),
        _ => String::new(),
    };
    let lacking = |definition: &Definition| in_scope(definition) && !listed(definition);
    let (with, without) = (names(&listed, &in_scope), names(&lacking, &in_scope));
    match without.len() {
        0 => format!("{scope}all"),
        length if length < with.len() => format!("{scope}all but {without}"),
        _ => format!("{scope}{with}"),
    }
}

/// The definitions that something is said of, by name; a guest's all together, if it is said of all that count. What is
/// said of one connection alone, where both count, goes by its path.
fn names(said: &dyn Fn(&Definition) -> bool, counts: &dyn Fn(&Definition) -> bool) -> String {
    let mut names = Vec::new();
    for guest in GUESTS {
        let of: Vec<_> = Definition::of(guest).filter(|definition| counts(definition)).collect();
        if of.len() > 2 && of.iter().all(said) {
            names.push(format!("every {}", code(guest.id)));
            continue;
        }
        for definition in of.iter().filter(|definition| said(definition)) {
            let twins = of.iter().filter(|twin| twin.stem() == definition.stem());
            let name = if twins.clone().all(said) { definition.stem() } else { definition.path() };
            if !names.contains(&code(&name)) {
                names.push(code(&name));
            }
        }
    }
    names.join(", ")
}

fn package_lists() -> String {
    let list = |name: &str, of: fn(&Packages) -> &'static str| {
        let mut names: Vec<_> =
            needs().into_iter().filter_map(|need| need.packages.as_ref()).flat_map(|p| of(p).split(' ')).collect();
        names.sort_unstable();
        names.dedup();
        format!("{name}=\"{}\"\n", names.join(" "))
    };
    [
        list("debian", |packages| packages.debian),
        list("fedora", |packages| packages.fedora),
        list("arch", |packages| packages.arch),
        list("opensuse", |packages| packages.opensuse),
    ]
    .concat()
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A Markdown table.
fn table(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let rule = vec!["---".to_owned(); header.len()];
    let mut table = String::new();
    for row in [header, rule].into_iter().chain(rows) {
        let cells: Vec<_> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        writeln!(table, "| {} |", cells.join(" | ")).expect("writing to a string");
    }
    table
}
