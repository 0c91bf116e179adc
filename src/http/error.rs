use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::StoreError;

/// What a request is refused with. The API renders it as a problem document; pages may render it as they like.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    #[error("No city is called `{slug}` here.")]
    UnknownCity { slug: String, near: Vec<String> },
    #[error("There is nothing at this address.")]
    NotFound,
    #[error("`{parameter}` {fault}.")]
    BadParameter { parameter: String, fault: String, mend: String },
    /// The methods that are.
    #[error("This address is asked with {0}.")]
    MethodNotAllowed(&'static str),
    #[error("This address speaks WebSocket only: {0}.")]
    UpgradeRequired(String),
    /// `retry_after_s`: when to try again.
    #[error("{detail}")]
    Unavailable { detail: String, retry_after_s: u32 },
    /// Too many sessions of one address.
    #[error("Too many open sessions from your network.")]
    TooManySessions,
    /// A delivery of nobody who may send.
    #[error("{0}")]
    Unsigned(&'static str),
    #[error("{0}")]
    Conflict(&'static str),
    #[error("{0}")]
    TooLarge(&'static str),
    #[error("{0}")]
    UnsupportedType(&'static str),
    #[error("The body can't be read: {fault}.")]
    Unprocessable { fault: String, mend: &'static str },
    #[error("The body came too slowly.")]
    TooSlow,
    /// A sender has sent enough.
    #[error("{detail}")]
    TooMany { detail: &'static str, retry_after_s: u32 },
    #[error("Something went wrong here; it has been logged.")]
    Internal,
}

/// An RFC 9457 problem document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem; it leads nowhere.
    #[serde(rename = "type")]
    #[schema(example = "urn:parvis:problem:bad_parameter")]
    pub kind: String,
    pub title: &'static str,
    pub status: u16,
    pub detail: String,
    /// The parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
    /// For an unknown city: slugs that may be meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<String>,
}

impl ApiError {
    /// How long a server that is full, busy or going away asks to be left alone.
    const RETRY_AFTER_S: u32 = 30;

    pub fn bad(parameter: &str, fault: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::BadParameter { parameter: parameter.to_owned(), fault: fault.into(), mend: mend.into() }
    }

    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::Unavailable { detail: detail.into(), retry_after_s: Self::RETRY_AFTER_S }
    }

    pub const fn status(&self) -> StatusCode {
        match self {
            Self::UnknownCity { .. } | Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadParameter { .. } => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::UpgradeRequired(_) => StatusCode::UPGRADE_REQUIRED,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooManySessions => StatusCode::TOO_MANY_REQUESTS,
            Self::Unsigned(_) => StatusCode::UNAUTHORIZED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub fn problem(&self) -> Problem {
        let (kind, title) = match self {
            Self::UnknownCity { .. } => ("unknown_city", "Unknown city"),
            Self::NotFound => ("not_found", "Not found"),
            Self::BadParameter { .. } => ("bad_parameter", "Bad parameter"),
            Self::MethodNotAllowed(_) => ("method_not_allowed", "Method not allowed"),
            Self::UpgradeRequired(_) => ("upgrade_required", "Upgrade required"),
            Self::Unavailable { .. } => ("unavailable", "Not available now"),
            Self::TooManySessions => ("too_many_sessions", "Too many sessions"),
            Self::Unsigned(_) => ("unsigned", "Not signed by a known sender"),
            Self::Conflict(_) => ("conflict", "Another message has this id"),
            Self::TooLarge(_) => ("too_large", "Too large"),
            Self::UnsupportedType(_) => ("unsupported_type", "Unsupported type"),
            Self::Unprocessable { .. } => ("unreadable", "Unreadable body"),
            Self::TooSlow => ("too_slow", "Too slow"),
            Self::TooMany { .. } => ("too_many", "Too many posts"),
            Self::Internal => ("internal", "Internal error"),
        };
        let (parameter, mend, near) = match self {
            Self::BadParameter { parameter, mend, .. } => (Some(parameter.clone()), Some(mend.clone()), Vec::new()),
            Self::Unprocessable { mend, .. } => (None, Some((*mend).to_owned()), Vec::new()),
            Self::UnknownCity { near, .. } => (None, None, near.clone()),
            _ => (None, None, Vec::new()),
        };
        Problem {
            kind: format!("urn:parvis:problem:{kind}"),
            title,
            status: self.status().as_u16(),
            detail: self.to_string(),
            parameter,
            mend,
            near,
        }
    }

    const fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::Unavailable { retry_after_s, .. } | Self::TooMany { retry_after_s, .. } => Some(*retry_after_s),
            Self::TooManySessions => Some(Self::RETRY_AFTER_S),
            _ => None,
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after_s() {
            response.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        match self {
            Self::MethodNotAllowed(allowed) => _ = response.insert_header((header::ALLOW, *allowed)),
            Self::Unsigned(_) => _ = response.insert_header((header::WWW_AUTHENTICATE, "StandardWebhooks")),
            Self::UpgradeRequired(_) => {
                response.insert_header((header::UPGRADE, "websocket"));
                response.insert_header((header::SEC_WEBSOCKET_VERSION, "13"));
            }
            _ => {}
        }
        // The struct has string keys only, so this can't fail.
        response.body(serde_json::to_string(&self.problem()).unwrap_or_default())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(reason) => {
                tracing::warn!(reason, "http: the store is not available");
                Self::unavailable("The store is busy.")
            }
            StoreError::Fatal(reason) => {
                tracing::error!(reason, "http: the store can't be trusted");
                Self::Internal
            }
        }
    }
}
