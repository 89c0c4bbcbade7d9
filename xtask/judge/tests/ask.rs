//! `validate --ask`: what the libvirt of this machine refuses is found at its place, and nothing else is; nothing is left behind.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use common::{MEASURED, WITHOUT_RULES, repository, seen, validate_in};
use domain_definitions::rules::{Family, rules};
use domain_definitions::{CATALOG, Version, pages};
use host::User;
use host::command::write_program;
use serde_json::Value;

common::tests! {
    nothing: without_libvirt_it_says_what_to_install;
    schemas: without_the_option_no_libvirt_is_needed;
    libvirt:
        what_libvirt_accepts_is_not_blamed,
        what_the_host_lacks_is_not_the_document_s_fault,
        only_a_whole_document_is_handed_over,
        what_has_been_repaired_is_handed_over,
        nothing_is_left_behind,
        an_ordinary_user_may_ask;
    measured_libvirt:
        each_refusal_is_found_at_its_place,
        the_page_shows_what_is_said;
}

/// Runs it with a home and a folder for temporary files of its own.
fn ask_in(folder: &Path) -> Command {
    let mut command = validate_in(&repository());
    command.env("HOME", folder).env("XDG_CACHE_HOME", cache()).env("XDG_RUNTIME_DIR", folder).env("TMPDIR", folder);
    command.arg("--ask");
    command
}

/// What libvirt knows of QEMU is kept between the tests, as it is between a person's runs. The first one asks alone: it takes
/// seconds, and all at once would take longer.
fn cache() -> PathBuf {
    static CACHE: LazyLock<PathBuf> = LazyLock::new(|| {
        let (folder, cache) = (folder(), host::target().join("tmp/ask"));
        let mut first = validate_in(&repository());
        first.env("XDG_CACHE_HOME", &cache).env("TMPDIR", folder.path()).args(["--ask", REFUSED]);
        first.output().unwrap();
        cache
    });
    CACHE.clone()
}

