//! What a program prints, kept within a bound while it keeps running.

use std::collections::VecDeque;
use std::future::pending;
use std::os::fd::AsFd;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The beginning and the end of what was printed; the middle is dropped when it was long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Captured {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    half: usize,
    omitted: u64,
}

impl Captured {
    /// Keeps at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { head: Vec::new(), tail: VecDeque::new(), half: limit / 2, omitted: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = self.half.saturating_sub(self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..excess);
        self.omitted = self.omitted.saturating_add(excess as u64);
    }

    /// Whether a part is missing.
    pub(super) const fn is_cut(&self) -> bool {
        self.omitted > 0
    }

    /// The text, with a line that says how much was left out.
    pub(super) fn to_text(&self) -> String {
        let (older, newer) = self.tail.as_slices();
        if !self.is_cut() {
            return String::from_utf8_lossy(&[&self.head, older, newer].concat()).into_owned();
        }
        let head = String::from_utf8_lossy(&self.head);
        let tail = [older, newer].concat();
        let tail = String::from_utf8_lossy(&tail);
        format!("{head}\n{GAP_BEGINS}{}{GAP_ENDS}\n{tail}", self.omitted)
    }
}

/// How the line begins and ends that says how much was left out.
const GAP_BEGINS: &str = "... ";
const GAP_ENDS: &str = " bytes left out ...";

/// Whether a line says how much was left out there.
pub(super) fn is_gap(line: &str) -> bool {
    line.starts_with(GAP_BEGINS) && line.ends_with(GAP_ENDS)
}

/// One output of a running program.
pub(super) struct Stream<R> {
    source: Option<R>,
    buffer: Vec<u8>,
    pub(super) captured: Captured,
}

impl<R: AsyncRead + AsFd + Unpin> Stream<R> {
    const CHUNK: usize = 16 * 1024;
    /// More than a pipe holds: what an agent left in its pipes is read whole, what a daemon that
    /// inherited them goes on writing is not.
    const REST_CHUNKS: usize = 16;

    pub(super) fn new(source: Option<R>, limit: usize) -> Self {
        Self { source, buffer: vec![0; Self::CHUNK], captured: Captured::new(limit) }
    }

    /// Reads what comes next; never ends once the output is closed, so that others can be waited for.
    pub(super) async fn fill(&mut self) {
        let Some(source) = &mut self.source else { return pending().await };
        match source.read(&mut self.buffer).await {
            Ok(0) | Err(_) => self.source = None,
            Ok(count) => self.captured.push(&self.buffer[..count]),
        }
    }

    /// Takes what is still in the pipe of a program that has ended, without waiting for more:
    /// a daemon that it started may hold the pipe open for ever.
    pub(super) fn finish(mut self) -> Captured {
        let Some(source) = self.source.take() else { return self.captured };
        for _ in 0..Self::REST_CHUNKS {
            match rustix::io::read(source.as_fd(), &mut self.buffer[..]) {
                Ok(0) => break,
                Ok(count) => self.captured.push(&self.buffer[..count]),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => break,
            }
        }
        self.captured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_output_is_kept_whole() {
        let mut captured = Captured::new(16);
        captured.push(b"hello ");
        captured.push(b"world");
        assert!(!captured.is_cut());
        assert_eq!(captured.to_text(), "hello world");
    }

    #[test]
    fn long_output_keeps_its_beginning_and_its_end() {
        let mut captured = Captured::new(8);
        for byte in b'a'..=b'z' {
            captured.push(&[byte]);
        }
        assert_eq!(captured.to_text(), "abcd\n... 18 bytes left out ...\nwxyz");
        assert!(captured.head.len() + captured.tail.len() <= 8);
    }
}
