//! A guest's text console: a word is said, and a line is waited for.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use host::Fault;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// How many of the last lines an error has.
const LAST: usize = 10;

/// A console that is open.
pub struct Console {
    input: File,
    output: Receiver<String>,
}

impl Console {
    /// Opens a terminal.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn open(path: &Path) -> Result<Console, Fault> {
        Console::open_raw(path).map_err(Fault::at(path))
    }

    fn open_raw(path: &Path) -> std::io::Result<Console> {
        let input = OpenOptions::new().read(true).write(true).open(path)?;
        let mut settings = tcgetattr(input.as_fd())?;
        settings.make_raw();
        tcsetattr(input.as_fd(), OptionalActions::Now, &settings)?;
        let (sender, output) = channel();
        let reader = BufReader::new(input.try_clone()?);
        // Ends with the machine, or when nobody listens any more.
        thread::spawn(move || {
            for line in reader.split(b'\n') {
                let Ok(line) = line else { return };
                if sender.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                    return;
                }
            }
        });
        Ok(Console { input, output })
    }

    /// Says a word, after which only new lines are heard.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn say(&self, word: &str) -> Result<(), Fault> {
        while self.output.try_recv().is_ok() {}
        let mut input = &self.input;
        Ok(input.write_all(format!("{word}\n").as_bytes()).map_err(|error| format!("its console: {error}"))?)
    }

    /// Waits for a line that has a word in it: what follows that word.
    ///
    /// # Errors
    ///
    /// When there is none in time: with the last lines there were.
    pub fn hear(&self, word: &str, patience: Duration) -> Result<String, Fault> {
        let end = Instant::now() + patience;
        let mut lines = Vec::new();
        while let Ok(line) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            match line.split_once(word) {
                Some((_, rest)) => return Ok(rest.to_owned()),
                None => lines.push(line),
            }
        }
        let last = lines[lines.len().saturating_sub(LAST)..].join("\n");
        Err(format!("its guest did not say {word:?} within {patience:?}; the last it said: {last}").into())
    }
}
