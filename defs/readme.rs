//! The records as tables: the generated regions of the README and of `xtask/setup.sh`.

use std::fmt::Write as _;

use crate::needs::Packages;
use crate::rules::{Family, Severity, rules};
use crate::topics::TOPICS;
use crate::version::ALWAYS;
use crate::{Cell, Definition, FLOOR, GUESTS, Guest, Need, Since, Topic, Tunable, Version};

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

/// Every generated region, by file and in the order in which they stand there.
#[must_use]
pub fn regions() -> Vec<Region> {
    let readme = |name, table: String| Region { file: "README.md", name, text: format!("\n{table}\n") };
    vec![
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
    unique(Definition::all().flat_map(|definition| definition.tunables()))
}

/// Every need once, in the order of its first use.
#[must_use]
pub fn needs() -> Vec<&'static Need> {
    unique(Definition::all().flat_map(|definition| definition.needs()))
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
    let header = std::iter::once(String::new()).chain(GUESTS.iter().map(|guest| guest.name.to_owned()));
    let rows = TOPICS.iter().map(|topic| {
        std::iter::once(topic.name.to_owned()).chain(GUESTS.iter().map(|guest| status(guest, topic))).collect()
    });
    table(header.collect(), rows)
}

/// A cell of the status table: what a guest has of a topic, on which connection.
fn status(guest: &Guest, topic: &Topic) -> String {
    let on = |definition: &Definition| {
        let tunables: Vec<_> = definition.tunables().filter(|tunable| tunable.topic == topic).collect();
        (!tunables.is_empty()).then(|| cell(guest, topic, &tunables))
    };
    let definitions = Definition::all().filter(|definition| std::ptr::eq(definition.guest, guest));
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
    let elsewhere = tunables().into_iter().filter(|tunable| tunable.topic == topic).filter_map(quality);
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

fn floors_table() -> String {
    let header = ["definition", "libvirt", "set by", "QEMU", "set by"].map(str::to_owned).to_vec();
    let rows = Definition::all().map(|definition| {
        let floor = definition.floor();
        let by = |of: fn(&Tunable) -> Version, floor: Version| set_by(&definition, of, floor);
        vec![
            code(&definition.path()),
            floor.libvirt.to_string(),
            by(|tunable| tunable.since.libvirt, floor.libvirt),
            floor.qemu.to_string(),
            by(|tunable| tunable.since.qemu, floor.qemu),
        ]
    });
    table(header, rows)
}

/// Which tunables need the newest release, and whether that is what sets the floor.
fn set_by(definition: &Definition, of: fn(&Tunable) -> Version, floor: Version) -> String {
    let newest = definition.tunables().map(of).max().unwrap_or(ALWAYS);
    let at: Vec<_> =
        definition.tunables().filter(|tunable| of(tunable) == newest).map(|tunable| code(tunable.at)).collect();
    let at = at.join(", ");
    if newest == floor { at } else { format!("the project's floor; {newest} would do for {at}") }
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
            Family::Floor | Family::Portable => severity.to_owned(),
        };
        vec![code(&rule.id()), finding, rule.why.to_owned(), rule.repair.to_owned()]
    });
    table(header, rows)
}

/// The definitions of a list, said shortly: all, a connection's, a guest's, or each by its path.
fn used_by(definitions: &[Definition]) -> String {
    let covers = |wanted: &dyn Fn(&Definition) -> bool| {
        Definition::all().all(|definition| {
            let listed = definitions.iter().any(|listed| listed.path() == definition.path());
            listed == wanted(&definition)
        })
    };
    if covers(&|_| true) {
        return "all".to_owned();
    }
    if let Some(connection) = crate::BOTH.iter().find(|&&connection| covers(&|d| d.connection == connection)) {
        return connection.to_string();
    }
    if let Some(guest) = GUESTS.iter().find(|guest| covers(&|d| d.guest.id == guest.id)) {
        return guest.name.to_owned();
    }
    definitions.iter().map(|definition| code(&definition.path())).collect::<Vec<_>>().join(", ")
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
