//! Applies the rules to every name of what a request names.

use super::{
    AccessRules,
    aliases::aliases,
    next_paths,
    path::{Decoded, Spelling},
    pattern::Likeness,
    readings::readings,
    rule::{Name, Rule, Scope},
    text::fold,
    verdict::Verdict,
};

/// How deep the URLs of images may be nested in one another.
const MAX_NESTED_URLS: usize = 3;

impl AccessRules {
    /// Judges a path and the image that its query names.
    pub(super) fn judge(
        &self,
        scope: &Scope<'_>,
        path: &str,
        query: Option<&str>,
        depth: usize,
    ) -> Verdict<'_> {
        let verdict = self.judge_path(scope, path);
        let Some(query) = query.filter(|_| self.has_next_paths) else { return verdict };
        if next_paths::has_internal_parameter(query) {
            return Verdict::Ambiguous;
        }
        let mut sources = next_paths::image_sources(query);
        match (sources.next(), sources.next()) {
            (Some(source), None) if next_paths::may_be_image(path) => {
                verdict.stricter(self.judge_image(scope, &source, depth + 1))
            }
            (Some(_), Some(_)) if next_paths::may_be_image(path) => Verdict::Ambiguous,
            _ => verdict,
        }
    }

    fn judge_image(&self, scope: &Scope<'_>, source: &str, depth: usize) -> Verdict<'_> {
        if depth > MAX_NESTED_URLS {
            return Verdict::Ambiguous;
        }
        let source = source.split('#').next().unwrap_or_default();
        let (path, query) = match source.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (source, None),
        };
        self.judge(&scope.with_get(), path, query, depth)
    }

    fn judge_path(&self, scope: &Scope<'_>, path: &str) -> Verdict<'_> {
        match Spelling::of(path) {
            Spelling::Plain => self.judge_page(scope, path, true),
            Spelling::Decoded(decoded) => self.judge_decoded(scope, path, &decoded),
            Spelling::Unclear => self.judge_unclear(scope, path),
        }
    }

    fn judge_decoded(&self, scope: &Scope<'_>, path: &str, decoded: &Decoded) -> Verdict<'_> {
        let mut verdict = self.judge_page(scope, &decoded.text, decoded.is_usual);
        if !decoded.is_usual {
            // A program that does not decode sees another path.
            verdict = verdict.stricter(self.judge_page(scope, path, false));
        }
        if !decoded.is_replaceable {
            return verdict;
        }
        // A program may replace characters, and the result may require more.
        let Some(readings) = readings(&decoded.text, self.has_next_paths) else { return Verdict::Ambiguous };
        let satisfies =
            |reading: &String| verdict.satisfies(self.judge_name(scope, reading, decoded.is_usual));
        if readings.iter().all(satisfies) { verdict } else { Verdict::Ambiguous }
    }

    /// Judges a path that programs read differently: it is refused if one of the readings is guarded.
    fn judge_unclear(&self, scope: &Scope<'_>, path: &str) -> Verdict<'_> {
        let is_public = |reading: &String| self.judge_name(scope, reading, false) == Verdict::PUBLIC;
        let is_harmless = match readings(path, self.has_next_paths) {
            Some(readings) => readings.iter().all(is_public),
            None => !self.rules.iter().any(|rule| rule.guards(scope)),
        };
        if is_harmless { Verdict::PUBLIC } else { Verdict::Ambiguous }
    }

    /// Judges a decoded path and its aliases.
    fn judge_page(&self, scope: &Scope<'_>, path: &str, may_be_public: bool) -> Verdict<'_> {
        let verdict = self.judge_name(scope, path, may_be_public);
        let Some(aliases) = aliases(path, self.has_next_paths) else { return Verdict::Ambiguous };
        let judged = aliases.iter().map(|alias| self.judge_name(scope, alias, may_be_public));
        judged.fold(verdict, Verdict::stricter)
    }

    /// Finds the first rule that matches a decoded path. Rules that match an alias only, such as `/private` for
    /// `/private.json`, count too, unless a rule names the path itself.
    fn judge_name(&self, scope: &Scope<'_>, path: &str, may_be_public: bool) -> Verdict<'_> {
        let name = Name { text: path, folded: &fold(path), may_be_public };
        let mut by_alias = Verdict::PUBLIC;
        for rule in &self.rules {
            match rule.likeness(scope, &name) {
                Likeness::None => {}
                Likeness::Alias => by_alias = by_alias.stricter_or_first(verdict_of(rule)),
                Likeness::Match if rule.names_one_path() => return verdict_of(rule),
                Likeness::Match => return by_alias.stricter_or_first(verdict_of(rule)),
            }
        }
        by_alias
    }
}

fn verdict_of(rule: &Rule) -> Verdict<'_> {
    Verdict::Clear(rule.requirement())
}
