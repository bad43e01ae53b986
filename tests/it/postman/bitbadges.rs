//! The collection of BitBadges.

use serde_json::{Value, json};

use super::collection::{Collection, Variable};
use super::request::{Folder, Request, api_key};

/// An account with activity in the demo: that of the vendor's documentation.
const ADDRESS: &str = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";

const MANY_ACCOUNTS: &str =
    "const accounts = Array.from({ length: 251 }, (_, n) => ({ username: `user-${n}` }));
pm.variables.set('accounts', JSON.stringify(accounts));";

const KEEP_BOOKMARK: &str = "const { bookmark } = body.accounts[0].views.latestActivity.pagination;
pm.collectionVariables.set('bookmark', bookmark);";

pub fn collection(document: Value) -> Collection {
    Collection {
        file: "bitbadges",
        id: "c5e3a2b0-6d0f-4c38-9a51-1f6b0f6f0b01",
        name: "BitBadges on userbatch",
        description: "Accounts by address or username, with pages of their views. The API key is in \
                the header x-api-key.",
        base_url: "BASE_URL",
        document,
        auth: api_key("x-api-key", "{{BITBADGES_API_KEY}}"),
        before: None,
        refusal: include_str!("scripts/bitbadges-refusal.js"),
        variables: vec![
            Variable::plain("BASE_URL", "http://127.0.0.1:8080"),
            Variable::secret("BITBADGES_API_KEY"),
        ],
        path_values: &[],
        folders: vec![
            Folder::new("Accounts", "Batches of accounts, and one account.", accounts()),
            Folder::new("Views", "Pages of an account's holdings and activity.", views()),
            Folder::new("Refusals", "What is refused, and how.", refusals()),
        ],
    }
}

fn accounts() -> Vec<Request> {
    vec![
        Request::of("fetchUserBatch", "A batch, as documented")
            .example_body()
            .check("there is one account", "pm.expect(body.accounts).to.have.lengthOf(1)")
            .check("it has its sequence", "pm.expect(body.accounts[0].sequence).to.equal('11')")
            .check("it has its balance", "pm.expect(body.accounts[0].balance.denom).to.equal('badge')"),
        Request::of("fetchUserBatch", "A batch by addresses of any chain, and by usernames")
            .json(&json!({"accountsToFetch": [
                {"username": "trevormil"},
                {"address": ADDRESS},
                {"address": "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x"},
            ]}))
            .check(
                "all three are the same account",
                "pm.expect(body.accounts.map((account) => \
                    account.username)).to.eql(Array(3).fill('trevormil'))",
            ),
        Request::of("fetchUserBatch", "A batch with an unknown username")
            .json(&json!({"accountsToFetch": [
                {"username": "nobody-has-this-name"},
                {"username": "trevormil"},
            ]}))
            .check(
                "the answers are in the order of the request",
                "pm.expect(body.accounts[1].username).to.equal('trevormil')",
            )
            .check(
                "the unknown one is an empty account",
                "pm.expect(body.accounts[0]).to.include({ accountNumber: '-1', \
                    chain: 'Unknown' })",
            ),
        Request::of("fetchUserBatch", "An empty batch")
            .json(&json!({"accountsToFetch": []}))
            .check("there is no account", "pm.expect(body).to.eql({ accounts: [] })"),
        Request::of("fetchUsers", "A batch in the newer form, as documented")
            .example_body()
            .check("the account is found", "pm.expect(body.accounts[0].username).to.equal('trevormil')")
            .check(
                "the view has the name asked for",
                "pm.expect(body.accounts[0].views.mine.ids).to.be.an('array')",
            ),
        Request::of("fetchUser", "An account by username")
            .query("username", "trevormil")
            .check("the account is found", "pm.expect(body.account.username).to.equal('trevormil')")
            .check("it has no views", "pm.expect(body.account.views).to.eql({})"),
        Request::of("fetchUser", "An account by address")
            .query("address", ADDRESS)
            .check("the account is found", "pm.expect(body.account.username).to.equal('trevormil')"),
        Request::of("fetchUser", "An account, with the parameters in payload")
            .query("payload", "%7B%22username%22%3A%22trevormil%22%7D")
            .check("the account is found", "pm.expect(body.account.username).to.equal('trevormil')"),
    ]
}

