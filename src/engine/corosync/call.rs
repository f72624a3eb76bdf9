//! Calls to a daemon: one request, one answer, over a connection that is kept.

#![expect(clippy::disallowed_methods, reason = "a connection is driven beside the calls")]

use std::io;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::process::ChildStderr;

use super::link::{Link, complaint};
use crate::api::{Code, Complaint};
use crate::engine::EngineError;

/// Most bytes of an answer.
const LONGEST_ANSWER: usize = 256 << 20;

/// Something to ask.
#[derive(Debug, Clone)]
pub(super) struct Request {
    method: Method,
    path: String,
    body: Bytes,
}

impl Request {
    /// Asks for what there is.
    pub(super) fn get(path: &str) -> Self {
        Self { method: Method::GET, path: path.to_owned(), body: Bytes::new() }
    }

    /// Asks for a change.
    pub(super) fn post(path: &str, body: &impl Serialize) -> Result<Self, EngineError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| EngineError::Refused(format!("cannot be written as JSON: {error}")))?;
        Ok(Self { method: Method::POST, path: path.to_owned(), body: body.into() })
    }

    fn build(&self) -> Result<hyper::Request<Full<Bytes>>, hyper::http::Error> {
        hyper::Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header(header::HOST, "quorate")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(self.body.clone()))
    }
}

/// Asks one daemon.
#[derive(Debug)]
pub(super) struct Caller {
    link: Link,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    sender: SendRequest<Full<Bytes>>,
    errors: Option<ChildStderr>,
}

impl Caller {
    pub(super) fn new(link: Link) -> Self {
        Self { link, open: None }
    }

    /// Asks, and reads the answer as one JSON document.
    pub(super) async fn ask<T: DeserializeOwned>(&mut self, request: Request) -> Result<T, EngineError> {
        let body = self.call(request).await?;
        serde_json::from_slice(&body).map_err(|error| self.not_understood(&error))
    }

    /// Asks, and reads the answer as one JSON document per line.
    pub(super) async fn lines<T: DeserializeOwned>(
        &mut self,
        request: Request,
    ) -> Result<Vec<T>, EngineError> {
        let body = self.call(request).await?;
        let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).map_err(|error| self.not_understood(&error))).collect()
    }

    /// Asks, and takes the answer as it is.
    pub(super) async fn text(&mut self, request: Request) -> Result<String, EngineError> {
        let body = self.call(request).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    async fn call(&mut self, request: Request) -> Result<Bytes, EngineError> {
        let is_kept = self.open.as_ref().is_some_and(|open| !open.sender.is_closed());
        match self.try_call(&request).await {
            // A kept connection may have ended meanwhile. To look twice does no harm.
            Err(EngineError::Unreachable(_)) if is_kept && request.method == Method::GET => {
                self.try_call(&request).await
            }
            other => other,
        }
    }

    async fn try_call(&mut self, request: &Request) -> Result<Bytes, EngineError> {
        let mut open = match self.open.take().filter(|open| !open.sender.is_closed()) {
            Some(open) => open,
            None => self.connect().await?,
        };
        let request = request.build().map_err(|error| EngineError::Refused(error.to_string()))?;
        let answer = async {
            open.sender.ready().await?;
            open.sender.send_request(request).await
        };
        let answer = match answer.await {
            Ok(answer) => answer,
            Err(error) => return Err(self.lost(open.errors, innermost(&error)).await),
        };
        let status = answer.status();
        let body = match Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return Err(self.lost(open.errors, innermost(&*error)).await),
        };
        self.open = Some(open);
        if status.is_success() { Ok(body) } else { Err(self.refusal(status, &body)) }
    }

    async fn connect(&self) -> Result<Open, EngineError> {
        let (connection, errors) = self.link.open().await.map_err(|error| self.not_open(&error))?;
        let (sender, driver) = match handshake(TokioIo::new(connection)).await {
            Ok(both) => both,
            Err(error) => return Err(self.lost(errors, innermost(&error)).await),
        };
        // How it ended is seen by whoever calls next.
        tokio::spawn(async move { drop(driver.await) });
        Ok(Open { sender, errors })
    }

    /// The connection ended. What ssh said about it, if anything, says more than the error.
    async fn lost(&self, errors: Option<ChildStderr>, error: String) -> EngineError {
        let said = complaint(errors).await;
        self.unreachable(&said.unwrap_or(error))
    }

    fn unreachable(&self, why: &dyn std::fmt::Display) -> EngineError {
        EngineError::Unreachable(format!("cannot reach {}: {why}; {}", self.link, self.link.advice()))
    }

    fn not_open(&self, error: &io::Error) -> EngineError {
        if error.kind() != io::ErrorKind::PermissionDenied {
            return self.unreachable(error);
        }
        EngineError::Unreachable(format!(
            "you may not speak to {}: only the superuser may, and, to look, the members of the group that \
             `quorate daemon --readers GROUP` names",
            self.link
        ))
    }

    fn not_understood(&self, error: &serde_json::Error) -> EngineError {
        EngineError::Unreachable(format!(
            "{} answers what this version does not understand: {error}",
            self.link
        ))
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> EngineError {
        let Ok(complaint) = serde_json::from_slice::<Complaint>(body) else {
            return EngineError::Unreachable(format!("{} answers {status}", self.link));
        };
        match (complaint.code, complaint.planned, complaint.actual) {
            (Code::Conflict, Some(planned), Some(actual)) => {
                EngineError::Conflict { planned, actual, in_force: complaint.in_force.unwrap_or_default() }
            }
            (Code::Unavailable, ..) => EngineError::Unreachable(complaint.message),
            (Code::NoQuorum, ..) => EngineError::NoQuorum(complaint.message),
            (
                Code::Malformed
                | Code::Forbidden
                | Code::NotFound
                | Code::Conflict
                | Code::Refused
                | Code::Internal
                | Code::Unknown,
                ..,
            ) => EngineError::Refused(complaint.message),
        }
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
