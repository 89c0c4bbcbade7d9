//! How an explanation says what would be accepted.

use std::collections::BTreeSet;

use crate::grammar::Values;

/// Names and values in a list that a person would still read.
pub(super) const LISTED: usize = 24;
/// Texts that between them fit most of the patterns in libvirt's schemas.
pub(super) const SAMPLES: [&str; 6] = ["name", "1", "/path", "sda", "0x0", "52:54:00:00:00:01"];

/// Texts that a value of one of these kinds may be.
pub(super) fn samples(values: &Values) -> Vec<String> {
    let sample = |kind: &String| match kind.as_str() {
        "unsignedInt" | "unsignedLong" | "integer" | "positiveInteger" | "int" | "long" | "short" | "unsignedShort"
        | "unsignedByte" | "nonNegativeInteger" => vec!["1".to_owned()],
        "text" => vec!["name".to_owned()],
        // Most are restricted by a pattern that only the judge knows.
        _ => SAMPLES.map(str::to_owned).to_vec(),
    };
    let literals = values.literals.iter().cloned();
    literals.chain(values.kinds.iter().flat_map(sample)).collect()
}

pub(super) fn expected(found: &str, literals: &BTreeSet<String>, kinds: &BTreeSet<String>) -> String {
    if let Some(similar) = similar(found, literals) {
        return format!("did you mean `{similar}`?");
    }
    let mut expected: Vec<_> = literals.iter().map(|literal| format!("`{literal}`")).collect();
    expected.extend(kinds.iter().map(|kind| kind_in_words(kind).to_owned()));
    expected.dedup();
    match expected.len() {
        0 => String::new(),
        1 => format!("expected {}", expected[0]),
        _ => format!("expected one of {}", listed(expected.into_iter())),
    }
}

pub(super) fn is_number(kind: &str) -> bool {
    kind_in_words(kind).contains("number")
}

fn kind_in_words(kind: &str) -> &str {
    match kind {
        "unsignedInt" | "unsignedLong" | "unsignedShort" | "unsignedByte" | "nonNegativeInteger" => "a whole number",
        "integer" | "int" | "long" | "short" => "a number",
        "positiveInteger" => "a whole number above 0",
        "double" | "decimal" => "a decimal number",
        _ => "a text of a certain form",
    }
}

pub(super) fn listed(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<_> = items.collect();
    let more = items.len().saturating_sub(LISTED);
    items.truncate(LISTED);
    let list = items.join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

/// The name that was probably meant.
#[must_use]
pub fn similar<'n>(name: &str, names: &'n BTreeSet<String>) -> Option<&'n String> {
    let scored = names
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate));
    // A third of the letters may be wrong; rather one letter for another than one more or less.
    scored
        .filter(|(distance, _)| *distance <= name.chars().count().div_ceil(3))
        .min_by_key(|(distance, candidate)| (*distance, candidate.len().abs_diff(name.len())))
        .map(|(_, candidate)| candidate)
}
