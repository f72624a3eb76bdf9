//! See `tests/hostile/state.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/message.rs"]
mod message;
#[path = "../../tests/hostile/state.rs"]
mod state;

fuzz_target!(|input: &[u8]| state::check(input));
