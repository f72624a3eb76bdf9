//! Sounding: whether corosync answers at all. One that stands still keeps its connections and says nothing,
//! while the others go on without this node.

use std::future::pending;
use std::time::Duration;

use tokio::sync::watch::{self, Receiver, Sender};
use tokio::time::{Instant, timeout, timeout_at};

use super::library::{Fault, Votequorum, Votes};

/// A question that is put to corosync again and again, on a thread that may be held up by it.
#[derive(Debug)]
pub(super) struct Sounding {
    /// Since when a question waits for its answer.
    open: Receiver<Option<Instant>>,
    /// What it answered last.
    votes: Receiver<Option<Votes>>,
}

impl Sounding {
    /// Between an answer and the next question.
    const PAUSE: Duration = Duration::from_secs(1);
    /// An answer takes less than a millisecond; who needs this long is not at work.
    const PATIENCE: Duration = Duration::from_secs(3);
    /// Who stood still itself gives an answer that is there already the time to be heard.
    const SECOND_LOOK: Duration = Duration::from_millis(300);
    /// How long a question may be open before nothing more is sent, which could take as long.
    const HESITATION: Duration = Duration::from_millis(50);
    /// How votequorum is asked about the node that it runs on.
    const OWN: u32 = 0;

    /// Asks until nobody wants to know any more.
    pub(super) fn begin() -> Self {
        let ((tell, open), (count, votes)) = (watch::channel(None), watch::channel(None));
        std::thread::spawn(move || ask_on(&tell, &count));
        Self { open, votes }
    }

    /// Whether it is better not to call corosync now.
    pub(super) fn is_doubtful(&self) -> bool {
        self.open.borrow().is_some_and(|since| since.elapsed() > Self::HESITATION)
    }

    /// The votes, when they were counted anew; a fault when corosync stands still. May be dropped at any time.
    pub(super) async fn news(&mut self) -> Result<Votes, Fault> {
        tokio::select! {
            () = silence(&mut self.open) => Err(Fault::Silent),
            votes = recount(&mut self.votes) => Ok(votes),
        }
    }

    /// Ends when no question waits for its answer. May be dropped at any time.
    pub(super) async fn answer(&mut self) {
        // A thread that has ended asks nothing.
        let _ = self.open.wait_for(Option::is_none).await;
    }
}

/// Ends when corosync stands still.
async fn silence(open: &mut Receiver<Option<Instant>>) {
    loop {
        let since = *open.borrow_and_update();
        let is_told = match since {
            None => open.changed().await,
            Some(since) => match timeout_at(since + Sounding::PATIENCE, open.changed()).await {
                Ok(told) => told,
                Err(_) => match timeout(Sounding::SECOND_LOOK, open.changed()).await {
                    Ok(told) => told,
                    Err(_) => return,
                },
            },
        };
        if is_told.is_err() {
            // The thread has ended, which is a fault of ours: then nothing is known.
            return pending().await;
        }
    }
}

/// The votes, once they are others than before.
async fn recount(votes: &mut Receiver<Option<Votes>>) -> Votes {
    loop {
        if votes.changed().await.is_err() {
            return pending().await;
        }
        if let Some(votes) = *votes.borrow_and_update() {
            return votes;
        }
    }
}

fn ask_on(tell: &Sender<Option<Instant>>, count: &Sender<Option<Votes>>) {
    let mut connection = None;
    while !tell.is_closed() {
        tell.send_replace(Some(Instant::now()));
        if let Some(votes) = ask(&mut connection) {
            count.send_if_modified(|known| known.replace(votes) != Some(votes));
        }
        tell.send_replace(None);
        std::thread::sleep(Sounding::PAUSE);
    }
}

/// Returns when corosync has said anything, be it that it is not there.
fn ask(connection: &mut Option<Votequorum>) -> Option<Votes> {
    let Some(known) = connection else {
        *connection = Votequorum::connect().ok();
        return None;
    };
    match known.votes(Sounding::OWN) {
        Ok(votes) => Some(votes),
        Err(Fault::Busy) => None,
        Err(_) => {
            *connection = None;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounding(open: Receiver<Option<Instant>>) -> Sounding {
        Sounding { open, votes: watch::channel(None).1 }
    }

    #[tokio::test(start_paused = true)]
    async fn votes_are_told_when_they_change() {
        let ((_tell, open), (count, votes)) = (watch::channel(None), watch::channel(None));
        let mut sounding = Sounding { open, votes };
        for votes in [3, 2].map(|total| Votes { expected: 3, total, has_device: total == 3 }) {
            count.send_replace(Some(votes));
            assert_eq!(sounding.news().await, Ok(votes));
        }
        assert!(timeout(Sounding::PATIENCE, sounding.news()).await.is_err(), "nothing is new");
    }

    #[tokio::test(start_paused = true)]
    async fn corosync_is_silent_when_a_question_stays_open_and_not_while_answers_come() {
        let (tell, open) = watch::channel(None);
        let mut sounding = sounding(open);
        let is_silent = async |sounding: &mut Sounding| {
            let patience = Sounding::PATIENCE + Sounding::SECOND_LOOK * 2;
            timeout(patience, silence(&mut sounding.open)).await.is_ok()
        };
        assert!(!is_silent(&mut sounding).await, "nothing was asked");
        let began = Instant::now();
        tell.send_replace(Some(began));
        tokio::join!(
            async {
                tokio::time::sleep(Sounding::PATIENCE / 2).await;
                assert!(sounding.is_doubtful());
                tell.send_replace(None);
            },
            async { assert!(!is_silent(&mut self::sounding(sounding.open.clone())).await) }
        );
        tell.send_replace(Some(Instant::now()));
        assert!(is_silent(&mut sounding).await);
        assert!(timeout(Duration::from_secs(9), sounding.answer()).await.is_err());
        tell.send_replace(None);
        sounding.answer().await;
        assert!(!sounding.is_doubtful());
    }

    #[tokio::test(start_paused = true)]
    async fn who_stood_still_itself_hears_the_answer_that_is_there() {
        let (tell, open) = watch::channel(Some(Instant::now()));
        let mut sounding = sounding(open);
        tokio::time::advance(Sounding::PATIENCE * 10).await;
        tokio::join!(async { tell.send_replace(None) }, async {
            let silence = timeout(Sounding::PATIENCE, silence(&mut sounding.open)).await;
            assert!(silence.is_err());
        });
    }
}
