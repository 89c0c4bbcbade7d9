//! What `cargo xtask bench` measures: works that a machine does, what is counted of each, and how far each number can be
//! trusted.
//!
//! `tests/bench.tsv` has the numbers ([`results`]), [`choices`] the decisions that are left out of a definition to see what they
//! are worth.

pub mod choices;
pub mod results;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Accesses of the guest to emulated registers that QEMU itself answers, without those of registers that are polled. Under
    /// KVM, each of them stops the guest's processor and wakes QEMU.
    Accesses,
    /// Notifications of virtio devices, as the guest's kernel counts them. Under KVM, they stay in the host's kernel.
    Kicks,
    /// Interrupts of devices, as the guest's kernel counts them, without those of clocks.
    Interrupts,
    /// Memory that QEMU has of the host, in MiB.
    Resident,
    /// What the host has back afterwards of what the guest has freed, in MiB.
    Returned,
}

impl Quantity {
    /// Every one.
    pub const ALL: [Quantity; 5] =
        [Quantity::Accesses, Quantity::Kicks, Quantity::Interrupts, Quantity::Resident, Quantity::Returned];

    /// Its name in the file of results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Accesses => "accesses",
            Quantity::Kicks => "kicks",
            Quantity::Interrupts => "interrupts",
            Quantity::Resident => "resident",
            Quantity::Returned => "returned",
        }
    }

    /// What it is called in a narrow column.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Quantity::Accesses => "accesses",
            Quantity::Kicks => "notifications",
            Quantity::Interrupts => "interrupts",
            Quantity::Resident => "MiB in use",
            Quantity::Returned => "MiB given back",
        }
    }

    /// What one of it is called in a sentence: `7 register accesses`.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Quantity::Accesses => "register accesses",
            Quantity::Kicks => "notifications",
            Quantity::Interrupts => "interrupts",
            Quantity::Resident => "MiB of memory",
            Quantity::Returned => "MiB given back",
        }
    }

    /// Whether more of it is better.
    #[must_use]
    pub fn more_is_better(self) -> bool {
        self == Quantity::Returned
    }
}

/// How far a number can be trusted: what two runs of the same machine may differ by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It repeats, within [`SLACK`].
    Exact,
    /// It repeats within this share, in percent, or within this many, whichever is more.
    Near {
        /// The share.
        percent: u64,
        /// The number.
        least: u64,
    },
    /// None stays none, within [`SLACK`]; anything else is noise.
    NoneOrNoise,
    /// It does not repeat, and is never compared.
    Noise,
}

/// What exact numbers may differ by: a drive may be looked at once more.
pub const SLACK: u64 = 40;

/// How far a number can be trusted, and why.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// How far.
    pub trust: Trust,
    /// Where that is known from, as a sentence without its end.
    pub why: &'static str,
}

impl Bound {
    /// Whether a number can be compared at all, given what is on record.
    #[must_use]
    pub fn compares(&self, recorded: u64) -> bool {
        match self.trust {
            Trust::Exact | Trust::Near { .. } => true,
            Trust::NoneOrNoise => recorded <= SLACK,
            Trust::Noise => false,
        }
    }

    /// Whether a number is as the one on record. One that cannot be compared is.
    #[must_use]
    pub fn agrees(&self, recorded: u64, now: u64) -> bool {
        recorded.abs_diff(now) <= self.margin(recorded)
    }

    /// How few may be chance.
    #[must_use]
    pub fn least(&self) -> u64 {
        match self.trust {
            Trust::Near { least, .. } => least,
            Trust::Exact | Trust::NoneOrNoise | Trust::Noise => SLACK,
        }
    }

    /// What a number may differ by from the one on record.
    #[must_use]
    pub fn margin(&self, recorded: u64) -> u64 {
        match self.trust {
            _ if !self.compares(recorded) => u64::MAX,
            Trust::Near { percent, .. } => (recorded * percent / 100).max(self.least()),
            Trust::Exact | Trust::NoneOrNoise | Trust::Noise => self.least(),
        }
    }
}

/// Something that a machine does while it is measured.
#[derive(Debug)]
pub struct Work {
    /// Its name in the file of results.
    pub id: &'static str,
    /// What it is, as the title of a row.
    pub title: &'static str,
    /// What happens in it, as a sentence without its end.
    pub does: &'static str,
    /// Which part of a machine it is about.
    pub group: Group,
    /// What is counted of it.
    pub counted: &'static [(Quantity, &'static Bound)],
}

