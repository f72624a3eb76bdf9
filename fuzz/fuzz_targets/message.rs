//! See `tests/hostile/message.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/message.rs"]
mod message;

fuzz_target!(|input: &[u8]| message::check(input));
