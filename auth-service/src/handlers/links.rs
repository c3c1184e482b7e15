use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_core::id::UserId;
use drawbridge_http::{Object, Success};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    caller::Caller,
    domain::{Email, EventKind, LinkToken, Password},
    error::Error,
    limits::Mailing,
    mail::{Link, LinkError, MailJob, Notice, What},
    password_hasher::Verdict,
    person::Person,
    storage::{self, AddressChange, NewAccount, NewEvent},
};

/// A link's token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    token: String,
}

#[derive(Serialize)]
struct Looked<'a> {
    kind: &'static str,
    email: &'a str,
}

/// `POST /api/links/look`: what a link does. It uses nothing up, so that a mail scanner may open links.
pub(crate) async fn look(
    app: web::Data<App>,
    web::Json(Object(body)): web::Json<Object<TokenBody>>,
) -> Result<HttpResponse, Error> {
    let (_, link) = find(&app, &body.token).await?;
    let looked = Looked { kind: link.kind(), email: link.email() };
    Ok(HttpResponse::Ok().json(Success::with("The link is good", looked)))
}

/// The link with this token, and under which hash it is kept.
pub(super) async fn find(app: &App, token: &str) -> Result<(Vec<u8>, Link), Error> {
    let hash = LinkToken::parse(token).ok_or(LinkError)?.hash();
    let (wanted, now) = (hash.clone(), app.clock.now());
    let row = app.database.query(move |c| storage::find_link(c, &wanted, now)).await?;
    Ok((hash, app.links.open(row)?))
}

/// A link's token, and the password where the link asks for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyBody {
    token: String,
    #[serde(default)]
    password: Option<String>,
}

#[derive(Serialize)]
struct Verified {
    email: String,
}

/// `POST /api/email/verify`: uses a link up that was sent to an address.
pub(crate) async fn verify(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<VerifyBody>>,
) -> Result<HttpResponse, Error> {
    let (hash, link) = find(&app, &body.token).await?;
    let caller = Caller::of(&app, &request);
    let email = Email::parse(link.email())?;
    let now = app.clock.now();
    match link {
        Link::Reset { .. } => return Err(LinkError.into()),
        Link::Register { hash: stored, .. } => {
            check_password(&app, &hash, body.password, Some(stored.clone())).await?;
            let id = UserId::generate(app.random, now);
            let account = NewAccount { id, email: email.clone(), email_verified: true, hash: stored, now };
            let event = NewEvent::new(EventKind::SignedUp, &caller, now).to(id);
            let redeem = move |c: &mut _| storage::redeem_registration(c, &hash, &account, &event);
            match app.database.query(redeem).await? {
                Some(true) => {}
                Some(false) => return Err(Error::EmailTaken),
                None => return Err(LinkError.into()),
            }
        }
        Link::Verify { user, .. } => {
            check_own_password(&app, &caller, &hash, user, body.password).await?;
            let event = NewEvent::new(EventKind::EmailVerified, &caller, now).to(user);
            let (prepared, address) = (app.relay.prepare(), email.clone());
            let verify = move |c: &mut _| storage::verify_address(c, &hash, (user, &address), now, &event);
            let change = app.database.query(verify).await?.ok_or(LinkError)?;
            app.relay.announce(prepared, change).await;
        }
        Link::ChangeAddress { user, .. } => {
            // The mail may have gone to a stranger, by a slip of the pen.
            check_own_password(&app, &caller, &hash, user, body.password).await?;
            change_address(&app, &caller, hash, user, email.clone()).await?;
        }
    }
    let verified = Verified { email: email.to_string() };
    Ok(HttpResponse::Ok().json(Success::with("Address confirmed", verified)))
}

