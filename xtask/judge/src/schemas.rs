//! Finding and compiling libvirt's schemas.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use domain_definitions::needs::SCHEMAS;

use crate::grammar::Grammar;
use crate::relaxng::{Message, Schema};
use crate::release::Release;

/// Where distributions install the schemas.
const INSTALLED: [&str; 2] = ["/usr/share/libvirt/schemas", "/usr/local/share/libvirt/schemas"];
/// The file by which a folder of libvirt's schemas is recognized.
const DOMAIN: &str = "domain.rng";
/// The documents that libvirt has a schema for: root element, and file.
const ROOTS: [(&str, &str); 17] = [
    ("capabilities", "capability.rng"),
    ("cpu", "cpu.rng"),
    ("device", "nodedev.rng"),
    ("domain", DOMAIN),
    ("domainCapabilities", "domaincaps.rng"),
    ("domainbackup", "domainbackup.rng"),
    ("domaincheckpoint", "domaincheckpoint.rng"),
    ("domainsnapshot", "domainsnapshot.rng"),
    ("filter", "nwfilter.rng"),
    ("filterbinding", "nwfilterbinding.rng"),
    ("interface", "interface.rng"),
    ("network", "network.rng"),
    ("networkport", "networkport.rng"),
    ("pool", "storagepool.rng"),
    ("secret", "secret.rng"),
    ("storagepoolCapabilities", "storagepoolcaps.rng"),
    ("volume", "storagevol.rng"),
];

/// The root elements that can be judged.
pub fn roots() -> impl Iterator<Item = &'static str> {
    ROOTS.iter().map(|(root, _)| *root)
}

/// The schemas of one libvirt release.
#[derive(Clone, Debug)]
pub struct SchemaSet {
    /// What reports call it.
    pub name: String,
    /// The release they are of.
    pub release: Release,
    /// Whether it is the set installed on this machine. Nobody chose it for a document, so a document may be too new for it.
    pub installed: bool,
    folder: PathBuf,
    /// What the schemas allow, by their files. Each is read once, when the first explanation needs it.
    grammars: BTreeMap<&'static str, Arc<OnceLock<Grammar>>>,
}

/// The schemas of a set, each compiled when the first document needs it. libxml2 cannot share them between threads.
pub struct Compiler {
    /// The set.
    pub set: SchemaSet,
    /// In the order of [`ROOTS`].
    compiled: [OnceCell<Result<Compiled, Error>>; ROOTS.len()],
}

/// One schema, ready to judge and to explain.
pub struct Compiled {
    /// The judge.
    pub schema: Schema,
    source: Source,
    grammar: Arc<OnceLock<Grammar>>,
}

/// What a schema was compiled from.
enum Source {
    File(PathBuf),
    /// A text, and the folder of what it includes.
    Text(String, PathBuf),
}

impl Compiled {
    /// What the schema allows where.
    #[must_use]
    pub fn grammar(&self) -> &Grammar {
        self.grammar.get_or_init(|| match &self.source {
            Source::File(path) => Grammar::read(path),
            Source::Text(text, folder) => Grammar::of(text, folder),
        })
    }
}

impl SchemaSet {
    /// Prepares the set for use on this thread.
    #[must_use]
    pub fn compiler(&self) -> Compiler {
        Compiler { set: self.clone(), compiled: [const { OnceCell::new() }; ROOTS.len()] }
    }
}

impl Compiler {
    /// The schema for documents with this root element; `None` if libvirt has none.
    ///
    /// # Errors
    ///
    /// When the schema cannot be used.
    pub fn schema(&self, root: &str) -> Option<Result<&Compiled, &Error>> {
        let index = ROOTS.iter().position(|(known, _)| *known == root)?;
        let compile = || {
            let path = self.set.folder.join(ROOTS[index].1);
            match Schema::compile(&path) {
                Ok(schema) => {
                    let grammar = self.set.grammars[ROOTS[index].1].clone();
                    Ok(Compiled { schema, source: Source::File(path), grammar })
                }
                Err(messages) => Err(Error::Compile { path, messages }),
            }
        };
        Some(self.compiled[index].get_or_init(compile).as_ref())
    }
}

