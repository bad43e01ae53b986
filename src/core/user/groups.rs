//! How the groups of fields are declared, of which a user consists.

/// Declares a group of optional fields, each omitted from the document when absent, and the group as it is borrowed.
macro_rules! optional_fields {
    (
        $(#[$group:meta])*
        $name:ident, $borrowed:ident {
            $(
                $(#[doc = $doc:literal])*
                $(#[serde(with = $with:literal)] #[schemars($($schema:tt)*)])?
                $field_name:ident: $type:ty,
            )*
        }
    ) => {
        $(#[$group])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", default)]
        #[schemars(deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[doc = $doc])*
                $(#[serde(with = $with)] #[schemars($($schema)*)])?
                #[serde(skip_serializing_if = "is_default")]
                pub $field_name: $type,
            )*
        }

        $(#[$group])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $borrowed<'a> {
            $(
                $(#[doc = $doc])*
                #[serde(borrow $(, with = $with)?)]
                pub $field_name: <$type as Lend>::Borrowed<'a>,
            )*
        }

        impl $name {
            /// The group without a copy of anything.
            fn lend(&self) -> $borrowed<'_> {
                $borrowed { $($field_name: self.$field_name.lend(),)* }
            }

            /// Whether the document of a group like this may have a field of this name.
            fn has_field(name: &str) -> bool {
                [$(stringify!($field_name)),*].into_iter().any(|field| camel_case(field) == name)
            }

            /// The fields, as in Rust, with the kinds of their values.
            const KINDS: &[(&str, FieldKind)] =
                &[$((stringify!($field_name), <$type as OfKind>::KIND)),*];

            /// The first field with a text that is too long.
            fn overlong(&self) -> Option<&'static str> {
                $(if is_overlong(stringify!($field_name), self.$field_name.longest_text()) {
                    return Some(stringify!($field_name));
                })*
                None
            }
        }
    };
}

pub(super) use optional_fields;