/// Which part of a machine a work is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A part of the way from power-on to a running guest.
    Start,
    /// Nothing but that it runs.
    Idle,
    /// The disk.
    Disk,
    /// The network.
    Network,
    /// The pointer.
    Pointer,
    /// What the guest frees.
    Freed,
}

impl Work {
    /// The one with a name.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Work> {
        WORKS.iter().find(|work| work.id == id)
    }

    /// How far what is counted of it can be trusted, if that is counted.
    #[must_use]
    pub fn bound(&self, quantity: Quantity) -> Option<&'static Bound> {
        self.counted.iter().find(|(counted, _)| *counted == quantity).map(|(_, bound)| *bound)
    }
}

const fn exact(why: &'static str) -> Bound {
    Bound { trust: Trust::Exact, why }
}

const fn near(percent: u64, least: u64, why: &'static str) -> Bound {
    Bound { trust: Trust::Near { percent, least }, why }
}

static FIRMWARE: Bound = exact(
    "the same firmware does the same: without polled registers, at most 10 of 95,000 accesses differed in two or three runs of \
     34 machines",
);
static KERNEL: Bound = near(
    3,
    SLACK,
    "the same kernel does the same: at most 6 accesses differed in three runs; with several devices on USB, up to 2 percent",
);
static DRIVERS: Bound = near(
    10,
    SLACK,
    "on virtio, at most 6 accesses differed in three runs; drivers of other devices wait until these are ready, and that of a sound card \
     once took 160 of 2,230 fewer",
);
static REQUESTS: Bound = near(
    20,
    SLACK,
    "each request takes the same number of accesses, on virtio none; a SATA controller takes 7 or 8, and the timer of a network card \
     may add 46 to a hundred requests",
);
static BATCHES: Bound = Bound {
    trust: Trust::NoneOrNoise,
    why: "how many requests are submitted together depends on speed; virtio needs no accesses",
};
static EACH: Bound =
    near(20, 12, "one for each request, and a few for what else the guest does: 2 to 11 percent in three runs");
static IN_BATCHES: Bound = Bound {
    trust: Trust::Noise,
    why: "how many requests are submitted or completed together depends on speed: up to a factor of 3",
};
static CARD: Bound = near(
    40,
    SLACK,
    "a card on registers takes some for each interrupt, whose number differs: 784 to 977 accesses in three runs of one machine",
);
static CARD_INTERRUPTS: Bound = near(
    75,
    SLACK,
    "a card on registers announces a packet received and one sent with one interrupt or with two, depending on speed: 127 to 201 in ten \
     runs of one machine",
);
static IDLE: Bound = Bound { trust: Trust::NoneOrNoise, why: "what an idle guest does depends on its timers" };
static MEMORY: Bound = near(15, 16, "2 to 4 percent in three runs; the host decides when pages are taken");
static BACK: Bound =
    near(15, 24, "nearly all or nothing comes back; what the kernel keeps for itself differs by some MiB");
static MOVES: Bound = near(
    20,
    SLACK,
    "each movement takes the same number of accesses, on virtio none; the timer of a network card and older USB controllers may add \
     some: 12 percent in two runs",
);
static MERGED: Bound =
    Bound { trust: Trust::Noise, why: "movements that arrive while the guest is busy are handled together" };

type Counted = &'static [(Quantity, &'static Bound)];

const OF_FIRMWARE: Counted = &[(Quantity::Accesses, &FIRMWARE)];
const OF_EACH: Counted = &[(Quantity::Accesses, &REQUESTS), (Quantity::Kicks, &EACH), (Quantity::Interrupts, &EACH)];
const OF_MANY: Counted =
    &[(Quantity::Accesses, &BATCHES), (Quantity::Kicks, &IN_BATCHES), (Quantity::Interrupts, &IN_BATCHES)];

const fn part(id: &'static str, title: &'static str, does: &'static str, counted: Counted) -> Work {
    Work { id, title, does, group: Group::Start, counted }
}

const fn one_by_one(id: &'static str, title: &'static str, does: &'static str) -> Work {
    Work { id, title, does, group: Group::Disk, counted: OF_EACH }
}

const fn deep(id: &'static str, title: &'static str, does: &'static str) -> Work {
    Work { id, title, does, group: Group::Disk, counted: OF_MANY }
}

const fn bulk(id: &'static str, title: &'static str, does: &'static str) -> Work {
    Work { group: Group::Network, ..deep(id, title, does) }
}

