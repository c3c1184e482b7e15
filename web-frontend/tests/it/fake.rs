//! An auth-service that says what a test wants, and keeps what it was asked; beside it a verify-service that
//! lets everybody in. They show what pages make of answers that the real services give seldom.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::StatusCode, web};
use serde_json::{Value, json};
use tests::Visitor;

use crate::helpers::start_frontend_with;

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) call: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Value,
}

/// What is answered: status and body for a method and a path.
type Answers = HashMap<String, (u16, Value)>;

#[derive(Clone, Default)]
pub(crate) struct Fake {
    answers: Arc<Mutex<Answers>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    pub(crate) frontend: String,
}

impl Fake {
    /// Starts both, and a frontend before them.
    pub(crate) fn start(settings: &[(&'static str, &str)]) -> Self {
        let mut fake = Self { answers: Arc::new(Mutex::new(usual())), ..Self::default() };
        let (auth, verify) = (fake.serve(), start_verify());
        fake.frontend = start_frontend_with(&auth, &verify, settings).replace("127.0.0.1", "localhost");
        fake
    }

    /// Has a call answered in another way.
    pub(crate) fn answer(&self, call: &str, status: u16, body: Value) {
        self.answers.lock().unwrap().insert(call.to_owned(), (status, body));
    }

    /// Has a call refused.
    pub(crate) fn refuse(&self, call: &str, status: u16, code: &str) {
        self.answer(call, status, json!({"success": false, "code": code, "detail": "In English."}));
    }

    /// Changes what is told of the account.
    pub(crate) fn account(&self, field: &str, value: Value) {
        let mut answers = self.answers.lock().unwrap();
        answers.get_mut("GET /api/account").unwrap().1["data"][field] = value;
    }

    /// All that was asked with this call.
    pub(crate) fn asked(&self, call: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.call == call).cloned().collect()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.frontend)
    }

    /// A visitor whom the guard lets in.
    pub(crate) fn signed_in() -> Visitor {
        let mut visitor = Visitor::new();
        visitor.set_cookie("token", "a.good.token");
        visitor
    }

    fn serve(&self) -> String {
        let fake = self.clone();
        let server = HttpServer::new(move || {
            let fake = fake.clone();
            App::new().default_service(web::to(move |request: HttpRequest, body: web::Bytes| {
                let answer = fake.take(&request, &body);
                async move { answer }
            }))
        });
        let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        url
    }

    fn take(&self, request: &HttpRequest, body: &[u8]) -> HttpResponse {
        let call = format!("{} {}", request.method(), request.path());
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        let body = serde_json::from_slice(body).unwrap_or(Value::Null);
        let asked = Asked { call: call.clone(), headers: headers.collect(), body };
        self.asked.lock().unwrap().push(asked);
        let answers = self.answers.lock().unwrap();
        let missing = (404, json!({"success": false, "code": "not_found", "detail": "Check the path."}));
        let (status, body) = answers.get(&call).cloned().unwrap_or(missing);
        HttpResponse::build(StatusCode::from_u16(status).unwrap()).json(body)
    }
}

