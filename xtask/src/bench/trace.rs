//! Counts what a machine does, from QEMU's trace: the guest's accesses to emulated registers, by work and by device.

use std::collections::{BTreeMap, HashMap};

use domain_definitions::measured::WORKS;
use host::work::{self, BEGINS, DEVICES, DONE, ENDS, FREES, INIT, KERNEL, LOADER, MARKS};

/// The events that QEMU traces.
pub const EVENTS: &str = "trace:memory_region_ops_read,trace:memory_region_ops_write";

/// Registers that a guest reads until something has happened, or that KVM answers without QEMU. How often depends on the speed of
/// the machine: found by comparing runs, in which nothing else differed.
const POLLED: [&str; 19] = [
    "acpi-tmr",
    "pcspk",
    "pit",
    "hpet",
    "pic",
    "apic-msi",
    "ioapic",
    "i8042-cmd",
    "serial",
    "apm-io",
    "port92",
    "rtc-index",
    "kvm-pit",
    "kvm-pic",
    "kvm-apic-msi",
    "kvm-ioapic",
    // A USB controller's ports, and what it says of itself.
    "capabilities",
    "usb2 port",
    "usb3 port",
];
/// The same, while firmware and loader run: of USB controllers. Later, nothing polls these.
const POLLED_BY_FIRMWARE: [&str; 4] = ["operational", "runtime", "doorbell", "uhci"];
/// The same, of reads during the whole start: of disk controllers, which look for disks then, of USB controllers without
/// interrupts for their ports, and of network cards that wait for their link.
const READ_IN_START: [&str; 5] = ["ahci", "ide", "uhci", "e1000-mmio", "e1000e-mmio"];

/// The parts of a start after firmware and loader.
const STARTS: [&str; 2] = ["kernel", "devices"];

/// The coprocessor's port: the first thing that a kernel writes to when a BIOS's loader has started it (`reset_coprocessor` in
/// Linux's `arch/x86/boot`); that loader makes no marks, and no firmware uses the port.
const COPROCESSOR: &[u8] = b"ioportF0";

/// Something that happened at a known place of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A part of the start begins.
    Part(&'static str),
    /// A work begins.
    Begins(&'static str),
    /// A work ends.
    Ends(&'static str),
    /// A program is about to free its memory.
    Frees,
    /// All works are done.
    Done,
    /// The firmware has done its part a second time.
    Second,
}

/// What is counted: by work, how often each region's registers were accessed. Those that are polled are not among them.
pub type Counts = BTreeMap<&'static str, BTreeMap<String, u64>>;

/// Counts one machine's accesses.
#[derive(Debug)]
pub struct Counter {
    now: Option<&'static str>,
    /// Whether no kernel runs yet.
    is_starting: bool,
    has_loader: bool,
    counts: HashMap<&'static str, HashMap<Vec<u8>, u64>>,
    /// What was left out: by work, the accesses to polled registers.
    polled: HashMap<&'static str, u64>,
}

impl Default for Counter {
    fn default() -> Counter {
        let (now, counts) = (Some("firmware"), HashMap::new());
        Counter { now, is_starting: true, has_loader: false, counts, polled: HashMap::new() }
    }
}

impl Counter {
    /// Takes a line of the trace.
    pub fn line(&mut self, line: &[u8]) -> Option<Event> {
        let access = Access::of(line)?;
        if access.write && access.name == b"io" && access.address == u64::from(MARKS) {
            return self.mark(u8::try_from(access.value).ok()?);
        }
        if self.is_starting && !self.has_loader && access.write && access.name == COPROCESSOR {
            return self.mark(KERNEL);
        }
        let now = self.now?;
        if access.is_polled(now, self.is_starting) {
            *self.polled.entry(now).or_default() += 1;
            return None;
        }
        let regions = self.counts.entry(now).or_default();
        match regions.get_mut(access.name) {
            Some(count) => *count += 1,
            None => drop(regions.insert(access.name.to_owned(), 1)),
        }
        None
    }

    fn mark(&mut self, mark: u8) -> Option<Event> {
        let is_second = self.now == Some("second-firmware");
        match mark {
            LOADER | KERNEL if is_second => {
                self.now = None;
                Some(Event::Second)
            }
            LOADER => {
                self.has_loader = true;
                self.part("loader")
            }
            KERNEL => {
                self.is_starting = false;
                self.part("kernel")
            }
            INIT => self.part("devices"),
            DEVICES => {
                self.now = None;
                None
            }
            DONE => {
                (self.is_starting, self.has_loader) = (true, false);
                self.now = Some("second-firmware");
                Some(Event::Done)
            }
            FREES => Some(Event::Frees),
            _ if mark >= ENDS => {
                self.now = None;
                name(mark - ENDS).map(Event::Ends)
            }
            _ if mark >= BEGINS => {
                self.now = name(mark - BEGINS);
                self.now.map(Event::Begins)
            }
            _ => None,
        }
    }

    fn part(&mut self, id: &'static str) -> Option<Event> {
        // A machine that starts by itself a second time is not counted again.
        if self.counts.contains_key("idle") {
            return None;
        }
        self.now = Some(id);
        Some(Event::Part(id))
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let regions = |regions: &HashMap<Vec<u8>, u64>| {
            regions.iter().map(|(name, count)| (String::from_utf8_lossy(name).into_owned(), *count)).collect()
        };
        self.counts.iter().map(|(work, of)| (*work, regions(of))).collect()
    }

    /// How many accesses to polled registers were left out, by work.
    #[must_use]
    pub fn polled(&self) -> BTreeMap<&'static str, u64> {
        self.polled.iter().map(|(work, count)| (*work, *count)).collect()
    }
}

/// The id of the work at a place.
fn name(place: u8) -> Option<&'static str> {
    let name = work::WORKS.get(usize::from(place))?.name;
    WORKS.iter().map(|work| work.id).find(|id| *id == name)
}

