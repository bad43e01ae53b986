//! What is known of an attribute (RFC 7643, section 2.2). Serialised as in `/Schemas` (section 7).

use serde::Serialize;

/// An attribute, or a sub-attribute of a complex one.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// The type of its value, or of each value of a list.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// Whether it is a list.
    pub multi_valued: bool,
    /// What it is.
    pub description: &'static str,
    /// Whether a resource must have it.
    pub required: bool,
    /// Values that are suggested, or the only ones.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub canonical_values: &'static [&'static str],
    /// Whether values in another case are other values.
    pub case_exact: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is returned.
    pub returned: Returned,
    /// Among what its value is unique.
    pub uniqueness: Uniqueness,
    /// What a reference refers to.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub reference_types: &'static [&'static str],
    /// What its value is here.
    #[serde(skip)]
    pub content: Content,
    /// The attributes of a complex one.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub sub_attributes: &'static [Self],
}

/// Type of a value (RFC 7643, section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DataType {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A date and time, RFC 3339.
    DateTime,
    /// Text with base64.
    Binary,
    /// A URI.
    Reference,
    /// An object.
    Complex,
}

/// Who may change an attribute (RFC 7643, section 7). Nothing is `writeOnly`: a password is not an attribute here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Only the service.
    ReadOnly,
    /// The client, too.
    ReadWrite,
    /// Set once, with the element that it belongs to.
    Immutable,
}

/// When an attribute is returned (RFC 7643, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// Always, whatever a client asks for.
    Always,
    /// Unless a client asks for others, or for all but it.
    Default,
}

/// Among what a value is unique (RFC 7643, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// Among nothing.
    None,
    /// Among the resources of the tenant.
    Server,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// No more than it says.
    Plain,
    /// The id of a resource.
    ResourceId,
}

impl Attribute {
    /// Whether its value is the id of a resource.
    #[must_use]
    pub fn is_resource_id(&self) -> bool {
        self.content == Content::ResourceId
    }

    /// A text that clients may change and whose case does not matter. The other constructors start from it.
    pub(super) const fn text(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            data_type: DataType::String,
            multi_valued: false,
            description,
            required: false,
            canonical_values: &[],
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            reference_types: &[],
            content: Content::Plain,
            sub_attributes: &[],
        }
    }

    pub(super) const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self { data_type: DataType::Boolean, ..Self::text(name, description) }
    }

    pub(super) const fn integer(name: &'static str, description: &'static str) -> Self {
        Self { data_type: DataType::Integer, ..Self::text(name, description) }
    }

    pub(super) const fn time(name: &'static str, description: &'static str) -> Self {
        Self { data_type: DataType::DateTime, ..Self::text(name, description) }
    }

    pub(super) const fn binary(name: &'static str, description: &'static str) -> Self {
        Self { data_type: DataType::Binary, case_exact: true, ..Self::text(name, description) }
    }

    /// The id of a resource.
    pub(super) const fn resource_id(name: &'static str, description: &'static str) -> Self {
        Self { case_exact: true, content: Content::ResourceId, ..Self::text(name, description) }
    }

    /// A URI of something of these types: `external`, `uri`, or types of resources.
    pub(super) const fn reference(
        name: &'static str,
        reference_types: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        let text = Self::text(name, description);
        Self { data_type: DataType::Reference, case_exact: true, reference_types, ..text }
    }

    pub(super) const fn complex(
        name: &'static str,
        sub_attributes: &'static [Self],
        description: &'static str,
    ) -> Self {
        Self { data_type: DataType::Complex, sub_attributes, ..Self::text(name, description) }
    }

    /// A list of objects.
    pub(super) const fn list(
        name: &'static str,
        sub_attributes: &'static [Self],
        description: &'static str,
    ) -> Self {
        Self { multi_valued: true, ..Self::complex(name, sub_attributes, description) }
    }

    pub(super) const fn many(self) -> Self {
        Self { multi_valued: true, ..self }
    }

    pub(super) const fn exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(super) const fn unique(self) -> Self {
        Self { uniqueness: Uniqueness::Server, ..self }
    }

    pub(super) const fn always(self) -> Self {
        Self { returned: Returned::Always, ..self }
    }

    pub(super) const fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    pub(super) const fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }

    pub(super) const fn suggesting(self, canonical_values: &'static [&'static str]) -> Self {
        Self { canonical_values, ..self }
    }

    /// The sub-attribute of this name, in any case.
    #[must_use]
    pub fn sub_attribute(&self, name: &str) -> Option<&'static Self> {
        self.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name))
    }

    /// The sub-attribute that a complex attribute stands for where a single value is meant: `emails co "x"`.
    #[must_use]
    pub fn value(&self) -> Option<&'static Self> {
        self.sub_attribute("value")
    }

    /// Whether only the service changes it.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }
}
