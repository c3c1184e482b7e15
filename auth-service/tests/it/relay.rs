//! What another program changes, or a crash leaves behind, reaches the cache by itself.

use std::time::Duration;

use auth_service::{
    caller::Caller,
    domain::EventKind,
    storage::{self, NewEvent},
};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::UserId,
};
use drawbridge_verification::{user_cache::UserCache, user_record::UserState};

use crate::helpers::TestApp;

async fn wait_for(app: &TestApp, user: UserId, what: impl Fn(&UserState) -> bool) {
    let started = std::time::Instant::now();
    loop {
        let state = app.cache.last_known(user).await;
        if state.as_ref().is_some_and(&what) {
            return;
        }
        assert!(started.elapsed().as_secs() < 5, "the cache still holds {state:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[actix_web::test]
async fn a_change_that_was_committed_but_not_told_is_told_within_a_second() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let me = ada.get(&app.url("/api/me")).await.json();
        let user: UserId = me["data"]["user"]["id"].as_str().unwrap().parse().unwrap();
        // As by a replica that commits and dies.
        let now = SystemClock.now();
        let event = move |kind| NewEvent::new(kind, &Caller::operator(), now).to(user);
        app.query(move |c| {
            storage::set_disabled(c, user, true, now, &event(EventKind::AccountDisabled)).unwrap().unwrap()
        })
        .await;
        wait_for(&app, user, |state| matches!(state, UserState::Present(record) if record.disabled)).await;
        app.query(move |c| {
            storage::delete_account(c, user, now, &event(EventKind::AccountDeleted)).unwrap().unwrap()
        })
        .await;
        wait_for(&app, user, |state| matches!(state, UserState::Deleted { .. })).await;
        let started = std::time::Instant::now();
        while !app.query(|c| storage::find_pending(c, 10).unwrap()).await.is_empty() {
            assert!(started.elapsed().as_secs() < 5, "what was told is not forgotten");
        }
    }
}
