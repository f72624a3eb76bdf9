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

#[test]
fn whatever_happens_nothing_runs_twice_and_all_is_well_in_the_end() {
    let only = option_env!("QUORATE_SEED").and_then(|seed| seed.parse::<u64>().ok());
    for seed in only.map_or(1..=40, |seed| seed..=seed) {
        let outcome = std::panic::catch_unwind(|| faults(seed));
        assert!(outcome.is_ok(), "seed {seed}");
    }
}
