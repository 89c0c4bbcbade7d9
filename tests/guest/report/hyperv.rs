//! The Hyper-V enlightenments that the hypervisor offers, by libvirt's names.

use raw_cpuid::cpuid;

use super::{Add as _, Report, cpu};

/// Bits of leaf 0x40000003, EAX: what the guest may use.
const MAY_USE: [(u32, &str); 6] =
    [(0, "runtime"), (2, "synic"), (3, "stimer"), (6, "vpindex"), (7, "reset"), (13, "reenlightenment")];
/// The same, EDX.
const HAS: [(u32, &str); 2] = [(8, "frequencies"), (19, "stimer-direct")];
/// Bits of leaf 0x40000004, EAX: what the guest should use.
const SHOULD_USE: [(u32, &str); 4] = [(2, "tlbflush"), (3, "vapic"), (5, "relaxed"), (10, "ipi")];
/// The number of spinlock attempts that means "never notify the hypervisor".
const NEVER: u32 = u32::MAX;

pub fn see(report: &mut Report) {
    if cpu::hypervisor().as_deref() != Some("Microsoft Hv") {
        return;
    }
    let (features, advice) = (cpuid!(0x4000_0003), cpuid!(0x4000_0004));
    let tries = (advice.ebx != NEVER).then_some(advice.ebx);
    report.add("cpu/spinlocks", tries);
    let mut names = named([(features.eax, &MAY_USE[..]), (features.edx, &HAS[..]), (advice.eax, &SHOULD_USE[..])]);
    names.extend(tries.map(|_| "spinlocks"));
    names.sort_unstable();
    report.add("cpu/hyperv", Some(names.join(" ")));
}

/// The names of the bits that are set.
fn named<const N: usize>(words: [(u32, &[(u32, &'static str)]); N]) -> Vec<&'static str> {
    let bits =
        words.into_iter().flat_map(|(word, bits)| bits.iter().map(move |(bit, name)| (word & (1 << bit), *name)));
    bits.filter(|(bit, _)| *bit != 0).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::{HAS, MAY_USE, SHOULD_USE, named};

    #[test]
    fn bits_have_libvirts_names() {
        assert_eq!(named([(0b1_1100, &MAY_USE[..]), (1 << 19, &HAS[..])]), ["synic", "stimer", "stimer-direct"]);
        assert_eq!(named([(1 << 5 | 1 << 10, &SHOULD_USE[..])]), ["relaxed", "ipi"]);
        assert!(named([(0, &MAY_USE[..])]).is_empty());
    }
}
