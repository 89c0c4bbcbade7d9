//! Lists the definitions under `session/` and `system/`, so that the library can embed them.
//!
//! Whatever those folders contain, the build succeeds: a file that cannot be embedded is left out with a warning, because
//! the generator that repairs it is built from this library as well.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use walkdir::{DirEntry, WalkDir};

fn main() {
    let mut catalog = String::from("&[\n");
    for (folder, connection) in [("session", "Session"), ("system", "System")] {
        println!("cargo::rerun-if-changed={folder}");
        let files = WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok).filter(is_definition);
        for file in files {
            let path = file.path();
            let text = match fs::read(path).map(String::from_utf8) {
                Ok(Ok(text)) => text,
                Ok(Err(_)) => {
                    println!("cargo::warning={} is not UTF-8; run `cargo xtask regen`", path.display());
                    continue;
                }
                Err(error) => {
                    println!("cargo::warning={} cannot be read: {error}", path.display());
                    continue;
                }
            };
            let path = path.to_string_lossy();
            writeln!(catalog, "Entry {{ connection: Connection::{connection}, path: {path:?}, xml: {text:?} }},")
                .expect("writing to a string");
        }
    }
    catalog.push_str("]\n");
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("catalog.rs"), catalog).expect("OUT_DIR is writable");
}

fn is_definition(entry: &DirEntry) -> bool {
    entry.file_type().is_file() && entry.path().extension().is_some_and(|extension| extension == "xml")
}
