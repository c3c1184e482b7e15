use actix_web::test::TestRequest;
use drawbridge_core::{frontend_key::FrontendKeyKind, random::Random};
use serde::Deserialize;

use super::*;

const NOW_SECONDS: i64 = 1_800_000_000;

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    key: String,
    method: String,
    target: String,
    body: String,
    headers: Vec<(String, String)>,
    client: Option<IpAddr>,
    seconds: i64,
    nonce: String,
    canonical: String,
    proof: String,
}

impl Vector {
    fn key(&self) -> FrontendKey {
        FrontendKey::parse(self.key.clone().into()).unwrap()
    }

    fn nonce(&self) -> Nonce {
        URL_SAFE_NO_PAD.decode(&self.nonce).unwrap().try_into().unwrap()
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.seconds, 0).unwrap()
    }

    /// The request as auth-service receives it.
    fn received(&self) -> ServiceRequest {
        let request = TestRequest::with_uri(&self.target).method(self.method.parse().unwrap());
        let headers = self.headers.iter();
        headers
            .fold(request, |request, (name, value)| request.append_header((name.as_str(), value.as_str())))
            .to_srv_request()
    }

    /// The request as a client is about to send it.
    fn outgoing(&self) -> Request {
        let url = format!("http://auth-service:8081{}", self.target);
        let mut request = Request::new(self.method.parse().unwrap(), url.parse().unwrap());
        for (name, value) in &self.headers {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
        }
        *request.body_mut() = Some(self.body.clone().into());
        request
    }
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("../../../tests/vectors/proof-v2.json");
    serde_json::from_str::<Vectors>(text).unwrap().cases
}

fn key() -> FrontendKey {
    FrontendKey::generate(Random, FrontendKeyKind::Frontend)
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW_SECONDS, 0).unwrap()
}

/// The request that most tests prove.
fn login() -> ProvenRequest<'static> {
    let headers = [("x-drawbridge-origin", b"https://shop.example.com".as_slice())];
    ProvenRequest::new("POST", "/api/login?a=b", b"{}", headers)
}

fn prove(key: &FrontendKey, request: &ProvenRequest) -> String {
    Prover::new(key).prove(request, now(), [7; NONCE_BYTES], Some([203, 0, 113, 9].into()))
}

#[test]
fn the_published_examples_are_reproduced() {
    for vector in vectors() {
        let case = &vector.name;
        let mut outgoing = vector.outgoing();

        Prover::new(&vector.key()).sign(&mut outgoing, vector.now(), vector.nonce(), vector.client);

        assert_eq!(outgoing.headers()[PROXY_IDENTITY], vector.proof, "{case}");
        let proof = Proof::parse(&vector.proof).unwrap();
        let received = vector.received();
        let request = ProvenRequest::received(&received, vector.body.as_bytes());
        let canonical = canonical_form(proof.statement, &request);
        assert_eq!(String::from_utf8(canonical).unwrap(), vector.canonical, "{case}");
        let checked = proof.check(&vector.key(), &request, vector.now()).unwrap();
        assert_eq!((checked.client, checked.nonce), (vector.client, vector.nonce()), "{case}");
    }
}

#[test]
fn a_proof_is_valid_for_its_own_request_only() {
    let key = key();
    let proof = prove(&key, &login());
    let origin = |value: &'static str| [("x-drawbridge-origin", value.as_bytes())];
    let ours = origin("https://shop.example.com");
    let additional = [ours[0], ("x-drawbridge-device", b"1".as_slice())];

    for (case, request) in [
        ("other method", ProvenRequest::new("PUT", "/api/login?a=b", b"{}", ours)),
        ("other path", ProvenRequest::new("POST", "/api/logout?a=b", b"{}", ours)),
        ("other query", ProvenRequest::new("POST", "/api/login?a=c", b"{}", ours)),
        ("no query", ProvenRequest::new("POST", "/api/login", b"{}", ours)),
        ("other body", ProvenRequest::new("POST", "/api/login?a=b", b"{} ", ours)),
        ("other value", ProvenRequest::new("POST", "/api/login?a=b", b"{}", origin("https://evil.example"))),
        ("missing header", ProvenRequest::new("POST", "/api/login?a=b", b"{}", [])),
        ("additional header", ProvenRequest::new("POST", "/api/login?a=b", b"{}", additional)),
    ] {
        let checked = Proof::parse(&proof).unwrap().check(&key, &request, now());

        assert_eq!(checked, Err(InvalidProof::WrongTag), "{case}");
    }
    assert!(Proof::parse(&proof).unwrap().check(&key, &login(), now()).is_ok());
}

