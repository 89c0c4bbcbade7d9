//! Processors.

use std::collections::BTreeSet;
use std::path::Path;

#[cfg(target_arch = "x86_64")]
use raw_cpuid::cpuid;

use super::{Add as _, Report};
use crate::files;

pub fn see(report: &mut Report) {
    let cpus: Vec<_> = files::list("/sys/devices/system/cpu")
        .into_iter()
        .map(|cpu| cpu.join("topology"))
        .filter(|topology| topology.join("core_id").exists())
        .collect();
    let ids = |name: &str| cpus.iter().map(|cpu| files::text(cpu.join(name))).collect::<BTreeSet<_>>().len();
    // A core's list of threads is the same for each of them, and no other core's.
    let (sockets, cores) = (ids("physical_package_id").max(1), ids("thread_siblings_list").max(1));
    report.add("cpu/count", Some(cpus.len()));
    report.add("cpu/sockets", Some(sockets));
    report.add("cpu/cores", Some(cores / sockets));
    report.add("cpu/threads", Some(cpus.len() / cores));
    let info = files::text(Path::new("/proc/cpuinfo")).unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    report.add("cpu/model", model.map(|(_, model)| model.trim()));
    report.add("cpu/hypervisor", hypervisor());
}

/// The hypervisor's signature, if there is one. Only processors of PCs have it.
#[cfg(not(target_arch = "x86_64"))]
pub fn hypervisor() -> Option<String> {
    None
}

/// The hypervisor's signature, if there is one.
#[cfg(target_arch = "x86_64")]
pub fn hypervisor() -> Option<String> {
    // "Running under a hypervisor"; without it, the leaf is any other's.
    if cpuid!(1).ecx & (1 << 31) == 0 {
        return None;
    }
    let leaf = cpuid!(0x4000_0000);
    let bytes: Vec<_> = [leaf.ebx, leaf.ecx, leaf.edx].into_iter().flat_map(u32::to_le_bytes).collect();
    let name = String::from_utf8_lossy(&bytes);
    let name = name.trim_end_matches('\0');
    (!name.is_empty()).then(|| name.to_owned())
}
