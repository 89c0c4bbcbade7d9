//! What becomes of a definition in a cluster, said place by place.

/// What becomes of an element of the domain, or of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Its place in the domain, see [`locate`](crate::locate()); at the end may stand an attribute.
    pub at: &'static str,
    /// What becomes of it.
    pub becomes: Becomes,
}

/// What becomes of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// A field that says the same, for the same reason: that of the decisions at this place.
    Same(Field),
    /// A field, for a reason that it has in a cluster alone.
    Other(Field, &'static str),
    /// Nothing, because `KubeVirt` does it unasked: what it does.
    ByItself(&'static str),
    /// Nothing, because there is no such field: what follows.
    Lost(&'static str),
}

/// A place in the objects: names, separated by `/`. An item of a list is named by its `name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// In the machine.
    pub own: &'static str,
    /// In what machines share, if it can be there.
    pub shared: Option<&'static str>,
}

/// What the machine reads that no manifest can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upload {
    /// A disc for a drive, which is uploaded before the machine is made.
    Disc {
        /// Name of the `DataVolume`.
        volume: String,
        /// Room for it, in GiB.
        gib: u8,
        /// The file, if it is known.
        file: Option<String>,
    },
    /// The system disk, which is uploaded into the `DataVolume` that the machine brings.
    Image(String),
    /// The settings of a cloud image, in a Secret.
    Seed(String),
}

/// A field of the machine's own.
pub(super) const fn own(own: &'static str) -> Field {
    Field { own, shared: None }
}

/// A field that machines can share.
pub(super) const fn either(own: &'static str, shared: &'static str) -> Field {
    Field { own, shared: Some(shared) }
}

/// The path of a field of the machine's domain.
macro_rules! domain {
    ($path:literal) => {
        concat!("spec/template/spec/domain/", $path)
    };
}
pub(super) use domain;

/// What has been said so far.
#[derive(Default)]
pub(super) struct Mapping {
    pub(super) fates: Vec<Fate>,
    pub(super) needs: Vec<&'static str>,
    pub(super) uploads: Vec<Upload>,
}

impl Mapping {
    pub(super) fn says(&mut self, at: &'static str, becomes: Becomes) {
        self.fates.push(Fate { at, becomes });
    }

    pub(super) fn same(&mut self, at: &'static str, field: Field) {
        self.says(at, Becomes::Same(field));
    }

    pub(super) fn other(&mut self, at: &'static str, field: Field, why: &'static str) {
        self.says(at, Becomes::Other(field, why));
    }

    /// For the reason of the decisions where that holds, else for another one.
    pub(super) fn same_or(&mut self, at: &'static str, field: Field, holds: bool, why: &'static str) {
        self.says(at, if holds { Becomes::Same(field) } else { Becomes::Other(field, why) });
    }

    /// The definition has no such element; a field says so, because `KubeVirt`'s default is to have one.
    pub(super) fn says_nothing_of(&mut self, at: &'static str, field: Field) {
        self.other(at, field, "Explicit, because KubeVirt adds one by default.");
    }

    pub(super) fn by_itself(&mut self, at: &'static str, what: &'static str) {
        self.says(at, Becomes::ByItself(what));
    }

    pub(super) fn lost(&mut self, at: &'static str, what: &'static str) {
        self.says(at, Becomes::Lost(what));
    }
}
