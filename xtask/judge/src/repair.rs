//! Changes of a text that make a fault go away.

use std::ops::Range;

/// Parts of a text, and what to write in their place. The parts do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repair(Vec<(Range<usize>, String)>);

impl Repair {
    /// One part replaced.
    #[must_use]
    pub fn replace(part: Range<usize>, new: impl Into<String>) -> Repair {
        Repair(vec![(part, new.into())])
    }

    /// Something written at a place.
    #[must_use]
    pub fn insert(at: usize, new: impl Into<String>) -> Repair {
        Repair::replace(at..at, new)
    }

    /// A part taken out.
    #[must_use]
    pub fn remove(part: Range<usize>) -> Repair {
        Repair::replace(part, "")
    }

    /// This and another.
    #[must_use]
    pub fn and(mut self, other: Repair) -> Repair {
        self.0.extend(other.0);
        self
    }

    /// The text with it.
    #[must_use]
    pub fn applied(&self, text: &str) -> String {
        let mut parts: Vec<_> = self.0.iter().collect();
        parts.sort_by_key(|(part, _)| (part.start, part.end));
        let mut repaired = text.to_owned();
        for (part, new) in parts.into_iter().rev() {
            repaired.replace_range(part.clone(), new);
        }
        repaired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_replaced_where_it_was() {
        let repair = Repair::remove(4..6).and(Repair::insert(1, "->")).and(Repair::replace(2..3, "C"));
        assert_eq!(repair.applied("abcdefg"), "a->bCdg");
    }
}
