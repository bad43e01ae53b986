//! Requests to the token endpoint: the form and `Authorization: Basic`.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use utoipa::ToSchema;

use super::error::TokenError;
use crate::api::enumerated::enumerated;
use crate::auth::AuthError;
use crate::core::id::CredentialPublicId;

/// The only type of grant.
pub(in crate::api::avepoint) const GRANT_TYPE: &str = "client_credentials";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

enumerated! {
    /// Type of a grant.
    pub(in crate::api::avepoint) GrantType = [GRANT_TYPE];
    /// Type of a client's assertion.
    AssertionType = [ASSERTION_TYPE];
}

/// The parameters. Empty ones count as missing and unknown ones are ignored (RFC 6749, section 3.2).
#[derive(Default, ToSchema)]
pub(super) struct TokenForm {
    /// Type of the grant.
    #[schema(value_type = GrantType, required)]
    grant_type: Option<String>,
    /// Scopes separated by spaces, at most 300 characters; all granted scopes by default.
    #[schema(value_type = String, required = false, max_length = 300)]
    scope: Option<String>,
    /// Client id; optional with an assertion or `Authorization: Basic`.
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// The client's secret.
    #[schema(nullable = false)]
    client_secret: Option<String>,
    /// With an assertion.
    #[schema(value_type = AssertionType, required = false)]
    client_assertion_type: Option<String>,
    /// A JSON Web Token signed by the client with RS256 or PS256.
    #[schema(nullable = false)]
    client_assertion: Option<String>,
}

/// How a client authenticates.
pub(super) enum ClientProof {
    /// With its secret.
    Secret {
        client_id: CredentialPublicId,
        secret: SecretString,
        /// Whether it was sent in `Authorization: Basic`.
        by_header: bool,
    },
    /// With a signed assertion.
    Assertion { assertion: String, client_id: Option<CredentialPublicId> },
}

/// A token request with the client credentials grant.
pub(super) struct TokenRequest {
    pub(super) proof: ClientProof,
    pub(super) scope: Option<String>,
}

impl TokenRequest {
    /// Parses the headers and the form.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, TokenError> {
        if !is_form(headers) {
            return Err(TokenError::InvalidRequest(
                "The content type must be application/x-www-form-urlencoded.",
            ));
        }
        let form = TokenForm::read(body)?;
        match form.grant_type.as_deref() {
            Some(GRANT_TYPE) => {}
            Some(_) => return Err(TokenError::UnsupportedGrantType),
            None => {
                return Err(TokenError::InvalidRequest(
                    "The grant_type is missing: send client_credentials.",
                ));
            }
        }
        let scope = form.scope.clone();
        let proof = form.proof(basic(headers)?)?;
        Ok(Self { proof, scope })
    }

    /// The error for a client that could not be authenticated.
    pub(super) fn invalid_client(&self, source: AuthError) -> TokenError {
        let by_header = matches!(self.proof, ClientProof::Secret { by_header: true, .. });
        match source {
            AuthError::Throttled(_) => source.into(),
            source => TokenError::InvalidClient { by_header, source },
        }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    media_type.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

impl TokenForm {
    fn read(body: &[u8]) -> Result<Self, TokenError> {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body).filter(|(_, value)| !value.is_empty()) {
            let parameter = match name.as_ref() {
                "grant_type" => &mut form.grant_type,
                "scope" => &mut form.scope,
                "client_id" => &mut form.client_id,
                "client_secret" => &mut form.client_secret,
                "client_assertion_type" => &mut form.client_assertion_type,
                "client_assertion" => &mut form.client_assertion,
                _ => continue,
            };
            if parameter.replace(value.into_owned()).is_some() {
                return Err(TokenError::InvalidRequest("A parameter is repeated: send each once."));
            }
        }
        Ok(form)
    }

    /// The client's proof. More than one is refused (RFC 6749, section 2.3).
    fn proof(self, basic: Option<(String, String)>) -> Result<ClientProof, TokenError> {
        let client_id = self.client_id;
        match (basic, self.client_secret, self.client_assertion) {
            (Some((id, secret)), None, None) => {
                if client_id.is_some_and(|other| other != id) {
                    return Err(TokenError::InvalidRequest(
                        "The client_id differs from that of the Authorization header.",
                    ));
                }
                Ok(secret_proof(id, secret, true))
            }
            (None, Some(secret), None) => client_id.map(|id| secret_proof(id, secret, false)).ok_or(
                TokenError::InvalidRequest("The client_id is missing: send it with the client_secret."),
            ),
            (None, None, Some(assertion)) => {
                if self.client_assertion_type.as_deref() != Some(ASSERTION_TYPE) {
                    return Err(TokenError::InvalidRequest(
                        "The client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
                    ));
                }
                Ok(ClientProof::Assertion { assertion, client_id: client_id.map(CredentialPublicId::from) })
            }
            (None, None, None) => Err(TokenError::NoClient),
            _ => Err(TokenError::InvalidRequest(
                "Use only one client authentication: Authorization: Basic, client_secret or client_assertion.",
            )),
        }
    }
}

