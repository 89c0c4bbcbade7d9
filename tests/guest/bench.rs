//! Does the works by which the machine is measured, if the host has written their names to the disk.

use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use io_uring::{IoUring, opcode, types};
use rustix::fs::OFlags;

use crate::report::disk;
use crate::words::PORT;
use crate::work::{
    ANSWERS, ANSWERS_SIZE, AREA, AREA_SIZE, BEGIN, BEGINS, DONE, ENDS, FAILED, FREES, GIVE, MARKS, ORDERS, ORDERS_SIZE,
    Requests, TAKE, What, Work,
};
use crate::{files, network};

/// How long the guest waits before a work, so that the last one is over on the host as well.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the host may take for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the pointer must have rested after a movement for all to be over, and how long the first one may take.
const REST: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(20));
/// How long a program has its memory before it frees it, so that the host can look.
const LOOK: Duration = Duration::from_millis(700);
/// The kernel's file of traces.
const TRACING: &str = "/sys/kernel/tracing";
/// The functions by which the kernel tells a virtio device that there is work, each with its name among the traces.
const KICKS: [(&str, &str); 2] = [("kick", "vp_notify"), ("kick_with_data", "vp_notify_with_data")];

/// What a disk reads into and writes from, at an address that every disk accepts.
#[repr(align(4096))]
struct Block([u8; 64 << 10]);

impl Block {
    #[expect(clippy::large_stack_arrays, reason = "a vector has no such address, and the stack has 8 MiB")]
    fn new() -> Box<Block> {
        Box::new(Block([0x5a; 64 << 10]))
    }
}

/// Marks a place in the trace of the machine. A kernel that Secure Boot has locked down refuses it.
pub fn mark(mark: u8) {
    let _ = OpenOptions::new().write(true).open("/dev/port").and_then(|port| port.write_at(&[mark], MARKS.into()));
}

/// The works that the host asks for.
pub fn orders() -> Option<Vec<Work>> {
    let mut bytes = vec![0; ORDERS_SIZE];
    File::open(disk::device(&disk::system()?)).ok()?.read_exact_at(&mut bytes, ORDERS).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.trim_end_matches('\0').lines();
    (lines.next() == Some(BEGIN)).then(|| lines.filter_map(Work::named).collect())
}

/// Does them, and then nothing for ever: the host takes over.
pub fn run(works: &[Work]) -> ! {
    count_kicks();
    // It takes accesses to the registers of some graphics cards, whatever else is done.
    let _ = fs::write("/sys/class/graphics/fbcon/cursor_blink", "0");
    // So does a sound card that falls asleep, whenever that is.
    let _ = fs::write("/sys/module/snd_hda_intel/parameters/power_save", "0");
    let mut answers = String::new();
    for work in works {
        thread::sleep(PAUSE);
        answers += &done(*work).unwrap_or_else(|error| format!("{FAILED}{}: {error}\n", work.name));
    }
    if let Err(error) = answer(&answers) {
        eprintln!("cannot write the answers: {error}");
    }
    thread::sleep(PAUSE);
    mark(DONE);
    loop {
        thread::park();
    }
}

/// Does one: what the guest saw of it.
fn done(work: Work) -> io::Result<String> {
    let todo = Todo::prepare(work.what)?;
    let (interrupts, kicks, begun) = (interrupts(), kicks(), Instant::now());
    mark(BEGINS + work.place());
    todo.run()?;
    mark(ENDS + work.place());
    let seconds = begun.elapsed().as_secs_f64();
    let (interrupts, kicks) = (self::interrupts() - interrupts, self::kicks() - kicks);
    Ok(format!("{}\t{seconds:.6}\t{interrupts}\t{kicks}\n", work.name))
}

/// A work for which everything is there.
enum Todo {
    Idle(u64),
    OneByOne(Requests, File, Box<Block>),
    Deep(Requests, File, Box<IoUring>, Vec<Box<Block>>),
    Send(TcpStream, u64),
    Receive(TcpStream, u64),
    Request(TcpStream, u64, String),
    Pointer(Vec<File>, u64),
    Memory(usize, u64),
    Discard(String),
}

