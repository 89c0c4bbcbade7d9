//! `xtask/setup.sh` knows what to do on each distribution, by what that says of itself. The files in `tests/os-release` are
//! recorded facts: what `/etc/os-release` says there, without addresses and colours.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use domain_definitions::needs::{Packages, TOOLS};
use domain_definitions::{Collection, HostRequirement};

/// What is right on a distribution.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    /// It installs the packages of a family.
    Installs(&'static str),
    /// It names the packages of a family, and the words by which they get into an image.
    Says(&'static str, &'static str),
    /// The release is too old; these words name a newer one.
    Old(&'static str),
    /// It names what is needed, for whoever knows the distribution.
    Unknown,
}
use Answer::{Installs, Old, Says, Unknown};

const ANSWERS: [(&str, Answer); 45] = [
    ("almalinux-9", Installs("rhel")),
    ("alpine-3.22", Unknown),
    ("arch", Installs("arch")),
    ("bazzite-42", Says("fedora", "rpm-ostree install")),
    ("cachyos", Installs("arch")),
    ("centos-stream-10", Installs("rhel")),
    ("debian-11", Old("Debian 12")),
    ("debian-12", Installs("debian")),
    ("debian-13", Installs("debian")),
    ("debian-sid", Installs("debian")),
    ("endeavouros", Installs("arch")),
    ("eurolinux-9", Installs("rhel")),
    ("fedora-42", Installs("fedora")),
    ("fedora-kinoite-41", Says("fedora", "rpm-ostree install")),
    ("fedora-silverblue-42", Says("fedora", "rpm-ostree install")),
    ("fedora-toolbox-42", Installs("fedora")),
    ("gentoo", Unknown),
    ("kali", Installs("debian")),
    ("linuxmint-21.3", Old("Ubuntu 24.04")),
    ("linuxmint-22.1", Installs("debian")),
    ("lmde-6", Installs("debian")),
    ("mageia-9", Unknown),
    ("manjaro", Installs("arch")),
    ("neon", Installs("debian")),
    ("nixos-25.05", Unknown),
    ("nobara-42", Installs("fedora")),
    ("ol-9", Installs("rhel")),
    ("opensuse-leap-15.4", Old("Leap 15.6")),
    ("opensuse-leap-15.6", Installs("opensuse")),
    ("opensuse-microos", Says("opensuse", "transactional-update pkg install")),
    ("opensuse-tumbleweed", Installs("opensuse")),
    ("pop-22.04", Old("Ubuntu 24.04")),
    ("rhel-8", Old("release 9")),
    ("rhel-9", Installs("rhel")),
    ("rocky-9", Installs("rhel")),
    ("slackware-15.0", Unknown),
    ("sles-15", Installs("opensuse")),
    ("solus", Unknown),
    ("steamos-3", Says("arch", "container")),
    ("ubuntu-20.04", Old("Ubuntu 24.04")),
    ("ubuntu-22.04", Old("Ubuntu 24.04")),
    ("ubuntu-24.04", Installs("debian")),
    ("ultramarine-41", Installs("fedora")),
    ("void", Unknown),
    ("zorin-17", Old("Ubuntu 24.04")),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn recorded() -> PathBuf {
    root().join("tests/os-release")
}

/// What `setup.sh` says on a distribution.
fn setup(arguments: &[&str], os_release: &Path) -> Output {
    let mut command = Command::new("sh");
    command.arg(root().join("xtask/setup.sh")).args(arguments).env("OS_RELEASE", os_release);
    command.output().expect("there is a shell")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn requirements() -> impl Iterator<Item = &'static HostRequirement> {
    let members = Collection::new().expect("it can be written").members.into_iter();
    let here = members.filter(|member| member.definition.platform.arch.name() == std::env::consts::ARCH);
    here.flat_map(|member| member.needs).chain(TOOLS.iter().copied())
}

/// The packages of a family, as the records have them.
fn packages(family: &str) -> BTreeSet<String> {
    let of = |Packages { debian, fedora, arch, opensuse, rhel }: &'static Packages| match family {
        "debian" => *debian,
        "fedora" => fedora,
        "arch" => arch,
        "opensuse" => opensuse,
        "rhel" => rhel,
        _ => panic!("there is no family {family}"),
    };
    let all = requirements().filter_map(|need| need.packages.as_ref()).map(of);
    all.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// The words of the indented lines.
fn listed(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| line.starts_with("    "));
    lines.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

#[test]
fn each_distribution_gets_its_answer() {
    let mut files: Vec<_> = fs::read_dir(recorded()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ANSWERS.map(|(name, _)| name), "a recorded file without an answer, or the other way round");
    for (name, answer) in ANSWERS {
        let output = setup(&["host", "--dry-run"], &recorded().join(name));
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let said = format!("{name}:\n{out}{err}");
        assert_eq!(output.status.success(), matches!(answer, Installs(_)), "{said}");
        match answer {
            Installs(family) => {
                assert_eq!(listed(&out), packages(family), "{said}");
                assert_eq!(out.contains("portable files"), family == "rhel", "{said}");
            }
            Says(family, words) => {
                assert!(err.contains(words), "{said}");
                let missing: Vec<_> = packages(family).difference(&listed(&err)).cloned().collect();
                assert!(missing.is_empty(), "{missing:?} not in {said}");
            }
            Old(newer) => assert!(err.contains(newer) && err.contains("libvirt 8.6.0"), "{said}"),
            Unknown => {
                let lacks: Vec<_> = requirements().map(|need| need.what).filter(|what| !err.contains(what)).collect();
                assert!(lacks.is_empty(), "{lacks:?} not in {said}");
            }
        }
    }
}

#[test]
fn maintainers_get_more_and_an_old_release_builds_it_too() {
    for (name, more) in [("debian-12", "libclang-dev"), ("ubuntu-22.04", "iproute2"), ("rocky-9", "clang-devel")] {
        let output = setup(&["dev", "--dry-run"], &recorded().join(name));
        let out = text(&output.stdout);
        assert!(output.status.success(), "{name}: {out}{}", text(&output.stderr));
        let family = if name == "rocky-9" { "rhel" } else { "debian" };
        let listed = listed(&out);
        assert!(listed.contains(more) && listed.is_superset(&packages(family)), "{name}: {out}");
    }
}

#[test]
fn the_programs_of_prove_are_in_every_family() {
    // The program, and the words by which its package goes.
    let programs = [
        ("ip", ["iproute", "iproute2"]),
        ("cpio", ["cpio"; 2]),
        ("mtools", ["mtools"; 2]),
        ("xorriso", ["xorriso", "libisoburn"]),
        ("xz", ["xz", "xz-utils"]),
        ("zstd", ["zstd"; 2]),
        ("mke2fs", ["e2fsprogs"; 2]),
        ("shellcheck", ["shellcheck", "ShellCheck"]),
    ];
    for name in ["debian-13", "fedora-42", "arch", "opensuse-tumbleweed", "rhel-9"] {
        let listed = listed(&text(&setup(&["dev", "--dry-run"], &recorded().join(name)).stdout));
        for (program, packages) in programs {
            assert!(packages.iter().any(|package| listed.contains(*package)), "{name}: nothing brings {program}");
        }
    }
}

#[test]
fn what_it_does_not_understand_it_does_not_do() {
    let any = recorded().join("arch");
    for (arguments, status, said) in [
        (&[][..], 1, "usage: xtask/setup.sh check"),
        (&["--help"], 0, "usage: xtask/setup.sh check"),
        (&["host", "--yse"], 1, "'--yse'"),
        (&["hots"], 1, "usage: xtask/setup.sh check"),
    ] {
        let output = setup(arguments, &any);
        let printed = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {printed}");
        assert!(printed.contains(said), "{arguments:?}: {printed}");
    }
    let output = setup(&["host", "--dry-run"], Path::new("/nonexistent"));
    assert!(!output.status.success() && text(&output.stderr).contains("/nonexistent is missing"));
}
