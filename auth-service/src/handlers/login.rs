use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use shared::{http::Object, id::SessionId};

use super::{CredentialsBody, session_answer::session_answer};
use crate::{
    app::App,
    domain::{Email, Password},
    error::Error,
    password_hasher::Verdict,
    storage::{self, Credentials, NewSession},
};

/// `POST /api/login`: checks the password and starts a session.
pub(crate) async fn login(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<CredentialsBody>>,
) -> Result<HttpResponse, Error> {
    let email = Email::parse(&body.email)?;
    let password = Password::parse_existing(body.password)?;
    let device = app.devices.of(&request, app.is_from_proxy(&request));
    let known = app.devices.known(device.as_ref(), &email);
    let admitted = app.limits.sign_in(&email, app.client_address(&request), known.as_deref()).await;
    let admitted = admitted.inspect_err(|refusal| {
        tracing::info!(client = %app.client_address(&request), %refusal, "a sign-in was refused");
    })?;
    let checked = check_password(&app, email.clone(), password).await;
    if let Err(refusal @ (Error::InvalidCredentials | Error::UserDisabled)) = &checked {
        tracing::info!(client = %app.client_address(&request), %refusal, "a sign-in was refused");
    }
    // An outage says nothing of the password either.
    if !matches!(checked, Err(Error::InvalidCredentials)) {
        admitted.give_back().await;
    }
    let credentials = checked?;

    let now = app.clock.now();
    let session = NewSession {
        id: SessionId::generate(app.random, now),
        user_id: credentials.user_id,
        password_changed_at: credentials.password_changed_at,
        now,
        expires_at: now + TimeDelta::from_std(app.tokens.session_lifetime).unwrap_or(TimeDelta::MAX),
        limit: app.tokens.sessions_per_user,
    };
    // The token first: a session whose token cannot be signed would only take up a place.
    let token = app.signer.issue(session.user_id, session.id, session.expires_at).await?;
    let prepared = app.relay.prepare();
    let change = app.database.run(move |c| storage::start_session(c, &session)).await?;
    app.relay.announce(prepared, change).await;
    let device = app.devices.remembering(device, &email, app.random);
    let user = (session.user_id, credentials.email.as_str());
    Ok(session_answer(&app, &request, "Login successful", user, &token, Some(&device)))
}

/// The account, if the password is its own. An unknown address takes as long as a wrong password.
async fn check_password(app: &App, email: Email, password: Password) -> Result<Credentials, Error> {
    let found = app.database.query(move |c| storage::find_credentials(c, &email)).await?;
    let stored = found.as_ref().and_then(|credentials| credentials.hash.clone());
    let verdict = app.hasher.verify(password, stored.clone()).await?;
    let (Verdict::Match { stronger }, Some(credentials)) = (verdict, found) else {
        return Err(Error::InvalidCredentials);
    };
    if credentials.disabled {
        return Err(Error::UserDisabled);
    }
    if let (Some(weaker), Some(stronger)) = (stored, stronger) {
        let user = credentials.user_id;
        app.database.query(move |c| storage::strengthen_hash(c, user, &weaker, &stronger)).await?;
    }
    Ok(credentials)
}
