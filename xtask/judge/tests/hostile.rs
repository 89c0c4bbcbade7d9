//! What `validate` does with hostile input: each kind gets its own line and the right exit status.

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{INSTALLED, repository, seen, validate_in};
use host::command::write_program;

common::tests! {
    schemas:
        what_is_not_utf_8_is_refused_with_the_command_that_converts,
        a_document_type_is_not_in_the_way,
        what_cannot_be_read_is_not_called_valid,
        links_that_lead_in_circles_end,
        what_may_not_be_read_is_said_to_be_so,
        output_that_nobody_reads_ends_the_run,
        large_and_deep_documents_are_judged_in_bounded_processor_time;
}

/// What a run in the repository prints, with the paths of this machine taken out.
fn validate(arguments: &[&str]) -> String {
    seen(&validate_in(&repository()).args(arguments).output().unwrap())
}

/// A run in the repository that is killed when it has had so many seconds of the processors.
fn validate_within(seconds: u32) -> Command {
    let judge = validate_in(&repository());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -t {seconds}; exec \"$@\""), "sh"]).arg(judge.get_program());
    for (name, value) in judge.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.current_dir(repository());
    shell
}

/// Real libvirt takes a document for UTF-8 whatever it says of itself, and refuses it if it is none.
fn what_is_not_utf_8_is_refused_with_the_command_that_converts() {
    let text = fs::read_to_string(repository().join("session/linux.xml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, bytes: Vec<u8>, status: i32| {
        fs::write(folder.path().join(name), bytes).unwrap();
        let output = validate_in(folder.path()).arg(name).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{name}: {}", seen(&output));
        seen(&output)
    };
    let declared = |encoding: &str| {
        let text = text.replace("Linux desktop", "Linux \u{e9}");
        format!("<?xml version='1.0' encoding='{encoding}'?>\n{text}")
    };
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let latin1 = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect::<Vec<_>>();
    check("crlf.xml", text.replace('\n', "\r\n").into_bytes(), 0);
    check("bom.xml", format!("\u{feff}{text}").into_bytes(), 0);
    assert!(
        check("two marks.xml", format!("\u{feff}\u{feff}{text}").into_bytes(), 2)
            .contains("a byte order mark (U+FEFF)")
    );
    for (name, encoding, bytes) in [
        ("utf-16.xml", "UTF-16", utf16(&format!("\u{feff}{text}"))),
        ("no mark.xml", "UTF-16LE", utf16(&text)),
        ("utf-32.xml", "UTF-32", format!("\u{feff}{text}").chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
        ("latin-1.xml", "ISO-8859-1", latin1(&declared("ISO-8859-1"))),
        ("windows.xml", "WINDOWS-1252", latin1(&declared("UTF-8"))),
    ] {
        let said = check(name, bytes, 2);
        let command = said.lines().find_map(|line| line.strip_prefix("help: convert it: ")).expect(&said);
        assert!(command.starts_with(&format!("iconv --from-code {encoding} --to-code UTF-8 ")), "{said}");
        let converted = Command::new("sh").args(["-c", command]).current_dir(folder.path()).status().unwrap();
        let file = format!("{}-utf-8.xml", name.strip_suffix(".xml").unwrap());
        assert!(converted.success(), "{command}");
        // What the declaration still says is a remark.
        check(&file, fs::read(folder.path().join(&file)).unwrap(), 0);
    }
    // Where the first letter is, of which libvirt says "not proper UTF-8".
    assert!(check("latin-1.xml", b"<domain>\n  <name>\xe9</name></domain>".to_vec(), 2).contains("latin-1.xml:2:9\n"));

    for encoding in ["ISO-8859-1", "UTF-16", "UTF-7"] {
        let said = check("named.xml", declared(encoding).into_bytes(), 0);
        assert!(said.starts_with("warning[input/declaration]: the XML declaration names"), "{said}");
    }
    assert!(!check("named.xml", declared("utf-8").into_bytes(), 0).contains("input/"));
    assert!(check("named.xml", declared("martian").into_bytes(), 2).starts_with("error[input/malformed]: "));
    let wrong = declared("UTF-7").replace("<vcpu>4", "<vcpu>+ADQ-");
    check("utf-7.xml", wrong.into_bytes(), 1);
}

fn a_document_type_is_not_in_the_way() {
    let text = fs::read_to_string(repository().join("session/linux.xml")).unwrap();
    let text = text.replace("<vcpu>4", "<vcpu>four");
    let folder = tempfile::tempdir().unwrap();
    let check = |doctype: &str| {
        fs::write(folder.path().join("a.xml"), format!("<?xml version='1.0'?>\n{doctype}{text}")).unwrap();
        seen(&validate_in(folder.path()).args(["--allow", "portable", "a.xml"]).output().unwrap())
    };
    let plain = check("");
    for doctype in ["<!DOCTYPE domain>", "<!DOCTYPE domain SYSTEM \"a>b.dtd\">", "<!DOCTYPE d [<!ELEMENT d ANY>]>"] {
        let said = check(doctype);
        assert!(said.starts_with("warning[input/doctype]: ") && said.contains(doctype), "{said}");
        let rest = &said[said.find("\n\n").unwrap() + 2..];
        assert_eq!(rest, plain.replace(", could not read 0\n", ", could not read 0, with 1 warning\n"));
    }
    let said = check("<!DOCTYPE domain [<!ENTITY a 'b'>]>");
    assert!(
        said.starts_with("error: a.xml: has a DOCTYPE with declarations") && said.ends_with("status 2\n"),
        "{said}"
    );
    fs::write(folder.path().join("a.xml"), "<!DOCTYPE d><domain>&a;</domain>").unwrap();
    let said = seen(&validate_in(folder.path()).args(["--allow", "input/doctype", "a.xml"]).output().unwrap());
    assert!(said.ends_with("status 2\n"), "{said}");
}

fn what_cannot_be_read_is_not_called_valid() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let none = folder.path().join("none");
    fs::create_dir(&none).unwrap();
    let schema = file("domain.rng", b"<grammar");
    let linux = fs::read(repository().join("session/linux.xml")).unwrap();

    let mut said = String::new();
    said += &validate(&[none.to_str().unwrap()]);
    said += &validate(&["/nowhere.xml"]);
    said += &validate(&[&file("empty.xml", b"")]);
    said += &validate(&[&file("truncated.xml", &linux[..linux.len() / 2])]);
    said += &validate(&[&file("binary.xml", b"\x00\xff\x00")]);
    said += &validate(&[&file("spaces.xml", b" \n")]);
    said += &validate(&[&file("doctype.xml", b"<!DOCTYPE domain SYSTEM \"file:///etc/passwd\"><domain/>")]);
    let bomb = (1..30).fold(String::new(), |bomb, n| bomb + &format!("<!ENTITY e{n} \"&e{0};&e{0};\">", n - 1));
    said += &validate(&[&file("bomb.xml", format!("<!DOCTYPE d [<!ENTITY e0 \"x\">{bomb}]><d>&e29;</d>").as_bytes())]);
    said += &validate(&[&file("deep.xml", "<a>".repeat(100_000).as_bytes())]);
    said += &validate(&[&file("latin1.xml", b"<domain><name>\xe9</name></domain>")]);
    fs::File::create(folder.path().join("huge.xml")).unwrap().set_len(100 << 20).unwrap();
    said += &validate(&[folder.path().join("huge.xml").to_str().unwrap()]);
    let pipe = folder.path().join("pipe.xml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    said += &validate(&[pipe.to_str().unwrap()]);
    fs::remove_file(pipe).unwrap();
    said += &validate(&["session/linux.xml", &file("two.xml", b"<domain/><domain/>")]);
    said += &validate(&["--schema", "/nowhere"]);
    said += &validate(&["--schema", none.to_str().unwrap()]);
    said += &validate(&["--schema", Path::new(&schema).parent().unwrap().to_str().unwrap(), "session/linux.xml"]);
    said += &validate(&["--schema", INSTALLED, "--schema", INSTALLED]);
    said += &seen(&validate_in(Path::new("/")).output().unwrap());
    // libxml2's own words differ between its releases.
    let filters = vec![
        (folder.path().to_str().unwrap(), "FOLDER"),
        (r"\d+:\d+: (libxml2 cannot read on here): .*", "L:C: $1: …"),
        (r"(cannot be used as a schema): .*", "$1: …"),
    ];
    insta::with_settings!({filters => filters}, { insta::assert_snapshot!(said) });
}

fn links_that_lead_in_circles_end() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    symlink(folder.path(), inner.join("up")).unwrap();
    symlink("loop.xml", inner.join("loop.xml")).unwrap();
    fs::copy(repository().join("session/linux.xml"), inner.join("linux.xml")).unwrap();
    // Of a folder, only files that are called *.xml are looked at.
    fs::write(inner.join("notes.txt"), "<domain/>").unwrap();
    fs::create_dir(inner.join("folder.xml")).unwrap();
    let said = validate(&[folder.path().to_str().unwrap()]).replace(folder.path().to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(said);
}

fn what_may_not_be_read_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    let file = folder.path().join("closed.xml");
    fs::write(&file, "<domain/>").unwrap();
    for path in [&closed, &file] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    // Root may read everything, so root's checks run as nobody, from a place that nobody can read.
    let binary = folder.path().join("judge");
    write_program(&binary, &fs::read(env!("CARGO_BIN_EXE_judge")).unwrap()).unwrap();
    let mut command = Command::new(&binary);
    command.current_dir(folder.path()).args([&closed, &file]);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(65534).gid(65534);
    }
    let said = seen(&command.output().unwrap()).replace(folder.path().to_str().unwrap(), "FOLDER");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    insta::assert_snapshot!(said);
}

