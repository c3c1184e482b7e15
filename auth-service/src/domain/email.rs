use std::fmt;

/// The maximum length of an address, in bytes (RFC 5321, 4.5.3.1.3).
const MAX_BYTES: usize = 254;

/// The maximum length of the part before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
const LOCAL_PART_MAX_BYTES: usize = 64;

/// An e-mail address as its owner wrote it, except that the domain is in lower-case ASCII (UTS 46).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

/// Why a string is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// It does not have the form `name@domain`.
    #[error("Write the address as name@domain.")]
    Form,
    /// It is longer than mail servers accept.
    #[error("The address must be at most 254 bytes long, with at most 64 bytes before the @.")]
    TooLong,
    /// The part before the `@` contains characters that are not allowed.
    #[error("Before the @, use only the letters a to z, digits and characters such as . _ + and -.")]
    Local,
    /// The part after the `@` is not a domain.
    #[error("After the @, there must be a domain such as example.com.")]
    Domain,
}

impl Email {
    /// Parses an address; surrounding spaces and tabs are removed.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim_matches([' ', '\t']);
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError::Form)?;
        if local.is_empty() || domain.is_empty() {
            return Err(EmailError::Form);
        }
        if local.len() > LOCAL_PART_MAX_BYTES || text.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        if !is_dot_atom(local) {
            return Err(EmailError::Local);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailError::Domain)?;
        if !is_host_name(&domain) {
            return Err(EmailError::Domain);
        }
        let email = format!("{local}@{domain}");
        if email.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        Ok(Self(email))
    }

    /// The address to display and to send mail to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key that identifies the account: the address in lower case.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns true for `dot-atom-text` (RFC 5322, 3.2.3). RFC 5321 advises against quoted names, so they are rejected.
fn is_dot_atom(local: &str) -> bool {
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom))
}

/// Returns true for two or more labels, unless the last one is a number, as in IP addresses.
fn is_host_name(domain: &str) -> bool {
    let labels: Vec<_> = domain.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    labels.len() >= 2
        && labels.iter().all(is_label)
        && labels.last().is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_trimmed_and_domains_normalized() {
        for (text, email) in [
            ("ada@example.com", "ada@example.com"),
            ("  Ada.Lovelace+x@EXAMPLE.com\t", "Ada.Lovelace+x@example.com"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ] {
            assert_eq!(Email::parse(text).unwrap().as_str(), email);
        }
    }

    #[test]
    fn the_key_ignores_case() {
        let key = |text| Email::parse(text).unwrap().key();
        assert_eq!(key("Ada@Example.com"), key("aDA@eXAMPLE.COM"));
        assert_eq!(key("ada@BÜCHER.example"), key("ada@xn--bcher-kva.example"));
        assert_ne!(key("ada@example.com"), key("a.da@example.com"));
    }

    #[test]
    fn invalid_addresses_are_rejected() {
        let long_name = format!("{}@example.com", "a".repeat(65));
        let long_domain = format!("a@{}.com", "example.".repeat(40));
        for (text, error) in [
            ("", EmailError::Form),
            ("ada", EmailError::Form),
            ("@example.com", EmailError::Form),
            ("ada@", EmailError::Form),
            (&long_name, EmailError::TooLong),
            (&long_domain, EmailError::TooLong),
            ("ada\n@example.com", EmailError::Local),
            ("\nada@example.com", EmailError::Local),
            ("ada@example.com\n", EmailError::Domain),
            ("ada\r\nBcc: x@y.z@example.com", EmailError::Local),
            ("a b@example.com", EmailError::Local),
            ("ada..l@example.com", EmailError::Local),
            (".ada@example.com", EmailError::Local),
            ("adä@example.com", EmailError::Local),
            ("\"ada\"@example.com", EmailError::Local),
            ("ada@localhost", EmailError::Domain),
            ("ada@example..com", EmailError::Domain),
            ("ada@example.com.", EmailError::Domain),
            ("ada@-example.com", EmailError::Domain),
            ("ada@exa mple.com", EmailError::Domain),
            ("ada@example.com\nx", EmailError::Domain),
            ("ada@127.0.0.1", EmailError::Domain),
            ("ada@[127.0.0.1]", EmailError::Domain),
        ] {
            assert_eq!(Email::parse(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(text in ".{0,80}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()).unwrap(), email.clone());
                prop_assert!(email.as_str().is_ascii());
                prop_assert!(!email.as_str().contains(char::is_whitespace));
            }
        }
    }
}
