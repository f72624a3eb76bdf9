//! Runs that an earlier daemon left in flight.

use super::volatile::Begun;
use super::{Executor, Run, ended_by};
use tokio_util::sync::CancellationToken;

impl Executor {
    /// Brings to an end what an earlier daemon began.
    pub(super) fn adopt(&mut self, begun: Begun) {
        let call = begun.flight.call;
        self.runs
            .insert(call, Run { flight: begun.flight, kill: CancellationToken::new(), is_recorded: true });
        self.tasks.spawn(async move { (call, ended_by("was interrupted")) });
    }
}
