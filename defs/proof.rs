//! What is proven of each definition: the recorded results of `cargo xtask prove`.
//!
//! `tests/proven.txt` has a line for each definition. CI repeats the trials and fails if their results differ, so the
//! pages never claim more than they show.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::definition::Definition;

/// Where the results are, from the repository's root.
pub const FILE: &str = "tests/proven.txt";

/// Something that was tried and succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// It starts under KVM, paused, as it stands and with every device.
    Starts,
    /// A guest boots on it and reports what the definition's decisions promise.
    Boots,
    /// Its machine went through a full life cycle: installed from a medium, defined anew, booted from its disk, saved, restored,
    /// migrated, removed.
    Lives,
    /// It migrated from one host to another while its guest ran.
    Moves,
}

impl Claim {
    const ALL: [Claim; 4] = [Claim::Starts, Claim::Boots, Claim::Lives, Claim::Moves];

    /// What it implies.
    fn implied(self) -> &'static [Claim] {
        match self {
            Claim::Starts | Claim::Boots => &[],
            Claim::Moves => &[Claim::Boots],
            Claim::Lives => &[Claim::Boots, Claim::Moves],
        }
    }

    /// Its name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Claim::Starts => "starts",
            Claim::Boots => "boots",
            Claim::Lives => "lives",
            Claim::Moves => "moves",
        }
    }
}

/// What is proven of each definition, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proven(BTreeMap<String, BTreeSet<Claim>>);

/// A line of the file that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{FILE}:{line}: `{text}` is not a path followed by what is proven of it; run `cargo xtask prove --record`")]
pub struct Unreadable {
    /// Its number.
    pub line: usize,
    /// Its text.
    pub text: String,
}

impl Proven {
    /// Reads the text of the file.
    ///
    /// # Errors
    ///
    /// When a line cannot be read.
    pub fn parse(text: &str) -> Result<Proven, Unreadable> {
        let mut proven = Proven::default();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let unreadable = || Unreadable { line: index + 1, text: line.to_owned() };
            let (path, claims) = line.split_once(": ").ok_or_else(unreadable)?;
            for name in claims.split(", ") {
                let claim = Claim::ALL.into_iter().find(|claim| claim.name() == name).ok_or_else(unreadable)?;
                proven.add(path, claim);
            }
        }
        Ok(proven)
    }

    /// Adds a claim and what it implies: a machine that migrated has booted, and one that went through a full life cycle has
    /// migrated.
    pub fn add(&mut self, path: &str, claim: Claim) {
        let claims = self.0.entry(path.to_owned()).or_default();
        claims.extend(claim.implied().iter().chain([&claim]));
    }

    /// Whether a claim is proven of a definition.
    #[must_use]
    pub fn has(&self, definition: &Definition, claim: Claim) -> bool {
        self.0.get(&definition.path()).is_some_and(|claims| claims.contains(&claim))
    }

    /// The claims that `other` lacks, as `path claim`.
    pub fn without(&self, other: &Proven) -> impl Iterator<Item = String> {
        let all = self.0.iter().flat_map(|(path, claims)| claims.iter().map(move |claim| (path, *claim)));
        let missing =
            |(path, claim): &(&String, Claim)| !other.0.get(*path).is_some_and(|claims| claims.contains(claim));
        all.filter(missing).map(|(path, claim)| format!("{path} {}", claim.name())).collect::<Vec<_>>().into_iter()
    }

    /// What the table of files says about several definitions together: how far they come, and which, if not all do.
    #[must_use]
    pub fn told(&self, definitions: &[&Definition]) -> String {
        let booted: Vec<_> = definitions.iter().filter(|definition| self.has(definition, Claim::Boots)).collect();
        if booted.is_empty() {
            let start = definitions.iter().all(|definition| self.has(definition, Claim::Starts));
            return if start { "starts in CI" } else { "by documentation" }.to_owned();
        }
        let mut counts: Vec<_> = booted
            .iter()
            .map(|definition| {
                let (visible, all) = definition.visible();
                format!("{visible} of {all}")
            })
            .collect();
        counts.dedup();
        let which =
            if booted.len() < definitions.len() { format!(" ({})", booted[0].connection) } else { String::new() };
        let counts = counts.join(" and ");
        let mut told = vec![format!("boots in CI{which}, {counts} choices checked in a running guest")];
        for (claim, words) in [(Claim::Lives, "full life cycle"), (Claim::Moves, "live migration")] {
            let some: Vec<_> = definitions.iter().filter(|definition| self.has(definition, claim)).collect();
            match some.len() {
                0 => {}
                n if n == definitions.len() => told.push(words.to_owned()),
                _ => told.push(format!("{words} ({})", some[0].connection)),
            }
        }
        told.join(", ")
    }
}

impl fmt::Display for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# What `cargo xtask prove` has proven of each definition; written by `cargo xtask prove --record`."
        )?;
        for (path, claims) in &self.0 {
            let claims: Vec<_> = claims.iter().map(|claim| claim.name()).collect();
            writeln!(f, "{path}: {}", claims.join(", "))?;
        }
        Ok(())
    }
}
