//! Whether KVM runs code here. A device node does not prove it, nor does a boot sector that runs: in some virtual machines,
//! KVM interprets what it is given, and gives up at the first instruction that it does not know.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a kernel may take to print its first line. Where KVM works, it takes a second.
const PATIENCE: Duration = Duration::from_secs(20);
/// The beginning of that line.
const FIRST_LINE: &str = "Linux version";

/// Whether a kernel starts under KVM, on the host's CPU, and says so.
#[must_use]
pub fn executes(kernel: &Path) -> bool {
    let Ok(folder) = tempfile::tempdir() else { return false };
    let console = folder.path().join("console");
    let Ok(output) = File::create(&console) else { return false };
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.args(["-accel", "kvm", "-cpu", "host", "-m", "512", "-nodefaults", "-display", "none", "-no-reboot"]);
    qemu.arg("-kernel").arg(kernel).args(["-append", "console=ttyS0 panic=-1", "-serial", "stdio"]);
    let Ok(mut qemu) = qemu.stdin(Stdio::null()).stdout(output).stderr(Stdio::null()).spawn() else { return false };
    let begun = Instant::now();
    let says = || fs::read(&console).is_ok_and(|said| String::from_utf8_lossy(&said).contains(FIRST_LINE));
    let mut runs = false;
    while !runs && begun.elapsed() < PATIENCE && matches!(qemu.try_wait(), Ok(None)) {
        thread::sleep(Duration::from_millis(100));
        runs = says();
    }
    let _ = qemu.kill();
    let _ = qemu.wait();
    runs || says()
}
