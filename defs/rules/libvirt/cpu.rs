//! CPUs, threads, clocks, Hyper-V enlightenments.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use roxmltree::Node;

use super::{at_define, at_define_since, at_define_until, at_start};
use crate::rules::{Rule, Subject, Violation, repeated};
use crate::version::v;

/// What an enlightenment needs beside it. Only what libvirt 12.8 still checks: 12.0 took back some that 11.9 had checked.
const REQUIRED: [(&str, &str); 5] =
    [("stimer", "synic"), ("stimer", "hypervclock"), ("tlbflush", "vpindex"), ("ipi", "vpindex"), ("evmcs", "vapic")];

/// More CPUs or threads than a machine can have; so that nobody's numbers cost memory here.
const MOST: usize = 4096;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("CPU topology doesn't match maximum vcpu count"),
        name: "cpu-topology",
        why: "The product of sockets, dies, clusters, cores and threads must be the number in `<vcpu>`.",
        help: "change one of the two so that they agree",
        source: "libvirt docs/formatdomain.rst, CPU model and topology",
        find: |subject| {
            let Some(vcpus) = vcpus(subject) else { return Vec::new() };
            let wrong = |node: &Node| {
                let level = |name| node.attribute(name).map_or(Some(1), |number| number.trim().parse::<u64>().ok());
                let levels = ["sockets", "dies", "clusters", "cores", "threads"].into_iter().map(level);
                let product: Option<u64> =
                    levels.into_iter().try_fold(1, |product: u64, level| product.checked_mul(level?));
                product.filter(|product| *product != vcpus)
            };
            let all = subject.all("cpu/topology").into_iter();
            all.filter_map(|node| {
                let product = wrong(&node)?;
                let violation =
                    Violation::at(node, format!("this topology has {product} CPUs, but the machine has {vcpus}"));
                Some(match subject.first("vcpu") {
                    Some(vcpu) => violation.with(vcpu, "the number of CPUs"),
                    None => violation,
                })
            })
            .collect()
        },
    },
    Rule {
        family: at_define("maximum vCPU count must not be less than current vCPU count"),
        name: "vcpu-current",
        why: "`current` is how many of the CPUs in `<vcpu>` the machine starts with.",
        help: "swap the two numbers",
        source: "libvirt docs/formatdomain.rst, CPU allocation",
        find: |subject| {
            let Some(vcpus) = vcpus(subject) else { return Vec::new() };
            let current = |node: &Node| node.attribute("current").and_then(|text| text.parse::<u64>().ok());
            let more =
                subject.all("vcpu").into_iter().filter(|node| current(node).is_some_and(|current| current > vcpus));
            more.map(|node| Violation::at_attribute(node, "current", "more CPUs at the start than the machine has"))
                .collect()
        },
    },
    Rule {
        family: at_define("can only be used with 'host-passthrough' / 'maximum' CPUs"),
        name: "cpu-cache",
        why: "The host's caches can only be shown to a guest that has the host's CPU.",
        help: "leave out `<cache>`: libvirt chooses what fits the CPU",
        source: "libvirt docs/formatdomain.rst, CPU model and topology",
        find: |subject| {
            let passed = matches!(subject.value("cpu", "mode"), Some("host-passthrough" | "maximum"));
            let asked = subject.all("cpu/cache[@mode=passthrough]").into_iter().filter(|_| !passed);
            asked.map(|node| Violation::at(node, "the host's caches do not fit this CPU")).collect()
        },
    },
    Rule {
        family: at_define("Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode"),
        name: "cpu-migratable",
        why: "Other CPU modes only have features that can be migrated.",
        help: "leave out `migratable`",
        source: "libvirt docs/formatdomain.rst, CPU model and topology",
        find: |subject| {
            let passed = matches!(subject.value("cpu", "mode"), Some("host-passthrough" | "maximum"));
            let asked = subject.all("cpu").into_iter().filter(|node| !passed && node.has_attribute("migratable"));
            asked.map(|node| Violation::at_attribute(node, "migratable", "this CPU mode has no `migratable`")).collect()
        },
    },
    Rule {
        family: at_define("specified more than once"),
        name: "cpu-feature-twice",
        why: "A CPU feature can be listed only once.",
        help: "keep one of the two",
        source: "libvirt src/conf/cpu_conf.c",
        find: |subject| {
            let name = |node: Node| node.attribute("name").map(str::to_owned);
            repeated(subject.all("cpu/feature"), name, |name| format!("the CPU feature `{name}` is listed again"))
        },
    },
    Rule {
        family: at_start("is not supported by hypervisor"),
        name: "cpu-without-kvm",
        why: "Without KVM (`type='qemu'`), the guest's CPU is emulated, and the host's cannot be passed through.",
        help: "write `<domain type='kvm'>`, or `<cpu mode='maximum'>` where there is no KVM",
        source: "libvirt docs/formatdomain.rst, CPU model and topology",
        find: |subject| {
            let emulated = subject.root().attribute("type") == Some("qemu");
            let asked = subject.all("cpu[@mode=host-passthrough]").into_iter().filter(|_| emulated);
            asked
                .map(|node| Violation::at_attribute(node, "mode", "there is no host CPU to pass on without KVM"))
                .collect()
        },
    },
    Rule {
        family: at_define("Number of CPUs in <numa> exceeds the <vcpu> count"),
        name: "numa-cpus",
        why: "The NUMA cells divide the machine's CPUs among them, and cannot have more than there are.",
        help: "name CPUs from 0 to one less than the number in `<vcpu>`, or raise that number",
        source: "libvirt docs/formatdomain.rst, NUMA node topology",
        find: |subject| {
            let Some(vcpus) = vcpus(subject) else { return Vec::new() };
            let mut named = vec![false; MOST];
            let mut beyond = subject.all("cpu/numa/cell").into_iter().filter(|cell| {
                for range in cell.attribute("cpus").and_then(ranges).into_iter().flatten() {
                    named[range].fill(true);
                }
                named.iter().filter(|named| **named).count() as u64 > vcpus
            });
            let violation = |cell| Violation::at_attribute(cell, "cpus", format!("the machine has only {vcpus} CPUs"));
            beyond.next().map(violation).into_iter().collect()
        },
    },
    Rule {
        family: at_define("duplicate vcpupin"),
        name: "cpu-pinned-twice",
        why: "A guest's CPU is pinned once, to a set of host CPUs.",
        help: "keep one of the two, with all the host CPUs in its `cpuset`",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let Some(vcpus) = vcpus(subject) else { return Vec::new() };
            // libvirt forgets those of CPUs that the machine does not have.
            let there = |node: &Node| {
                node.attribute("vcpu").and_then(|cpu| cpu.parse().ok()).is_some_and(|cpu: u64| cpu < vcpus)
            };
            let pins = subject.all("cputune/vcpupin").into_iter().filter(there);
            repeated(pins, |node| node.attribute("vcpu"), |vcpu| format!("CPU {vcpu} is pinned again"))
        },
    },
    Rule {
        family: at_define("HyperV spinlock retry count must be at least 4095"),
        name: "hyperv-spinlocks",
        why: "Hyper-V defines 4095 as the smallest number of tries.",
        help: "write `retries='8191'`",
        source: "QEMU docs/system/i386/hyperv.rst",
        find: |subject| {
            let retries = |node: &Node| node.attribute("retries").and_then(|text| text.parse::<u64>().ok());
            let few = subject.all("features/hyperv/spinlocks[@state=on]").into_iter();
            let few = few.filter(|node| retries(node).is_some_and(|retries| retries < 4095));
            few.map(|node| Violation::at_attribute(node, "retries", "a spinlock is tried at least 4095 times"))
                .collect()
        },
    },
    Rule {
        family: at_define("missing 'value' attribute for HyperV feature 'vendor_id'"),
        name: "hyperv-vendor-id",
        why: "The feature sets the vendor's name, and none is given.",
        help: "add `value='…'` with up to 12 characters, or leave out `<vendor_id>`",
        source: "libvirt docs/formatdomain.rst, hypervisor features",
        find: |subject| {
            let all = subject.all("features/hyperv/vendor_id[@state=on]").into_iter();
            let without = all.filter(|node| !node.has_attribute("value"));
            without.map(|node| Violation::at(node, "no name is given")).collect()
        },
    },
    Rule {
        family: at_define_since(v(11, 9, 0), "hyperv feature requires"),
        name: "hyperv-requires",
        why: "Enlightenments build on each other. Before libvirt 11.9, QEMU refuses to start such a machine with KVM (\"Hyper-V … requires Hyper-V …\").",
        help: "add what is named: an enlightenment as `<NAME state='on'/>` in `<hyperv>`, the clock as `<timer name='hypervclock' present='yes'/>` in `<clock>`",
        source: "QEMU docs/system/i386/hyperv.rst; libvirt NEWS 11.9.0 and 12.0.0",
        find: |subject| {
            if !matches!(subject.value("features/hyperv", "mode"), None | Some("custom")) {
                return Vec::new();
            }
            let all_on = subject.all("features/hyperv/*[@state=on]");
            let on = |name: &str| all_on.iter().copied().find(|node| node.tag_name().name() == name);
            let clock = subject
                .all("clock/timer[@name=hypervclock]")
                .iter()
                .any(|node| node.attribute("present") != Some("no"));
            let has = |name: &str| if name == "hypervclock" { clock } else { on(name).is_some() };
            let lacking = REQUIRED.into_iter().filter(|(_, required)| !has(required));
            let violation = |(name, required)| {
                Some(Violation::at(on(name)?, format!("`{name}` needs `{required}`, which is not there")))
            };
            lacking.filter_map(violation).collect()
        },
    },
    Rule {
        family: at_define("not defined in iothreadid"),
        name: "iothread",
        why: "A disk or controller names one of the machine's I/O threads, of which there are as many as `<iothreads>` says.",
        help: "raise the number in `<iothreads>`, or name an existing thread (numbers start at 1)",
        source: "libvirt docs/formatdomain.rst, IOThreads allocation",
        find: |subject| {
            let Some(threads) = threads(subject) else { return Vec::new() };
            let users = ["devices/disk/driver", "devices/controller/driver"].into_iter().flat_map(|at| subject.all(at));
            let thread = |node: &Node| node.attribute("iothread").and_then(|text| text.parse::<u64>().ok());
            // 0 is no thread of its own.
            let named = users.filter_map(|node| Some((node, thread(&node)?))).filter(|(_, thread)| *thread > 0);
            let missing = named.filter(|(_, thread)| !threads.contains(thread));
            let violation =
                |(node, thread)| Violation::at_attribute(node, "iothread", format!("there is no iothread {thread}"));
            missing.map(violation).collect()
        },
    },
    Rule {
        family: at_define("Cannot find 'iothread'"),
        name: "iothread-pinned",
        why: "Only an existing thread can be pinned.",
        help: "raise the number in `<iothreads>`, or leave out the pinning",
        source: "libvirt docs/formatdomain.rst, CPU tuning",
        find: |subject| {
            let Some(threads) = threads(subject) else { return Vec::new() };
            let thread = |node: &Node| node.attribute("iothread").and_then(|text| text.parse::<u64>().ok());
            let pins = subject
                .all("cputune/iothreadpin")
                .into_iter()
                .filter_map(|node| Some((node, thread(&node)?, "iothread")));
            // One thread each; a list is another matter.
            let single = |node: &Node| node.attribute("iothreads").and_then(|text| text.parse::<u64>().ok());
            let scheduled = subject.all("cputune/iothreadsched").into_iter();
            let scheduled = scheduled.filter_map(|node| Some((node, single(&node)?, "iothreads")));
            let missing = pins.chain(scheduled).filter(|(_, thread, _)| !threads.contains(thread));
            let violation =
                |(node, thread, name)| Violation::at_attribute(node, name, format!("there is no iothread {thread}"));
            missing.map(violation).collect()
        },
    },
    Rule {
        family: at_define("tickpolicy"),
        name: "timer-policy",
        why: "QEMU's real-time clock can catch up or delay missed ticks, and its PIT can delay them; `merge` was Xen only.",
        help: "write `tickpolicy='catchup'` for the rtc, `tickpolicy='delay'` for the pit",
        source: "libvirt docs/formatdomain.rst, time keeping",
        find: |subject| {
            let wrong = |node: &Node| {
                let policy = node.attribute("tickpolicy");
                match node.attribute("name") {
                    Some("rtc") => matches!(policy, Some("merge" | "discard")),
                    Some("pit") => policy == Some("merge"),
                    _ => false,
                }
            };
            let all = subject.all("clock/timer").into_iter().filter(wrong);
            all.map(|node| Violation::at_attribute(node, "tickpolicy", "QEMU does not have this policy")).collect()
        },
    },
    Rule {
        family: at_define("unsupported timer type (name) 'platform'"),
        name: "timer-platform",
        why: "Only Xen has this timer.",
        help: "leave it out",
        source: "libvirt docs/formatdomain.rst, time keeping",
        find: |subject| {
            let timers = subject.all("clock/timer[@name=platform]").into_iter();
            timers.map(|node| Violation::at(node, "QEMU has no `platform` timer")).collect()
        },
    },
    Rule {
        family: at_define("Missing required attribute 'state'"),
        name: "hyperv-state",
        why: "An enlightenment is on or off.",
        help: "add `state='on'`",
        source: "libvirt docs/formatdomain.rst, hypervisor features",
        find: |subject| {
            if !matches!(subject.value("features/hyperv", "mode"), None | Some("custom")) {
                return Vec::new();
            }
            let features = subject.all("features/hyperv").into_iter().flat_map(|node| node.children());
            let stateless = features.filter(|node| node.is_element() && !node.has_attribute("state"));
            stateless.map(|node| Violation::at(node, "this is neither on nor off")).collect()
        },
    },
    Rule {
        family: at_define_until(v(11, 4, 0), "Missing required attribute 'retries'"),
        name: "hyperv-retries",
        why: "A spinlock is tried a number of times, and then the host is told.",
        help: "add `retries='8191'`",
        source: "tried: libvirt 9.0 and 11.3 refuse it, 12.8 does not; which release began to accept it is not known",
        find: |subject| {
            let locks = subject.all("features/hyperv/spinlocks[@state=on]").into_iter();
            let endless = locks.filter(|node| !node.has_attribute("retries"));
            endless.map(|node| Violation::at(node, "how many times is not said")).collect()
        },
    },
];

