//! What `cargo xtask tune` says of the keys in a firmware's variables: in those that Debian ships, which are ignored where they
//! are not installed, and in some that are made here.

mod common;
#[path = "../../tests/trials/mod.rs"]
mod trials;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use common::{command, repository, seen};
use domain_definitions::pages;
use host::Fault;
use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};
use tempfile::TempDir;
use trials::completion;
use virtfw_libefi::efivar::sigdb::EfiSigDB;
use virtfw_libefi::guids::{EfiGlobalVariable, EfiImageSecurityDatabase, EfiSecureBootEnable, MicrosoftVendor};
use virtfw_libefi::sb::certs;
use xtask::tune::secure_boot::REMEDY;

fn main() -> ExitCode {
    // What is said of each of Debian's templates, and whether it is said to be mended.
    let templates = [
        ("OVMF_VARS_4M.ms.fd", "KEK 2K CA 2023, Windows UEFI CA 2023, UEFI CA 2023. Without these", true),
        ("OVMF_VARS_4M.snakeoil.fd", "none of them is Microsoft's.", false),
        ("OVMF_VARS_4M.fd", "No keys are enrolled", true),
    ];
    let mut trials: Vec<_> = templates
        .into_iter()
        .map(|(name, says, mended)| {
            Trial::ignorable_test(format!("the keys in {name} are told"), move || {
                completion(template(name, says, mended))
            })
        })
        .collect();
    let mut test = |name: &str, check: fn()| {
        trials.push(Trial::test(name, move || {
            check();
            Ok(())
        }));
    };
    test("which of the certificates of 2023 are missing is told", missing_ones_are_told);
    test("programs get it too, and the exit status is that of the changes", programs_get_it_too);
    test("of what has nothing to do with secure boot, nothing is said", nothing_is_said);
    test("what cannot be read is said, or refused if it was named", what_cannot_be_read_is_said);
    test("the page has the remedy", the_page_has_the_remedy);
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A machine of ours for Windows, as libvirt keeps it, with a file of variables.
fn machine(folder: &Path, nvram: &str) -> String {
    let ours = fs::read_to_string(repository().join("session/windows.xml")).unwrap();
    let text = ours.replacen("</os>", &format!("{nvram}</os>"), 1);
    fs::write(folder.join("machine.xml"), &text).unwrap();
    text
}

fn tune(folder: &Path, arguments: &[&str]) -> String {
    let mut xtask = command(env!("CARGO_BIN_EXE_xtask"), folder);
    xtask.args(["tune", "--floor", "libvirt=11.3,qemu=10.0.2", "machine.xml"]).args(arguments);
    seen(&xtask.output().unwrap())
}

/// In one line, whatever was wrapped.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn template(name: &str, says: &str, mended: bool) -> Result<(), Fault> {
    let source = Path::new("/usr/share/OVMF").join(name);
    if !source.is_file() {
        return Err(Fault::Missing(format!(
            "Debian's package ovmf is not installed: there is no {}",
            source.display()
        )));
    }
    let folder = TempDir::new()?;
    let file = folder.path().join("VARS.fd");
    fs::copy(&source, &file)?;
    let text = machine(folder.path(), &format!("<nvram>{}</nvram>", file.display()));
    let found = tune(folder.path(), &[]);
    assert!(flat(&found).contains(says) && found.contains(REMEDY) == mended, "{found}");
    assert!(found.ends_with("exit status 0\n"), "{found}");
    let named = tune(folder.path(), &["--nvram", "VARS.fd"]);
    assert_eq!(flat(&named), flat(&found).replace(&file.display().to_string(), "VARS.fd"));
    // Neither is changed.
    assert_eq!(tune(folder.path(), &["--all", "--write"]), format!("{text}exit status 0\n"));
    assert!(fs::read(&source)? == fs::read(&file)?, "{name} was changed");
    Ok(())
}

/// Variables in QEMU's format, with these certificates.
fn variables(kek: &[&[u8]], db: &[&[u8]], on: bool) -> Value {
    let keys = |certificates: &[&[u8]]| {
        let mut all = EfiSigDB::new();
        for one in certificates {
            all.add_x509_from_der(&MicrosoftVendor, one);
        }
        hex::encode(Vec::<u8>::from(&all))
    };
    let variable = |name: &str, guid: uguid::Guid, data: String| json!({"name": name, "guid": guid.to_string(), "attr": 39, "data": data});
    json!({"version": 2, "variables": [
        variable("PK", EfiGlobalVariable, keys(&[certs::MICROSOFT_PK_2023])),
        variable("KEK", EfiGlobalVariable, keys(kek)),
        variable("db", EfiImageSecurityDatabase, keys(db)),
        variable("SecureBootEnable", EfiSecureBootEnable, hex::encode([u8::from(on)])),
    ]})
}

