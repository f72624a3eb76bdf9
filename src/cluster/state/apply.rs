//! Messages applied. All members do this alike; what a message says counts, not when it came.

use std::sync::Arc;

use super::flight::Keep;
use super::{Effect, Heard, State};
use crate::cluster::event::Event;
use crate::cluster::member::{Member, MemberId, Moment};
use crate::cluster::message::{Finding, Orders, Ruling, Tiding, Word};
use crate::cluster::request::{Accepted, Leave, Lifetime, Refusal};
use crate::executor::ActionResult;
use crate::ledger::{AgentTraits, Performed};
use crate::model::{Agent, NodeName};
use crate::scheduler::Action;

use super::Mark;

impl State {
    /// Takes in the word of a member.
    pub(in crate::cluster) fn apply_word(&mut self, from: MemberId, word: &Word) -> Vec<Effect> {
        let Some(member) = self.member(from).cloned() else {
            return vec![refused(from, "it is not one of the members that agreed on a state")];
        };
        let life = self.live.members.iter().find(|seat| seat.member.id == from).map(|seat| seat.life);
        let heard = self.live.heard.entry(member.name.clone()).or_default();
        let life = life.unwrap_or_default();
        if heard.life == life && word.seq <= heard.seq {
            return Vec::new();
        }
        *heard = Heard { life, seq: word.seq };
        let mut effects = Vec::new();
        let answer = self.take_in(&member, word, &mut effects);
        // Whoever may go gets its answer before.
        let parting = effects.iter().position(|effect| matches!(effect, Effect::Parted { .. }));
        let place = parting.unwrap_or(effects.len());
        effects.insert(place, Effect::Heard { from, seq: word.seq, answer });
        effects
    }

    fn take_in(
        &mut self,
        member: &Member,
        word: &Word,
        effects: &mut Vec<Effect>,
    ) -> Result<Accepted, Refusal> {
        match &word.tiding {
            Tiding::Ended { call, result, traits } => {
                self.end_flight(*call, result, traits, word.at, effects);
            }
            Tiding::Observed { action, agent, result, traits } => {
                self.observe(member, action, agent, result, traits, word.at, effects);
            }
            Tiding::Attribute { node, name, value, lifetime } => {
                self.set_attribute(node, name, value.as_ref(), *lifetime, effects)?;
            }
            Tiding::Change(change) => self.apply_change(change, &member.name, word.at, effects)?,
            Tiding::Leave(leave) => self.take_leave(&member.name, *leave, word.at, effects),
        }
        Ok(Accepted { generation: self.durable.generation })
    }

    #[expect(clippy::too_many_arguments, reason = "a monitor's answer has that many sides")]
    fn observe(
        &mut self,
        member: &Member,
        action: &Action,
        agent: &Agent,
        result: &ActionResult,
        traits: &AgentTraits,
        at: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let done = Performed {
            action,
            agent: Some(agent),
            traits,
            result,
            at: at.seconds(),
            start_failure_is_fatal: false,
        };
        self.record(&done, effects);
        effects.push(Effect::Changed(format!("{} answered {}", action.key, result.rc.name())));
        effects.push(Effect::Tell(Event::Finished {
            call: None,
            worker: member.name.clone(),
            action: Box::new(action.clone()),
            result: result.clone(),
            at,
        }));
    }

    /// Sets a node attribute or takes it away.
    pub(super) fn set_attribute(
        &mut self,
        node: &NodeName,
        name: &Arc<str>,
        value: Option<&Arc<str>>,
        lifetime: Lifetime,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        match lifetime {
            Lifetime::UntilLeave => {
                if self.live.ledger.attribute(node, name).as_ref() == value {
                    return Ok(());
                }
                self.live.ledger.set_attribute(node, name, value.map(|value| &**value));
                effects.push(Effect::Touched(node.clone()));
            }
            Lifetime::Forever => {
                if let Some(value) = value {
                    self.check_lasting(node, name, value)?;
                }
                let own = self.durable.overlay.attributes.entry(node.clone()).or_default();
                let before = match value {
                    Some(value) => own.insert(Arc::clone(name), Arc::clone(value)),
                    None => own.remove(name),
                };
                self.durable.overlay.attributes.retain(|_, attributes| !attributes.is_empty());
                if before.as_ref() == value {
                    return Ok(());
                }
                self.durable.revision += 1;
                effects.push(Effect::Durable);
            }
        }
        effects.push(Effect::Changed(format!("attribute {name} of {node}")));
        Ok(())
    }

