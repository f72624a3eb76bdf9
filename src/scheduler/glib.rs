//! Orders that depend on how GLib sorts lists and keeps hash tables, where they show in results.

use std::cmp::Ordering;

/// Sorts like GLib's list sort: a stable merge sort that splits off the first half. Unlike the
/// standard sort, it also gives a defined result when comparisons contradict each other.
pub(crate) fn merge_sort<T: Copy>(items: &mut [T], compare: &mut impl FnMut(T, T) -> Ordering) {
    // Room for the first half of all, and so for that of every part.
    let mut room = items.get(..items.len() / 2).map(<[T]>::to_vec).unwrap_or_default();
    sort_within(items, &mut room, compare);
}

fn sort_within<T: Copy>(items: &mut [T], room: &mut [T], compare: &mut impl FnMut(T, T) -> Ordering) {
    let middle = items.len() / 2;
    if middle == 0 {
        return;
    }
    let (left, right) = items.split_at_mut(middle);
    sort_within(left, room, compare);
    sort_within(right, room, compare);
    let Some(left) = room.get_mut(..middle) else { return };
    left.copy_from_slice(&items[..middle]);
    let (mut taken, mut next) = (0, middle);
    // What is left of the second half is where it belongs once the first half is used up.
    for slot in 0..items.len() {
        let Some(first) = left.get(taken).copied() else { return };
        match items.get(next).copied() {
            Some(second) if compare(first, second) == Ordering::Greater => {
                items[slot] = second;
                next += 1;
            }
            Some(_) | None => {
                items[slot] = first;
                taken += 1;
            }
        }
    }
}

/// The order in which a GLib hash table with text keys iterates, after `keys` were inserted in
/// the given order: positions in `keys`.
pub(crate) fn hash_order(keys: &[&str]) -> Vec<usize> {
    let mut table = HashOrder::new();
    for (position, key) in keys.iter().enumerate() {
        table.insert(position, text_hash(key));
    }
    table.slots.iter().filter_map(|slot| slot.map(|entry| entry.position)).collect()
}

/// GLib's text hash as its tables store it (0 and 1 are reserved).
fn text_hash(text: &str) -> u32 {
    let hash = text.bytes().fold(0_u32, |hash, byte| {
        let signed = i32::from(byte.cast_signed());
        hash.wrapping_mul(31).wrapping_add(signed.cast_unsigned())
    });
    if hash < 2 { 2 } else { hash }
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    position: usize,
    hash: u32,
}

/// An open-addressing table with growing steps, which grows in place.
struct HashOrder {
    slots: Vec<Option<Slot>>,
    len: usize,
}

impl HashOrder {
    fn new() -> Self {
        Self { slots: vec![None; 8], len: 0 }
    }

    /// The largest prime that the table uses for its size.
    fn modulus(&self) -> u32 {
        const PRIMES: [u32; 18] = [
            7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131_071, 262_139,
            524_287, 1_048_573,
        ];
        let step = self.slots.len().trailing_zeros().saturating_sub(3) as usize;
        PRIMES.get(step).copied().unwrap_or(PRIMES[PRIMES.len() - 1])
    }

    /// The first slot in the probing order of `hash` that is not taken.
    fn place(&self, hash: u32, is_taken: impl Fn(usize) -> bool) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (hash.wrapping_mul(11) % self.modulus()) as usize & mask;
        let mut step = 0;
        while is_taken(slot) {
            step += 1;
            slot = (slot + step) & mask;
        }
        slot
    }

    fn insert(&mut self, position: usize, hash: u32) {
        let slot = self.place(hash, |slot| self.slots[slot].is_some());
        self.slots[slot] = Some(Slot { position, hash });
        self.len += 1;
        if self.slots.len() <= self.len + self.len / 16 {
            self.grow();
        }
    }

    /// Makes room and moves every entry to its place, displacing those that have not moved yet.
    fn grow(&mut self) {
        let wanted = self.len * 1333 / 1000;
        let old_size = self.slots.len();
        self.slots.resize((wanted + 1).next_power_of_two().max(8), None);
        let mut is_final = vec![false; self.slots.len()];
        for old in 0..old_size {
            if is_final[old] {
                continue;
            }
            let mut moving = self.slots[old].take();
            while let Some(entry) = moving {
                let slot = self.place(entry.hash, |slot| is_final[slot]);
                is_final[slot] = true;
                moving = self.slots[slot].replace(entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_elements_keep_their_order() {
        let mut items = [(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd'), (0, 'e')];
        merge_sort(&mut items, &mut |a, b| a.0.cmp(&b.0));
        assert_eq!(items, [(0, 'e'), (1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
    }

    #[test]
    fn contradicting_comparisons_still_end() {
        // Rock, paper, scissors.
        let mut items = [0, 1, 2, 0, 1, 2];
        merge_sort(&mut items, &mut |a: i32, b: i32| {
            if (a + 1) % 3 == b { Ordering::Less } else { Ordering::Greater }
        });
        let mut sorted = items;
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn short_keys_iterate_by_slot() {
        // Hash of "1" is 49: 539 mod 7 = 0; "2": 550 mod 7 = 4; "3": 561 mod 7 = 1.
        assert_eq!(hash_order(&["3", "2", "1"]), [2, 0, 1]);
    }

    #[test]
    fn growing_keeps_every_entry() {
        let names: Vec<String> = (0..100).map(|number| format!("node{number}")).collect();
        let keys: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut order = hash_order(&keys);
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
