//! How applying ended, and what is still to be wished for.

use super::exit::Exit;
use super::failure::Failure;
use super::planning::{self, Wanted};
use super::terminal::Terminal;
use crate::engine::{Engine, Outcome};
use crate::model::NodeName;
use crate::plan::{Caution, Plan, Trouble};
use crate::view;

/// How applying ended, and what is still to be wished for.
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    after: Plan,
}

impl Ending {
    /// Looks at the cluster that an engine has done with. One that has nothing more to do is not
    /// there yet while something is not as it should be.
    pub(super) async fn of(outcome: Outcome, engine: &mut dyn Engine) -> Result<Self, Failure> {
        let observation = engine.observe().await?;
        let after = planning::make(&Wanted::in_force(&observation), &observation).plan;
        let is_there = outcome != Outcome::Converged || after.is_fulfilling();
        Ok(Self { outcome: if is_there { outcome } else { Outcome::Stuck }, after })
    }

    /// What is not as it should be, and why.
    pub(super) fn obstacles(&self) -> Vec<String> {
        match self.outcome {
            Outcome::Converged => Vec::new(),
            Outcome::Stuck | Outcome::GaveUp { .. } => view::because::obstacles(&self.after),
        }
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
                let failure = Failure::error(view::progress::outcome_message(&self.outcome));
                Err(view::fold::lines(self.obstacles()).into_iter().fold(failure, Failure::help))
            }
        }
    }
}

/// What could not be done, and why.
fn unfinished(after: &Plan) -> Failure {
    if !after.has_quorum() && !after.blocked.is_empty() {
        return Failure::new(Exit::NoQuorum, "the cluster has no quorum: not everything could be done");
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
    let remedies = troubles.iter().map(|trouble| view::because::remedy(trouble));
    let blocked = after.blocked.iter().map(|blocked| {
        let node = blocked.from.as_ref().map(NodeName::as_str);
        let subject = blocked.resource.as_deref().or(node).unwrap_or_default();
        view::because::cannot(blocked.verb, subject, &blocked.because)
    });
    view::fold::lines(remedies.chain(blocked).collect()).into_iter().fold(failure, Failure::help)
}
