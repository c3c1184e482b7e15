//! The extractor for submitted forms.

use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    web::{Bytes, Data, Query},
};
use drawbridge_http::problem::{Code, Problem};
use futures_util::future::LocalBoxFuture;
use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;

use crate::{app::App, submissions::SubmissionKey};

/// The fields of a form. Invalid UTF-8 is refused: with replacement characters, different passwords would
/// become equal. The extensions of the request get the [`SubmissionKey`].
pub(crate) struct Utf8Form<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Utf8Form<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let body = Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            if !is_form {
                let detail = "Send the form with Content-Type: application/x-www-form-urlencoded.";
                return Err(Problem::new(Code::UnsupportedMediaType, detail).into());
            }
            let body = body.await?;
            if let Some(app) = request.app_data::<Data<App>>() {
                let submission = SubmissionKey::new(&request, app.cookie.is_secure(), &body);
                request.extensions_mut().insert(submission);
            }
            Ok(Self(parse_form(&body)?))
        })
    }
}

fn parse_form<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let invalid = |detail: &'static str| Problem::new(Code::InvalidForm, detail);
    let text = str::from_utf8(body).map_err(|_| invalid("The form is not valid UTF-8."))?;
    percent_decode(body).decode_utf8().map_err(|_| invalid("The form is not valid UTF-8."))?;
    let fields =
        Query::<T>::from_query(text).map_err(|_| invalid("A field is missing, unknown or duplicated."))?;
    Ok(fields.into_inner())
}
