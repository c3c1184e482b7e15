//! Changes that another program makes, or that a crash leaves behind, reach the cache.

use std::time::{Duration, Instant};

use auth_service::{domain::EventKind, storage};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::UserId,
};
use drawbridge_verification::{user_cache::UserCache, user_record::UserState};
use tokio::time::sleep;

use crate::helpers::{TestApp, operator_event};

/// How long a change may take to reach the cache.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(5);

async fn wait_for_cache(app: &TestApp, user: UserId, is_expected: impl Fn(&UserState) -> bool) {
    let started = Instant::now();
    loop {
        let state = app.cache.last_known(user).await;
        if state.as_ref().is_some_and(&is_expected) {
            return;
        }
        assert!(started.elapsed() < DELIVERY_TIMEOUT, "the cache still contains {state:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn wait_for_empty_outbox(app: &TestApp) {
    let started = Instant::now();
    while !app.query(|c| storage::find_pending_changes(c, 10).unwrap()).await.is_empty() {
        assert!(started.elapsed() < DELIVERY_TIMEOUT, "delivered changes are still in the outbox");
    }
}

#[actix_web::test]
async fn the_relay_delivers_what_a_crash_left_behind() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let user = app.user_id(&mut ada).await;
        let now = SystemClock.now();

        // Commit the change without delivering it, as a replica that crashes would.
        let event = operator_event(EventKind::AccountDisabled, user);
        app.query(move |c| storage::set_disabled(c, user, true, now, &event).unwrap().unwrap()).await;
        wait_for_cache(&app, user, |state| matches!(state, UserState::Present(record) if record.disabled))
            .await;

        let event = operator_event(EventKind::AccountDeleted, user);
        app.query(move |c| storage::delete_account(c, user, now, &event).unwrap().unwrap()).await;
        wait_for_cache(&app, user, |state| matches!(state, UserState::Deleted { .. })).await;

        wait_for_empty_outbox(&app).await;
    }
}
