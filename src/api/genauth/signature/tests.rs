//! The recorded requests of the contract (section 7) and its edge cases (section 2, rules 1 to 8).

use ::time::macros::datetime;
use axum::http::Request;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NODE_QUERY: &str = "userIds%5B%5D=6229ffa0000000000000e3d9&userIds%5B%5D=6229ffa0000000000000e3d0\
    &userIdType=user_id&withCustomData=false&flatCustomData=false&withIdentities=false";
const NOW: OffsetDateTime = datetime!(2026-11-21 02:05 UTC);

/// Recorded from npm `authing-node-sdk` 4.0.1.
fn authing() -> Parts {
    let uri = format!("/api/v3/get-user-batch?{NODE_QUERY}&withDepartmentIds=false");
    let request = Request::get(uri)
        .header("accept", "application/json")
        .header("content-type", "application/json")
        .header("x-authing-signature-nonce", "ef37966868d73f4503f688e6c1cd1143")
        .header("x-authing-signature-method", "HMAC-SHA1")
        .header("x-authing-signature-version", "1.0")
        .header("x-authing-sdk-version", "authing-node-sdk:4.0.1")
        .header("x-authing-lang", "zh-CN")
        .header("date", "Sat, 21 Nov 2026 02:00:47 GMT");
    request.body(()).unwrap().into_parts().0
}

const AUTHING: &str = "6229ffa0000000000000a001:re5oM0p65TDWY04TL8ipA/6JD3k=";

/// Recorded from `@genauth/nodejs` 1.0.0, with a tenant.
fn genauth() -> Parts {
    let request = Request::get(format!("/api/v3/get-user-batch?{NODE_QUERY}"))
        .header("x-genauth-signature-nonce", "6e7bfe948f2acd18bf583a492c158fe4")
        .header("x-genauth-signature-method", "HMAC-SHA1")
        .header("x-genauth-signature-version", "1.0")
        .header("x-genauth-sdk-version", "gen-auth-node-sdk:1.0.0")
        .header("x-genauth-app-id", "ten1")
        .header("x-genauth-lang", "zh-CN")
        .header("date", "Sat, 21 Nov 2026 02:01:34 GMT");
    request.body(()).unwrap().into_parts().0
}

const GENAUTH: &str = "6229ffa0000000000000a001:52KWdV/8wYXBTTTcezFEkSOet3o=";

fn verified(parts: &Parts, brand: Brand, credentials: &str) -> Option<Query> {
    let secrets = [SecretString::from("another"), SecretString::from(SECRET)];
    SignedRequest::read(parts, brand, credentials, NOW).unwrap().verify(&secrets)
}

/// Credentials for `parts` with a signature over `parameters` instead of the query.
fn sign(parts: &Parts, parameters: &str) -> String {
    let text = canonical::text(parts, Brand::Authing, parameters);
    let tag = hmac::sign(&key(&SecretString::from(SECRET)), text.as_bytes());
    format!("id:{}", STANDARD.encode(tag))
}

fn with_query(query: &str) -> Parts {
    let mut parts = authing();
    let separator = if query.is_empty() { "" } else { "?" };
    parts.uri = format!("/api/v3/get-user-batch{separator}{query}").parse().unwrap();
    parts
}

#[test]
fn the_string_to_sign_is_the_recorded_one() {
    let parts = authing();
    let query = Query::read(parts.uri.query().unwrap(), Plus::Space);
    let text = canonical::text(&parts, Brand::Authing, &canonical::parameters(&query));
    let recorded = "GET\n\
        date:Sat, 21 Nov 2026 02:00:47 GMT\n\
        x-authing-lang:zh-CN\n\
        x-authing-sdk-version:authing-node-sdk:4.0.1\n\
        x-authing-signature-method:HMAC-SHA1\n\
        x-authing-signature-nonce:ef37966868d73f4503f688e6c1cd1143\n\
        x-authing-signature-version:1.0\n\
        /api/v3/get-user-batch?flatCustomData=false&userIdType=user_id\
        &userIds=[\"6229ffa0000000000000e3d9\",\"6229ffa0000000000000e3d0\"]\
        &withCustomData=false&withDepartmentIds=false&withIdentities=false";
    assert_eq!(text, recorded);
}

#[test]
fn recorded_signatures_are_valid_for_their_brands() {
    assert!(verified(&authing(), Brand::Authing, AUTHING).is_some());
    assert!(verified(&genauth(), Brand::GenAuth, GENAUTH).is_some());
}

#[test]
fn changing_signed_data_invalidates_the_signature() {
    for (name, value) in [
        ("x-authing-lang", "en-US"),
        ("x-authing-added", "1"),
        ("x-authing-signature-nonce", "0"),
        ("date", "Sat, 21 Nov 2026 02:00:48 GMT"),
    ] {
        let mut parts = authing();
        parts.headers.insert(name, value.parse().unwrap());
        assert_eq!(verified(&parts, Brand::Authing, AUTHING), None, "{name}");
    }
    let mut parts = authing();
    parts.method = axum::http::Method::HEAD;
    assert_eq!(verified(&parts, Brand::Authing, AUTHING), None);
    let query = authing().uri.query().unwrap().replace("withIdentities=false", "withIdentities=true");
    assert_eq!(verified(&with_query(&query), Brand::Authing, AUTHING), None);
}

