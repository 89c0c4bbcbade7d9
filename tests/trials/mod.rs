//! Trials of libtest-mimic that need what a machine may lack.
#![allow(dead_code, reason = "each test uses a part of it")]

use host::Fault;
use libtest_mimic::{Arguments, Completion, Failed};

/// The result of a check as libtest-mimic wants it. What this machine cannot check is ignored, but in CI a failure.
pub fn completion(result: Result<(), Fault>) -> Result<Completion, Failed> {
    match result {
        Ok(()) => Ok(Completion::Completed),
        Err(Fault::Missing(what)) if host::in_ci() => Err(format!("{what}; in CI this must not be skipped").into()),
        Err(Fault::Missing(what)) => Ok(Completion::ignored_with(what)),
        Err(Fault::Wrong(what)) => Err(what.into()),
    }
}

/// Whether a trial of this name will run: for what is prepared for many trials at once, and need not be for all.
pub fn is_selected(arguments: &Arguments, name: &str) -> bool {
    let fits = |word: &String| if arguments.exact { name == word } else { name.contains(word.as_str()) };
    arguments.filter.as_ref().is_none_or(fits) && !arguments.skip.iter().any(fits)
}
