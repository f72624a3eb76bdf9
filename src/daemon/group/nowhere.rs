//! No group at all: for a daemon that only lets go of what runs here.

use std::future::pending;

use super::{Event, Group};

/// Where nobody is met.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

impl Group for Nowhere {
    async fn next(&mut self) -> Event {
        pending().await
    }

    fn multicast(&mut self, _message: &[u8]) {}

    async fn leave(&mut self) {}
}
