//! What `cargo xtask bench` has counted of our machines and of others, as the tables and the plot of a page.

use crate::measured::results::Results;
use crate::measured::{Bound, Quantity, SLACK, Trust, WORKS, Work};
use crate::plot::{Better, Column, Group, Plot, Row};
use crate::table::{Cell, Table, code, number, text};

/// A machine of ours, and others for the same guest.
#[derive(Debug)]
pub struct Comparison {
    /// The guest.
    pub guest: &'static str,
    /// Our definition, as the results name it.
    pub ours: &'static str,
    /// The others.
    pub others: &'static [Other],
}

/// A machine of another program's, or another file of ours.
#[derive(Debug)]
pub struct Other {
    /// Its name in the results.
    pub machine: &'static str,
    /// What made it; of a file of ours, its name.
    pub maker: &'static str,
}

impl Other {
    /// Whether it is this project's.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.machine.contains('/')
    }
}

const fn other(machine: &'static str, maker: &'static str) -> Other {
    Other { machine, maker }
}

/// The guests for which several programs make machines.
pub static MANY: &[Comparison] = &[
    Comparison {
        guest: "Linux",
        ours: "session/linux",
        others: &[
            other("session/linux-portable", "linux-portable"),
            other("virt-install-linux", "virt-install"),
            other("boxes-linux", "GNOME Boxes"),
            other("quickemu-ubuntu", "quickemu"),
            other("predecessor-linux", "predecessor"),
            other("minimal", "minimal"),
        ],
    },
    Comparison {
        guest: "Windows 11",
        ours: "session/windows",
        others: &[
            other("virt-install-win11", "virt-install"),
            other("boxes-win11", "GNOME Boxes"),
            other("proxmox-windows", "Proxmox (BIOS)"),
            other("winapps-windows", "winapps"),
        ],
    },
];

/// The guests for which virt-install alone was asked.
pub static ONE: &[Comparison] = &[
    Comparison {
        guest: "Windows 10",
        ours: "session/windows10",
        others: &[other("virt-install-win10", "virt-install")],
    },
    Comparison {
        guest: "FreeBSD",
        ours: "session/freebsd",
        others: &[other("virt-install-freebsd14.2", "virt-install")],
    },
    Comparison {
        guest: "OpenBSD",
        ours: "session/openbsd",
        others: &[other("virt-install-openbsd7.6", "virt-install")],
    },
    Comparison { guest: "Haiku", ours: "session/haiku", others: &[other("virt-install-haikur1beta4", "virt-install")] },
];

/// One number of a machine.
pub(crate) struct Measure {
    /// Of which work; none for the start as a whole.
    pub(crate) work: Option<&'static Work>,
    pub(crate) quantity: Quantity,
    trust: Trust,
}

impl Measure {
    /// Every one that is more than noise, in the order in which a machine does the works.
    pub(crate) fn all() -> Vec<Measure> {
        let start = Measure { work: None, quantity: Quantity::Accesses, trust: Trust::Exact };
        let of = |work: &'static Work| {
            let counted = work.counted.iter().filter(|(_, bound)| bound.trust != Trust::Noise);
            counted.map(move |(quantity, bound)| Measure { work: Some(work), quantity: *quantity, trust: bound.trust })
        };
        std::iter::once(start).chain(WORKS.iter().flat_map(of)).collect()
    }

    /// What happens meanwhile.
    fn title(&self) -> &'static str {
        self.work.map_or("start, as a whole", |work| work.title)
    }

    /// The number of a machine, if it has one.
    pub(crate) fn of(&self, results: &Results, machine: &str) -> Option<u64> {
        match self.work {
            Some(work) => results.get(machine, work, self.quantity),
            None => results.start(machine),
        }
    }

    pub(crate) fn bound(&self) -> Bound {
        Bound { trust: self.trust, why: "" }
    }

    /// A number, and how it compares with ours.
    fn beside(&self, ours: Option<u64>, theirs: Option<u64>) -> String {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if self.bound().compares(ours) => {
                format!("{} ({})", self.said(Some(theirs)), ratio(&self.bound(), ours, theirs))
            }
            _ => self.said(theirs),
        }
    }

    /// A number; one that repeats only roughly is said so.
    fn said(&self, value: Option<u64>) -> String {
        let Some(value) = value else { return "–".to_owned() };
        let about = if self.bound().compares(value) { "" } else { "~" };
        format!("{about}{}", whole(value))
    }
}