fn start_verify() -> String {
    let user = json!({"id": "01900000-0000-7000-8000-000000000001", "email": "ada@example.com",
        "email_verified": true, "roles": []});
    let session = json!({"id": "01900000-0000-7000-8000-000000000002", "created_at": "2026-11-20T08:12:00Z",
        "expires_at": "2096-12-20T08:12:00Z", "token_issued_at": "2026-11-24T08:12:00Z",
        "token_expires_at": "2096-12-01T08:12:00Z"});
    let server = HttpServer::new(move || {
        let data = json!({"user": user, "session": session});
        App::new().default_service(web::to(move |request: HttpRequest| {
            let good = request.headers().contains_key("authorization");
            let answer = if good {
                HttpResponse::Ok().json(json!({"success": true, "data": data}))
            } else {
                HttpResponse::Forbidden().json(json!({"code": "missing_token"}))
            };
            async move { answer }
        }))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    url
}

/// What is answered unless a test says otherwise.
fn usual() -> Answers {
    let ok = |data: Value| (200, json!({"success": true, "message": "Done", "data": data}));
    let signed_in = (
        200,
        json!({"success": true, "message": "Login successful", "token": "a.good.token", "device": "d1.device",
            "data": {"user": {"id": "u", "email": "ada@example.com"}, "expires_at": "2096-12-01T08:12:00Z"}}),
    );
    let codes = json!([
        "k3xq-7dmn",
        "p9rw-2hvt",
        "c4zb-8jsg",
        "f6yl-1qxe",
        "m2nd-5kwr",
        "t8hg-3vpc",
        "w7js-9bzf",
        "q5el-4tym",
        "r1xk-6dnh",
        "z3vw-8cpq"
    ]);
    let passkey = |id: &str, name: &str, used: Value| json!({"id": id, "name": name, "created_at": "2026-10-02T09:30:00Z", "last_used_at": used});
    let session = |id: &str, current: bool, browser: Value, os: Value, seen: Value| {
        json!({"id": id, "current": current, "browser": browser, "os": os, "address": "203.0.113.7",
            "created_at": "2026-11-20T08:12:00Z", "last_seen_at": seen, "expires_at": "2026-12-20T08:12:00Z"})
    };
    let event = |id: u32, kind: &str, browser: Value| {
        json!({"id": id, "at": "2026-11-24T14:05:00Z", "kind": kind, "address": "203.0.113.7",
            "browser": browser, "os": "Linux", "session": null})
    };
    let account = json!({
        "email": "ada@example.com", "email_verified": true, "created_at": "2026-03-01T10:00:00Z",
        "password_changed_at": "2026-06-12T07:45:00Z", "totp": true, "recovery_codes_left": 8,
        "passkeys": [
            passkey("AQIDBA", "My laptop", json!("2026-11-23T18:20:00Z")),
            passkey("BQYHCA", "Security key", Value::Null),
        ],
        "passkeys_possible": true, "second_factor": "optional", "mail": true,
        "confirmed_until": "2096-11-24T14:15:00Z", "session_count": 3, "sessions_per_user": 50,
        "idle_seconds": 604_800, "absolute_seconds": 2_592_000,
    });
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 21 21\"><path d=\"M0 0h7v7h-7zM14 0h7v7h-7zM0 \
               14h7v7h-7zM9 3h2v2h-2zM12 9h3v3h-3zM9 15h4v4h-4zM16 16h3v2h-3z\"/></svg>";
    let options = json!({"publicKey": {"challenge": "AAAA", "rpId": "localhost", "allowCredentials": [],
        "userVerification": "preferred", "timeout": 60_000}});
    let answers = [
        ("POST /api/login", signed_in.clone()),
        ("POST /api/login/second", signed_in.clone()),
        ("POST /api/login/passkey/begin", ok(json!({"ceremony": "c1", "options": options}))),
        ("POST /api/login/passkey/finish", signed_in),
        ("POST /api/register", (202, json!({"success": true, "message": "Check your mail"}))),
        ("POST /api/logout", (200, json!({"success": true, "message": "Logout successful"}))),
        ("POST /api/links/look", ok(json!({"kind": "register", "email": "ada@example.com"}))),
        ("POST /api/email/verify", ok(json!({"email": "ada@example.com"}))),
        ("POST /api/email/verify/resend", (202, json!({"success": true, "message": "Sent"}))),
        ("POST /api/email", (202, json!({"success": true, "message": "Sent"}))),
        ("POST /api/password/forgot", (202, json!({"success": true, "message": "Sent"}))),
        ("POST /api/password/reset", ok(json!({}))),
        ("POST /api/password/strength", ok(json!({"score": 3, "acceptable": true}))),
        ("POST /api/password", ok(json!({}))),
        ("GET /api/account", ok(account)),
        ("POST /api/confirm", ok(json!({}))),
        (
            "GET /api/sessions",
            ok(json!({"sessions": [
                session("s1", true, json!("Firefox"), json!("Linux"), json!("2026-11-24T14:05:00Z")),
                session("s2", false, json!("Safari"), json!("iPhone"), json!("2026-11-22T06:01:00Z")),
                session("s3", false, Value::Null, Value::Null, Value::Null),
            ]})),
        ),
        ("DELETE /api/sessions/s2", ok(json!({}))),
        ("DELETE /api/sessions", ok(json!({"ended": 2}))),
        (
            "POST /api/totp/begin",
            ok(json!({"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "uri": "otpauth://totp/x", "svg": svg})),
        ),
        ("POST /api/totp/confirm", ok(json!({"recovery_codes": codes}))),
        ("DELETE /api/totp", ok(json!({}))),
        ("POST /api/recovery-codes", ok(json!({"recovery_codes": codes}))),
        ("POST /api/passkeys/AQIDBA", ok(json!({}))),
        ("DELETE /api/passkeys/AQIDBA", ok(json!({}))),
        (
            "GET /api/activity",
            ok(json!({"events": [
                event(9, "signed_in", json!("Firefox")),
                event(8, "sign_in_failed", json!("Chrome")),
                event(7, "passkey_added", json!("Firefox")),
                event(6, "something_new", Value::Null),
            ], "next": 6})),
        ),
        ("POST /api/seen", (200, json!({}))),
        ("DELETE /api/me", ok(json!({}))),
    ];
    answers.into_iter().map(|(call, answer)| (call.to_owned(), answer)).collect()
}
