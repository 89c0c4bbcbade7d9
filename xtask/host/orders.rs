//! Machines that people could ask for: options in combinations, for trials.
//!
//! Any two values that go together are together in one of them, which takes some fifty instead of a hundred thousand: a fault that
//! takes three options to show is rare.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use domain_definitions::domain::DiskFormat;
use domain_definitions::machine::Forward;
use domain_definitions::options::Disk;
use domain_definitions::size::{Size, Unit};
use domain_definitions::{Definition, Options};

/// A folder with what the combinations ask for: two media, two disks and a folder to share.
pub const FOLDER: &str = "/srv/machines";

/// The definitions, by what is particular about them.
const DEFINITIONS: [&str; 11] = [
    "session/linux",
    "session/linux-portable",
    "session/linux-latest",
    "session/windows",
    "session/windows-inbox",
    "session/openbsd",
    "session/haiku",
    "system/linux",
    "system/linux-passthrough",
    "system/windows10-portable",
    "system/freebsd",
];

/// What an option is set to.
type Value = fn(&mut Options);

/// The values of each option; leaving it out is the first.
const OPTIONS: [&[Value]; 10] = [
    &[
        |_| {},
        |options| options.name = "Fedora".parse().ok(),
        |options| (options.name, options.title) = ("web-1".parse().ok(), Some("Web -- the <first>".to_owned())),
    ],
    &[
        |_| {},
        |options| options.memory = Some(Size::gib(8)),
        |options| options.memory = Some(Size { unit: Unit::MiB, value: 1536 }),
    ],
    &[|_| {}, |options| options.cpus = NonZeroU32::new(8), |options| options.cpus = NonZeroU32::new(1)],
    &[
        |_| {},
        |options| options.disk = Some(Disk::New(Size::gib(120))),
        |options| options.disk = Some(existing(DiskFormat::Qcow2, "old.qcow2")),
        |options| options.disk = Some(existing(DiskFormat::Raw, "old disk.img")),
    ],
    &[
        |_| {},
        |options| options.media = vec![format!("{FOLDER}/installer.iso")],
        |options| options.media = ["installer.iso", "drivers & more.iso"].map(|name| format!("{FOLDER}/{name}")).into(),
    ],
    &[|_| {}, |options| options.share = Some(format!("{FOLDER}/share"))],
    &[
        |_| {},
        |options| options.forwards = vec![Forward { host: 2222, guest: 22 }],
        |options| options.forwards = [2222, 3389].map(|host| Forward { host, guest: 22 }).into(),
    ],
    &[|_| {}, |options| options.bridge = Some("br0".to_owned())],
    &[|_| {}, |options| options.mac = "52:54:00:12:34:56".parse().ok()],
    &[|_| {}, |options| options.bios = true],
];

fn existing(format: DiskFormat, name: &str) -> Disk {
    Disk::Existing { format, path: format!("{FOLDER}/{name}") }
}

/// A value of each option, and at the end the definition; nothing where nothing is decided yet.
type Row = [Option<usize>; OPTIONS.len() + 1];

/// Where the definition is in a row.
const DEFINITION: usize = OPTIONS.len();

/// Two values, each by the place of its option in a row and its own.
type Pair = [(usize, usize); 2];

fn values(place: usize) -> usize {
    OPTIONS.get(place).map_or(DEFINITIONS.len(), |values| values.len())
}

/// What a row asks for, if that goes together; what is not decided is left out.
fn order(row: Row) -> Option<(Definition, Options)> {
    let definition = Definition::find(&format!("{}.xml", DEFINITIONS[row[DEFINITION]?]))?;
    let mut options = Options::default();
    for (values, chosen) in OPTIONS.iter().zip(row) {
        values[chosen.unwrap_or_default()](&mut options);
    }
    options.applied(definition).is_ok().then_some((definition, options))
}

/// The pairs in a row.
fn pairs(row: Row) -> impl Iterator<Item = Pair> {
    let decided = row.into_iter().enumerate().filter_map(|(place, value)| Some((place, value?)));
    let decided: Vec<_> = decided.collect();
    (0..decided.len()).flat_map(move |one| {
        let first = decided[one];
        decided[one + 1..].iter().map(move |second| [first, *second]).collect::<Vec<_>>()
    })
}

/// The combinations: greedily, the next one begins with two values that were not together yet, and takes of each other option
/// the value with the most news.
#[must_use]
pub fn orders() -> Vec<(Definition, Options)> {
    let all = (0..=DEFINITION).flat_map(|one| (one + 1..=DEFINITION).map(move |other| (one, other)));
    let mut left: BTreeSet<Pair> = all
        .flat_map(|(one, other)| {
            (0..values(one))
                .flat_map(move |first| (0..values(other)).map(move |second| [(one, first), (other, second)]))
        })
        .collect();
    let mut orders = Vec::new();
    while let Some(pair) = left.last().copied() {
        let mut row: Row = [None; OPTIONS.len() + 1];
        for (place, value) in pair {
            row[place] = Some(value);
        }
        // The definition decides what else can be.
        for place in (0..=DEFINITION).rev().filter(|place| pair.iter().all(|(decided, _)| decided != place)) {
            let with = |value| {
                let mut row = row;
                row[place] = Some(value);
                row
            };
            let possible = (0..values(place))
                .filter(|value| place != DEFINITION && row[DEFINITION].is_none() || order(with(*value)).is_some());
            row[place] = possible.max_by_key(|value| pairs(with(*value)).filter(|pair| left.contains(pair)).count());
        }
        orders.extend(order(row));
        left.remove(&pair);
        let covered: BTreeSet<_> = pairs(row).collect();
        left.retain(|pair| !covered.contains(pair));
    }
    orders
}
