//! Where the URLs in an upstream's response headers lead: below its prefix, or to the foreign origin that it meant.
//!
//! The first byte of an input chooses the upstream, and the second the header. The rest is the header's value.

#![no_main]

use actix_web::http::header::{self, HeaderValue};
use drawbridge_cookies::UpstreamPaths;
use drawbridge_core::origin::Origin;
use drawbridge_fuzz::{browser, choose, is_below};
use drawbridge_http::upstream_urls::{UrlSource, rewrite_header};
use libfuzzer_sys::fuzz_target;
use url::{Position, Url};

const TARGETS: [&str; 2] = ["http://api:4000", "https://api.internal"];
const TARGET_PATHS: [&str; 2] = ["/v1", ""];
const PREFIXES: [&str; 2] = ["/backend", ""];
const PUBLIC_ORIGINS: [&str; 2] = ["http://localhost:8080", "https://app.example.com"];
const OWN_PAGES: &str = "/auth";

/// An upstream and its page that sends the header, as the upstream and as browsers know it.
struct Place {
    prefix: &'static str,
    target_path: &'static str,
    target: Url,
    requested: Url,
    public_page: Url,
    public_origin: Origin,
}

impl Place {
    fn new(number: u8) -> Self {
        let bit = |bit: u8| usize::from(number >> bit & 1);
        let (prefix, target_path) = (choose(&PREFIXES, bit(0)), choose(&TARGET_PATHS, bit(1)));
        let (target, public) = (choose(&TARGETS, bit(2)), choose(&PUBLIC_ORIGINS, bit(3)));
        let parse = |text: String| Url::parse(&text).expect("a valid URL");
        Self {
            prefix,
            target_path,
            target: parse(format!("{target}{target_path}")),
            requested: parse(format!("{target}{target_path}/a/b")),
            public_page: parse(format!("{public}{prefix}/a/b")),
            public_origin: Origin::parse(public).expect("a valid origin"),
        }
    }

    fn source(&self) -> UrlSource<'_> {
        UrlSource {
            paths: UpstreamPaths { prefix: self.prefix, target: self.target_path },
            target: &self.target,
            requested: &self.requested,
            public_origin: &self.public_origin,
            is_kept: &|path| is_below(path, OWN_PAGES),
        }
    }

    fn is_own(&self, url: &Url) -> bool {
        matches!(url.scheme(), "http" | "https") && authority(url) == authority(&self.target)
    }

    /// A URL that browsers find in a rewritten header.
    fn assert_leads_to_its_place(&self, reference: &[u8]) {
        let Some(arrival) = browser::follow(&self.public_page, reference) else { return };
        if arrival.origin() == self.public_page.origin() {
            let is_allowed = is_below(arrival.path(), self.prefix) || is_below(arrival.path(), OWN_PAGES);
            assert!(is_allowed, "outside of the prefix: {arrival}");
        } else {
            assert!(!self.is_own(&arrival), "an address that browsers cannot reach: {arrival}");
        }
    }

    /// A redirect may lead to another origin only if the upstream named this origin.
    fn assert_leads_to_the_meant_origin(&self, written: &[u8], rewritten: &[u8]) {
        let Some(meant) = browser::follow(&self.requested, written) else { return };
        let arrival = browser::follow(&self.public_page, rewritten).expect("a URL that browsers can parse");
        let is_public = arrival.origin() == self.public_page.origin();
        // Without a scheme, the page's counts, and its default port.
        let mut requested = self.requested.clone();
        requested.set_scheme(self.public_page.scheme()).expect("http or https");
        let for_page = browser::follow(&requested, written).unwrap_or_else(|| meant.clone());
        let is_meant = [&meant, &for_page].map(authority).contains(&authority(&arrival));
        assert!(is_public || is_meant, "{meant} became {arrival}");
        assert!(is_public || !self.is_own(&meant), "{meant} became {arrival}");
    }
}

fn authority(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

fuzz_target!(|input: &[u8]| {
    let Some((&[place, header], value)) = input.split_first_chunk() else { return };
    let Ok(value) = HeaderValue::from_bytes(value) else { return };
    let place = Place::new(place);
    let names = [header::LOCATION, header::CONTENT_LOCATION, header::LINK, header::REFRESH];
    let name = &names[usize::from(header) % names.len()];

    let Some(rewritten) = rewrite_header(name, &value, &place.source()) else { return };

    match *name {
        header::LINK => {
            browser::links(rewritten.as_bytes())
                .into_iter()
                .for_each(|link| place.assert_leads_to_its_place(link));
        }
        header::REFRESH => {
            browser::refresh(rewritten.as_bytes())
                .into_iter()
                .for_each(|url| place.assert_leads_to_its_place(url));
        }
        _ => {
            place.assert_leads_to_its_place(rewritten.as_bytes());
            place.assert_leads_to_the_meant_origin(value.as_bytes(), rewritten.as_bytes());
        }
    }
});
