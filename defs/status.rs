//! What each guest has of each topic: the whole table, and the short one of the README.

use std::collections::BTreeMap;

use crate::collection::{Collection, Member};
use crate::machine::Machine;
use crate::table::{Table, text};
use crate::topics::{TOPICS, Topic};
use crate::tunables::{Cell, Tunable};

/// What each plain definition has: a row for each topic, a column for each guest on each platform. What only variants have
/// is in the table of files.
#[must_use]
pub fn status(collection: &Collection) -> Table {
    let columns: Vec<_> = collection.machines().map(Column::new).collect();
    let mut header = vec![""];
    header.extend(collection.machines().map(|machine| machine[0].definition.profile.title));
    let mut rows = Vec::new();
    for topic in TOPICS {
        let statuses: Vec<_> = columns.iter().map(|column| column.of(topic)).collect();
        if statuses.iter().flatten().all(|(_, status)| status.is_none()) {
            continue;
        }
        // The columns share most of their tunables, so each quality is found early.
        let mut qualities = Vec::new();
        for quality in statuses.iter().flatten().filter_map(|(_, status)| status.as_ref()).flat_map(|s| &s.qualities) {
            if !qualities.contains(quality) {
                qualities.push(*quality);
            }
        }
        let cells = statuses.iter().map(|on_each| text(cell(topic, on_each, &qualities)));
        rows.push(std::iter::once(text(topic.name)).chain(cells).collect());
    }
    Table { header, rows }
}

/// The short table: which guest has which of the devices that the README names, on a PC.
#[must_use]
pub fn brief(collection: &Collection) -> Table {
    let topics = || TOPICS.iter().filter_map(|topic| Some((*topic, topic.column?)));
    let is_on_pc = |machine: &&[Member]| machine[0].definition.platform.folder.is_none();
    let rows = collection.machines().filter(is_on_pc).map(|machine| {
        let column = Column::new(machine);
        let cells = topics().map(|(topic, title)| {
            let on_each = column.of(topic);
            let has = |status: &Option<Status>| status.as_ref().is_some_and(|status| status.has(title));
            let with: Vec<_> = on_each.iter().filter(|(_, status)| has(status)).collect();
            match with[..] {
                [] => None,
                [(member, _)] if on_each.len() > 1 => Some(member.definition.connection.to_string()),
                _ => Some("✓".to_owned()),
            }
        });
        let cells = cells.map(|cell| text(cell.unwrap_or_else(|| "–".to_owned())));
        std::iter::once(text(machine[0].definition.profile.title)).chain(cells).collect()
    });
    Table { header: std::iter::once("").chain(topics().map(|(_, title)| title)).collect(), rows: rows.collect() }
}

/// A guest on a platform: its plain definitions, one for each connection.
struct Column<'a>(Vec<Plain<'a>>);

struct Plain<'a> {
    member: &'a Member,
    machine: Machine,
    /// Its decisions, by the place of their topic.
    topics: BTreeMap<usize, Vec<&'static Tunable>>,
}

/// What a definition has of a topic.
#[derive(PartialEq, Eq)]
struct Status {
    /// The thing itself.
    things: Vec<Thing>,
    /// What is good about it.
    qualities: Vec<&'static str>,
}

#[derive(PartialEq, Eq)]
enum Thing {
    Has,
    Lacks,
    Is(String),
}

impl<'a> Column<'a> {
    fn new(machine: &'a [Member]) -> Column<'a> {
        let plain = machine.iter().filter(|member| member.definition.variant.is_none());
        let plain = plain.map(|member| {
            let (machine, topics) = (member.definition.machine(), by_topic(&member.tunables));
            Plain { member, machine, topics }
        });
        Column(plain.collect())
    }

    /// What it has of a topic on each connection.
    fn of(&self, topic: &'static Topic) -> Vec<(&'a Member, Option<Status>)> {
        let on = |plain: &Plain<'a>| {
            let tunables = plain.topics.get(&place(topic));
            (plain.member, tunables.map(|tunables| Status::new(&plain.machine, tunables)))
        };
        self.0.iter().map(on).collect()
    }
}

fn place(topic: &'static Topic) -> usize {
    std::ptr::from_ref(topic).addr()
}

fn by_topic(tunables: &[&'static Tunable]) -> BTreeMap<usize, Vec<&'static Tunable>> {
    let mut topics: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for tunable in tunables {
        topics.entry(place(tunable.topic)).or_default().push(*tunable);
    }
    topics
}

impl Status {
    fn new(machine: &Machine, tunables: &[&Tunable]) -> Status {
        let mut status = Status { things: Vec::new(), qualities: Vec::new() };
        for tunable in tunables {
            match tunable.cell {
                Cell::Has => status.things.push(Thing::Has),
                Cell::Lacks => status.things.push(Thing::Lacks),
                Cell::Is(thing) => status.things.push(Thing::Is(thing.to_owned())),
                Cell::Of(thing) => status.things.push(Thing::Is(thing(machine))),
                Cell::With(quality) => status.qualities.push(quality),
                Cell::Silent => {}
            }
        }
        status
    }

    /// Whether the thing is there: it is said to be, or in words that name it.
    fn has(&self, name: &str) -> bool {
        let is_there = |thing: &Thing| match thing {
            Thing::Has => true,
            Thing::Lacks => false,
            Thing::Is(words) => words.contains(name),
        };
        !self.things.contains(&Thing::Lacks) && self.things.iter().any(is_there)
    }

    /// Whether there is no more to say than that it is there.
    fn is_bare(&self, qualities: &[&str]) -> bool {
        self.things == [Thing::Has] && qualities.is_empty()
    }

    /// In words; `qualities` are those that any guest has.
    fn told(&self, qualities: &[&'static str]) -> String {
        let mut told: Vec<_> = self.things.iter().map(Thing::told).collect();
        let list = |word, list: &[&str]| (!list.is_empty()).then(|| format!("{word} {}", list.join(", ")));
        told.extend(list("with", &self.qualities));
        // What is not there has no qualities to lack.
        if !self.things.contains(&Thing::Lacks) {
            let lacking: Vec<_> = qualities.iter().copied().filter(|q| !self.qualities.contains(q)).collect();
            told.extend(list("without", &lacking));
        }
        told.join(", ")
    }
}

impl Thing {
    fn told(&self) -> String {
        match self {
            Thing::Has => "yes".to_owned(),
            Thing::Lacks => "no".to_owned(),
            Thing::Is(thing) => thing.clone(),
        }
    }
}

/// One status for all connections where they agree, else one for each that has the thing.
fn cell(topic: &Topic, on_each: &[(&Member, Option<Status>)], qualities: &[&'static str]) -> String {
    let present: Vec<_> = on_each.iter().filter_map(|(member, status)| Some((member, status.as_ref()?))).collect();
    match present[..] {
        [] => topic.otherwise.to_owned(),
        [(member, status)] if status.is_bare(qualities) => member.definition.connection.to_string(),
        [(_, status), ref others @ ..]
            if present.len() == on_each.len() && others.iter().all(|(_, o)| *o == status) =>
        {
            status.told(qualities)
        }
        _ => {
            let each =
                present.iter().map(|(m, status)| format!("{}: {}", m.definition.connection, status.told(qualities)));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}
