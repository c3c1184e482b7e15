use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{Object, Success};
use serde::{Deserialize, Serialize};

use super::links;
use crate::{
    app::App,
    caller::Caller,
    domain::{Email, EventKind, Password},
    error::Error,
    limits::Mailing,
    mail::{Link, LinkError, MailJob, Notice, What},
    password_hasher::Verdict,
    person::Person,
    second_factors::asked_for,
    storage::{self, Keep, NewEvent, NewPassword},
};

/// The address of an account whose password was forgotten.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotBody {
    email: String,
}

/// `POST /api/password/forgot`: sends a link to whoever has an account with this address. The answer is the same,
/// and takes as long, whether or not somebody has (ASVS 5.0, V6.3.8).
pub(crate) async fn forgot(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<ForgotBody>>,
) -> Result<HttpResponse, Error> {
    let (email, queue) = (Email::parse(&body.email)?, app.mail()?);
    app.limits.mail(Mailing::Forgot, &email, app.client_address(&request)).await?;
    let job = MailJob::new(&Caller::of(&app, &request), What::Forgot { email: email.to_string() });
    let row = queue.row(&job, app.clock.now());
    app.database.query(move |c| storage::insert_mail_job(c, &row)).await?;
    app.wake_mail();
    Ok(HttpResponse::Accepted().json(Success::message("Check your mail for a link")))
}

/// A link's token, and the password that is wanted from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetBody {
    token: String,
    password: String,
}

/// `POST /api/password/reset`: uses a link up, and ends all sessions. Second factors stay (ASVS 5.0, V6.4.3).
pub(crate) async fn reset(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<ResetBody>>,
) -> Result<HttpResponse, Error> {
    let (token, link) = links::find(&app, &body.token).await?;
    let Link::Reset { user, email } = link else { return Err(LinkError.into()) };
    let password = Password::parse_new(body.password)?;
    app.check_new_password(&password, &Email::parse(&email)?).await?;
    let hash = app.hasher.hash(password).await?;
    let (now, caller) = (app.clock.now(), Caller::of(&app, &request));
    let event = NewEvent::new(EventKind::PasswordReset, &caller, now).to(user);
    let event = app.telling(event, &caller, (user, &email), Notice::PasswordChanged);
    let new = NewPassword { user, hash, now, keep: Keep::None };
    let prepared = app.relay.prepare();
    let change = app.database.query(move |c| storage::reset_password(c, &token, &new, &event)).await?;
    app.relay.announce(prepared, change.ok_or(LinkError)?).await;
    app.wake_mail();
    Ok(HttpResponse::Ok().json(Success::message("Password changed, all sessions ended")))
}

/// The password that somebody thinks of, and their address if they have said it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StrengthBody {
    password: String,
    #[serde(default)]
    email: Option<String>,
}

#[derive(Serialize)]
struct Judged {
    score: u8,
    acceptable: bool,
}

/// `POST /api/password/strength`: how long a password would withstand guessing. Nothing is kept of it.
pub(crate) async fn strength(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<StrengthBody>>,
) -> Result<HttpResponse, Error> {
    let is_long_enough = body.password.chars().count() >= Password::MIN_CHARACTERS;
    let password = Password::parse_existing(body.password)?;
    let email = body.email.and_then(|email| Email::parse(&email).ok());
    app.limits.judge(app.client_address(&request)).await?;
    let strength = app.hasher.judge(password, email, app.site_name.clone()).await?;
    let judged = Judged { score: strength.score, acceptable: is_long_enough && strength.is_acceptable };
    Ok(HttpResponse::Ok().json(Success::with("Judged", judged)))
}

/// The password of now, the one that is wanted, and whether other sessions end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeBody {
    current: String,
    new: String,
    end_others: bool,
}

/// `POST /api/password`: changes the password of somebody who knows it (ASVS 5.0, V6.2.3, V7.4.3).
pub(crate) async fn change(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<ChangeBody>>,
) -> Result<HttpResponse, Error> {
    let mut person = Person::of(&app, &request).await?;
    let (user, email) = (person.user, Email::parse(&person.email)?);
    // Whoever signs in by more than a password changes it by more than that (ASVS 5.0, V7.5.1).
    let factors = app.database.query(move |c| storage::find_second_factors(c, user)).await?;
    if asked_for(app.factors.policy, factors).is_some_and(|factors| !factors.is_empty()) {
        person = Person::confirmed(&app, &request).await?;
    }
    let current = Password::parse_existing(body.current)?;
    let new = Password::parse_new(body.new)?;
    let known_since = check_own_password(&app, &person, current).await?;
    app.check_new_password(&new, &email).await?;
    let hash = app.hasher.hash(new).await?;
    let keep = if body.end_others { Keep::Only(person.session) } else { Keep::All };
    let event = person.did(&app, EventKind::PasswordChanged);
    let event = app.telling(event, &person.caller, (person.user, &person.email), Notice::PasswordChanged);
    let new = NewPassword { user, hash, now: app.clock.now(), keep };
    let prepared = app.relay.prepare();
    let change = move |c: &mut _| storage::change_password(c, &new, known_since, &event);
    let change = app.database.query(change).await?.ok_or(Error::InvalidCredentials)?;
    app.relay.announce(prepared, change).await;
    app.wake_mail();
    Ok(HttpResponse::Ok().json(Success::message("Password changed")))
}

/// When the password was chosen that somebody who is signed in has shown to know. What is counted is tries in this
/// session: nobody else's stand in its way.
pub(super) async fn check_own_password(
    app: &App,
    person: &Person,
    password: Password,
) -> Result<Option<chrono::NaiveDateTime>, Error> {
    let user = person.user;
    let admitted = app.limits.session(person.session).await?;
    let profile = app.database.query(move |c| storage::find_profile(c, user)).await;
    let verdict = match profile {
        Ok(Some(profile)) => {
            let verdict = app.hasher.verify(password, profile.hash).await;
            verdict.map(|verdict| (verdict, profile.password_changed_at)).map_err(Error::from)
        }
        Ok(None) => Err(Error::InvalidCredentials),
        Err(error) => Err(error.into()),
    };
    // An outage says nothing of the password.
    if !matches!(verdict, Ok((Verdict::Mismatch, _))) {
        admitted.give_back().await;
    }
    match verdict? {
        (Verdict::Match { .. }, changed_at) => Ok(changed_at),
        (Verdict::Mismatch, _) => {
            let event = person.did(app, EventKind::SignInFailed).saying("password, in a session");
            app.database.query(move |c| storage::insert_event(c, &event)).await?;
            Err(Error::InvalidCredentials)
        }
    }
}
