//! The README says what the records say, and every command in it is run in CI or marked with the reason why not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use domain_definitions::{Collection, Proven, proof, readme};

/// What may follow ```` ```sh ````, and what it means. Blocks without a mark are run as a user (`.ci/readme`), `workshop`
/// blocks as a maintainer (`.ci/run`); the others need what CI does not have.
const MARKS: [&str; 5] = ["", "workshop", "needs-display", "needs-gpu", "needs-host"];

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_generated_regions_are_what_the_source_says() {
    let proven = Proven::parse(&file(proof::FILE)).unwrap_or_else(|error| panic!("{error}"));
    for region in readme::regions(&Collection::new().expect("it can be written"), &proven) {
        let text = file(region.file);
        let marker = |word| format!("{word} GENERATED {}", region.name);
        let begin = text.lines().find(|line| line.contains(&marker("BEGIN")));
        let end = text.lines().find(|line| line.contains(&marker("END")));
        let (Some(begin), Some(end)) = (begin, end) else {
            panic!("{}: the markers of the region `{}` are gone", region.file, region.name);
        };
        let wanted = format!("{begin}\n{}{end}\n", region.text);
        assert!(text.contains(&wanted), "{}: `{}` is stale; run `cargo xtask regen`", region.file, region.name);
    }
}

#[test]
fn every_block_of_commands_is_run_or_says_why_not() {
    let readme = file("README.md");
    let opening: Vec<_> = readme.lines().filter_map(|line| line.strip_prefix("```")).step_by(2).collect();
    let marks: BTreeSet<_> = opening.iter().filter_map(|info| info.strip_prefix("sh")).map(str::trim).collect();
    assert_eq!(marks, BTreeSet::from(MARKS), "the marks in use are not the marks that .ci/run knows");
    assert!(opening.iter().all(|info| info.starts_with("sh")), "a block in another language than sh: {opening:?}");
}

#[test]
fn a_remedy_names_a_section_that_is_there() {
    let readme_text = file("README.md");
    for need in Collection::new().expect("it can be written").needs().into_iter().map(|used| used.record) {
        for section in need.help.split('"').skip(1).step_by(2).filter(|quoted| !quoted.starts_with('$')) {
            let heading = readme_text.lines().any(|line| line.trim_start_matches('#').trim() == section);
            assert!(heading, "the help for {} refers to {section:?}, which is no section", need.what);
        }
    }
}