const OLD_KEK: &[u8] = certs::MICROSOFT_KEK_2011;
const OLD_DB: [&[u8]; 2] = [certs::MICROSOFT_DB_WINDOWS_2011, certs::MICROSOFT_DB_UEFI_2011];
const NEW_KEK: &[u8] = certs::MICROSOFT_KEK_2023;
const NEW_DB: [&[u8]; 2] = [certs::MICROSOFT_DB_WINDOWS_2023, certs::MICROSOFT_DB_UEFI_2023];

/// What is said of variables that QEMU keeps.
fn of(variables: &Value, arguments: &[&str]) -> String {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("vars.json");
    fs::write(&file, variables.to_string()).unwrap();
    machine(folder.path(), &format!("<varstore path=\"{}\"/>", file.display()));
    tune(folder.path(), arguments)
}

fn missing_ones_are_told() {
    let all: Vec<_> = OLD_DB.into_iter().chain(NEW_DB).collect();
    let said = |kek: &[&[u8]], db: &[&[u8]], on| flat(&of(&variables(kek, db, on), &[]));
    let good = said(&[OLD_KEK, NEW_KEK], &all, true);
    assert!(good.contains("with Microsoft's certificates of 2023.") && !good.contains("of 2011"), "{good}");
    assert!(!good.contains("switched off") && !good.contains(REMEDY), "{good}");
    // Windows can add to the one, and not to the other.
    let kek = said(&[OLD_KEK], &all, true);
    assert!(kek.contains("replace them: KEK 2K CA 2023. Without") && kek.contains(REMEDY), "{kek}");
    let db = said(&[OLD_KEK, NEW_KEK], &OLD_DB, false);
    assert!(db.contains("replace them: Windows UEFI CA 2023, UEFI CA 2023. Without"), "{db}");
    assert!(db.contains("Secure Boot is switched off in the firmware's setup."), "{db}");
    // A key where it does not count is none.
    let other = said(&[OLD_KEK, NEW_DB[0]], &[OLD_DB[0], NEW_KEK], true);
    assert!(other.contains("replace them: KEK 2K CA 2023, Windows UEFI CA 2023. Without"), "{other}");
    // Damaged lists have no keys in them, and do no harm.
    for length in [16, 27, 28, 44, 400] {
        let mut damaged = variables(&[OLD_KEK, NEW_KEK], &all, true);
        let db = damaged["variables"][2]["data"].as_str().unwrap()[..2 * length].to_owned();
        damaged["variables"][2]["data"] = db.into();
        let said = flat(&of(&damaged, &[]));
        assert!(said.contains("with Microsoft's certificates of 2023.") && said.ends_with("exit status 0"), "{said}");
    }
    // What does not replace anything is not missed: keys without Microsoft's for others than Windows.
    let windows = said(&[NEW_KEK], &NEW_DB[..1], true);
    assert!(windows.contains("with Microsoft's certificates of 2023.") && !windows.contains(REMEDY), "{windows}");
}

fn programs_get_it_too() {
    let parsed = |text: String| -> Value { serde_json::from_str(text.lines().next().unwrap()).unwrap() };
    let old = variables(&[OLD_KEK], &OLD_DB, true);
    let found = parsed(of(&old, &["--format", "json"]));
    let keys = &found["secure_boot"];
    assert_eq!(keys["enrolled"], true);
    assert_eq!(keys["on"], true);
    assert_eq!(keys["microsoft"], json!(["KEK CA 2011", "Windows Production PCA 2011", "UEFI CA 2011"]));
    assert_eq!(keys["missing"], json!(["KEK 2K CA 2023", "Windows UEFI CA 2023", "UEFI CA 2023"]));
    assert!(
        keys["remedy"].as_str().unwrap().contains(REMEDY) && keys["variables"].as_str().unwrap().ends_with("vars.json")
    );
    assert!(of(&old, &[]).ends_with("exit status 0\n"));
    let folder = TempDir::new().unwrap();
    machine(folder.path(), "");
    let none = tune(folder.path(), &["--format", "json"]);
    assert_eq!(parsed(none)["secure_boot"], Value::Null);
    // A line for each of several machines counts it.
    let vars = folder.path().join("vars.json");
    fs::write(&vars, old.to_string()).unwrap();
    machine(folder.path(), &format!("<nvram>{}</nvram>", vars.display()));
    let lines = tune(folder.path(), &["machine.xml"]);
    assert_eq!(lines.matches("Windows beside session/windows.xml: 1 to look at\n").count(), 2, "{lines}");
}

