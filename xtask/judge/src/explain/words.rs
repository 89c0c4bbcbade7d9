//! How an explanation says what would be accepted.

use std::collections::{BTreeMap, BTreeSet};

use crate::grammar::{Datatype, Values};

/// Names and values in a list that a person would still read.
pub(super) const LISTED: usize = 24;
/// Letters of a pattern that a person would still read.
const READABLE: usize = 60;
/// Texts that between them fit most of the patterns in libvirt's schemas; where several fit, the first is the example.
const SAMPLES: [&str; 12] = [
    "name",
    "/path",
    "sda",
    "1",
    "0x0",
    "GiB",
    "52:54:00:00:00:01",
    "192.168.122.1",
    "fd00::1",
    "6b9f7e1c-3d0a-4f2e-9c55-0a1b2c3d4e5f",
    "0x0001",
    "0755",
];
/// Words that people use for yes and no, where libvirt accepts some pairs here and others there.
const YES: [&str; 7] = ["yes", "on", "true", "enabled", "enable", "1", "y"];
const NO: [&str; 7] = ["no", "off", "false", "disabled", "disable", "0", "n"];

/// Texts that a value may be: all that are listed, and an example of each datatype that is not.
pub(super) fn samples(values: &Values, fits: &dyn Fn(&str, &Datatype) -> bool) -> Vec<String> {
    let mut samples: Vec<String> = values.literals.iter().cloned().collect();
    samples.extend(values.datatypes.iter().filter_map(|datatype| sample(datatype, fits)).map(str::to_owned));
    samples.dedup();
    samples
}

fn sample(datatype: &Datatype, fits: &dyn Fn(&str, &Datatype) -> bool) -> Option<&'static str> {
    // Most patterns for a path accept any text; those for hexadecimal numbers accept decimal ones.
    let path = datatype.define.ends_with("Path");
    let hexadecimal = datatype.limits.get("pattern").is_some_and(|pattern| pattern.starts_with("(0x)?"));
    let usual = |sample: &&&str| path && sample.starts_with('/') || hexadecimal && sample.starts_with("0x");
    let first = SAMPLES.iter().filter(usual);
    first.chain(&SAMPLES).copied().find(|sample| fits(sample, datatype))
}

/// What to write in the place of a value.
pub(super) fn expected(
    literals: &BTreeSet<String>,
    datatypes: &BTreeSet<Datatype>,
    fits: &dyn Fn(&str, &Datatype) -> bool,
) -> String {
    let mut expected = match literals.len() {
        0 => Vec::new(),
        1 => literals.iter().map(|literal| format!("`{literal}`")).collect(),
        _ => vec![format!("one of {}", listed(literals.iter().map(|literal| format!("`{literal}`"))))],
    };
    let mut examples: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for datatype in datatypes {
        let example = if is_number(datatype) { None } else { sample(datatype, fits) };
        let known = examples.entry(in_words(datatype)).or_default();
        *known = known.or(example);
    }
    expected.extend(examples.into_iter().map(|(words, example)| match example {
        Some(example) => format!("{words}, such as `{example}`"),
        None => words,
    }));
    if expected.is_empty() { String::new() } else { format!("expected {}", expected.join("; or ")) }
}

/// The word among `words` that was probably meant: one that answers the same, or is spelt nearly so.
pub(super) fn meant<'n>(found: &str, words: &'n BTreeSet<String>) -> Option<&'n String> {
    same_answer(found, words).or_else(|| similar(found, words))
}

/// The word among `words` that answers as `found` does: `on` for `yes`.
fn same_answer<'n>(found: &str, words: &'n BTreeSet<String>) -> Option<&'n String> {
    let found = found.to_lowercase();
    let answers = [YES, NO].into_iter().find(|answers| answers.contains(&found.as_str()))?;
    let opposite = if answers == YES { NO } else { YES };
    // Where only one of the two can be said, it is not a question.
    words.iter().find(|_| words.iter().any(|word| opposite.contains(&word.as_str())))?;
    words.iter().find(|word| answers.contains(&word.as_str()))
}

