/// One value for each field of an account.
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
    /// Applies `convert` to each field.
    pub(super) fn try_map<U, E>(&self, mut convert: impl FnMut(&T) -> Result<U, E>) -> Result<Fields<U>, E> {
        Ok(Fields {
            email: convert(&self.email)?,
            password_hash: convert(&self.password_hash)?,
            email_verified: convert(&self.email_verified)?,
            disabled: convert(&self.disabled)?,
            created_at: convert(&self.created_at)?,
            roles: convert(&self.roles)?,
        })
    }

    /// All fields, in the order of their declaration.
    pub(super) fn all(&self) -> [&T; 6] {
        let Self { email, password_hash, email_verified, disabled, created_at, roles } = self;
        [email, password_hash, email_verified, disabled, created_at, roles]
    }
}
