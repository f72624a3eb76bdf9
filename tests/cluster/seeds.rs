//! Faults from seeds.

use crate::desired::{Fencing, cluster};
use crate::world::World;

fn faults(seed: u64) {
    let mut world = World::new(3, seed);
    world.boot_all();
    world.propose(0, cluster(3, Fencing::On, &["A", "B", "C", "D"]));
    world.run_for(10_000);
    for _ in 0..12 {
        let host = world.dice.roll(3);
        match world.dice.roll(8) {
            0 => world.crash(host),
            1 => world.kill_daemon(host),
            2 | 3 => world.start_daemon(host),
            4 => world.cut(&[host]),
            5 => world.heal(),
            _ => world.boot(host),
        }
        let pause = i64::try_from(world.dice.roll(8000)).unwrap();
        world.run_for(pause);
    }
    world.heal();
    world.run_for(30_000);
    for host in 0..3 {
        world.boot(host);
        world.start_daemon(host);
    }
    world.run_for(30_000);
    world.rest();
    world.check();
    for resource in ["A", "B", "C", "D"] {
        world.place(resource);
    }
}

/// How many seeds are tried; `QUORATE_SEEDS=1000..2000` tries others.
fn seeds() -> std::ops::Range<u64> {
    let text = std::env::var("QUORATE_SEEDS").unwrap_or_default();
    let ends = text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    ends.map_or(1..40, |(from, to)| from..to)
}

#[test]
fn whatever_happens_nothing_runs_twice_and_all_is_well_in_the_end() {
    let failed: Vec<u64> =
        seeds().filter(|seed| std::panic::catch_unwind(|| faults(*seed)).is_err()).collect();
    assert!(failed.is_empty(), "seeds {failed:?}");
}