impl Compiler {
    /// The schema for a piece of a document: one element, as the schemas of whole documents define it; `None` if none does.
    ///
    /// # Errors
    ///
    /// When the schema cannot be used.
    pub fn piece(&self, name: &str) -> Option<Result<(Compiled, Piece), String>> {
        // A machine's devices first, then what stands in it elsewhere, then other documents.
        let mut roots: Vec<_> = ROOTS.iter().collect();
        roots.sort_by_key(|(root, _)| COMMONEST.iter().position(|common| common == root).unwrap_or(COMMONEST.len()));
        for (root, file) in roots {
            let Some(Ok(whole)) = self.schema(root) else { continue };
            let grammar = whole.grammar();
            let at =
                |path: &[&str]| (path.iter().map(|name| (*name).to_owned()).collect(), grammar.sources(path, name));
            let places: [(Vec<String>, _); 3] = [at(&[root, "devices"]), at(&[root]), at(&[])];
            let Some((path, sources)) = places.into_iter().find(|(_, sources)| !sources.is_empty()) else { continue };
            let parent = path.last().cloned();
            let parents = parent.map_or_else(|| grammar.parents_of(name, &[]), |parent| BTreeSet::from([parent]));
            let piece = Piece { name: name.to_owned(), root: (*root).to_owned(), parents };
            let patterns: String = sources.into_iter().collect();
            let href =
                quick_xml::escape::escape(self.set.folder.join(file).to_string_lossy().into_owned()).into_owned();
            let text = format!(
                "<grammar xmlns='http://relaxng.org/ns/structure/1.0' \
                 datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'><include href=\"{href}\">\
                 <start><choice>{patterns}</choice></start></include></grammar>"
            );
            return Some(match Schema::compile_text(&text) {
                Ok(schema) => {
                    let source = Source::Text(text, self.set.folder.clone());
                    Ok((Compiled { schema, source, grammar: Arc::default() }, piece))
                }
                Err(messages) => {
                    Err(format!("{}: has no usable schema for <{name}>: {}", self.set.name, describe(&messages)))
                }
            });
        }
        None
    }
}

/// A piece of a document, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    name: String,
    root: String,
    parents: BTreeSet<String>,
}

/// `<disk> alone is a piece of a <domain>: it goes into <devices>, or to virsh attach-device`
impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Piece { name, root, parents } = self;
        write!(f, "<{name}> alone is a piece of a <{root}>")?;
        if parents.iter().eq(["devices"]) {
            write!(f, ": it goes into <devices>, or to `virsh attach-device`")
        } else if parents.len() <= PARENTS {
            let parents: Vec<_> = parents.iter().map(|parent| format!("<{parent}>")).collect();
            write!(f, ": it goes into {}", parents.join(" or "))
        } else {
            Ok(())
        }
    }
}

/// The documents that people write most.
const COMMONEST: [&str; 4] = ["domain", "network", "pool", "volume"];
/// How many places of a piece are named.
const PARENTS: usize = 3;

/// Why there are no schemas to judge by.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error(
        "libvirt's schemas are not installed in {}. They come with {} (Debian, Ubuntu), {} (Fedora), {} (Arch), {} \
         (openSUSE); or name their folder with --schema or LIBVIRT_SCHEMA_DIR",
        INSTALLED.join(" or "), SCHEMAS.debian.replace(' ', " or "), SCHEMAS.fedora, SCHEMAS.arch, SCHEMAS.opensuse
    )]
    NotInstalled,
    #[error("{}: is not a folder with libvirt's schemas: it has no {DOMAIN}; check {from}", .folder.display())]
    NoDomain { folder: PathBuf, from: &'static str },
    #[error("{}: cannot be used as a schema: {}", .path.display(), describe(.messages))]
    Compile { path: PathBuf, messages: Vec<Message> },
    #[error("two sets of schemas are called {0:?}; name them with --schema NAME=DIR")]
    SameName(String),
}

