//! What was measured is told as it was: each number that can be trusted is on the page, and no other; each choice says what it gains,
//! or why nobody knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use domain_definitions::comparison::{self, Comparison, MANY, ONE};
use domain_definitions::effects::UNCHANGED;
use domain_definitions::measured::choices::{CHOICES, Choice, OF};
use domain_definitions::measured::results::{FILE, Results};
use domain_definitions::measured::{Quantity, Trust, WORKS, Work};
use domain_definitions::pages::README;
use domain_definitions::table::{Piece, Table, number};
use domain_definitions::tunables::{clock, cpu, disks, display, input, memory, metadata, network, tpm};
use domain_definitions::{Collection, Definition, Tunable, effects, readme};

/// What is on record.
fn recorded() -> Results {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let lines = fs::read_to_string(path).unwrap_or_else(|error| {
        panic!("{FILE}: {error}; `cargo xtask bench --record` writes it, then run `cargo xtask regen`")
    });
    Results::parse(&lines).unwrap_or_else(|error| panic!("{error}"))
}

/// Every machine that the page shows, but those without a choice.
fn machines() -> Vec<&'static str> {
    let of = |comparison: &'static Comparison| {
        std::iter::once(comparison.ours).chain(comparison.others.iter().map(|other| other.machine))
    };
    MANY.iter().chain(ONE).flat_map(of).collect()
}

/// Numbers that nobody has counted: of every machine, no two the same, and none near another.
fn made_up() -> Results {
    let mut results = Results::default();
    let without = CHOICES.iter().map(Choice::machine);
    let mut value = 1_000_000;
    for machine in machines().into_iter().map(str::to_owned).chain(without) {
        for work in WORKS {
            for (quantity, _) in work.counted {
                value += 1_009;
                results.set(&machine, work, *quantity, value);
            }
        }
    }
    results
}

fn work(id: &str) -> &'static Work {
    Work::find(id).unwrap_or_else(|| panic!("there is no work {id}"))
}

/// The same numbers for every machine, but for some of one.
fn but_for(machine: &str, numbers: &[(&str, Quantity, u64)]) -> Results {
    let mut results = Results::default();
    for machine in CHOICES.iter().map(Choice::machine).chain(machines().into_iter().map(str::to_owned)) {
        for work in WORKS {
            for (quantity, _) in work.counted {
                let nothing = ["read-random-1", "net-request", "write-flush", "net-up"].contains(&work.id);
                results.set(
                    &machine,
                    work,
                    *quantity,
                    if nothing && *quantity == Quantity::Accesses { 0 } else { 400 },
                );
            }
        }
    }
    for (id, quantity, value) in numbers {
        results.set(machine, work(id), *quantity, *value);
    }
    results
}

fn told(cell: &[Piece]) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Strong(text) | Piece::Code(text) => text.clone(),
        Piece::Link { code, .. } => code.clone(),
    };
    cell.iter().map(piece).collect()
}

/// What the cells of a row say.
fn row(table: &Table, title: &str, counted: &str) -> Vec<String> {
    let mut of = String::new();
    for row in &table.rows {
        let cells: Vec<_> = row.iter().map(|cell| told(cell)).collect();
        if !cells[0].is_empty() {
            of.clone_from(&cells[0]);
        }
        if of == title && cells[1] == counted {
            return cells[2..].to_vec();
        }
    }
    panic!("no row {title:?}, {counted:?}")
}

fn gains(results: &Results, tunable: &Tunable) -> String {
    told(&effects::cell(results, tunable))
}

/// The page's tables.
fn everything(results: &Results) -> String {
    readme::measured(results).into_iter().map(|region| region.text).collect()
}

