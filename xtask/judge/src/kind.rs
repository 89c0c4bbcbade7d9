//! The kinds of findings that do not come from a rule, and what they mean.

use std::fmt;

use domain_definitions::rules::Severity;

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
    RefusedAtDefine,
    RefusedAtStart,
    Malformed,
    Encoding,
    Declaration,
    Doctype,
    Piece,
    Unreadable,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 18] = [
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
        Kind::RefusedAtDefine,
        Kind::RefusedAtStart,
        Kind::Malformed,
        Kind::Encoding,
        Kind::Declaration,
        Kind::Doctype,
        Kind::Piece,
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
            Kind::RefusedAtDefine => "asked/define",
            Kind::RefusedAtStart => "asked/start",
            Kind::Malformed => "input/malformed",
            Kind::Encoding => "input/encoding",
            Kind::Declaration => "input/declaration",
            Kind::Doctype => "input/doctype",
            Kind::Piece => "input/piece",
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
            Kind::RefusedAtDefine => {
                "The libvirt of this machine refuses to define the document. The words are its own; the place was found by \
                 leaving out parts of the document."
            }
            Kind::RefusedAtStart => {
                "The libvirt of this machine defines the document, but makes no command line for QEMU of it. The words are its own; \
                 the place was found by leaving out parts of the document."
            }
            Kind::Malformed => "The file is not well-formed XML.",
            Kind::Encoding => "The file is not UTF-8, the one encoding that libvirt reads.",
            Kind::Declaration => "The XML declaration names an encoding that the file does not have.",
            Kind::Doctype => "The file has a document type, which libvirt's documents do not have.",
            Kind::Piece => {
                "The file is a piece of a document, such as a device alone. It is judged as the schema defines that element."
            }
            Kind::Unreadable => "The file cannot be read, or cannot be a libvirt document.",
        }
    }

    /// What it means for the document.
    #[must_use]
    pub const fn consequence(self) -> &'static str {
        match self {
            Kind::TooOld => "Not an error: only newer schemas can tell whether the document is valid.",
            Kind::RefusedAtDefine => "Always an error. Only `--ask` finds it, and other releases may accept it.",
            Kind::RefusedAtStart => "A warning. Only `--ask` finds it, and other hosts and releases may accept it.",
            Kind::Piece => "Not an error.",
            Kind::Unreadable => "Always an error: the file cannot be judged.",
            Kind::Declaration | Kind::Doctype => {
                "A warning: libvirt ignores it and takes the file, and other programs may not."
            }
            _ => "Always an error: libvirt rejects the document as well.",
        }
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            // What fails at the start may depend on the host.
            Kind::TooOld | Kind::RefusedAtStart | Kind::Declaration | Kind::Doctype | Kind::Piece => Severity::Warning,
            _ => Severity::Error,
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