impl Todo {
    fn prepare(what: What) -> io::Result<Todo> {
        let disk = || disk::system().map(|disk| disk::device(&disk)).ok_or(io::Error::other("there is no disk"));
        Ok(match what {
            What::Idle(seconds) => Todo::Idle(seconds),
            What::Disk(requests) => {
                let direct = OFlags::DIRECT.bits().cast_signed();
                let disk = OpenOptions::new().read(true).write(true).custom_flags(direct).open(disk()?)?;
                if requests.depth == 1 {
                    Todo::OneByOne(requests, disk, Block::new())
                } else {
                    let blocks = (0..requests.depth).map(|_| Block::new()).collect();
                    Todo::Deep(requests, disk, Box::new(IoUring::new(64)?), blocks)
                }
            }
            What::Send(bytes) => Todo::Send(connect()?, bytes),
            What::Receive(bytes) => Todo::Receive(connect()?, bytes),
            What::Request { lines, bytes } => Todo::Request(connect()?, lines, format!("{}\n", "x".repeat(bytes - 1))),
            What::Pointer(movements) => Todo::Pointer(pointers()?, movements),
            What::Memory { mib, seconds } => Todo::Memory(mib << 20, seconds),
            What::Discard => Todo::Discard(disk()?.display().to_string()),
        })
    }

    fn run(self) -> io::Result<()> {
        match self {
            Todo::Idle(seconds) => thread::sleep(Duration::from_secs(seconds)),
            Todo::OneByOne(requests, disk, block) => one_by_one(requests, &disk, block)?,
            Todo::Deep(requests, disk, ring, blocks) => deep(requests, &disk, *ring, blocks)?,
            Todo::Send(stream, bytes) => send(&stream, bytes)?,
            Todo::Receive(stream, bytes) => receive(&stream, bytes)?,
            Todo::Request(stream, lines, line) => there_and_back(&stream, lines, &line)?,
            Todo::Pointer(devices, movements) => follow(devices, movements)?,
            Todo::Memory(bytes, seconds) => {
                let memory = black_box(vec![1_u8; bytes]);
                mark(FREES);
                thread::sleep(LOOK);
                drop(memory);
                thread::sleep(Duration::from_secs(seconds));
            }
            Todo::Discard(disk) => {
                let part = ["-o", &AREA.to_string(), "-l", &AREA_SIZE.to_string()].map(str::to_owned);
                let busybox = Command::new("/bin/busybox").arg("blkdiscard").args(part).arg(disk).output()?;
                if !busybox.status.success() {
                    return Err(io::Error::other(String::from_utf8_lossy(&busybox.stderr).trim()));
                }
            }
        }
        Ok(())
    }
}

/// The places on the disk of some requests: the same ones each time.
fn places(requests: Requests) -> impl Iterator<Item = u64> {
    let size = requests.size as u64;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    (0..requests.count).map(move |number| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        AREA + (if requests.random { random } else { number } % (AREA_SIZE / size)) * size
    })
}

fn one_by_one(requests: Requests, disk: &File, mut block: Box<Block>) -> io::Result<()> {
    for place in places(requests) {
        if requests.write {
            disk.write_all_at(&block.0[..requests.size], place)?;
        } else {
            disk.read_exact_at(&mut block.0[..requests.size], place)?;
        }
        if requests.flush {
            disk.sync_data()?;
        }
    }
    Ok(())
}

/// Whole batches, one after the other, so that it does not depend on time which requests are under way together.
fn deep(requests: Requests, disk: &File, mut ring: IoUring, mut blocks: Vec<Box<Block>>) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    let disk = types::Fd(disk.as_raw_fd());
    let size = u32::try_from(requests.size).map_err(io::Error::other)?;
    let mut places = places(requests).peekable();
    while places.peek().is_some() {
        let mut under_way = 0;
        for (block, place) in blocks.iter_mut().zip(places.by_ref()) {
            let entry = if requests.write {
                opcode::Write::new(disk, block.0.as_ptr(), size).offset(place).build()
            } else {
                opcode::Read::new(disk, block.0.as_mut_ptr(), size).offset(place).build()
            };
            // SAFETY: the block is at least as long as the request, and lives and is not touched until all of them are done.
            unsafe { ring.submission().push(&entry) }.map_err(io::Error::other)?;
            under_way += 1;
        }
        ring.submit_and_wait(under_way)?;
        for completion in ring.completion().take(under_way) {
            if completion.result() != size.cast_signed() {
                return Err(io::Error::other(format!("a request ended with {}", completion.result())));
            }
        }
    }
    Ok(())
}