/// How many CPUs the machine has at most; `None` if the text is no number.
fn vcpus(subject: &Subject) -> Option<u64> {
    match subject.first("vcpu") {
        Some(node) => node.text().unwrap_or_default().trim().parse().ok(),
        None => Some(1),
    }
}

/// The CPUs that a list names; `None` if it has exceptions, is no list, or names more than there can be.
fn ranges(cpus: &str) -> Option<Vec<RangeInclusive<usize>>> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first <= last && last < MOST).then_some(first..=last)
    };
    cpus.split(',').map(range).collect()
}

/// The numbers of the machine's iothreads: those that are stated, and the smallest free ones for the rest. `None` if the
/// document has a number that cannot be right.
pub(super) fn threads(subject: &Subject) -> Option<BTreeSet<u64>> {
    let number = |text: Option<&str>| text.unwrap_or_default().trim().parse::<u64>().ok();
    let mut threads = BTreeSet::new();
    for stated in subject.all("iothreadids/iothread") {
        threads.insert(number(stated.attribute("id"))?);
    }
    let count = subject.first("iothreads").map_or(Some(0), |node| number(node.text()))?;
    if count > MOST as u64 {
        return None;
    }
    let mut next = 1;
    while (threads.len() as u64) < count {
        threads.insert(next);
        next += 1;
    }
    Some(threads)
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::*;
    use crate::rules::Target;

    #[test]
    fn a_list_names_no_more_cpus_than_there_can_be() {
        assert_eq!(ranges("0-1, 3"), Some(vec![0..=1, 3..=3]));
        assert_eq!(ranges("4095"), Some(vec![4095..=4095]));
        for wrong in ["4096", "0-4096", "3-1", "^1", "0-", ""] {
            assert_eq!(ranges(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_more_threads_are_counted_than_there_can_be() {
        let count = |number: usize| {
            let text = format!("<domain><iothreads>{number}</iothreads></domain>");
            let document = Document::parse(&text).unwrap();
            threads(&Subject::new(document.root_element(), Target::default())).map(|threads| threads.len())
        };
        assert_eq!((count(2), count(MOST)), (Some(2), Some(MOST)));
        assert_eq!((count(MOST + 1), count(MOST + 2)), (None, None));
    }
}
