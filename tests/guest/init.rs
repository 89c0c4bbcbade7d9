//! What the first process does.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::mount::{MountFlags, mount};

use crate::work::{DEVICES, INIT};
use crate::{agent, bench, console, files, link, modules, network, power, report, screen, seed, share, state};

/// How long devices may take to appear at most.
const SETTLE: Duration = Duration::from_secs(15);
/// How long no new device must have appeared for all to count as present. A device on USB appears half a second after its
/// hub, and on ARM, whose machines are emulated always, after two.
const QUIET: Duration = Duration::from_secs(if cfg!(target_arch = "aarch64") { 3 } else { 1 });

/// Whether all devices are present.
static SETTLED: AtomicBool = AtomicBool::new(false);

/// The kernel's file systems: type and mount point.
const MOUNTS: [(&str, &str); 6] = [
    ("devtmpfs", "/dev"),
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("tmpfs", "/run"),
    ("securityfs", "/sys/kernel/security"),
    ("tmpfs", "/tmp"),
];

/// Sets the machine up, and never ends.
pub fn run() -> ! {
    for (kind, place) in MOUNTS {
        mount_kernel(kind, place);
    }
    bench::mark(INIT);
    state::done("seconds/init");
    let _ = state::TOKEN.set(token());
    let _ = fs::write("/proc/sys/kernel/hostname", "guest");
    name_ports();
    share::mount();

    // What is slow, and independent of the rest. Reading a firmware variable stops all processors.
    let firmware = thread::spawn(|| {
        modules::insert("efivarfs");
        mount_kernel("efivarfs", "/sys/firmware/efi/efivars");
        state::done("seconds/firmware");
    });
    let network = thread::spawn(|| {
        network::up(&SETTLED);
        state::done("seconds/network");
    });
    thread::spawn(power::watch_button);

    settle();
    SETTLED.store(true, Ordering::Release);
    state::done("seconds/devices");
    let works = bench::orders();
    if works.is_none() {
        screen::draw();
        seed::take();
        agent::start();
    }
    for job in [firmware, network] {
        let _ = job.join();
    }
    if let Some(works) = works {
        bench::mark(DEVICES);
        bench::run(&works);
    }
    thread::spawn(link::keep);

    state::done("seconds/ready");
    thread::spawn(console::talk);
    // A whole report every 30 seconds: after a move, the TPM may be another one.
    for count in 0_u64.. {
        if count % 15 == 0 {
            report::all();
        }
        report::write();
        thread::sleep(Duration::from_secs(2));
    }
    unreachable!("no machine runs that long")
}

/// Mounts one of the kernel's file systems. Without it, the report lacks what it would have shown.
fn mount_kernel(kind: &str, place: &str) {
    let _ = fs::create_dir_all(place);
    let _ = mount(kind, place, kind, MountFlags::empty(), None);
}

/// 32 random hexadecimal digits.
fn token() -> String {
    let mut bytes = [0; 16];
    let _ = fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    report::hexadecimal(&bytes)
}

/// Gives channels the paths that programs expect, as udev does.
fn name_ports() {
    let _ = fs::create_dir_all("/dev/virtio-ports");
    for port in files::list("/sys/class/virtio-ports") {
        if let Some(name) = files::text(port.join("name")) {
            let _ = symlink(format!("../{}", files::name(&port)), format!("/dev/virtio-ports/{name}"));
        }
    }
}

/// Loads the modules that devices ask for until no new device appears.
fn settle() {
    let mut modules = modules::Modules::new();
    let (start, mut last) = (Instant::now(), Instant::now());
    while start.elapsed() < SETTLE && last.elapsed() < QUIET {
        if modules.load_wanted() {
            last = Instant::now();
        }
        thread::sleep(Duration::from_millis(50));
    }
}
