//! No caller ever sees another tenant's data.

use userbatch::core::batch::resolve;
use userbatch::core::directory::Directory as _;
use userbatch::core::id::UserId;
use userbatch::core::key::LookupKey;
use userbatch::core::user::User;
use userbatch::pager::offset::PageWindow;

use crate::app::TestApp;

fn user(id: &str, name: &str) -> User {
    let mut user = User::new(UserId::new(id));
    user.profile.display_name = Some(name.to_owned());
    user.contact.email = Some(format!("{id}@example.com"));
    user
}

#[tokio::test]
async fn two_tenants_with_the_same_ids_each_see_their_own() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("a").await, app.tenant("b").await);
    a.put_users(&[user("1", "of a"), user("2", "of a")]).await;
    b.put_users(&[user("1", "of b")]).await;
    for (tenant, name, known) in [(&a, "of a", 2), (&b, "of b", 1)] {
        let directory = app.serving.of_tenant(tenant.id);
        let keys = [LookupKey::email("1@EXAMPLE.com"), LookupKey::id("2"), None];
        let batch = resolve(&directory, &keys).await.unwrap();
        assert_eq!(
            batch.get(0).unwrap().user.profile.display_name.as_deref(),
            Some(name)
        );
        assert_eq!(batch.distinct().count(), known);
        let window = directory
            .window(PageWindow::new(1, 10, 10).unwrap())
            .await
            .unwrap();
        assert_eq!(window.total, i64::try_from(known).unwrap());
        assert!(
            window
                .users
                .iter()
                .all(|stored| stored.user.profile.display_name.as_deref() == Some(name))
        );
    }
}
