//! A guest is the same machine on both connections, but for what the connection forces.

mod facts;

use domain_definitions::{Connection, Definition};
use facts::facts;

/// What may differ, and why.
const FORCED: [(&str, &str); 10] = [
    ("metadata/definition@", "it is another file, which may work with other releases"),
    ("memoryBacking", "the shared folder needs memory that virtiofsd can map"),
    ("devices/disk@type", "a session's disk is a volume, since a path would have a home in it"),
    ("devices/disk/source", "as above"),
    ("devices/filesystem", "a session can share folders only since libvirt 10.0"),
    ("devices/interface ", "Cloud Hypervisor's driver cannot connect a session"),
    ("devices/interface/model", "as above"),
    ("devices/interface@type", "a session cannot use libvirt's networks"),
    ("devices/interface/source", "as above"),
    ("devices/interface/backend", "as above: only a user's network has one"),
];

#[test]
fn session_and_system_differ_only_in_what_the_connection_forces() {
    let mut pairs = 0;
    for session in Definition::all().filter(|definition| definition.connection == Connection::Session) {
        let system = Definition { connection: Connection::System, ..session };
        let (session_facts, system_facts) = (facts(&session), facts(&system));
        let difference: Vec<_> = session_facts.symmetric_difference(&system_facts).collect();
        assert!(!difference.is_empty(), "{}: the two files are the same", session.stem());
        let surprises: Vec<_> = difference.into_iter().filter(|fact| !is_forced(fact)).collect();
        assert!(surprises.is_empty(), "{}: session and system differ in {surprises:#?}", session.stem());
        pairs += 1;
    }
    assert!(pairs > 0);
}

#[test]
fn what_a_session_has_the_system_has_as_well() {
    let on = |connection| Definition::all().filter(move |definition| definition.connection == connection);
    let system: Vec<_> = on(Connection::System).map(|definition| definition.stem()).collect();
    for session in on(Connection::Session) {
        assert!(system.contains(&session.stem()), "{} has no twin under system/", session.path());
    }
}

fn is_forced(fact: &str) -> bool {
    FORCED.iter().any(|(path, _)| fact.starts_with(path))
}

#[test]
fn every_difference_is_a_tunable_of_one_connection() {
    for definition in Definition::all() {
        for tunable in definition.tunables().filter(|tunable| tunable.connections != Connection::ALL) {
            let at = tunable.at.split('[').next().unwrap_or_default();
            let forced = is_forced(at) || FORCED.iter().any(|(path, _)| path.starts_with(at));
            assert!(forced, "{}: nothing forces `{}` to depend on the connection", definition.path(), tunable.at);
        }
    }
}