fn nothing_is_said() {
    let folder = TempDir::new().unwrap();
    // It has not started yet, or is another host's; a path that libvirt would refuse.
    for nvram in
        ["<nvram>/nowhere/VARS.fd</nvram>", "<nvram template=\"/etc/passwd\"/>", "<nvram>machine.xml</nvram>", ""]
    {
        machine(folder.path(), nvram);
        let said = tune(folder.path(), &[]);
        assert!(!said.contains("Secure Boot") && said.ends_with("exit status 0\n"), "{nvram}: {said}");
    }
    // No machine with Secure Boot, and no keys.
    let none = folder.path().join("none.json");
    fs::write(&none, "{\"version\": 2, \"variables\": []}").unwrap();
    let linux = fs::read_to_string(repository().join("session/linux.xml")).unwrap();
    let linux = linux.replacen("</os>", &format!("<nvram>{}</nvram></os>", none.display()), 1);
    fs::write(folder.path().join("machine.xml"), linux).unwrap();
    assert!(!tune(folder.path(), &[]).contains("Secure Boot"));
    // Unless somebody asks.
    let asked = tune(folder.path(), &["--nvram", "none.json"]);
    assert!(asked.contains("No keys are enrolled in none.json") && !asked.contains(REMEDY), "{asked}");
}

fn what_cannot_be_read_is_said() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("empty"), "").unwrap();
    fs::write(path("qcow2"), b"QFI\xfb\0\0\0\x03").unwrap();
    fs::write(path("other"), "no variables").unwrap();
    fs::write(path("json"), "{\"variables\": 1}").unwrap();
    fs::File::create(path("huge")).unwrap().set_len(65 << 20).unwrap();
    fs::create_dir(path("folder")).unwrap();
    let cases = [
        ("empty", "is empty; `virsh start --reset-nvram` makes it anew"),
        ("qcow2", "is a qcow2 image; `qemu-img convert -O raw FILE COPY`"),
        ("other", "has no UEFI variables; `virsh dumpxml` names the file"),
        ("json", "is JSON, but not as QEMU writes a firmware's variables: "),
        ("huge", "is larger than 64 MiB"),
        ("folder", "is not a regular file"),
        ("/dev/zero", "is not a regular file"),
    ];
    for (name, says) in cases {
        let file = path(name);
        machine(folder.path(), &format!("<nvram>{}</nvram>", file.display()));
        let said = tune(folder.path(), &[]);
        let wanted = format!("Which keys the firmware has is not known: {} {says}", file.display());
        assert!(flat(&said).contains(&wanted) && said.ends_with("exit status 0\n"), "{name}: {said}");
        let said = tune(folder.path(), &["--nvram", name, "--write"]);
        let wanted = format!("error: machine.xml: its variables, {name}: the file {says}");
        assert!(said.starts_with(&wanted) && said.ends_with("\nexit status 2\n"), "{name}: {said}");
        assert_eq!(said.lines().count(), 2, "{said}");
    }
    // Closed to everybody, even to root.
    machine(folder.path(), "<nvram>/proc/self/mem</nvram>");
    let closed = flat(&tune(folder.path(), &[]));
    assert!(
        closed.contains("is not known: /proc/self/mem cannot be read: ") && closed.contains("--nvram."),
        "{closed}"
    );
    let none = tune(folder.path(), &["--nvram", "nowhere"]);
    assert!(none.contains("nowhere: the file cannot be read: No such file") && none.ends_with("status 2\n"), "{none}");
    let several = tune(folder.path(), &["machine.xml", "--nvram", "empty"]);
    assert_eq!(several, "error: --nvram is for one machine, and 2 are named\nexit status 2\n");
}

fn the_page_has_the_remedy() {
    let page = fs::read_to_string(repository().join(pages::FIRMWARE)).unwrap();
    let anchor = |title: &str| title.to_lowercase().replace(' ', "-").replace('\'', "");
    let titles: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).map(anchor).collect();
    assert!(titles.iter().any(|title| title == REMEDY), "{titles:?}");
}
