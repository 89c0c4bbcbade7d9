//! `cargo xtask render`: a definition with a person's own name, memory, disk, ports, ...

pub mod kubevirt;

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::num::NonZeroU32;
use std::path::{self, Path, PathBuf};
use std::str::FromStr;
use std::{fmt, thread};

use domain_definitions::documents::volume;
use domain_definitions::domain::DiskFormat;
use domain_definitions::kubevirt::options::refusals as refused_by_cluster;
use domain_definitions::machine::Forward;
use domain_definitions::options::{Disk, Mac, Name, Options, Refusal};
use domain_definitions::size::{Size, Unit};
use domain_definitions::{Definition, RenderError};

use crate::{Outcome, say};

/// Print a definition with your own name, memory, disk and so on, and with everything that follows from them, as libvirt's XML or
/// as a manifest for `KubeVirt`.
///
/// Exit status: 0 printed or written, 2 could not, or the options do not go together.
#[derive(clap::Args)]
pub struct Args {
    /// Which definition to start from, e.g. session/linux
    #[arg(value_name = "DEFINITION")]
    definition: String,
    /// The name of the machine, and of its disk
    #[arg(long)]
    name: Option<Name>,
    /// What graphical tools show, if not the name
    #[arg(long)]
    title: Option<String>,
    /// Memory, e.g. 8GiB, or a share of the host's, e.g. host/4
    #[arg(long, value_name = "SIZE")]
    memory: Option<Amount<Size>>,
    /// Number of CPUs, or a share of the host's, e.g. host/2
    #[arg(long, value_name = "NUMBER")]
    cpus: Option<Amount<NonZeroU32>>,
    /// The size of a new disk, e.g. 120GiB, or a disk (qcow2 or raw) that is there and is used as it is
    #[arg(long, value_name = "SIZE|FILE")]
    disk: Option<String>,
    /// A disc image in a drive; once for each drive
    #[arg(long, value_name = "FILE")]
    iso: Vec<PathBuf>,
    /// A folder of the host that the guest can mount (virtio-fs)
    #[arg(long, value_name = "DIR")]
    share: Option<PathBuf>,
    /// A TCP port of the host that leads to one of the guest, e.g. 2222:22, for a session's machine; may be repeated
    #[arg(long, value_name = "HOST:GUEST")]
    forward: Vec<Forward>,
    /// A bridge of the host that the guest is on, for a machine of the system
    #[arg(long, value_name = "NAME")]
    bridge: Option<String>,
    /// The address of the guest's network card
    #[arg(long, value_name = "ADDRESS")]
    mac: Option<Mac>,
    /// What starts the machine, if not UEFI
    #[arg(long, value_name = "bios")]
    firmware: Option<Firmware>,
    /// What to write it for, if not libvirt
    #[arg(long, value_name = "kubevirt")]
    to: Option<To>,
    /// For `KubeVirt`: put what machines share into a preference and an instancetype
    #[arg(long, requires = "to")]
    preference: bool,
    /// Write the definition, and its disk's document beside it, into this folder instead of printing it
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What starts a machine, if not UEFI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Firmware {
    /// For a disk that was installed with it
    Bios,
}

/// What a machine is written for, if not libvirt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum To {
    /// A cluster with `KubeVirt`: its `VirtualMachine`, in YAML
    Kubevirt,
}

/// Why nothing was printed or written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("there is no definition {asked}; there are: {}", all())]
    NoDefinition { asked: String },
    #[error("{0}")]
    Refused(Lines),
    #[error("--{option} {}: {cause}", path.display())]
    File { option: &'static str, path: PathBuf, cause: io::Error },
    #[error("--{option} {}: {what}", path.display())]
    Unfit { option: &'static str, path: PathBuf, what: &'static str },
    #[error("the host's memory is not known: /proc/meminfo: {0}")]
    Memory(io::Error),
    #[error("the number of the host's CPUs is not known: {0}")]
    Cpus(io::Error),
    #[error("{}: there is such a file, which stays as it is; choose another folder or another --name", .0.display())]
    Exists(PathBuf),
    #[error("{}: cannot be written: {cause}", path.display())]
    Write { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Unwritable(#[from] RenderError),
    #[error(transparent)]
    Manifest(#[from] kubevirt::Error),
}

/// Several messages, each on a line.
#[derive(Debug)]
pub struct Lines(Vec<String>);

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\nerror: "))
    }
}

fn all() -> String {
    let all = Definition::all().map(|definition| definition.path().trim_end_matches(".xml").to_owned());
    all.collect::<Vec<_>>().join(" ")
}

/// A number of one's own, or a part of what the host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Amount<T> {
    Own(T),
    OfHost(NonZeroU32),
}

