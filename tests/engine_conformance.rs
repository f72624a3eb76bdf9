//! The same claims about every engine. An engine joins by a `Subject` and one line below.

#![expect(clippy::unwrap_used, reason = "a failed test says so by panicking")]
#![expect(clippy::disallowed_methods, reason = "the services of the local engine are files")]

#[path = "engine_conformance/cases.rs"]
mod cases;
#[path = "engine_conformance/corosync.rs"]
mod corosync;
#[path = "engine_conformance/daemon.rs"]
mod daemon;
#[path = "engine_conformance/desired.rs"]
mod desired;
#[path = "engine_conformance/local.rs"]
mod local;
#[path = "engine_conformance/simulated.rs"]
mod simulated;
#[path = "engine_conformance/subject.rs"]
mod subject;

/// Runs every case on one engine.
macro_rules! engine {
    ($name:ident: $subject:ty) => {
        engine!($name: $subject;
            nothing_desired_is_nothing_to_do,
            a_new_resource_is_found_stopped_and_started,
            applying_again_runs_no_agent,
            a_stale_base_is_a_conflict_and_changes_nothing,
            a_removed_resource_is_stopped,
            a_resource_with_target_role_stopped_is_stopped,
            order_holds_on_the_way_up_and_down,
            group_members_start_in_order,
            a_failed_start_is_counted_and_not_tried_there_again,
            a_failed_stop_without_fencing_blocks_the_resource,
            a_failed_monitor_is_counted_and_recovered,
            a_degraded_monitor_counts_as_success_and_is_known_until_the_next_one_is_well,
            a_resource_over_its_migration_threshold_stays_stopped,
            a_changed_parameter_restarts_only_its_resource,
            a_changed_interval_replaces_the_monitor_and_restarts_nothing,
            what_needs_a_ticket_runs_while_it_is_granted,
            what_is_in_force_and_what_runs_outlive_the_process,
            every_action_is_told_of_before_it_ends,
        );
    };
    ($name:ident: $subject:ty; $($case:ident),* $(,)?) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $case() {
                    super::cases::$case::<$subject>(crate::subject::Subject::new()).await;
                }
            )*
        }
    };
}

engine!(on_simulated: crate::simulated::OnSimulated);
engine!(on_local: crate::local::OnLocal);
engine!(on_corosync: crate::corosync::OnCorosync);
