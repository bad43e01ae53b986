//! Errors of this face, in its format: HTTP 200 with `statusCode`, `apiCode`, `message` and `requestId` for the errors
//! of the vendor's table; real HTTP status codes where proxies need them.

use std::collections::BTreeSet;

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use super::parameter::ParameterFault;
use super::reason::{fault_in_chinese, no_token, no_token_in_chinese, token_fault, token_fault_in_chinese};
use crate::api::body::UNCOUNTED;
use crate::api::context::RequestContext;
use crate::api::enumerated::enumerated;
use crate::api::fault::{
    Cause, Fault, VendorStatus, auth_status, from_auth_error, from_store_error, store_status,
    with_retry_after,
};
use crate::api::json::Json;
use crate::api::language::Language;
use crate::api::misplaced::Misplaced;
use crate::api::rate::RateLimited;
use crate::api::render;
use crate::api::responses::{DescribedError, Responses, errors};
use crate::auth::AuthError;
use crate::store::StoreError;

/// Path of the token operation, for messages.
const TOKEN_PATH: &str = "/api/v3/get-management-token";
/// `apiCode` of callers without a valid token.
const NOT_SIGNED_IN: u16 = 2020;

/// An error of this face.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller is refused, with a specific `apiCode`.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The token is not valid, or authentication could not be completed.
    #[error("Not signed in")]
    Auth(#[source] AuthError),
    /// A parameter is invalid.
    #[error(transparent)]
    Parameter(#[from] ParameterFault),
    /// Too many requests.
    #[error("Too many requests, please try again in {}", .0.wait())]
    RateLimited(#[from] RateLimited),
    /// The directory could not be read.
    #[error("Service unavailable, please try again later")]
    Store(#[source] StoreError),
    /// An error that is not specific to this face.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a caller is refused (contract, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The `Authorization` header is missing or not text.
    #[error("Not signed in: {}. Send a management token as Bearer <token>, or sign the request", no_token(*.0))]
    NotSignedIn(Misplaced),
    /// The signature, or the pair of access key id and secret, is wrong.
    #[error("The AK/SK signature is invalid. Check the access key's id and secret, and what was signed")]
    Signature,
    /// The signature method is not HMAC-SHA1.
    #[error("The signature method differs from the server's. Sign with HMAC-SHA1")]
    SignatureMethod,
    /// The signature version is not 1.0.
    #[error("The signature version differs from the server's. Use version 1.0")]
    SignatureVersion,
    /// The timestamp is malformed.
    #[error("The timestamp is malformed. Send an HTTP date, or milliseconds since 1970")]
    Timestamp,
    /// The request has no timestamp.
    #[error("The date header is missing. Send the time of the signature in it, and sign it")]
    DateMissing,
    /// The caller's clock differs too much.
    #[error("The clock differs too much from the server's. Set it, and sign anew")]
    Clock,
    /// The nonce was used before.
    #[error("The signature has already been used. Sign each request anew, with another nonce")]
    Replayed,
    /// The requested user pool is not the credential's.
    #[error("The user pool does not exist. Send the id of the access key's own user pool, or none")]
    UserPool,
}

enumerated! {
    /// The `statusCode` of an error.
    pub ErrorStatus = statuses().iter().map(StatusCode::as_u16);
    /// The vendor's specific error code.
    pub ApiCode = Refusal::ALL.map(Refusal::api_code);
}

/// The statuses of all errors.
fn statuses() -> BTreeSet<StatusCode> {
    let refused = Refusal::ALL.map(Refusal::status).into_iter();
    let own = [StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS];
    refused.chain(Fault::ALL.map(Fault::status)).chain(own).collect()
}

/// The envelope of an error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// Business status, in HTTP numbers; may differ from the HTTP status.
    #[schema(value_type = ErrorStatus)]
    pub status_code: u16,
    /// What is wrong, in the caller's language.
    pub message: String,
    /// The vendor's specific error code, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ApiCode, required = false)]
    pub api_code: Option<u16>,
    /// Id of the request, for support.
    pub request_id: String,
}

impl Refusal {
    /// All of them, in the order of their codes.
    const ALL: [Self; 9] = [
        Self::Signature,
        Self::SignatureMethod,
        Self::SignatureVersion,
        Self::Timestamp,
        Self::DateMissing,
        Self::Clock,
        Self::Replayed,
        Self::NotSignedIn(Misplaced::Nowhere),
        Self::UserPool,
    ];

    const fn status(self) -> StatusCode {
        match self {
            Self::UserPool => StatusCode::NOT_FOUND,
            _ => StatusCode::UNAUTHORIZED,
        }
    }

    const fn api_code(self) -> u16 {
        match self {
            Self::Signature => 1300,
            Self::SignatureMethod => 1301,
            Self::SignatureVersion => 1302,
            Self::Timestamp => 1303,
            Self::DateMissing => 1304,
            Self::Clock => 1305,
            Self::Replayed => 1306,
            Self::NotSignedIn(_) => NOT_SIGNED_IN,
            Self::UserPool => 2224,
        }
    }

    fn chinese(self) -> String {
        let text = match self {
            Self::NotSignedIn(misplaced) => {
                let reason = no_token_in_chinese(misplaced);
                return format!("用户未登录：{reason}，请以 Bearer <token> 携带管理 token 或对请求签名");
            }
            Self::Signature => "AK/SK 签名无效，请检查 access key 的 id 与 secret 以及签名内容",
            Self::SignatureMethod => "签名方法与服务端不一致，请使用 HMAC-SHA1",
            Self::SignatureVersion => "签名版本与服务端不一致，请使用 1.0",
            Self::Timestamp => "时间戳格式错误，请使用 HTTP 日期或毫秒时间戳",
            Self::DateMissing => "缺少 date 请求头，请在其中发送签名时间并对其签名",
            Self::Clock => "客户端时间与服务端时间相差过大，请校准时间后重新签名",
            Self::Replayed => "签名已被使用，请使用新的 nonce 重新签名",
            Self::UserPool => "用户池不存在，请发送 access key 所属用户池的 id，或不发送",
        };
        text.to_owned()
    }
}

from_auth_error!(Error);
from_store_error!(Error);

impl Error {
    /// The business status.
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => refusal.status(),
            Self::Auth(error) => auth_status(error),
            Self::Parameter(_) => StatusCode::BAD_REQUEST,
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(error) => store_status(error),
            Self::Fault(fault) => fault.status(),
        }
    }

    fn api_code(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.api_code()),
            Self::Auth(_) => (self.status() == StatusCode::UNAUTHORIZED).then_some(NOT_SIGNED_IN),
            Self::Parameter(_) | Self::RateLimited(_) | Self::Store(_) | Self::Fault(_) => None,
        }
    }

    fn in_language(&self, language: Language, request_id: &str) -> ErrorBody {
        ErrorBody {
            status_code: self.status().as_u16(),
            message: self.message(language),
            api_code: self.api_code(),
            request_id: request_id.to_owned(),
        }
    }

    /// The message for the caller, without details of internal errors.
    fn message(&self, language: Language) -> String {
        let is_ours = self.status().is_server_error();
        match (language, self) {
            (Language::English, Self::Auth(_)) if is_ours => {
                "Service unavailable, please try again later".to_owned()
            }
            (Language::English, Self::Auth(error)) => {
                let (fault, next) = token_fault(error);
                format!("{self}: {fault} in the Authorization header. {next} from {TOKEN_PATH}")
            }
            (Language::English, other) => other.to_string(),
            (Language::Chinese, Self::Fault(fault)) => fault_in_chinese(*fault),
            (Language::Chinese, _) if is_ours => "服务暂时不可用，请稍后重试".to_owned(),
            (Language::Chinese, Self::Refused(refusal)) => refusal.chinese(),
            (Language::Chinese, Self::Auth(error)) => {
                let fault = token_fault_in_chinese(error);
                format!("用户未登录：Authorization 请求头中的 token {fault}，请通过 {TOKEN_PATH} 重新获取")
            }
            (Language::Chinese, Self::Store(_)) => "服务暂时不可用，请稍后重试".to_owned(),
            (Language::Chinese, Self::Parameter(fault)) => fault.chinese(),
            // The vendor's text (contract, section 4).
            (Language::Chinese, Self::RateLimited(_)) => "您的请求已超过最大数量限制，请稍后重试".to_owned(),
        }
    }

    /// The HTTP status: kept where proxies need it, otherwise 200.
    fn sent_status(status: StatusCode) -> StatusCode {
        match status {
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::URI_TOO_LONG | StatusCode::TOO_MANY_REQUESTS => {
                status
            }
            status if status.is_server_error() => status,
            _ => StatusCode::OK,
        }
    }
}