/// Every work, in the order in which a machine does them.
pub static WORKS: &[Work] = &[
    part(
        "firmware",
        "start: firmware",
        "from power-on until the boot loader runs; with BIOS, until the kernel does",
        OF_FIRMWARE,
    ),
    part(
        "loader",
        "start: boot loader",
        "GRUB reads the kernel and the initramfs, 17 MiB; with BIOS, counted under *firmware*",
        OF_FIRMWARE,
    ),
    part("kernel", "start: kernel", "the kernel starts until its first process does", &[(Quantity::Accesses, &KERNEL)]),
    part(
        "devices",
        "start: devices",
        "drivers for all devices are loaded, and the network gives an address",
        &[(Quantity::Accesses, &DRIVERS)],
    ),
    Work {
        id: "idle",
        title: "idle",
        does: "the guest does nothing for 5 seconds",
        group: Group::Idle,
        counted: &[(Quantity::Accesses, &IDLE), (Quantity::Interrupts, &IN_BATCHES), (Quantity::Resident, &MEMORY)],
    },
    one_by_one("read-sequential-1", "100 sequential reads", "64 KiB each, one after the other"),
    deep("read-sequential-16", "96 sequential reads, 16 at a time", "64 KiB each, in six batches"),
    one_by_one("read-random-1", "100 random reads", "4 KiB each, one after the other"),
    deep("read-random-16", "96 random reads, 16 at a time", "4 KiB each, in six batches"),
    one_by_one("write-sequential-1", "100 sequential writes", "64 KiB each, one after the other"),
    deep("write-sequential-16", "96 sequential writes, 16 at a time", "64 KiB each, in six batches"),
    one_by_one("write-random-1", "100 random writes", "4 KiB each, one after the other"),
    deep("write-random-16", "96 random writes, 16 at a time", "4 KiB each, in six batches"),
    one_by_one("write-flush", "100 random writes, each flushed", "4 KiB each, each on the disk before the next"),
    bulk("net-up", "4 MiB sent", "over one TCP connection to the host"),
    bulk("net-down", "4 MiB received", "over one TCP connection from the host"),
    Work {
        id: "net-request",
        title: "100 requests over the network",
        does: "a line of 64 bytes there and back, one after the other, over one TCP connection",
        group: Group::Network,
        counted: &[(Quantity::Accesses, &CARD), (Quantity::Kicks, &EACH), (Quantity::Interrupts, &CARD_INTERRUPTS)],
    },
    Work {
        id: "pointer",
        title: "100 movements of the pointer",
        does: "the host moves the pointer, the guest reads where it is",
        group: Group::Pointer,
        counted: &[(Quantity::Accesses, &MOVES), (Quantity::Kicks, &MERGED), (Quantity::Interrupts, &MERGED)],
    },
    Work {
        id: "memory",
        title: "memory given back",
        does: "a program frees 512 MiB, and the host looks 6 seconds later",
        group: Group::Freed,
        counted: &[(Quantity::Returned, &BACK)],
    },
    Work {
        id: "space",
        title: "disk space given back",
        does: "the guest trims 64 MiB that were written, and the host looks at the image's file",
        group: Group::Freed,
        counted: &[(Quantity::Returned, &BACK)],
    },
    part(
        "second-firmware",
        "second start: firmware",
        "as the first, after a reset, with the firmware's variables as the first start left them",
        OF_FIRMWARE,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_agrees_within_its_bound() {
        assert!(FIRMWARE.agrees(100_296, 100_296 + SLACK) && !FIRMWARE.agrees(100_296, 100_297 + SLACK));
        assert!(REQUESTS.agrees(700, 800) && !REQUESTS.agrees(0, 700));
        assert!(EACH.agrees(100, 120) && EACH.agrees(100, 80) && !EACH.agrees(100, 121));
        assert!(EACH.agrees(3, 15) && !EACH.agrees(3, 16), "few may differ by more than a share of them");
        assert!(CARD_INTERRUPTS.agrees(130, 201), "the same machine, elsewhere");
        assert!(!CARD_INTERRUPTS.agrees(130, 1_000) && !CARD_INTERRUPTS.agrees(130, 0));
        assert!(IN_BATCHES.agrees(7, 7_000), "noise is never compared");
        assert!(BATCHES.agrees(391, 243), "what is noise");
        assert!(BATCHES.agrees(0, SLACK) && !BATCHES.agrees(0, 391), "none stays none");
    }

    #[test]
    fn names_are_unique_and_every_work_counts_something() {
        for (index, work) in WORKS.iter().enumerate() {
            assert!(!work.counted.is_empty(), "{}", work.id);
            assert!(WORKS[..index].iter().all(|other| other.id != work.id), "{} is there twice", work.id);
            assert!(std::ptr::eq(Work::find(work.id).expect("it is there"), work));
        }
    }
}
