//! `demo --import`: users of one's own beside the samples, called as the demo prints it.

use std::process::Command;

use serde_json::{Value, json};

use crate::demo::{Demo, DemoDirectory};

/// The user whom each printed command asks for.
const SAMPLE_ADDRESS: &str = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";
const SAMPLE_ID: &str = "6229ffa51c08d34cade3e3d9";

/// What the command below the heading responds when `asked` stands for the sample's user.
fn respond(demo: &Demo, heading: &str, asked: (&str, &str), more: &str) -> Value {
    let printed = demo.printed();
    let command = printed.split_once(&format!("# {heading}\n")).unwrap().1.lines().next().unwrap();
    let command = command.replace(asked.0, asked.1) + more;
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    let body = String::from_utf8(output.stdout).unwrap();
    let answer = serde_json::from_str(&body);
    assert!(answer.is_ok(), "{command}: {body}");
    answer.unwrap()
}

fn on_bitbadges(demo: &Demo, address: &str) -> Value {
    respond(demo, "BitBadges", (SAMPLE_ADDRESS, address), "")["accounts"][0]["username"].clone()
}

fn on_avepoint(demo: &Demo, id: &str) -> Value {
    let body = format!(" -H 'content-type: application/json' -d '{{\"userIds\":[\"{id}\"]}}'");
    respond(demo, "AvePoint Elements", ("", ""), &body)["data"][0]["mail"].clone()
}

fn on_genauth(demo: &Demo, id: &str) -> Value {
    respond(demo, "GenAuth", (SAMPLE_ID, id), "")["data"][0]["email"].clone()
}

const ADDRESS: &str = "0x52908400098527886e0f7030069857d2e4169ee7";

/// How a file is imported, what is in it, and the call that shows its user.
type Case = (&'static str, String, fn(&Demo) -> Value, &'static str);

fn cases() -> [Case; 5] {
    let bitbadges = json!({ "accounts": [{ "address": ADDRESS, "username": "own-bitbadges" }] });
    let avepoint = json!({
        "data": [{ "id": "own-avepoint", "mail": "own-avepoint@example.com", "status": [0] }],
        "metadata": { "pageIndex": 1, "pageSize": 100, "totalCount": 1 },
    });
    let genauth = json!({
        "statusCode": 200,
        "data": [{ "userId": "own-genauth", "email": "own-genauth@example.com", "emailVerified": true }],
    });
    let canonical = "{\"id\":\"own-line\",\"contact\":{\"email\":\"own-line@example.com\"}}\n{\"id\":2}\n";
    let table = "No;E-mail\nown-row;own-row@example.com\n";
    [
        ("--from bitbadges", bitbadges.to_string(), |demo| on_bitbadges(demo, ADDRESS), "own-bitbadges"),
        (
            "--from avepoint",
            avepoint.to_string(),
            |demo| on_avepoint(demo, "own-avepoint"),
            "own-avepoint@example.com",
        ),
        (
            "--from genauth",
            genauth.to_string(),
            |demo| on_genauth(demo, "own-genauth"),
            "own-genauth@example.com",
        ),
        ("", canonical.to_owned(), |demo| on_genauth(demo, "own-line"), "own-line@example.com"),
        (
            "--from csv --map No=id --map E-mail=contact.email",
            table.to_owned(),
            |demo| on_avepoint(demo, "own-row"),
            "own-row@example.com",
        ),
    ]
}

#[tokio::test]
async fn a_file_of_each_kind_is_served_beside_the_samples_from_then_on() {
    let directory = DemoDirectory::new();
    for (arguments, text, shown, expected) in cases() {
        directory.write("own", &text);
        let demo = Demo::start_in(&directory, &format!("--import own {arguments}")).await;
        assert_eq!(shown(&demo), expected, "{arguments}");
        assert!(demo.printed().contains("added     1\n"), "{}", demo.printed());
        assert_eq!(on_genauth(&demo, SAMPLE_ID), "test@example.com");
        if arguments.is_empty() {
            assert!(demo.printed().contains("rejected  1\n"), "{}", demo.printed());
            let rejects = "{\"line\":2,\"record\":2,\"field\":\"id\",\"reason\":\"must be a string\"}\n";
            assert_eq!(directory.read("own.rejects.ndjson"), rejects);
            assert!(directory.read("demo.err").starts_with("line 2: id must be a string\n"));
        }
    }
    let demo = Demo::start_in(&directory, "").await;
    for (arguments, _, shown, expected) in cases() {
        assert_eq!(shown(&demo), expected, "{arguments}");
    }
}

#[tokio::test]
async fn whoever_cannot_start_the_demo_is_told_why_and_what_to_do() {
    let directory = DemoDirectory::new();
    let refused = |arguments: &str, reason: &str| {
        let status = directory.command("refused", arguments).status().unwrap();
        let said = directory.read("refused.err");
        assert_eq!((status.code(), said.lines().count()), (Some(1), 1), "{arguments}: {said}");
        assert!(said.contains(reason), "{arguments}: {said}");
        assert_eq!(directory.read("refused.out"), "");
    };
    directory.write("page.json", include_str!("../../docs/samples/genauth.json"));
    refused("--import absent.json", "absent.json: No such file or directory");
    refused("--import .", "could not be read: Is a directory");
    refused("--import page.json", "select the vendor with --from");
    refused("--import page.json --from avepoint", "import it with --from genauth");
    let demo = Demo::start_in(&directory, "").await;
    refused("", "data is in use by another process: stop it, or choose another data directory");
    assert_eq!(on_genauth(&demo, SAMPLE_ID), "test@example.com", "it goes on");
}