fn output_that_nobody_reads_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let linux = repository().join("session/linux.xml");
    symlink(&linux, folder.path().join("linux.xml")).unwrap();
    // One that is rejected, so that there would be something to say in the end.
    fs::write(folder.path().join("wrong.xml"), "<domain/>").unwrap();
    let run = |stdout: Stdio| {
        let mut command = validate_in(folder.path());
        command.args(["--format", "json", "."]).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut gone = run(Stdio::piped());
    drop(gone.stdout.take());
    assert_eq!(seen(&gone.wait_with_output().unwrap()), "exit status 141\n");
    let full = run(fs::File::options().write(true).open("/dev/full").unwrap().into());
    let said = seen(&full.wait_with_output().unwrap());
    assert!(said.starts_with("error: standard output cannot be written: No space left"), "{said}");
    assert!(said.ends_with("\nexit status 2\n") && said.lines().count() == 2, "{said}");
}

/// Others may want the processors at the same time, so that seconds on a clock say little.
fn large_and_deep_documents_are_judged_in_bounded_processor_time() {
    let folder = tempfile::tempdir().unwrap();
    let linux = fs::read_to_string(repository().join("session/linux.xml")).unwrap();
    let check = |name: &str, text: String, status: i32| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        // Generous: this is about minutes.
        let output = validate_within(60).arg(&path).output().unwrap();
        assert!(
            output.status.code().is_some(),
            "{name} was not judged in a minute of processor time: {}",
            output.status
        );
        assert_eq!(output.status.code(), Some(status), "{name}: {:.500}", seen(&output));
    };
    let many = "<interface type='user'/>".repeat(20_000);
    check("many.xml", linux.replace("</devices>", &format!("{many}</devices>")), 0);
    let wrong = "<interface type='usr'/>".repeat(20_000);
    check("many-wrong.xml", linux.replace("</devices>", &format!("{wrong}</devices>")), 1);
    let same =
        "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/><boot order='1'/></disk>".repeat(20_000);
    check("many-of-one-name.xml", linux.replace("</devices>", &format!("{same}</devices>")), 1);
    let sounds =
        (2..10_000).map(|id| format!("<audio id='{id}' type='none'/><sound model='ich9'><audio id='1'/></sound>"));
    check("many-sounds.xml", linux.replace("</devices>", &format!("{}</devices>", sounds.collect::<String>())), 1);
    let deep = format!("{}{}", "<a>".repeat(200), "</a>".repeat(200));
    check("deep.xml", linux.replace("</devices>", &format!("{deep}</devices>")), 1);
    check("long.xml", linux.replace("<name>Linux", &format!("<name>{}", "x".repeat(9 << 20))), 0);
}
