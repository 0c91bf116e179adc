use actix_web::HttpRequest;

/// Whether a form was sent from one of our pages (A4). Browsers say so by `Sec-Fetch-Site`, older ones by `Origin`;
/// what sends neither is no browser, and carries nobody's authority.
pub fn from_our_page(request: &HttpRequest, public_url: &str) -> bool {
    let said = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(site) = said("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = said("origin") else { return true };
    let host = request.connection_info().host().to_owned();
    origin == public_url || origin == format!("https://{host}") || origin == format!("http://{host}")
}
