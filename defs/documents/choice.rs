//! What documents are made of.

use crate::version::Since;

/// One decision about a document of type `T` for `M`: what a [`Tunable`](crate::tunables::Tunable) is to a domain.
pub struct Choice<T: 'static, M: 'static = ()> {
    /// What it owns and why.
    pub reason: Reason,
    /// The change.
    pub apply: fn(&mut T, &M),
}

/// What a decision owns, and why it was made.
#[derive(Clone, Copy, Debug)]
pub struct Reason {
    /// The element it owns, see [`locate`](crate::locate()); it changes nothing outside it.
    pub at: &'static str,
    /// Why, in a sentence or two.
    pub why: &'static str,
    /// The first releases that understand it.
    pub since: Since,
    /// Where that is known from.
    pub source: &'static str,
}
