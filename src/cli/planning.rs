//! Making a plan from a manifest and a cluster, as `plan`, `apply`, `watch` and others need it.

use super::exit::Exit;
use super::failure::Failure;
use super::name;
use super::options::Options;
use super::terminal::Terminal;
use super::verb::validate;
use super::{advice, engines};
use crate::engine::simulated::Simulated;
use crate::engine::{Engine, Observation};
use crate::manifest::{Manifest, Moved, Reconcile};
use crate::model::{Cluster, Rename};
use crate::plan::{self, Because, Blocked, Inputs, Plan, Planned, Prune, Step, WhatIf};
use crate::status::ClusterStatus;

/// Latencies in a rehearsal follow from it; it changes no decision.
const REHEARSAL_SEED: u64 = 1;

/// What the manifest asks for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) cluster: Cluster,
    pub(super) renames: Vec<Rename>,
    pub(super) prune: Prune,
    pub(super) origin: String,
    /// How the cluster is held to it, where nobody applies it by hand.
    pub(super) reconcile: Reconcile,
}

impl Wanted {
    /// Reads the manifest that the options name.
    pub(super) fn load(options: &Options, prune: bool, terminal: Terminal) -> Result<Self, Failure> {
        let path = options.manifest();
        let manifest = validate::load(path, terminal)?;
        Ok(Self::of(manifest, prune, path.display().to_string()))
    }

    /// Reads the manifest that the options name, and has the engine look at it.
    pub(super) async fn load_checked(
        engine: &mut dyn Engine,
        options: &Options,
        prune: bool,
        terminal: Terminal,
    ) -> Result<Self, Failure> {
        let manifest = advice::load(engine, options, terminal).await?;
        Ok(Self::of(manifest, prune, options.manifest().display().to_string()))
    }

    /// What a manifest asks for; `prune` on the command line adds to what the manifest says.
    pub(super) fn of(manifest: Manifest, prune: bool, origin: String) -> Self {
        let prune = if prune || manifest.settings.reconcile.prune { Prune::Yes } else { Prune::No };
        let renames = manifest.settings.moved.iter().filter_map(Moved::to_rename).collect();
        let reconcile = manifest.settings.reconcile;
        Self { cluster: manifest.cluster, renames, prune, origin, reconcile }
    }

    /// What is in force already, so that only drift is left.
    pub(super) fn in_force(observation: &Observation) -> Self {
        Self {
            cluster: observation.in_force.clone(),
            renames: Vec::new(),
            prune: Prune::No,
            origin: format!("what is in force (generation {})", observation.generation.0),
            reconcile: Reconcile::default(),
        }
    }
}

/// Makes the plan that leads from what was observed to what is wanted.
pub(super) fn make(wanted: &Wanted, observation: &Observation) -> Planned {
    let Wanted { cluster, renames, prune, origin, .. } = wanted;
    plan_for(observation, cluster, renames, *prune, origin)
}

/// Makes the plan that leads from what was observed to what is in force already.
pub(super) fn make_from_force(observation: &Observation, origin: &str) -> Planned {
    plan_for(observation, &observation.in_force, &[], Prune::No, origin)
}

fn plan_for(
    observation: &Observation,
    declared: &Cluster,
    renames: &[Rename],
    prune: Prune,
    origin: &str,
) -> Planned {
    let mut planned = plan::plan(&Inputs {
        generation: observation.generation.0,
        in_force: &observation.in_force,
        status: &observation.status,
        overlay: &observation.overlay,
        now: observation.now,
        declared,
        renames,
        prune,
        origin,
    });
    planned.plan.take_note(&observation.aside);
    planned
}

/// Finds out what will still be impossible once the plan is carried out, on a copy of the cluster.
/// What no node can run yet may come to run, as agents may set node attributes that it waits for;
/// what is stopped for good may keep others from starting again. It costs several times what planning
/// does, so that nothing is tried where it cannot come out otherwise.
pub(super) async fn rehearse(plan: &mut Plan, observation: &Observation) {
    let is_told = |step: &Step| matches!(step.because, Because::TargetRole { .. });
    let is_waiting = plan.unplaced.iter().any(|unplaced| unplaced.may_be_later(&plan.desired));
    let is_open = is_waiting || !plan.blocked.is_empty() || plan.steps.iter().any(is_told);
    if !is_open || plan.steps.is_empty() || !plan.has_quorum() {
        return;
    }
    let staged = Observation {
        in_force: plan.desired.clone(),
        status: plan.renamed(&observation.status).into_owned(),
        ..observation.clone()
    };
    let mut stage = Simulated::resembling(&staged, REHEARSAL_SEED);
    if stage.converge(&mut |_| {}).await.is_err() {
        return;
    }
    let Ok(seen) = stage.observe().await else { return };
    let after = make(&Wanted::in_force(&seen), &seen).plan;
    for unplaced in &mut plan.unplaced {
        unplaced.is_later = !after.unplaced.iter().any(|still| still.resource == unplaced.resource);
    }
    for blocked in &mut plan.blocked {
        blocked.stays = after.blocked.iter().any(|still| is_same(still, blocked));
    }
    for still in after.blocked {
        if !plan.blocked.iter().any(|blocked| is_same(&still, blocked)) {
            plan.blocked.push(still);
        }
    }
}

/// Whether two obstacles are about the same resource, or else the same node.
fn is_same(one: &Blocked, other: &Blocked) -> bool {
    one.resource == other.resource && (one.resource.is_some() || one.from == other.from)
}

/// Observes the cluster as it will be once the manifest is in force, if the engine can run that at all.
pub(super) async fn observe(
    engine: &mut dyn Engine,
    options: &Options,
    wanted: &Cluster,
) -> Result<Observation, Failure> {
    engine.admit(wanted)?;
    let mut observation = engine.observe().await?;
    engines::foresee(options, &mut observation, wanted);
    Ok(observation)
}

/// Changes what was observed to what was asked to be imagined.
pub(super) fn imagine(
    status: &mut ClusterStatus,
    what_ifs: &[WhatIf],
    cluster: &Cluster,
) -> Result<(), Failure> {
    for what_if in what_ifs {
        if let Some(node) = what_if.node()
            && status.node(node.as_str()).is_none()
        {
            name::check_node(node, &name::nodes(cluster))?;
        }
        what_if.imagine(status);
    }
    Ok(())
}

/// How a plan ends a command that only looks.
pub(super) fn exit_of(plan: &Plan, is_detailed: bool) -> Exit {
    if !plan.has_quorum() && !plan.blocked.is_empty() {
        Exit::NoQuorum
    } else if !plan.is_fulfilling() {
        Exit::Unsatisfiable
    } else if is_detailed && !plan.is_empty() {
        Exit::Changes
    } else {
        Exit::Done
    }
}
