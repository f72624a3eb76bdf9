//! What can be done to hosts and daemons, and what can be asked of them.

use quorate::cluster::{
    Accepted, Change, Input, Leave, Moment, Override, OverrideId, Overriding, Proposal, Refusal, Request,
};
use quorate::model::{Cluster, Generation};

use crate::world::{Item, World};

impl World {
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
        self.plan(100, Item::Reform);
        self.plan(300, Item::StartDaemon(host));
    }

    /// The power of a host fails.
    pub(crate) fn crash(&mut self, host: usize) {
        if !self.hosts[host].is_up {
            return;
        }
        self.hosts[host].power_off();
        self.plan(Self::DETECTION, Item::Reform);
    }

    /// A daemon dies; what it started goes on.
    pub(crate) fn kill_daemon(&mut self, host: usize) {
        self.hosts[host].kill_daemon();
        self.announce_views();
    }

    /// A daemon ends by itself.
    pub(crate) fn end_daemon(&mut self, host: usize) {
        self.kill_daemon(host);
    }

    /// These hosts reach only one another from now on.
    pub(crate) fn cut(&mut self, hosts: &[usize]) {
        let island = 1 + self.hosts.iter().map(|host| host.island).max().unwrap_or(0);
        for host in hosts {
            self.hosts[*host].island = island;
        }
        self.plan(Self::DETECTION, Item::Reform);
    }

    /// All hosts reach one another again.
    pub(crate) fn heal(&mut self) {
        for host in &mut self.hosts {
            host.island = 0;
        }
        self.plan(200, Item::Reform);
    }

    /// The membership layer of a host ends in good order, under its daemon.
    pub(crate) fn lose_group(&mut self, host: usize) {
        self.hosts[host].has_group = false;
        self.hosts[host].inbox.clear();
        self.step(host, vec![Input::GroupLost]);
        self.announce_views();
        self.plan(100, Item::Reform);
    }

    /// A service ends without a word.
    pub(crate) fn break_service(&mut self, host: usize, resource: &str) {
        assert!(self.hosts[host].active.remove(resource).is_some(), "{resource} is not active there");
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
            until: lasts.map(|lasts| Moment(self.now + lasts)),
            since: self.moment(),
            origin: "a test".to_owned(),
        };
        self.change(host, Change::Override(over))
    }

    pub(crate) fn answer(&self, id: u64) -> &Result<Accepted, Refusal> {
        self.answers.get(&id).unwrap()
    }
}
