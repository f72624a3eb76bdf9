//! A look at the evidence of `isolation`, again and again while this node sees no other.

#![expect(clippy::disallowed_methods, reason = "looks at interfaces, gateways and arbiters")]

mod arbiter;
mod echo;

use std::collections::BTreeMap;
use std::future::pending;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

use crate::cluster::{Evidence, Uptime};
use crate::host::clock::uptime;
use crate::model::Isolation;

/// How long after the end of a look the next one begins.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks at the evidence while it is asked to.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    watch: Option<Watch>,
}

#[derive(Debug)]
struct Watch {
    at: Isolation,
    found: mpsc::Receiver<Evidence>,
    task: AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Lookout {
    /// From now on, looks at this, or at nothing.
    pub(super) fn attend(&mut self, isolation: Option<&Isolation>) {
        if self.watch.as_ref().map(|watch| &watch.at) == isolation {
            return;
        }
        self.watch = isolation.map(|isolation| {
            tracing::warn!("this node sees no other; it looks whether it is the one that is cut off");
            let (tell, found) = mpsc::channel(1);
            let task = tokio::spawn(keep_looking(isolation.clone(), tell)).abort_handle();
            Watch { at: isolation.clone(), found, task }
        });
    }

    /// What the next look finds; comes only while there is something to look at. May be dropped at any
    /// time without losing anything.
    pub(super) async fn next(&mut self) -> Evidence {
        match &mut self.watch {
            Some(watch) => match watch.found.recv().await {
                Some(evidence) => evidence,
                None => pending().await,
            },
            None => pending().await,
        }
    }
}

async fn keep_looking(isolation: Isolation, tell: mpsc::Sender<Evidence>) {
    let mut before = None;
    loop {
        let evidence = look(&isolation).await;
        let said = describe(&evidence);
        if before.as_ref() != Some(&said) {
            tracing::warn!(evidence = said, "looked at the evidence");
            before = Some(said);
        }
        if tell.send(evidence).await.is_err() {
            return;
        }
        sleep(PAUSE).await;
    }
}

/// Looks at all of it at once; takes less than three seconds.
async fn look(isolation: &Isolation) -> Evidence {
    let looked_at = Uptime(uptime());
    let carrier = isolation.carrier.iter().map(|name| (Arc::clone(name), has_carrier(name))).collect();
    let mut pings = JoinSet::new();
    for address in &isolation.ping {
        let address = Arc::clone(address);
        pings.spawn(async move {
            let answers = match address.parse::<IpAddr>() {
                Ok(ip) => echo::answers(ip).await,
                Err(_) => false,
            };
            (address, answers)
        });
    }
    let arbiter = match &isolation.arbiter {
        Some(url) => Some(arbiter::answers(url).await),
        None => None,
    };
    let mut ping: BTreeMap<Arc<str>, bool> =
        isolation.ping.iter().map(|address| (Arc::clone(address), false)).collect();
    ping.extend(pings.join_all().await);
    Evidence { looked_at, carrier, ping, arbiter }
}

/// Whether an interface has a carrier. One that is down or not there has none.
fn has_carrier(interface: &str) -> bool {
    let path = std::path::Path::new("/sys/class/net").join(interface).join("carrier");
    std::fs::read_to_string(path).is_ok_and(|text| text.trim() == "1")
}

/// `eth0 has a carrier, 192.0.2.1 does not answer`.
fn describe(evidence: &Evidence) -> String {
    let Evidence { looked_at: _, carrier, ping, arbiter } = evidence;
    let carriers =
        carrier.iter().map(|(name, has)| format!("{name} has {} carrier", if *has { "a" } else { "no" }));
    let answer = |answers: bool| if answers { "answers" } else { "does not answer" };
    let pings = ping.iter().map(|(address, answers)| format!("{address} {}", answer(*answers)));
    let arbiter = arbiter.iter().map(|answers| format!("the arbiter {}", answer(*answers)));
    carriers.chain(pings).chain(arbiter).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_finds_what_is_there_and_what_is_not() {
        let isolation = Isolation {
            carrier: vec!["lo".into(), "no-such-interface".into()],
            ping: vec!["no-address".into()],
            arbiter: Some("http://127.0.0.1:1/".into()),
            ..Isolation::default()
        };
        let evidence = look(&isolation).await;
        assert_eq!(evidence.carrier.get("lo"), Some(&true));
        assert_eq!(
            describe(&Evidence { looked_at: Uptime::default(), ..evidence }),
            "lo has a carrier, no-such-interface has no carrier, no-address does not answer, the arbiter does not answer"
        );
    }
}
