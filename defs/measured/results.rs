//! The numbers of a run of `cargo xtask bench`, as a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::measured::{Quantity, Work};

/// Where the numbers on record are, from the repository's root.
pub const FILE: &str = "tests/bench.tsv";

/// The row above the numbers.
const HEADER: &str = "machine\twork\tquantity\tvalue";

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// The version of each program that the numbers depend on, by its name.
    pub programs: BTreeMap<String, String>,
    numbers: BTreeMap<(String, &'static str, &'static str), u64>,
}

/// A line of the file that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{FILE}:{line}: `{text}` {what}; restore it with `git checkout -- {FILE}`, or write it anew with `cargo xtask bench --record`"
)]
pub struct Unreadable {
    /// Its number.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Results {
    /// Reads the text of the file.
    ///
    /// # Errors
    ///
    /// When a line cannot be read, or says something a second time.
    pub fn parse(text: &str) -> Result<Results, Unreadable> {
        let mut results = Results::default();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && *line != HEADER) {
            let unreadable = |what| Unreadable { line: index + 1, text: line.to_owned(), what };
            if let Some(note) = line.strip_prefix("# ") {
                if let Some((program, version)) = note.split_once('\t') {
                    results.programs.insert(program.to_owned(), version.to_owned());
                }
                continue;
            }
            let [machine, work, quantity, value] = line.split('\t').collect::<Vec<_>>()[..] else {
                return Err(unreadable("does not have four columns: machine, work, quantity, value"));
            };
            let work = Work::find(work).ok_or_else(|| unreadable("names a work that is not in defs/measured.rs"))?;
            let quantity = Quantity::ALL.into_iter().find(|known| known.name() == quantity);
            let quantity = quantity.filter(|known| work.bound(*known).is_some());
            let quantity = quantity.ok_or_else(|| unreadable("names a quantity that is not counted of this work"))?;
            let value = value.parse().map_err(|_| unreadable("has no whole number at its end"))?;
            if results.get(machine, work, quantity).is_some() {
                return Err(unreadable("says the same as a line before it"));
            }
            results.set(machine, work, quantity, value);
        }
        Ok(results)
    }

    /// Keeps a number.
    pub fn set(&mut self, machine: &str, work: &'static Work, quantity: Quantity, value: u64) {
        self.numbers.insert((machine.to_owned(), work.id, quantity.name()), value);
    }

    /// The number of a machine, if there is one: some cannot do some works.
    #[must_use]
    pub fn get(&self, machine: &str, work: &Work, quantity: Quantity) -> Option<u64> {
        self.numbers.get(&(machine.to_owned(), work.id, quantity.name())).copied()
    }

    /// The machines, by name.
    #[must_use]
    pub fn machines(&self) -> BTreeSet<&str> {
        self.numbers.keys().map(|(machine, ..)| machine.as_str()).collect()
    }

    /// Whether there are numbers of a machine.
    #[must_use]
    pub fn has(&self, machine: &str) -> bool {
        self.numbers.keys().any(|(known, ..)| known == machine)
    }

    /// Takes over the numbers of some machines in place of those that are here, and the programs' versions.
    pub fn replace(&mut self, others: Results) {
        self.numbers.retain(|(machine, ..), _| !others.has(machine));
        self.numbers.extend(others.numbers);
        self.programs = others.programs;
    }

    /// Leaves out the machines that are not wanted.
    pub fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.numbers.retain(|(machine, ..), _| wanted(machine));
    }

    /// The register accesses of a whole start, if all its parts are known.
    #[must_use]
    pub fn start(&self, machine: &str) -> Option<u64> {
        let part = |id| self.get(machine, Work::find(id)?, Quantity::Accesses);
        Some(part("firmware")? + part("loader").unwrap_or(0) + part("kernel")? + part("devices")?)
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# What `cargo xtask bench` has measured; written by `cargo xtask bench --record`.")?;
        for (program, version) in &self.programs {
            writeln!(f, "# {program}\t{version}")?;
        }
        writeln!(f, "{HEADER}")?;
        for ((machine, work, quantity), value) in &self.numbers {
            writeln!(f, "{machine}\t{work}\t{quantity}\t{value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# What `cargo xtask bench` has measured; written by `cargo xtask bench --record`.\n\
        # QEMU\t10.0.2\n\
        machine\twork\tquantity\tvalue\n\
        minimal\tread-random-1\taccesses\t700\n\
        session/linux\tdevices\taccesses\t4\n\
        session/linux\tfirmware\taccesses\t1\n\
        session/linux\tkernel\taccesses\t3\n\
        session/linux\tloader\taccesses\t2\n";

    fn read(text: &str) -> Results {
        Results::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn what_is_written_is_read_back() {
        let results = read(TEXT);
        assert_eq!(results.to_string(), TEXT);
        assert_eq!(results.programs["QEMU"], "10.0.2");
        let reads = Work::find("read-random-1").expect("it is a work");
        assert_eq!(results.get("minimal", reads, Quantity::Accesses), Some(700));
        assert_eq!(results.get("session/linux", reads, Quantity::Accesses), None);
        assert_eq!(results.machines().into_iter().collect::<Vec<_>>(), ["minimal", "session/linux"]);
        assert_eq!((results.start("session/linux"), results.start("minimal")), (Some(10), None));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_with_what_is_wrong() {
        let wrong = |line: &str| {
            let error = Results::parse(&format!("{TEXT}{line}\n")).expect_err(line);
            assert_eq!((error.line, error.text.as_str()), (9, line));
            error.what
        };
        assert!(wrong("<<<<<<< HEAD").contains("four columns"));
        assert!(wrong("minimal\tflying\taccesses\t1").contains("a work"));
        assert!(wrong("minimal\tread-random-1\treturned\t1").contains("a quantity"));
        assert!(wrong("minimal\tread-random-1\tkicks\tmany").contains("whole number"));
        assert!(wrong("minimal\tread-random-1\taccesses\t701").contains("the same"));
    }

    #[test]
    fn new_numbers_of_a_machine_take_the_place_of_all_it_had() {
        let mut results = read(TEXT);
        results.replace(read("# QEMU\t11.0.0\nsession/linux\tfirmware\taccesses\t9\n"));
        assert_eq!(results.programs["QEMU"], "11.0.0");
        assert_eq!(results.start("session/linux"), None, "the other parts are not of this run");
        assert!(results.has("minimal"));
        results.retain(|machine| machine == "minimal");
        assert_eq!(results.machines().len(), 1);
    }
}
