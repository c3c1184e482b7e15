//! The fields of an account, and the names under which other systems keep them.

use anyhow::bail;
use clap::Args;

/// One thing for each field of an account.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fields<T> {
    pub(super) email: T,
    pub(super) password_hash: T,
    pub(super) email_verified: T,
    pub(super) disabled: T,
    pub(super) created_at: T,
    pub(super) roles: T,
}

impl<T> Fields<T> {
    /// The same fields with what `make` makes of each.
    pub(super) fn map<U, E>(&self, mut make: impl FnMut(&T) -> Result<U, E>) -> Result<Fields<U>, E> {
        Ok(Fields {
            email: make(&self.email)?,
            password_hash: make(&self.password_hash)?,
            email_verified: make(&self.email_verified)?,
            disabled: make(&self.disabled)?,
            created_at: make(&self.created_at)?,
            roles: make(&self.roles)?,
        })
    }

    /// All of them, in a fixed order.
    pub(super) fn all(&self) -> [&T; 6] {
        let Self { email, password_hash, email_verified, disabled, created_at, roles } = self;
        [email, password_hash, email_verified, disabled, created_at, roles]
    }
}

/// Which columns are read. Of several names the first that the file has counts.
#[derive(Args)]
pub(super) struct NameArgs {
    /// Column of the address [default: email]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    email: Vec<String>,
    /// Column of the bcrypt hash; empty: the person chooses a password by "forgotten password"
    /// [default: `password_hash,passwordHash,password`]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    password_hash: Vec<String>,
    /// Column that says whether the address is verified: yes or no, or since when
    /// [default: `email_verified,emailVerified,email_verified_at`]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    email_verified: Vec<String>,
    /// Column that says whether the account is disabled: yes or no, or since when [default: disabled]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    disabled: Vec<String>,
    /// Column that says when the account was made [default: `created_at,createdAt`]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    created_at: Vec<String>,
    /// Column of the roles, separated by commas [default: roles,role]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    roles: Vec<String>,
}

/// The names of one field.
#[derive(Debug, Clone)]
pub(super) struct Names {
    names: Vec<String>,
    /// Whether the operator said them, and so expects one of them to be there.
    said: bool,
}

impl Names {
    fn of(said: Vec<String>, default: &[&str]) -> Self {
        if said.is_empty() {
            Self { names: default.iter().map(|name| (*name).to_owned()).collect(), said: false }
        } else {
            Self { names: said, said: true }
        }
    }

    /// The names, the first to be preferred.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Where in a header the field is: the first name that is there, in whatever case.
    fn find(&self, header: &[String]) -> Option<usize> {
        self.iter().find_map(|name| header.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }
}

impl NameArgs {
    pub(super) fn names(self) -> Fields<Names> {
        Fields {
            email: Names::of(self.email, &["email"]),
            password_hash: Names::of(self.password_hash, &["password_hash", "passwordHash", "password"]),
            email_verified: Names::of(
                self.email_verified,
                &["email_verified", "emailVerified", "email_verified_at"],
            ),
            disabled: Names::of(self.disabled, &["disabled"]),
            created_at: Names::of(self.created_at, &["created_at", "createdAt"]),
            roles: Names::of(self.roles, &["roles", "role"]),
        }
    }
}

/// Where in a header each field is. The address must be there, and what was asked for by name.
pub(super) fn find_columns(
    names: &Fields<Names>,
    header: &[String],
) -> anyhow::Result<Fields<Option<usize>>> {
    let columns = names.map(|names| match names.find(header) {
        None if names.said => bail!("no column is called {}{}", names.names.join(" or "), list(header)),
        found => Ok(found),
    })?;
    if columns.email.is_none() {
        bail!("no column is called {}{}", names.email.names.join(" or "), list(header));
    }
    Ok(columns)
}

/// The header's columns for a message, unless it looks like a row: that is for nobody's eyes.
fn list(header: &[String]) -> String {
    let is_name = |text: &String| {
        text.len() <= 63 && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '))
    };
    if header.iter().all(is_name) {
        format!("; there are: {}", header.join(", "))
    } else {
        "; the first line must name the columns, separated by commas".to_owned()
    }
}

/// Which column was found for which field, and which are not read.
pub(super) fn describe(columns: &Fields<Option<usize>>, header: &[String]) -> String {
    let fields = ["address", "password hash", "address verified", "disabled", "made at", "roles"];
    let name = |index: usize| header.get(index).map_or("", String::as_str);
    let found = fields.iter().zip(columns.all());
    let found: Vec<_> = found.filter_map(|(field, at)| Some(format!("{field} = {}", name((*at)?)))).collect();
    let unread = (0..header.len()).filter(|index| !columns.all().contains(&&Some(*index)));
    let unread: Vec<_> = unread.map(name).collect();
    let unread = if unread.is_empty() { String::new() } else { format!("; not read: {}", unread.join(", ")) };
    format!("columns: {}{unread}", found.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(email: &[&str], disabled: &[&str]) -> Fields<Names> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        NameArgs {
            email: owned(email),
            password_hash: Vec::new(),
            email_verified: Vec::new(),
            disabled: owned(disabled),
            created_at: Vec::new(),
            roles: Vec::new(),
        }
        .names()
    }

    fn header(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn the_columns_of_prisma_are_found_without_being_named() {
        let header = header("id,email,password,name,role,emailVerified,createdAt");
        let columns = find_columns(&names(&[], &[]), &header).unwrap();
        assert_eq!(columns.all(), [&Some(1), &Some(2), &Some(5), &None, &Some(6), &Some(4)]);
        let text = describe(&columns, &header);
        assert!(text.contains("password hash = password") && text.contains("not read: id, name"), "{text}");
    }

    #[test]
    fn a_column_that_was_asked_for_must_be_there() {
        let refused = |names, text| find_columns(&names, &header(text)).unwrap_err().to_string();
        assert_eq!(
            refused(names(&["mail", "e_mail"], &[]), "id,email"),
            "no column is called mail or e_mail; there are: id, email"
        );
        assert!(refused(names(&[], &["banned"]), "email").contains("banned"));
        assert!(find_columns(&names(&["E-MAIL"], &[]), &header("e-mail")).is_ok());
    }

    #[test]
    fn a_first_row_in_the_place_of_a_header_is_not_shown() {
        let text = find_columns(&names(&[], &[]), &header("7,ada@example.com,$2b$10$secret")).unwrap_err();
        assert!(!text.to_string().contains("secret"), "{text}");
    }
}
