//! Errors, and their body (RFC 7644, section 3.12).

use serde::Serialize;
use utoipa::ToSchema;

use super::filter::FilterFault;
use crate::wire::read::FieldError;

/// URN of the body of an error.
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// What is wrong with a request. No text quotes a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScimError {
    /// A filter cannot be read, or asks what its attribute's type does not allow.
    #[error("The filter is not valid: {0}.")]
    InvalidFilter(#[from] FilterFault),
    /// A filter, or a list of operations, is more than is worked on at once.
    #[error("{0}.")]
    TooMany(FieldError),
    /// The body is not JSON, or not of its schema.
    #[error("{0}.")]
    InvalidSyntax(FieldError),
    /// The path of an operation cannot be read, or names no attribute.
    #[error("{0}.")]
    InvalidPath(FieldError),
    /// An operation meets nothing that it could change.
    #[error("{0}.")]
    NoTarget(FieldError),
    /// A value is of the wrong type, or a required one is missing.
    #[error("{0}.")]
    InvalidValue(FieldError),
    /// An operation would change what only the service may, or remove what is required.
    #[error("{0}.")]
    Mutability(FieldError),
    /// Another resource has the value of this attribute.
    #[error("{0} is in use by another resource.")]
    Uniqueness(&'static str),
    /// The cursor is not one that the service issued for this query.
    #[error("The cursor is not valid for this query. Start again with an empty cursor.")]
    InvalidCursor,
    /// The cursor is too old.
    #[error("The cursor has expired. Start again with an empty cursor.")]
    ExpiredCursor,
    /// A `count` beside a cursor is not a number, or not the one of the first page.
    #[error("count must be a whole number, and the same for every page of a cursor.")]
    InvalidCount,
    /// There is no such resource here.
    #[error("There is no such resource.")]
    NotFound,
    /// A filter on a list that takes none (RFC 7644, section 4).
    #[error("This endpoint takes no filter.")]
    FilterForbidden,
    /// A value is that of a person who was erased.
    #[error(
        "{0} is that of a person who was erased here. If the person is to come back, an operator of the gateway must \
         allow that first."
    )]
    Erased(&'static str),
    /// The resource is no longer of the version that the request is for.
    #[error("The resource has changed since. Fetch it again.")]
    VersionMismatch,
    /// The body is larger than so many bytes.
    #[error("The body is larger than {0} bytes.")]
    BodyTooLarge(usize),
    /// More operations than a bulk request may have.
    #[error("A bulk request has at most {0} operations.")]
    TooManyOperations(usize),
    /// Bulk operations that each need another's result (RFC 7644, section 3.7.1).
    #[error("{0}.")]
    CircularReference(FieldError),
    /// A request for the user who is authenticated.
    #[error(
        "The token belongs to an identity provider, not to a user, so that there is no /Me. Find users by a filter."
    )]
    NoSubject,
}

/// The detail of an error with status 400, or of `uniqueness` (RFC 7644, table 9; RFC 9865, section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ScimType {
    /// See [`ScimError::InvalidFilter`].
    InvalidFilter,
    /// See [`ScimError::TooMany`].
    TooMany,
    /// See [`ScimError::InvalidSyntax`].
    InvalidSyntax,
    /// See [`ScimError::InvalidPath`].
    InvalidPath,
    /// See [`ScimError::NoTarget`].
    NoTarget,
    /// See [`ScimError::InvalidValue`].
    InvalidValue,
    /// See [`ScimError::Mutability`].
    Mutability,
    /// See [`ScimError::Uniqueness`].
    Uniqueness,
    /// See [`ScimError::InvalidCursor`].
    InvalidCursor,
    /// See [`ScimError::ExpiredCursor`].
    ExpiredCursor,
    /// See [`ScimError::InvalidCount`].
    InvalidCount,
}

