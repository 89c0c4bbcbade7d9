//! Runs trials, several at a time as far as they go together.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use host::Fault;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};
use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

use super::test_host::TestHost;
use super::trial::{Artifacts, Concurrency, Trial, TrialResult};
use crate::say;

/// Runs trials in their order: first those that have to be alone, then the others. None begins after the end; those for which it
/// came too soon are given back.
///
/// # Errors
///
/// When there can be no threads.
pub fn run(
    trials: Vec<Trial>,
    jobs: usize,
    host: &TestHost,
    artifacts: &Artifacts,
    end: Option<Instant>,
) -> Result<(Vec<TrialResult>, Vec<Trial>), ThreadPoolBuildError> {
    let untried = Mutex::new(Vec::new());
    let count = trials.len();
    let pool = ThreadPoolBuilder::new().num_threads(jobs.max(1)).build()?;
    let done = AtomicUsize::new(0);
    let run = |trial: Trial| {
        if end.is_some_and(|end| end <= Instant::now()) {
            untried.lock().unwrap_or_else(PoisonError::into_inner).push(trial);
            return Vec::new();
        }
        let results = (trial.run)(host, artifacts);
        let number = done.fetch_add(1, Ordering::Relaxed) + 1;
        for TrialResult { name, result, seconds, .. } in &results {
            let word = match result {
                Ok(()) => "Proved",
                Err(Fault::Missing(_)) => "Left out",
                Err(Fault::Wrong(_)) => "FAILED",
            };
            say(&format!("{word:>12} {name} ({seconds} s) [{number}/{count}]\n"));
        }
        results
    };
    let concurrency =
        |trial: &Trial| if host.emulates(trial.root.as_deref()) { trial.concurrency } else { Concurrency::Any };
    let (alone, others): (Vec<_>, Vec<_>) =
        trials.into_iter().partition(|trial| concurrency(trial) == Concurrency::Alone);
    let mut results: Vec<_> = alone.into_iter().flat_map(run).collect();
    let others = others.into_iter().map(|trial| (concurrency(&trial), trial)).collect();
    let lane = |lane: Vec<Trial>| lane.into_iter().flat_map(run);
    results
        .extend(pool.install(|| lanes(others, jobs).into_iter().par_bridge().flat_map_iter(lane).collect::<Vec<_>>()));
    Ok((results, untried.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// What runs at the same time. The trials of one lane run one after the other.
fn lanes<T>(trials: Vec<(Concurrency, T)>, jobs: usize) -> Vec<Vec<T>> {
    let mut lanes: Vec<Vec<T>> = (0..(jobs / 2).max(1)).map(|_| Vec::new()).collect();
    let (half, any): (Vec<_>, Vec<_>) = trials.into_iter().partition(|(kind, _)| *kind == Concurrency::HalfOfJobs);
    for ((_, trial), lane) in half.into_iter().zip((0..lanes.len()).cycle()) {
        lanes[lane].push(trial);
    }
    lanes.extend(any.into_iter().map(|(_, trial)| vec![trial]));
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_trial_begins_after_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let host = TestHost::look(folder.path(), false);
        let ended = |end| {
            let trials = ["a", "b"].map(|name| Trial::here(name.to_owned(), None, |_, _| Ok(())));
            let (results, untried) = run(trials.into(), 2, &host, &Artifacts::of(folder.path()), end).unwrap();
            let mut tried: Vec<_> = results.into_iter().map(|result| result.name).collect();
            tried.sort();
            let untried: Vec<_> = untried.into_iter().flat_map(|trial| trial.names).collect();
            (tried.join(" "), untried.join(" "))
        };
        assert_eq!(ended(None), ("a b".to_owned(), String::new()));
        assert_eq!(ended(Some(Instant::now() + std::time::Duration::from_secs(600))), ended(None));
        assert_eq!(ended(Some(Instant::now())), (String::new(), "a b".to_owned()));
    }

    #[test]
    fn trials_that_slow_each_other_down_take_half_of_the_jobs() {
        let trials = || {
            vec![
                (Concurrency::Any, "a"),
                (Concurrency::HalfOfJobs, "b"),
                (Concurrency::HalfOfJobs, "c"),
                (Concurrency::Any, "d"),
            ]
        };
        assert_eq!(lanes(trials(), 1), [vec!["b", "c"], vec!["a"], vec!["d"]]);
        assert_eq!(lanes(trials(), 2), [vec!["b", "c"], vec!["a"], vec!["d"]]);
        assert_eq!(lanes(trials(), 4), [vec!["b"], vec!["c"], vec!["a"], vec!["d"]]);
    }
}