#[test]
fn numbers_stand_beside_each_other() {
    let theirs = [
        ("read-random-1", Quantity::Accesses, 700),
        ("read-random-1", Quantity::Kicks, 0),
        ("read-random-1", Quantity::Interrupts, 410),
        ("read-random-16", Quantity::Accesses, 391),
        ("firmware", Quantity::Accesses, 1_600),
        ("memory", Quantity::Returned, 0),
    ];
    let mut results = but_for("virt-install-win11", &theirs);
    results.set("session/windows", work("read-random-16"), Quantity::Accesses, 0);
    let windows = MANY.iter().find(|comparison| comparison.ours == "session/windows").expect("it is compared");
    let table = comparison::many(&results, windows);
    assert_eq!(table.header[..4], ["", "counted", "ours", "virt-install"]);
    let cells = |title, counted| row(&table, title, counted)[..2].join(" | ");
    assert_eq!(cells("100 random reads", "accesses"), "0 | 700 (∞)");
    assert_eq!(cells("100 random reads", "notifications"), "400 | 0 (0×)");
    assert_eq!(cells("100 random reads", "interrupts"), "400 | 410 (=)", "two runs of one machine differ by as much");
    assert_eq!(cells("96 random reads, 16 at a time", "accesses"), "0 | ~391 (∞)");
    assert_eq!(cells("start: firmware", "accesses"), "400 | 1,600 (4×)");
    assert_eq!(cells("start, as a whole", "accesses"), "1,600 | 2,800 (1.75×)");
    assert_eq!(cells("memory given back", "MiB given back"), "400 | 0 (0×)");
    // Less than a percent, of however many.
    results.set("session/windows", work("second-firmware"), Quantity::Accesses, 44_321);
    results.set("virt-install-win11", work("second-firmware"), Quantity::Accesses, 44_421);
    let table = comparison::many(&results, windows);
    assert_eq!(row(&table, "second start: firmware", "accesses")[..2], ["44,321", "44,421 (=)"]);
    // Where ours is noise, nothing is compared.
    results.set("session/windows", work("read-random-16"), Quantity::Accesses, 380);
    let table = comparison::many(&results, windows);
    assert_eq!(row(&table, "96 random reads, 16 at a time", "accesses")[..2], ["~380", "~391"]);
    let table = comparison::one(&but_for("virt-install-freebsd14.2", &theirs));
    let freebsd = table.header.iter().position(|title| *title == "FreeBSD").expect("it is compared") - 2;
    assert_eq!(row(&table, "100 random reads", "accesses")[freebsd], "0 / 700 (∞)");
}

#[test]
fn what_was_not_counted_is_not_made_up() {
    let mut results = but_for(OF, &[]);
    results.retain(|machine| machine != "boxes-linux");
    let linux = &MANY[0];
    let boxes = linux.others.iter().position(|other| other.machine == "boxes-linux").expect("it is compared");
    assert_eq!(row(&comparison::many(&results, linux), "100 random reads", "accesses")[boxes + 1], "–");
    let drawn = comparison::plot(&results);
    let bar = drawn.groups[0].rows.iter().find(|row| row.name == "GNOME Boxes").expect("it is drawn");
    assert!(bar.values.iter().all(Option::is_none), "{bar:?}");
    let nothing = Results::default();
    assert!(comparison::many(&nothing, linux).rows.is_empty());
    assert_eq!((comparison::brief(&nothing), comparison::programs(&nothing)), (String::new(), String::new()));
    assert_eq!(gains(&nothing, &disks::DISCARD), "not counted yet");
}

#[test]
fn every_number_that_can_be_trusted_is_on_the_page_and_no_other() {
    let results = made_up();
    let text = everything(&results);
    let told: BTreeSet<_> = text.split([' ', '~']).collect();
    for machine in machines() {
        for work in WORKS {
            for (quantity, bound) in work.counted {
                let value = results.get(machine, work, *quantity).expect("all have it");
                let is_told = told.contains(number(f64::from(u32::try_from(value).expect("it is small"))).as_str());
                assert_eq!(
                    is_told,
                    bound.trust != Trust::Noise,
                    "{machine}, {}, {}: {value}",
                    work.id,
                    quantity.name()
                );
            }
        }
    }
}

#[test]
fn a_choice_says_what_changes_without_it() {
    let without = |choice: &str| format!("{OF} without {choice}");
    let said = |choice: &str, tunable, numbers: &[_]| gains(&but_for(&without(choice), numbers), tunable);
    assert_eq!(said("tpm/tpm", &tpm::TPM, &[]), "no number changes");
    let wanted = "no number changes: it moves work off QEMU's main loop, which needs KVM to be timed";
    assert_eq!(said("disks/iothread", &disks::IOTHREADS, &[]), wanted);
    let sata = [
        ("read-sequential-1", Quantity::Accesses, 1_100),
        ("read-random-1", Quantity::Accesses, 700),
        ("read-random-1", Quantity::Kicks, 0),
        ("write-flush", Quantity::Accesses, 1_300),
    ];
    let wanted = "+700 accesses, −400 notifications per 100 random reads";
    assert_eq!(said("disks/virtio-scsi", &disks::ON_VIRTIO_SCSI, &sata), wanted);
    let flush = [("write-flush", Quantity::Accesses, 1_300)];
    let wanted = "+1,300 accesses per 100 random writes, each flushed";
    assert_eq!(said("disks/discard", &disks::DISCARD, &flush), wanted, "the only one that changes");
    let back = [("memory", Quantity::Returned, 0), ("firmware", Quantity::Accesses, 500)];
    let wanted = "+100 accesses per start; −400 MiB of memory given back";
    assert_eq!(said("memory/free-page-reporting", &memory::FREE_PAGE_REPORTING, &back), wanted);
    let bulk = [("net-up", Quantity::Accesses, 926), ("net-request", Quantity::Accesses, 463)];
    let wanted = "+463 accesses per 100 requests over the network";
    assert_eq!(said("network/virtio-net", &network::VIRTIO_NET, &bulk), wanted, "what repeats stands for the rest");
    assert_eq!(said("network/virtio-net", &network::VIRTIO_NET, &bulk[..1]), "about +926 accesses per 4 MiB sent");
    let idle = [("idle", Quantity::Resident, 500), ("pointer", Quantity::Accesses, 1_200)];
    let wanted = "+100 MiB in use; +800 accesses per 100 movements of the pointer";
    assert_eq!(said("input/tablet", &input::TABLET, &idle), wanted);
    // Within what two runs may differ by, and noise.
    let little = [
        ("net-request", Quantity::Kicks, 440),
        ("net-up", Quantity::Kicks, 9_000),
        ("kernel", Quantity::Accesses, 440),
    ];
    assert_eq!(said("network/virtio-net", &network::VIRTIO_NET, &little), "no number changes");
}