impl ScimError {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::InvalidFilter(_)
            | Self::TooMany(_)
            | Self::InvalidSyntax(_)
            | Self::InvalidPath(_)
            | Self::NoTarget(_)
            | Self::InvalidValue(_)
            | Self::Mutability(_)
            | Self::InvalidCursor
            | Self::ExpiredCursor
            | Self::InvalidCount => 400,
            Self::FilterForbidden | Self::Erased(_) => 403,
            Self::NotFound => 404,
            Self::Uniqueness(_) | Self::CircularReference(_) => 409,
            Self::VersionMismatch => 412,
            Self::BodyTooLarge(_) | Self::TooManyOperations(_) => 413,
            Self::NoSubject => 501,
        }
    }

    /// Its `scimType`, if the standard has one.
    #[must_use]
    pub const fn scim_type(&self) -> Option<ScimType> {
        match self {
            Self::InvalidFilter(_) => Some(ScimType::InvalidFilter),
            Self::TooMany(_) => Some(ScimType::TooMany),
            Self::InvalidSyntax(_) => Some(ScimType::InvalidSyntax),
            Self::InvalidPath(_) => Some(ScimType::InvalidPath),
            Self::NoTarget(_) => Some(ScimType::NoTarget),
            Self::InvalidValue(_) => Some(ScimType::InvalidValue),
            Self::Mutability(_) => Some(ScimType::Mutability),
            Self::Uniqueness(_) => Some(ScimType::Uniqueness),
            Self::InvalidCursor => Some(ScimType::InvalidCursor),
            Self::ExpiredCursor => Some(ScimType::ExpiredCursor),
            Self::InvalidCount => Some(ScimType::InvalidCount),
            Self::NotFound
            | Self::FilterForbidden
            | Self::Erased(_)
            | Self::VersionMismatch
            | Self::BodyTooLarge(_)
            | Self::TooManyOperations(_)
            | Self::CircularReference(_)
            | Self::NoSubject => None,
        }
    }

    /// The same error about what is at `place` of the request.
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        match self {
            Self::TooMany(error) => Self::TooMany(within(place, error)),
            Self::InvalidSyntax(error) => Self::InvalidSyntax(within(place, error)),
            Self::InvalidPath(error) => Self::InvalidPath(within(place, error)),
            Self::NoTarget(error) => Self::NoTarget(within(place, error)),
            Self::InvalidValue(error) => Self::InvalidValue(within(place, error)),
            Self::Mutability(error) => Self::Mutability(within(place, error)),
            Self::CircularReference(error) => Self::CircularReference(within(place, error)),
            other => other,
        }
    }
}

/// The same error about what is at `place` of the record.
pub(super) fn within(place: &str, error: FieldError) -> FieldError {
    let FieldError { field, reason } = error;
    let dot = if field.is_empty() || field.starts_with('[') || place.is_empty() { "" } else { "." };
    FieldError { field: format!("{place}{dot}{field}"), reason }
}

/// The body of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// URN of this kind of body.
    #[schema(value_type = Vec<String>)]
    pub schemas: [&'static str; 1],
    /// The HTTP status, as text.
    pub status: String,
    /// Which error of the protocol it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scim_type: Option<ScimType>,
    /// What is wrong, for people.
    pub detail: String,
}

impl ErrorBody {
    /// A body for an error that the protocol has no type for.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { schemas: [ERROR_URN], status: status.to_string(), scim_type: None, detail: detail.into() }
    }
}

impl From<&ScimError> for ErrorBody {
    fn from(error: &ScimError) -> Self {
        Self { scim_type: error.scim_type(), ..Self::new(error.status(), error.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(error: &ScimError) -> serde_json::Value {
        serde_json::to_value(ErrorBody::from(error)).unwrap()
    }

    #[test]
    fn the_body_has_its_status_as_text_and_names_the_attribute() {
        let expected = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409", "scimType": "uniqueness",
            "detail": "userName is in use by another resource.",
        });
        assert_eq!(body(&ScimError::Uniqueness("userName")), expected);
        let expected = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404",
            "detail": "There is no such resource.",
        });
        assert_eq!(body(&ScimError::NotFound), expected);
    }

    #[test]
    fn each_error_has_its_status_and_type() {
        let field = || FieldError::new("x", "y");
        let fault = FilterFault { position: 1, reason: "" };
        for (error, status, scim_type) in [
            (ScimError::InvalidFilter(fault), 400, json!("invalidFilter")),
            (ScimError::TooMany(field()), 400, json!("tooMany")),
            (ScimError::InvalidSyntax(field()), 400, json!("invalidSyntax")),
            (ScimError::InvalidPath(field()), 400, json!("invalidPath")),
            (ScimError::NoTarget(field()), 400, json!("noTarget")),
            (ScimError::InvalidValue(field()), 400, json!("invalidValue")),
            (ScimError::Mutability(field()), 400, json!("mutability")),
            (ScimError::InvalidCursor, 400, json!("invalidCursor")),
            (ScimError::ExpiredCursor, 400, json!("expiredCursor")),
            (ScimError::InvalidCount, 400, json!("invalidCount")),
            (ScimError::FilterForbidden, 403, json!(null)),
            (ScimError::Erased("userName"), 403, json!(null)),
            (ScimError::NotFound, 404, json!(null)),
            (ScimError::Uniqueness("userName"), 409, json!("uniqueness")),
            (ScimError::CircularReference(field()), 409, json!(null)),
            (ScimError::VersionMismatch, 412, json!(null)),
            (ScimError::BodyTooLarge(1), 413, json!(null)),
            (ScimError::TooManyOperations(1), 413, json!(null)),
            (ScimError::NoSubject, 501, json!(null)),
        ] {
            let body = body(&error);
            assert_eq!((&body["status"], &body["scimType"]), (&json!(status.to_string()), &scim_type));
            assert_eq!(error.status(), status);
        }
    }

    #[test]
    fn an_error_tells_where_it_is() {
        let error = ScimError::InvalidValue(FieldError::new("[1].type", "must be text"));
        let error = error.within("emails").within("Operations[2]");
        assert_eq!(error.to_string(), "Operations[2].emails[1].type must be text.");
    }
}
