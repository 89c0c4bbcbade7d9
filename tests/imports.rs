//! The source has an order in which it can be read: no file imports one that imports it, by whatever detour.
//!
//! An import is a `use`, or a path in the text that begins with `crate::` or `super::`. `mod` declarations are none, and the
//! crate root, which declares and re-exports, may not be imported from at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// Modules that are judged together with the files in their folder: a rule and the list of rules know each other.
const AS_ONE: [&str; 1] = ["rules"];

/// The modules of `defs/` by path (`tunables::usb`), each with its text, tests left out.
fn modules() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("defs");
    let files = WalkDir::new(&root).into_iter().map(|entry| entry.expect("it can be read").into_path());
    let mut modules = BTreeMap::new();
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let path = file.strip_prefix(&root).expect("it is below").with_extension("");
        let path = path.to_string_lossy().replace('/', "::");
        let text = fs::read_to_string(&file).expect("it can be read");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        if path != "lib" {
            modules.insert(path, lines.collect::<Vec<_>>().join("\n"));
        }
    }
    modules
}

/// Every path in a text that begins with `crate` or `super`, as from the root; groups in braces taken apart.
fn paths(text: &str, module: &str) -> Vec<String> {
    let parent = |of: &str| of.rsplit_once("::").map_or("", |(parent, _)| parent).to_owned();
    let mut found = Vec::new();
    let starts = text.match_indices(is_path).filter(|(at, _)| !text[..*at].ends_with(is_path));
    for (at, _) in starts {
        let mut rest = &text[at..];
        let mut base = None;
        if let Some(below) = rest.strip_prefix("crate::") {
            (base, rest) = (Some(String::new()), below);
        }
        while let Some(above) = rest.strip_prefix("super::") {
            (base, rest) = (Some(parent(base.as_deref().unwrap_or(module))), above);
        }
        if let Some(base) = base {
            expand(&base, rest, &mut found);
        }
    }
    found
}

fn is_path(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

/// Adds what a path stands for, which may branch; what stands behind it in the text.
fn expand<'a>(base: &str, text: &'a str, found: &mut Vec<String>) -> &'a str {
    let end = text.find(|c| !is_path(c)).unwrap_or(text.len());
    let (path, mut rest) = (text[..end].trim_end_matches(':'), &text[end..]);
    let path = if base.is_empty() || path.is_empty() { format!("{base}{path}") } else { format!("{base}::{path}") };
    if !rest.starts_with('{') {
        found.push(path);
        return rest;
    }
    loop {
        rest = rest[1..].trim_start();
        if !rest.starts_with('}') {
            rest = expand(&path, rest, found);
            // An `as` is no part of the path.
            rest = &rest[rest.find([',', '}']).expect("a group has an end")..];
        }
        if let Some(behind) = rest.strip_prefix('}') {
            return behind;
        }
    }
}

/// The module that a path leads to: its longest beginning that is a file, with what is judged as one taken together.
fn file_of(path: &str, modules: &BTreeMap<String, String>) -> Option<String> {
    let mut path = path;
    while !modules.contains_key(path) {
        path = path.rsplit_once("::")?.0;
    }
    let top = path.split("::").next().unwrap_or(path);
    Some(if AS_ONE.contains(&top) { top } else { path }.to_owned())
}

/// Who imports whom; and imports that lead to no file.
fn imports(modules: &BTreeMap<String, String>) -> (BTreeMap<String, BTreeSet<String>>, Vec<String>) {
    let (mut imports, mut lost) = (BTreeMap::<_, BTreeSet<_>>::new(), Vec::new());
    for (module, text) in modules {
        let from = file_of(module, modules).expect("it is a file");
        for path in paths(text, module) {
            match file_of(&path, modules) {
                Some(to) if to != from => drop(imports.entry(from.clone()).or_default().insert(to)),
                Some(_) => {}
                None => lost.push(format!("{module} imports {path} from the crate root")),
            }
        }
        // What a module takes from its own files, it imports, too.
        let children = modules.keys().filter_map(|other| other.strip_prefix(&format!("{module}::")));
        for child in children.filter(|child| !child.contains("::") && takes_from(text, child)) {
            let to = file_of(&format!("{module}::{child}"), modules).expect("it is a file");
            if to != from {
                imports.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    (imports, lost)
}

/// Whether a text has a path that begins with this word.
fn takes_from(text: &str, word: &str) -> bool {
    text.match_indices(&format!("{word}::")).any(|(at, _)| !text[..at].ends_with(is_path))
}

/// Those that are on a circle: what is left when whoever imports nothing that is left has gone, and then whoever nobody
/// that is left imports.
fn circles(mut imports: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    loop {
        let before: usize = imports.values().map(BTreeSet::len).sum();
        let importing: BTreeSet<_> = imports.keys().cloned().collect();
        let imported: BTreeSet<_> = imports.values().flatten().cloned().collect();
        imports.retain(|module, to| {
            to.retain(|to| importing.contains(to));
            !to.is_empty() && imported.contains(module)
        });
        if imports.values().map(BTreeSet::len).sum::<usize>() == before {
            return imports;
        }
    }
}

#[test]
fn no_file_imports_one_that_imports_it() {
    let (imports, lost) = imports(&modules());
    assert!(imports.len() > 40, "only {} files import anything: imports are not recognized", imports.len());
    for (from, to) in [("definition", "guests"), ("tunables::usb", "tunables"), ("groups", "tunables::usb")] {
        assert!(imports.get(from).is_some_and(|all| all.contains(to)), "{from} imports {to}: that is not recognized");
    }
    assert!(lost.is_empty(), "name the module:\n{}", lost.join("\n"));
    let circles = circles(imports);
    assert!(circles.is_empty(), "these import each other, perhaps by a detour: {circles:#?}");
}

#[test]
fn circles_are_found() {
    let edges = |edges: &[(&str, &str)]| {
        let mut imports = BTreeMap::<String, BTreeSet<String>>::new();
        for (from, to) in edges {
            imports.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        circles(imports).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(edges(&[("a", "b"), ("b", "c"), ("a", "c")]), [""; 0]);
    assert_eq!(edges(&[("a", "b"), ("b", "a"), ("b", "c"), ("d", "a")]), ["a", "b"]);
    assert_eq!(edges(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]), ["a", "b", "c"]);
}

#[test]
fn paths_are_taken_apart() {
    let text = "use crate::{needs, topics as t};\nuse super::super::a::{B, c::{D, E},};\nlet x = crate::e::F::new();\n\
                use super::{G, h};\nfn mycrate::x(a: self::y) {}";
    let wanted = ["needs", "topics", "x::a::B", "x::a::c::D", "x::a::c::E", "e::F::new", "x::y::G", "x::y::h"];
    assert_eq!(paths(text, "x::y::z"), wanted);
}