#[test]
fn unsigned_headers_may_change() {
    let mut parts = authing();
    for name in ["accept", "user-agent", "host", "x-forwarded-for", "x-genauth-lang"] {
        parts.headers.insert(name, "changed".parse().unwrap());
    }
    assert!(verified(&parts, Brand::Authing, AUTHING).is_some());
}

#[test]
fn order_and_escaping_of_parameters_do_not_matter() {
    let bare = authing().uri.query().unwrap().replace("%5B%5D", "[]");
    let (ids, rest) = bare.split_once("&userIdType").unwrap();
    let parts = with_query(&format!("userIdType{rest}&{ids}"));
    assert!(verified(&parts, Brand::Authing, AUTHING).is_some());
}

#[test]
fn lists_are_signed_as_json_and_text_unchanged() {
    for (query, signed) in [
        ("userIds%5B%5D=a", r#"userIds=["a"]"#),
        ("userIds=a,b", "userIds=a,b"),
        ("userIds=%5Ba+b%5D", "userIds=[a b]"),
        ("userIds%5B%5D=%E5%BC%A0+%22%5C", r#"userIds=["张 \"\\"]"#),
        ("b=1&userIds=x&a=", "a=&b=1&userIds=x"),
        ("", ""),
    ] {
        let parts = with_query(query);
        assert!(verified(&parts, Brand::Authing, &sign(&parts, signed)).is_some(), "{query}");
    }
}

#[test]
fn signed_empty_list_that_was_not_sent_is_accepted() {
    let parts = with_query("withCustomData=true");
    let credentials = sign(&parts, "userIds=[]&withCustomData=true");
    let query = verified(&parts, Brand::Authing, &credentials).unwrap();
    assert_eq!(query.get("userIds"), None);
    let parts = with_query("userIds=a");
    assert_eq!(verified(&parts, Brand::Authing, &sign(&parts, "userIds=[]")), None);
}

#[test]
fn plus_is_interpreted_as_signed() {
    let parts = with_query("userIds=a+b@example.com");
    for (signed, meant) in
        [("userIds=a b@example.com", "a b@example.com"), ("userIds=a+b@example.com", "a+b@example.com")]
    {
        let query = verified(&parts, Brand::Authing, &sign(&parts, signed)).unwrap();
        assert_eq!(query.get("userIds"), Some(&Parameter::Text(meant.to_owned())));
    }
}

#[test]
fn white_space_in_headers_is_normalised() {
    let mut parts = authing();
    parts.headers.insert("x-authing-lang", " zh\tCN ".parse().unwrap());
    let text = canonical::text(&parts, Brand::Authing, "");
    assert!(text.contains("x-authing-lang:zh CN\n"), "{text}");
}

#[test]
fn each_fault_has_its_code() {
    let refused = |name: &str, value: Option<&str>, credentials: &str| {
        let mut parts = authing();
        match value {
            Some(value) => {
                drop(parts.headers.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap()));
            }
            None => drop(parts.headers.remove(name)),
        }
        SignedRequest::read(&parts, Brand::Authing, credentials, NOW).err()
    };
    let method = "x-authing-signature-method";
    let version = "x-authing-signature-version";
    assert_eq!(refused(method, Some("HMAC-SHA256"), AUTHING), Some(Refusal::SignatureMethod));
    assert_eq!(refused(method, None, AUTHING), Some(Refusal::SignatureMethod));
    assert_eq!(refused(version, Some("2.0"), AUTHING), Some(Refusal::SignatureVersion));
    assert_eq!(refused(version, None, AUTHING), Some(Refusal::SignatureVersion));
    assert_eq!(refused("date", None, AUTHING), Some(Refusal::DateMissing));
    assert_eq!(refused("date", Some("soon"), AUTHING), Some(Refusal::Timestamp));
    assert_eq!(refused("accept", None, "no colon"), Some(Refusal::Signature));
    assert_eq!(refused("accept", None, "id:not base64"), Some(Refusal::Signature));
}

#[test]
fn nonces_are_stored_as_digests() {
    let nonce_of = |nonce: Option<String>| {
        let mut parts = authing();
        parts.headers.remove("x-authing-signature-nonce");
        if let Some(nonce) = nonce {
            parts.headers.insert("x-authing-signature-nonce", nonce.parse().unwrap());
        }
        let request = SignedRequest::read(&parts, Brand::Authing, AUTHING, NOW).unwrap();
        request.nonce()
    };
    let (short, long, none) = (nonce_of(Some("1".into())), nonce_of(Some("1".repeat(5_000))), nonce_of(None));
    assert!(long.len() <= 64);
    assert!(short != long && long != none && short != none);
}
