//! What happens in one run: a cluster, and faults with the time that passes before each. All of it
//! follows from the seed, so that faults can be left out without changing the others.

use crate::dice::Dice;
use crate::fault::Fault;
use crate::setting::Setting;

/// What happens in one run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) setting: Setting,
    pub(crate) steps: Vec<Step>,
}

/// A fault and its moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// Which fault of the seed this is.
    pub(crate) number: usize,
    /// When it comes, in milliseconds since the first could.
    pub(crate) at: i64,
    pub(crate) fault: Fault,
}

impl Scenario {
    /// How long the whole of it takes at least, in milliseconds, without the calm afterwards.
    pub(crate) const LENGTH: i64 = 300_000;

    pub(crate) fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x5EED);
        let setting = Setting::draw(&mut dice);
        let count = 6 + dice.roll(13);
        let mut at = 0;
        let mut steps = Vec::new();
        for number in 0..count {
            // Faults come in bursts: what hurts most is the next one, amid the work about the last.
            let pause = match dice.roll(6) {
                0 => dice.roll(50),
                1 | 2 => dice.roll(1500),
                3 | 4 => dice.roll(10_000),
                _ => dice.roll(60_000),
            };
            at += i64::try_from(pause).unwrap();
            let fault = Fault::draw(&mut dice, setting);
            steps.push(Step { number, at: at.min(Self::LENGTH), fault });
        }
        Self { seed, setting, steps }
    }

    /// The same with only some of its faults.
    pub(crate) fn with(&self, steps: Vec<Step>) -> Self {
        Self { seed: self.seed, setting: self.setting, steps }
    }

    pub(crate) fn describe(&self) -> String {
        let lines = self
            .steps
            .iter()
            .map(|step| format!("  {:>3}  {:>7} ms  {:?}", step.number, step.at, step.fault));
        let lines: Vec<String> = lines.collect();
        format!("{:?}, {} hosts\n{}", self.setting, self.setting.hosts(), lines.join("\n"))
    }
}
