//! Memory that is divided, added, and shared; what the scheduler is told.

use roxmltree::Node;

use super::{at_define, at_define_since};
use crate::rules::{Rule, Violation, child, child_value, repeated};
use crate::version::v;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("Exactly one 'cell' element per guest NUMA cell allowed"),
        name: "numa-cells",
        why: "NUMA cells are numbered from 0, without gaps.",
        help: "leave out the `id` of all cells",
        source: "libvirt src/conf/numa_conf.c",
        find: |subject| {
            let cells = subject.all("cpu/numa/cell");
            let (count, ids) = (cells.len() as u64, cells.iter().map(|cell| number(*cell, "id")));
            let all = ids.clone().all(|id| id.is_some());
            let beyond = cells.iter().filter(|cell| all && number(**cell, "id").is_some_and(|id| id >= count));
            beyond
                .map(|cell| Violation::at_attribute(*cell, "id", format!("the {count} cells are numbered from 0")))
                .collect()
        },
    },
    Rule {
        family: at_define("have overlapping vCPU ids"),
        name: "numa-overlap",
        why: "A CPU is in one NUMA cell.",
        help: "name each CPU once",
        source: "libvirt docs/formatdomain.rst, NUMA node topology",
        find: |subject| {
            let mut seen: Vec<(u64, u64)> = Vec::new();
            let mut violations = Vec::new();
            for cell in subject.all("cpu/numa/cell") {
                let Some(ranges) = cell.attribute("cpus").and_then(ranges) else { continue };
                let again =
                    ranges.iter().any(|(first, last)| seen.iter().any(|(from, to)| first <= to && from <= last));
                if again {
                    violations.push(Violation::at_attribute(cell, "cpus", "another cell has some of these CPUs"));
                }
                seen.extend(ranges);
            }
            violations
        },
    },
    Rule {
        family: at_define("nodeset for NUMA memory tuning must be set"),
        name: "numatune-nodeset",
        why: "Memory is taken from those nodes of the host that `nodeset` names.",
        help: "add `nodeset='0'`, or leave out `<numatune>`",
        source: "libvirt docs/formatdomain.rst, NUMA node tuning",
        find: |subject| {
            let all = subject.all("numatune/memory").into_iter();
            let placed = subject.value("vcpu", "placement") == Some("auto");
            let lacks = |node: &Node| {
                let stated = matches!(node.attribute("placement"), None | Some("static"));
                stated && !node.has_attribute("nodeset") && (node.has_attribute("placement") || !placed)
            };
            all.filter(lacks).map(|node| Violation::at(node, "no nodes of the host are named")).collect()
        },
    },
    Rule {
        family: at_define("is invalid without any guest NUMA cells"),
        name: "numatune-cells",
        why: "Each `<memnode>` is about a NUMA cell of the guest.",
        help: "write `<memory>` in its place, or add `<numa>` to `<cpu>`",
        source: "libvirt docs/formatdomain.rst, NUMA node tuning",
        find: |subject| {
            let nodes = subject.all("numatune/memnode").into_iter().filter(|_| !subject.has("cpu/numa/cell"));
            nodes.map(|node| Violation::at(node, "the machine has no NUMA cells")).collect()
        },
    },
    Rule {
        family: at_define("must be in range"),
        name: "cputune-range",
        why: "Periods and quotas of processor time are in microseconds, from 1000.",
        help: "write 1000 or more, or leave it out",
        source: "libvirt docs/formatdomain.rst, CPU tuning",
        find: |subject| {
            let small = |node: &Node| {
                let known =
                    ["quota", "global_quota", "emulator_quota", "iothread_quota"].contains(&node.tag_name().name());
                known
                    && node
                        .text()
                        .and_then(|text| text.trim().parse::<u64>().ok())
                        .is_some_and(|time| (1..1000).contains(&time))
            };
            let all = subject.all("cputune").into_iter().flat_map(|node| node.children()).filter(small);
            all.map(|node| Violation::at_text(node, "this is less than 1000 microseconds")).collect()
        },
    },
    Rule {
        family: at_define("must not overlap"),
        name: "scheduler-overlap",
        why: "A CPU, or an I/O thread, has one scheduler.",
        help: "name each once",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let mut violations = Vec::new();
            for (at, name) in [("cputune/vcpusched", "vcpus"), ("cputune/iothreadsched", "iothreads")] {
                let mut seen: Vec<(u64, u64)> = Vec::new();
                for node in subject.all(at) {
                    let Some(ranges) = node.attribute(name).and_then(ranges) else { continue };
                    if ranges.iter().any(|(first, last)| seen.iter().any(|(from, to)| first <= to && from <= last)) {
                        violations.push(Violation::at_attribute(node, name, "some of these have a scheduler"));
                    }
                    seen.extend(ranges);
                }
            }
            violations
        },
    },
    Rule {
        family: at_define("duplicate iothreadpin for same iothread"),
        name: "iothread-pinned-twice",
        why: "An I/O thread is pinned once, to a set of host CPUs.",
        help: "keep one of the two, with all the host CPUs in its `cpuset`",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let pins = subject.all("cputune/iothreadpin");
            repeated(pins, |node| node.attribute("iothread"), |thread| format!("I/O thread {thread} is pinned again"))
        },
    },
    Rule {
        family: at_define("duplicate iothread id"),
        name: "iothread-twice",
        why: "The number identifies an I/O thread.",
        help: "give it the next free number",
        source: "libvirt src/conf/domain_conf.c",
        find: |subject| {
            let threads = subject.all("iothreadids/iothread");
            repeated(threads, |node| node.attribute("id"), |id| format!("a second I/O thread has the number {id}"))
        },
    },
    Rule {
        family: at_define("when domain 'maxMemory' is not defined"),
        name: "memory-device",
        why: "Memory devices are placed behind the machine's memory, up to a size that is stated.",
        help: "add `<maxMemory slots='4' unit='GiB'>…</maxMemory>` with the size of all memory together",
        source: "libvirt docs/formatdomain.rst, memory devices",
        find: |subject| {
            let devices = subject
                .all("devices/memory")
                .into_iter()
                .filter(|node| is_pluggable(*node) && !subject.has("maxMemory"));
            devices.map(|node| Violation::at(node, "the machine has no <maxMemory>")).collect()
        },
    },
    Rule {
        family: at_define("target NUMA node needs to be specified for memory device"),
        name: "memory-device-node",
        why: "Where the guest has NUMA cells, a memory device is in one of them.",
        help: "add `<node>0</node>` to its `<target>`",
        source: "libvirt docs/formatdomain.rst, memory devices",
        find: |subject| {
            let cells = subject.has("cpu/numa/cell");
            let devices = subject.all("devices/memory").into_iter().filter(|node| cells && is_pluggable(*node));
            let targets =
                devices.filter_map(|node| child(node, "target")).filter(|target| child(*target, "node").is_none());
            targets.map(|node| Violation::at(node, "no NUMA cell is named")).collect()
        },
    },
    Rule {
        family: at_define("is supported only with server option"),
        name: "shmem-server",
        why: "`ivshmem-doorbell` is shared through a server, `ivshmem-plain` without one.",
        help: "write `type='ivshmem-plain'` without `<server>`, or `type='ivshmem-doorbell'` with it",
        source: "libvirt docs/formatdomain.rst, shared memory device",
        find: |subject| {
            let wrong = |node: &Node| match (child_value(*node, "model", "type"), child(*node, "server").is_some()) {
                (Some("ivshmem-plain"), served) => served,
                (Some("ivshmem-doorbell"), served) => !served,
                _ => false,
            };
            let all = subject.all("devices/shmem").into_iter().filter(wrong).filter_map(|node| child(node, "model"));
            all.map(|node| Violation::at_attribute(node, "type", "this model and the <server> do not go together"))
                .collect()
        },
    },
    Rule {
        family: at_define("does not support size setting"),
        name: "shmem-size-of-server",
        why: "The server says how much memory is shared.",
        help: "leave out `<size>`",
        source: "libvirt docs/formatdomain.rst, shared memory device",
        find: |subject| {
            let served = subject.all("devices/shmem").into_iter().filter(|node| child(*node, "server").is_some());
            let doorbells = served.filter(|node| child_value(*node, "model", "type") == Some("ivshmem-doorbell"));
            doorbells
                .filter_map(|node| child(node, "size"))
                .map(|node| Violation::at(node, "the server chooses the size"))
                .collect()
        },
    },
    Rule {
        family: at_define_since(v(9, 1, 0), "shmem size must be a power of 2"),
        name: "shmem-size",
        why: "QEMU maps it as one PCI memory region, whose size is a power of two. Before libvirt 11.3 or an earlier release, only the start fails.",
        help: "write the next power of two, such as `<size unit='M'>64</size>`",
        source: "QEMU docs/system/devices/ivshmem.rst; tried: libvirt 11.3 and 12.8 refuse it, 9.0 does not",
        find: |subject| {
            let odd = |node: &Node| {
                let plain = matches!(node.attribute("unit"), Some("M" | "MiB" | "G" | "GiB"));
                plain
                    && node
                        .text()
                        .and_then(|text| text.trim().parse::<u64>().ok())
                        .is_some_and(|size| !size.is_power_of_two())
            };
            let plain = subject.all("devices/shmem").into_iter();
            let plain = plain.filter(|node| child_value(*node, "model", "type") != Some("ivshmem-doorbell"));
            let sizes = plain.filter_map(|node| child(node, "size")).filter(odd);
            sizes.map(|node| Violation::at_text(node, "this is no power of two")).collect()
        },
    },
    Rule {
        family: at_define("Duplicate NUMA cell info for cell id"),
        name: "numa-cell-twice",
        why: "The number identifies a NUMA cell.",
        help: "leave out the `id` of all cells",
        source: "libvirt src/conf/numa_conf.c",
        find: |subject| {
            let cells = subject.all("cpu/numa/cell");
            let count = cells.len() as u64;
            let place = |cell: &Node| cells.iter().position(|other| other == cell).map(|place| place as u64);
            let id = |cell: Node| if cell.has_attribute("id") { number(cell, "id") } else { place(&cell) };
            let known = cells.iter().copied().filter(|cell| id(*cell).is_some_and(|id| id < count));
            repeated(known, id, |id| format!("a second NUMA cell has the number {id}"))
        },
    },
    Rule {
        family: at_define("Multiple memnode elements with cellid"),
        name: "memnode-twice",
        why: "A NUMA cell of the guest takes its memory in one way.",
        help: "keep one of the two",
        source: "libvirt src/conf/numa_conf.c",
        find: |subject| {
            let nodes = subject.all("numatune/memnode");
            repeated(nodes, |node| number(node, "cellid"), |id| format!("cell {id} again"))
        },
    },
    Rule {
        family: at_define("must correspond to existing guest's NUMA cell"),
        name: "memnode-cell",
        why: "Each `<memnode>` is about a NUMA cell of the guest.",
        help: "write the `id` of a `<cell>`, or leave it out",
        source: "libvirt src/conf/numa_conf.c",
        find: |subject| {
            let count = subject.all("cpu/numa/cell").len() as u64;
            let beyond = |node: &Node| count > 0 && number(*node, "cellid").is_some_and(|id| id >= count);
            let nodes = subject.all("numatune/memnode").into_iter().filter(beyond);
            nodes.map(|node| Violation::at_attribute(node, "cellid", "there is no such NUMA cell")).collect()
        },
    },
    Rule {
        family: at_define("Missing attribute"),
        name: "scheduler-attributes",
        why: "A scheduler is for some of the machine's CPUs or I/O threads.",
        help: "add `vcpus='0'` to `<vcpusched>`, `iothreads='1'` to `<iothreadsched>`",
        source: "libvirt docs/formatdomain.rst, CPU tuning",
        find: |subject| {
            let all = subject.all("cputune").into_iter().flat_map(|node| node.children());
            let lacks = |node: &Node| match node.tag_name().name() {
                "vcpusched" => !node.has_attribute("vcpus"),
                "iothreadsched" => !node.has_attribute("iothreads"),
                _ => false,
            };
            all.filter(lacks).map(|node| Violation::at(node, "what it is for is not said")).collect()
        },
    },
];

fn number(node: Node, name: &str) -> Option<u64> {
    node.attribute(name).and_then(|number| number.trim().parse().ok())
}

/// Whether it is memory behind the machine's own; SGX memory is part of it.
fn is_pluggable(device: Node) -> bool {
    matches!(device.attribute("model"), Some("dimm" | "nvdimm" | "virtio-mem" | "virtio-pmem"))
}

/// The first and last numbers of a list of CPUs; none if it has exceptions or is no list.
fn ranges(all: &str) -> Option<Vec<(u64, u64)>> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
    };
    all.split(',').map(range).collect()
}
