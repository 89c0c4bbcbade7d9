//! Blanks around a word.

use roxmltree::Node;

use super::at_define;
use crate::rules::{Rule, Violation};

/// Why there are such rules, of networks and volumes as well.
pub(super) const WHY: &str = "libvirt compares a word exactly, where its schema leaves out the blanks around it.";

/// The rules. A schema takes a word that has blanks around it, and libvirt does not.
pub static RULES: &[Rule] = &[
    Rule {
        family: at_define("Invalid value for attribute"),
        name: "blanks",
        why: WHY,
        help: "leave out the blanks",
        source: "RELAX NG specification, 6.2.9; tried on libvirt 9.0, 11.3 and 12.8 for each attribute",
        find: |subject| {
            let elements = subject.root().descendants().filter(Node::is_element);
            let words = elements.flat_map(|node| node.attributes().map(move |attribute| (node, attribute)));
            let blank = words.filter(|(node, attribute)| {
                let trimmed = attribute.value().trim_matches(BLANKS);
                trimmed != attribute.value()
                    && (is_word(trimmed) || attribute.name() == "version")
                    && is_compared(attribute.name(), node.tag_name().name())
                    && is_of_the_machine(*node)
            });
            let message = |word: &str| {
                format!("libvirt knows the word `{}`, without blanks around it", word.trim_matches(BLANKS))
            };
            blank
                .map(|(node, attribute)| Violation::at_attribute(node, attribute.name(), message(attribute.value())))
                .collect()
        },
    },
    Rule {
        family: at_define("unknown"),
        name: "blanks-in-text",
        why: WHY,
        help: "leave out the blanks, and line breaks",
        source: "RELAX NG specification, 6.2.9; tried on libvirt 9.0, 11.3 and 12.8",
        find: |subject| {
            let at = ["on_poweroff", "on_reboot", "on_crash", "os/type"];
            let words = at.into_iter().flat_map(|at| subject.all(at));
            let blank = words.filter(|node| {
                node.text().is_some_and(|text| is_word(text.trim_matches(BLANKS)) && text.trim_matches(BLANKS) != text)
            });
            let message = "libvirt knows this word without blanks around it";
            blank.map(|node| Violation::at_text(node, message)).collect()
        },
    },
];

/// What XML calls white space.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// The attributes that were tried, each with the elements.
const COMPARED: &[(&str, &[&str])] = &[
    ("accel3d", &["acceleration"]),
    ("accessmode", &["filesystem"]),
    ("action", &["watchdog"]),
    ("arch", &["type"]),
    ("auto", &["cid"]),
    ("blob", &["model"]),
    ("bus", &["input", "redirdev", "target"]),
    ("cache", &["driver"]),
    ("check", &["cpu"]),
    ("compression", &["image"]),
    ("copy_on_read", &["driver"]),
    ("detect_zeroes", &["driver"]),
    ("dev", &["boot"]),
    ("device", &["disk"]),
    ("discard", &["driver"]),
    ("discard_no_unref", &["driver"]),
    ("driver", &["ioapic"]),
    ("eim", &["driver"]),
    ("enable", &["gl"]),
    ("enabled", &["feature", "suspend-to-disk", "suspend-to-mem"]),
    ("fallback", &["model"]),
    ("firmware", &["os"]),
    ("format", &["loader", "nvram"]),
    ("freePageReporting", &["memballoon"]),
    ("intremap", &["driver"]),
    ("io", &["driver"]),
    ("match", &["cpu"]),
    ("memAccess", &["cell"]),
    ("migratable", &["cpu"]),
    ("mode", &["access", "allocation", "cache", "cpu", "hostdev", "hyperv", "smartcard", "smbios", "source"]),
    ("model", &["backend", "controller", "iommu", "memballoon", "panic", "rng", "sound", "tpm", "vsock", "watchdog"]),
    ("name", &["model", "timer"]),
    ("multifunction", &["address"]),
    ("offset", &["clock"]),
    ("placement", &["vcpu"]),
    ("policy", &["feature"]),
    ("present", &["timer"]),
    ("readonly", &["loader"]),
    ("removable", &["target"]),
    ("secure", &["loader"]),
    ("startupPolicy", &["source"]),
    (
        "state",
        &[
            "direct",
            "evmcs",
            "extended",
            "frequencies",
            "ipi",
            "reenlightenment",
            "relaxed",
            "reset",
            "runtime",
            "smm",
            "spinlocks",
            "stimer",
            "synic",
            "tlbflush",
            "vapic",
            "vendor_id",
            "vmport",
            "vpindex",
            "xmm_input",
        ],
    ),
    ("stateless", &["loader"]),
    ("templateFormat", &["nvram"]),
    ("tickpolicy", &["timer"]),
    ("version", &["backend", "gic"]),
    (
        "type",
        &[
            "address",
            "audio",
            "backend",
            "channel",
            "codec",
            "console",
            "controller",
            "disk",
            "domain",
            "driver",
            "filesystem",
            "graphics",
            "hostdev",
            "hub",
            "input",
            "interface",
            "listen",
            "loader",
            "model",
            "redirdev",
            "serial",
            "smartcard",
            "source",
            "sysinfo",
            "target",
        ],
    ),
];

/// Whether libvirt compares an attribute with the words it knows.
fn is_compared(attribute: &str, element: &str) -> bool {
    COMPARED.iter().any(|(name, elements)| *name == attribute && elements.contains(&element))
}

/// Whether a text is a word, and no number.
fn is_word(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(known)
}

/// Whether an element is one that libvirt reads: no program's own data.
fn is_of_the_machine(node: Node) -> bool {
    node.tag_name().namespace().is_none() && !node.ancestors().any(|node| node.has_tag_name("metadata"))
}
