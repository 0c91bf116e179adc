use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;

/// A page's content security policy (H3). What is no page gets [`NO_PAGE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Csp<'a> {
    /// For our pages. `public_url` names the origin of the WebSocket, which `'self'` does not cover everywhere.
    Page { public_url: &'a str },
    /// As a page, and other sites may frame it (the widget).
    Embed { public_url: &'a str },
}

/// Nothing may be loaded, nobody may frame it.
const NO_PAGE: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl Csp<'_> {
    /// The header's value.
    pub fn value(self) -> String {
        let (public_url, ancestors) = match self {
            Self::Page { public_url } => (public_url, "'none'"),
            Self::Embed { public_url } => (public_url, "*"),
        };
        let live = websocket_origin(public_url);
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{live}; font-src 'self'; \
             img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
             frame-ancestors {ancestors}; require-trusted-types-for 'script'; trusted-types parvis-card"
        )
    }
}

/// ` ws://host:port` or ` wss://…` for an `http(s)` address; empty when it is none.
fn websocket_origin(public_url: &str) -> String {
    let Ok(url) = url::Url::parse(public_url) else { return String::new() };
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    url.host_str().map(|host| format!(" {scheme}://{host}{port}")).unwrap_or_default()
}

/// Adds what every response carries, those included that stand for an error. A handler's own policy is left as it is.
pub async fn security_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_public = is_public_api(request.path());
    match next.call(request).await {
        Ok(mut response) => {
            secure(response.headers_mut(), is_public);
            Ok(response)
        }
        Err(error) => {
            let mut response = error.error_response();
            secure(response.headers_mut(), is_public);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

fn secure(headers: &mut HeaderMap, is_public: bool) {
    const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        PERMISSIONS,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
    );
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NO_PAGE));
    }
    // The reading API is public and knows no cookie, so any site may read it.
    if is_public {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Retry-After"));
    }
}

fn is_public_api(path: &str) -> bool {
    path == "/openapi.json" || path == "/api/v1/cities" || path.starts_with("/api/v1/cities/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h3_the_page_policy_names_the_websocket_origin_and_lets_nobody_frame_it() {
        let page = Csp::Page { public_url: "https://parvis.example:8443" }.value();
        assert!(page.contains("connect-src 'self' wss://parvis.example:8443;"), "{page}");
        assert!(page.contains("default-src 'none'") && page.contains("frame-ancestors 'none'"));
        assert!(page.contains("require-trusted-types-for 'script'"));
        assert!(!page.contains("unsafe"));
        let embed = Csp::Embed { public_url: "http://localhost:8080" }.value();
        assert!(embed.contains("ws://localhost:8080;") && embed.contains("frame-ancestors *"));
    }
}
