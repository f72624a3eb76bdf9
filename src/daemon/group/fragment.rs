//! Long messages in parts: a part is small enough to be sent at once, and to let others speak in
//! between.

use std::collections::BTreeMap;

/// The longest part, in bytes; corosync takes a little more than a million at once.
const PART_MAX: usize = 256 * 1024;

/// The longest message that is put together, in bytes. The longest that a daemon sends holds a desired
/// state of at most 16 MiB and what is known of all nodes.
const LONGEST: usize = 256 << 20;

/// First byte of a part that others of the same message follow.
const MORE: u8 = 1;
/// First byte of the last part of a message.
const LAST: u8 = 0;
/// First byte of the first part, in addition: so that who came in the middle can tell.
const FIRST: u8 = 2;

/// The parts of a message, ready to be sent.
pub(super) fn split(message: &[u8]) -> Vec<Vec<u8>> {
    split_at(message, PART_MAX)
}

fn split_at(message: &[u8], most: usize) -> Vec<Vec<u8>> {
    let parts = message.len().div_ceil(most).max(1);
    let mark =
        |place: usize| (if place + 1 < parts { MORE } else { LAST }) | (if place == 0 { FIRST } else { 0 });
    let mut chunks = message.chunks(most);
    (0..parts)
        .map(|place| {
            let chunk = chunks.next().unwrap_or_default();
            let mut part = Vec::with_capacity(chunk.len() + 1);
            part.push(mark(place));
            part.extend_from_slice(chunk);
            part
        })
        .collect()
}

/// Puts the parts of each sender together.
#[derive(Debug, Default)]
pub(super) struct Assembly(BTreeMap<(u32, u32), Vec<u8>>);

/// Somebody sends without end. What it had begun is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its message is longer than {} MiB, and is not put together", LONGEST >> 20)]
pub(super) struct TooLong;

impl Assembly {
    /// Takes a part; the message if it is whole now. A message of which the beginning was missed is
    /// none.
    ///
    /// # Errors
    /// When it becomes longer than any message of a daemon.
    pub(super) fn take(&mut self, sender: (u32, u32), part: &[u8]) -> Result<Option<Vec<u8>>, TooLong> {
        self.take_within(LONGEST, sender, part)
    }

    fn take_within(
        &mut self,
        most: usize,
        sender: (u32, u32),
        part: &[u8],
    ) -> Result<Option<Vec<u8>>, TooLong> {
        let Some((&mark, text)) = part.split_first() else { return Ok(None) };
        let begun = self.0.remove(&sender);
        let Some(mut message) = (if mark & FIRST != 0 { Some(Vec::new()) } else { begun }) else {
            return Ok(None);
        };
        if message.len() + text.len() > most {
            return Err(TooLong);
        }
        message.extend_from_slice(text);
        if mark & MORE == 0 {
            return Ok(Some(message));
        }
        self.0.insert(sender, message);
        Ok(None)
    }

    /// Forgets what a sender had begun.
    pub(super) fn forget(&mut self, sender: (u32, u32)) {
        self.0.remove(&sender);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn messages_of_any_length_come_whole() {
        let mut assembly = Assembly::default();
        for length in [0, 1, 9, 10, 11, 20, 25] {
            let message: Vec<u8> = (0..length).collect();
            let mut parts = split_at(&message, 10);
            let last = parts.pop().unwrap();
            assert!(parts.iter().all(|part| assembly.take((1, 1), part) == Ok(None)));
            assert_eq!(assembly.take((1, 1), &last), Ok(Some(message)));
        }
    }

    #[test]
    fn senders_do_not_mix_and_a_missed_beginning_is_no_message() {
        let mut assembly = Assembly::default();
        let (a, b) = (split_at(b"aaaabb", 4), split_at(b"xxxxyy", 4));
        assert_eq!(assembly.take((1, 1), a.first().unwrap()), Ok(None));
        assert_eq!(assembly.take((2, 1), b.last().unwrap()), Ok(None));
        assert_eq!(assembly.take((1, 1), a.last().unwrap()), Ok(Some(b"aaaabb".to_vec())));
        assert_eq!(assembly.take((2, 1), b.first().unwrap()), Ok(None));
        assembly.forget((2, 1));
        assert_eq!(assembly.take((2, 1), b.last().unwrap()), Ok(None));
        assert_eq!(assembly.take((2, 1), &[]), Ok(None));
    }

    #[test]
    fn who_sends_without_end_is_not_listened_to() {
        let mut assembly = Assembly::default();
        let parts = split_at(b"aaaabbbbcc", 4);
        let mut take = |part: &[u8]| assembly.take_within(6, (1, 1), part);
        assert_eq!(take(&parts[0]), Ok(None));
        assert_eq!(take(&parts[1]), Err(TooLong));
        assert_eq!(take(&parts[2]), Ok(None), "what was forgotten has no end");
    }
}
