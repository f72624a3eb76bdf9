//! See `tests/hostile/rule.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/rule.rs"]
mod rule;

fuzz_target!(|input: &[u8]| rule::check(input));
