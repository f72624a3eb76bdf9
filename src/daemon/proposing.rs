//! When the manifest of this node is proposed to the cluster.
//!
//! A node proposes only a change of its own file, against what is in force at that moment. A file that
//! was not changed since it was proposed last is not obeyed again: the cluster may have gone on
//! without it, and then the file is behind.

use std::time::Duration;

use super::durable::{Seen, Store};
use super::manifest::Reading;
use crate::cluster::{Accepted, Change, Durable, Input, Lifetime, Moment, Node, Proposal, Record, Refusal};
use crate::manifest::Moved;
use crate::model::{Cluster, Generation, NodeName, Rename};
use crate::plan::aside::MANIFEST;
use crate::plan::window::{self, Admission};
use crate::plan::{self, Inputs, Prune};
use crate::view;

/// Seconds after which a wait for a window looks at the clock again: it may have been set.
const LONGEST_WAIT: u64 = 60;

/// What is known of the manifest of this node.
#[derive(Debug)]
pub(super) struct Proposing {
    /// The file that was decided on last, in this life or before.
    seen: Option<Seen>,
    /// A usable file that nothing was decided on.
    fresh: Option<Reading>,
    /// What was proposed, while an answer is waited for.
    asked: Option<Cluster>,
    /// Whether what was decided on last is not known any more: then the next file is taken to be it.
    has_forgotten: bool,
    /// What the fresh file waits for, and the generation that this was found out on.
    waits: Option<(Admission, Generation)>,
    /// Why the file that was read last is not in force.
    trouble: Option<Trouble>,
    /// What the cluster was told of that last.
    told: Option<String>,
    /// Whether there is a file that was not read yet in this life.
    is_unread: bool,
}

/// Why a file of this node is not in force, for people.
#[derive(Debug)]
struct Trouble {
    because: String,
    /// The generation that took its place, where that is why: the next one may be the file's again.
    lost_to: Option<Generation>,
}

/// What follows from a file of this node.
#[derive(Debug)]
pub(super) enum Step {
    /// It is proposed.
    Propose {
        /// Digest of the file.
        digest: String,
        /// The proposal.
        change: Change,
    },
    /// It is in force already, which is a decision on it, too: to be remembered.
    Decided(Seen),
}

impl Proposing {
    /// With what the node remembers of its manifest, and what it told the cluster of it before.
    pub(super) fn recall(store: &Store, record: &Record, follows: bool) -> Self {
        let seen = store.seen();
        if let Err(error) = &seen {
            let error: &dyn std::error::Error = error;
            tracing::error!(error, "it is not known which manifest was decided on last");
        }
        let has_forgotten = seen.is_err();
        let seen = seen.ok().flatten();
        let mut kept = record.attributes.iter().flat_map(|set| &set.pairs);
        let told = kept.find(|pair| &*pair.name == MANIFEST).map(|pair| pair.value.to_text().to_string());
        let (fresh, asked, waits, trouble) = (None, None, None, None);
        Self { seen, fresh, asked, has_forgotten, waits, trouble, told, is_unread: follows }
    }

    /// What the cluster is to be told of this node's file, if that is something else than before: why it is
    /// not in force, or that nothing is in its way any more.
    pub(super) fn news(&mut self, me: &NodeName, generation: Generation) -> Option<Input> {
        let is_over = |trouble: &Trouble| trouble.lost_to.is_some_and(|lost_to| lost_to != generation);
        if self.trouble.as_ref().is_some_and(is_over) {
            self.trouble = None;
        }
        let because = self.trouble.as_ref().map(|trouble| trouble.because.clone());
        if because == self.told || self.is_unread {
            return None;
        }
        self.told.clone_from(&because);
        let (name, value) = (MANIFEST.into(), because.map(Into::into));
        Some(Input::AttributeSet { node: me.clone(), name, value, lifetime: Lifetime::UntilLeave })
    }

    /// After how long to look whether the window opens that the file waits for.
    pub(super) fn look_again(&self, now: Moment) -> Option<Duration> {
        match self.waits {
            Some((Admission::AtWindow(Some(opens)), _)) => {
                let left = u64::try_from(opens - now.seconds()).unwrap_or(0);
                Some(Duration::from_secs(left.clamp(1, LONGEST_WAIT)))
            }
            Some((Admission::AtWindow(None) | Admission::Now | Admission::ByHand, _)) | None => None,
        }
    }

    /// Takes a new reading of the file.
    pub(super) fn take(&mut self, reading: Reading) {
        self.is_unread = false;
        let path = reading.path.display().to_string();
        for (code, message) in &reading.warnings {
            tracing::warn!(path, code, "{message}");
        }
        if std::mem::take(&mut self.has_forgotten) {
            self.seen = Some(Seen::new(reading.digest.clone()));
        }
        match &reading.manifest {
            Ok(_) => {
                self.waits = None;
                self.trouble = None;
                self.fresh = Some(reading);
            }
            Err(trouble) => {
                tracing::error!(
                    path,
                    "the manifest cannot be used; what is in force stays\n{}",
                    trouble.text
                );
                let because = format!(
                    "{path} cannot be used ({}); `quorate validate -f {path}` there says more",
                    trouble.summary
                );
                self.trouble = Some(Trouble { because, lost_to: None });
            }
        }
    }

