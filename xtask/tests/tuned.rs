//! Real libvirt, of each release at hand, takes the machines that `cargo xtask tune` has mended, and has kept what is their
//! owner's; and QEMU starts them, as it did before.

#[path = "../../tests/trials/mod.rs"]
mod trials;

#[path = "common/edits.rs"]
mod edits;

use std::process::ExitCode;

use domain_definitions::{Connection, Hypervisor, Since};
use host::theirs::{Theirs, emulated, name, owned, startable};
use host::{Fault, PrivateHost, Release, User};
use libtest_mimic::{Arguments, Trial};
use roxmltree::Document;
use trials::completion;
use xtask::tune::choose::Wish;
use xtask::tune::guest;
use xtask::tune::tuned::{Tuned, Which, tuned};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for release in Release::all() {
        let name = format!("{} takes what is mended", release.name());
        trials.push(Trial::ignorable_test(name, move || completion(takes(&release))));
    }
    for connection in Connection::ALL.iter().copied() {
        let name = format!(
            "what libvirt takes on the {connection} connection, it takes afterwards, whatever its owner has changed"
        );
        trials.push(Trial::ignorable_test(name, move || completion(takes_what_people_have_changed(connection))));
        let name = format!("what is mended starts on the {connection} connection");
        trials.push(Trial::ignorable_test(name, move || completion(starts(connection))));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

const SAFE: Which = Which { all: false, only: &[], except: &[] };
const ALL: Which = Which { all: true, only: &[], except: &[] };

fn mended(theirs: &Theirs, text: &str, which: Which, floor: Since) -> Result<Tuned, Fault> {
    let wish = Wish { guest: theirs.guest().and_then(guest::named), ..Wish::default() };
    Ok(tuned(text, wish, which, floor, true).map_err(|error| format!("{}: {error}", theirs.file))?)
}

fn floor(release: &Release) -> Result<Since, Fault> {
    release.numbers.ok_or_else(|| Fault::Missing("QEMU or its firmware is not there".to_owned()))
}

/// A machine, tuned in one way: what it is called in a complaint, what of it is its owner's, and its text now.
struct Mended {
    what: String,
    owned: Vec<String>,
    text: String,
}

fn takes(release: &Release) -> Result<(), Fault> {
    floor(release)?;
    let user = User::of(release.root.as_deref(), true)?;
    // KVM may not be there.
    takes_on(release, Connection::Session, &user, &user.emulating_session()?)?;
    let host = PrivateHost::new(release.root.as_deref(), Connection::System)?;
    takes_on(release, Connection::System, host.administrator(), Hypervisor::Qemu.uri(Connection::System))
}

/// The machines of a connection.
fn machines(connection: Connection) -> Result<Vec<Theirs>, Fault> {
    let mut machines = Theirs::all()?;
    machines.retain(|theirs| is_for(theirs, connection));
    Ok(machines)
}

fn is_for(theirs: &Theirs, connection: Connection) -> bool {
    Document::parse(&theirs.text).is_ok_and(|text| guest::connection(&text) == connection)
}

fn takes_on(release: &Release, connection: Connection, user: &User, driver: &str) -> Result<(), Fault> {
    let floor = floor(release)?;
    let machines: Vec<_> = machines(connection)?.iter().map(|theirs| theirs.on(release)).collect();
    let texts: Vec<_> = machines.iter().map(|theirs| emulated(&theirs.text)).collect();
    let mut all = Vec::new();
    for (theirs, kept) in machines.iter().zip(defined(user, driver, &texts)?) {
        let kept = kept.map_err(|why| format!("{}, as it was before: {why}", theirs.file))?;
        for (kind, from) in [("as it was written", &theirs.text), ("as libvirt keeps it", &kept)] {
            for which in [SAFE, ALL] {
                let what = format!("{}, {kind}, all: {}", theirs.file, which.all);
                let text = emulated(&mended(theirs, from, which, floor)?.text);
                all.push(Mended { what, owned: owned(from)?, text });
            }
        }
    }
    let texts: Vec<_> = all.iter().map(|mended| mended.text.clone()).collect();
    let mut wrong = Vec::new();
    for (Mended { what, owned: before, text }, kept) in all.iter().zip(defined(user, driver, &texts)?) {
        match kept {
            Ok(kept) => {
                // What a text does not name, libvirt makes up each time.
                let after = owned(&kept)?;
                let lost: Vec<_> = before.iter().filter(|one| !after.contains(one)).collect();
                if !lost.is_empty() {
                    wrong.push(format!("{what}: {lost:?} is lost, there is {after:?}"));
                }
            }
            Err(why) => wrong.push(format!("{what}: {why}\n{text}")),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// How many machines with changes of their owners' are handed over on each connection.
const CHANGED: usize = 40;

/// On this machine's own libvirt.
fn takes_what_people_have_changed(connection: Connection) -> Result<(), Fault> {
    match connection {
        Connection::Session => {
            let user = User::new()?;
            takes_changed(connection, &user, &user.emulating_session()?)
        }
        Connection::System => {
            let host = PrivateHost::new(None, connection)?;
            takes_changed(connection, host.administrator(), Hypervisor::Qemu.uri(connection))
        }
    }
}

fn takes_changed(connection: Connection, user: &User, driver: &str) -> Result<(), Fault> {
    let (release, mut random) = (Release::here(), fastrand::Rng::with_seed(20_261_129));
    let (floor, machines) = (floor(release)?, machines(connection)?);
    let changed: Vec<_> = (0..CHANGED)
        .map(|_| {
            let theirs = machines[random.usize(..machines.len())].on(release);
            Theirs { text: emulated(&edits::edited(&theirs.text, &mut random)), ..theirs }
        })
        .collect();
    let texts: Vec<_> = changed.iter().map(|theirs| theirs.text.clone()).collect();
    let taken = changed.iter().zip(defined(user, driver, &texts)?).filter(|(_, kept)| kept.is_ok());
    // A change of the owner's can be one that only the other connection has, and then the machine is that one's.
    let taken: Vec<_> = taken.map(|(theirs, _)| theirs).filter(|theirs| is_for(theirs, connection)).collect();
    if taken.len() < CHANGED / 2 {
        return Err(format!("libvirt takes {} of {CHANGED} alone before they are mended", taken.len()).into());
    }
    let mut texts = Vec::new();
    for theirs in &taken {
        let which = if random.bool() { ALL } else { SAFE };
        texts.push(emulated(&mended(theirs, &theirs.text, which, floor)?.text));
    }
    let answers = taken.iter().zip(defined(user, driver, &texts)?);
    let wrong: Vec<_> = answers
        .filter_map(|(theirs, kept)| Some(format!("{}: {}\n{}", theirs.file, kept.err()?, theirs.text)))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Defines machines, one after the other, and removes them: what libvirt has kept of each, or says against it.
fn defined(user: &User, driver: &str, texts: &[String]) -> Result<Vec<Result<String, String>>, Fault> {
    let mut commands = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let (file, name) = (user.file(&format!("{number}.xml"), text)?, name(text));
        commands.push(format!("define --validate {file}"));
        commands.push(format!("dumpxml --inactive {name}"));
        commands.push(format!("undefine --nvram {name}"));
    }
    let answers = user.each(driver, &commands)?;
    Ok(answers.chunks(3).map(|of_one| of_one[0].clone().and_then(|_| of_one[1].clone())).collect())
}

/// Each machine of a connection starts, paused, before it is mended and after, with this machine's own libvirt and QEMU.
/// Emulated: KVM that can be opened, and runs no code, need not have what a machine asks of it, such as SMM.
fn starts(connection: Connection) -> Result<(), Fault> {
    let floor = floor(Release::here())?;
    let host = PrivateHost::new(None, connection)?;
    let user = host.user(connection);
    user.prepare(connection, &[])?;
    let folder = match connection {
        Connection::Session => user.folder("mine")?,
        Connection::System => "/var/lib/libvirt/images".to_owned(),
    };
    let mut started = Vec::new();
    let mut commands = Vec::new();
    for theirs in machines(connection)? {
        let theirs = theirs.on(Release::here()).here(&folder);
        theirs.make_images(user)?;
        let after = mended(&theirs, &theirs.text, ALL, floor)?;
        for (when, text) in [("before", &theirs.text), ("after", &after.text)] {
            let (file, name) =
                (user.file(&format!("{}-{when}.xml", theirs.file), &startable(text, Release::here()))?, name(text));
            commands.push(format!("define --validate {file}"));
            commands.push(format!("start --paused {name}"));
            commands.push(format!("domstate {name}"));
            commands.push(format!("destroy {name}"));
            commands.push(format!("undefine --nvram {name}"));
            started.push(format!("{}, {when}", theirs.file));
        }
    }
    let answers = user.each(Hypervisor::Qemu.uri(connection), &commands)?;
    let mut wrong = Vec::new();
    for (what, answers) in started.iter().zip(answers.chunks(5)) {
        let refused = answers[..3].iter().find_map(|answer| answer.as_ref().err());
        match (refused, &answers[2]) {
            (Some(said), _) if ["virtiofsd", "/dev/net/tun"].iter().any(|needed| said.contains(needed)) => {
                return Err(Fault::Missing(format!("this host lacks what the machines need: {said}")));
            }
            (Some(said), _) => wrong.push(format!("{what}: {said}")),
            (None, Ok(state)) if state.trim() == "paused" => {}
            (None, state) => wrong.push(format!("{what}: it is {state:?}, not paused")),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
