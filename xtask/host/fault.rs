//! Why a check did not pass.

use std::error::Error;
use std::io;
use std::path::Path;

/// Why a check did not pass.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The machine lacks what the check needs.
    Missing(String),
    /// libvirt did not do what we promise.
    Wrong(String),
}

/// Any text and any error says what is wrong; what is missing has to be called [`Fault::Missing`].
impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Fault {
    fn from(error: E) -> Fault {
        Fault::Wrong(error.into().to_string())
    }
}

impl Fault {
    /// What is wrong or missing.
    #[must_use]
    pub fn what(&self) -> &str {
        match self {
            Fault::Missing(what) | Fault::Wrong(what) => what,
        }
    }

    /// Names the file that an error is about.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Fault {
        move |error| Fault::Wrong(format!("{}: {error}", path.display()))
    }
}
