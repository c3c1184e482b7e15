/// What a service may do with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything: the service owns the schema. A missing SQLite file is created.
    Own,
    /// Reading only, whatever the database role allows.
    Read,
}
