//! What can be asked for, and from what it is answered.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use super::Desk;
use super::access::Caller;
use super::answer::Trouble;
use super::stream;
use crate::api::{Code, DecisionId, Granted, LONGEST_BODY, Sighting, Votes, aside, unhonoured};
use crate::cluster::{Change, Request};
use crate::daemon::Snapshot;
use crate::diagnostic::Diagnostic;
use crate::model::id::without_number;
use crate::model::{Cluster, NodeName};
use crate::plan::Overview;
use crate::plan::overview::overview;
use crate::plan::secrecy;
use crate::scheduler::Task;
use crate::view::{prometheus, recording};

/// All that can be asked for.
pub(super) fn all(desk: Desk) -> Router {
    Router::new()
        .route("/v1/observation", get(observation))
        .route("/v1/changes", post(change))
        .route("/v1/events", get(events))
        .route("/v1/history", get(history))
        .route("/v1/history/{id}", get(decision))
        .route("/v1/resources/{id}", get(resource))
        .route("/metrics", get(metrics))
        .fallback(|| async { Trouble::new(Code::NotFound, "there is nothing here; see /v1/observation") })
        .method_not_allowed_fallback(|| async {
            Trouble::new(Code::Malformed, "this cannot be asked this way")
        })
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(desk)
}

#[derive(Deserialize)]
struct Sight {
    /// Whether secrets are to be told to whoever may change the cluster.
    #[serde(default)]
    secrets: Secrets,
}

#[derive(Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Secrets {
    #[default]
    Masked,
    Plain,
}

async fn observation(
    State(desk): State<Desk>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    asked: Result<Query<Sight>, QueryRejection>,
) -> Result<Json<Sighting>, Trouble> {
    let Query(asked) = asked.map_err(|error| Trouble::new(Code::Malformed, error.body_text()))?;
    // Read first: what is told meanwhile is told again, and not lost.
    let position = desk.tape.newest();
    let seen = desk.door.look().await?;
    let sighting = sighting(*seen, position);
    if asked.secrets == Secrets::Plain && caller.may_change() {
        return Ok(Json(sighting));
    }
    let masked = secrecy::without_secrets(&sighting);
    Ok(Json(masked.map_err(|error| Trouble::new(Code::Internal, error.to_string()))?))
}

fn sighting(seen: Snapshot, position: u64) -> Sighting {
    let Snapshot { now, node, is_settled, is_dc: _, quorum, durable, state, vigils, effective: _, status } =
        seen;
    let dc = state.as_ref().and_then(|state| state.dc()).map(|dc| dc.name.clone());
    let live = state.map(|state| state.live);
    let members =
        |live: &crate::cluster::Live| live.members.iter().map(|seat| seat.member.name.clone()).collect();
    Sighting {
        format_version: Sighting::FORMAT_VERSION.to_owned(),
        node,
        now,
        is_settled,
        dc,
        members: live.as_ref().map(members).unwrap_or_default(),
        quorum: Votes {
            quorate: quorum.quorate,
            present: quorum.votes,
            expected: quorum.expected_votes,
            is_witness_silent: quorum.is_witness_silent,
            nodes: quorum.nodes,
        },
        generation: durable.generation,
        origin: durable.origin,
        desired: durable.cluster,
        overlay: durable.overlay,
        status,
        awaited: live.as_ref().map(|live| live.awaited.keys().cloned().collect()).unwrap_or_default(),
        vigils,
        detached: live.as_ref().map(|live| live.detached.iter().cloned().collect()).unwrap_or_default(),
        in_flight: live.as_ref().map(|live| live.in_flight.clone()).unwrap_or_default(),
        fencing: live.map(|live| live.fencing).unwrap_or_default(),
        position,
    }
}