/// An access to a register.
struct Access<'a> {
    write: bool,
    address: u64,
    value: u64,
    /// The region's name.
    name: &'a [u8],
}

impl Access<'_> {
    /// Reads a line such as `123@1.5:memory_region_ops_write cpu 0 mr 0x5 addr 0x64 value 0xd1 size 1 name 'i8042-cmd'`.
    fn of(line: &[u8]) -> Option<Access<'_>> {
        const EVENT: &[u8] = b"memory_region_ops_";
        let at = line.windows(EVENT.len()).position(|part| part == EVENT)? + EVENT.len();
        let line = &line[at..];
        let write = line.starts_with(b"write");
        let mut words = line.split(|byte| *byte == b' ');
        let (mut address, mut value) = (None, None);
        while let Some(word) = words.next() {
            match word {
                b"addr" => address = words.next().and_then(hexadecimal),
                b"value" => value = words.next().and_then(hexadecimal),
                b"name" => break,
                _ => {}
            }
        }
        let open = line.iter().position(|byte| *byte == b'\'')? + 1;
        let close = line.iter().rposition(|byte| *byte == b'\'').filter(|close| *close >= open)?;
        Some(Access { write, address: address?, value: value?, name: &line[open..close] })
    }

    fn is_polled(&self, now: &str, by_firmware: bool) -> bool {
        // Ports of a controller have a number: `usb2 port #3`.
        let number = self.name.windows(2).position(|part| part == b" #").unwrap_or(self.name.len());
        let is = |names: &[&str]| names.iter().any(|name| name.as_bytes() == &self.name[..number]);
        let is_tpm = !self.write && self.name.starts_with(b"tpm-") && self.name.ends_with(b"-mmio");
        let waits = || !self.write && is(&READ_IN_START) && (by_firmware || STARTS.contains(&now));
        is(&POLLED) || is_tpm || by_firmware && is(&POLLED_BY_FIRMWARE) || waits()
    }
}