impl DescribedError for Error {
    type Body = ErrorBody;

    fn http_status(&self) -> StatusCode {
        Self::sent_status(self.status())
    }

    fn body(&self, request_id: &str) -> ErrorBody {
        self.in_language(Language::English, request_id)
    }
}

/// Errors of both operations.
impl IntoResponses for Error {
    fn responses() -> Responses {
        errors([
            (Self::Refused(Refusal::NotSignedIn(Misplaced::Nowhere)), "A refusal."),
            (Self::RateLimited(RateLimited::EXAMPLE), "Too many requests; see `Retry-After`."),
            (Self::Fault(Fault::Internal), "An unexpected error."),
            (Self::Fault(Fault::TimedOut), "Temporarily unavailable; see `Retry-After`."),
        ])
    }
}

/// The error of operations with a body.
pub(super) struct BodyErrors;

impl IntoResponses for BodyErrors {
    fn responses() -> Responses {
        errors([(Error::Fault(Fault::BodyTooLarge(UNCOUNTED)), "The body is larger than 16 KiB.")])
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        render::pending(self)
    }
}

impl render::RenderError for Error {
    fn render(&self, request: &RequestContext) -> Response {
        let status = self.status();
        let body = self.in_language(request.language(), &request.id().to_string());
        let mut response = (Self::sent_status(status), Json(body)).into_response();
        if let Self::RateLimited(limited) = self {
            response.headers_mut().insert("retry-after", HeaderValue::from(limited.retry_after_seconds()));
        }
        response.extensions_mut().insert(VendorStatus(status));
        Cause::of(self).attach(with_retry_after(response))
    }
}
