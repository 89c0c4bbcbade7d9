//! What a Linux guest observes of a decision, so that a booted guest can confirm it.
//!
//! `cargo xtask prove` boots such a guest and compares what it reports ([`Report`]) with the [`Observation`]s of the definition's
//! decisions. The guest is `tests/guest`, which defines the names in its report.

use std::collections::BTreeMap;

use crate::machine::Machine;

/// What a guest reports about its machine: a value for each name, such as `tpm/version`.
pub type Report = BTreeMap<String, String>;

/// What a guest reports if a decision took effect.
#[derive(Clone, Copy, Debug)]
pub struct Observation {
    /// Its name in the report.
    pub name: &'static str,
    /// What a guest must report under a name.
    pub shows: Expected,
}

/// What a guest must report under a name.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// This and nothing else.
    Exactly(&'static str),
    /// A number that is a person's to choose.
    Of(fn(&Machine) -> u128),
    /// This among other words, or as their beginning.
    Word(&'static str),
    /// Words, but not this one.
    NotWord(&'static str),
    /// Whatever it is.
    Something,
    /// Nothing.
    Nothing,
}

/// Exactly this.
pub(crate) const fn sees(name: &'static str, value: &'static str) -> Observation {
    Observation { name, shows: Expected::Exactly(value) }
}

/// A number that is a person's to choose.
pub(crate) const fn sees_of(name: &'static str, value: fn(&Machine) -> u128) -> Observation {
    Observation { name, shows: Expected::Of(value) }
}

/// This among other words.
pub(crate) const fn sees_word(name: &'static str, word: &'static str) -> Observation {
    Observation { name, shows: Expected::Word(word) }
}

/// Other words, but not this one.
pub(crate) const fn sees_no_word(name: &'static str, word: &'static str) -> Observation {
    Observation { name, shows: Expected::NotWord(word) }
}

/// Whatever it is.
pub(crate) const fn sees_some(name: &'static str) -> Observation {
    Observation { name, shows: Expected::Something }
}

/// Nothing of the kind.
pub(crate) const fn sees_no(name: &'static str) -> Observation {
    Observation { name, shows: Expected::Nothing }
}

impl Observation {
    /// Whether a guest saw it.
    #[must_use]
    pub fn is_seen(&self, machine: &Machine, report: &Report) -> bool {
        let seen = report.get(self.name).map(String::as_str);
        let has = |word: &str| seen.is_some_and(|seen| seen.split_whitespace().any(|other| other.starts_with(word)));
        match self.shows {
            Expected::Exactly(value) => seen == Some(value),
            Expected::Of(value) => seen == Some(value(machine).to_string().as_str()),
            Expected::Word(word) => has(word),
            Expected::NotWord(word) => seen.is_some() && !has(word),
            Expected::Something => seen.is_some(),
            Expected::Nothing => seen.is_none(),
        }
    }

    /// What the guest should have reported, and what it did.
    #[must_use]
    pub fn told(&self, machine: &Machine, report: &Report) -> String {
        let should = match self.shows {
            Expected::Exactly(value) => format!("`{value}`"),
            Expected::Of(value) => format!("`{}`", value(machine)),
            Expected::Word(word) => format!("`{word}` among its words"),
            Expected::NotWord(word) => format!("words without `{word}`"),
            Expected::Something => "something".to_owned(),
            Expected::Nothing => "nothing".to_owned(),
        };
        let was = report.get(self.name).map_or("nothing".to_owned(), |seen| format!("`{seen}`"));
        format!("the guest should report {should} as `{}`, but reports {was}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Definition;

    #[test]
    fn a_guest_sees_what_it_should_or_is_told_what_not() {
        let machine = Definition::all().next().unwrap().machine();
        let report: Report = [("cpu", "two words")].map(|(name, seen)| (name.to_owned(), seen.to_owned())).into();
        let cases = [
            (sees("cpu", "two words"), sees("cpu", "two"), "`two` as `cpu`, but reports `two words`"),
            (sees_word("cpu", "wor"), sees_word("cpu", "ords"), "`ords` among its words as `cpu`"),
            (sees_no_word("cpu", "ords"), sees_no_word("cpu", "wor"), "words without `wor` as `cpu`"),
            (sees_some("cpu"), sees_some("disk"), "something as `disk`, but reports nothing"),
            (sees_no("disk"), sees_no("cpu"), "nothing as `cpu`, but reports `two words`"),
        ];
        for (seen, unseen, told) in cases {
            assert!(seen.is_seen(&machine, &report), "{seen:?}");
            assert!(!unseen.is_seen(&machine, &report), "{unseen:?}");
            let said = unseen.told(&machine, &report);
            assert!(said.starts_with("the guest should report ") && said.contains(told), "{said}");
        }
        assert!(!sees_no_word("disk", "any").is_seen(&machine, &report), "nothing has no words");
    }
}
