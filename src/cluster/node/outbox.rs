//! Words of this daemon until they are taken in. While members agree on a state nothing is taken in,
//! so that words are kept and said again.

use std::collections::BTreeMap;

use crate::cluster::member::Moment;
use crate::cluster::message::{Tiding, Word};
use crate::cluster::request::RequestId;

/// What was said and not yet taken in.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbox {
    last: u64,
    waiting: BTreeMap<u64, Word>,
    asked: BTreeMap<u64, RequestId>,
    is_closed: bool,
}

impl Outbox {
    /// One more word; it is to be said now, unless it has to wait.
    pub(super) fn add(&mut self, at: Moment, tiding: Tiding, request: Option<RequestId>) -> Word {
        self.last += 1;
        let word = Word { seq: self.last, at, tiding };
        self.waiting.insert(self.last, word.clone());
        self.asked.extend(request.map(|request| (self.last, request)));
        word
    }

    /// A word was taken in; whose request it was.
    pub(super) fn was_heard(&mut self, seq: u64) -> Option<RequestId> {
        self.waiting.remove(&seq);
        self.asked.remove(&seq)
    }

    /// What is still to be taken in, oldest first.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Word> {
        self.waiting.values()
    }

    /// Nothing more will be said; gives the requests that get no answer any more.
    pub(super) fn close(&mut self) -> Vec<RequestId> {
        self.is_closed = true;
        self.waiting.clear();
        std::mem::take(&mut self.asked).into_values().collect()
    }

    /// Whether this daemon has left.
    pub(super) const fn is_closed(&self) -> bool {
        self.is_closed
    }
}
