//! The works by which a machine is measured, as the test guest does them and its host asks for them. The guest
//! (`tests/guest`) is built with this file as well; what is counted of each, and how far that can be trusted, is in
//! `defs/measured.rs`, whose names these are.

/// The size of the disk on which they are done.
pub const DISK_SIZE: u64 = 2 << 30;
/// Where on the disk the host writes what it asks for: [`BEGIN`], then a name on each line.
pub const ORDERS: u64 = 1 << 30;
/// How many bytes that are.
pub const ORDERS_SIZE: usize = 64 << 10;
/// Where the guest writes what it saw: on each line a name, seconds, interrupts and notifications, or [`FAILED`].
pub const ANSWERS: u64 = ORDERS + ORDERS_SIZE as u64;
/// How many bytes that are.
pub const ANSWERS_SIZE: usize = 64 << 10;
/// Where the guest reads and writes.
pub const AREA: u64 = ORDERS + (1 << 20);
/// How many bytes that are.
pub const AREA_SIZE: u64 = 64 << 20;

/// Begins what the host asks for.
pub const BEGIN: &str = "definitions: measure";
/// Begins the line of a work that the guest could not do.
pub const FAILED: &str = "FAILED ";

/// Asks the service on the host's network for a number of bytes.
pub const GIVE: &str = "GIVE ";
/// Asks it to take a number of bytes, which it answers with a line when it has them.
pub const TAKE: &str = "TAKE ";

/// The I/O port, where no device is, that marks are written to: QEMU's trace has them among everything else.
pub const MARKS: u16 = 0xa5a0;
/// The boot loader begins. This and the next are in `tests/guest/grub.cfg`.
pub const LOADER: u8 = 1;
/// The kernel begins.
pub const KERNEL: u8 = 2;
/// The first process begins.
pub const INIT: u8 = 3;
/// All devices have drivers, and the network has given an address.
pub const DEVICES: u8 = 4;
/// All is done, and the answers are on the disk.
pub const DONE: u8 = 5;
/// A program is about to free its memory.
pub const FREES: u8 = 6;
/// A work begins: this, and its place.
pub const BEGINS: u8 = 0x40;
/// A work ends: this, and its place.
pub const ENDS: u8 = 0x80;

/// A work.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Its name.
    pub name: &'static str,
    /// What is done.
    pub what: What,
}

/// What is done.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// Nothing, for some seconds.
    Idle(u64),
    /// Requests to the disk.
    Disk(Requests),
    /// This many bytes go to the host.
    Send(u64),
    /// This many bytes come from the host.
    Receive(u64),
    /// Lines go to the host and come back, one after the other.
    Request {
        /// How many.
        lines: u64,
        /// How long each is, with its end.
        bytes: usize,
    },
    /// The host moves the pointer this often.
    Pointer(u64),
    /// A program uses memory and frees it.
    Memory {
        /// How much.
        mib: usize,
        /// How many seconds the kernel has to give it back.
        seconds: u64,
    },
    /// The area of the disk is trimmed.
    Discard,
}

/// Requests to the disk.
#[derive(Clone, Copy, Debug)]
pub struct Requests {
    /// Whether they write.
    pub write: bool,
    /// Whether they are here and there, and not one behind the other.
    pub random: bool,
    /// How many bytes each is for.
    pub size: usize,
    /// How many there are.
    pub count: u64,
    /// How many are under way together.
    pub depth: usize,
    /// Whether each is followed by a flush.
    pub flush: bool,
}

const fn disk(name: &'static str, write: bool, random: bool, depth: usize) -> Work {
    let size = if random { 4 << 10 } else { 64 << 10 };
    let count = if depth == 1 { 100 } else { 96 };
    Work { name, what: What::Disk(Requests { write, random, size, count, depth, flush: false }) }
}

const FLUSH: Requests = Requests { write: true, random: true, size: 4 << 10, count: 100, depth: 1, flush: true };

/// All of them, in the order in which they are done.
pub const WORKS: [Work; 16] = [
    Work { name: "idle", what: What::Idle(5) },
    disk("read-sequential-1", false, false, 1),
    disk("read-sequential-16", false, false, 16),
    disk("read-random-1", false, true, 1),
    disk("read-random-16", false, true, 16),
    disk("write-sequential-1", true, false, 1),
    disk("write-sequential-16", true, false, 16),
    disk("write-random-1", true, true, 1),
    disk("write-random-16", true, true, 16),
    Work { name: "write-flush", what: What::Disk(FLUSH) },
    Work { name: "net-up", what: What::Send(4 << 20) },
    Work { name: "net-down", what: What::Receive(4 << 20) },
    Work { name: "net-request", what: What::Request { lines: 100, bytes: 64 } },
    Work { name: "pointer", what: What::Pointer(100) },
    Work { name: "memory", what: What::Memory { mib: 512, seconds: 6 } },
    Work { name: "space", what: What::Discard },
];

impl Work {
    /// The one with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Work> {
        WORKS.into_iter().find(|work| work.name == name)
    }

    /// Its place among all of them, by which marks tell it.
    #[must_use]
    pub fn place(&self) -> u8 {
        (0..).zip(&WORKS).find(|(_, work)| work.name == self.name).map_or(0, |(place, _)| place)
    }
}
