//! Digests of the parameters an operation ran with.

use std::sync::Arc;

use super::Performed;
use crate::model::Table;
use crate::scheduler::digest::{digest, strip};
use crate::status::HistoryEntry;

/// Writes the digests into an entry.
pub(super) fn seal(entry: &mut HistoryEntry, done: &Performed<'_>) {
    let mut all = done.action.params.clone();
    strip(&mut all);
    if !entry.interval.is_zero()
        && let Some(timeout) = done.action.timeout
    {
        all.insert("CRM_meta_timeout".into(), timeout.as_millis().to_string().into());
    }
    entry.op_digest = Some(digest(&all).into());
    if let Some(names) = done.traits.restart_params.as_deref().filter(|_| done.action.shows_reloadable()) {
        entry.op_force_restart = Some(list(names));
        let kept = |name: &str| names.iter().any(|known| **known == *name);
        entry.op_restart_digest = Some(digest(&only(&all, kept)).into());
    }
    let secrets = &done.traits.secret_params;
    if !secrets.is_empty() {
        entry.op_secure_params = Some(list(secrets));
        let kept = |name: &str| !secrets.iter().any(|known| **known == *name);
        entry.op_secure_digest = Some(digest(&only(&all, kept)).into());
    }
}

fn only(params: &Table, kept: impl Fn(&str) -> bool) -> Table {
    let kept = params.iter().filter(|(name, _)| kept(name));
    kept.map(|(name, value)| (Arc::clone(name), Arc::clone(value))).collect()
}

/// Names in a list with blanks around each, as the field writes it.
fn list(names: &[Arc<str>]) -> Arc<str> {
    format!(" {} ", names.join(" ")).into()
}
