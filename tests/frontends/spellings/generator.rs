use tests::PseudoRandom;

/// Requests for a guarded path in a spelling that some program may read as that path. The same seed makes the same
/// requests.
pub(crate) struct Spellings<'a> {
    random: PseudoRandom,
    /// Paths of guarded pages as the application documents them.
    paths: &'a [String],
    /// What precedes all paths of the application, such as `/backend`.
    prefix: &'a str,
}

/// What may precede a path.
const PREFIXES: [&str; 22] = [
    "",
    "",
    "",
    "",
    "",
    "",
    "/",
    "//",
    "/.",
    "/./",
    "/x/..",
    "/%2e",
    "/%2E%2e",
    "/private/help/..",
    "/_next/..",
    "/_next/static/..",
    "/index.php",
    "/..;",
    "\\",
    "http://localhost",
    "http://app.example",
    "/public/..",
];

/// What may follow a path.
const SUFFIXES: [&str; 36] = [
    "",
    "",
    "",
    "",
    "",
    "",
    "/",
    "//",
    "/.",
    "/./",
    "/x/..",
    "/%2e",
    "/..",
    ".",
    "%20",
    "%00",
    "%0a",
    "%09",
    ";",
    ";a=b",
    "%3b",
    "..;/",
    "%2f",
    "%5c",
    "\\",
    ".json",
    ".html",
    ".rsc",
    ".txt",
    ".prefetch.rsc",
    ".segments/_tree.segment.rsc",
    "~",
    "%23",
    "%3f",
    "/__next._tree.txt",
    "/help/..",
];

const QUERIES: [&str; 14] = [
    "",
    "",
    "",
    "",
    "",
    "?_rsc=1a2b3",
    "?",
    "?__nextDataReq=1",
    "?__nextLocale=de",
    "?nxtPpath=notes",
    "?nxtIpath=notes",
    "?path=notes",
    "?_method=GET",
    "?url=/private",
];

/// Headers that make a framework answer with another form of a page, or that some servers take for the path.
const HEADERS: [&str; 26] = [
    "",
    "",
    "",
    "",
    "",
    "",
    "RSC: 1",
    "RSC: 1\r\nNext-Router-Prefetch: 1",
    "RSC: 1\r\nNext-Router-Prefetch: 1\r\nNext-Router-Segment-Prefetch: /_tree",
    "RSC: 1\r\nNext-Router-Segment-Prefetch: /private/__PAGE__",
    "RSC: 1\r\nNext-Url: /private",
    "x-nextjs-data: 1",
    "x-middleware-rewrite: /private",
    "x-middleware-subrequest: middleware:middleware:middleware:middleware:middleware",
    "x-matched-path: /private",
    "x-now-route-matches: 1=private",
    "x-invoke-path: /private",
    "x-invoke-output: /private",
    "X-Original-URL: /private",
    "X-Rewrite-URL: /private",
    "X-HTTP-Method-Override: GET",
    "X-Forwarded-Prefix: /private",
    "X-Forwarded-Uri: /private",
    "X-Auth-Status: signed-in\r\nX-Auth-User-Id: 1",
    "Authorization: Bearer e30.e30.e30",
    "Accept: text/x-component",
];

const METHODS: [&str; 12] =
    ["GET", "GET", "GET", "GET", "GET", "GET", "GET", "POST", "PUT", "OPTIONS", "QUERY", "PROPFIND"];

impl<'a> Spellings<'a> {
    pub(crate) fn new(seed: u64, paths: &'a [String], prefix: &'a str) -> Self {
        Self { random: PseudoRandom::new(seed), paths, prefix }
    }

    /// The next request, complete with its head, and with this cookie unless it is empty.
    pub(crate) fn next_request(&self, cookie: &str) -> Vec<u8> {
        let (path, own_query) = {
            let path = &self.paths[self.random.below(self.paths.len())];
            path.split_once('?').map_or((path.as_str(), None), |(path, query)| (path, Some(query)))
        };
        let mut path = [self.pick(&PREFIXES), self.prefix, path, self.pick(&SUFFIXES)].concat().into_bytes();
        for _ in 0..self.random.below(4) {
            self.respell(&mut path);
        }
        let query = own_query.map_or_else(|| self.pick(&QUERIES).to_owned(), |query| format!("?{query}"));
        let mut head =
            format!("{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n");
        for header in [self.pick(&HEADERS), cookie].into_iter().filter(|header| !header.is_empty()) {
            head += header;
            head += "\r\n";
        }
        head += "\r\n";
        [self.pick(&METHODS).as_bytes(), b" ", &path, head.as_bytes()].concat()
    }

    fn pick<'b>(&self, choices: &[&'b str]) -> &'b str {
        choices[self.random.below(choices.len())]
    }

    /// Changes one byte or inserts a few.
    fn respell(&self, path: &mut Vec<u8>) {
        let place = self.random.below(path.len());
        let byte = path[place];
        let spelled = match self.random.below(9) {
            0 | 1 => change_case(byte),
            2 | 3 => format!("%{byte:02x}").into_bytes(),
            4 => format!("%{byte:02X}").into_bytes(),
            5 => format!("%25{byte:02x}").into_bytes(),
            6 if byte == b'/' => {
                let slashes =
                    ["//", "/./", "\\", "%2f", "%2F", "%5c", "%252f", "/%2e/", "/x/../", ";/", "%c0%af"];
                self.pick(&slashes).into()
            }
            7 if byte.is_ascii_lowercase() => look_alike(byte, self.random.below(3)),
            8 => [
                &[byte],
                self.pick(&["%00", "%0d", "\t", ";", "%3b", "%e2%80%8b", "\u{ad}", "/."]).as_bytes(),
            ]
            .concat(),
            _ => return,
        };
        path.splice(place..=place, spelled);
    }
}

fn change_case(byte: u8) -> Vec<u8> {
    let changed =
        if byte.is_ascii_lowercase() { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
    vec![changed]
}

/// The full-width form of a letter, as it is, encoded, or in the encoding of old Windows servers.
fn look_alike(byte: u8, form: usize) -> Vec<u8> {
    let code = 0xff41 + u32::from(byte - b'a');
    let letter = char::from_u32(code).unwrap().to_string();
    match form {
        0 => letter.into_bytes(),
        1 => letter.bytes().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect(),
        _ => format!("%u{code:04x}").into_bytes(),
    }
}