#[test]
fn a_choice_that_was_not_left_out_says_why() {
    let results = made_up();
    assert_eq!(gains(&results, &cpu::HOST_MODEL), "not measurable here: needs KVM");
    assert_eq!(gains(&results, &clock::HYPERVCLOCK), "not measurable here: needs KVM");
    assert_eq!(gains(&results, &display::VIRGL), "not measurable here: needs a GPU");
    assert_eq!(gains(&results, &metadata::LIBOSINFO), "");
    assert_eq!(gains(&results, &disks::ON_SATA), format!("not in {OF}"));
    let together = "left out together with disks/virtio-scsi";
    assert_eq!(gains(&results, &disks::VIRTIO_SCSI), together);
    let together = "left out together with disks/iothread";
    assert_eq!(gains(&results, &disks::VIRTIO_SCSI_IOTHREAD), together);
}

#[test]
fn each_choice_is_left_out_or_says_why_not() {
    let mut faults = Vec::new();
    for used in Collection::new().expect("it can be written").tunables() {
        let known = effects::known(used.record);
        if known.len() != 1 {
            faults.push(format!("the tunable at `{}` ({}): {known:?}", used.record.at, used.record.why));
        }
    }
    assert!(
        faults.is_empty(),
        "name each choice once, in defs/effects.rs or defs/measured/choices.rs:\n{}",
        faults.join("\n")
    );
}

#[test]
fn what_is_on_record_is_what_the_pages_show() {
    let results = recorded();
    let shown: BTreeSet<_> =
        machines().into_iter().map(str::to_owned).chain(CHOICES.iter().map(Choice::machine)).collect();
    let counted: BTreeSet<_> = results.machines().into_iter().map(str::to_owned).collect();
    assert_eq!(
        counted, shown,
        "{FILE} and defs/comparison.rs differ; `cargo xtask bench --record` counts what is missing"
    );
    assert!(!comparison::brief(&results).is_empty(), "{README} has nothing to say");
    assert!(!results.programs.is_empty(), "{FILE} does not say what it was counted with");
}

/// What nobody gains by is not made without thinking again.
#[test]
fn a_choice_without_which_no_number_changes_says_what_it_is_for() {
    let results = recorded();
    for choice in CHOICES {
        let (said, why) = (gains(&results, choice.left_out[0]), effects::nevertheless(choice));
        let is_unchanged = said.starts_with(UNCHANGED);
        assert!(
            !is_unchanged || why.is_some(),
            "{}: {said}; say in defs/effects.rs what it is for, or drop it",
            choice.id
        );
        assert!(is_unchanged || why.is_none(), "{}: {said}; defs/effects.rs says that nothing changes", choice.id);
    }
}

#[test]
fn what_is_compared_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for comparison in MANY.iter().chain(ONE) {
        assert!(Definition::find(&format!("{}.xml", comparison.ours)).is_some(), "{}", comparison.ours);
        for other in comparison.others {
            let path = format!("{}.xml", other.machine);
            let folder = match other.machine {
                _ if other.is_ours() => "",
                "minimal" => "xtask/tests/bench/",
                _ => "xtask/tests/tune/",
            };
            let file = root.join(format!("{folder}{path}"));
            assert!(file.is_file(), "{} is not there", file.display());
        }
    }
    // The titles of the bars have these sizes.
    for (id, size) in [("memory", "512 MiB"), ("space", "64 MiB")] {
        assert!(work(id).does.contains(size), "{id}: defs/comparison.rs says {size}");
    }
}
