//! A connection to the host, which breaks when the machine's network does. It also carries reports, for definitions with
//! neither a console nor a guest agent.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::words::{PORT, REPORT};
use crate::{network, report, state};

/// How long an answer may take. A machine that moves pauses for a while, and nothing may tell it that the old connection is
/// gone (passt before 2025).
const PATIENCE: Duration = Duration::from_secs(8);

/// Keeps the connection up: sends a line each second, which must come back; every fourth is a report.
pub fn keep() {
    loop {
        if let Some(gateway) = network::lease("gateway").and_then(|gateway| gateway.parse::<IpAddr>().ok()) {
            let _ = beat(SocketAddr::new(gateway, PORT));
            // Another host's gateway has another MAC address, which the kernel would notice only after a minute.
            network::forget_neighbours();
        }
        thread::sleep(Duration::from_secs(1));
    }
}

fn beat(host: SocketAddr) -> std::io::Result<()> {
    let stream = TcpStream::connect_timeout(&host, Duration::from_secs(5))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let mut answer = String::new();
    for count in 0_u64.. {
        let line = if count % 4 == 1 { format!("{REPORT}{}\n", report::now()) } else { format!("{count}\n") };
        stream.write_all(line.as_bytes())?;
        answer.clear();
        answers.read_line(&mut answer)?;
        if answer != line {
            break;
        }
        // SLIRP accepts on the host's behalf, so a connection counts once a line came back.
        if count == 0 {
            state::CONNECTS.fetch_add(1, Ordering::Relaxed);
        }
        state::BEATS.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}
