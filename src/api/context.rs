//! What is known of a request besides what it asks for. The middleware keeps it in the request's extensions, and what
//! writes an error or a log line gets it as an argument.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use tracing::Span;
use tracing::field::Empty;
use uuid::Uuid;

use super::language::Language;
use super::trace_context::TraceId;
use crate::auth::Principal;
use crate::core::id::{CredentialPublicId, Slug};

/// One request, as its responses, log lines and spans name it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RequestContext(Arc<Known>);

#[derive(Debug)]
struct Known {
    id: Uuid,
    trace: Option<TraceId>,
    language: Language,
    span: Span,
    credential: OnceLock<CredentialPublicId>,
    tenant: OnceLock<Slug>,
}

impl RequestContext {
    /// The request with these headers to the API `face`, named `id`: the gateway's own, never a client's.
    pub(super) fn new(id: Uuid, face: Option<&'static str>, headers: &HeaderMap) -> Self {
        let trace = TraceId::of(headers);
        let language = Language::of(headers);
        let span = tracing::info_span!(
            "request",
            %id,
            trace = trace.map(display),
            face,
            tenant = Empty,
            credential = Empty
        );
        let (credential, tenant) = (OnceLock::new(), OnceLock::new());
        Self(Arc::new(Known { id, trace, language, span, credential, tenant }))
    }

    /// That of the request with these parts; one without an id if no middleware has seen it.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let known = parts.extensions.get::<Self>();
        known.cloned().unwrap_or_else(|| Self::new(Uuid::nil(), None, &parts.headers))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.0.id
    }

    /// The trace that it belongs to, if its caller names one.
    #[must_use]
    pub fn trace(&self) -> Option<TraceId> {
        self.0.trace
    }

    /// The language that its caller reads.
    #[must_use]
    pub fn language(&self) -> Language {
        self.0.language
    }

    /// Its span.
    #[must_use]
    pub fn span(&self) -> &Span {
        &self.0.span
    }

    /// Notes whose request it is. Only what was verified is noted: before that it is a caller's own text.
    pub fn identify(&self, caller: &Principal) {
        let credential = self.0.credential.get_or_init(|| caller.public_id.clone());
        self.0.span.record("credential", credential.as_str());
        if let Some(tenant) = &caller.tenant {
            self.locate(&tenant.slug);
        }
    }

    /// Notes the tenant that it is about.
    pub fn locate(&self, slug: &Slug) {
        let tenant = self.0.tenant.get_or_init(|| slug.clone());
        self.0.span.record("tenant", tenant.as_str());
    }

    /// Public id of the credential that it was made with.
    #[must_use]
    pub fn credential(&self) -> Option<&str> {
        self.0.credential.get().map(CredentialPublicId::as_str)
    }

    /// Slug of the tenant that it is about.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.tenant.get().map(Slug::as_str)
    }
}

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
