//! Whatever the cluster, some things hold.

use proptest::prelude::*;

use super::*;

/// A small cluster made of numbers: stickiness and ban per resource, pairs with scores.
#[derive(Debug, Clone)]
struct Sketch {
    resources: Vec<(i64, usize, Option<usize>)>,
    pairs: Vec<(usize, usize, i64)>,
    wishes: Vec<(usize, usize, i64)>,
}

const NODES: [&str; 4] = ["n1", "n2", "n3", "n4"];

fn sketches() -> impl Strategy<Value = Sketch> {
    const INFINITY: i64 = 1_000_000;
    let resource = (0..200_i64, 0..NODES.len(), proptest::option::of(0..NODES.len()));
    let score = prop_oneof![
        4 => Just(INFINITY),
        2 => Just(-INFINITY),
        2 => -INFINITY..INFINITY,
        1 => -100..100_i64,
    ];
    let pairs = proptest::collection::vec((0..9_usize, 0..9_usize, score.clone()), 0..12);
    let wishes = proptest::collection::vec((0..9_usize, 0..NODES.len(), score), 0..6);
    (proptest::collection::vec(resource, 9), pairs, wishes).prop_map(|(resources, pairs, wishes)| Sketch {
        resources,
        pairs,
        wishes,
    })
}

/// Four primitives and a group of five.
fn build<'a>(sketch: &Sketch, cluster: &'a Cluster, status: &'a ClusterStatus) -> Facts<'a> {
    let mut world = World::new(cluster, status, &NODES);
    let mut resources: Vec<_> = (0..4).map(|number| world.primitive(&format!("r{number}"))).collect();
    let group = world.group("g", &["r4", "r5", "r6", "r7", "r8"]);
    resources.extend(world.facts.resources[group.index()].children.clone());
    for (resource, (stickiness, home, ban)) in resources.iter().zip(&sketch.resources) {
        world.sticks(*resource, *stickiness);
        if stickiness % 3 != 0 {
            world.runs_on(*resource, *home);
        }
        if let Some(ban) = ban {
            world.bans(*resource, *ban);
        }
    }
    world.facts
}

fn cluster_of(sketch: &Sketch) -> Cluster {
    let id = |number: usize| format!("r{number}");
    let pairs = sketch.pairs.iter().filter(|(a, b, _)| a != b);
    let pairs = pairs.map(|(a, b, score)| colocate(&id(*a), &id(*b), *score));
    let wishes = sketch.wishes.iter().map(|(resource, node, score)| {
        let resource = if *resource == 8 { "g".to_owned() } else { id(*resource) };
        prefer(&resource, NODES[*node], *score)
    });
    cluster(pairs.chain(wishes).collect())
}

/// Places without keeping sums of subtrees.
fn assign_by_walking(facts: Facts<'_>) -> Placement<'_> {
    let mut draft = draft::Draft::new(facts);
    draft.pulls = colocation::pull::Pulls::never(draft.facts.resources.len());
    run(draft)
}

proptest! {
    #[test]
    fn sums_of_subtrees_change_nothing(sketch in sketches()) {
        let (cluster, status) = (cluster_of(&sketch), ClusterStatus::default());
        let fast = assign(build(&sketch, &cluster, &status));
        let slow = assign_by_walking(build(&sketch, &cluster, &status));
        prop_assert_eq!(&fast.scores, &slow.scores);
        prop_assert_eq!(&fast.assigned, &slow.assigned);
        prop_assert_eq!(&fast.contributions, &slow.contributions);
    }

    #[test]
    fn contributions_add_up_to_the_scores(sketch in sketches()) {
        let (cluster, status) = (cluster_of(&sketch), ClusterStatus::default());
        let placement = assign(build(&sketch, &cluster, &status));
        for (known, contributions) in placement.facts.resources.iter().zip(&placement.contributions) {
            for (node, entry) in known.table.iter() {
                let here = contributions.iter().filter(|contribution| contribution.place.includes(node));
                let sum = here.fold(Score::ZERO, |sum, contribution| sum.plus(contribution.score));
                prop_assert_eq!(sum, entry.score, "{} on {:?}", known.id, node);
            }
        }
    }
}
