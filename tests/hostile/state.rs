//! Files of an earlier life may be cut off, damaged, edited or of another version. Whatever can be read
//! of them can be worked with.

use quorate::cluster::{Durable, Record};
use quorate::view::plan::read_saved;

use super::message::daemon;

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let _ = read_saved(text);
    let durable = serde_json::from_str::<Durable>(text).ok();
    let record = serde_json::from_str::<Record>(text).ok();
    if durable.is_some() || record.is_some() {
        let _ = daemon(durable, record.unwrap_or_default());
    }
}