fn secret_proof(client_id: String, secret: String, by_header: bool) -> ClientProof {
    ClientProof::Secret { client_id: client_id.into(), secret: secret.into(), by_header }
}

/// The client id and the secret in `Authorization: Basic`, each form-encoded (RFC 6749, section 2.3.1). `None` if the
/// header is missing or has another scheme.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, TokenError> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let text = header.to_str().map_err(|_| TokenError::MalformedBasic)?;
    let (scheme, encoded) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let pair = decoded(encoded.trim()).ok_or(TokenError::MalformedBasic)?;
    Ok(Some(pair))
}

fn decoded(encoded: &str) -> Option<(String, String)> {
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    fn headers(authorization: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8".parse().unwrap());
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.parse().unwrap());
        }
        headers
    }

    fn read(authorization: Option<&str>, form: &str) -> Result<String, String> {
        let body = format!("grant_type=client_credentials&{form}");
        match TokenRequest::read(&headers(authorization), body.as_bytes()) {
            Err(error) => Err(error.to_string()),
            Ok(TokenRequest { proof, .. }) => Ok(match proof {
                ClientProof::Secret { client_id, secret, by_header } => {
                    format!("{client_id}/{}/{by_header}", secret.expose_secret())
                }
                ClientProof::Assertion { assertion, client_id } => {
                    format!("{assertion}/{:?}", client_id.map(String::from))
                }
            }),
        }
    }

    fn basic_of(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn clients_authenticate_in_one_of_three_ways() {
        assert_eq!(read(None, "client_id=c&client_secret=s%2B1"), Ok("c/s+1/false".into()));
        assert_eq!(read(Some(&basic_of("c:s")), ""), Ok("c/s/true".into()));
        assert_eq!(read(Some(&basic_of("c:s")), "client_id=c&client_secret="), Ok("c/s/true".into()));
        let assertion = "client_assertion=a.b.c&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        assert_eq!(read(None, assertion), Ok("a.b.c/None".into()));
        assert_eq!(read(None, &format!("{assertion}&client_id=c")), Ok("a.b.c/Some(\"c\")".into()));
    }

    #[test]
    fn basic_credentials_are_form_encoded() {
        assert_eq!(read(Some(&basic_of("c%3A1:s%25+x:y")), ""), Ok("c:1/s% x:y/true".into()));
        assert_eq!(read(Some(&basic_of("c:s").replace("Basic", "bAsIc ")), ""), Ok("c/s/true".into()));
        for header in ["Basic", "Basic ", "Basic !", &basic_of("no colon"), &basic_of("c:%ff")] {
            assert_eq!(read(Some(header), ""), Err(TokenError::MalformedBasic.to_string()), "{header}");
        }
    }

    #[test]
    fn contradictory_parameters_are_refused() {
        let pair = basic_of("c:s");
        for (authorization, form) in [
            (Some(pair.as_str()), "client_id=c&client_secret=s"),
            (Some(pair.as_str()), "client_assertion=a"),
            (Some(pair.as_str()), "client_id=d"),
            (None, "client_secret=s"),
            (None, "client_id=c&client_secret=s&client_assertion=a"),
            (None, "client_assertion=a"),
            (None, "client_assertion=a&client_assertion_type=password"),
            (None, "client_id=c&client_id=c&client_secret=s"),
            (None, "client_id=c"),
            (Some("Bearer x"), "client_id=c"),
        ] {
            assert!(read(authorization, form).is_err(), "{authorization:?} {form}");
        }
    }

    proptest! {
        #[test]
        fn parsing_a_request_never_panics(header in "[ -~]{0,40}", form in "\\PC{0,80}") {
            let _ = read(Some(&header), &form);
            let _ = read(Some(&basic_of(&form)), &form);
        }
    }
}
