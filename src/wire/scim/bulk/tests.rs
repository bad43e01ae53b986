use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    BULK_REQUEST_URN, BULK_RESPONSE_URN, BulkAction, BulkItem, BulkOperation, BulkRequest, BulkResponse,
    BulkResult,
};
use crate::wire::scim::error::ScimError;
use crate::wire::scim::schema::urn;

fn read(operations: Value) -> BulkRequest {
    let mut body = json!({ "schemas": [BULK_REQUEST_URN], "failOnErrors": 1 });
    body["Operations"] = operations;
    BulkRequest::read(body, 100).unwrap()
}

fn post_group(bulk_id: &str, members: &[&str]) -> Value {
    let members: Value = members.iter().map(|id| json!({ "value": id })).collect();
    json!({
        "method": "POST", "path": "/Groups", "bulkId": bulk_id,
        "data": { "displayName": bulk_id, "members": members },
    })
}

fn post_user(bulk_id: &str, manager: &str) -> Value {
    let data =
        json!({ "userName": bulk_id, "password": "secret-4711", urn::ENTERPRISE: { "manager": manager } });
    json!({ "method": "post", "path": "/Users", "bulkId": bulk_id, "data": data })
}

fn error(item: &BulkItem) -> String {
    item.operation.as_ref().unwrap_err().to_string()
}

#[test]
fn an_operation_comes_after_those_that_it_needs() {
    let mut request = read(json!([
        post_group("g", &["bulkId:b", "x"]),
        { "method": "PATCH", "path": "/Users/bulkId:a", "data": { "Operations": [
            { "op": "add", "path": "manager", "value": { "value": "bulkId:b" } },
        ] } },
        post_user("b", "bulkId:a"),
        post_user("a", ""),
        { "method": "DELETE", "path": "/users/9%2F1" },
    ]));
    assert_eq!(request.fail_on_errors, Some(1));
    assert_eq!(request.order(), [3, 2, 0, 1, 4]);
    assert!(request.operations.iter().all(|item| item.operation.is_ok()));
    assert!(!format!("{request:?}").contains("secret-4711"));
    let BulkOperation { action, .. } = request.operations[4].operation.clone().unwrap();
    assert_eq!(action, BulkAction::Delete("9/1".to_owned()));
}

#[test]
fn references_become_ids() {
    let request = read(json!([post_group("g", &["bulkId:b", "x"])]));
    let mut operation = request.operations[0].operation.clone().unwrap();
    let ids = HashMap::from([("b".to_owned(), "id-of-b".to_owned())]);
    operation.resolve(&ids).unwrap();
    let BulkAction::Post(resource) = &operation.action else { panic!("{operation:?}") };
    assert_eq!(resource.get(&["members"]), Some(&json!([{ "value": "id-of-b" }, { "value": "x" }])));
    let mut operation = request.operations[0].operation.clone().unwrap();
    let error = operation.resolve(&HashMap::new()).unwrap_err();
    assert_eq!(error.to_string(), "data refers to an operation that failed.");
}

#[test]
fn a_reference_stands_only_where_an_id_may_stand() {
    let plain = "bulkId:nobody";
    let mut data = json!({
        "userName": plain, "displayName": plain, "externalId": plain, "nickName": plain,
        "emails": [{ "value": plain, "display": plain }],
    });
    data[urn::ENTERPRISE] =
        json!({ "department": plain, "manager": { "value": "bulkId:b", "displayName": plain } });
    let manager = format!("{}:MANAGER.value", urn::ENTERPRISE);
    let mut request = read(json!([
        { "method": "POST", "path": "/Users", "bulkId": "a", "data": data },
        { "method": "PATCH", "path": "/Users/bulkId:a", "data": { "Operations": [
            { "op": "add", "path": "title", "value": plain },
            { "op": "add", "path": manager, "value": "bulkId:b" },
            { "op": "add", "value": { "nickName": plain, urn::ENTERPRISE: { "Manager": "bulkId:b", "division": plain } } },
        ] } },
        { "method": "PATCH", "path": "/Groups/g", "data": { "Operations": [
            { "op": "replace", "path": "displayName", "value": plain },
            { "op": "add", "path": "members", "value": ["bulkId:b", { "VALUE": "bulkId:b", "display": plain }] },
            { "op": "remove", "path": "members[value eq \"bulkId:b\"]" },
        ] } },
        post_user("b", ""),
    ]));
    assert_eq!(request.order(), [3, 0, 1, 2]);
    let ids = HashMap::from([("a", "9"), ("b", "7")]).into_iter();
    let ids = ids.map(|(name, id)| (name.to_owned(), id.to_owned())).collect();
    let left = request.operations.iter().map(|item| {
        let mut operation = item.operation.clone().unwrap();
        operation.resolve(&ids).unwrap();
        let text = format!("{operation:?}");
        assert!(!text.contains("bulkId:a") && !text.contains("bulkId:b"), "{text}");
        text.matches(plain).count()
    });
    assert_eq!(left.collect::<Vec<_>>(), [8, 3, 2, 0], "plain text stays, but for what the table lacks");
}

