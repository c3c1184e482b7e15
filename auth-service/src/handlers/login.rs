use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{Object, Success};
use serde::Serialize;

use super::{CredentialsBody, session_answer::session_answer};
use crate::{
    app::App,
    caller::Caller,
    domain::{Email, EventKind, Password},
    error::Error,
    password_hasher::Verdict,
    second_factors::{Pending, asked_for},
    sign_in::{Shown, sign_in},
    storage::{self, Credentials, NewEvent, Proof},
};

/// A password that was right, where more is asked for.
#[derive(Serialize)]
struct SecondStep {
    pending: String,
    factors: Vec<&'static str>,
    enrol: bool,
}

/// `POST /api/login`: checks the password and starts a session, or asks for a second factor (202).
pub(crate) async fn login(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<CredentialsBody>>,
) -> Result<HttpResponse, Error> {
    let email = Email::parse(&body.email)?;
    let password = Password::parse_existing(body.password)?;
    let caller = Caller::of(&app, &request);
    let device = app.devices.of(&request, app.is_from_proxy(&request));
    let known = app.devices.known(device.as_ref(), &email);
    let admitted = app.limits.sign_in(&email, app.client_address(&request), known.as_deref()).await;
    let admitted = admitted.inspect_err(|refusal| {
        tracing::info!(client = %caller.address_text(), %refusal, "a sign-in was refused");
    })?;
    let checked = check_password(&app, &caller, email, password).await;
    // An outage says nothing of the password either.
    if !matches!(checked, Err(Error::InvalidCredentials)) {
        admitted.give_back().await;
    }
    let credentials = checked?;

    let user = credentials.user_id;
    let factors = app.database.query(move |c| storage::find_second_factors(c, user)).await?;
    if let Some(factors) = asked_for(app.factors.policy, factors) {
        let (who, enrol) = ((user, credentials.email.as_str()), factors.is_empty());
        let pending = Pending::new(who, credentials.password_changed_at, enrol, app.clock.now());
        let step = SecondStep { pending: app.factors.seal_pending(&pending), factors, enrol };
        return Ok(HttpResponse::Accepted().json(Success::with("A second factor is needed", step)));
    }
    let proof = Proof::Password(credentials.password_changed_at);
    let shown = Shown { user, email: credentials.email, proof, by: "password" };
    let session = sign_in(&app, &request, &caller, shown).await?;
    Ok(session_answer(&app, &request, "Login successful", &session, None))
}

/// The account, if the password is its own. An unknown address takes as long as a wrong password, and leaves as much
/// behind.
pub(super) async fn check_password(
    app: &App,
    caller: &Caller,
    email: Email,
    password: Password,
) -> Result<Credentials, Error> {
    let found = app.database.query(move |c| storage::find_credentials(c, &email)).await?;
    let stored = found.as_ref().and_then(|credentials| credentials.hash.clone());
    let verdict = app.hasher.verify(password, stored.clone()).await?;
    let refused = async |user, detail: &str, refusal: Error| {
        let event = NewEvent::new(EventKind::SignInFailed, caller, app.clock.now()).saying(detail);
        let event = match user {
            Some(user) => event.to(user),
            None => event,
        };
        app.database.query(move |c| storage::insert_event(c, &event)).await?;
        tracing::info!(client = %caller.address_text(), %refusal, "a sign-in was refused");
        Err(refusal)
    };
    let (Verdict::Match { stronger }, Some(credentials)) = (verdict, &found) else {
        let user = found.map(|credentials| credentials.user_id);
        return refused(user, "password", Error::InvalidCredentials).await;
    };
    if credentials.disabled {
        return refused(Some(credentials.user_id), "disabled", Error::UserDisabled).await;
    }
    if let (Some(weaker), Some(stronger)) = (stored, stronger) {
        let user = credentials.user_id;
        app.database.query(move |c| storage::strengthen_hash(c, user, &weaker, &stronger)).await?;
    }
    Ok(credentials.clone())
}
