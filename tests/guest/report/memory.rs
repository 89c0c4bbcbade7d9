//! Memory.

use std::fs;

use super::{Add as _, Report};
use crate::files;

pub fn see(report: &mut Report) {
    report.add("memory/mib", installed().or_else(usable));
}

/// The memory modules in the machine's SMBIOS tables, in MiB.
fn installed() -> Option<u64> {
    let tables = fs::read("/sys/firmware/dmi/tables/DMI").ok()?;
    let mut rest = &tables[..];
    let mut sum = 0;
    // Each table has its kind, the size of its fields, the fields, and texts that two zero bytes end.
    while let [kind, size, ..] = *rest {
        let fields = rest.get(..usize::from(size))?;
        if kind == 17 {
            sum += module(fields)?;
        }
        let texts = &rest[usize::from(size)..];
        let Some(end) = texts.windows(2).position(|pair| pair == [0, 0]) else { break };
        rest = &texts[end + 2..];
    }
    (sum > 0).then_some(sum)
}

/// The MiB of one module.
fn module(fields: &[u8]) -> Option<u64> {
    let word = |at: usize| Some(u16::from_le_bytes(fields.get(at..at + 2)?.try_into().ok()?));
    Some(match word(0x0C)? {
        // Unknown.
        0xFFFF => 0,
        // Too much for 15 bits; a field of its own has it.
        0x7FFF => u64::from(u32::from_le_bytes(fields.get(0x1C..0x20)?.try_into().ok()?)),
        // The highest bit says KiB.
        size if size & 0x8000 != 0 => u64::from(size & 0x7FFF) / 1024,
        size => u64::from(size),
    })
}

/// What the kernel can use, which is less, in MiB.
fn usable() -> Option<u64> {
    let info = files::text("/proc/meminfo")?;
    let kib = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(kib.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1024)
}
