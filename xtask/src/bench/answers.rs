//! What the guest saw of each work, as it writes it to the disk.

use std::collections::BTreeMap;

use host::work::FAILED;
use serde::Serialize;

/// What the guest saw of a work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// How long it took; under emulation, that says nothing.
    pub seconds: f64,
    /// Interrupts of devices.
    pub interrupts: u64,
    /// Notifications of virtio devices.
    pub kicks: u64,
}

/// The answers to all works, by name: or why the guest could not do one.
pub type Answers = BTreeMap<String, Result<Answer, String>>;

/// Reads what the guest has written.
#[must_use]
pub fn parsed(text: &str) -> Answers {
    let answer = |line: &str| -> Option<(String, Result<Answer, String>)> {
        if let Some(failed) = line.strip_prefix(FAILED) {
            let (name, why) = failed.split_once(": ")?;
            return Some((name.to_owned(), Err(why.to_owned())));
        }
        let [name, seconds, interrupts, kicks] = line.split('\t').collect::<Vec<_>>()[..] else { return None };
        let answer =
            Answer { seconds: seconds.parse().ok()?, interrupts: interrupts.parse().ok()?, kicks: kicks.parse().ok()? };
        Some((name.to_owned(), Ok(answer)))
    };
    text.trim_end_matches('\0').lines().filter_map(answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_end_where_the_zeros_begin() {
        let answers = parsed("idle\t5.000100\t12\t0\nFAILED pointer: the pointer did not move\nhalf\t1\n\0\0\0");
        assert_eq!(answers["idle"], Ok(Answer { seconds: 5.0001, interrupts: 12, kicks: 0 }));
        assert_eq!(answers["pointer"], Err("the pointer did not move".to_owned()));
        assert_eq!(answers.len(), 2);
        assert!(parsed("\0\0").is_empty());
    }
}
