//! What only KVM can give: why the guest's processors stopped, and the processor time of QEMU and its helpers. Emulation has
//! neither exits nor times that mean anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Instant;

use host::PrivateHost;
use serde::Serialize;

/// What was spent from the first work to the last.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Times {
    /// Seconds on the clock.
    pub seconds: f64,
    /// KVM's own counts, summed over the guest's processors, by name.
    pub exits: BTreeMap<String, u64>,
    /// Processor time in hundredths of a second, by process and kind of thread.
    pub processor: BTreeMap<String, u64>,
}

/// What there was at the beginning.
pub struct Begin(Instant, BTreeMap<String, u64>, BTreeMap<String, u64>);

/// Looks for the first time. `said` is what `virsh domstats --vcpu` says.
#[must_use]
pub fn begin(host: &PrivateHost, said: &str) -> Begin {
    Begin(Instant::now(), summed(said), processor(host))
}

/// Looks again: the difference.
#[must_use]
pub fn end(host: &PrivateHost, said: &str, Begin(since, exits_before, processor_before): &Begin) -> Times {
    let difference = |now: BTreeMap<String, u64>, before: &BTreeMap<String, u64>| {
        let since = |(name, value): (String, u64)| {
            let value = value.saturating_sub(before.get(&name).copied().unwrap_or(0));
            (name, value)
        };
        now.into_iter().map(since).filter(|(_, value)| *value > 0).collect()
    };
    Times {
        seconds: since.elapsed().as_secs_f64(),
        exits: difference(summed(said), exits_before),
        processor: difference(processor(host), processor_before),
    }
}

/// Sums lines such as `  vcpu.1.io_exits.sum=12` over the processors.
fn summed(said: &str) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (name, value) in said.lines().filter_map(sum_of_one) {
        *sums.entry(name).or_default() += value;
    }
    sums
}

/// The name and the value of a sum over time of one processor.
fn sum_of_one(line: &str) -> Option<(String, u64)> {
    let (name, value) = line.trim().strip_prefix("vcpu.")?.split_once('=')?;
    let (number, name) = name.split_once('.')?;
    number.parse::<u32>().ok()?;
    Some((name.strip_suffix(".sum")?.to_owned(), value.parse().ok()?))
}

/// What the threads of a host's processes have taken, and those that the kernel has for the network cards of its QEMU.
fn processor(host: &PrivateHost) -> BTreeMap<String, u64> {
    let own: BTreeSet<_> = host.processes().into_iter().collect();
    let (mut times, read) = (BTreeMap::new(), |path: String| fs::read_to_string(path).unwrap_or_default());
    for process in numbers("/proc") {
        let name = read(format!("/proc/{process}/comm"));
        if !own.contains(&process) && !is_vhost_of(&name, &own) {
            continue;
        }
        for thread in numbers(&format!("/proc/{process}/task")) {
            add(&mut times, name.trim(), &read(format!("/proc/{process}/task/{thread}/stat")));
        }
    }
    times
}

/// The entries of a folder that are numbers.
fn numbers(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Whether it is a thread of the kernel that works for the network card of one of some processes. Since Linux 6.4 these threads
/// are QEMU's own; before, they are outside of its host and named for the thread that began them, which is QEMU's first.
fn is_vhost_of(name: &str, processes: &BTreeSet<u32>) -> bool {
    let of = name.trim().strip_prefix("vhost-").and_then(|of| of.parse().ok());
    of.is_some_and(|of| processes.contains(&of))
}

/// Adds what a thread of QEMU, or of what helps it, has taken, from the name of its process and its `stat`.
fn add(times: &mut BTreeMap<String, u64>, process: &str, stat: &str) {
    const PROGRAMS: [&str; 4] = ["qemu-system", "passt", "swtpm", "vhost"];
    let Some((thread, rest)) = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(") ")) else { return };
    let number = |at: usize| rest.split(' ').nth(at).and_then(|word| word.parse::<u64>().ok());
    if let (true, Some(user), Some(system)) =
        (PROGRAMS.iter().any(|program| process.starts_with(program)), number(11), number(12))
    {
        *times.entry(format!("{}: {}", kind(process), kind(thread))).or_default() += user + system;
    }
}

/// The name of a process or thread without the number of one of several.
fn kind(name: &str) -> &str {
    let numbered = ["CPU ", "vhost-"].into_iter().find(|numbered| name.starts_with(numbered));
    numbered.map_or(name, |numbered| numbered.trim_end_matches([' ', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_of_all_processors_are_added() {
        let said =
            "Domain: 'bench'\n  vcpu.current=2\n  vcpu.0.state=1\n  vcpu.0.io_exits.sum=12\n  vcpu.1.io_exits.sum=30\n";
        assert_eq!(summed(said), [("io_exits".to_owned(), 42)].into());
    }

    #[test]
    fn processor_time_is_told_by_kind_of_thread() {
        let mut times = BTreeMap::new();
        for (process, thread) in [
            ("qemu-system-x86", "CPU 0/KVM"),
            ("qemu-system-x86", "CPU 1/KVM"),
            ("qemu-system-x86", "vhost-4711"),
            ("vhost-4711", "vhost-4711"),
            ("passt.avx2", "passt.avx2"),
            ("sh", "sh"),
        ] {
            add(&mut times, process, &format!("7 ({thread}) S 1 1 1 0 -1 0 0 0 0 0 5 6 0 0 20 0"));
        }
        let wanted = [
            ("passt.avx2: passt.avx2", 11),
            ("qemu-system-x86: CPU", 22),
            ("qemu-system-x86: vhost", 11),
            ("vhost: vhost", 11),
        ];
        assert_eq!(times, wanted.map(|(name, time)| (name.to_owned(), time)).into());
    }

    #[test]
    fn a_thread_of_the_kernel_is_told_from_another_machines() {
        let own = BTreeSet::from([4711]);
        assert!(is_vhost_of("vhost-4711\n", &own));
        assert!(!is_vhost_of("vhost-4712\n", &own) && !is_vhost_of("vhost_task\n", &own) && !is_vhost_of("sh\n", &own));
    }
}
