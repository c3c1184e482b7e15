use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::{digest, hmac, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::{Answer, Visitor};

/// The server of a registered frontend. It proves itself with its key, as the documentation describes and without the
/// code of the services.
#[derive(Debug, Clone)]
pub struct FrontendServer {
    /// The key, as printed by the command.
    pub key: String,
    /// The origin that it acts for.
    pub origin: String,
    /// The visitor for whom it sends requests.
    pub visitor: Visitor,
}

impl FrontendServer {
    /// A server with this key that acts for `origin`.
    pub fn new(key: &str, origin: &str) -> Self {
        Self { key: key.to_owned(), origin: origin.to_owned(), visitor: Visitor::new() }
    }

    /// `POST` with a JSON body.
    pub async fn post_json(&mut self, url: &str, body: &Value) -> Answer {
        self.send(Method::POST, url, "application/json", &body.to_string()).await
    }

    /// `GET`.
    pub async fn get(&mut self, url: &str) -> Answer {
        self.send(Method::GET, url, "text/plain", "").await
    }

    /// Sends a request with a proof. It names no client address.
    pub async fn send(&mut self, method: Method, url: &str, content_type: &str, body: &str) -> Answer {
        let proof = self.prove(method.as_str(), url, body);
        let request = self.visitor.request(method, url);
        let request = request.header("content-type", content_type).body(body.to_owned());
        let request = request.header("x-drawbridge-origin", &self.origin).header("x-drawbridge-proxy", proof);
        self.visitor.send(request).await
    }

    /// A new proof of a request with this method, URL and body.
    pub fn prove(&self, method: &str, url: &str, body: &str) -> String {
        let id = self.key.split('_').nth(1).unwrap();
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
        let mut nonce = [0; 16];
        rand::fill(&mut nonce).unwrap();
        let nonce = URL_SAFE_NO_PAD.encode(nonce);
        let parsed = Url::parse(url).unwrap();
        let target = parsed
            .query()
            .map_or_else(|| parsed.path().to_owned(), |query| format!("{}?{query}", parsed.path()));
        let body = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, body.as_bytes()));
        let origin = format!("x-drawbridge-origin:{}", self.origin);
        let lines = ["v2", id, &seconds, &nonce, method, &target, &body, "-", &origin];
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.as_bytes());
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&key, lines.join("\n").as_bytes()));
        format!("v2.{id}.{seconds}.{nonce}.{tag}.-")
    }
}

/// A key with the ID of `key` and another secret, whose checksum is right.
pub fn with_other_secret(key: &str) -> String {
    let (id, secret) = key.rsplit_once('_').unwrap();
    let other: String = secret.chars().take(43).collect::<Vec<_>>().into_iter().rev().collect();
    let signed = format!("{id}_{other}");
    let crc = !signed.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digit = |place: u32| char::from(digits[(crc / 62_u32.pow(place) % 62) as usize]);
    (0..6).rev().map(digit).fold(signed, |text, digit| format!("{text}{digit}"))
}
