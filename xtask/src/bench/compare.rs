//! Holds numbers against those on record, and machines against each other: each difference as a sentence.

use domain_definitions::comparison::ratio;
use domain_definitions::measured::results::{FILE, Results};
use domain_definitions::measured::{Bound, Group, Quantity, SLACK, Trust, WORKS, Work};
use domain_definitions::tunables::{disks, memory, network};
use domain_definitions::{Definition, Tunable};

use super::subjects::PEERS;

/// The least of 512 MiB that comes back, in MiB, where free pages are reported.
const LEAST_MEMORY: u64 = 400;
/// The least of 64 MiB, where what is trimmed is freed.
const LEAST_SPACE: u64 = 60;

/// Every number that can be measured of every work.
fn numbers() -> impl Iterator<Item = (&'static Work, Quantity, &'static Bound)> {
    WORKS.iter().flat_map(|work| work.counted.iter().map(move |(quantity, bound)| (work, *quantity, *bound)))
}

/// A number with what it is of: "700 register accesses".
fn counted(number: u64, quantity: Quantity) -> String {
    format!("{number} {}", quantity.unit())
}

/// How a machine differs from what is on record of it.
#[must_use]
pub fn with_record(recorded: &Results, now: &Results, machine: &str) -> Vec<String> {
    let mut said = Vec::new();
    for (work, quantity, bound) in numbers() {
        let title = work.title;
        match (recorded.get(machine, work, quantity), now.get(machine, work, quantity)) {
            (Some(before), Some(after)) if !bound.agrees(before, after) => {
                let margin = bound.margin(before);
                said.push(format!(
                    "{machine}, {title}: {}, and {before} in {FILE}; they may differ by {margin}, since {}",
                    counted(after, quantity),
                    bound.why,
                ));
            }
            (Some(before), None) if bound.compares(before) => said.push(format!(
                "{machine}, {title}: not measured, and {} in {FILE}; what the guest says of it stands above",
                counted(before, quantity)
            )),
            (None, Some(after)) => {
                said.push(format!("{machine}, {title}: {}, and no number in {FILE}", counted(after, quantity)));
            }
            _ => {}
        }
    }
    said
}

/// What each of our machines must do, whatever is on record: each promise that is broken.
#[must_use]
pub fn promises(definition: &Definition, now: &Results, machine: &str) -> Vec<String> {
    let has = |tunables: &[&Tunable]| tunables.iter().any(|tunable| definition.has(tunable));
    let mut said = Vec::new();
    let on_virtio = [
        (Group::Disk, has(&[&disks::ON_VIRTIO_SCSI, &disks::ON_VIRTIO_BLK]), "disk"),
        (Group::Network, has(&[&network::VIRTIO_NET]), "network card"),
    ];
    for (group, _, device) in on_virtio.into_iter().filter(|(_, is_on_virtio, _)| *is_on_virtio) {
        let mut broken = Vec::new();
        for work in WORKS.iter().filter(|work| work.group == group) {
            if let Some(accesses) = now.get(machine, work, Quantity::Accesses).filter(|accesses| *accesses > SLACK) {
                broken.push((work.title, accesses));
            }
        }
        if let [(title, accesses), others @ ..] = &broken[..] {
            let others =
                if others.is_empty() { String::new() } else { format!(", and more in {} others", others.len()) };
            said.push(format!(
                "{machine}, {title}: the guest accessed emulated registers {accesses} times{others}, each of which stops it under \
                 KVM; a {device} on virtio needs none: look at what has taken it off virtio"
            ));
        }
    }
    let freed = [
        (
            "memory",
            LEAST_MEMORY,
            has(&[&memory::FREE_PAGE_REPORTING]),
            "of 512 MiB of memory that the guest freed",
            "look at freePageReporting of its memory balloon",
        ),
        (
            "space",
            LEAST_SPACE,
            has(&[&disks::DISCARD]),
            "of 64 MiB of its disk that the guest trimmed",
            "look at discard in the driver of its disk",
        ),
    ];
    for (id, least, _, what, look) in freed.into_iter().filter(|(_, _, is_promised, ..)| *is_promised) {
        let back = Work::find(id).and_then(|work| now.get(machine, work, Quantity::Returned));
        if let Some(back) = back.filter(|back| *back < least) {
            said.push(format!("{machine}: {what}, the host got back {back}, and should get at least {least}; {look}"));
        }
    }
    said
}

