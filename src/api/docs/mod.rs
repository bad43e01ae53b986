//! The documentation page: what the OpenAPI documents describe, to read and to try. It loads nothing from elsewhere.
//!
//! The demo hands its own credentials to the page, at `/docs/demo.json`, which no other gateway serves. It does so only
//! for browsers on the same machine that were sent to it by a loopback address: a name that somebody else lets resolve
//! to 127.0.0.1 gets nothing, and neither does a page of another origin.

use std::io::Read as _;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use flate2::read::GzDecoder;
use serde::Serialize;
use serde_json::Value;

use super::json::Json;
use super::public_url::PublicUrl;

/// Where the page is.
const PATH: &str = "/docs/";

/// Scripts and styles of this listener only. Swagger UI's style has its icons in `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct File {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// What anybody else gets in place of the demo's credentials.
const NOT_HERE: &str =
    "The demo gives its credentials only to its own page, opened by a loopback address of its machine.\n";

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

static FILES: [File; 5] = [
    File { name: "", kind: HTML, text: include_str!("page.html") },
    File { name: "page.css", kind: STYLE, text: include_str!("page.css") },
    File { name: "page.js", kind: SCRIPT, text: include_str!("page.js") },
    File { name: "access.js", kind: SCRIPT, text: include_str!("access.js") },
    File { name: "signature.js", kind: SCRIPT, text: include_str!("signature.js") },
];

/// A file of Swagger UI, compressed with gzip by the build script.
struct Packed {
    name: &'static str,
    kind: &'static str,
    gzip: &'static [u8],
}

static SWAGGER_UI: [Packed; 2] = [
    Packed {
        name: "swagger-ui-bundle.js",
        kind: SCRIPT,
        gzip: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz")),
    },
    Packed {
        name: "swagger-ui.css",
        kind: STYLE,
        gzip: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz")),
    },
];

/// The demo's credentials as the pages get them: by API, an object with the `id`, if it has one, and the `secret`.
#[derive(Clone)]
pub struct DemoLogins {
    /// For the page on the public listener.
    pub callers: Value,
    /// For the page on the operators' listener.
    pub operators: Value,
}

impl std::fmt::Debug for DemoLogins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoLogins").finish_non_exhaustive()
    }
}

/// An API that the page shows.
#[derive(Debug, Clone, Serialize)]
struct ShownApi {
    name: &'static str,
    title: &'static str,
    document: &'static str,
}

/// A documentation page.
pub struct DocsPage {
    apis: Vec<ShownApi>,
    logins: Option<Value>,
}

impl std::fmt::Debug for DocsPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DocsPage").field("apis", &self.apis).finish_non_exhaustive()
    }
}

/// What the page asks for first.
#[derive(Debug, Clone, Serialize)]
struct Contents {
    apis: Vec<ShownApi>,
    /// Whether there is a `demo.json`.
    demo: bool,
}

impl DocsPage {
    /// A page that shows no API yet and fills in `logins`, if this is the demo.
    #[must_use]
    pub const fn new(logins: Option<Value>) -> Self {
        Self { apis: Vec::new(), logins }
    }

    /// Shows the API `name` too, whose OpenAPI document is at the path `document`.
    #[must_use]
    pub fn with_api(mut self, name: &'static str, title: &'static str, document: &'static str) -> Self {
        self.apis.push(ShownApi { name, title, document });
        self
    }

    /// The routes below `/docs/`.
    pub fn routes<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let contents = Json(Contents { apis: self.apis, demo: self.logins.is_some() });
        let mut router = Router::new()
            .route(PATH.trim_end_matches('/'), get(|| std::future::ready(Redirect::permanent(PATH))))
            .route(&path("apis.json"), get(move || std::future::ready(contents.clone())));
        for file in &FILES {
            router = router.route(&path(file.name), get(move || std::future::ready(file.response())));
        }
        for file in &SWAGGER_UI {
            let respond = move |headers: HeaderMap| std::future::ready(file.response(&headers));
            router = router.route(&path(file.name), get(respond));
        }
        let Some(logins) = self.logins.map(Json) else { return router };
        let respond = move |request: Request| {
            let logins = is_own_page(&request.into_parts().0).then(|| logins.clone());
            let headers = [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
            std::future::ready((headers, logins.ok_or((StatusCode::FORBIDDEN, NOT_HERE))))
        };
        router.route(&path("demo.json"), get(respond))
    }
}

fn path(name: &str) -> String {
    format!("{PATH}{name}")
}

/// Whether a browser on this machine sent it, to an address that only this machine has, and not for another origin's page
/// (W3C Fetch Metadata), which could not read the answer, but need not be sent one.
fn is_own_page(parts: &Parts) -> bool {
    let site = parts.headers.get("sec-fetch-site");
    let is_foreign = site.is_some_and(|site| site != "same-origin" && site != "none");
    PublicUrl::requested(parts, true).is_trusted() && !is_foreign && !parts.headers.contains_key(ORIGIN)
}

impl File {
    fn response(&self) -> Response {
        let headers = [
            (CONTENT_TYPE, self.kind),
            (CONTENT_SECURITY_POLICY, POLICY),
            (CACHE_CONTROL, "no-cache"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (headers, self.text).into_response()
    }
}

impl Packed {
    /// Unpacked for the few clients that do not accept gzip.
    fn response(&self, headers: &HeaderMap) -> Response {
        let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let common = [
            (CONTENT_TYPE, self.kind),
            (CACHE_CONTROL, "max-age=86400"),
            (VARY, "accept-encoding"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        if accepted.into_iter().any(|value| value.contains("gzip")) {
            return (common, [(CONTENT_ENCODING, "gzip")], self.gzip).into_response();
        }
        let mut text = Vec::new();
        match GzDecoder::new(self.gzip).read_to_end(&mut text) {
            Ok(_) => (common, text).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::source::PeerAddress;

    #[test]
    fn the_demo_gives_its_credentials_to_no_page_of_another_origin() {
        let is_given = |headers: &[(&str, &str)]| {
            let request = axum::http::Request::builder().header("host", "127.0.0.1:8080");
            let request =
                headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            parts.extensions.insert(PeerAddress([127, 0, 0, 1].into()));
            is_own_page(&parts)
        };
        assert!(is_given(&[]));
        assert!(is_given(&[("sec-fetch-site", "same-origin")]));
        assert!(is_given(&[("sec-fetch-site", "none")]));
        assert!(!is_given(&[("sec-fetch-site", "cross-site")]));
        assert!(!is_given(&[("sec-fetch-site", "same-site")]));
        assert!(!is_given(&[("origin", "https://evil.example")]));
        assert!(!is_given(&[("x-forwarded-for", "192.0.2.1")]));
    }
}
