//! `xtask/setup.sh check` says what a host has, which files run there, and why the others do not.

mod made_up;

use std::fs;
use std::process::Output;

use made_up::{Host, VERSION, root};

fn check(host: &Host) -> (bool, String) {
    let script = root().join("xtask/setup.sh");
    let Output { status, stdout, stderr } = host.shell(&[script.to_str().unwrap(), "check"]);
    (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// The lines below a heading, without their indentation.
fn below<'a>(said: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = said.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
    lines.take_while(|line| !line.is_empty()).map(str::trim_start).collect()
}

#[test]
fn on_a_complete_host_all_files_run_that_are_old_enough() {
    let (runs, said) = check(&Host::complete());
    assert!(runs, "{said}");
    assert!(
        said.starts_with("Debian GNU/Linux 13 (trixie)\n\nFor qemu:///session\n  ok       libvirt 11.3.0"),
        "{said}"
    );
    assert!(!said.contains("  missing  ") || said.contains("not in the group libvirt"), "{said}");
    let fits = below(&said, "Files that run here");
    assert!(
        fits[0].starts_with("linux      session/linux.xml session/linux-2d.xml session/linux-portable.xml "),
        "{said}"
    );
    assert!(!said.contains("Files that do not") && !said.contains("No KVM"), "{said}");
}

#[test]
fn what_is_missing_is_named_with_what_it_keeps_from_running() {
    let host = Host::complete();
    fs::remove_file(host.path("dev/kvm")).unwrap();
    fs::remove_file(host.path("bin/cloud-hypervisor")).unwrap();
    host.driver("renderD128", "nvidia");
    host.file("libvirt/pool-list", "");
    host.file("libvirt/version", &VERSION.replace("11.3", "9.0"));
    let (runs, said) = check(&host);
    assert!(runs, "without KVM, machines are emulated: {said}");
    let session = below(&said, "For qemu:///session");
    for row in [
        "ok       libvirt 9.0.0 (8.6.0 or later)",
        "missing  KVM: `/dev/kvm`, readable and writable",
        "not yet  the pool `default` with the guest's volume",
        "(packages: qemu-system-modules-opengl qemu-system-gui",
    ] {
        assert!(session.iter().any(|line| line.contains(row)), "{row}: {said}");
    }
    assert!(said.contains("renderD128: driver nvidia)"), "{said}");
    assert!(
        below(&said, "Files that run here")[0]
            .starts_with("linux      session/linux-2d.xml session/linux-portable.xml"),
        "{said}"
    );
    let lacks = below(&said, "Files that do not");
    for (file, why) in [
        ("session/linux.xml", "a render node"),
        ("session/linux-latest.xml", "a render node, libvirt 11.2.0 or later"),
        ("session/cloud-hypervisor/linux.xml", "KVM, Cloud Hypervisor up to 53, libvirt 10.7.0 or later"),
    ] {
        let line = lacks.iter().find(|line| line.split(' ').next() == Some(file)).unwrap_or_else(|| panic!("{said}"));
        assert_eq!(line[file.len()..].trim(), why, "{said}");
    }
    let last = said.trim_end().rsplit("\n\n").next().unwrap();
    assert!(last.starts_with("No KVM: there is no /dev/kvm.") && last.ends_with("emulated, which is slow."), "{said}");
}

#[test]
fn a_kvm_that_qemu_cannot_use_counts_as_none() {
    let host = Host::complete();
    host.kvm_is_refused();
    let (runs, said) = check(&host);
    assert!(runs && said.contains("missing  KVM"), "{said}");
    let last = said.trim_end().rsplit("\n\n").next().unwrap();
    assert!(last.starts_with("No KVM: QEMU cannot start this host's processor with it"), "{said}");
    assert!(last.contains("qemu-system-x86_64 -accel kvm -cpu host"), "{said}");
}

#[test]
fn a_file_says_that_the_kernel_is_too_old_for_it() {
    let host = Host::complete();
    host.kernel("6.1.0-56-amd64");
    let (runs, said) = check(&host);
    assert!(runs, "{said}");
    let lacks = below(&said, "Files that do not");
    let line = lacks.iter().find(|line| line.starts_with("session/windows-latest.xml ")).expect(&said);
    assert!(line.ends_with(" Linux 6.2 or later"), "{said}");
    assert!(!lacks.iter().any(|line| line.starts_with("session/windows.xml ")), "{said}");
}

#[test]
fn what_only_a_special_file_needs_is_named_with_that_file_alone() {
    let host = Host::complete();
    fs::remove_file(host.path("home/.config/libvirt/qemu.conf")).unwrap();
    fs::remove_file(host.path("bin/passt")).unwrap();
    let (runs, said) = check(&host);
    assert!(runs, "{said}");
    let lacks = below(&said, "Files that do not");
    let line = lacks.iter().find(|line| line.starts_with("session/linux-vulkan.xml ")).expect(&said);
    assert!(line.ends_with(" QEMU outside libvirt's sandbox"), "{said}");
    assert!(!said.contains("seccomp_sandbox"), "nobody else should turn that off: {said}");
    assert!(said.contains("setup.sh host installs what is missing"), "it can install passt: {said}");
}

#[test]
fn releases_below_the_floor_run_nothing() {
    let host = Host::complete();
    host.file("libvirt/version", &VERSION.replace("11.3", "8.0"));
    let (runs, said) = check(&host);
    assert!(!runs && said.contains("too old  libvirt 8.0.0 (8.6.0 or later)"), "{said}");
}

#[test]
fn on_a_bare_host_nothing_runs_and_the_way_out_is_named() {
    let (runs, said) = check(&Host::bare());
    assert!(!runs, "{said}");
    assert!(
        said.contains("missing  libvirt, which does not answer") && said.contains("xtask/setup.sh host installs"),
        "{said}"
    );
    assert!(said.ends_with("setup.sh: no definition runs here yet, see above\n"), "{said}");
}
