//! Finds the columns of a file by the names that other systems use.

use anyhow::bail;
use clap::Args;

use super::fields::Fields;

/// Column names for each field. The first name that exists in the file is used.
#[derive(Args)]
pub(super) struct ColumnArgs {
    /// Column with the e-mail address [default: email]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    email: Vec<String>,
    /// Column with the bcrypt hash; if it is empty, the user chooses a password with "Forgot your password?"
    /// [default: `password_hash,passwordHash,password`]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    password_hash: Vec<String>,
    /// Column that says whether the address is verified: yes, no or the time of verification
    /// [default: `email_verified,emailVerified,email_verified_at`]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    email_verified: Vec<String>,
    /// Column that says whether the account is disabled: yes, no or the time when it was disabled [default: disabled]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    disabled: Vec<String>,
    /// Column with the time when the account was created [default: `created_at,createdAt`]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    created_at: Vec<String>,
    /// Column with the roles, separated by commas [default: roles,role]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Columns")]
    roles: Vec<String>,
}

impl ColumnArgs {
    /// The column names of each field.
    pub(super) fn names(self) -> Fields<ColumnNames> {
        Fields {
            email: ColumnNames::new(self.email, &["email"]),
            password_hash: ColumnNames::new(
                self.password_hash,
                &["password_hash", "passwordHash", "password"],
            ),
            email_verified: ColumnNames::new(
                self.email_verified,
                &["email_verified", "emailVerified", "email_verified_at"],
            ),
            disabled: ColumnNames::new(self.disabled, &["disabled"]),
            created_at: ColumnNames::new(self.created_at, &["created_at", "createdAt"]),
            roles: ColumnNames::new(self.roles, &["roles", "role"]),
        }
    }
}

/// The names that one field may have.
#[derive(Debug, Clone)]
pub(super) struct ColumnNames {
    names: Vec<String>,
    /// Whether one of the names must exist in the file: true for names from the command line.
    is_required: bool,
}

impl ColumnNames {
    fn new(given: Vec<String>, default: &[&str]) -> Self {
        if given.is_empty() {
            Self { names: default.iter().map(|name| (*name).to_owned()).collect(), is_required: false }
        } else {
            Self { names: given, is_required: true }
        }
    }

    /// The names in order of preference.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The index of the field in a header, regardless of case.
    fn find_in(&self, header: &[String]) -> Option<usize> {
        self.iter().find_map(|name| header.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }
}

/// Finds the index of each field in a header.
///
/// # Errors
/// If the address or a column named on the command line is missing.
pub(super) fn find_columns(
    names: &Fields<ColumnNames>,
    header: &[String],
) -> anyhow::Result<Fields<Option<usize>>> {
    let columns = names.try_map(|names| match names.find_in(header) {
        None if names.is_required => {
            bail!("no column is named {}{}", names.names.join(" or "), describe_header(header))
        }
        found => Ok(found),
    })?;
    if columns.email.is_none() {
        bail!("no column is named {}{}", names.email.names.join(" or "), describe_header(header));
    }
    Ok(columns)
}

/// Lists the columns of the header, unless it looks like a row of data, which may contain a password hash.
fn describe_header(header: &[String]) -> String {
    let is_name = |text: &String| {
        text.len() <= 63 && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '))
    };
    if header.iter().all(is_name) {
        format!("; the columns are: {}", header.join(", "))
    } else {
        "; the first line must contain the column names, separated by commas".to_owned()
    }
}

/// Lists the column of each field, and the columns that are ignored.
pub(super) fn describe_columns(columns: &Fields<Option<usize>>, header: &[String]) -> String {
    let labels = ["address", "password hash", "address verified", "disabled", "created", "roles"];
    let name = |index: usize| header.get(index).map_or("", String::as_str);
    let found: Vec<_> = labels
        .iter()
        .zip(columns.all())
        .filter_map(|(label, index)| Some(format!("{label} = {}", name((*index)?))))
        .collect();
    let ignored: Vec<_> =
        (0..header.len()).filter(|index| !columns.all().contains(&&Some(*index))).map(name).collect();
    let ignored =
        if ignored.is_empty() { String::new() } else { format!("; ignored: {}", ignored.join(", ")) };
    format!("columns: {}{ignored}", found.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(email: &[&str], disabled: &[&str]) -> Fields<ColumnNames> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let args = ColumnArgs {
            email: owned(email),
            password_hash: Vec::new(),
            email_verified: Vec::new(),
            disabled: owned(disabled),
            created_at: Vec::new(),
            roles: Vec::new(),
        };
        args.names()
    }

    fn header(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn columns_of_prisma_are_found_by_default() {
        let header = header("id,email,password,name,role,emailVerified,createdAt");

        let columns = find_columns(&names(&[], &[]), &header).unwrap();
        let text = describe_columns(&columns, &header);

        assert_eq!(columns.all(), [&Some(1), &Some(2), &Some(5), &None, &Some(6), &Some(4)]);
        assert!(text.contains("password hash = password") && text.contains("ignored: id, name"), "{text}");
    }

    #[test]
    fn a_column_named_on_the_command_line_must_exist() {
        let error = |names, text| find_columns(&names, &header(text)).unwrap_err().to_string();

        assert_eq!(
            error(names(&["mail", "e_mail"], &[]), "id,email"),
            "no column is named mail or e_mail; the columns are: id, email"
        );
        assert!(error(names(&[], &["banned"]), "email").contains("banned"));
        assert!(find_columns(&names(&["E-MAIL"], &[]), &header("e-mail")).is_ok());
    }

    #[test]
    fn a_row_of_data_instead_of_a_header_is_not_shown() {
        let first_row = header("7,ada@example.com,$2b$10$secret");

        let error = find_columns(&names(&[], &[]), &first_row).unwrap_err().to_string();

        assert!(!error.contains("secret"), "{error}");
    }
}