    /// Whether a lasting attribute may be set.
    fn check_lasting(&self, node: &NodeName, name: &Arc<str>, value: &str) -> Result<(), Refusal> {
        const NAMES: usize = 200;
        const NAME: usize = 255;
        const VALUE: usize = 4096;
        let own = self.durable.overlay.attributes.get(node);
        let is_one_more = own.is_some_and(|own| own.len() >= NAMES && !own.contains_key(name));
        let why = if name.len() > NAME {
            format!("names of lasting attributes have at most {NAME} bytes")
        } else if value.len() > VALUE {
            format!("`{name}` is too long: values of lasting attributes have at most {VALUE} bytes")
        } else if is_one_more {
            format!(
                "{node} has {NAMES} lasting attributes already, and may have no more; `quorate node attribute list {node}` shows them"
            )
        } else {
            return Ok(());
        };
        Err(Refusal::Excess(why))
    }

    fn take_leave(&mut self, node: &NodeName, leave: Leave, at: Moment, effects: &mut Vec<Effect>) {
        match leave {
            Leave::Drained if self.durable.has_member(node) => {
                let since = at.seconds().to_string();
                self.live.ledger.set_attribute(node, "shutdown", Some(&since));
                self.live.leaving.insert(node.clone(), leave);
                effects.push(Effect::Touched(node.clone()));
            }
            Leave::Drained => {
                self.unseat(node);
                self.live.ledger.node_left(node);
                effects.push(Effect::Touched(node.clone()));
                effects.push(Effect::Parted { node: node.clone(), how: leave });
            }
            Leave::Detached => {
                self.drop_flights_of(node, Keep::Traces);
                self.unseat(node);
                self.live.detached.insert(node.clone());
                effects.push(Effect::Parted { node: node.clone(), how: leave });
            }
        }
        effects.push(Effect::Changed(format!("{node} is leaving")));
    }

    /// Takes in orders, unless they are not the present controller's, or late.
    pub(in crate::cluster) fn apply_orders(&mut self, from: MemberId, orders: Orders) -> Vec<Effect> {
        if let Err(because) = self.check_authority(from, orders.mark) {
            return vec![refused(from, &because)];
        }
        let mut effects = Vec::new();
        for guest in &orders.ended_guests {
            self.live.ledger.node_ended(guest);
        }
        for flight in orders.flights {
            self.take_up(flight, &mut effects);
        }
        effects
    }

    /// Takes in a finding of the controller.
    pub(in crate::cluster) fn apply_ruling(&mut self, from: MemberId, ruling: Ruling) -> Vec<Effect> {
        if let Err(because) = self.check_authority(from, ruling.mark) {
            return vec![refused(from, &because)];
        }
        let mut effects = Vec::new();
        match ruling.finding {
            Finding::Quorum(quorate) => self.find_quorum(quorate, &mut effects),
            Finding::Forsaken { node, reach } => effects.extend(self.forsake(&node, reach)),
            Finding::Lapsed { overrides, pause } => {
                self.durable.overlay.overrides.retain(|known| !overrides.contains(&known.id));
                if pause {
                    self.durable.overlay.pause = None;
                }
                self.durable.revision += 1;
                effects.push(Effect::Durable);
                effects.push(Effect::Tell(Event::Lapsed(overrides)));
                effects.push(Effect::Changed("an override ended".to_owned()));
            }
            Finding::Lost { call, result } => {
                let worker = self.flight(call).map(|flight| flight.worker.clone());
                effects.extend(worker.map(|worker| Effect::Kill { call, worker }));
                self.end_flight(call, &result, &AgentTraits::default(), ruling.at, &mut effects);
            }
        }
        effects
    }

    /// Whether there is quorum is clear again.
    fn find_quorum(&mut self, quorate: bool, effects: &mut Vec<Effect>) {
        let was_in_doubt = std::mem::take(&mut self.live.is_quorum_in_doubt);
        self.live.had_quorum |= quorate;
        let before = std::mem::replace(&mut self.live.ledger.status.has_quorum, quorate);
        if before != quorate {
            effects.push(Effect::Tell(Event::Quorum { quorate }));
            effects.push(Effect::Changed("quorum changed".to_owned()));
        } else if quorate && was_in_doubt && self.durable.confirm(self.live.members.len()) {
            // It was there all the time: what was put in force meanwhile was put in force with it.
            effects.push(Effect::Durable);
        }
    }

    /// Only the controller gives orders, and only on the present members.
    fn check_authority(&self, from: MemberId, mark: Mark) -> Result<(), String> {
        if self.dc().map(|dc| dc.id) != Some(from) {
            return Err("it gives orders and is not the controller".to_owned());
        }
        if mark != self.mark() {
            let (then, now) = (mark, self.mark());
            return Err(format!(
                "its orders are late: they are of epoch {} with {} members, and this is epoch {} with {}",
                then.epoch, then.members, now.epoch, now.members
            ));
        }
        Ok(())
    }
}

fn refused(from: MemberId, because: &str) -> Effect {
    Effect::Tell(Event::Refused { from, because: because.to_owned() })
}
