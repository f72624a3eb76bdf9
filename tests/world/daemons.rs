//! What can be done to hosts and daemons, and what can be asked of them.

use quorate::cluster::{
    Accepted, Change, Input, Leave, Moment, Override, OverrideId, Overriding, Proposal, Refusal, Request,
};
use quorate::model::{Cluster, Generation};

use super::trace::Seen;
use super::{Item, World};

impl World {
    /// Milliseconds until a daemon that failed is started again.
    const RESTART: i64 = 1000;

    pub(crate) fn boot_all(&mut self) {
        for host in 0..self.hosts.len() {
            self.boot(host);
        }
        self.run_for(5000);
    }

    /// The host comes up, and its daemon soon after.
    pub(crate) fn boot(&mut self, host: usize) {
        if self.hosts[host].is_up {
            return;
        }
        self.hosts[host].is_up = true;
        self.see(Seen::PowerOn { host });
        self.plan(100, Item::Reform);
        self.plan(300, Item::StartDaemon(host));
    }

    /// The power of a host fails.
    pub(crate) fn crash(&mut self, host: usize) {
        if !self.hosts[host].is_up {
            return;
        }
        if self.hosts[host].daemon.is_some() {
            self.see(Seen::DaemonDown { host });
        }
        self.hosts[host].power_off();
        self.see(Seen::PowerOff { host });
        self.recable(Self::DETECTION);
    }

    /// A daemon dies; what it started goes on.
    pub(crate) fn kill_daemon(&mut self, host: usize) {
        if self.hosts[host].daemon.is_none() {
            return;
        }
        self.hosts[host].kill_daemon();
        self.see(Seen::DaemonDown { host });
        self.announce_views();
    }

    /// A daemon ends with an error, and is started again by whoever looks after it.
    pub(crate) fn fail_daemon(&mut self, host: usize) {
        self.kill_daemon(host);
        self.plan(Self::RESTART, Item::StartDaemon(host));
    }

    /// A daemon does nothing until it goes on: what comes in waits.
    pub(crate) fn hang_daemon(&mut self, host: usize, is_hung: bool) {
        self.hosts[host].is_hung = is_hung;
        self.see(if is_hung { Seen::Stopped { host } } else { Seen::Resumed { host } });
    }

    /// A whole host stands still, with its membership layer and its agents, until it goes on.
    pub(crate) fn pause(&mut self, host: usize, is_paused: bool) {
        self.hosts[host].is_paused = is_paused;
        self.see(if is_paused { Seen::Stopped { host } } else { Seen::Resumed { host } });
        self.recable(if is_paused { Self::DETECTION } else { 200 });
    }

    /// What a supervisor starts where no daemon came back: it lets go of everything.
    pub(crate) fn let_go(&mut self, host: usize) {
        self.start_daemon(host);
        self.step(host, vec![Input::Release]);
    }

    /// A daemon ends by itself.
    pub(crate) fn end_daemon(&mut self, host: usize) {
        self.kill_daemon(host);
    }

    /// The membership layer of a host ends in good order, under its daemon.
    pub(crate) fn lose_group(&mut self, host: usize) {
        self.hosts[host].has_group = false;
        self.see(Seen::GroupLost { host });
        let is_local =
            |input: &Input| !matches!(input, Input::View(_) | Input::Quorum(_) | Input::Delivered { .. });
        self.hosts[host].inbox.retain(|letter| is_local(&letter.input));
        self.hosts[host].last_view = None;
        self.hosts[host].last_quorum = None;
        self.send(host, 0, Input::GroupLost);
        self.announce_views();
        self.plan(100, Item::Reform);
    }

    /// The membership layer of a host is back.
    pub(crate) fn regain_group(&mut self, host: usize) {
        self.hosts[host].has_group = true;
        self.plan(100, Item::Reform);
    }

    /// A service ends without a word.
    pub(crate) fn break_service(&mut self, host: usize, resource: &str) {
        assert!(self.hosts[host].active.contains_key(resource), "{resource} is not active there");
        self.set_active(host, &resource.into(), None);
    }

    pub(crate) fn generation(&self, host: usize) -> Generation {
        self.hosts[host].daemon.as_ref().unwrap().durable().generation
    }

    /// Proposes a desired state on what is in force on a host; the number of the answer.
    pub(crate) fn propose(&mut self, host: usize, cluster: Cluster) -> u64 {
        let base = self.generation(host);
        self.propose_on(host, cluster, base, "a test")
    }

    pub(crate) fn propose_on(
        &mut self,
        host: usize,
        cluster: Cluster,
        base: Generation,
        origin: &str,
    ) -> u64 {
        let proposal = Proposal { cluster, base, origin: origin.to_owned(), renames: Vec::new() };
        self.change(host, Change::Propose(Box::new(proposal)))
    }

    pub(crate) fn change(&mut self, host: usize, change: Change) -> u64 {
        self.ask(host, Request::Change(Box::new(change)))
    }

    pub(crate) fn leave(&mut self, host: usize, how: Leave) -> u64 {
        self.ask(host, Request::Leave(how))
    }

    /// Adds an override that ends after so many milliseconds.
    pub(crate) fn set_override(
        &mut self,
        host: usize,
        id: &str,
        what: Overriding,
        lasts: Option<i64>,
    ) -> u64 {
        let over = Override {
            id: OverrideId(id.to_owned()),
            what,
            until: lasts.map(|lasts| Moment(self.moment(host).0 + lasts)),
            since: self.moment(host),
            origin: "a test".to_owned(),
        };
        self.change(host, Change::Override(over))
    }

    pub(crate) fn answer(&self, id: u64) -> &Result<Accepted, Refusal> {
        self.answers.get(&id).unwrap()
    }
}
