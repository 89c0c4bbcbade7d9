//! Reads QEMU's trace while QEMU writes it, through a named pipe: nothing of it is kept.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use host::{Fault, User};
use rustix::fs::{CWD, FileType, Mode, OFlags};

use super::trace::{Counter, Counts, Event};

/// The name of the pipe in the user's home.
const NAME: &str = "trace";
/// How long nothing may come before it is looked for again.
const REST: Duration = Duration::from_millis(2);

/// A pipe, and who reads it.
pub struct Pipe {
    /// Where QEMU writes.
    pub path: String,
    /// What has happened.
    pub events: Receiver<Event>,
    counter: Arc<Mutex<Counter>>,
    ends: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Pipe {
    /// A pipe in a user's home.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn new(user: &User) -> Result<Pipe, Fault> {
        let outside = user.folder_outside().join(NAME);
        let made = rustix::fs::mknodat(CWD, &outside, FileType::Fifo, Mode::from_raw_mode(0o600), 0);
        made.map_err(|error| Fault::at(&outside)(error.into()))?;
        user.own_home().give(NAME.as_ref())?;
        let file = open(&outside).map_err(Fault::at(&outside))?;
        let (sender, events) = channel();
        let (counter, ends) = (Arc::new(Mutex::new(Counter::default())), Arc::new(AtomicBool::new(false)));
        let (counts, until) = (Arc::clone(&counter), Arc::clone(&ends));
        let reader = thread::spawn(move || read(file, &counts, &sender, &until));
        Ok(Pipe { path: user.path(NAME), events, counter, ends, reader: Some(reader) })
    }

    /// What was counted so far.
    #[must_use]
    pub fn so_far(&self) -> Counts {
        self.counter.lock().unwrap_or_else(PoisonError::into_inner).counts()
    }

    /// What was counted, once QEMU is gone.
    #[must_use]
    pub fn counted(mut self) -> Counter {
        self.end();
        std::mem::take(&mut self.counter.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn end(&mut self) {
        self.ends.store(true, Ordering::Release);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.end();
    }
}

/// Opens a pipe that nobody writes to yet: waiting for that would be for ever if QEMU did not start.
fn open(path: &Path) -> std::io::Result<File> {
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())?.into())
}

/// Reads until the end is asked for and nothing more is in the pipe.
fn read(mut file: File, counter: &Mutex<Counter>, events: &Sender<Event>, ends: &AtomicBool) {
    let (mut bytes, mut rest) = (vec![0; 256 << 10], Vec::new());
    loop {
        // Before the pipe is looked at: what was written until then is read.
        let is_over = ends.load(Ordering::Acquire);
        match file.read(&mut bytes) {
            Ok(0) if is_over => return,
            // Nobody writes, not yet or no more; or there is nothing new.
            Ok(0) => thread::sleep(REST),
            Ok(length) => {
                let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
                rest.extend_from_slice(&bytes[..length]);
                let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                for event in rest[..whole].split(|byte| *byte == b'\n').filter_map(|line| counter.line(line)) {
                    let _ = events.send(event);
                }
                rest.drain(..whole);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock && !is_over => thread::sleep(REST),
            Err(_) => return,
        }
    }
}