fn hexadecimal(word: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(word).ok()?.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(name: &str, address: u64, value: u64) -> String {
        format!(
            "77@1764.5:memory_region_ops_write cpu 0 mr 0x55a addr {address:#x} value {value:#x} size 1 name '{name}'"
        )
    }

    fn read(name: &str) -> String {
        format!("memory_region_ops_read cpu 1 mr 0x55a addr 0x10 value 0x0 size 4 name '{name}'")
    }

    fn mark(mark: u8) -> String {
        write("io", MARKS.into(), mark.into())
    }

    /// The events of a trace, and what was counted of each work.
    fn counted(lines: &[String]) -> (Vec<Event>, BTreeMap<&'static str, u64>) {
        let mut counter = Counter::default();
        let events = lines.iter().filter_map(|line| counter.line(line.as_bytes())).collect();
        let counts = counter.counts().into_iter().map(|(work, of)| (work, of.values().sum())).collect();
        (events, counts)
    }

    #[test]
    fn accesses_are_counted_by_the_part_of_the_start_that_they_are_in() {
        let lines = [
            read("fwcfg"),
            mark(LOADER),
            write("ahci", 0x38, 1),
            write("ahci", 0x38, 1),
            mark(KERNEL),
            read("pci conf's data"),
            "not a line of the trace".to_owned(),
            mark(INIT),
            read("virtio-pci-common-virtio-net"),
            mark(DEVICES),
            read("fwcfg"),
        ];
        let (events, counts) = counted(&lines);
        assert_eq!(events, [Event::Part("loader"), Event::Part("kernel"), Event::Part("devices")]);
        assert_eq!(counts, [("devices", 1), ("firmware", 1), ("kernel", 1), ("loader", 2)].into());
    }

    #[test]
    fn a_work_is_counted_between_its_marks_and_the_second_start_after_all() {
        let place = work::Work::named("read-random-1").unwrap().place();
        let lines = [
            mark(LOADER),
            mark(KERNEL),
            mark(DEVICES),
            read("ahci"),
            mark(BEGINS + place),
            read("ahci"),
            read("ahci"),
            mark(ENDS + place),
            read("ahci"),
            mark(DONE),
            write("fwcfg.dma", 0, 0),
            mark(LOADER),
            write("fwcfg.dma", 0, 0),
        ];
        let (events, counts) = counted(&lines);
        let begin = events.iter().position(|event| *event == Event::Begins("read-random-1")).unwrap();
        assert_eq!(
            events[begin..],
            [Event::Begins("read-random-1"), Event::Ends("read-random-1"), Event::Done, Event::Second]
        );
        assert_eq!(counts, [("read-random-1", 2), ("second-firmware", 1)].into());
    }

    #[test]
    fn registers_that_are_polled_are_left_out_and_told() {
        let mut counter = Counter::default();
        for line in
            [read("acpi-tmr"), read("tpm-crb-mmio"), write("tpm-crb-mmio", 0, 0), read("usb2 port #13"), read("ahci")]
        {
            counter.line(line.as_bytes());
        }
        assert_eq!(counter.counts()["firmware"], [("tpm-crb-mmio".to_owned(), 1)].into());
        assert_eq!(counter.polled(), [("firmware", 4)].into());
        // Of a running guest, the same registers are those by which a device is told of work.
        for line in
            [read("doorbell"), read("ahci"), write("ahci", 0, 0), read("e1000e-mmio"), write("e1000e-mmio", 0, 0)]
        {
            counter.line(line.as_bytes());
        }
        let written = ["ahci", "e1000e-mmio", "tpm-crb-mmio"].map(|name| (name.to_owned(), 1));
        assert_eq!(counter.counts()["firmware"], written.into());
        for line in [mark(KERNEL), read("doorbell"), read("ahci"), write("ahci", 0, 0), read("hpet"), read("uhci")] {
            counter.line(line.as_bytes());
        }
        assert_eq!(counter.counts()["kernel"].values().sum::<u64>(), 2);
        let place = work::Work::named("read-random-1").unwrap().place();
        for line in [mark(BEGINS + place), read("doorbell"), read("ahci"), read("usb2 port #13")] {
            counter.line(line.as_bytes());
        }
        assert_eq!(counter.counts()["read-random-1"].values().sum::<u64>(), 2);
    }

    #[test]
    fn with_a_loader_that_makes_no_marks_the_kernel_begins_at_the_coprocessor() {
        let lines = [read("fwcfg"), write("ioportF0", 0xf0, 0), read("fwcfg"), write("ioportF0", 0xf0, 0)];
        let (events, counts) = counted(&lines);
        assert_eq!(events, [Event::Part("kernel")]);
        assert_eq!(counts, [("firmware", 1), ("kernel", 2)].into());
        let lines = [mark(LOADER), write("ioportF0", 0xf0, 0)];
        assert_eq!(counted(&lines).0, [Event::Part("loader")], "another one makes them");
    }
}