/// How many times ours theirs is. Of numbers so near that two runs of a machine may differ by as much, only that.
#[must_use]
pub fn ratio(bound: &Bound, ours: u64, theirs: u64) -> String {
    if ours.abs_diff(theirs) <= bound.least() {
        return "=".to_owned();
    }
    if ours == 0 {
        return "∞".to_owned();
    }
    let times = float(theirs) / float(ours);
    let said = if times > 0.0 && times < 2.0 { format!("{times:.2}×") } else { format!("{}×", number(times)) };
    if said == "1.00×" { "=".to_owned() } else { said }
}

/// A count as people read it.
pub(crate) fn whole(value: u64) -> String {
    number(float(value))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn float(value: u64) -> f64 {
    value as f64
}

/// Rows for what some machines have numbers of: what is counted, and what a cell for each column says.
fn rows(results: &Results, machines: &[&str], cells: impl Fn(&Measure) -> Vec<String>) -> Vec<Vec<Cell>> {
    let (mut rows, mut last) = (Vec::new(), "");
    for measure in Measure::all() {
        if machines.iter().all(|machine| measure.of(results, machine).is_none()) {
            continue;
        }
        let title = if measure.title() == last { "" } else { measure.title() };
        last = measure.title();
        let head = [text(title), text(measure.quantity.column())];
        rows.push(head.into_iter().chain(cells(&measure).into_iter().map(text)).collect());
    }
    rows
}

/// One of our machines beside those of several programs.
#[must_use]
pub fn many(results: &Results, comparison: &'static Comparison) -> Table {
    let mut header = vec!["", "counted", "ours"];
    header.extend(comparison.others.iter().map(|other| other.maker));
    let machines: Vec<_> =
        std::iter::once(comparison.ours).chain(comparison.others.iter().map(|other| other.machine)).collect();
    let cells = |measure: &Measure| {
        let ours = measure.of(results, comparison.ours);
        let others = comparison.others.iter().map(|other| measure.beside(ours, measure.of(results, other.machine)));
        std::iter::once(measure.said(ours)).chain(others).collect()
    };
    Table { header, rows: rows(results, &machines, cells) }
}

/// Our machines for some guests, each beside one other: a column for each guest.
#[must_use]
pub fn one(results: &Results) -> Table {
    let mut header = vec!["", "counted"];
    header.extend(ONE.iter().map(|comparison| comparison.guest));
    let machines: Vec<_> = ONE.iter().flat_map(|comparison| [comparison.ours, comparison.others[0].machine]).collect();
    let cells = |measure: &Measure| {
        let cell = |comparison: &Comparison| {
            let of = |machine| measure.of(results, machine);
            let (ours, theirs) = (of(comparison.ours), of(comparison.others[0].machine));
            format!("{} / {}", measure.said(ours), measure.beside(ours, theirs))
        };
        ONE.iter().map(cell).collect()
    };
    Table { header, rows: rows(results, &machines, cells) }
}

/// What was compared: the definition, and the file of each other machine.
#[must_use]
pub fn machines() -> Table {
    let row = |comparison: &Comparison| {
        let others = comparison.others.iter().map(|other| code(other.machine)).collect::<Vec<_>>();
        vec![text(comparison.guest), code(comparison.ours), crate::table::joined(others, ", ")]
    };
    Table { header: vec!["guest", "ours", "others"], rows: MANY.iter().chain(ONE).map(row).collect() }
}

/// The works: what happens in each, and how far what is counted of it can be trusted.
#[must_use]
pub fn works() -> Table {
    let trusted = |(quantity, bound): &(Quantity, &Bound)| format!("{}: {}", quantity.column(), trust(bound.trust));
    let row = |work: &Work| {
        let counted: Vec<_> = work.counted.iter().map(trusted).collect();
        vec![text(work.title), text(work.does), text(counted.join("; "))]
    };
    Table { header: vec!["workload", "what happens", "what repeats"], rows: WORKS.iter().map(row).collect() }
}

/// A trust in words.
fn trust(trust: Trust) -> String {
    match trust {
        Trust::Exact => format!("exact ({SLACK} allowed)"),
        Trust::Near { percent, least } => format!("within {percent} %, or {least}"),
        Trust::NoneOrNoise => "only whether it is 0".to_owned(),
        Trust::Noise => "not at all".to_owned(),
    }
}

/// Why numbers can be trusted so far, and no further.
#[must_use]
pub fn bounds() -> Table {
    let mut known: Vec<(&'static Bound, Vec<String>)> = Vec::new();
    for work in WORKS {
        for (quantity, bound) in work.counted {
            let of = format!("{} ({})", work.title, quantity.column());
            match known.iter_mut().find(|(other, _)| std::ptr::eq(*other, *bound)) {
                Some((_, works)) => works.push(of),
                None => known.push((bound, vec![of])),
            }
        }
    }
    let rows = known.into_iter().map(|(bound, works)| {
        let more = works.len() - 1;
        let of = if more == 0 { works[0].clone() } else { format!("{} and {more} more", works[0]) };
        vec![text(of), text(trust(bound.trust)), text(bound.why)]
    });
    Table { header: vec!["numbers", "how far they repeat", "why"], rows: rows.collect() }
}

/// What the numbers depend on, as a sentence; nothing if there are none.
#[must_use]
pub fn programs(results: &Results) -> String {
    let programs: Vec<_> = results.programs.iter().map(|(name, version)| format!("{name} {version}")).collect();
    if programs.is_empty() {
        return String::new();
    }
    format!("These numbers were counted with {}.", programs.join(", "))
}

/// The bars that say most: work and quantity, a title, and what the number is of.
const BARS: [(&str, Quantity, &str, &str); 5] = [
    ("read-random-1", Quantity::Accesses, "Random reads", "accesses per 100"),
    ("net-request", Quantity::Accesses, "Network requests", "accesses per 100"),
    ("pointer", Quantity::Accesses, "Pointer movements", "accesses per 100"),
    ("memory", Quantity::Returned, "Memory given back", "MiB of 512 freed"),
    ("space", Quantity::Returned, "Space given back", "MiB of 64 trimmed"),
];

/// The plot: what matters most, where several programs make machines for a guest.
#[must_use]
pub fn plot(results: &Results) -> Plot {
    let column = |(_, quantity, title, of): (&str, Quantity, &'static str, &str)| Column {
        title,
        of: of.to_owned(),
        better: if quantity.more_is_better() { Better::More } else { Better::Fewer },
    };
    let row = |machine: &str, name: &str, is_ours| {
        let value = |(work, quantity, ..): (&str, Quantity, &str, &str)| {
            Work::find(work).and_then(|work| results.get(machine, work, quantity)).map(float)
        };
        Row { name: name.to_owned(), is_ours, values: BARS.into_iter().map(value).collect() }
    };
    let group = |comparison: &Comparison| {
        let ours = row(comparison.ours, comparison.ours, true);
        let others = comparison.others.iter().map(|other| {
            let name = if other.is_ours() { other.machine } else { other.maker };
            row(other.machine, name, other.is_ours())
        });
        Group { title: comparison.guest.to_owned(), rows: std::iter::once(ours).chain(others).collect() }
    };
    let note = "Under KVM, most accesses to emulated registers stop a virtual CPU until QEMU has answered. Counted by `cargo xtask bench`";
    let qemu = results.programs.get("QEMU").map_or(String::new(), |version| format!(" with QEMU {version}"));
    Plot {
        columns: BARS.into_iter().map(column).collect(),
        groups: MANY.iter().map(group).collect(),
        note: format!("{note}{qemu}."),
    }
}

/// What the numbers say in a sentence, for somebody who asks what this is worth; nothing if they are not there.
#[must_use]
pub fn brief(results: &Results) -> String {
    let of = |machine, work, quantity| Work::find(work).and_then(|work| results.get(machine, work, quantity));
    let reads = |machine| of(machine, "read-random-1", Quantity::Accesses);
    let back = |machine| of(machine, "memory", Quantity::Returned);
    let (ours, theirs) = ("session/windows", "virt-install-win11");
    let (Some(our_reads), Some(their_reads)) = (reads(ours), reads(theirs)) else { return String::new() };
    let Some(our_kicks) = of(ours, "read-random-1", Quantity::Kicks) else { return String::new() };
    let (ours, theirs) = ("session/linux", "virt-install-linux");
    let (Some(we_return), Some(they_return)) = (back(ours), back(theirs)) else { return String::new() };
    format!(
        "Beside `virt-install`'s machines, with a small Linux in both: for Windows 11, 100 random reads take {} register accesses \
         and {} notifications, not {} accesses; for Linux, {} of 512 MiB that the guest frees come back, not {}.\n",
        whole(our_reads),
        whole(our_kicks),
        whole(their_reads),
        whole(we_return),
        whole(they_return),
    )
}
