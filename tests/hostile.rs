//! Input that somebody made to do harm, or that was cut off or damaged on its way. What is checked of
//! each kind stands in `hostile/`, and is what the fuzzers check (`fuzz/`); here the inputs that they
//! found worth keeping are tried again, whole, cut off and damaged.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "this test reads the corpora")]

mod hostile {
    pub(crate) mod cib;
    pub(crate) mod length;
    pub(crate) mod manifest;
    pub(crate) mod message;
    pub(crate) mod metadata;
    pub(crate) mod request;
    pub(crate) mod rule;
    pub(crate) mod schedule;
    pub(crate) mod state;
}

use std::fs;
use std::path::{Path, PathBuf};

/// How often each input is damaged.
const DAMAGES: u64 = 20;

/// Files in folders of the package.
fn files(folders: &[&str]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    assert!(files.len() > 4, "too little is kept in {folders:?}");
    files
}

/// A few bytes changed, taken out or doubled, the same ones each time.
fn damaged(input: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % (below.max(1) as u64)).unwrap()
    };
    let mut bytes = input.to_vec();
    for _ in 0..=draw(4) {
        let at = draw(bytes.len());
        match draw(4) {
            0 if at < bytes.len() => drop(bytes.remove(at)),
            1 => bytes.insert(at, b"\0\"{}<>-9e\n:"[draw(11)]),
            2 => bytes.truncate(at),
            _ => {
                let end = (at + draw(40)).min(bytes.len());
                let part = bytes[at.min(end)..end].to_vec();
                let place = draw(bytes.len());
                bytes.splice(place..place, part);
            }
        }
    }
    bytes
}

fn withstands(check: fn(&[u8]), folders: &[&str]) {
    for file in files(folders) {
        let input = fs::read(&file).unwrap();
        let mut tries = vec![input.clone(), input[..input.len() / 2].to_vec()];
        tries.extend((0..DAMAGES).map(|seed| damaged(&input, seed)));
        for bytes in tries {
            let outcome = std::panic::catch_unwind(|| check(&bytes));
            assert!(outcome.is_ok(), "{}:\n{}", file.display(), String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn manifests() {
    let cases = ["tests/manifest/good", "tests/manifest/lint", "tests/manifest/broken"];
    withstands(hostile::manifest::check, &[&["fuzz/corpus/manifest"], &cases[..]].concat());
}

#[test]
fn cibs() {
    withstands(hostile::cib::check, &["fuzz/corpus/cib", "examples/pacemaker", "src/cib/tests"]);
    withstands(hostile::schedule::check, &["fuzz/corpus/cib"]);
}

#[test]
fn rules() {
    withstands(hostile::rule::check, &["fuzz/corpus/rule"]);
}

#[test]
fn lengths_of_time() {
    withstands(hostile::length::check, &["fuzz/corpus/length"]);
}

#[test]
fn agents_metadata() {
    withstands(hostile::metadata::check, &["fuzz/corpus/metadata"]);
}

#[test]
fn messages_of_members() {
    withstands(hostile::message::check, &["fuzz/corpus/message"]);
}

#[test]
fn files_of_an_earlier_life() {
    withstands(hostile::state::check, &["fuzz/corpus/state"]);
}

#[test]
fn requests() {
    withstands(hostile::request::check, &["fuzz/corpus/request"]);
}
