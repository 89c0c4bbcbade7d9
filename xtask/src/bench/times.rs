//! What only KVM can give: why the guest's processors stopped, and the processor time of QEMU and its helpers. Emulation has
//! neither exits nor times that mean anything.

use std::collections::BTreeMap;
use std::time::Instant;

use host::User;
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

/// Looks for the first time.
#[must_use]
pub fn begin(user: &User, name: &str) -> Begin {
    Begin(Instant::now(), exits(user, name), processor(user))
}

/// Looks again: the difference.
#[must_use]
pub fn end(user: &User, name: &str, Begin(since, exits_before, processor_before): &Begin) -> Times {
    let difference = |now: BTreeMap<String, u64>, before: &BTreeMap<String, u64>| {
        let since = |(name, value): (String, u64)| {
            let value = value.saturating_sub(before.get(&name).copied().unwrap_or(0));
            (name, value)
        };
        now.into_iter().map(since).filter(|(_, value)| *value > 0).collect()
    };
    Times {
        seconds: since.elapsed().as_secs_f64(),
        exits: difference(exits(user, name), exits_before),
        processor: difference(processor(user), processor_before),
    }
}

fn exits(user: &User, name: &str) -> BTreeMap<String, u64> {
    summed(&user.virsh("qemu:///session", &format!("domstats {name} --vcpu")).unwrap_or_default())
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

fn processor(user: &User) -> BTreeMap<String, u64> {
    let all = "for task in /proc/[0-9]*/task/[0-9]*; do \
                   process=$(cat \"${task%/task/*}/comm\") && printf '%s\\t%s\\n' \"$process\" \"$(cat \"$task/stat\")\"; \
               done 2>/dev/null";
    let said = user.command("sh").args(["-c", all]).output().map(|output| output.stdout).unwrap_or_default();
    by_thread(&String::from_utf8_lossy(&said))
}

/// The processor time of QEMU and of what helps it, from each thread's process and its `stat`.
fn by_thread(said: &str) -> BTreeMap<String, u64> {
    const PROGRAMS: [&str; 4] = ["qemu-system", "passt", "swtpm", "vhost"];
    let mut times = BTreeMap::new();
    for (process, stat) in said.lines().filter_map(|line| line.split_once('\t')) {
        let Some((thread, rest)) = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(") ")) else { continue };
        let number = |at: usize| rest.split(' ').nth(at).and_then(|word| word.parse::<u64>().ok());
        if let (true, Some(user), Some(system)) =
            (PROGRAMS.iter().any(|program| process.starts_with(program)), number(11), number(12))
        {
            let kind = thread.trim_end_matches(|c: char| c.is_ascii_digit() || c == '/');
            let kind = if kind.starts_with("CPU ") { "CPU" } else { kind };
            *times.entry(format!("{process}: {kind}")).or_default() += user + system;
        }
    }
    times
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
        let stat = |thread: &str| format!("7 ({thread}) S 1 1 1 0 -1 0 0 0 0 0 5 6 0 0 20 0");
        let said =
            [("qemu-system-x86", "CPU 0/KVM"), ("qemu-system-x86", "CPU 1/KVM"), ("passt.avx2", "passt"), ("sh", "sh")];
        let said: Vec<_> = said.iter().map(|(process, thread)| format!("{process}\t{}", stat(thread))).collect();
        let said = said.join("\n");
        let times = by_thread(&said);
        assert_eq!(times["qemu-system-x86: CPU"], 22);
        assert_eq!(times["passt.avx2: passt"], 11);
        assert_eq!(times.len(), 2);
    }
}
