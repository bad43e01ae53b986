use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Filter, FilterFault, Finds, IndexKey, MAX_DEPTH, MAX_FILTER_BYTES, Name, Operand, Operator};
use crate::wire::scim::path::AttributePath;
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::{Attribute, DataType, USERS, urn};

/// The three users of the contract's vectors.
fn users() -> [Resource; 3] {
    let users = [
        json!({
            "id": "1", "userName": "Ann", "title": "Dev", "active": true,
            "emails": [
                { "type": "work", "value": "a@x.org", "primary": true },
                { "type": "home", "value": "a@y.org" },
            ],
        }),
        json!({
            "id": "2", "userName": "bob", "externalId": "E1", "active": false,
            "emails": [{ "type": "work", "value": "b@y.org" }],
        }),
        json!({
            "id": "3", "userName": "cy", "active": true, urn::ENTERPRISE: { "department": "Ops" },
            "meta": { "created": "2026-01-02T03:04:05Z" }, urn::OWN: { "logins": { "count": 10 } },
        }),
    ];
    users.map(|user| match user {
        Value::Object(members) => Resource::from_members(members),
        other => panic!("{other}"),
    })
}

/// The ids of the users that the filter finds.
fn finds(filter: &str) -> String {
    let filter = Filter::parse(filter, &USERS).unwrap_or_else(|fault| panic!("{filter}: {fault}"));
    users().iter().filter(|user| filter.matches(user)).filter_map(|user| user.text(&["id"])).collect()
}

fn fault(filter: &str) -> FilterFault {
    Filter::parse(filter, &USERS).expect_err(filter)
}

