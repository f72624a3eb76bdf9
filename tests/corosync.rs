//! The group of daemons on the corosync of this host; skips itself, loudly, where none runs. The lab
//! runs it on hosts of its own.

#![expect(clippy::disallowed_methods, clippy::print_stderr, reason = "tests")]

use std::time::Duration;

use quorate::daemon::group::corosync::Corosync;
use quorate::daemon::group::{Event, Group};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// A place in the group, or why there is none.
async fn join() -> Result<Corosync, String> {
    let mut group = Corosync::new(quorate::host::name().map_err(|error| error.to_string())?);
    loop {
        match timeout(PATIENCE, group.next()).await {
            Ok(Event::View(view)) => {
                assert!(view.members.iter().any(|member| member.id == view.me), "a view has me in it");
                return Ok(group);
            }
            Ok(Event::Lost { because }) => return Err(because),
            Ok(Event::Quorum(_) | Event::Delivered { .. }) => {}
            Err(_) => return Err("corosync tells nothing".to_owned()),
        }
    }
}

/// The next own message.
async fn heard(group: &mut Corosync) -> Vec<u8> {
    let me = std::process::id();
    loop {
        match timeout(PATIENCE, group.next()).await {
            Ok(Event::Delivered { from, message }) if from.process == me => return message,
            Ok(Event::Delivered { .. } | Event::View(_) | Event::Quorum(_)) => {}
            Ok(Event::Lost { because }) => unreachable!("{because}"),
            Err(_) => unreachable!("a message was lost"),
        }
    }
}

#[tokio::test]
async fn long_messages_come_whole_and_many_come_in_order() {
    let mut group = match join().await {
        Ok(group) => group,
        Err(why) => {
            eprintln!("SKIPPED: {why}");
            return;
        }
    };
    let long: Vec<u8> = (0..5_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    group.multicast(&long);
    for number in 0..3000_u32 {
        group.multicast(&number.to_le_bytes().repeat(300));
    }
    group.multicast(b"");
    assert!(heard(&mut group).await == long, "five million bytes");
    for number in 0..3000_u32 {
        assert_eq!(heard(&mut group).await, number.to_le_bytes().repeat(300));
    }
    assert_eq!(heard(&mut group).await, b"");
    group.leave().await;
}
