//! See `tests/hostile/manifest.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/manifest.rs"]
mod manifest;

fuzz_target!(|input: &[u8]| manifest::check(input));
