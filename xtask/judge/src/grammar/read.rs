//! Reading a schema from its files.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use roxmltree::{Document, Node};

use super::Grammar;
use super::pattern::{Reader, START, prefix};

/// A grammar that is being read: definitions in it are its own.
#[derive(Default)]
struct Scope {
    /// What the names of its definitions begin with.
    name: String,
    /// The files that were read into it.
    seen: HashSet<PathBuf>,
    /// Whether the starts of files do not count.
    started: bool,
}

impl Grammar {
    /// Reads a schema. What cannot be read is left out: an explanation then says less.
    #[must_use]
    pub fn read(path: &Path) -> Grammar {
        let mut grammar = Grammar::default();
        grammar.include(path, &mut Scope::default());
        grammar.start = grammar.defines.remove(START).unwrap_or_default();
        grammar
    }

    /// Reads the text of a schema; what it includes is named from a folder.
    #[must_use]
    pub fn of(text: &str, folder: &Path) -> Grammar {
        let mut grammar = Grammar::default();
        grammar.take(text, &folder.join("text"), &mut Scope::default());
        grammar.start = grammar.defines.remove(START).unwrap_or_default();
        grammar
    }

    fn include(&mut self, path: &Path, scope: &mut Scope) {
        if scope.seen.insert(path.to_owned())
            && let Ok(text) = fs::read_to_string(path)
        {
            self.take(&text, path, scope);
        }
    }

    fn take(&mut self, text: &str, path: &Path, scope: &mut Scope) {
        if let Ok(document) = Document::parse(text) {
            self.collect(document.root_element(), &text.into(), path, scope);
        }
    }

    fn collect(&mut self, parent: Node, file: &Arc<str>, path: &Path, scope: &mut Scope) {
        for node in parent.children().filter(Node::is_element) {
            let name = match node.tag_name().name() {
                "start" if scope.started => continue,
                "start" => START,
                "define" => node.attribute("name").unwrap_or_default(),
                "include" => {
                    // A definition inside an include replaces that of the included file; for naming, both will do. The start
                    // is the place itself, and there is one.
                    self.collect(node, file, path, scope);
                    let started = scope.started;
                    scope.started |= node.children().any(|node| node.tag_name().name() == "start");
                    if let Some(href) = node.attribute("href") {
                        self.include(&path.with_file_name(href), scope);
                    }
                    scope.started = started;
                    continue;
                }
                _ => {
                    self.collect(node, file, path, scope);
                    continue;
                }
            };
            let reader = Reader { file, scope: &scope.name, nested: RefCell::default() };
            let patterns = reader.patterns(node);
            let nested = reader.nested.take();
            self.defines.entry(format!("{}{name}", scope.name)).or_default().extend(patterns);
            for (name, grammar) in nested {
                self.collect(grammar, file, path, &mut Scope { name, ..Scope::default() });
            }
        }
        let namespaces = parent.descendants().filter_map(|node| node.attribute("ns"));
        for namespace in namespaces.filter(|namespace| !namespace.is_empty()) {
            self.namespaces.insert(prefix(namespace).to_owned(), namespace.to_owned());
        }
    }
}