    /// What is to be done now.
    pub(super) fn next(&mut self, me: &NodeName, node: &Node, now: Moment) -> Option<Step> {
        if self.asked.is_some() || self.is_waiting(node.durable().generation, now) {
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
        let admission = window::admission(&manifest.settings.reconcile, &planned.plan, now.seconds());
        if let Some(why) = view::window::waits(admission) {
            if self.waits.is_none_or(|(known, _)| known != admission) {
                tracing::warn!(origin, "{why}");
            }
            let because = format!("{}: {why}", reading.path.display());
            self.trouble = Some(Trouble { because, lost_to: None });
            self.waits = Some((admission, durable.generation));
            self.fresh = Some(reading);
            return None;
        }
        self.waits = None;
        self.trouble = None;
        let cluster = planned.plan.desired;
        if !is_first && cluster == *durable.cluster {
            tracing::info!(origin, "the manifest is in force already");
            let seen = Seen::new(reading.digest);
            self.seen = Some(seen.clone());
            return Some(Step::Decided(seen));
        }
        self.asked = Some(cluster.clone());
        let proposal = Proposal { cluster, base: durable.generation, origin, renames };
        Some(Step::Propose { digest: reading.digest, change: Change::Propose(Box::new(proposal)) })
    }

    /// Whether the fresh file has to wait on: its window is not open yet, and nothing else is in force.
    fn is_waiting(&self, generation: Generation, now: Moment) -> bool {
        self.waits.is_some_and(|(admission, found_on)| {
            found_on == generation
                && match admission {
                    Admission::Now => false,
                    Admission::ByHand => true,
                    Admission::AtWindow(opens) => opens.is_none_or(|opens| now.seconds() < opens),
                }
        })
    }

    /// Hears what came of a proposal; what is to be remembered of it. Nothing, where nobody decided on
    /// it, as this daemon is leaving: the next one proposes it.
    pub(super) fn hear(
        &mut self,
        digest: String,
        answer: &Result<Accepted, Refusal>,
        durable: &Durable,
    ) -> Option<Seen> {
        // The same file on another node may have been first.
        let is_in_force = self.asked.take().is_some_and(|asked| asked == *durable.cluster);
        if let Err(refusal) = answer
            && !is_in_force
        {
            tracing::error!(%refusal, "the manifest of this node was not taken, and is behind; bring it up to date, or apply it");
            let because = format!("{refusal}; bring the file up to date, or apply it");
            self.trouble = Some(Trouble { because, lost_to: Some(durable.generation) });
        }
        if !is_in_force && matches!(answer, Err(Refusal::Leaving)) {
            return None;
        }
        let seen = Seen::new(digest);
        self.seen = Some(seen.clone());
        Some(seen)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

    use super::*;
    use crate::model::OptionSet;

    fn recall(folder: &std::path::Path) -> Proposing {
        Proposing::recall(&Store::new(folder), &Record::default(), true)
    }

    /// What the cluster is told of the file, if anything.
    fn news(proposing: &mut Proposing) -> Option<Option<String>> {
        let news = proposing.news(&NodeName::new("a"), Generation(1))?;
        let Input::AttributeSet { value, .. } = news else { unreachable!("{news:?}") };
        Some(value.map(|text| text.to_string()))
    }

    #[test]
    fn after_a_damaged_memory_the_first_file_counts_as_seen() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("manifest-seen.json"), "{").unwrap();
        let path = dir.path().join("cluster.yaml");
        std::fs::write(&path, "apiVersion: quorate/v1\nkind: Cluster\nname: t\nnodes: {a: {}}\n").unwrap();
        let reading = super::super::manifest::read(&path);
        let mut damaged = recall(dir.path());
        damaged.take(reading.clone());
        assert_eq!(damaged.seen.as_ref().map(|seen| &seen.digest), Some(&reading.digest));
        let mut new = recall(&dir.path().join("empty"));
        new.take(reading);
        assert_eq!(new.seen, None);
    }

    #[test]
    fn the_cluster_is_told_once_that_a_file_cannot_be_used_and_once_that_it_can() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cluster.yaml");
        let text = "apiVersion: quorate/v1\nkind: Cluster\nname: t\nnodes: {a: {}}\n";
        let mut proposing = recall(dir.path());
        std::fs::write(&path, format!("{text}nonsense: 1\n")).unwrap();
        proposing.take(super::super::manifest::read(&path));
        let said = news(&mut proposing).flatten().unwrap();
        assert!(said.contains("cluster.yaml cannot be used (1 error: "), "{said}");
        assert!(!said.contains('\n'), "a line of a status: {said}");
        assert_eq!(news(&mut proposing), None);
        // The daemon begins anew with what it said before.
        let attributes = vec![OptionSet::of([(MANIFEST, said.as_str())])];
        let record = Record { attributes, ..Record::default() };
        let mut next = Proposing::recall(&Store::new(dir.path()), &record, true);
        assert_eq!(news(&mut next), None, "it was not read again yet");
        std::fs::write(&path, text).unwrap();
        next.take(super::super::manifest::read(&path));
        assert_eq!(news(&mut next), Some(None));
        assert_eq!(news(&mut next), None);
    }
}
