//! See `tests/hostile/length.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/length.rs"]
mod length;

fuzz_target!(|input: &[u8]| length::check(input));
