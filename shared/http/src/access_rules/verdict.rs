//! What rules say about one name of a page.

use super::{Decision, Requirement};

/// What rules say about one name of a page, without copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict<'a> {
    /// `None` is public.
    Clear(Option<&'a Requirement>),
    /// Names of the page contradict each other.
    Ambiguous,
}

impl Verdict<'_> {
    pub(super) const PUBLIC: Self = Self::Clear(None);

    /// The verdict for a page with two names.
    pub(super) fn stricter(self, other: Self) -> Self {
        match (self.rank(), other.rank()) {
            (own, others) if own > others => self,
            (own, others) if own < others => other,
            _ if self == other => self,
            _ => Self::Ambiguous,
        }
    }

    /// The stricter verdict, or this one if neither is stricter.
    pub(super) fn stricter_or_first(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    /// Whether another verdict demands nothing that this one does not.
    pub(super) fn satisfies(self, other: Self) -> bool {
        self.stricter(other) == self
    }

    fn rank(self) -> u8 {
        match self {
            Self::Clear(None) => 0,
            Self::Clear(Some(Requirement::SignedIn)) => 1,
            Self::Clear(Some(Requirement::Role(_) | Requirement::SecondFactor)) => 2,
            Self::Ambiguous => 3,
        }
    }
}

impl From<Verdict<'_>> for Decision {
    fn from(verdict: Verdict<'_>) -> Self {
        match verdict {
            Verdict::Clear(None) => Self::Public,
            Verdict::Clear(Some(requirement)) => Self::Required(requirement.clone()),
            Verdict::Ambiguous => Self::Ambiguous,
        }
    }
}
