//! What `validate` does with hostile input: each kind gets its own line and the right exit status.

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{INSTALLED, repository, seen, validate_in};

common::tests! {
    schemas:
        any_encoding_that_a_document_declares_is_read,
        what_cannot_be_read_is_not_called_valid,
        links_that_lead_in_circles_end,
        what_may_not_be_read_is_said_to_be_so,
        output_that_nobody_reads_ends_the_run,
        large_and_deep_documents_are_judged_in_bounded_time;
}

/// What a run in the repository prints, with the paths of this machine taken out.
fn validate(arguments: &[&str]) -> String {
    seen(&validate_in(&repository()).args(arguments).output().unwrap())
}

fn any_encoding_that_a_document_declares_is_read() {
    let text = fs::read_to_string(repository().join("session/linux.xml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, bytes: Vec<u8>, status: i32| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let output = validate_in(&repository()).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{name}: {}", seen(&output));
        seen(&output)
    };
    let utf16 = |text: &str| -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    check("utf-16.xml", utf16(&text), 0);
    check("crlf.xml", text.replace('\n', "\r\n").into_bytes(), 0);
    check("bom.xml", format!("\u{feff}{text}").into_bytes(), 0);
    let declared =
        format!("<?xml version='1.0' encoding='ISO-8859-1'?>\n{text}").replace("Linux desktop", "Linux \u{e9}");
    check("latin-1.xml", declared.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(), 0);

    // libxml2 reads a number here, and what is explained is what stands there.
    let utf7 = format!("<?xml version='1.0' encoding='UTF-7'?>\n{text}").replace("<vcpu>4", "<vcpu>+ADQ-");
    check("utf-7.xml", utf7.into_bytes(), 1);

    let wrong = text.replace("<vcpu>4", "<vcpu>four");
    let line = format!(":{}:", 1 + wrong[..wrong.find("four").unwrap()].matches('\n').count());
    for (name, bytes) in
        [("wrong-utf-16.xml", utf16(&wrong)), ("wrong-crlf.xml", wrong.replace('\n', "\r\n").into_bytes())]
    {
        let said = check(name, bytes, 1);
        assert!(said.contains(&line) && said.contains("<vcpu> cannot contain"), "{said}");
    }
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
        (r"line \d+: (is not well-formed XML): .*", "line N: $1: …"),
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
    fs::copy(env!("CARGO_BIN_EXE_judge"), &binary).unwrap();
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

fn large_and_deep_documents_are_judged_in_bounded_time() {
    let folder = tempfile::tempdir().unwrap();
    let linux = fs::read_to_string(repository().join("session/linux.xml")).unwrap();
    let check = |name: &str, text: String, status: i32| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let started = std::time::Instant::now();
        let output = validate_in(&repository()).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{name}: {}", &seen(&output)[..500]);
        // Generous: this is about minutes.
        assert!(started.elapsed().as_secs() < 60, "{name} took {:?}", started.elapsed());
    };
    let many = "<interface type='user'/>".repeat(20_000);
    check("many.xml", linux.replace("</devices>", &format!("{many}</devices>")), 0);
    let wrong = "<interface type='usr'/>".repeat(20_000);
    check("many-wrong.xml", linux.replace("</devices>", &format!("{wrong}</devices>")), 1);
    let same =
        "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/><boot order='1'/></disk>".repeat(20_000);
    check("many-of-one-name.xml", linux.replace("</devices>", &format!("{same}</devices>")), 1);
    let sounds =
        (2..20_000).map(|id| format!("<audio id='{id}' type='none'/><sound model='ich9'><audio id='1'/></sound>"));
    check("many-sounds.xml", linux.replace("</devices>", &format!("{}</devices>", sounds.collect::<String>())), 1);
    let deep = format!("{}{}", "<a>".repeat(200), "</a>".repeat(200));
    check("deep.xml", linux.replace("</devices>", &format!("{deep}</devices>")), 1);
    check("long.xml", linux.replace("<name>Linux", &format!("<name>{}", "x".repeat(9 << 20))), 0);
}
