//! See `tests/hostile/cib.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/cib.rs"]
mod cib;

fuzz_target!(|input: &[u8]| cib::check(input));
