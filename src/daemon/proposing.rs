//! When the manifest of this node is proposed to the cluster.
//!
//! A node proposes only a change of its own file, against what is in force at that moment. A file that
//! was not changed since it was proposed last is not obeyed again: the cluster may have gone on
//! without it, and then the file is behind.

use super::durable::Seen;
use super::manifest::Reading;
use crate::cluster::{Accepted, Change, Moment, Node, Proposal, Refusal};
use crate::manifest::{Moved, ReconcileMode};
use crate::model::{Cluster, Generation, NodeName, Rename};
use crate::plan::{self, Inputs, Prune};

/// What is known of the manifest of this node.
#[derive(Debug)]
pub(super) struct Proposing {
    /// The file that was decided on last, in this life or before.
    seen: Option<Seen>,
    /// A usable file that nothing was decided on.
    fresh: Option<Reading>,
    /// What was proposed, while an answer is waited for.
    asked: Option<Cluster>,
}

impl Proposing {
    pub(super) fn new(seen: Option<Seen>) -> Self {
        Self { seen, fresh: None, asked: None }
    }

    /// Takes a new reading of the file.
    pub(super) fn take(&mut self, reading: Reading) {
        let path = reading.path.display().to_string();
        for (code, message) in &reading.warnings {
            tracing::warn!(path, code, "{message}");
        }
        match &reading.manifest {
            Ok(manifest) => {
                if manifest.settings.reconcile.mode == ReconcileMode::Manual {
                    tracing::info!(path, "the manifest has changed; `quorate apply` puts it in force");
                    self.fresh = None;
                } else {
                    self.fresh = Some(reading);
                }
            }
            Err(trouble) => {
                tracing::error!(path, "the manifest cannot be used; what is in force stays\n{trouble}");
            }
        }
    }

    /// What is to be proposed now, with the digest of its file.
    pub(super) fn next(&mut self, me: &NodeName, node: &Node, now: Moment) -> Option<(String, Change)> {
        if self.asked.is_some() {
            return None;
        }
        let reading = self.fresh.take()?;
        let Ok(manifest) = &reading.manifest else { return None };
        let durable = node.durable();
        let is_first = durable.generation == Generation::default();
        if !is_first && self.seen.as_ref().is_some_and(|seen| seen.digest == reading.digest) {
            return None;
        }
        let origin = format!("{} on {me}", reading.path.display());
        let renames: Vec<Rename> = manifest.settings.moved.iter().filter_map(Moved::to_rename).collect();
        let prune = if manifest.settings.reconcile.prune { Prune::Yes } else { Prune::No };
        let status = node.status(now);
        let planned = plan::plan(&Inputs {
            generation: durable.generation.0,
            in_force: &durable.cluster,
            status: &status,
            overlay: &durable.overlay,
            now: now.seconds(),
            declared: &manifest.cluster,
            renames: &renames,
            prune,
            origin: &origin,
        });
        let cluster = planned.plan.desired;
        if !is_first && cluster == *durable.cluster {
            tracing::info!(origin, "the manifest is in force already");
            self.seen = Some(Seen::new(reading.digest));
            return None;
        }
        self.asked = Some(cluster.clone());
        let proposal = Proposal { cluster, base: durable.generation, origin, renames };
        Some((reading.digest, Change::Propose(Box::new(proposal))))
    }

    /// Hears what came of a proposal; what is to be remembered of it.
    pub(super) fn hear(
        &mut self,
        digest: String,
        answer: &Result<Accepted, Refusal>,
        in_force: &Cluster,
    ) -> Seen {
        // The same file on another node may have been first.
        let is_in_force = self.asked.take().is_some_and(|asked| asked == *in_force);
        if let Err(refusal) = answer
            && !is_in_force
        {
            tracing::error!(%refusal, "the manifest of this node was not taken, and is behind; bring it up to date, or apply it");
        }
        let seen = Seen::new(digest);
        self.seen = Some(seen.clone());
        seen
    }
}
