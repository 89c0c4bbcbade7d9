//! What each choice gains, as far as `cargo xtask bench` can tell: the cell of the column *measured* in the tables of choices.

use std::ptr;

use crate::comparison::{Measure, whole};
use crate::measured::choices::{CHOICES, Choice, OF};
use crate::measured::results::Results;
use crate::measured::{Group, Quantity};
use crate::pages;
use crate::table::{Cell, Piece, Table, code, text};
use crate::tunables::{
    Tunable, aarch64, channels, clock, cloud_hypervisor, console, cpu, disks, display, filesystem, firmware, hyperv,
    input, machine, media, memory, metadata, network, pci, sound, usb, vulkan,
};

/// How much is known of what a choice gains.
#[derive(Clone, Copy, Debug)]
pub enum Known {
    /// It was left out of [`OF`], and everything counted again.
    LeftOut(&'static Choice),
    /// It was left out together with another, without which it means nothing.
    Together(&'static Choice),
    /// It saves time, and no count shows it: what it takes to see that.
    Needs(&'static str),
    /// It saves something that could be counted, but [`OF`] does not have it.
    Elsewhere,
    /// It is not there for speed.
    NotForSpeed,
}

/// What saves time alone: it does not change what the guest asks of the host, or does so under KVM alone.
static NEED_KVM: &[&Tunable] = &[
    &aarch64::MAXIMUM,
    &aarch64::TOPOLOGY,
    &clock::HYPERVCLOCK,
    &cpu::HOST_MODEL,
    &cpu::HOST_PASSTHROUGH,
    &cpu::TOPOLOGY,
    &disks::IOTHREADS_TWO,
    &disks::VIRTIO_SCSI_IOTHREADS,
    &hyperv::FREQUENCIES,
    &hyperv::IPI,
    &hyperv::SPINLOCKS,
    &hyperv::STIMER,
    &hyperv::STIMER_DIRECT,
    &hyperv::SYNIC,
    &hyperv::TLBFLUSH,
    &hyperv::TLBFLUSH_EXTENDED,
    &hyperv::VAPIC,
    &hyperv::VPINDEX,
    &hyperv::XMM_INPUT,
];

/// What saves time with a GPU to draw with.
static NEED_GPU: &[&Tunable] = &[&display::SPICE_GL, &display::VIRGL, &vulkan::BLOB, &vulkan::HOSTMEM, &vulkan::VENUS];

/// What saves time where somebody looks at the screen.
static NEED_VIEWER: &[&Tunable] = &[&display::IMAGE_UNCOMPRESSED];

/// What other files have, some of them in the place of what was left out.
static ELSEWHERE: &[&Tunable] = &[
    &aarch64::TPM,
    &aarch64::VIRTIO_GPU,
    &cloud_hypervisor::VIRTIO_NET,
    &disks::DISCARD_GRANULARITY,
    &disks::DISCARD_NO_UNREF,
    &disks::ON_SATA,
    &disks::ON_VIRTIO_BLK,
    &disks::VIRTIO_BLK_IOTHREAD,
    &display::VGA,
    &filesystem::SHARE_QUEUE,
    &input::USB_TABLET,
    &network::E1000E,
    &network::PASST,
];

/// What is there for another reason: because the guest needs it, or the person who uses it.
static NOT_FOR_SPEED: &[&Tunable] = &[
    &aarch64::ACPI,
    &aarch64::INSTALL_MEDIUM,
    &aarch64::KEYBOARD,
    &aarch64::NO_USB,
    &aarch64::SERIAL,
    &aarch64::SOUND,
    &aarch64::UEFI,
    &aarch64::VARIABLES,
    &aarch64::VIRT,
    &channels::CONSOLE,
    &channels::GUEST_AGENT,
    &channels::SPICE_AGENT,
    &channels::WEBDAV,
    &clock::LOCALTIME,
    &clock::RTC_CATCHUP,
    &clock::UTC,
    &cloud_hypervisor::FILE,
    &cloud_hypervisor::FIRMWARE,
    &cloud_hypervisor::HOME_FILE,
    &cloud_hypervisor::HVM,
    &cloud_hypervisor::MEMORY,
    &cloud_hypervisor::VCPUS,
    &console::CLOUD,
    &console::SERIAL,
    &cpu::COUNT,
    &disks::BOOT,
    &disks::FILE,
    &disks::VIRTIO_SCSI_FOR_LATER,
    &disks::VOLUME,
    &display::LISTEN_NONE,
    &display::SCREENS,
    &display::SPICE,
    &display::VNC,
    &display::VNC_SOCKET,
    &filesystem::SHARE,
    &firmware::SECURE_BOOT_OFF,
    &firmware::SECURE_BOOT_ON,
    &firmware::UEFI,
    &firmware::VARIABLES,
    &hyperv::RELAXED,
    &hyperv::RUNTIME,
    &input::SETUP_TABLET,
    &machine::ACPI,
    &machine::Q35,
    &machine::SUSPEND_TO_DISK,
    &machine::SUSPEND_TO_MEM,
    &media::DRIVERS_MEDIUM,
    &media::INSTALL_MEDIUM,
    &media::SEED,
    &memory::BALLOON,
    &memory::MEMFD,
    &memory::NO_BALLOON,
    &memory::NO_BALLOON_FOR_VFIO,
    &memory::SHARED,
    &memory::SIZE,
    &metadata::LIBOSINFO,
    &network::NETWORK,
    &network::USER,
    &pci::ROOT_PORTS,
    &sound::ICH9,
    &usb::NONE,
    &usb::REDIRECTION_1,
    &usb::REDIRECTION_2,
    &vulkan::MEMFD,
    &vulkan::SHARED,
];

/// What choices are for without which no number changes; each is why such a choice is made nevertheless.
static NEVERTHELESS: &[(&Tunable, &str)] = &[
    (&disks::IOTHREADS, "it moves work off QEMU's main loop, which needs KVM to be timed"),
    (
        &disks::SOLID_STATE,
        "it changes how the guest schedules requests and cares for the disk, which these workloads do not show",
    ),
    (&usb::XHCI, "the default is the same controller with 4 ports; 15 leave room for what you plug in"),
    (&clock::NO_HPET, "how often a guest uses its HPET depends on speed, so that is not counted"),
    (&machine::VMPORT, "it is off because nothing needs it"),
];

/// Why a choice is made without which no number changes, if a record says so.
#[must_use]
pub fn nevertheless(choice: &Choice) -> Option<&'static str> {
    let record = NEVERTHELESS.iter().find(|(tunable, _)| ptr::eq(*tunable, choice.left_out[0]));
    record.map(|(_, why)| *why)
}

/// How much is known of a choice: every answer that there is, so that a test can hold it to one.
#[must_use]
pub fn known(tunable: &Tunable) -> Vec<Known> {
    let mut known: Vec<_> = Choice::about(tunable).map(Known::LeftOut).into_iter().collect();
    let lists = [
        (NEED_KVM, Known::Needs("KVM")),
        (NEED_GPU, Known::Needs("a GPU")),
        (NEED_VIEWER, Known::Needs("a viewer")),
        (ELSEWHERE, Known::Elsewhere),
        (NOT_FOR_SPEED, Known::NotForSpeed),
    ];
    let is_in = |list: &[&Tunable]| list.iter().any(|listed| ptr::eq(*listed, tunable));
    known.extend(lists.into_iter().filter(|(list, _)| is_in(list)).map(|(_, answer)| answer));
    if known.is_empty() {
        // With the one that has least to do with others.
        let with = CHOICES.iter().filter(|choice| is_in(&choice.left_out[1..]));
        known.extend(with.min_by_key(|choice| choice.left_out.len()).map(Known::Together));
    }
    known
}

/// The cell of a choice: what changes when it is left out.
#[must_use]
pub fn cell(results: &Results, tunable: &Tunable) -> Cell {
    match known(tunable).first() {
        Some(Known::LeftOut(choice)) => text(said(results, choice)),
        Some(Known::Together(choice)) => {
            let choice = Piece::Link { code: choice.id.to_owned(), path: pages::MEASURED.to_owned() };
            [text("left out together with "), vec![choice]].concat()
        }
        Some(Known::Needs(what)) => text(format!("not measurable here: needs {what}")),
        Some(Known::Elsewhere) => [text("not in "), code(OF)].concat(),
        Some(Known::NotForSpeed) | None => Cell::new(),
    }
}

/// What a choice says without which no number changes.
pub const UNCHANGED: &str = "no number changes";

/// The works that stand for a group in which several change.
const TYPICAL: [&str; 2] = ["read-random-1", "net-request"];

/// What leaving a choice out changes, beyond what two runs may differ by.
fn said(results: &Results, choice: &Choice) -> String {
    let without = choice.machine();
    if !results.has(OF) || !results.has(&without) {
        return "not counted yet".to_owned();
    }
    let changes = shown(Measure::all().iter().filter_map(|measure| Change::of(measure, results, &without)).collect());
    if changes.is_empty() {
        let why = nevertheless(choice).map_or(String::new(), |why| format!(": {why}"));
        return format!("{UNCHANGED}{why}");
    }
    let of_one_work = changes.chunk_by(|one, other| one.per() == other.per());
    let phrase = |changes: &[Change]| {
        let numbers: Vec<_> = changes.iter().map(Change::said).collect();
        format!("{}{}", numbers.join(", "), changes[0].per())
    };
    of_one_work.map(phrase).collect::<Vec<_>>().join("; ")
}

/// Those of some changes that say it all, by work: of a start the whole, and one of several works with the disk or the network.
fn shown(mut changes: Vec<Change>) -> Vec<Change> {
    let stands_for_group = |change: &Change| change.work.is_none_or(|(id, _)| TYPICAL.contains(&id));
    changes.sort_by_key(|change| (change.group, change.quantity, !stands_for_group(change)));
    // Each of what is freed is a thing of its own.
    changes.dedup_by(|later, first| {
        (later.group, later.quantity) == (first.group, first.quantity) && first.group != Group::Freed
    });
    changes
}

/// A number that is another without a choice.
struct Change {
    group: Group,
    /// The work's name and title; none of the start as a whole.
    work: Option<(&'static str, &'static str)>,
    quantity: Quantity,
    more: bool,
    by: u64,
    /// Whether it would be another in the next run.
    is_rough: bool,
}

impl Change {
    /// What changes of a number, if anything does.
    fn of(measure: &Measure, results: &Results, without: &str) -> Option<Change> {
        let (with, without) = (measure.of(results, OF)?, measure.of(results, without)?);
        let bound = measure.bound();
        let changes = bound.compares(with) && !bound.agrees(with, without);
        changes.then(|| Change {
            group: measure.work.map_or(Group::Start, |work| work.group),
            work: measure.work.map(|work| (work.id, work.title)),
            quantity: measure.quantity,
            more: without > with,
            by: with.abs_diff(without),
            is_rough: !bound.compares(without),
        })
    }

    /// By how much: `+700 accesses`.
    fn said(&self) -> String {
        let about = if self.is_rough { "about " } else { "" };
        let sign = if self.more { "+" } else { "−" };
        let what = if self.group == Group::Freed { "MiB" } else { self.quantity.column() };
        format!("{about}{sign}{} {what}", whole(self.by))
    }

    /// Of what: ` per 100 random reads`.
    fn per(&self) -> String {
        match (self.group, self.work) {
            (Group::Start, None) => " per start".to_owned(),
            (Group::Idle, _) if self.quantity == Quantity::Resident => String::new(),
            (Group::Idle, _) => " in 5 seconds of idling".to_owned(),
            (Group::Freed, Some((_, title))) => format!(" of {title}"),
            (_, Some((_, title))) => format!(" per {title}"),
            (_, None) => String::new(),
        }
    }
}

/// Every choice that was left out: what the machine has then, and what changes.
#[must_use]
pub fn choices(results: &Results) -> Table {
    let row = |choice: &Choice| {
        let page = choice.left_out[0].topic.area.page;
        let name = vec![Piece::Link { code: choice.id.to_owned(), path: page.to_owned() }];
        vec![name, text(choice.then), text(said(results, choice))]
    };
    Table { header: vec!["choice", "without it", "what changes"], rows: CHOICES.iter().map(row).collect() }
}
