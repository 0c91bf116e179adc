//! Signed requests: Standard Webhooks, as this server takes them itself (`ingest::sources::push`).

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use url::Url;

use crate::domain::Timestamp;
use crate::ingest::Outbound;
use crate::ingest::sources::push::sign;

/// Bytes of an answer that are read; nothing in it is looked at.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The same for the same call that is made again.
    pub id: String,
    /// JSON.
    pub body: String,
}

/// Makes a call once. Only what is answered by 2xx was taken.
pub async fn send(outbound: &Outbound, url: &str, key: &[u8], call: &Call, now: Timestamp) -> Result<(), String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let timestamp = (now.as_micros() / 1_000_000).to_string();
    let signature = sign(key, &call.id, &timestamp, call.body.as_bytes());
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in
        [("webhook-id", &call.id), ("webhook-timestamp", &timestamp), ("webhook-signature", &signature)]
    {
        headers.insert(name, HeaderValue::from_str(value).map_err(|error| error.to_string())?);
    }
    let answer = outbound.post(url, headers, call.body.clone().into_bytes(), ANSWER_BYTES_MAX).await;
    match answer.map_err(|error| error.to_string())?.status {
        200..300 => Ok(()),
        status => Err(format!("it was answered with {status}")),
    }
}
