//! Faults of parameters, and what to send instead.

use super::request::UserIdType;

/// An invalid parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParameterFault {
    /// Missing, empty or malformed.
    #[error("The format of parameter {} is incorrect: {}", .0, .1.english())]
    Malformed(&'static str, Expected),
    /// A list with too many elements.
    #[error("Parameter {name} must contain no more than {most} elements; the request has {given}")]
    TooMany {
        /// The parameter.
        name: &'static str,
        /// Maximum number of elements.
        most: usize,
        /// The number in the request.
        given: usize,
    },
}

/// What a parameter must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A list of ids.
    Ids,
    /// A type of id, at most once.
    IdType,
    /// `true` or `false`, at most once.
    Flag,
    /// A text that is not missing.
    Text,
    /// A body that is a JSON object.
    Object,
}

impl Expected {
    fn english(self) -> String {
        match self {
            Self::Ids => "send at least one id".to_owned(),
            Self::IdType => {
                format!("send it once, as one of {}", UserIdType::ALL.map(UserIdType::as_str).join(", "))
            }
            Self::Flag => "send it once, as true or false".to_owned(),
            Self::Text => "send it as text".to_owned(),
            Self::Object => "send a JSON object".to_owned(),
        }
    }

    /// Empty where the vendor's whole text is known (contract, section 4).
    fn chinese(self) -> String {
        match self {
            Self::Ids => String::new(),
            Self::IdType => {
                format!(
                    "，必须是以下之一且只出现一次：{}",
                    UserIdType::ALL.map(UserIdType::as_str).join("、")
                )
            }
            Self::Flag => "，必须是 true 或 false 且只出现一次".to_owned(),
            Self::Text => "，必须是字符串".to_owned(),
            Self::Object => "，必须是 JSON 对象".to_owned(),
        }
    }
}

impl ParameterFault {
    /// The message in Chinese.
    pub fn chinese(self) -> String {
        match self {
            Self::Malformed(name, expected) => format!("参数 {name} 格式错误{}", expected.chinese()),
            Self::TooMany { name, most, given } => {
                format!("参数 {name} 最多包含 {most} 个元素，请求中有 {given} 个")
            }
        }
    }
}
