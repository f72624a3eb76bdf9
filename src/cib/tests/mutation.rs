//! No text makes the reader panic: a few thousand damaged copies of a CIB that has everything.

use super::FULL;
use crate::cib::read;
use crate::diagnostic::Sources;

/// Rounds of damage. Enough to reach every part of the sample several times, in about a second.
const ROUNDS: u64 = 4000;

/// What damage puts in: markup out of place, values at the edge, names from elsewhere.
const SPLINTERS: [&str; 22] = [
    "<",
    ">",
    "/",
    "\"",
    "'",
    "&",
    "&amp;",
    "&#0;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml?>",
    "<!DOCTYPE a>",
    "=",
    " id-ref=\"sm\"",
    "<rule id=\"l2r\"/>",
    "-1",
    "99999999999999999999",
    "INFINITY",
    "\u{e9}",
    "\u{0}",
];

/// A small generator of numbers (xorshift), the same on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).unwrap()
    }
}

#[test]
fn damaged_documents_are_refused_or_read_but_never_panic() {
    let mut read_anyway = 0;
    for seed in 1..=ROUNDS {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut text = FULL.to_owned();
        for _ in 0..=dice.roll(4) {
            damage(&mut text, &mut dice);
        }
        let mut sources = Sources::default();
        sources.add("damaged.xml", text);
        read_anyway += usize::from(read(&sources).is_ok());
    }
    assert!(
        read_anyway > 100,
        "damage that is always fatal tests only the parser, and {read_anyway} were read"
    );
}

fn damage(text: &mut String, dice: &mut Dice) {
    let start = boundary(text, dice);
    match dice.roll(5) {
        0 => text.insert_str(start, SPLINTERS[dice.roll(SPLINTERS.len())]),
        1 => {
            let end = text.ceil_char_boundary(start + dice.roll(40));
            text.replace_range(start..end, "");
        }
        2 => {
            let end = text.ceil_char_boundary(start + dice.roll(200));
            let piece = text[start..end].to_owned();
            let place = boundary(text, dice);
            text.insert_str(place, &piece);
        }
        3 => swap_values(text, dice),
        _ => drop_attribute(text, start),
    }
}

fn boundary(text: &str, dice: &mut Dice) -> usize {
    text.floor_char_boundary(dice.roll(text.len()))
}

/// Puts one attribute's value in the place of another's.
fn swap_values(text: &mut String, dice: &mut Dice) {
    let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).collect();
    let pairs: Vec<_> = quotes.chunks_exact(2).map(|pair| pair[0] + 1..pair[1]).collect();
    let from = pairs[dice.roll(pairs.len())].clone();
    let to = pairs[dice.roll(pairs.len())].clone();
    let value = text[from].to_owned();
    text.replace_range(to, &value);
}

/// Removes the attribute that follows `start`.
fn drop_attribute(text: &mut String, start: usize) {
    let Some(blank) = text[start..].find(' ').map(|at| start + at) else { return };
    let mut quotes = text[blank..].match_indices('"').map(|(at, _)| blank + at);
    let Some(end) = quotes.nth(1) else { return };
    text.replace_range(blank..=end, "");
}
