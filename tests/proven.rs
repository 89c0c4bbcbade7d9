//! What is said to be proven can be read back, and is never more than was found out.

use domain_definitions::proof::{Claim, FILE, Unreadable};
use domain_definitions::{Definition, Proven};

const LINES: &str = include_str!("proven.txt");

fn definition(path: &str) -> Definition {
    Definition::find(path).unwrap_or_else(|| panic!("there is no {path}"))
}

#[test]
fn the_file_is_as_it_would_be_written() {
    let proven = Proven::parse(LINES).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(proven.to_string(), LINES, "{FILE} was changed by hand; run `cargo xtask prove --record`");
    for (path, _) in LINES.lines().filter_map(|line| line.split_once(": ")).filter(|(path, _)| !path.starts_with('#')) {
        definition(path);
    }
}

#[test]
fn a_line_that_says_nothing_is_named() {
    let unreadable = |line: usize, text: &str| Err(Unreadable { line, text: text.to_owned() });
    assert_eq!(Proven::parse("session/linux.xml: boots\nsession/linux.xml"), unreadable(2, "session/linux.xml"));
    assert_eq!(Proven::parse("session/linux.xml: flies"), unreadable(1, "session/linux.xml: flies"));
    assert_eq!(Proven::parse("\u{fffd}<<<<<<< HEAD"), unreadable(1, "\u{fffd}<<<<<<< HEAD"));
}

#[test]
fn of_several_definitions_what_only_some_have_is_told_of_those() {
    let (session, system) = (definition("session/linux-2d.xml"), definition("system/linux-2d.xml"));
    let mut proven = Proven::default();
    let told = |proven: &Proven| proven.told(&[&session, &system]);
    assert_eq!(told(&proven), "by documentation");
    proven.add(&session.path(), Claim::Starts);
    assert_eq!(told(&proven), "by documentation");
    proven.add(&system.path(), Claim::Starts);
    assert_eq!(told(&proven), "starts in CI");
    proven.add(&session.path(), Claim::Boots);
    assert!(told(&proven).starts_with("boots in CI (session), "), "{}", told(&proven));
    proven.add(&system.path(), Claim::Lives);
    assert!(told(&proven).starts_with("boots in CI, "), "{}", told(&proven));
    assert!(told(&proven).ends_with("full life cycle (system), live migration (system)"), "{}", told(&proven));
}

#[test]
fn what_one_run_lost_or_gained_is_named() {
    let before = Proven::parse("session/linux.xml: starts, boots").expect("it is one of ours");
    let less = Proven::parse("session/linux.xml: starts").expect("it is one of ours");
    let more = Proven::parse("session/linux.xml: starts, moves").expect("it is one of ours");
    assert_eq!(before.without(&less).collect::<Vec<_>>(), ["session/linux.xml boots"]);
    assert_eq!(more.without(&before).collect::<Vec<_>>(), ["session/linux.xml moves"]);
    assert_eq!(before.without(&more).count(), 0, "what has moved has been booted");
}
