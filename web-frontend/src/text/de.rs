//! German.

use super::{EN, Text};

pub(crate) const DE: Text = EN;
