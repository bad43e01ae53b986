//! What is at `/`: the name and version of what answers, and where to go from there. HTML for browsers, JSON for others.

use std::fmt::Write as _;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use super::json::Json;
use super::rules::weighed;

/// No script, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = ":root{color-scheme:light dark}\
    body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}\
    h1{font-size:1.5rem;margin-bottom:0}small{opacity:.7}ul{padding-left:1.2rem}li{margin:.4rem 0}\
    code{font-size:.95em;overflow-wrap:anywhere}";

/// A front page.
#[derive(Debug, Clone, Serialize)]
pub struct FrontPage {
    name: &'static str,
    version: &'static str,
    description: &'static str,
    links: Vec<Link>,
}

/// Somewhere to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    href: String,
    title: String,
}

impl Link {
    /// A link to a path of this listener.
    pub fn new(href: impl Into<String>, title: impl Into<String>) -> Self {
        Self { href: href.into(), title: title.into() }
    }
}

impl FrontPage {
    /// A page of this release.
    pub const fn new(description: &'static str, links: Vec<Link>) -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), description, links }
    }

    /// A router that serves the page at `/`.
    pub fn route<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        Router::new().route("/", get(move |headers: HeaderMap| std::future::ready(self.response(&headers))))
    }

    fn response(&self, headers: &HeaderMap) -> Response {
        let page = if prefers_html(headers) {
            let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
            (headers, self.html()).into_response()
        } else {
            Json(self).into_response()
        };
        ([(VARY, "accept"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], page).into_response()
    }

    /// Everything in it is the program's own, without a character that HTML would take for markup.
    fn html(&self) -> String {
        let Self { name, version, description, links } = self;
        let mut html = format!(
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
             <title>{name}</title><style>{STYLE}</style><h1>{name}</h1><small>version {version}</small>\
             <p>{description}</p><ul>"
        );
        for Link { href, title } in links {
            let _ = write!(html, "<li><a href=\"{href}\">{title}</a> <code>{href}</code>");
        }
        html.push_str("</ul></html>\n");
        html
    }
}

/// Whether the client asks for HTML by name, and not rather for JSON: whoever takes anything is a program.
fn prefers_html(headers: &HeaderMap) -> bool {
    let weight = |kind: &str| {
        let accepted = weighed(headers, &ACCEPT).filter(|(accepted, _)| accepted.eq_ignore_ascii_case(kind));
        accepted.map(|(_, weight)| weight).fold(0.0, f32::max)
    };
    let html = weight("text/html");
    html > 0.0 && html >= weight("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_html_and_others_json() {
        let page = FrontPage::new("About it.", vec![Link::new("/docs/", "Documentation")]);
        let kind = |accept: &'static str| {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            page.response(&headers).headers()[CONTENT_TYPE].clone()
        };
        for accept in [
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "TEXT/HTML; q=0.9, application/json;q=0.5",
            "text/html;level=1;q=0.4",
        ] {
            assert_eq!(kind(accept), "text/html; charset=utf-8", "{accept}");
        }
        for accept in [
            "*/*",
            "application/json",
            "",
            "text/html;q=0",
            "application/json, text/html;q=0.9",
            "text/html2",
        ] {
            assert_eq!(kind(accept), "application/json", "{accept}");
        }
        assert_eq!(page.response(&HeaderMap::new()).headers()[VARY], "accept");
        assert!(page.html().contains("<a href=\"/docs/\">Documentation</a>"));
    }
}
