//! The service that guests talk to, on the network of their host: it gives back each line, keeps the last report, and gives or
//! takes bytes for whoever measures the network.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use host::words::{PORT, REPORT};
use host::work::{GIVE, TAKE};
use host::{Fault, PrivateHost};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// What guests have said to the service.
#[derive(Default)]
pub struct Service {
    /// The number of lines that it has given back.
    lines: AtomicU64,
    /// The last report that nobody has taken.
    report: Mutex<Option<String>>,
}

impl Service {
    /// Starts the service on a host's network. It ends with the host.
    ///
    /// # Errors
    ///
    /// When the network cannot be entered, or the port is taken.
    pub fn start(host: &PrivateHost) -> Result<Arc<Service>, Fault> {
        let path = host.network();
        let network = File::open(&path).map_err(Fault::at(&path))?;
        // A thread that enters another network stays there; its listener belongs to that network.
        let listener = thread::spawn(move || -> std::io::Result<TcpListener> {
            move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?;
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT))
        });
        let listener = listener.join().map_err(|_| "the service for guests did not start")?;
        let listener = listener.map_err(|error| format!("the service for guests: {error}"))?;
        let service = Arc::new(Service::default());
        let shared = Arc::clone(&service);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let service = Arc::clone(&shared);
                thread::spawn(move || service.echo(&connection));
            }
        });
        Ok(service)
    }

    /// The number of lines that it has given back.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }

    /// The last report, unless it was taken before.
    #[must_use]
    pub fn take_report(&self) -> Option<String> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn echo(&self, connection: &TcpStream) {
        let (mut back, mut from, mut read) = (connection, BufReader::new(connection), String::new());
        loop {
            read.clear();
            // What comes without an end, as from a machine that is destroyed, has none.
            let Ok(1..) = from.read_line(&mut read) else { return };
            let line = read.trim_end_matches(['\r', '\n']);
            let number = |word: &str| line.strip_prefix(word).and_then(|number| number.parse::<u64>().ok());
            let moved = match (number(GIVE), number(TAKE)) {
                (Some(bytes), _) => io::copy(&mut io::repeat(0x5a).take(bytes), &mut back),
                (_, Some(bytes)) => io::copy(&mut from.by_ref().take(bytes), &mut io::sink()),
                _ => Ok(0),
            };
            if moved.is_err() {
                return;
            }
            if number(GIVE).is_some() {
                continue;
            }
            if back.write_all(format!("{line}\n").as_bytes()).is_err() {
                return;
            }
            self.lines.fetch_add(1, Ordering::Relaxed);
            if let Some(report) = line.strip_prefix(REPORT) {
                *self.report.lock().unwrap_or_else(PoisonError::into_inner) = Some(report.to_owned());
            }
        }
    }
}