pub(super) fn is_number(datatype: &Datatype) -> bool {
    !matches!(datatype.name.as_str(), "text" | "string" | "NCName" | "anyURI" | "dateTime")
}

fn in_words(datatype: &Datatype) -> String {
    let words = match datatype.define.as_str() {
        "UUID" => "a UUID",
        "macAddr" => "a MAC address",
        "uniMacAddr" => "a MAC address with an even second digit",
        "ipv4Addr" => "an IPv4 address",
        "ipv6Addr" => "an IPv6 address",
        "unit" => "a unit",
        "objectName" => "a name without a slash",
        "objectNameWithSlash" => "a name",
        "pciBus" => "the number of a PCI bus, 0x00 to 0xff",
        "pciSlot" => "the number of a PCI slot, 0x00 to 0x1f",
        "pciFunc" => "the number of a PCI function, 0 to 7",
        "cpuset" => "numbers and ranges of CPUs with commas and no spaces",
        "absFilePath" | "absDirPath" => "an absolute path",
        "filePath" | "dirPath" => "a path",
        _ => "",
    };
    if !words.is_empty() {
        return words.to_owned();
    }
    let limit = |name: &str| datatype.limits.get(name).map(String::as_str);
    if is_number(datatype) {
        let number = match datatype.name.as_str() {
            "unsignedInt" | "unsignedLong" | "unsignedShort" | "unsignedByte" | "nonNegativeInteger" => {
                "a whole number"
            }
            "positiveInteger" => "a whole number above 0",
            "double" | "decimal" => "a decimal number",
            _ => "a number",
        };
        return match (limit("minInclusive"), limit("maxInclusive")) {
            (Some(least), Some(most)) => format!("{number} from {least} to {most}"),
            (Some(least), None) => format!("{number} from {least}"),
            (None, Some(most)) => format!("{number} up to {most}"),
            (None, None) => number.to_owned(),
        };
    }
    match limit("pattern") {
        Some(pattern) if pattern.starts_with("(0x)?") || pattern.starts_with("0x[") => {
            "a hexadecimal number".to_owned()
        }
        Some(pattern) if pattern.len() <= READABLE => format!("a text of the form `{pattern}`"),
        Some(_) => "a text of a certain form".to_owned(),
        None => "a text".to_owned(),
    }
}

/// A number with letters behind it, taken apart.
pub(super) fn number_with_unit(text: &str) -> Option<(&str, &str)> {
    let letters = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(letters);
    let unit = unit.trim();
    (letters > 0 && unit.chars().all(|c| c.is_ascii_alphabetic())).then_some((number, unit))
}

