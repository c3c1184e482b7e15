//! The extractor for the query string of a page.

use std::{
    borrow::Cow,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Query};
use drawbridge_http::problem::Problem;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

/// The parameters of a page. Links to pages come from anywhere, so an unexpected query is no error: the first of several
/// parameters with the same name counts, and parameters that cannot be read are left out.
pub(crate) struct PageQuery<T>(pub(crate) T);

impl<T: DeserializeOwned + Default> FromRequest for PageQuery<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(parse(request.query_string()))))
    }
}

/// Reads the parameters of a query string.
pub(crate) fn parse<T: DeserializeOwned + Default>(query: &str) -> T {
    let mut parameters: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if parameters.iter().all(|(known, _)| *known != name) {
            parameters.push((name, value));
        }
    }
    let read = |parameters: &[(Cow<'_, str>, Cow<'_, str>)]| {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        Query::<T>::from_query(&query).ok().map(Query::into_inner)
    };
    if let Some(parsed) = read(&parameters) {
        return parsed;
    }
    parameters.retain(|parameter| read(std::slice::from_ref(parameter)).is_some());
    read(&parameters).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
    struct Sample {
        next: Option<String>,
        page: Option<u32>,
    }

    #[test]
    fn every_query_is_read() {
        let sample = |next: Option<&str>, page| Sample { next: next.map(str::to_owned), page };
        for (query, expected) in [
            ("", sample(None, None)),
            ("next=/a&page=2", sample(Some("/a"), Some(2))),
            ("next=/a?b=1&next=2", sample(Some("/a?b=1"), None)),
            ("page=x&next=/a", sample(Some("/a"), None)),
            ("other=1&other=2&next=/a", sample(Some("/a"), None)),
            ("next", sample(Some(""), None)),
            ("next=%ff", sample(Some("\u{fffd}"), None)),
            ("&&=&%00", sample(None, None)),
        ] {
            assert_eq!(parse::<Sample>(query), expected, "{query}");
        }
    }
}