async fn change_address(
    app: &App,
    caller: &Caller,
    hash: Vec<u8>,
    user: UserId,
    email: Email,
) -> Result<(), Error> {
    let now = app.clock.now();
    let event = NewEvent::new(EventKind::EmailChanged, caller, now).to(user);
    let before = app.database.query(move |c| storage::find_profile(c, user)).await?;
    let before = before.ok_or(LinkError)?.email;
    let event = app.telling(event, caller, (user, &before), Notice::AddressChanged(email.to_string()));
    let prepared = app.relay.prepare();
    let change = move |c: &mut _| storage::change_address(c, &hash, (user, &email), now, &event);
    match app.database.query(change).await? {
        AddressChange::Done(change) => {
            app.relay.announce(prepared, change).await;
            app.wake_mail();
            Ok(())
        }
        AddressChange::Taken => Err(Error::EmailTaken),
        AddressChange::LinkGone => Err(LinkError.into()),
    }
}

/// Whether whoever has the link also knows the password of the account that it is of.
async fn check_own_password(
    app: &App,
    caller: &Caller,
    link: &[u8],
    user: UserId,
    password: Option<String>,
) -> Result<(), Error> {
    let profile = app.database.query(move |c| storage::find_profile(c, user)).await?;
    let checked = check_password(app, link, password, profile.and_then(|profile| profile.hash)).await;
    if matches!(checked, Err(Error::InvalidCredentials)) {
        let event = NewEvent::new(EventKind::SignInFailed, caller, app.clock.now()).to(user);
        let event = event.saying("password, with a link");
        app.database.query(move |c| storage::insert_event(c, &event)).await?;
    }
    checked
}

/// Whether it is the password of this hash. What is counted is tries with this link: nobody else's stand in its way.
async fn check_password(
    app: &App,
    link: &[u8],
    password: Option<String>,
    stored: Option<String>,
) -> Result<(), Error> {
    let password = Password::parse_existing(password.unwrap_or_default())?;
    let admitted = app.limits.link(link).await?;
    let verdict = app.hasher.verify(password, stored).await;
    if !matches!(verdict, Ok(Verdict::Mismatch)) {
        admitted.give_back().await;
    }
    match verdict? {
        Verdict::Match { .. } => Ok(()),
        Verdict::Mismatch => Err(Error::InvalidCredentials),
    }
}

/// `POST /api/email/verify/resend`: sends the link once more that shows whose the address is.
pub(crate) async fn resend(
    app: web::Data<App>,
    request: HttpRequest,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    let (email, now) = (Email::parse(&person.email)?, app.clock.now());
    let queue = app.mail()?;
    app.limits.mail(Mailing::Verify, &email, app.client_address(&request)).await?;
    let row = queue.row(&MailJob::new(&person.caller, What::Verify { user: person.user }), now);
    app.database.query(move |c| storage::insert_mail_job(c, &row)).await?;
    app.wake_mail();
    Ok(HttpResponse::Accepted().json(Success::message("Check your mail for a link")))
}

/// The address that is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailBody {
    email: String,
}

/// `POST /api/email`: sends a link to the new address, and word to the old one.
pub(crate) async fn ask_for_change(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<EmailBody>>,
) -> Result<HttpResponse, Error> {
    let person = Person::confirmed(&app, &request).await?;
    let queue = app.mail()?;
    let (email, now) = (Email::parse(&body.email)?, app.clock.now());
    if Email::parse(&person.email).is_ok_and(|own| own.as_str() == email.as_str()) {
        return Err(Error::EmailTaken);
    }
    app.limits.mail(Mailing::Change, &email, app.client_address(&request)).await?;
    let wanted = What::ChangeAddress { user: person.user, email: email.to_string() };
    let link = queue.row(&MailJob::new(&person.caller, wanted), now);
    let event = person.did(&app, EventKind::EmailChangeRequested).mailing([link]);
    let notice = Notice::AddressChangeRequested(email.to_string());
    let event = app.telling(event, &person.caller, (person.user, &person.email), notice);
    app.database.query(move |c| storage::insert_event(c, &event)).await?;
    app.wake_mail();
    Ok(HttpResponse::Accepted().json(Success::message("Check the new address's mail for a link")))
}
