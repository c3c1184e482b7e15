//! How the paths of an upstream correspond to those that browsers see.

use std::borrow::Cow;

/// The paths of one upstream, on the public origin and on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpstreamPaths<'a> {
    /// The public path that belongs to the upstream, such as `/backend`; empty for an application at the root.
    pub prefix: &'a str,
    /// The path of the upstream's URL that replaces the prefix, such as `/v1`; empty if the URL has none.
    pub target: &'a str,
}

impl UpstreamPaths<'_> {
    /// The public path for a path that the upstream has written, or `None` if no public path leads there.
    ///
    /// A framework that reads `X-Forwarded-Prefix` writes public paths, and any other framework writes paths of its
    /// own. A path that could be either counts as the one whose prefix is longer.
    pub fn to_public<'p>(&self, path: &'p str) -> Option<Cow<'p, str>> {
        let below_target = path_below(self.target, path);
        let is_public = !self.prefix.is_empty() && path_below(self.prefix, path).is_some();
        if is_public && (below_target.is_none() || self.prefix.len() >= self.target.len()) {
            return Some(Cow::Borrowed(path));
        }
        let rest = below_target?;
        Some(match (self.prefix, rest) {
            ("", "") => Cow::Borrowed("/"),
            ("", rest) => Cow::Borrowed(rest),
            (prefix, rest) => Cow::Owned(format!("{prefix}{rest}")),
        })
    }
}

/// The part of `path` after `prefix`, if `path` equals `prefix` or lies below it.
fn path_below<'p>(prefix: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_upstream_become_public() {
        let cases = [
            ("below the target", "/backend", "/v1", "/v1/a", Some("/backend/a")),
            ("the target itself", "/backend", "/v1", "/v1", Some("/backend")),
            ("already public", "/backend", "/v1", "/backend/a", Some("/backend/a")),
            ("outside of the target", "/backend", "/v1", "/v2/a", None),
            ("similar to the target", "/backend", "/v1", "/v10/a", None),
            ("a target without a path", "/backend", "", "/a", Some("/backend/a")),
            ("public, with such a target", "/backend", "", "/backend/a", Some("/backend/a")),
            ("similar to the prefix", "/backend", "", "/backends", Some("/backend/backends")),
            ("a target below the prefix", "/app", "/app/v1", "/app/v1/a", Some("/app/a")),
            ("a prefix below the target", "/v1/app", "/v1", "/v1/app/a", Some("/v1/app/a")),
            ("the same path on both", "/api", "/api", "/api/a", Some("/api/a")),
            ("an application at the root", "", "", "/a", Some("/a")),
            ("at the root, with a target path", "", "/v1", "/v1", Some("/")),
        ];

        for (case, prefix, target, path, expected) in cases {
            let public = UpstreamPaths { prefix, target }.to_public(path);
            assert_eq!(public.as_deref(), expected, "{case}");
        }
    }
}