impl<T: FromStr<Err: fmt::Display>> FromStr for Amount<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Amount<T>, String> {
        match text.strip_prefix("host/") {
            Some(part) => part.parse().map(Amount::OfHost).map_err(|error| format!("after `host/`: {error}")),
            None => text.parse().map(Amount::Own).map_err(|error: T::Err| error.to_string()),
        }
    }
}

/// What a host has that machines can be given a share of.
struct Host {
    memory: fn() -> Result<u64, Error>,
    cpus: fn() -> Result<u32, Error>,
}

/// This one.
const HERE: Host = Host {
    memory: || {
        let text = fs::read_to_string("/proc/meminfo").map_err(Error::Memory)?;
        let total = text
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse().ok());
        let kib: u64 = total.ok_or_else(|| Error::Memory(io::ErrorKind::InvalidData.into()))?;
        Ok(kib << 10)
    },
    cpus: || {
        let cpus = thread::available_parallelism().map_err(Error::Cpus)?;
        Ok(u32::try_from(cpus.get()).unwrap_or(u32::MAX))
    },
};

/// Runs the verb.
///
/// # Errors
///
/// When there is no such definition, the options do not go together, or something cannot be read or written.
pub fn run(args: &Args) -> Result<Outcome, Error> {
    let definition = find(&args.definition)?;
    if let Some(To::Kubevirt) = args.to {
        return for_kubevirt(args, definition);
    }
    let options = args.options(&HERE)?;
    let machine = options.applied(definition).map_err(|refusals| refused(&refusals))?;
    let written = definition.write(&machine)?;
    let Some(folder) = &args.out else {
        say(&written.text);
        return Ok(Outcome::Good);
    };
    let stem = options.name.as_ref().map_or_else(|| definition.stem().replace('/', "-"), Name::lowercase);
    let mut files = vec![(folder.join(format!("{stem}.xml")), written.text)];
    if options.makes_disk() && definition.platform.has_volumes {
        let document = volume(definition, &machine)?;
        files.push((folder.join(&document.path), document.text));
    }
    write_new(folder, &files)?;
    say(&format!("{:>12} xtask/start.sh {}\n", "Next", files[0].0.display()));
    Ok(Outcome::Good)
}

/// The same for a cluster.
fn for_kubevirt(args: &Args, definition: Definition) -> Result<Outcome, Error> {
    let hosts = |is_share: bool, option: &str, instead: &str| {
        let text = format!("--{option}: a cluster has no share of this computer; write {instead}");
        is_share.then_some(text)
    };
    let mut refusals: Vec<_> = hosts(matches!(args.memory, Some(Amount::OfHost(_))), "memory", "a size, such as 8GiB")
        .into_iter()
        .chain(hosts(matches!(args.cpus, Some(Amount::OfHost(_))), "cpus", "a number, such as 8"))
        .collect();
    let options = args.options(&HERE)?;
    refusals.extend(refused_by_cluster(&options, definition).iter().map(|refusal| format!("--{refusal}")));
    // What the cluster takes from nobody need not be asked of the definition as well.
    if !refusals.is_empty() {
        return Err(Error::Refused(Lines(refusals)));
    }
    let machine = options.applied(definition).map_err(|refusals| refused(&refusals))?;
    let text = kubevirt::text(definition, &machine, args.preference)?;
    if let Some(warning) = kubevirt::warning(definition) {
        eprintln!("warning: {warning}");
    }
    let Some(folder) = &args.out else {
        say(&text);
        return Ok(Outcome::Good);
    };
    let path = folder.join(format!("{}.yaml", machine.name.to_ascii_lowercase()));
    write_new(folder, &[(path, text)])?;
    say(&format!("{:>12} the commands at its beginning\n", "Next"));
    Ok(Outcome::Good)
}

