//! How applying ended, and what is still to be wished for.

use super::exit::Exit;
use super::failure::Failure;
use super::planning::{self, Wanted};
use super::terminal::Terminal;
use crate::engine::{Engine, Outcome};
use crate::model::id::without_number;
use crate::model::{Cluster, Generation, NodeName, Resource, ResourceId};
use crate::plan::{Caution, Plan, Trouble};
use crate::view;

/// How applying ended, and what is still to be wished for.
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    after: Plan,
    in_force: InForce,
}

/// What is in force in the end.
struct InForce {
    cluster: Cluster,
    /// Where it came from, for people.
    origin: String,
}

impl Ending {
    /// Looks at the cluster that an engine has done with. One that has nothing more to do is not
    /// there yet while something is not as it should be.
    pub(super) async fn of(outcome: Outcome, engine: &mut dyn Engine) -> Result<Self, Failure> {
        let observation = engine.observe().await?;
        let after = planning::make(&Wanted::in_force(&observation), &observation).plan;
        let is_there = outcome != Outcome::Converged || after.is_fulfilling();
        let in_force = InForce { cluster: observation.in_force, origin: observation.origin };
        Ok(Self { outcome: if is_there { outcome } else { Outcome::Stuck }, after, in_force })
    }

    /// What somebody else put in force while this plan was being applied, if that is something else: then
    /// what was waited for is not what the plan wants.
    pub(super) fn superseded(&self, plan: &Plan, generation: Generation) -> Option<Superseded> {
        let actual = Generation(self.after.basis.generation);
        let is_other = actual != generation && self.in_force.cluster != plan.desired;
        is_other.then(|| Superseded { generation, actual, origin: self.in_force.origin.clone() })
    }

    /// What is not as it should be, and why.
    pub(super) fn obstacles(&self) -> Vec<String> {
        match self.outcome {
            Outcome::Converged => Vec::new(),
            Outcome::Stuck => view::because::obstacles(&self.after),
            Outcome::GaveUp { .. } => {
                let undone = view::because::undone(&self.after);
                undone.into_iter().chain(view::because::obstacles(&self.after)).collect()
            }
        }
    }

    /// Whether there is still something to do with a resource, or with what is in it.
    pub(super) fn leaves_undone(&self, named: &ResourceId) -> bool {
        let concerned = self.after.steps.iter().filter_map(|step| step.resource.as_deref());
        concerned
            .chain(self.after.blocked.iter().filter_map(|blocked| blocked.resource.as_deref()))
            .any(|name| self.is_within(name, named))
    }

    /// Whether nothing is left to do, although something is not as it should be.
    pub(super) fn leaves_nothing_undone(&self) -> bool {
        self.outcome == Outcome::Stuck && self.after.steps.is_empty() && self.after.blocked.is_empty()
    }

    /// Whether this is the name of a resource, of what is in it, or of what it is in.
    fn is_within(&self, name: &str, named: &ResourceId) -> bool {
        let mut around = self.after.desired.resources.iter().filter(|it| is_part(it, named.as_str()));
        let name = without_number(name);
        name == named.as_str()
            || around.any(|it| it.id().as_str() == name || it.id() == named && is_part(it, name))
    }

    /// Whether a resource, or what is in it, has no node, has failed or is about to be recovered
    /// again; any resource when none is named. What somebody asked to be left alone does not count.
    pub(super) fn leaves_wrong(&self, named: Option<&ResourceId>) -> bool {
        let is_within = |name: &str| named.is_none_or(|named| self.is_within(name, named));
        let unplaced = self.after.unplaced.iter().filter(|unplaced| !unplaced.is_later);
        let troubles = self.after.troubles.iter().filter(|trouble| !trouble.is_tolerated());
        unplaced.map(|unplaced| &*unplaced.resource).any(is_within)
            || troubles.map(Trouble::resource).any(is_within)
    }

