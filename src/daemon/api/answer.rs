//! Answers: JSON, or a complaint with the status that goes with it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::api::{Code, Complaint};
use crate::cluster::Refusal;
use crate::daemon::Gone;

/// Trouble, as an answer.
#[derive(Debug)]
pub(super) struct Trouble(pub(super) Complaint);

impl Trouble {
    /// Trouble of a kind.
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Complaint::new(code, message))
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.0)).into_response()
    }
}

impl From<Gone> for Trouble {
    fn from(gone: Gone) -> Self {
        Self::new(Code::Unavailable, gone.to_string())
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::Conflict { planned, actual, in_force, .. } => Self(Complaint {
                planned: Some(planned),
                actual: Some(actual),
                in_force: Some(in_force),
                ..Complaint::new(Code::Conflict, message)
            }),
            Refusal::UnknownNode(_) | Refusal::UnknownResource(_) | Refusal::UnknownOverride(_) => {
                Self::new(Code::NotFound, message)
            }
            Refusal::NotLost(_)
            | Refusal::StillSeen(_)
            | Refusal::Unfenceable(_)
            | Refusal::Apart(_)
            | Refusal::Excess(_) => Self::new(Code::Refused, message),
            Refusal::NoQuorum(_) => Self::new(Code::NoQuorum, message),
            Refusal::Leaving => Self::new(Code::Unavailable, message),
        }
    }
}