pub(super) fn listed(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<_> = items.collect();
    let more = items.len().saturating_sub(LISTED);
    items.truncate(LISTED);
    let list = items.join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

/// Names of elements, as places.
pub(super) fn places(names: &BTreeSet<String>) -> String {
    names.iter().map(|name| format!("<{name}>")).collect::<Vec<_>>().join(" or ")
}

/// The name that was probably meant.
#[must_use]
pub fn similar<'n>(name: &str, names: &'n BTreeSet<String>) -> Option<&'n String> {
    let lower = name.to_lowercase();
    let letters = lower.chars().count();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    // A third of the letters may be wrong, in a short word not the first; rather one letter for another than one more
    // or less.
    let scored = names.iter().map(|candidate| (distance(candidate), candidate)).filter(|(distance, candidate)| {
        let same_start = candidate.to_lowercase().chars().next() == lower.chars().next();
        *distance <= letters.div_euclid(3) && (same_start || letters > 5 || letters > 3 && *distance == 1)
    });
    let close = scored.min_by_key(|(distance, candidate)| (*distance, candidate.len().abs_diff(name.len())));
    if let Some((_, close)) = close {
        return Some(close);
    }
    // `virtio-blk` for `virtio`, `pulse` for `pulseaudio`.
    let begins = |candidate: &&String| {
        let candidate = candidate.to_lowercase();
        letters.min(candidate.chars().count()) >= 3 && (candidate.starts_with(&lower) || lower.starts_with(&candidate))
    };
    let mut beginning = names.iter().filter(begins);
    beginning.next().filter(|_| beginning.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(name: &str, names: &[&str]) -> Option<String> {
        let names: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
        same_answer(name, &names).or_else(|| similar(name, &names)).cloned()
    }

    #[test]
    fn what_was_meant() {
        for (name, names, expected) in [
            ("memroy", &["memory", "memtune"][..], Some("memory")),
            ("on", &["no", "yes"], Some("yes")),
            ("false", &["off", "on"], Some("off")),
            ("0", &["1.2", "2.0"], None),
            ("virtio-blk", &["sata", "virtio"], Some("virtio")),
            ("host", &["host-model", "host-passthrough"], None),
            ("uefi", &["bios", "efi"], Some("efi")),
            ("img", &["dmg", "raw"], None),
            ("on", &["absent", "yes"], None),
            ("usv", &["pci", "usb"], Some("usb")),
            ("wirtoi", &["sata", "virtio"], Some("virtio")),
        ] {
            assert_eq!(meant(name, names).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn what_a_value_must_be() {
        let long = "x".repeat(READABLE + 1);
        for (define, name, limits, words) in [
            ("macAddr", "string", &[("pattern", "[0-9]")][..], "a MAC address"),
            ("objectName", "string", &[], "a name without a slash"),
            ("pciBus", "string", &[], "the number of a PCI bus, 0x00 to 0xff"),
            ("absFilePath", "string", &[], "an absolute path"),
            ("absDirPath", "string", &[], "an absolute path"),
            ("filePath", "string", &[], "a path"),
            ("dirPath", "string", &[], "a path"),
            ("", "double", &[], "a decimal number"),
            ("", "positiveInteger", &[], "a whole number above 0"),
            ("", "integer", &[("minInclusive", "-1"), ("maxInclusive", "7")], "a number from -1 to 7"),
            ("", "unsignedInt", &[("minInclusive", "1")], "a whole number from 1"),
            ("", "unsignedInt", &[("maxInclusive", "7")], "a whole number up to 7"),
            ("", "string", &[("pattern", "(0x)?[0-9a-f]+")], "a hexadecimal number"),
            ("", "string", &[("pattern", "0x[0-9a-f]+")], "a hexadecimal number"),
            ("", "string", &[("pattern", "[a-z]+")], "a text of the form `[a-z]+`"),
            ("", "string", &[("pattern", &long)], "a text of a certain form"),
            ("", "string", &[], "a text"),
        ] {
            let limits = limits.iter().map(|&(name, limit)| (name.to_owned(), limit.to_owned())).collect();
            let (define, name) = (define.to_owned(), name.to_owned());
            assert_eq!(in_words(&Datatype { define, name, limits, ..Datatype::default() }), words);
        }
    }

    #[test]
    fn a_long_list_is_cut_short() {
        let list = |items: usize| listed((0..items).map(|item| item.to_string()));
        assert_eq!(list(3), "0, 1, 2");
        assert!(list(LISTED).ends_with(", 23"), "{}", list(LISTED));
        assert!(list(LISTED + 2).ends_with(", 23 and 2 more"), "{}", list(LISTED + 2));
    }

    #[test]
    fn numbers_with_units() {
        assert_eq!(number_with_unit("4G"), Some(("4", "G")));
        assert_eq!(number_with_unit("512 MiB"), Some(("512", "MiB")));
        for text in ["4", "G", "4.5G", "", "1,5"] {
            assert_eq!(number_with_unit(text), None, "{text}");
        }
    }
}
