//! See `tests/hostile/request.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/message.rs"]
mod message;
#[path = "../../tests/hostile/request.rs"]
mod request;

fuzz_target!(|input: &[u8]| request::check(input));
