//! The test guest in the shape of a distribution's cloud image: installed on the disk, with the seed that the page tells to make in
//! the drive. It takes its settings from there, and says so on the serial console.

use std::path::Path;

use domain_definitions::domain::Arch;
use domain_definitions::{Definition, Report, variants};
use host::command::printed;
use host::{Fault, definitions, recipe};

use super::checks::{judge, shut_down, undefine};
use super::environment::Environment;
use super::plan::repeated;
use super::test_host::{TestHost, place};
use super::trial::Trial;

/// The trials: one on each connection.
pub fn trials() -> Vec<Trial> {
    // What a guest makes of a seed does not depend on the processor.
    let on_pcs = |definition: &Definition| definition.platform.arch == Arch::X86_64;
    let cloud = definitions().filter(|definition| definition.is(&variants::CLOUD)).filter(on_pcs);
    let trial = |definition: Definition| {
        let name = format!("{} takes its seed on {}", definition.path(), place(None));
        let called = name.clone();
        Trial::here(name, None, move |host, artifacts| {
            repeated(host.emulates(None), &called, || takes(host, definition, artifacts))
        })
    };
    cloud.map(trial).collect()
}

fn takes(host: &TestHost, definition: Definition, artifacts: &Path) -> Result<(), Fault> {
    let environment =
        Environment::new(host.release(None)?, definition, !host.emulates(None), host.image(&definition)?)?;
    boots(&environment, &definition).inspect_err(|_| environment.save_to(artifacts))
}

fn boots(environment: &Environment, definition: &Definition) -> Result<(), Fault> {
    environment.install()?;
    let user = environment.user();
    printed("the page's commands", user.command("sh").args(["-euc", recipe::seed()?]))?;
    let seed = Seed::of(&user.folder_outside().join("seed"))?;

    let mut machine = environment.machine()?;
    environment.virsh(&format!("define --validate {}", environment.file))?;
    environment.insert_own("seed.iso")?;
    machine.start()?;
    seed.is_taken(&judge(environment, definition, machine.up()?)?)?;
    shut_down(&mut machine)?;
    undefine(&machine)
}

/// What is in a seed, and the name under which a guest reports it.
struct Seed(Vec<(&'static str, String)>);

impl Seed {
    /// The seed that was made of the files in a folder.
    fn of(folder: &Path) -> Result<Seed, Fault> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).map_err(Fault::at(&path))
        };
        let meta_data = read("meta-data")?;
        let said = |key: &str| {
            let value = meta_data.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            value.map(str::to_owned).ok_or_else(|| format!("the seed's meta-data has no {key}: {meta_data:?}"))
        };
        Ok(Seed(vec![
            ("seed/instance-id", said("instance-id")?),
            ("host-name", said("local-hostname")?),
            ("seed/user-data", read("user-data")?.trim().to_owned()),
        ]))
    }

    /// Whether a guest has read all of it.
    fn is_taken(&self, report: &Report) -> Result<(), Fault> {
        for (name, value) in &self.0 {
            if report.get(*name) != Some(value) {
                return Err(format!("of its seed, {name} is {value:?}; it reports {:?}", report.get(*name)).into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_that_has_read_another_seed_has_not_taken_this_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("meta-data"), "instance-id: one\nlocal-hostname: cloud\n").unwrap();
        std::fs::write(folder.path().join("user-data"), "#cloud-config\n").unwrap();
        let seed = Seed::of(folder.path()).unwrap();
        let report = |id: &str| -> Report {
            let facts = [("seed/instance-id", id), ("host-name", "cloud"), ("seed/user-data", "#cloud-config")];
            facts.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
        };
        assert!(seed.is_taken(&report("one")).is_ok());
        assert!(seed.is_taken(&report("two")).is_err());
        assert!(seed.is_taken(&Report::new()).is_err(), "no seed at all");
        std::fs::write(folder.path().join("meta-data"), "local-hostname: cloud\n").unwrap();
        assert!(Seed::of(folder.path()).is_err(), "the page's seed names no machine");
    }
}