fn views() -> Vec<Request> {
    let all = ["latestActivity", "latestAnnouncements", "latestReviews", "badgesCollected"];
    let all = all.map(|view| json!({"viewKey": view, "bookmark": ""}));
    vec![
        Request::of("fetchUserBatch", "The first page of each view")
            .json(&json!({"accountsToFetch": [{"address": ADDRESS, "viewsToFetch": all}]}))
            .check(
                "each view has its type",
                "pm.expect(Object.values(body.accounts[0].views).map((view) => \
                    view.type)).to.eql(['Activity', 'Announcements', 'Reviews', 'Balances'])",
            )
            .check(
                "the entries are beside them",
                "pm.expect(body.accounts[0].activity.map((entry) => \
                    entry._id)).to.include.members(body.accounts[0].views.latestActivity.ids)",
            )
            .check(
                "an empty view has the bookmark nil",
                "pm.expect(body.accounts[0].views.latestReviews.pagination).to.eql({ bookmark: \
                    'nil', hasMore: false })",
            )
            .after(KEEP_BOOKMARK),
        Request::of("fetchUserBatch", "The page after a bookmark")
            .json(&json!({"accountsToFetch": [
                {
                    "address": ADDRESS,
                    "viewsToFetch": [{"viewKey": "latestActivity", "bookmark": "{{bookmark}}"}],
                },
            ]}))
            .check(
                "there is no further entry",
                "pm.expect(body.accounts[0].views.latestActivity).to.deep.include({ ids: [], \
                    type: 'Activity' })",
            ),
    ]
}

fn refusals() -> Vec<Request> {
    let empty = json!({"accountsToFetch": []});
    let view = |view: Value| json!({"accountsToFetch": [{"address": ADDRESS, "viewsToFetch": [view]}]});
    vec![
        Request::of("fetchUserBatch", "No key")
            .without_auth()
            .json(&empty)
            .refused(401, "API key is required. Send it in the header x-api-key"),
        Request::of("fetchUserBatch", "A malformed key")
            .auth(api_key("x-api-key", "wrong"))
            .json(&empty)
            .refused(401, "does not have the form of an API key"),
        Request::of("fetchUser", "No key for one account")
            .without_auth()
            .query("username", "trevormil")
            .refused(401, "API key is required"),
        Request::of("fetchUsers", "No key in the newer form")
            .without_auth()
            .json(&empty)
            .refused(401, "API key is required"),
        Request::of("fetchUserBatch", "A body cut short")
            .raw("application/json", r#"{"accountsToFetch": ["#)
            .refused(400, "not JSON"),
        Request::of("fetchUserBatch", "A list that is none")
            .json(&json!({"accountsToFetch": "trevormil"}))
            .refused(400, "accountsToFetch"),
        Request::of("fetchUserBatch", "An unknown view")
            .json(&view(json!({"viewKey": "latestGossip", "bookmark": ""})))
            .refused(400, "viewKey: unknown view"),
        Request::of("fetchUserBatch", "A bookmark made up")
            .json(&view(json!({"viewKey": "latestActivity", "bookmark": "made-up"})))
            .refused(400, "the bookmark was not issued for this view"),
        Request::of("fetchUserBatch", "Too many accounts")
            .before(MANY_ACCOUNTS)
            .raw("application/json", r#"{"accountsToFetch": {{accounts}}}"#)
            .refused(400, "up to 250 accounts"),
        Request::of("fetchUser", "No name at all").refused(400, "address or username"),
        Request::of("fetchUserBatch", "The wrong method").method("GET").refused(405, "Use POST"),
        Request::of("fetchUserBatch", "A slash too many")
            .path("/api/v0/user/batch/")
            .json(&empty)
            .refused(404, "Did you mean POST .api.v0.user.batch"),
    ]
}