/// Where one of our plain machines makes its host do more than virt-install's machine for the same guest does.
///
/// The pointer is left out: a tablet on USB 3 takes 8 accesses for a movement, on USB 1 it takes 5. Interrupts count only where
/// calls, which are accesses and notifications, are not fewer: an e1000 puts off its interrupts, and takes ten calls for a
/// packet.
#[must_use]
pub fn with_peer(now: &Results, machine: &str) -> Vec<String> {
    let Some((_, peer)) = PEERS.iter().find(|(ours, _)| *ours == machine) else { return Vec::new() };
    let mut said = Vec::new();
    for work in WORKS.iter().filter(|work| matches!(work.group, Group::Disk | Group::Network)) {
        let number = |machine: &str, quantity: Quantity| {
            let value = now.get(machine, work, quantity)?;
            work.bound(quantity)?.compares(value).then_some(value)
        };
        let calls = |machine: &str| {
            let both = (number(machine, Quantity::Accesses), number(machine, Quantity::Kicks));
            both.0.zip(both.1).map(|(accesses, kicks)| accesses + kicks)
        };
        let (Some(ours), Some(theirs)) = (calls(machine), calls(peer)) else { continue };
        let more = |ours: u64, theirs: u64| ours > theirs + (theirs / 5).max(12);
        if more(ours, theirs) {
            said.push(format!(
                "{machine}, {}: {ours} accesses and notifications, and only {theirs} on {peer}; look at the device's model or bus",
                work.title
            ));
        }
        let interrupts = (number(machine, Quantity::Interrupts), number(peer, Quantity::Interrupts));
        if let (Some(of_ours), Some(of_theirs)) = interrupts
            && ours + ours / 5 >= theirs
            && more(of_ours, of_theirs)
        {
            said.push(format!(
                "{machine}, {}: {of_ours} interrupts, and only {of_theirs} on {peer}; look at the device's model or bus",
                work.title
            ));
        }
    }
    said
}