/// A folder that another user may look into: where root runs this, `nobody` asks.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// The reports on some files.
fn reports(arguments: &[&str]) -> Vec<Value> {
    let folder = folder();
    let output = ask_in(folder.path()).args(["--format", "json"]).args(arguments).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let reports: Vec<_> = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
    assert!(!reports.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    reports
}

/// What libvirt itself found, a line each: place, rule and message.
fn asked(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let asked = findings.filter(|finding| finding["rule"].as_str().unwrap().starts_with("asked/"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    asked
        .map(|finding| {
            let rule = text(&finding["rule"]);
            // Another host may start it.
            assert_eq!(finding["severity"], if rule == "asked/start" { "warning" } else { "error" }, "{finding}");
            format!("{}:{} {rule}: {}", finding["line"], finding["column"], text(&finding["message"]))
        })
        .collect()
}

fn name(report: &Value) -> &str {
    report["path"].as_str().unwrap()
}

/// Each document of `refused/` has one fault that no schema finds, and `several-faults.xml` has four. The rules, which find most of
/// them, are turned off.
fn each_refusal_is_found_at_its_place() {
    let reports = reports(&[&WITHOUT_RULES[..], &["xtask/judge/tests/refused"]].concat());
    assert!(reports.len() >= 60, "{}", reports.len());
    let lines = reports.iter().flat_map(|report| {
        let file = name(report).rsplit('/').next().unwrap().to_owned();
        let asked = asked(report);
        assert!(!asked.is_empty(), "{file}: nothing is found");
        assert_eq!(report["libvirt"]["release"], MEASURED);
        asked.into_iter().map(move |line| format!("{file}:{line}\n"))
    });
    insta::assert_snapshot!("each_refusal_is_found_at_its_place", lines.collect::<String>());
}

/// Below its command, line by line.
fn the_page_shows_what_is_said() {
    let folder = folder();
    let file = "xtask/judge/tests/refused/net-range-broadcast.xml";
    let output = ask_in(folder.path()).arg(file).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: String = said.trim_end().lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
    let page = fs::read_to_string(repository().join(pages::XTASK)).unwrap();
    let shown = format!("! cargo xtask validate --ask {file}\n{said}```\n");
    assert!(page.contains(&shown), "{} does not have:\n{shown}", pages::XTASK);
    assert_eq!(output.status.code(), Some(1));
}

/// All of our own documents, those that a rule is about, and those that are near to them: nothing is said of what libvirt accepts,
/// and what a rule has found is not said again. libvirt need not be able to judge them all: some are for newer releases and for
/// another hypervisor.
fn what_libvirt_accepts_is_not_blamed() {
    // It can be defined, which is what it is for, and lacks the controller to be started with.
    const NOT_STARTED: &str = "tests/rules/libvirt/usb-bus/accepted-elsewhere.xml";
    let reports = reports(&["session", "system", "tests/rules/libvirt"]);
    let reports: Vec<_> = reports.iter().filter(|report| is_for_this_release(report)).collect();
    let (mut judged, mut valid, mut wrong) = (0, 0, Vec::new());
    for report in &reports {
        let rejected = report["findings"].as_array().unwrap().iter().any(|finding| finding["severity"] == "error");
        let accepted = CATALOG.iter().any(|entry| entry.path == name(report)) || name(report).contains("/near");
        let refused = report["libvirt"]["verdict"] == "invalid";
        let taken = report["libvirt"]["verdict"] == "valid";
        judged += usize::from(refused || taken);
        valid += usize::from(taken);
        if accepted && refused && !rejected || asked(report).is_empty() == (name(report) == NOT_STARTED) {
            wrong.push(format!("{}: {:?} {}", name(report), asked(report), report["libvirt"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // libvirt 9.0 takes half of them where there is no KVM. Had it refused them all, nothing would have been tried.
    assert!(judged > reports.len() / 2 && valid > reports.len() / 3, "{judged}, {valid} of {}", reports.len());
}

/// Whether the rule that a document is about, if it is about one, is about the release that was asked. What an older release says of
/// the document is another matter, as in `tests/rules.rs`.
fn is_for_this_release(report: &Value) -> bool {
    let release: Version = report["libvirt"]["release"].as_str().unwrap().parse().unwrap();
    let about = rules().find(|rule| name(report).contains(&format!("/{}/", rule.name)));
    about.is_none_or(|rule| match rule.family {
        Family::Libvirt(refusal) => refusal.from <= release,
        _ => true,
    })
}

/// libvirt knows this architecture, and QEMU has not had it since 6.0.
fn what_the_host_lacks_is_not_the_document_s_fault() {
    let folder = folder();
    let file = folder.path().join("lacks.xml");
    let machine =
        "<domain type='qemu'><name>n</name><memory>65536</memory><os><type arch='lm32'>hvm</type></os></domain>";
    fs::write(&file, machine).unwrap();
    let reports = reports(&[file.to_str().unwrap()]);
    let libvirt = &reports[0]["libvirt"];
    assert_eq!((asked(&reports[0]).len(), &reports[0]["verdict"]), (0, &Value::from("valid")), "{reports:#?}");
    assert_eq!(libvirt["verdict"], "inapplicable");
    let why = libvirt["unjudged"].as_str().unwrap();
    assert!(why.contains("'lm32'") && why.ends_with("install QEMU for this architecture"), "{why}");
    let said = seen(&ask_in(folder.path()).arg(&file).output().unwrap());
    assert!(said.contains("on this host cannot judge it: ") && said.ends_with("exit status 0\n"), "{said}");
}

/// A piece of a document is judged by the schema alone, and what cannot be read by nothing.
fn only_a_whole_document_is_handed_over() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let refused = fs::read_to_string(repository().join(REFUSED)).unwrap();
    let utf16: Vec<_> = refused.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(path("piece.xml"), "<controller type='usb' model='qemu-xhci'/>").unwrap();
    fs::write(path("utf16.xml"), utf16).unwrap();
    fs::write(path("cut.xml"), refused.trim_end().strip_suffix("</domain>").unwrap()).unwrap();
    fs::write(path("mark.xml"), format!("\u{feff}{refused}")).unwrap();
    fs::write(path("doctype.xml"), format!("<!DOCTYPE domain>\n{refused}")).unwrap();

    let reports = reports(&[folder.path().to_str().unwrap()]);
    let report = |name| reports.iter().find(|report| self::name(report) == path(name)).unwrap();
    for name in ["utf16.xml", "cut.xml"] {
        assert_eq!((&report(name)["verdict"], &report(name)["libvirt"]), (&"unreadable".into(), &Value::Null));
        assert_eq!(asked(report(name)), [""; 0]);
    }
    assert_eq!(report("piece.xml")["verdict"], "valid");
    assert_eq!(report("piece.xml")["libvirt"]["verdict"], "inapplicable");
    assert_eq!(report("piece.xml")["libvirt"]["unjudged"], "it: only a whole document can be defined");
    // What stands before the document is not in the way, and lines are counted with it.
    for (name, place) in [("mark.xml", "8:14 "), ("doctype.xml", "9:14 ")] {
        let asked = asked(report(name));
        assert!(asked.len() == 1 && asked[0].starts_with(place), "{asked:?}");
    }
}

/// `--fix --ask`: libvirt judges the repaired text, and what it refuses is left.
fn what_has_been_repaired_is_handed_over() {
    let folder = folder();
    let file = folder.path().join("machine.xml");
    let fix = |text: &str| {
        fs::write(&file, text).unwrap();
        let output = ask_in(folder.path()).arg("--fix").arg(&file).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let refused = fs::read_to_string(repository().join(REFUSED)).unwrap();
    let accepted = refused.replace("2023-05-17", "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f");
    for (wrong, right, status) in [(&refused, &refused, 1), (&accepted, &accepted, 0)] {
        let wrong = wrong
            .replace("<vcpu>2</vcpu>", "<vcpus>2</vcpus>")
            .replace("name='manufacturer'", "name=\u{2018}manufacturer\u{2019}");
        let (code, text, said) = fix(&wrong);
        assert_eq!((code, &text), (Some(status), right), "{said}");
        let repaired = said.lines().filter(|line| line.starts_with("repaired ")).count();
        assert_eq!((repaired, said.contains("asked/define")), (2, status == 1), "{said}");
    }
    // It is still a piece, and there is nothing to hand over.
    let (code, text, said) = fix("<controller type='usb'>");
    assert_eq!((code, &*text), (Some(0), "<controller type='usb'></controller>"), "{said}");
    assert!(said.contains("cannot judge it: only a whole document can be defined"), "{said}");
    let (code, text, said) = fix("domain\n");
    assert_eq!((code, &*text), (Some(2), "domain\n"), "{said}");
    assert!(said.contains("error[input/malformed]") && !said.contains("libvirt 1"), "{said}");
}

/// No file but those of the cache, no process, no machine.
fn nothing_is_left_behind() {
    let folder = folder();
    // One for each driver: QEMU's, and two daemons.
    let files = ["smbios-date.xml", "net-open-dev.xml", "volume-raw-with-backing.xml"];
    let files = files.map(|file| format!("xtask/judge/tests/refused/{file}"));
    let output = ask_in(folder.path()).args(files).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", seen(&output));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
    let kept = fs::read_dir(cache().join("domain-definitions/qemu-capabilities")).unwrap();
    assert!(kept.count() > 0, "the next run would be slow");
    // A daemon needs a moment to end.
    let begun = Instant::now();
    loop {
        let left = processes_of(folder.path());
        if left.is_empty() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "left behind: {left:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The command lines of the processes that have a folder in their environment.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    let text = |path: PathBuf| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).replace('\0', " ");
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    processes
        .filter(|process| text(process.join("environ")).contains(folder))
        .map(|process| text(process.join("cmdline")))
        .collect()
}

/// Where root runs the tests, `nobody` is that user.
fn an_ordinary_user_may_ask() {
    let user = User::new().unwrap();
    let file = user.file("machine.xml", &fs::read_to_string(repository().join(REFUSED)).unwrap()).unwrap();
    let binary = user.path("judge");
    write_program(binary.as_ref(), &fs::read(env!("CARGO_BIN_EXE_judge")).unwrap()).unwrap();
    let output = user.command(&binary).args(["--ask", &file]).output().unwrap();
    let said = seen(&output);
    assert!(said.contains("asked/define") && said.ends_with("exit status 1\n"), "{said}");
}

/// A document that every libvirt refuses to define, and no rule finds.
const REFUSED: &str = "xtask/judge/tests/refused/smbios-uuid.xml";

fn without_libvirt_it_says_what_to_install() {
    let folder = folder();
    let schemas = format!("11.3={}", folder.path().display());
    fs::write(folder.path().join("domain.rng"), "<grammar xmlns='http://relaxng.org/ns/structure/1.0'/>").unwrap();
    let mut command = validate_in(&repository());
    let output = command.env("PATH", folder.path()).args(["--ask", "--schema", &schemas, REFUSED]).output().unwrap();
    insta::assert_snapshot!("without_libvirt_it_says_what_to_install", seen(&output));
}

fn without_the_option_no_libvirt_is_needed() {
    let folder = folder();
    let output = validate_in(&repository()).env("PATH", folder.path()).arg("session/linux.xml").output().unwrap();
    let said = seen(&output);
    assert!(said.ends_with("exit status 0\n") && !said.contains("itself"), "{said}");
}
