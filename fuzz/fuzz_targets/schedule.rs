//! See `tests/hostile/schedule.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/schedule.rs"]
mod schedule;

fuzz_target!(|input: &[u8]| schedule::check(input));
