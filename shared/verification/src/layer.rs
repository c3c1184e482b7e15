/// The part of a verifier that had the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The token alone: it was missing or not valid.
    Token,
    /// The near cache: records in the memory of this process.
    Near,
    /// The shared cache.
    Shared,
    /// The source.
    Source,
    /// A recent answer of the source, at most `STALE_MAX` old, while the cache is not trusted.
    Recent,
    /// The last known record, while neither the cache nor the source can be asked.
    LastKnown,
}

impl Layer {
    pub(crate) const ALL: [Self; 6] =
        [Self::Token, Self::Near, Self::Shared, Self::Source, Self::Recent, Self::LastKnown];

    /// The name of the layer in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Near => "near",
            Self::Shared => "shared",
            Self::Source => "source",
            Self::Recent => "recent",
            Self::LastKnown => "last_known",
        }
    }
}
