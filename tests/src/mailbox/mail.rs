use mail_parser::{MessageParser, PartType};
use url::Url;

/// An e-mail as its reader sees it.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The address in `From`.
    pub from: String,
    /// The recipients of its delivery.
    pub to: Vec<String>,
    /// The address to which bounces go.
    pub bounces_to: String,
    /// The decoded subject.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part, or an empty string.
    pub html: String,
    /// The headers as they were sent, unfolded.
    pub headers: Vec<(String, String)>,
    /// The user name with which the sender logged in.
    pub user: Option<String>,
    /// Whether it arrived over TLS.
    pub is_encrypted: bool,
}

impl Mail {
    pub(super) fn parse(
        sender: &str,
        to: Vec<String>,
        user: Option<String>,
        is_encrypted: bool,
        content: &[u8],
    ) -> Self {
        let message = MessageParser::default().parse(content).unwrap();
        let from = message.from().and_then(|from| from.first()?.address()).unwrap_or_default().to_owned();
        let parts = || message.parts.iter();
        let text = parts().find_map(|part| match &part.body {
            PartType::Text(text) => Some(text.clone().into_owned()),
            _ => None,
        });
        let html = parts().find_map(|part| match &part.body {
            PartType::Html(html) => Some(html.clone().into_owned()),
            _ => None,
        });
        let headers = message.headers_raw();
        Self {
            from,
            to,
            bounces_to: sender.to_owned(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: text.unwrap_or_default(),
            html: html.unwrap_or_default(),
            headers: headers.map(|(name, value)| (name.to_owned(), unfolded(value))).collect(),
            user,
            is_encrypted,
        }
    }

    /// Returns true if it was delivered to this address.
    pub fn is_to(&self, address: &str) -> bool {
        self.to.iter().any(|to| to == address)
    }

    /// A header, or an empty string if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// The first link whose path starts with `path`. The HTML part must contain the same link.
    pub fn link(&self, path: &str) -> Url {
        let urls = self.text.split_whitespace().filter_map(|word| Url::parse(word).ok());
        let found = urls.filter(Url::has_host).find(|url| url.path().starts_with(path));
        let url = found.unwrap_or_else(|| panic!("no link to {path}: {}", self.text));
        let reference = url.as_str().replace('&', "&amp;");
        assert!(self.html.is_empty() || self.html.contains(&reference), "{url} is not in {}", self.html);
        url
    }

    /// The token in the first link whose path starts with `path`.
    pub fn token(&self, path: &str) -> String {
        let link = self.link(path);
        let token = link.query_pairs().find(|(name, _)| name == "token");
        token.unwrap_or_else(|| panic!("no token in {link}")).1.into_owned()
    }
}

fn unfolded(value: &str) -> String {
    value.split("\r\n").map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}