#[test]
fn operations_that_need_each_other_fail_alone() {
    let mut request = read(json!([
        post_user("a", "bulkId:b"),
        post_user("b", "bulkId:a"),
        post_user("c", "bulkId:nobody"),
        post_user("d", ""),
        post_user("e", "bulkId:a"),
    ]));
    assert_eq!(request.order(), [2, 3, 0, 1, 4]);
    let items = &request.operations;
    assert_eq!(error(&items[0]), "Operations[0] needs operations that need each other.");
    assert_eq!(items[1].operation.as_ref().unwrap_err().status(), 409);
    assert_eq!(error(&items[2]), "Operations[2] refers to no operation of this request.");
    assert!(items[3].operation.is_ok() && items[4].operation.is_err());
}

#[test]
fn what_cannot_be_read_fails_alone() {
    let request = read(json!([
        { "method": "POST", "path": "/Users", "data": { "userName": "a" } },
        { "method": "POST", "path": "/Users", "bulkId": "b", "data": { "userName": 1 } },
        { "method": "PUT", "path": "/Users", "data": {} },
        { "method": "GET", "path": "/Users/1" },
        { "method": "DELETE", "path": "/Devices/1" },
        { "method": "DELETE", "path": "/Users/1/2" },
        { "method": "DELETE", "path": "/Usersé" },
    ]));
    let errors: Vec<_> = request.operations.iter().map(error).collect();
    assert_eq!(
        errors,
        [
            "Operations[0].bulkId is missing.",
            "Operations[1].data.userName must be text.",
            "Operations[2].path must have an id.",
            "Operations[3].method must be POST, PUT, PATCH or DELETE.",
            "Operations[4].path must be that of users or groups.",
            "Operations[5].path must be that of users or groups.",
            "Operations[6].path must be that of users or groups.",
        ]
    );
    let twice = json!({ "Operations": [post_user("a", ""), post_user("a", "")] });
    let error = BulkRequest::read(twice.clone(), 2).unwrap_err();
    assert_eq!(error.to_string(), "Operations[1].bulkId is that of another operation.");
    assert_eq!(BulkRequest::read(twice, 1).unwrap_err(), ScimError::TooManyOperations(1));
}

#[test]
fn results_are_shown_as_the_standard_says() {
    let request = read(json!([post_user("a", ""), { "method": "DELETE", "path": "/Users/1" }]));
    let [created, deleted] = &request.operations[..] else { panic!() };
    let response = BulkResponse::new(vec![
        BulkResult::done(created, 201, "https://x/Users/9".to_owned(), Some("W/\"1\"".to_owned())),
        BulkResult::failed(deleted, Some("https://x/Users/1".to_owned()), (&ScimError::NotFound).into()),
    ]);
    let expected = json!({ "schemas": [BULK_RESPONSE_URN], "Operations": [
        {
            "method": "post", "bulkId": "a", "version": "W/\"1\"", "location": "https://x/Users/9",
            "status": "201",
        },
        { "method": "DELETE", "location": "https://x/Users/1", "status": "404", "response": {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404",
            "detail": "There is no such resource.",
        } },
    ] });
    assert_eq!(serde_json::to_value(response).unwrap(), expected);
}

proptest! {
    #[test]
    fn every_operation_has_one_place(managers in proptest::collection::vec(0..8_usize, 1..8)) {
        let users = managers.iter().enumerate().map(|(index, manager)| {
            post_user(&index.to_string(), &format!("bulkId:{manager}"))
        });
        let mut request = read(users.collect());
        let order = request.order();
        let mut places = order.clone();
        places.sort_unstable();
        prop_assert_eq!(places, (0..managers.len()).collect::<Vec<_>>());
        for (index, manager) in managers.iter().enumerate() {
            if request.operations[index].operation.is_ok() {
                let place = |of| order.iter().position(|place| *place == of);
                prop_assert!(place(*manager) < place(index));
            }
        }
    }
}
