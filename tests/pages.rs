//! The pages say what the records say, lead to each other, and are short; every command in them is run in CI or marked with the
//! reason why not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use domain_definitions::measured::results::{self, Results};
use domain_definitions::pages::{self, README};
use domain_definitions::troubles::TROUBLES;
use domain_definitions::{Collection, Proven, proof, readme};
use walkdir::WalkDir;

/// What may follow ```` ```sh ````, and what it means. Blocks without a mark are run as a user, those with `running`
/// while an emulated machine runs, with `remove` at the end, and `quick-start` and `start` as another user (`.ci/readme`); `workshop` blocks as a maintainer
/// (`.ci/run`). The others need what CI does not have.
const MARKS: [&str; 9] =
    ["", "quick-start", "start", "running", "remove", "workshop", "needs-display", "needs-gpu", "needs-host"];

/// The sizes that a page may have, in bytes: one that is read from the beginning to the end, and one that is looked things up in.
const LIMITS: [usize; 2] = [8192, 25_000];

/// The sections that the README had when it was the only page, by which others link to it.
const OLD_ANCHORS: [&str; 18] = [
    "quick-start",
    "requirements",
    "a-guest-in-your-session",
    "a-guest-of-the-host",
    "windows",
    "afterwards",
    "changing-a-machine",
    "no-gpu-or-trouble-with-3d",
    "another-file-of-the-same-guest",
    "saving-a-machine",
    "snapshots",
    "removing-a-machine",
    "assigning-a-gpu",
    "moving-a-machine-to-another-host",
    "cloud-hypervisor",
    "what-is-in-a-definition",
    "when-it-does-not-work",
    "checking-any-definition",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn file(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A page, taken apart.
struct Page {
    path: &'static str,
    /// The lines that are not in a block of code.
    prose: String,
    /// What follows the three backticks of each block, with its lines.
    blocks: Vec<(String, Vec<String>)>,
}

impl Page {
    fn all() -> Vec<Page> {
        pages::all().map(Page::read).collect()
    }

    fn read(path: &'static str) -> Page {
        let (mut prose, mut blocks, mut inside) = (String::new(), Vec::<(String, Vec<String>)>::new(), false);
        for line in file(path).lines() {
            match line.strip_prefix("```") {
                Some(info) if !inside => blocks.push((info.to_owned(), Vec::new())),
                None if inside => blocks.last_mut().expect("a block has begun").1.push(line.to_owned()),
                Some(_) => {}
                None => prose.extend([line, "\n"]),
            }
            inside ^= line.starts_with("```");
        }
        assert!(!inside, "{path}: a block does not end");
        Page { path, prose, blocks }
    }

    fn headings(&self) -> impl Iterator<Item = &str> {
        let titles = self.prose.lines().filter(|line| line.starts_with('#'));
        titles.map(|line| line.trim_start_matches('#').trim())
    }

    /// What a link can lead to on this page: headings, by GitHub's names for them, and anchors.
    fn anchors(&self) -> BTreeSet<String> {
        let headings = self.headings().map(slug);
        let own = self.prose.split("<a id=\"").skip(1).filter_map(|rest| rest.split_once('"'));
        headings.chain(own.map(|(id, _)| id.to_owned())).collect()
    }

    /// What its links lead to.
    fn targets(&self) -> impl Iterator<Item = &str> {
        self.prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
    }
}

/// The anchor that GitHub makes of a heading: lower case, without punctuation, hyphens for spaces.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).flat_map(char::to_lowercase).collect()
}

/// A path from the repository's root, without detours.
fn resolved(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(resolved.pop(), "{} leads out of the repository", path.display()),
            part => resolved.push(part),
        }
    }
    resolved
}