fn describe(messages: &[Message]) -> String {
    messages.first().map_or_else(|| "libxml2 gives no reason".to_owned(), Message::to_string)
}

/// Finds the sets that the user chose (`DIR` or `NAME=DIR` each), or the installed one: in the folder that the environment
/// names, else where distributions install it.
///
/// # Errors
///
/// When there is none, or a folder has no schemas.
pub fn load(chosen: &[OsString]) -> Result<Vec<SchemaSet>, Error> {
    if chosen.is_empty() {
        return Ok(vec![installed()?]);
    }
    let mut sets: Vec<SchemaSet> = Vec::with_capacity(chosen.len());
    for chosen in chosen {
        let (name, folder) = named(chosen);
        let name = name.unwrap_or_else(|| folder_name(&folder));
        if sets.iter().any(|set| set.name == name) {
            return Err(Error::SameName(name));
        }
        sets.push(set(name, folder, "--schema")?);
    }
    Ok(sets)
}

fn installed() -> Result<SchemaSet, Error> {
    let named = env::var_os("LIBVIRT_SCHEMA_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let usual = || INSTALLED.iter().map(PathBuf::from).find(|folder| folder.join(DOMAIN).is_file());
    let (folder, from) = match named {
        Some(folder) => (folder, "LIBVIRT_SCHEMA_DIR"),
        None => (usual().ok_or(Error::NotInstalled)?, "the installation of libvirt"),
    };
    Ok(SchemaSet { installed: true, ..set("libvirt".to_owned(), folder, from)? })
}

fn set(name: String, folder: PathBuf, from: &'static str) -> Result<SchemaSet, Error> {
    let domain = folder.join(DOMAIN);
    if !domain.is_file() {
        return Err(Error::NoDomain { folder, from });
    }
    let grammars: BTreeMap<_, Arc<OnceLock<_>>> = ROOTS.iter().map(|(_, file)| (*file, Arc::default())).collect();
    let shown = |_| Release::of(grammars[DOMAIN].get_or_init(|| Grammar::read(&domain)));
    let release = name.parse().map_or_else(shown, Release::Named);
    Ok(SchemaSet { name, release, installed: false, folder, grammars })
}

/// `NAME=DIR` taken apart. A folder whose own name has a `=` in it can be given as `./a=b`: names have no slash.
fn named(asked: &OsStr) -> (Option<String>, PathBuf) {
    let bytes = asked.as_bytes();
    match bytes.iter().position(|&byte| byte == b'=').map(|at| (&bytes[..at], &bytes[at + 1..])) {
        Some((name, folder)) if !name.is_empty() && !name.contains(&b'/') => {
            (Some(String::from_utf8_lossy(name).into_owned()), OsString::from_vec(folder.to_vec()).into())
        }
        _ => (None, asked.into()),
    }
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_stands_before_the_first_sign() {
        let taken = |asked: &str| {
            let (name, folder) = named(asked.as_ref());
            (name.unwrap_or_default(), folder.display().to_string())
        };
        let cases = [
            ("a=b=c", "a", "b=c"),
            ("a=", "a", ""),
            ("a", "", "a"),
            ("=b", "", "=b"),
            ("./a=b", "", "./a=b"),
            ("/a=b", "", "/a=b"),
        ];
        for (asked, name, folder) in cases {
            assert_eq!(taken(asked), (name.to_owned(), folder.to_owned()), "{asked}");
        }
    }

    #[test]
    fn the_first_message_says_what_is_wrong_with_a_schema() {
        let message = |text: &str| Message::at(1, text);
        assert_eq!(describe(&[message("one"), message("two")]), "one");
        assert_eq!(describe(&[]), "libxml2 gives no reason");
    }
}
