//! The kinds of findings that do not come from a rule, and what they mean.

use std::fmt;

/// What a schema can find wrong, and what keeps a document from being judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`meaning` says it")]
pub enum Kind {
    UnknownElement,
    DuplicateElement,
    MissingElement,
    UnknownAttribute,
    MissingAttribute,
    Value,
    Content,
    Namespace,
    Rejected,
    TooOld,
    Unreadable,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 11] = [
        Kind::UnknownElement,
        Kind::DuplicateElement,
        Kind::MissingElement,
        Kind::UnknownAttribute,
        Kind::MissingAttribute,
        Kind::Value,
        Kind::Content,
        Kind::Namespace,
        Kind::Rejected,
        Kind::TooOld,
        Kind::Unreadable,
    ];

    /// Its name in reports: `family/name`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Kind::UnknownElement => "schema/unknown-element",
            Kind::DuplicateElement => "schema/duplicate-element",
            Kind::MissingElement => "schema/missing-element",
            Kind::UnknownAttribute => "schema/unknown-attribute",
            Kind::MissingAttribute => "schema/missing-attribute",
            Kind::Value => "schema/value",
            Kind::Content => "schema/content",
            Kind::Namespace => "schema/namespace",
            Kind::Rejected => "schema/rejected",
            Kind::TooOld => "schema/too-old",
            Kind::Unreadable => "input/unreadable",
        }
    }

    /// What it means, in a sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Kind::UnknownElement => "libvirt has no such element there.",
            Kind::DuplicateElement => "libvirt accepts only one of these there.",
            Kind::MissingElement => "libvirt requires an element that is not there.",
            Kind::UnknownAttribute => "libvirt has no such attribute on this element.",
            Kind::MissingAttribute => "libvirt requires an attribute that is not there.",
            Kind::Value => "libvirt does not know this value.",
            Kind::Content => "libvirt does not accept what the element contains, or not all of it together.",
            Kind::Namespace => "A name has a prefix that is not declared.",
            Kind::Rejected => {
                "libvirt's schema rejects the document. The words are libxml2's, as no better explanation was found."
            }
            Kind::TooOld => {
                "The schemas are older than the releases that the document is for, and may not know what it uses."
            }
            Kind::Unreadable => "The file cannot be read, or cannot be a libvirt document.",
        }
    }

    /// What it means for the document.
    #[must_use]
    pub const fn consequence(self) -> &'static str {
        match self {
            Kind::TooOld => "Not an error: only newer schemas can tell whether the document is valid.",
            Kind::Unreadable => "Always an error: the file cannot be judged.",
            _ => "Always an error: libvirt rejects the document as well.",
        }
    }

    /// Whether something is missing. Then the finding is not about what stands at its place.
    #[must_use]
    pub const fn is_of_absence(self) -> bool {
        matches!(self, Kind::MissingElement | Kind::MissingAttribute)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