/// `session/linux`, `session/linux.xml`, or `linux`, which is a session's.
fn find(asked: &str) -> Result<Definition, Error> {
    let stem = asked.trim_end_matches(".xml");
    let path = if stem.contains('/') { format!("{stem}.xml") } else { format!("session/{stem}.xml") };
    Definition::find(&path).ok_or_else(|| Error::NoDefinition { asked: asked.to_owned() })
}

fn refused(refusals: &[Refusal]) -> Error {
    Error::Refused(Lines(refusals.iter().map(|refusal| format!("--{refusal}")).collect()))
}

/// Writes files that are not there yet into a folder, and says so: all of them, or none.
fn write_new(folder: &Path, files: &[(PathBuf, String)]) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|cause| Error::Write { path: folder.to_owned(), cause })?;
    // `exists` follows links, and a dangling one is in the way as well.
    if let Some((path, _)) = files.iter().find(|(path, _)| path.symlink_metadata().is_ok()) {
        return Err(Error::Exists(path.clone()));
    }
    for (path, text) in files {
        // Somebody may have been faster.
        let file = File::create_new(path).map_err(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists => Error::Exists(path.clone()),
            _ => Error::Write { path: path.clone(), cause },
        });
        file?.write_all(text.as_bytes()).map_err(|cause| Error::Write { path: path.clone(), cause })?;
    }
    for (path, _) in files {
        say(&format!("{:>12} {}\n", "Wrote", path.display()));
    }
    Ok(())
}

impl Args {
    fn options(&self, host: &Host) -> Result<Options, Error> {
        let memory = match self.memory {
            Some(Amount::OfHost(part)) => Some(share_of_memory((host.memory)()?, part)),
            Some(Amount::Own(size)) => Some(size),
            None => None,
        };
        let cpus = match self.cpus {
            Some(Amount::OfHost(part)) => NonZeroU32::new(((host.cpus)()? / part).max(1)),
            Some(Amount::Own(cpus)) => Some(cpus),
            None => None,
        };
        let media = self.iso.iter().map(|path| existing("iso", path, Path::is_file));
        Ok(Options {
            name: self.name.clone(),
            title: self.title.clone(),
            memory,
            cpus,
            disk: self.disk.as_deref().map(disk).transpose()?,
            media: media.collect::<Result<_, _>>()?,
            share: self.share.as_ref().map(|path| existing("share", path, Path::is_dir)).transpose()?,
            forwards: self.forward.clone(),
            bridge: self.bridge.clone(),
            mac: self.mac,
            bios: self.firmware == Some(Firmware::Bios),
        })
    }
}

/// A part of some bytes, in steps of 256 MiB.
fn share_of_memory(bytes: u64, part: NonZeroU32) -> Size {
    let steps = (bytes / u64::from(part.get())) >> 28;
    if steps.is_multiple_of(4) { Size::gib(steps / 4) } else { Size { unit: Unit::MiB, value: steps << 8 } }
}

/// The absolute path of something that is there.
fn existing(option: &'static str, path: &Path, is_kind: fn(&Path) -> bool) -> Result<String, Error> {
    let unfit = |what| Error::Unfit { option, path: path.to_owned(), what };
    fs::metadata(path).map_err(|cause| Error::File { option, path: path.to_owned(), cause })?;
    if !is_kind(path) {
        return Err(unfit(if path.is_dir() { "this is a folder; name a file" } else { "this is no folder" }));
    }
    let absolute = path::absolute(path).map_err(|cause| Error::File { option, path: path.to_owned(), cause })?;
    absolute.into_os_string().into_string().map_err(|_| unfit("libvirt takes only paths in UTF-8"))
}

