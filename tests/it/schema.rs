//! Isolation by the database: every table with user data is bound to a tenant, whatever a query omits.

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use crate::app::TestApp;

/// Tables without user data, which belong to no one tenant.
const CONTROL: &str = "('erasure_key', 'customer', 'tenant', 'credential', 'credential_secret', 'credential_customer', 'credential_use', 'used_nonce', 'audit', 'access_generation', 'schema_state', '_sqlx_migrations')";

async fn rows(connection: &mut PgConnection, query: String) -> Vec<String> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}

#[tokio::test]
async fn every_table_with_user_data_is_row_secured_even_for_its_owner() {
    let app = TestApp::start().await;
    let mut owner = PgConnection::connect(&app.database.owner_url).await.unwrap();
    let query = format!(
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
            AND relname NOT IN {CONTROL} AND NOT (relrowsecurity AND relforcerowsecurity)"
    );
    assert_eq!(rows(&mut owner, query).await, Vec::<String>::new());
    let secured = "SELECT relname::text FROM pg_class WHERE relforcerowsecurity".to_owned();
    assert!(rows(&mut owner, secured).await.len() >= 10);
}

#[tokio::test]
async fn tenant_id_comes_first_in_every_key_of_user_data() {
    let app = TestApp::start().await;
    let mut owner = PgConnection::connect(&app.database.owner_url).await.unwrap();
    let indexes = format!(
        "SELECT i.indexrelid::regclass::text FROM pg_index i
           JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
          WHERE c.relname NOT IN {CONTROL} AND a.attname <> 'tenant_id'"
    );
    assert_eq!(rows(&mut owner, indexes).await, Vec::<String>::new());
    let foreign_keys = format!(
        "SELECT k.conname::text FROM pg_constraint k
           JOIN pg_class c ON c.oid = k.conrelid AND c.relnamespace = 'public'::regnamespace
           JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
          WHERE k.contype = 'f' AND c.relname NOT IN {CONTROL} AND a.attname <> 'tenant_id'"
    );
    assert_eq!(rows(&mut owner, foreign_keys).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_serving_role_owns_nothing_and_bypasses_nothing() {
    let app = TestApp::start().await;
    assert!(app.serving.is_row_secured().await.unwrap());
    let mut serving = PgConnection::connect(&app.database.serving_url).await.unwrap();
    let owned = "SELECT relname::text FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)";
    assert_eq!(rows(&mut serving, owned.to_owned()).await, Vec::<String>::new());
    let timeout: String = sqlx::query_scalar("SHOW statement_timeout").fetch_one(&mut serving).await.unwrap();
    assert_eq!(timeout, "5s");
    for forbidden in [
        r#"INSERT INTO "user" (tenant_id, id, ordinal, document) VALUES (gen_random_uuid(), 'x', 0, '{}')"#,
        r#"DELETE FROM "user""#,
        "SELECT * FROM credential",
        "SELECT * FROM credential_secret",
        "SELECT * FROM credential_use",
        "UPDATE credential_use SET uses = 1",
        "SELECT * FROM tenant",
        "SET ROLE userbatch_owner",
    ] {
        let error = sqlx::raw_sql(forbidden).execute(&mut serving).await.unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {error}");
    }
}

/// The store's own filter is not in these queries: row level security alone answers.
#[tokio::test]
async fn without_any_filter_a_session_sees_its_tenant_and_an_unbound_one_sees_nothing() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("a").await, app.tenant("b").await);
    a.put_users(&[User::new(UserId::new("of-a"))]).await;
    b.put_users(&[User::new(UserId::new("of-b"))]).await;
    for url in [&app.database.serving_url, &app.database.owner_url] {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let all = || r#"SELECT id FROM "user" UNION ALL SELECT user_id FROM user_key ORDER BY 1"#.to_owned();
        assert_eq!(rows(&mut connection, all()).await, Vec::<String>::new(), "unbound");
        for (tenant, own) in [(&a, "of-a"), (&b, "of-b")] {
            let mut transaction = connection.begin().await.unwrap();
            sqlx::query("SELECT set_config('userbatch.tenant', $1, true)")
                .bind(tenant.id.to_string())
                .execute(&mut *transaction)
                .await
                .unwrap();
            assert_eq!(rows(&mut transaction, all()).await, [own, own]);
            transaction.commit().await.unwrap();
        }
        assert_eq!(rows(&mut connection, all()).await, Vec::<String>::new(), "bound no longer");
    }
}

#[tokio::test]
async fn several_migrations_at_once_do_no_harm() {
    let app = TestApp::start().await;
    let url = &app.database.owner_url;
    let all =
        futures_util::future::join_all((0..6).map(|_| userbatch::store::migrate(url, Some("test-password"))));
    for outcome in all.await {
        outcome.unwrap();
    }
}

/// Not even if it sets what the owner's dump sets, and calls a function that runs with the owner's rights.
#[tokio::test]
async fn the_setting_of_a_dump_opens_every_tenant_to_the_owner_alone() {
    let app = TestApp::start().await;
    app.tenant("a").await.put_users(&[User::new(UserId::new("of-a"))]).await;
    let mut owner = PgConnection::connect(&app.database.owner_url).await.unwrap();
    let mut serving = PgConnection::connect(&app.database.serving_url).await.unwrap();
    let define = "CREATE FUNCTION all_users() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
        AS 'SELECT id FROM \"user\"'";
    sqlx::raw_sql(define).execute(&mut owner).await.unwrap();
    let all = || r#"SELECT id FROM "user" UNION ALL SELECT all_users()"#.to_owned();
    for (connection, seen) in [(&mut owner, vec!["of-a", "of-a"]), (&mut serving, vec![])] {
        assert_eq!(rows(connection, all()).await, Vec::<String>::new());
        sqlx::raw_sql("SET userbatch.dump = 'on'").execute(&mut *connection).await.unwrap();
        assert_eq!(rows(connection, all()).await, seen);
    }
}

#[tokio::test]
async fn nobody_but_the_owner_and_the_serving_role_may_call_or_read_anything() {
    let app = TestApp::start().await;
    let mut owner = PgConnection::connect(&app.database.owner_url).await.unwrap();
    let others = "SELECT format('%s to %s', o.what, coalesce(r.rolname, 'everyone'))
           FROM (SELECT oid::regclass::text AS what, relacl AS acl, relowner AS owner FROM pg_class
                  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
                  UNION ALL
                 SELECT oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)), proowner FROM pg_proc
                  WHERE pronamespace = 'public'::regnamespace) o
          CROSS JOIN LATERAL aclexplode(o.acl) a
           LEFT JOIN pg_roles r ON r.oid = a.grantee
          WHERE a.grantee <> o.owner AND NOT (r.rolname = 'userbatch_serving' AND a.privilege_type IN ('SELECT', 'EXECUTE')
                IS TRUE)";
    assert_eq!(rows(&mut owner, others.to_owned()).await, Vec::<String>::new());
}