async fn change(
    State(desk): State<Desk>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    change: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Granted>, Trouble> {
    if !caller.may_change() {
        let who = caller.name();
        return Err(Trouble::new(Code::Forbidden, format!("{who} may look, but not change anything here")));
    }
    let Json(change) = change.map_err(|error| Trouble::new(Code::Malformed, error.body_text()))?;
    if let Change::Propose(proposal) = &change {
        admit(&proposal.cluster)?;
    }
    tracing::info!(by = caller.name(), what = title(&change), "asked for");
    let position = desk.tape.newest();
    let accepted = desk.door.request(Request::Change(Box::new(change))).await??;
    Ok(Json(Granted { generation: accepted.generation, position }))
}

/// Whether a desired state can be put in force by daemons at all: whoever sends one need not have asked
/// its own engine.
fn admit(cluster: &Cluster) -> Result<(), Trouble> {
    if let Some((owner, option)) = secrecy::stand_in_of(cluster) {
        let message =
            format!("`{option}` of `{owner}` is a stand-in for a secret, which nothing can run with");
        return Err(Trouble::new(Code::Malformed, message));
    }
    match unhonoured(cluster).into_iter().find(Diagnostic::is_error) {
        Some(found) => {
            let parts = std::iter::once(format!("[{}] {}", found.code, found.message)).chain(found.help);
            Err(Trouble::new(Code::Refused, parts.collect::<Vec<_>>().join("; ")))
        }
        None => Ok(()),
    }
}

/// A change in a word, for the log.
fn title(change: &Change) -> String {
    match change {
        Change::Propose(proposal) => format!("propose {}", proposal.origin),
        Change::Override(over) => format!("override {}", over.id.0),
        Change::Restore(id) => format!("restore {}", id.0),
        Change::Pause(_) => "pause".to_owned(),
        Change::Resume => "resume".to_owned(),
        Change::Cleanup { .. } => "cleanup".to_owned(),
        Change::Refresh { .. } => "refresh".to_owned(),
        Change::Attribute { node, name, .. } => format!("attribute {name} of {node}"),
        Change::Ticket { id, .. } => format!("ticket {id}"),
        Change::Forsake(node) => format!("forsake {node}"),
        Change::ConfirmDown(node) => format!("confirm that {node} is down"),
    }
}

#[derive(Deserialize)]
struct Since {
    /// The last event that is known; the newest one if not given.
    since: Option<u64>,
    /// How long to wait for one, in milliseconds; without it, the stream goes on.
    wait: Option<u64>,
}

async fn events(
    State(desk): State<Desk>,
    asked: Result<Query<Since>, QueryRejection>,
) -> Result<Response, Trouble> {
    let Query(asked) = asked.map_err(|error| Trouble::new(Code::Malformed, error.body_text()))?;
    let since = asked.since.unwrap_or_else(|| desk.tape.newest());
    Ok(stream::events(desk, since, asked.wait.map(Duration::from_millis)))
}

async fn history(State(desk): State<Desk>) -> Result<Response, Trouble> {
    let text = desk.history.lines().map_err(|error| Trouble::new(Code::Internal, error.to_string()))?;
    Ok(stream::lines(Body::from(text)))
}

async fn decision(State(desk): State<Desk>, Path(id): Path<String>) -> Result<Response, Trouble> {
    let id: DecisionId = id.parse().map_err(|error| Trouble::new(Code::Malformed, format!("{error}")))?;
    let text = desk.history.recording(id).map_err(|error| Trouble::new(Code::Internal, error.to_string()))?;
    let text = text.ok_or_else(|| {
        Trouble::new(
            Code::NotFound,
            format!("this node keeps no decision {id}; the controller of that time may"),
        )
    })?;
    Ok(([(header::CONTENT_TYPE, recording::MEDIA_TYPE)], text).into_response())
}

/// For load balancers: 200 only where the resource is active.
async fn resource(State(desk): State<Desk>, Path(id): Path<String>) -> Result<Response, Trouble> {
    let seen = desk.door.look().await?;
    let view = overview_of(&seen);
    let mut named = view
        .resources
        .iter()
        .filter(|resource| resource.id == id || without_number(&resource.id) == id)
        .peekable();
    if named.peek().is_none() {
        return Err(Trouble::new(Code::NotFound, format!("there is no resource `{id}`")));
    }
    let is_here = |node: &NodeName| node.is(seen.node.as_str());
    let active =
        named.find(|resource| resource.nodes.iter().any(is_here) && !is_changing(&seen, &resource.id));
    // Who has no cluster knows nothing of the others, and vouches for nothing.
    let Some(active) = active.filter(|_| seen.is_settled) else {
        return Err(Trouble::new(Code::Unavailable, format!("{id} is not active on {}", seen.node)));
    };
    Ok((StatusCode::OK, Json(active.clone())).into_response())
}

/// Whether an agent is at work here that starts or stops a resource.
fn is_changing(seen: &Snapshot, id: &str) -> bool {
    let flights = seen.state.iter().flat_map(|state| &state.live.in_flight);
    flights.filter(|flight| flight.worker.is(seen.node.as_str())).any(|flight| {
        let is_of_it = flight.action.resource.as_deref() == Some(id);
        is_of_it
            && matches!(flight.action.task, Task::Start | Task::Stop | Task::MigrateTo | Task::MigrateFrom)
    })
}

async fn metrics(State(desk): State<Desk>) -> Result<Response, Trouble> {
    let seen = desk.door.look().await?;
    let text = prometheus::text(&overview_of(&seen), Some(&figures(&seen)));
    Ok(([(header::CONTENT_TYPE, prometheus::MEDIA_TYPE)], text).into_response())
}

fn overview_of(seen: &Snapshot) -> Overview {
    let durable = &seen.durable;
    let (cluster, overlay) = (Arc::clone(&durable.cluster), &durable.overlay);
    let detached: Vec<NodeName> = seen.state.iter().flat_map(|state| &state.live.detached).cloned().collect();
    let votes = (seen.quorum.votes, seen.quorum.expected_votes);
    let aside = aside(&seen.vigils, &detached, seen.quorum.is_witness_silent.then_some(votes));
    overview(durable.generation.0, &cluster, overlay, &seen.status, seen.now.seconds(), None).noting(&aside)
}

fn figures(seen: &Snapshot) -> prometheus::Figures {
    let live = seen.state.as_ref().map(|state| &state.live);
    prometheus::Figures {
        is_settled: seen.is_settled,
        is_dc: seen.is_dc,
        votes: seen.quorum.votes,
        expected_votes: seen.quorum.expected_votes,
        members: live.map_or(0, |live| live.members.len() as u64),
        in_flight: live.map_or(0, |live| live.in_flight.len() as u64),
    }
}
