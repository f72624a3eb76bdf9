//! See `tests/hostile/metadata.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/metadata.rs"]
mod metadata;

fuzz_target!(|input: &[u8]| metadata::check(input));
