//! One run: a cluster comes up, faults strike, calm comes, and all is judged.

use crate::checkers::{Checkers, Violation, rest};
use crate::scenario::Scenario;
use crate::setting::Variant;
use crate::strike::{calm, strike, tidy_up};
use crate::world::World;
use crate::world::trace::Seen;

/// What came of a run.
pub(crate) struct Outcome {
    pub(crate) violation: Option<Violation>,
    /// How long it was, in virtual milliseconds.
    pub(crate) length: i64,
    /// How long the cluster took to be as it should, once faults had ended, in virtual milliseconds.
    pub(crate) recovery: i64,
    pub(crate) world: World,
}

/// When the operator tidies up after faults, in steps of [`LOOK`].
const TIDIES_UP: [usize; 3] = [6, 18, 36];
/// How often it is looked at whether all is well, in milliseconds.
const LOOK: i64 = 5000;
/// How long it may take until all is well, in steps of [`LOOK`]: ten minutes.
const PATIENCE: usize = 120;
/// How long nothing may happen then, in seconds. What was tried too often is tried again after a while, so that
/// a cluster may look as it should before that.
const QUIET: u64 = 40;

/// Plays a scenario until its end or its first violation.
pub(crate) fn run(scenario: &Scenario) -> Outcome {
    let mut run = Run::new(scenario);
    let violation = run.play(scenario).err();
    Outcome { violation, length: run.world.now - run.beginning, recovery: run.recovery, world: run.world }
}

struct Run {
    world: World,
    checkers: Checkers,
    /// How much of the trace was checked.
    checked: usize,
    beginning: i64,
    recovery: i64,
}

impl Run {
    fn new(scenario: &Scenario) -> Self {
        let hosts = u32::try_from(scenario.setting.hosts()).unwrap();
        let world = World::new(hosts, scenario.seed);
        let beginning = world.now;
        Self { world, checkers: Checkers::new(scenario.setting), checked: 0, beginning, recovery: 0 }
    }

    fn play(&mut self, scenario: &Scenario) -> Result<(), Violation> {
        for host in 0..self.world.hosts.len() {
            self.world.boot(host);
        }
        self.pass(5000)?;
        let id = self.world.propose(0, scenario.setting.cluster(Variant::default(), "a test"));
        let (origin, on) = ("a test".to_owned(), String::new());
        self.world.see(Seen::Proposed { id, host: 0, origin, on });
        self.pass(1000)?;
        let first = self.world.now;
        for step in &scenario.steps {
            self.pass((first + step.at - self.world.now).max(0))?;
            strike(&mut self.world, scenario.setting, step.number, &step.fault);
        }
        self.pass((first + Scenario::LENGTH - self.world.now).max(0))?;
        calm(&mut self.world);
        self.settle()
    }

    /// Lets time pass, and checks what was seen.
    fn pass(&mut self, millis: i64) -> Result<(), Violation> {
        self.world.run_for(millis);
        let Self { world, checkers, checked, .. } = self;
        let news = &world.trace[*checked..];
        *checked = world.trace.len();
        news.iter().find_map(|stamped| checkers.take(stamped)).map_or(Ok(()), Err)
    }

    /// Faults have ended: all has to be well before long.
    fn settle(&mut self) -> Result<(), Violation> {
        let end = self.world.now;
        let mut reason = None;
        // Since when nothing goes on, and what was seen and said until then.
        let mut quiet: Option<(i64, usize, u64)> = None;
        for look in 0..PATIENCE {
            if TIDIES_UP.contains(&look) {
                tidy_up(&mut self.world, look == TIDIES_UP[0]);
            }
            self.pass(LOOK)?;
            reason = rest::unrest(&self.world);
            // Not before it was tidied up once.
            if reason.is_none() && look > TIDIES_UP[0] + 1 {
                let now = (self.world.now, self.world.trace.len(), self.world.messages);
                let (since, seen, messages) = *quiet.get_or_insert(now);
                let seconds = u64::try_from((self.world.now - since) / 1000).unwrap();
                reason = rest::growth(&self.world, seen, messages, seconds);
                if reason.is_none() && seconds >= QUIET {
                    self.recovery = since - end;
                    return self.judge_changes();
                }
            }
            if reason.is_some() {
                quiet = None;
            }
        }
        Err(self.broken("it comes to rest", reason.unwrap_or_else(|| "not for long enough".to_owned())))
    }

    fn judge_changes(&self) -> Result<(), Violation> {
        let origin =
            self.world.hosts.first().and_then(|host| Some(host.daemon.as_ref()?.durable().origin.clone()));
        let lost = self.checkers.changes.judge(&origin.unwrap_or_default());
        lost.map_or(Ok(()), |what| Err(self.broken("no accepted change is lost", what)))
    }

    fn broken(&self, claim: &'static str, what: String) -> Violation {
        Violation { claim, at: self.world.now, what }
    }
}
