use std::fmt;

/// The longest address that mail can be sent to, in bytes (RFC 5321, 4.5.3.1.3).
const MAX_BYTES: usize = 254;

/// The longest part before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
const LOCAL_MAX_BYTES: usize = 64;

/// An e-mail address as a person would type it, its domain in lower-case ASCII (UTS 46).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

/// What is wrong with a text that should be an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailFault {
    /// Not of the form `name@domain`.
    #[error("Write the address as name@domain.")]
    Form,
    /// Longer than mail allows.
    #[error("The address is too long: 254 bytes at most, 64 of them before the @.")]
    TooLong,
    /// The part before the `@` has characters that are not accepted.
    #[error("Before the @ take letters a to z, digits and . _ + - and the like.")]
    Local,
    /// The part after the `@` is no domain.
    #[error("After the @ must stand a domain such as example.com.")]
    Domain,
}

impl Email {
    /// Reads an address; spaces and tabs around it are dropped.
    pub fn parse(text: &str) -> Result<Self, EmailFault> {
        let text = text.trim_matches([' ', '\t']);
        let (local, domain) = text.rsplit_once('@').ok_or(EmailFault::Form)?;
        if local.is_empty() || domain.is_empty() {
            return Err(EmailFault::Form);
        }
        if local.len() > LOCAL_MAX_BYTES || text.len() > MAX_BYTES {
            return Err(EmailFault::TooLong);
        }
        if !is_dot_atom(local) {
            return Err(EmailFault::Local);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailFault::Domain)?;
        if !is_host_name(&domain) {
            return Err(EmailFault::Domain);
        }
        let email = format!("{local}@{domain}");
        if email.len() > MAX_BYTES {
            return Err(EmailFault::TooLong);
        }
        Ok(Self(email))
    }

    /// The address as it is shown and written to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address under which there is one account at most: all in lower case.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `dot-atom-text` of RFC 5322, 3.2.3. Quoted names, which RFC 5321 advises against, are not taken.
fn is_dot_atom(local: &str) -> bool {
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom))
}

/// Two labels or more, and the last not a number: an IP address is no domain.
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
    fn addresses_are_trimmed_and_their_domain_is_lower_case_ascii() {
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
    fn one_account_per_address_whatever_its_case() {
        let key = |text| Email::parse(text).unwrap().key();
        assert_eq!(key("Ada@Example.com"), key("aDA@eXAMPLE.COM"));
        assert_eq!(key("ada@BÜCHER.example"), key("ada@xn--bcher-kva.example"));
        assert_ne!(key("ada@example.com"), key("a.da@example.com"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_name = format!("{}@example.com", "a".repeat(65));
        let long_domain = format!("a@{}.com", "example.".repeat(40));
        for (text, fault) in [
            ("", EmailFault::Form),
            ("ada", EmailFault::Form),
            ("@example.com", EmailFault::Form),
            ("ada@", EmailFault::Form),
            (&long_name, EmailFault::TooLong),
            (&long_domain, EmailFault::TooLong),
            ("ada\n@example.com", EmailFault::Local),
            ("\nada@example.com", EmailFault::Local),
            ("ada@example.com\n", EmailFault::Domain),
            ("ada\r\nBcc: x@y.z@example.com", EmailFault::Local),
            ("a b@example.com", EmailFault::Local),
            ("ada..l@example.com", EmailFault::Local),
            (".ada@example.com", EmailFault::Local),
            ("adä@example.com", EmailFault::Local),
            ("\"ada\"@example.com", EmailFault::Local),
            ("ada@localhost", EmailFault::Domain),
            ("ada@example..com", EmailFault::Domain),
            ("ada@example.com.", EmailFault::Domain),
            ("ada@-example.com", EmailFault::Domain),
            ("ada@exa mple.com", EmailFault::Domain),
            ("ada@example.com\nx", EmailFault::Domain),
            ("ada@127.0.0.1", EmailFault::Domain),
            ("ada@[127.0.0.1]", EmailFault::Domain),
        ] {
            assert_eq!(Email::parse(text), Err(fault), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_what_it_gives_is_stable(text in ".{0,80}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()).unwrap(), email.clone());
                prop_assert!(email.as_str().is_ascii());
                prop_assert!(!email.as_str().contains(char::is_whitespace));
            }
        }
    }
}