    /// How it ended, as a sentence. What was tried again and again in vain is named.
    pub(super) fn message(&self) -> String {
        let undone = match self.outcome {
            Outcome::Converged | Outcome::Stuck => Vec::new(),
            Outcome::GaveUp { .. } => view::fold::lines(view::because::undone(&self.after)),
        };
        let said = view::progress::outcome_message(&self.outcome);
        if undone.is_empty() { said } else { format!("{said} {}", undone.join("; ")) }
    }

    /// Says how it ended, and with which code.
    pub(super) fn conclude(&self, is_silent: bool, terminal: Terminal) -> Result<Exit, Failure> {
        match self.outcome {
            Outcome::Converged => {
                if !is_silent {
                    terminal.note(&format!("Done: generation {} holds.", self.after.basis.generation));
                }
                Ok(Exit::Done)
            }
            Outcome::Stuck => Err(unfinished(&self.after)),
            Outcome::GaveUp { .. } => {
                let failure = Failure::error(self.message());
                let remedies = view::because::undone_remedies(&self.after);
                let more = view::because::obstacles(&self.after);
                let lines = remedies.into_iter().chain(more).collect();
                Err(view::fold::lines(lines).into_iter().fold(failure, Failure::help))
            }
        }
    }
}

/// A generation that was in force no longer when its waiting ended.
pub(super) struct Superseded {
    generation: Generation,
    actual: Generation,
    origin: String,
}

impl Superseded {
    /// As a sentence without an end.
    pub(super) fn message(&self) -> String {
        let Self { generation, actual, origin } = self;
        format!(
            "generation {} was in force, but generation {}, from {origin}, took its place meanwhile",
            generation.0, actual.0
        )
    }

    /// As a failure.
    pub(super) fn into_failure(self) -> Failure {
        Failure::new(Exit::Stale, self.message()).help(
            "`quorate plan` shows what is different now; `quorate apply` puts the manifest in force again",
        )
    }
}

/// Whether a resource has this name, or something in it has.
fn is_part(resource: &Resource, name: &str) -> bool {
    resource.id().as_str() == name
        || resource.primitives().iter().any(|primitive| primitive.id.as_str() == name)
}

/// What could not be done, and why.
fn unfinished(after: &Plan) -> Failure {
    if !after.has_quorum() && !after.blocked.is_empty() {
        let what = "there is no quorum here: what is in force is not carried out as long as that is so";
        return Failure::new(Exit::NoQuorum, what)
            .help("where another part of the cluster has quorum, it goes by its own, and this is lost when they meet");
    }
    let troubles: Vec<&Trouble> = after.troubles.iter().filter(|trouble| !trouble.is_tolerated()).collect();
    let failure = if !after.unplaced.is_empty() {
        let names = after.unplaced.iter();
        let names: Vec<String> = names
            .map(|unplaced| format!("{} ({})", unplaced.resource, view::because::refusals(unplaced)))
            .collect();
        Failure::new(Exit::Unsatisfiable, format!("no node can run {}", view::fold::names(&names)))
    } else if after.cautions.contains(&Caution::Paused) {
        Failure::error("decisions are paused").help("`quorate resume` ends that")
    } else if troubles.is_empty() {
        Failure::error("not everything could be done")
    } else {
        let said: Vec<String> = troubles.iter().map(|trouble| view::because::trouble(trouble)).collect();
        Failure::error(view::fold::lines(said).join("; "))
    };
    let ways_out = after.unplaced.iter().filter_map(view::because::way_out);
    let remedies = ways_out.chain(troubles.iter().map(|trouble| view::because::remedy(trouble)));
    let blocked = after.blocked.iter().map(|blocked| {
        let node = blocked.from.as_ref().map(NodeName::as_str);
        let subject = blocked.resource.as_deref().or(node).unwrap_or_default();
        view::because::cannot(blocked.verb, subject, &blocked.because)
    });
    view::fold::lines(remedies.chain(blocked).collect()).into_iter().fold(failure, Failure::help)
}