#[test]
fn headers_of_others_are_not_covered() {
    let key = key();
    let proof = prove(&key, &login());
    let own = ("x-drawbridge-origin", b"https://shop.example.com".as_slice());
    let headers = [("accept", b"*/*".as_slice()), own, (PROXY_IDENTITY, proof.as_bytes())];
    let request = ProvenRequest::new("POST", "/api/login?a=b", b"{}", headers);

    assert!(Proof::parse(&proof).unwrap().check(&key, &request, now()).is_ok());
}

#[test]
fn another_key_is_refused() {
    let proof = prove(&key(), &login());

    let checked = Proof::parse(&proof).unwrap().check(&key(), &login(), now());

    assert_eq!(checked, Err(InvalidProof::WrongTag));
}

#[test]
fn a_proof_is_valid_for_thirty_seconds_each_way() {
    let key = key();
    let text = prove(&key, &login());
    let proof = Proof::parse(&text).unwrap();

    for (shift, is_valid) in [(0, true), (30, true), (-30, true), (31, false), (-31, false)] {
        let checked = proof.check(&key, &login(), now() + TimeDelta::seconds(shift));

        assert_eq!(checked.is_ok(), is_valid, "{shift} s");
    }
    let expires_at = proof.check(&key, &login(), now()).unwrap().nonce_expires_at;
    assert!(expires_at > now() + PROOF_TOLERANCE, "the nonce is kept for longer than the proof is valid");
}

#[test]
fn a_changed_part_of_a_proof_is_noticed() {
    let key = key();
    let text = prove(&key, &login());
    let parts: Vec<_> = text.splitn(6, '.').collect();
    let changes: [(&str, usize, String); 4] = [
        ("seconds", 2, (NOW_SECONDS + 1).to_string()),
        ("nonce", 3, URL_SAFE_NO_PAD.encode([8; NONCE_BYTES])),
        ("tag", 4, URL_SAFE_NO_PAD.encode([0; 32])),
        ("address", 5, "198.51.100.1".to_owned()),
    ];

    for (case, index, replacement) in changes {
        let mut changed = parts.clone();
        changed[index] = &replacement;
        let changed = changed.join(".");

        let checked = Proof::parse(&changed).unwrap().check(&key, &login(), now());

        assert_eq!(checked, Err(InvalidProof::WrongTag), "{case}");
    }
}

#[test]
fn a_truncated_proof_is_malformed() {
    let text = prove(&key(), &login());
    let (without_client, _) = text.rsplit_once(".203.0").unwrap();

    for length in 0..without_client.len() {
        assert!(
            matches!(Proof::parse(text.get(..length).unwrap()), Err(InvalidProof::Malformed)),
            "{length} characters"
        );
    }
}

#[test]
fn the_tag_must_be_complete() {
    let key = key();
    let text = prove(&key, &login());
    let parts: Vec<_> = text.splitn(6, '.').collect();
    for bytes in [0, 1, 16, 31] {
        let tag = URL_SAFE_NO_PAD.decode(parts[4]).unwrap();
        let short = URL_SAFE_NO_PAD.encode(&tag[..bytes]);
        let mut changed = parts.clone();
        changed[4] = &short;
        let changed = changed.join(".");

        let checked = Proof::parse(&changed).unwrap().check(&key, &login(), now());

        assert_eq!(checked, Err(InvalidProof::WrongTag), "{bytes} bytes");
    }
}

#[test]
fn other_texts_are_malformed() {
    let nonce = URL_SAFE_NO_PAD.encode([7; NONCE_BYTES]);
    for (case, text) in [
        ("empty", String::new()),
        ("first version", "v1.1800000000.AA.::1".to_owned()),
        ("later version", format!("v3.Shop00000001.1800000000.{nonce}.AA.::1")),
        ("short key ID", format!("v2.Shop.1800000000.{nonce}.AA.::1")),
        ("no number", format!("v2.Shop00000001.soon.{nonce}.AA.::1")),
        ("short nonce", "v2.Shop00000001.1800000000.AAAA.AA.::1".to_owned()),
        ("padded nonce", format!("v2.Shop00000001.1800000000.{nonce}==.AA.::1")),
        ("another alphabet", format!("v2.Shop00000001.1800000000.{nonce}.+/.::1")),
        ("no address", format!("v2.Shop00000001.1800000000.{nonce}.AA.localhost")),
        ("empty address", format!("v2.Shop00000001.1800000000.{nonce}.AA.")),
    ] {
        assert!(matches!(Proof::parse(&text), Err(InvalidProof::Malformed)), "{case}");
    }
}

#[test]
fn two_proofs_of_one_second_differ() {
    let prover = Prover::new(&key());

    let one = prover.prove(&login(), now(), Random.bytes(), None);
    let two = prover.prove(&login(), now(), Random.bytes(), None);

    assert_ne!(one, two);
}