/// Connects to the service on the host's network.
fn connect() -> io::Result<TcpStream> {
    let gateway = network::lease("gateway").and_then(|gateway| gateway.parse::<IpAddr>().ok());
    let gateway = gateway.ok_or(io::Error::other("the network gave no address"))?;
    let stream = TcpStream::connect_timeout(&SocketAddr::new(gateway, PORT), PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn send(mut stream: &TcpStream, bytes: u64) -> io::Result<()> {
    stream.write_all(format!("{TAKE}{bytes}\n").as_bytes())?;
    io::copy(&mut io::repeat(0x5a).take(bytes), &mut stream)?;
    BufReader::new(stream).read_line(&mut String::new()).map(drop)
}

fn receive(mut stream: &TcpStream, bytes: u64) -> io::Result<()> {
    stream.write_all(format!("{GIVE}{bytes}\n").as_bytes())?;
    let received = io::copy(&mut stream.take(bytes), &mut io::sink())?;
    if received < bytes { Err(io::Error::other("the host has closed the connection")) } else { Ok(()) }
}

fn there_and_back(mut stream: &TcpStream, lines: u64, line: &str) -> io::Result<()> {
    let (mut back, mut answer) = (BufReader::with_capacity(line.len(), stream.try_clone()?), String::new());
    for _ in 0..lines {
        stream.write_all(line.as_bytes())?;
        answer.clear();
        back.read_line(&mut answer)?;
        if answer != line {
            return Err(io::Error::other("the host sent something else back"));
        }
    }
    Ok(())
}

/// The input devices, open, so that they send what happens.
fn pointers() -> io::Result<Vec<File>> {
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let devices = files::list("/dev/input").into_iter().filter(|path| files::name(path).starts_with("event"));
    devices.map(|path| OpenOptions::new().read(true).custom_flags(nonblocking).open(path)).collect()
}

/// Reads where the pointer is, until it rests.
fn follow(mut devices: Vec<File>, movements: u64) -> io::Result<()> {
    let (mut seen, mut last, mut events) = (0, Instant::now(), [0; 24 * 64]);
    while last.elapsed() < if seen == 0 { REST.1 } else { REST.0 } && seen < movements {
        for device in &mut devices {
            let bytes = device.read(&mut events).unwrap_or(0);
            // 24 bytes each: 16 of time, then a type, of which 0 ends what belongs together.
            let ends = events[..bytes].chunks_exact(24).filter(|event| event[16..18] == [0, 0]).count() as u64;
            if ends > 0 {
                (seen, last) = (seen + ends, Instant::now());
            }
        }
        thread::sleep(Duration::from_millis(2));
    }
    if seen == 0 { Err(io::Error::other("the pointer did not move")) } else { Ok(()) }
}

/// Has the kernel count how often it calls devices.
fn count_kicks() {
    let _ = rustix::mount::mount("tracefs", TRACING, "tracefs", rustix::mount::MountFlags::empty(), None);
    for (name, function) in KICKS {
        let mut probes = OpenOptions::new().append(true).open(format!("{TRACING}/kprobe_events"));
        let _ = probes.as_mut().map(|probes| probes.write_all(format!("p:{name} {function}\n").as_bytes()));
        let _ = fs::write(format!("{TRACING}/events/kprobes/{name}/enable"), "1");
    }
    let _ = fs::write(format!("{TRACING}/tracing_on"), "0");
}

/// How often the kernel has called virtio devices.
fn kicks() -> u64 {
    let profile = files::text(format!("{TRACING}/kprobe_profile")).unwrap_or_default();
    profile.lines().filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}

/// How many interrupts devices have sent, without those of clocks.
fn interrupts() -> u64 {
    let text = files::text("/proc/interrupts").unwrap_or_default();
    let devices = text.lines().filter(|line| !line.ends_with("timer") && !line.ends_with("rtc0"));
    let of_line = |line: &str| -> Option<u64> {
        let (number, rest) = line.trim_start().split_once(':')?;
        number.parse::<u32>().ok()?;
        Some(rest.split_whitespace().map_while(|count| count.parse::<u64>().ok()).sum())
    };
    devices.filter_map(of_line).sum()
}

/// Writes the answers to the disk.
fn answer(answers: &str) -> io::Result<()> {
    let disk = disk::system().ok_or(io::Error::other("there is no disk"))?;
    let disk = OpenOptions::new().write(true).open(disk::device(&disk))?;
    let mut bytes = answers.as_bytes().to_vec();
    bytes.resize(ANSWERS_SIZE, 0);
    disk.write_all_at(&bytes, ANSWERS)?;
    disk.sync_all()
}
