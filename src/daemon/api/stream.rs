//! Streams of events: one JSON document per line.

#![expect(
    clippy::disallowed_methods,
    reason = "a stream is fed beside the requests, and may wait for a while"
)]

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use http_body_util::channel::{Channel, Sender};
use tokio::time::sleep;

use super::Desk;
use crate::api::Told;
use crate::model::json;

/// How many pieces may wait for a slow reader.
const WAITING: usize = 16;

/// Events after a position: all that come until the daemon ends; or, with a time to wait, those
/// that are there, or else the first that come in that time.
pub(super) fn events(desk: Desk, since: u64, wait: Option<Duration>) -> Response {
    let (sender, body) = Channel::<Bytes>::new(WAITING);
    tokio::spawn(feed(desk, since, wait, sender));
    lines(Body::new(body))
}

/// Lines of JSON as an answer.
pub(super) fn lines(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}

/// An event as a line.
pub(super) fn line(told: &Told) -> String {
    let mut line = json::line(told);
    line.push('\n');
    line
}

async fn feed(desk: Desk, mut since: u64, wait: Option<Duration>, mut sender: Sender<Bytes>) {
    let mut news = desk.tape.news();
    let deadline = async {
        match wait {
            Some(wait) => sleep(wait).await,
            None => std::future::pending().await,
        }
    };
    let mut deadline = std::pin::pin!(deadline);
    loop {
        // Marked as seen first: what comes while it is written is news again.
        news.borrow_and_update();
        let told = desk.tape.since(since);
        if let Some(last) = told.last() {
            since = last.position;
            let text: String = told.iter().map(|told| line(told)).collect();
            // A reader that went away does not need the rest.
            if sender.send_data(text.into()).await.is_err() || wait.is_some() {
                return;
            }
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            () = &mut deadline => return,
            () = desk.end.cancelled() => return,
        }
    }
}
