//! The whole user space of a small Linux that reports what it sees of its machine.
//!
//! As the first process, it sets the machine up ([`init`]) and talks on the console ([`console`]), or measures the machine if
//! the host asks for that ([`bench`]); with an argument, it is a tool that does one thing. `.ci/guest` makes a medium of it. What the names in a report mean follows from where
//! [`report`] reads them.

mod agent;
mod bench;
mod console;
mod files;
mod init;
mod install;
mod link;
mod modules;
mod network;
mod power;
mod report;
mod screen;
mod seed;
mod share;
mod state;
mod tpm;
#[path = "../../xtask/host/words.rs"]
mod words;
#[path = "../../xtask/host/work.rs"]
#[expect(dead_code, reason = "the host uses all of it")]
mod work;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let name = arguments.next().unwrap_or_default();
    let rest: Vec<_> = arguments.collect();
    if rustix::process::getpid().is_init() {
        init::run();
    }
    // The guest agent runs this program when the host asks for a shutdown.
    if name.ends_with("/shutdown") {
        return if rest.iter().any(|argument| argument == "-r") { power::reboot() } else { power::off() };
    }
    match rest.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [words::TELL] => println!("{}", report::from_outside()),
        [words::INSTALL] => match install::run() {
            Ok(()) => println!("{}", words::INSTALLED),
            Err(why) => {
                eprintln!("{why}");
                return ExitCode::FAILURE;
            }
        },
        ["poweroff"] => return power::off(),
        _ => {
            eprintln!("guest report | install | poweroff");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
