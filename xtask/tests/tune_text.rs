//! What `cargo xtask tune` does with a machine's text: its comments, and its encoding.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{command, seen};
use domain_definitions::version::v;
use domain_definitions::{Connection, Definition, Hypervisor, Since, topics};
use roxmltree::{Document, Node};
use tempfile::TempDir;
use xtask::tune::choose::Wish;
use xtask::tune::tuned::{Which, tuned};

const NEWEST: Since = Since { libvirt: v(99, 0, 0), qemu: v(99, 0, 0), linux: v(99, 0, 0) };
const ALL: Which = Which { all: true, only: &[], except: &[] };

/// A text, made like a file of its guest.
fn like(text: &str, file: &Definition, which: Which) -> String {
    let stem = file.stem();
    let wish = Wish { like: Some(&stem), connection: Some(file.connection), guest: None };
    tuned(text, wish, which, NEWEST, false).unwrap_or_else(|error| panic!("{error}\n{text}")).text
}

fn comments(text: &str) -> Vec<String> {
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let all = document.descendants().filter(Node::is_comment).filter_map(|comment| comment.text());
    all.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn files() -> impl Iterator<Item = Definition> {
    Definition::all().filter(|definition| definition.platform.hypervisor == Hypervisor::Qemu)
}

#[test]
fn no_reason_of_ours_is_left_of_what_is_gone() {
    let mut gone = 0;
    // The system's have all that the session's have, and more.
    for from in files().filter(|from| from.connection == Connection::System) {
        let text = from.xml().unwrap();
        let before = comments(&text);
        let of_it = |to: &Definition| {
            std::ptr::eq(to.guest, from.guest)
                && std::ptr::eq(to.platform, from.platform)
                && to.connection == from.connection
        };
        for to in files().filter(of_it) {
            let (there, wanted) = (comments(&like(&text, &to, ALL)), comments(&to.xml().unwrap()));
            let orphans: Vec<_> = there.iter().filter(|comment| !wanted.contains(comment)).collect();
            assert!(orphans.is_empty(), "{} like {}: {orphans:#?}", from.path(), to.path());
            // What stays keeps its reason.
            let lost: Vec<_> = before.iter().filter(|one| wanted.contains(one) && !there.contains(one)).collect();
            assert!(lost.is_empty(), "{} like {}: {lost:#?}", from.path(), to.path());
            gone += before.len() - there.len();
        }
    }
    assert!(gone > 50, "{gone}");
}

#[test]
fn what_is_not_gone_keeps_its_comment_and_so_does_what_is_the_owners() {
    let [linux, plain] = ["session/linux.xml", "session/linux-2d.xml"].map(|path| Definition::find(path).unwrap());
    let text = linux.xml().unwrap();
    let gl = |text: &str| text.contains("<gl ");
    assert!(gl(&text) && !gl(&plain.xml().unwrap()));
    let at = text[..text.find("<gl ").unwrap()].rfind("<!--").unwrap();
    let reason = text[at..].split_inclusive("-->").next().unwrap().to_owned();
    let text = text.replacen(&reason, &format!("<!-- mine -->\n{reason}\n<!-- mine, too -->"), 1);
    let there = like(&text, &plain, Which::default());
    assert!(!gl(&there) && !there.contains(&reason), "{there}");
    assert!(there.contains("<!-- mine -->") && there.contains("<!-- mine, too -->"), "{there}");
    assert!(there.starts_with(plain.xml().unwrap().split_inclusive("-->").next().unwrap()), "{there}");
    // What is left as it is.
    let except = topics::TOPICS.to_vec();
    let none = Which { all: false, only: &[], except: &except };
    let there = like(&text, &plain, none);
    assert!(gl(&there) && there.contains(&reason), "{there}");
    // A header of the owner's stays.
    let own = text.replacen("For a desktop", "For my desktop", 1);
    let there = like(&own, &plain, Which::default());
    assert!(own != text && there.starts_with(own.split_inclusive("-->").next().unwrap()), "{there}");
}

#[test]
fn what_is_not_utf_8_is_refused_with_the_command_that_converts_it() {
    let machine = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tune/virt-install-win11.xml");
    let text = fs::read_to_string(machine).unwrap().replacen("</name>", "</name>\n  <title>M\u{fc}ller</title>", 1);
    let with = |encoding: &str| format!("<?xml version=\"1.0\" encoding='{encoding}'?>\n{text}");
    let latin = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<_>>();
    let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let one =
        "is not UTF-8 in line 3, and libvirt takes nothing else; if it is Latin-1, `iconv -f ISO-8859-1 -t UTF-8 ";
    let other = |name: &str| format!("is {name}, and libvirt takes UTF-8 alone; `iconv -f {name} -t UTF-8 ");
    let folder = TempDir::new().unwrap();
    for (bytes, says) in [
        (latin(&text), one.to_owned()),
        (latin(&with("UTF-8")), one.replace("line 3", "line 4")),
        (latin(&with("ISO-8859-15")), other("ISO-8859-15")),
        (latin(&with("x; rm -r /")), one.replace("line 3", "line 4")),
        (wide(&format!("\u{feff}{}", with("UTF-16")), u16::to_le_bytes), other("UTF-16")),
        (wide(&format!("\u{feff}{text}"), u16::to_be_bytes), other("UTF-16")),
        (wide(&text, u16::to_le_bytes), other("UTF-16LE")),
        (wide(&text, u16::to_be_bytes), other("UTF-16BE")),
    ] {
        fs::write(folder.path().join("FILE"), &bytes).unwrap();
        let tune = |file: &str| {
            let mut xtask = command(env!("CARGO_BIN_EXE_xtask"), folder.path());
            seen(&xtask.args(["tune", "--floor", "libvirt=11.3", "--write", file]).output().unwrap())
        };
        let said = tune("FILE");
        assert!(said.starts_with(&format!("error: FILE: {says}")) && said.ends_with("\nexit status 2\n"), "{said}");
        assert_eq!(said.lines().count(), 2, "{said}");
        // The command does what it is said to do.
        let iconv = said.split('`').nth(1).unwrap();
        let status = Command::new("sh").args(["-c", iconv]).current_dir(folder.path()).status().unwrap();
        assert!(status.success(), "{iconv}");
        let converted = tune("NEW");
        assert!(
            converted.contains("<title>M\u{fc}ller</title>") && converted.ends_with("exit status 0\n"),
            "{converted}"
        );
    }
}
