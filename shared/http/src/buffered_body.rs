use std::future::ready;

use actix_web::{
    dev::{Payload, ServiceRequest},
    http::StatusCode,
    web::Bytes,
};
use futures_util::stream;

use crate::{
    extractors::too_large,
    problem::{Code, Problem},
};

/// Reads the body of a request before its handler does, and puts it back for the handler. The size limit is that of
/// `web::Bytes`.
///
/// # Errors
/// The body is too large, or the client did not send all of it.
pub async fn buffer_body(request: &mut ServiceRequest) -> Result<Bytes, Problem> {
    let body =
        request.extract::<Bytes>().await.map_err(|error| match error.as_response_error().status_code() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(),
            _ => Problem::new(Code::BadRequest, "The body could not be read completely."),
        })?;
    request.set_payload(Payload::Stream { payload: Box::pin(stream::once(ready(Ok(body.clone())))) });
    Ok(body)
}

#[cfg(test)]
mod tests {
    use actix_web::{test::TestRequest, web};

    use super::*;
    use crate::BODY_LIMIT_BYTES;

    async fn buffer(length: usize) -> (ServiceRequest, Result<Bytes, Problem>) {
        let limit = web::PayloadConfig::new(BODY_LIMIT_BYTES);
        let request = TestRequest::post().app_data(limit).set_payload(vec![b'a'; length]);
        let mut request = request.to_srv_request();
        let body = buffer_body(&mut request).await;
        (request, body)
    }

    #[actix_web::test]
    async fn a_handler_still_receives_the_body() {
        for length in [0, 1, BODY_LIMIT_BYTES] {
            let (mut request, body) = buffer(length).await;

            let again = request.extract::<Bytes>().await.unwrap();

            assert_eq!(again.len(), length);
            assert_eq!(body.unwrap(), again);
        }
    }

    #[actix_web::test]
    async fn a_body_over_the_limit_is_refused() {
        let (_, body) = buffer(BODY_LIMIT_BYTES + 1).await;

        assert_eq!(body.unwrap_err().code(), Code::PayloadTooLarge);
    }
}
