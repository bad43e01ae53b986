//! The login that `migrate` gives to the serving role.

use sqlx::{Connection as _, PgConnection};
use userbatch::embedded::Cluster;
use userbatch::store::migrate;

use crate::app::cluster_options;

const OWNER: &str = "userbatch_owner";
const NAME: &str = "login";
/// Prepared (RFC 4013), the roman numeral is `IX` and the decomposed letter one code point.
const PASSWORD: &str = "pa\u{308}ssword-\u{2168}-@:/%";
const PREPARED: &str = "p\u{e4}ssword-IX-@:/%";

/// On a server of its own: the role is the whole server's.
#[tokio::test]
async fn a_password_with_letters_beyond_ascii_logs_in_however_a_client_writes_them() {
    let cluster = Cluster::start(cluster_options("login")).await.unwrap();
    cluster.ensure_owner(OWNER, "owner").await.unwrap();
    cluster.ensure_database(NAME, OWNER, None).await.unwrap();
    migrate(&cluster.url_as(OWNER, "owner", NAME), Some(PASSWORD)).await.unwrap();
    for password in [PASSWORD, PREPARED] {
        let url = cluster.url_as("userbatch_serving", password, NAME);
        PgConnection::connect(&url).await.unwrap().close().await.unwrap();
    }
    let wrong = cluster.url_as("userbatch_serving", "p\u{e4}ssword-9-@:/%", NAME);
    assert!(PgConnection::connect(&wrong).await.is_err());
    cluster.stop().await.unwrap();
}