/// What the difference between two numbers means, ours first. Virtio has notifications instead of accesses, so that more of them,
/// and of the interrupts that answer them, may be the better choice.
#[must_use]
pub fn meaning(bound: &Bound, quantity: Quantity, ours: u64, theirs: u64) -> &'static str {
    if bound.trust == Trust::Noise || !bound.compares(ours.min(theirs)) {
        return "not comparable: it does not repeat";
    }
    if ratio(bound, ours, theirs) == "=" {
        return "the same";
    }
    if bound.trust != Trust::NoneOrNoise && bound.agrees(ours, theirs) {
        return "about the same";
    }
    let is_more = ours > theirs;
    match quantity {
        Quantity::Kicks | Quantity::Interrupts if is_more => "more",
        Quantity::Kicks | Quantity::Interrupts => "fewer",
        _ if is_more == quantity.more_is_better() => "better",
        _ => "worse",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of the file of results.
    type Line = (&'static str, &'static str, &'static str, u64);

    fn results(lines: &[Line]) -> Results {
        let line = |(machine, work, of, value): &Line| format!("{machine}\t{work}\t{of}\t{value}");
        Results::parse(&lines.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap_or_else(|error| panic!("{error}"))
    }

    const OURS: &str = "session/linux";
    const PEER: &str = "virt-install-linux";

    #[test]
    fn a_number_that_is_not_as_recorded_is_told_with_its_bound() {
        let recorded = results(&[(OURS, "read-random-1", "accesses", 0), (OURS, "read-random-1", "kicks", 100)]);
        assert_eq!(with_record(&recorded, &recorded, OURS), Vec::<String>::new());
        let near = results(&[(OURS, "read-random-1", "accesses", 40), (OURS, "read-random-1", "kicks", 119)]);
        assert_eq!(with_record(&recorded, &near, OURS), Vec::<String>::new());
        let other = results(&[(OURS, "read-random-1", "accesses", 700), (OURS, "read-random-1", "kicks", 121)]);
        let said = with_record(&recorded, &other, OURS);
        assert_eq!(said.len(), 2, "{said:#?}");
        assert!(said[0].starts_with("session/linux, 100 random reads: 700 register accesses, and 0 in"), "{}", said[0]);
    }

    #[test]
    fn a_number_that_is_gone_or_new_is_told_unless_it_is_noise() {
        let recorded = results(&[(OURS, "memory", "returned", 488), (OURS, "read-random-16", "kicks", 7)]);
        let said = with_record(&recorded, &results(&[(OURS, "space", "returned", 64)]), OURS);
        assert_eq!(said.len(), 2, "{said:#?}");
        assert!(said[0].contains("memory given back: not measured"), "{said:#?}");
        assert!(said[1].contains("no number"), "{said:#?}");
    }

    #[test]
    fn a_disk_off_virtio_breaks_a_promise() {
        let linux = Definition::find("session/linux.xml").unwrap();
        let good = results(&[(OURS, "read-random-1", "accesses", 0), (OURS, "net-request", "accesses", 3)]);
        assert_eq!(promises(&linux, &good, OURS), Vec::<String>::new());
        let sata = results(&[(OURS, "read-random-1", "accesses", 700), (OURS, "net-request", "accesses", 0)]);
        let said = promises(&linux, &sata, OURS);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("700 times") && said[0].contains("off virtio"), "{}", said[0]);
        let inbox = Definition::find("session/windows-inbox.xml").unwrap();
        assert_eq!(promises(&inbox, &sata, OURS), Vec::<String>::new(), "its disk is on SATA on purpose");
    }

    #[test]
    fn memory_and_space_that_stay_away_break_a_promise() {
        let linux = Definition::find("session/linux.xml").unwrap();
        let kept = results(&[(OURS, "memory", "returned", 2), (OURS, "space", "returned", 0)]);
        let said = promises(&linux, &kept, OURS);
        assert_eq!(said.len(), 2, "{said:#?}");
        assert!(said[0].contains("freePageReporting") && said[1].contains("discard"), "{said:#?}");
        let back = results(&[(OURS, "memory", "returned", 488), (OURS, "space", "returned", 64)]);
        assert_eq!(promises(&linux, &back, OURS), Vec::<String>::new());
    }

    #[test]
    fn interrupts_count_only_where_calls_are_not_fewer() {
        let request = |machine: &'static str, accesses, kicks, interrupts| {
            [("accesses", accesses), ("kicks", kicks), ("interrupts", interrupts)]
                .map(|(of, value)| (machine, "net-request", of, value))
        };
        let both = |ours: [Line; 3], theirs: [Line; 3]| with_peer(&results(&[ours, theirs].concat()), OURS);
        assert_eq!(both(request(OURS, 0, 100, 205), request(PEER, 1117, 0, 131)), Vec::<String>::new());
        let more = both(request(OURS, 0, 100, 205), request(PEER, 0, 100, 131));
        assert!(more.len() == 1 && more[0].contains("205 interrupts"), "{more:?}");
        let calls = both(request(OURS, 700, 0, 100), request(PEER, 0, 100, 100));
        assert!(calls.len() == 1 && calls[0].contains("700 accesses and notifications"), "{calls:?}");
    }

    #[test]
    fn a_difference_means_something_only_where_numbers_repeat() {
        let of = |id: &str, quantity| Work::find(id).unwrap().bound(quantity).unwrap();
        let accesses = of("read-random-1", Quantity::Accesses);
        assert_eq!(meaning(accesses, Quantity::Accesses, 0, 12), "the same");
        assert_eq!(meaning(accesses, Quantity::Accesses, 0, 700), "better");
        assert_eq!(meaning(accesses, Quantity::Accesses, 800, 700), "about the same", "two runs may differ by as much");
        let kicks = of("read-random-1", Quantity::Kicks);
        assert_eq!(meaning(kicks, Quantity::Kicks, 100, 0), "more", "instead of accesses");
        assert_eq!(meaning(accesses, Quantity::Accesses, 2600, 700), "worse");
        assert_eq!(meaning(of("memory", Quantity::Returned), Quantity::Returned, 488, 100), "better");
        assert_eq!(
            meaning(of("net-up", Quantity::Kicks), Quantity::Kicks, 1, 900),
            "not comparable: it does not repeat"
        );
        let deep = of("read-random-16", Quantity::Accesses);
        assert_eq!(meaning(deep, Quantity::Accesses, 0, 391), "better");
        assert_eq!(meaning(deep, Quantity::Accesses, 243, 391), "not comparable: it does not repeat");
    }
}
