//! What a trial is: its name, what may run at the same time, and its result.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use domain_definitions::Definition;
use domain_definitions::proof::Claim;
use host::Fault;

use super::test_host::TestHost;

/// Runs a trial.
type Run = Box<dyn Fn(&TestHost, &Artifacts) -> Vec<TrialResult> + Send + Sync>;

/// Which trials may run at the same time as one whose guest is emulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// Any.
    Any,
    /// Any, but those of this kind take at most half of the jobs: guests with Secure Boot, whose firmware makes all CPUs
    /// wait for each other. Measured with two jobs and four CPUs each: 75 s beside another guest, 110 s beside one of its kind.
    HalfOfJobs,
    /// None: it uses all processors, and emulated guests beside it would miss their timers.
    Alone,
}

/// One thing that is tried, or several that are tried together.
pub struct Trial {
    /// Each says what happens to what, on which release.
    pub names: Vec<String>,
    /// What is proven of definitions if it passes.
    pub proves: Vec<(Definition, Claim)>,
    /// The root folder of the release; none for this machine's own.
    pub root: Option<PathBuf>,
    /// What may run at the same time.
    pub concurrency: Concurrency,
    /// Runs it.
    pub run: Run,
}

impl Trial {
    /// A trial of one thing on this machine's release, and what it proves if it passes. What is worth looking at after a
    /// failure goes into the folder that `run` is given.
    pub fn here(
        name: String,
        proves: Option<(Definition, Claim)>,
        run: impl Fn(&TestHost, &Path) -> Result<(), Fault> + Send + Sync + 'static,
    ) -> Trial {
        let names = vec![name.clone()];
        let run = move |host: &TestHost, artifacts: &Artifacts| {
            let begun = Instant::now();
            let result = run(host, &artifacts.emptied(&name));
            vec![TrialResult { name: name.clone(), proves, result, seconds: begun.elapsed().as_secs() }]
        };
        let proves = Vec::from_iter(proves);
        Trial { names, proves, root: None, concurrency: Concurrency::Any, run: Box::new(run) }
    }
}

/// How a trial ended.
pub struct TrialResult {
    /// The trial's name.
    pub name: String,
    /// What it proves if it passed.
    pub proves: Option<(Definition, Claim)>,
    /// Whether it passed.
    pub result: Result<(), Fault>,
    /// How long it took.
    pub seconds: u64,
}

/// The folder with what is worth looking at of each trial that failed.
pub struct Artifacts(PathBuf);

impl Artifacts {
    /// Those of a checkout.
    #[must_use]
    pub fn of(root: &Path) -> Artifacts {
        Artifacts(root.join("target/prove"))
    }

    /// A trial's folder.
    #[must_use]
    pub fn folder(&self, name: &str) -> PathBuf {
        self.0.join(name.replace([' ', '/'], "-"))
    }

    /// A trial's folder, without what an earlier run left in it.
    fn emptied(&self, name: &str) -> PathBuf {
        let folder = self.folder(name);
        let _ = fs::remove_dir_all(&folder);
        folder
    }
}

/// The words that a run is narrowed to.
#[derive(Clone, Debug)]
pub struct Words(pub Vec<String>);

impl Words {
    /// Whether a trial of this name takes part: without words, every trial does.
    #[must_use]
    pub fn select(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|word| name.contains(word.as_str()))
    }

    /// Whether trials are left out.
    #[must_use]
    pub fn narrow(&self) -> bool {
        !self.0.is_empty()
    }

    /// The words that no trial has in its name.
    #[must_use]
    pub fn unknown(&self, trials: &[Trial]) -> Vec<String> {
        let known =
            |word: &String| trials.iter().flat_map(|trial| &trial.names).any(|name| name.contains(word.as_str()));
        self.0.iter().filter(|word| !known(word)).cloned().collect()
    }
}
