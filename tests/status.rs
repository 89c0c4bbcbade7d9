//! The table of what each guest has says it in few words, and none of them is wrong.

use domain_definitions::Collection;
use domain_definitions::status::status;
use domain_definitions::table::Piece;

/// The cell of a guest in the row of a topic.
fn cell(guest: &str, topic: &str) -> String {
    let table = status(&Collection::new().unwrap_or_else(|error| panic!("{error}")));
    let column = table.header.iter().position(|title| *title == guest).expect("it is a guest");
    let row = table.rows.iter().find(|row| row[0] == [Piece::Text(topic.to_owned())]).expect("it is a topic");
    match &row[column][..] {
        [Piece::Text(text)] => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_there_is_said_to_be_there() {
    assert_eq!(cell("Linux desktop", "virtio-gpu"), "yes, with four screens, 3D");
    assert_eq!(cell("Windows desktop", "virtio-gpu"), "yes, without four screens, 3D");
    assert_eq!(cell("FreeBSD", "virtio-gpu"), "no");
    assert_eq!(cell("Windows desktop", "virtio-balloon"), "yes, with free page reporting");
    assert_eq!(cell("OpenBSD", "virtio-balloon"), "yes, without free page reporting");
}

#[test]
fn what_is_not_there_lacks_nothing() {
    assert_eq!(cell("Haiku", "virtio-balloon"), "no");
    assert_eq!(cell("Linux server", "virtio-balloon"), "no");
    assert_eq!(cell("Haiku", "virtio console"), "no");
}

#[test]
fn connections_are_told_apart_where_they_differ() {
    assert_eq!(cell("Linux desktop", "virtio-rng"), "yes");
    assert_eq!(cell("Linux desktop", "virtio-fs"), "system");
    assert_eq!(cell("Linux desktop", "network"), "session: user; system: libvirt's `default`");
    assert_eq!(cell("Linux server", "network"), "system: libvirt's `default`");
    assert_eq!(cell("Haiku", "memory"), "4 GiB");
}
