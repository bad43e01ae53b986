//! Why a request was refused, in both languages.

use crate::api::fault::{Fault, size};
use crate::api::misplaced::Misplaced;
use crate::auth::{AuthError, TokenFault};

/// What a caller without a token or a signature has sent instead.
pub const fn no_token(misplaced: Misplaced) -> &'static str {
    match misplaced {
        Misplaced::ApiKeyHeader => "the Authorization header is missing, and x-api-key is not used here",
        Misplaced::Basic | Misplaced::OtherScheme => {
            "the scheme of the Authorization header is neither Bearer nor that of a signature"
        }
        Misplaced::Query => "a token belongs in the Authorization header, not in the query",
        Misplaced::Bearer | Misplaced::Nowhere => "the Authorization header is missing or empty",
    }
}

/// The same in Chinese.
pub const fn no_token_in_chinese(misplaced: Misplaced) -> &'static str {
    match misplaced {
        Misplaced::ApiKeyHeader => "缺少 Authorization 请求头，且此接口不使用 x-api-key",
        Misplaced::Basic | Misplaced::OtherScheme => "Authorization 请求头的类型既不是 Bearer 也不是签名",
        Misplaced::Query => "token 应放在 Authorization 请求头中，而不是查询参数中",
        Misplaced::Bearer | Misplaced::Nowhere => "Authorization 请求头缺失或为空",
    }
}

/// What is wrong with the caller's token, and how to get another.
pub const fn token_fault(error: &AuthError) -> (&'static str, &'static str) {
    match error {
        AuthError::Token(TokenFault::Malformed) => {
            ("malformed token", "An access key is not a token: get one")
        }
        AuthError::Token(TokenFault::Expired) => ("expired token", "Get a new token"),
        AuthError::Token(TokenFault::NotYetValid) => {
            ("token that is not valid yet", "Check the clocks, or get a new token")
        }
        AuthError::Token(TokenFault::Audience) => ("token for another API", "Get a new token"),
        AuthError::Token(TokenFault::Withdrawn) => {
            ("withdrawn token", "Its access key or user pool is no longer valid: get a new token")
        }
        _ => ("invalid token", "Get a new token"),
    }
}

/// What is wrong with it, in Chinese.
pub const fn token_fault_in_chinese(error: &AuthError) -> &'static str {
    match error {
        AuthError::Token(TokenFault::Malformed) => "格式错误（access key 不是 token）",
        AuthError::Token(TokenFault::Expired) => "已过期",
        AuthError::Token(TokenFault::NotYetValid) => "尚未生效",
        AuthError::Token(TokenFault::Audience) => "不属于此 API",
        AuthError::Token(TokenFault::Withdrawn) => "已失效（access key 或用户池不再有效）",
        _ => "无效",
    }
}

/// The message of `fault` in Chinese.
pub fn fault_in_chinese(fault: Fault) -> String {
    let text = match fault {
        Fault::MisspeltPath(known) => return format!("请求的接口不存在，您要请求的是否为 {known}？"),
        Fault::WrongMethod(known) => return format!("该接口不支持此请求方法，请使用 {}", known.methods()),
        Fault::BodyTooLarge(most) => return format!("请求体过大，最多 {}", size(most)),
        Fault::NotFound => "请求的接口不存在，请对照 API 的 OpenAPI 文档检查路径",
        Fault::MethodNotAllowed => "该接口不支持此请求方法，请使用 Allow 响应头中的方法",
        Fault::BodyUnreadable => "无法读取请求体",
        Fault::BodyStalled => "请求体传输中断，请重新发送",
        Fault::BodyEncoded => "不支持压缩的请求体（Content-Encoding），请直接发送",
        Fault::Host => "请求必须且只能有一个 Host 请求头",
        Fault::RepeatedCredential => "同一请求头中有多个凭证，请只发送一个",
        Fault::NotText => "请求包含 NUL 或不是 UTF-8 文本",
        Fault::AnswerTooLarge => "返回的数据过大，请减少一次请求的用户数量",
        Fault::TimedOut => "请求超时，请稍后重试",
        Fault::Internal => "服务器内部错误，请附上 requestId 反馈",
    };
    text.to_owned()
}
