/// A setting: its variable and what the configuration reference says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    meaning: &'static str,
    values: &'static str,
    default: &'static str,
}

impl Setting {
    /// A setting with a one-sentence meaning, in Markdown.
    pub const fn new(name: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning, values: "text", default: "unset" }
    }

    /// Describes the accepted values, unless the reader's method implies them.
    pub const fn values(self, values: &'static str) -> Self {
        Self { values, ..self }
    }

    /// Describes the default, unless the reader's method implies it.
    pub const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    pub(super) fn reference(self) -> SettingReference {
        SettingReference {
            name: self.name,
            meaning: self.meaning,
            values: self.values.to_owned(),
            default: self.default.to_owned(),
            has_file: false,
        }
    }
}

/// One row of the configuration reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingReference {
    /// The environment variable.
    pub name: &'static str,
    /// What the setting does.
    pub meaning: &'static str,
    /// The accepted values.
    pub values: String,
    /// The default, `unset` or `required`.
    pub default: String,
    /// Whether `NAME_FILE` may name a file with the value instead.
    pub has_file: bool,
}

impl SettingReference {
    pub(super) fn of(self, values: String, default: String) -> Self {
        Self { values, default, ..self }
    }

    pub(super) fn with_file(self) -> Self {
        Self { has_file: true, ..self }
    }
}
