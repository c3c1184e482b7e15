//! French.

use super::{EN, Text};

pub(crate) const FR: Text = EN;