#[test]
fn the_vectors_of_the_contract() {
    for (filter, found) in [
        (r#"userName eq "ANN""#, "1"),
        (r#"USERNAME Eq "ann""#, "1"),
        (r#"externalId eq "e1""#, ""),
        (r#"title pr or userName sw "b" and active eq true"#, "1"),
        (r#"(title pr or userName sw "b") and active eq false"#, "2"),
        ("not (title pr)", "23"),
        (r#"emails[type eq "work" and value ew "y.org"]"#, "2"),
        (r#"emails.type eq "work" and emails.value ew "y.org""#, "12"),
        (r#"emails co "x.org""#, "1"),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "ops""#, "3"),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "cy""#, "3"),
        (r#"shoeSize eq "9""#, ""),
        (r#"userName eq "a\"b""#, ""),
        (r#"userName eq "%""#, ""),
        (r#"userName sw "_""#, ""),
    ] {
        assert_eq!(finds(filter), found, "{filter}");
    }
    for filter in ["userName eq", r#"userName like "a""#, "(title pr", "active gt false"] {
        fault(filter);
    }
}

#[test]
fn what_entra_and_okta_ask() {
    for (filter, found) in [
        (r#"userName eq "bob""#, "2"),
        (r#"externalId eq "E1""#, "2"),
        (r#"emails[type eq "work"].value eq "B@Y.ORG""#, "2"),
        (r#"emails[type eq "home"].value eq "b@y.org""#, ""),
        (r#"id eq "3" and manager eq "4""#, ""),
        (r#"id eq "3" and department eq "OPS""#, "3"),
        (r#"emails[primary eq "True"]"#, "1"),
    ] {
        assert_eq!(finds(filter), found, "{filter}");
    }
}

#[test]
fn values_compare_by_their_types() {
    for (filter, found) in [
        (r#"userName gt "ann" and userName le "BOB""#, "2"),
        (r#"userName ge "ann""#, "123"),
        (r#"meta.created gt "2026-01-02T04:04:04+01:00""#, "3"),
        (r#"meta.created le "2026-01-02T04:04:05+01:00""#, "3"),
        (r#"meta.created sw "2026""#, "3"),
        ("urn:ietf:params:scim:schemas:extension:userbatch:2.0:User:logins.count gt 9", "3"),
        ("urn:ietf:params:scim:schemas:extension:userbatch:2.0:User:logins.count eq 10.0", "3"),
        ("active ne true", "2"),
        ("title eq null", "23"),
        ("title ne null", "1"),
        (r#"title ne "dev""#, "23"),
        (r#"emails.type ne "home""#, "23"),
        ("emails pr and not (emails.primary pr)", "2"),
        (r#"name[givenName eq "x"]"#, ""),
    ] {
        assert_eq!(finds(filter), found, "{filter}");
    }
}

#[test]
fn an_attribute_that_nobody_has_finds_nobody_however_it_is_asked_for() {
    for filter in [
        "shoeSize pr",
        "not (shoeSize pr)",
        r#"shoeSize ne "9""#,
        "shoeSize eq null",
        r#"not (shoeSize eq "9" and userName pr)"#,
        r#"not (emails[color eq "red"])"#,
        r#"shoes[size eq "9"]"#,
        r#"shoes[active eq "9"]"#,
        r#"not (shoes[size eq "9"].color eq "red")"#,
        "password pr",
        r#"not (password eq "secret")"#,
        "urn:x:userName pr",
    ] {
        assert_eq!(finds(filter), "", "{filter}");
    }
    assert_eq!(finds("shoeSize pr or title pr"), "1");
    assert_eq!(finds("not (shoeSize pr and title eq null)"), "1");
}

#[test]
fn what_cannot_be_read_is_a_fault_with_its_place() {
    for (filter, position) in [
        ("", 1),
        ("title", 6),
        ("title pr x", 10),
        ("title pr and", 13),
        ("title eq Dev", 10),
        (r#"title eq "Dev"#, 10),
        ("title eq 5", 10),
        ("active eq 1", 11),
        (r#"active co "t""#, 11),
        ("title gt null", 10),
        (r#"name eq "x""#, 9),
        (r#"meta.created gt "today""#, 17),
        (r#"emails[type eq "work"] eq "x""#, 24),
        (r#"emails[type eq "work""#, 22),
        ("emails[emails[type pr]]", 15),
        ("shoes[emails[type pr]]", 14),
        ("title[value pr]", 1),
        ("emails.value[value pr]", 1),
        ("ti/tle pr", 1),
        ("emails.value.x pr", 1),
        ("not title pr", 5),
        ("title pr)", 9),
    ] {
        assert_eq!(fault(filter).position, position, "{filter}: {}", fault(filter));
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |depth: usize| "(".repeat(depth) + "title pr" + &")".repeat(depth);
    assert_eq!(finds(&nested(MAX_DEPTH)), "1");
    assert_eq!(fault(&nested(MAX_DEPTH + 1)).reason, "the brackets are nested too deeply");
    fault(&"not (".repeat(2_000));
    fault(&format!("title pr{}", " or title pr".repeat(400)));
}

#[test]
fn an_index_can_be_asked_what_every_user_found_satisfies() {
    let keys = |filter: &str| {
        let keys = Filter::parse(filter, &USERS).unwrap().index_keys();
        keys.iter().map(|key| format!("{key:?}")).collect::<Vec<_>>().join(" ")
    };
    for (filter, expected) in [
        (r#"userName eq "Ann""#, r#"UserName("ann")"#),
        (r#"id eq "A1" and manager eq "2""#, r#"Id("A1")"#),
        (r#"externalId eq "E1" and (active eq true and emails eq "A")"#, r#"ExternalId("E1") Email("a")"#),
        (r#"emails.value eq "a""#, r#"Email("a")"#),
        (r#"emails[type eq "work"].value eq "a""#, r#"Email("a")"#),
        (r#"emails[type eq "work" and value eq "a"]"#, r#"Email("a")"#),
        (r#"displayName eq "Ops""#, r#"DisplayName("ops")"#),
        (r#"userName eq "a" or id eq "1""#, ""),
        (r#"not (userName eq "a")"#, ""),
        (r#"userName sw "a" and id ne "1""#, ""),
        (r#"emails[type eq "work" or value eq "a"]"#, ""),
        (r#"emails.display eq "a""#, ""),
        ("id eq null", ""),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "x""#, ""),
    ] {
        assert_eq!(keys(filter), expected, "{filter}");
    }
    let [ann, ..] = users();
    let email = |text: &str| IndexKey::Email(text.to_owned());
    let expected = [
        IndexKey::Id("1".to_owned()),
        IndexKey::UserName("ann".to_owned()),
        email("a@x.org"),
        email("a@y.org"),
    ];
    assert_eq!(ann.index_keys().into_iter().collect::<Vec<_>>(), expected);
}

/// Every attribute with values, and its sub-attributes.
fn paths() -> Vec<AttributePath> {
    let top = USERS.top_attributes().map(|attribute| (None, attribute));
    let extended = USERS.extensions.iter().flat_map(|&of| of.attributes.iter().map(move |it| (Some(of), it)));
    let paths = top.chain(extended).flat_map(|(extension, attribute)| {
        let whole = AttributePath { extension, attribute, sub: None };
        let subs = attribute.sub_attributes.iter().map(move |sub| AttributePath { sub: Some(sub), ..whole });
        std::iter::once(whole).chain(subs)
    });
    paths.collect()
}

fn lists() -> Vec<AttributePath> {
    paths()
        .into_iter()
        .filter(|path| path.sub.is_none() && !path.attribute.sub_attributes.is_empty())
        .collect()
}

fn known_condition(path: AttributePath) -> BoxedStrategy<Filter> {
    let present = Just(Filter::Present(Name::Known(path)));
    let compare = |operators: &'static [Operator], operand: BoxedStrategy<Operand>| {
        let compare = (proptest::sample::select(operators), operand);
        compare
            .prop_map(move |(operator, operand)| Filter::Compare(Name::Known(path), operator, operand))
            .boxed()
    };
    let equality = &[Operator::Eq, Operator::Ne];
    let ordered = &[Operator::Eq, Operator::Ne, Operator::Gt, Operator::Ge, Operator::Lt, Operator::Le];
    let null = compare(equality, Just(Operand::Null).boxed());
    let Attribute { data_type, .. } = path.leaf();
    let typed = match data_type {
        DataType::Complex => return prop_oneof![present, null].boxed(),
        DataType::Boolean => compare(equality, any::<bool>().prop_map(Operand::Bool).boxed()),
        DataType::Integer => compare(ordered, any::<i64>().prop_map(|it| Operand::Number(it.into())).boxed()),
        DataType::DateTime => {
            compare(ordered, Just(Operand::Text("2026-01-02T03:04:05Z".to_owned())).boxed())
        }
        DataType::String | DataType::Binary | DataType::Reference => {
            compare(&Operator::ALL, ".{0,12}".prop_map(Operand::Text).boxed())
        }
    };
    prop_oneof![1 => present, 1 => null, 4 => typed].boxed()
}

fn unknown_condition() -> impl Strategy<Value = Filter> {
    let name = "x[a-z]{3,8}(\\.x[a-z]{3,8})?".prop_map(Name::Unknown);
    let operand = prop_oneof![
        Just(Operand::Null),
        any::<bool>().prop_map(Operand::Bool),
        any::<i64>().prop_map(|number| Operand::Number(number.into())),
        ".{0,12}".prop_map(Operand::Text),
    ];
    let compare = (name.clone(), proptest::sample::select(&Operator::ALL[..]), operand);
    let compare = compare.prop_map(|(name, operator, operand)| Filter::Compare(name, operator, operand));
    prop_oneof![name.prop_map(Filter::Present), compare]
}

/// Any combination of these conditions, without empty or single series.
fn combined(condition: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
    condition.prop_recursive(4, 24, 4, |inner| {
        let series = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            series.clone().prop_map(Filter::And),
            series.prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

fn in_brackets() -> impl Strategy<Value = Filter> {
    proptest::sample::select(lists()).prop_flat_map(|list| {
        let subs = list.attribute.sub_attributes.iter().map(|sub| AttributePath { sub: Some(sub), ..list });
        let condition = proptest::sample::select(subs.collect::<Vec<_>>()).prop_flat_map(known_condition);
        combined(condition.boxed()).prop_map(move |filter| Filter::Elements(list, Box::new(filter)))
    })
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let known = proptest::sample::select(paths()).prop_flat_map(known_condition);
    combined(
        prop_oneof![4 => known.boxed(), 1 => unknown_condition().boxed(), 2 => in_brackets().boxed()].boxed(),
    )
}

/// Conditions that some of the users satisfy.
fn apt_condition() -> impl Strategy<Value = Filter> {
    let conditions = [
        r#"id eq "1""#,
        r#"userName eq "ANN""#,
        r#"externalId eq "E1""#,
        r#"emails eq "A@Y.ORG""#,
        "active eq true",
        r#"emails[type eq "work"].value eq "b@y.org""#,
        r#"emails[value eq "a@x.org" and primary eq true]"#,
        r#"emails.type eq "home""#,
        r#"userName ne "bob""#,
        r#"emails[value eq "a@x.org" or type eq "work"]"#,
    ];
    proptest::sample::select(conditions.map(|text| Filter::parse(text, &USERS).unwrap()).to_vec())
}

proptest! {
    #[test]
    fn an_index_misses_nobody_that_is_found(filter in combined(apt_condition().boxed())) {
        for user in users().iter().filter(|user| filter.matches(user)) {
            let keys = user.index_keys();
            prop_assert!(filter.index_keys().iter().all(|key| keys.contains(key)), "{}", filter);
        }
    }

    #[test]
    fn what_is_decided_of_a_type_is_so_of_each_of_its_resources(filter in any_filter()) {
        for mut user in users() {
            user.set(&["meta", "resourceType"], Some("User"));
            user.arrange(&USERS);
            let is_found = match filter.clone().of_type(&USERS) {
                Finds::All => true,
                Finds::None => false,
                Finds::Those(rest) => rest.matches(&user),
            };
            prop_assert_eq!(is_found, filter.matches(&user), "{}", &filter);
        }
    }

    #[test]
    fn a_filter_reads_back_as_it_was_written(filter in any_filter()) {
        let written = filter.to_string();
        match Filter::parse(&written, &USERS) {
            Ok(read) => prop_assert_eq!(read, filter, "{}", written),
            Err(fault) => {
                let is_bounded = written.len() > MAX_FILTER_BYTES || fault.reason.contains("nested too deeply");
                prop_assert!(is_bounded, "{}: {}", fault, written);
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(
        text in ".{0,60}",
        tokens in "(not |\\(|\\)|\\[|\\]|emails|type| eq | and |\"x\"|\\.value| pr){0,12}",
    ) {
        let _ = Filter::parse(&text, &USERS);
        let _ = Filter::parse(&tokens, &USERS);
    }

    #[test]
    fn nobody_is_found_by_what_nobody_has(filter in combined(unknown_condition().boxed())) {
        prop_assert!(!users().iter().any(|user| filter.matches(user)), "{}", filter);
    }

    #[test]
    fn not_equal_is_the_opposite_of_equal(path in proptest::sample::select(paths()), text in "[a-zA-Z@.]{0,6}") {
        let compare = |operator| Filter::Compare(Name::Known(path), operator, Operand::Text(text.clone()));
        for user in users() {
            prop_assert_ne!(compare(Operator::Eq).matches(&user), compare(Operator::Ne).matches(&user));
        }
    }
}