#[test]
fn the_generated_regions_are_what_the_source_says() {
    let proven = Proven::parse(&file(proof::FILE)).unwrap_or_else(|error| panic!("{error}"));
    let results = Results::parse(&file(results::FILE)).unwrap_or_else(|error| panic!("{error}"));
    for region in readme::regions(&Collection::new().expect("it can be written"), &proven, &results) {
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
fn every_page_is_known_and_short() {
    let folders = ["session", "system", "defs", "xtask", "tests"].map(|folder| WalkDir::new(root().join(folder)));
    let below = folders.into_iter().flatten().map(|entry| entry.expect("it can be read").into_path());
    let top = fs::read_dir(root()).expect("it can be read").map(|entry| entry.expect("it can be read").path());
    let is_page = |path: &PathBuf| path.extension().is_some_and(|end| end == "md");
    let found: BTreeSet<_> = below.chain(top).filter(is_page).collect();
    let known: BTreeSet<_> = pages::all().map(|page| root().join(page)).collect();
    assert_eq!(found, known, "name each page in defs/pages.rs");
    for page in pages::all() {
        let (size, limit) = (file(page).len(), LIMITS[usize::from(page != README)]);
        assert!(size <= limit, "{page} has {size} bytes; {limit} is the limit: move something to a page of its own");
    }
}

#[test]
fn every_link_leads_somewhere_and_every_page_is_reached() {
    let all = Page::all();
    let anchors: BTreeMap<_, _> = all.iter().map(|page| (PathBuf::from(page.path), page.anchors())).collect();
    let (mut lost, mut links) = (Vec::new(), BTreeMap::<PathBuf, BTreeSet<PathBuf>>::new());
    for page in &all {
        let folder = Path::new(page.path).parent().expect("it is a file");
        for target in page.targets().filter(|target| !target.contains("://")) {
            let (path, anchor) = target.split_once('#').map_or((target, None), |(path, id)| (path, Some(id)));
            let path = if path.is_empty() { page.path.into() } else { resolved(&folder.join(path)) };
            // The picture is not made by hand.
            let is_there = root().join(&path).is_file();
            let has = |id: &str| anchors.get(&path).is_some_and(|ids| ids.contains(id));
            if !is_there || !anchor.is_none_or(has) {
                lost.push(format!("{}: {target}", page.path));
            }
            links.entry(page.path.into()).or_default().insert(path);
        }
    }
    assert!(lost.is_empty(), "these links lead nowhere:\n{}", lost.join("\n"));
    let mut reached = BTreeSet::from([PathBuf::from(README)]);
    while let Some(next) = reached.iter().filter_map(|page| links.get(page)).flatten().find(|to| !reached.contains(*to))
    {
        reached.insert(next.clone());
    }
    let unreached: Vec<_> = pages::all().filter(|page| !reached.contains(Path::new(page))).collect();
    assert!(unreached.is_empty(), "no link leads from README.md to {unreached:?}");
}

#[test]
fn links_to_the_one_page_of_old_still_lead_somewhere() {
    let anchors = Page::read(README).anchors();
    let lost: Vec<_> = OLD_ANCHORS.iter().filter(|anchor| !anchors.contains(**anchor)).collect();
    assert!(lost.is_empty(), "README.md#... {lost:?}");
}

#[test]
fn every_block_of_commands_is_run_or_says_why_not() {
    let all = Page::all();
    let blocks = || all.iter().flat_map(|page| page.blocks.iter().map(move |block| (page.path, block)));
    let mut marks = BTreeSet::new();
    for (page, (info, _)) in blocks() {
        let mark = info.strip_prefix("sh").unwrap_or_else(|| panic!("{page}: a block in another language: {info:?}"));
        marks.insert(mark.trim());
    }
    assert_eq!(marks, BTreeSet::from(MARKS), "the marks in use are not the marks that CI knows");
    // Readers follow what is in these folders; elsewhere are other people's commands.
    let readers = ["", "running", "remove"].map(|mark| format!("sh {mark}"));
    for (page, (info, _)) in blocks().filter(|(_, (info, _))| readers.iter().any(|mark| mark.trim() == info)) {
        let followed = ["session/", "system/"].iter().any(|folder| page.starts_with(folder));
        assert!(followed, "{page}: .ci/readme does not run blocks with the mark {info:?} there");
    }
    // CI sees all of them.
    for mark in MARKS {
        let output = Command::new(root().join(".ci/blocks")).arg(mark).output().expect("it can be run");
        let printed = String::from_utf8(output.stdout).expect("it is UTF-8");
        let printed: BTreeSet<_> = printed.lines().collect();
        let of_mark = blocks().filter(|(_, (info, _))| info[2..].trim() == mark);
        let wanted: BTreeSet<_> = of_mark.flat_map(|(_, (_, lines))| lines.iter().map(String::as_str)).collect();
        assert_eq!(printed, wanted, ".ci/blocks {mark}: name each page with commands there");
    }
}

#[test]
fn three_commands_lead_to_an_installer() {
    let readme = Page::read(README);
    let start: Vec<_> = readme.blocks.iter().filter(|(info, _)| info == "sh quick-start").collect();
    let [(_, commands)] = start[..] else { panic!("the README has no quick start, or several") };
    assert!(commands.len() <= 3, "{commands:?}");
    assert!(
        commands[0].starts_with("git clone ") && commands.last().is_some_and(|last| last.ends_with("installer.iso"))
    );
    // Before the first scroll: the first screen of a page is some forty lines.
    let first: Vec<_> = file(README).lines().take(44).map(str::to_owned).collect();
    for question in ["Where is the window?", "Which file is mine?", "It does not work?", commands[2].as_str()] {
        assert!(first.iter().any(|line| line.contains(question)), "{question:?} is answered too late");
    }
}

#[test]
fn what_a_message_refers_to_is_there() {
    let all = Page::all();
    let headings: BTreeSet<_> = all.iter().flat_map(Page::headings).collect();
    let needs = Collection::new().expect("it can be written").needs();
    let needs = needs.into_iter().map(|used| (used.record.what, used.record.help));
    for (what, help) in needs.chain(TROUBLES.iter().map(|trouble| (trouble.said[0], trouble.remedy))) {
        for section in help.split('"').skip(1).step_by(2).filter(|quoted| !quoted.starts_with('$')) {
            assert!(headings.contains(section), "the help for {what} refers to {section:?}, which is no section");
        }
        let words = help.split([' ', ',', ';', '`', '(', ')']).map(|word| word.trim_end_matches('.'));
        for page in words.filter(|word| Path::new(word).extension().is_some_and(|end| end == "md")) {
            assert!(pages::all().any(|known| known == page), "the help for {what} refers to {page}, which is no page");
        }
    }
}