/// A size, or a disk that is there.
fn disk(text: &str) -> Result<Disk, Error> {
    let file = Path::new(text);
    if let (Ok(size), false) = (text.parse(), file.exists()) {
        return Ok(Disk::New(size));
    }
    if !file.exists() {
        let what = "this is neither a size, such as 120GiB, nor a file that is there";
        return Err(Error::Unfit { option: "disk", path: file.to_owned(), what });
    }
    let path = existing("disk", file, Path::is_file)?;
    let format = format_of(file)?;
    Ok(Disk::Existing { format, path })
}

/// What images of other formats begin with, or have in some place: VDI, VMDK, VHDX, VHD, QED, and QCOW of old.
const OTHERS: [(usize, &[u8]); 6] = [
    (64, b"\x7f\x10\xda\xbe"),
    (0, b"KDMV"),
    (0, b"vhdxfile"),
    (0, b"conectix"),
    (0, b"QED\0"),
    (0, b"# Disk Descript"),
];

/// The format of a disk, by how it begins. What is no known format is raw: bytes of any kind can be a disk.
fn format_of(file: &Path) -> Result<DiskFormat, Error> {
    let failed = |cause| Error::File { option: "disk", path: file.to_owned(), cause };
    let mut beginning = Vec::new();
    File::open(file).and_then(|file| file.take(512).read_to_end(&mut beginning)).map_err(failed)?;
    let has = |at: usize, bytes: &[u8]| beginning.get(at..).is_some_and(|rest| rest.starts_with(bytes));
    if has(0, b"QFI\xfb") {
        return Ok(DiskFormat::Qcow2);
    }
    let what = "this is a disk of a format that is read slowly or not at all; copy it first: qemu-img convert -O qcow2 OLD NEW";
    if OTHERS.iter().any(|(at, bytes)| has(*at, bytes)) {
        return Err(Error::Unfit { option: "disk", path: file.to_owned(), what });
    }
    Ok(DiskFormat::Raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_host_is_a_round_number() {
        let part = |bytes, part| share_of_memory(bytes, NonZeroU32::new(part).unwrap());
        assert_eq!(part(31 << 30, 4), Size { unit: Unit::MiB, value: 7 * 1024 + 768 });
        assert_eq!(part((32 << 30) - 1, 4), Size { unit: Unit::MiB, value: 7 * 1024 + 768 });
        assert_eq!(part(32 << 30, 4), Size::gib(8));
        assert_eq!(part(1 << 30, 8), Size::gib(0), "which is refused");
        assert_eq!("host/4".parse(), Ok(Amount::<Size>::OfHost(NonZeroU32::new(4).unwrap())));
        assert_eq!("4 GiB".parse(), Ok(Amount::Own(Size::gib(4))));
        for wrong in ["host/0", "host/", "host", "guest/4", "4"] {
            assert!(wrong.parse::<Amount<Size>>().is_err(), "{wrong}");
        }
        assert!((HERE.memory)().unwrap() > 1 << 28 && (HERE.cpus)().unwrap() > 0);
    }

    #[test]
    fn a_disk_is_a_size_or_a_file_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            path.to_str().unwrap().to_owned()
        };
        assert_eq!(disk("120GiB").unwrap(), Disk::New(Size::gib(120)));
        let path = file("a.img", b"QFI\xfb\0\0\0\x03");
        assert_eq!(disk(&path).unwrap(), Disk::Existing { format: DiskFormat::Qcow2, path });
        let path = file("b.img", &[0; 512]);
        assert_eq!(disk(&path).unwrap(), Disk::Existing { format: DiskFormat::Raw, path });
        for (at, magic) in OTHERS {
            let mut bytes = vec![b' '; 512];
            bytes[at..at + magic.len()].copy_from_slice(magic);
            assert!(matches!(disk(&file("c.img", &bytes)), Err(Error::Unfit { option: "disk", .. })), "{magic:?}");
        }
        for wrong in ["120G", "no.qcow2", folder.path().to_str().unwrap()] {
            assert!(matches!(disk(wrong), Err(Error::Unfit { option: "disk", .. })), "{wrong}");
        }
    }
}
