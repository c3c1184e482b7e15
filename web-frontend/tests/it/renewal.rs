//! A token past half its life is renewed on the way back from a guarded page.

use std::time::{Duration, Instant};

use tests::Visitor;

use crate::helpers::TestApp;

#[actix_web::test]
async fn whoever_comes_back_stays_signed_in_until_the_session_ends() {
    let app = TestApp::start_with(|config| {
        config.tokens.lifetime = Duration::from_secs(4);
        config.tokens.session_lifetime = Duration::from_secs(9);
    })
    .await;
    let mut ada = app.signed_in("ada@example.com").await;
    let signed_in = Instant::now();
    let first = ada.cookie("token").unwrap().to_owned();
    let page = ada.get(&app.url("/private")).await;
    assert!(
        !page
            .headers
            .get_all("set-cookie")
            .iter()
            .any(|cookie| cookie.to_str().unwrap().starts_with("token="))
    );
    let me = async |visitor: &mut Visitor| {
        visitor.get(&app.url("/api/me")).await.json()["data"]["session"].clone()
    };
    let session = me(&mut ada).await;

    let mut renewals = 0;
    let mut last = first.clone();
    loop {
        let page = ada.get(&app.url("/private")).await;
        if page.status != 200 {
            break;
        }
        if ada.cookie("token") != Some(&last) {
            renewals += 1;
            last = ada.cookie("token").unwrap().to_owned();
            let renewed = me(&mut ada).await;
            assert_eq!((&renewed["id"], &renewed["expires_at"]), (&session["id"], &session["expires_at"]));
            if renewals == 1 {
                let mut other_tab = Visitor::new();
                other_tab.set_cookie("token", &first);
                assert_eq!(
                    other_tab.get(&app.url("/private")).await.status,
                    200,
                    "the other tab is still inside"
                );
                assert_ne!(other_tab.cookie("token"), Some(first.as_str()), "and is renewed by itself");
            }
        }
        assert!(signed_in.elapsed() < Duration::from_secs(15), "the session does not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let lasted = signed_in.elapsed().as_secs_f64();
    assert!(renewals >= 2, "{renewals} renewals in {lasted} s");
    assert!((7.0..=10.0).contains(&lasted), "the session lasted {lasted} s");
}
