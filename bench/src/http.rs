//! One request at a time, for what is not measured.

use std::time::Duration;

use reqwest::{Client, Method};
use tokio::runtime::Runtime;

use crate::{
    answer::Answer,
    call::Call,
    failure::{Failure, Result},
};

/// A client.
pub(crate) struct Http {
    runtime: Runtime,
    client: Client,
}

impl Http {
    pub(crate) fn new() -> Result<Self> {
        drawbridge_core::tls::install_provider();
        let client = Client::builder()
            .timeout(Duration::from_secs(10))
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        Ok(Self { runtime: Runtime::new()?, client: client.build()? })
    }

    /// Runs async work of the product's libraries.
    pub(crate) fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Sends a request in the name of the person with the digits `hex`.
    pub(crate) fn send(&self, origin: &str, call: &Call, hex: &str, token: &str) -> Result<Answer> {
        let method = Method::from_bytes(call.method.as_bytes()).map_err(Failure::not_measured)?;
        let mut request = self.client.request(method, format!("{origin}{}", call.path));
        for (name, value) in &call.headers {
            request = request.header(*name, value.replace("$HEX", hex));
        }
        if call.brings_token() {
            request = request.header("cookie", format!("token={token}"));
        }
        let request = request.body(call.body.replace("$HEX", hex));
        self.runtime.block_on(async {
            let response = request.send().await?;
            let text = |value: &reqwest::header::HeaderValue| {
                value.to_str().map(str::to_owned).map_err(Failure::not_measured)
            };
            let headers =
                response.headers().iter().filter(|(name, _)| Answer::is_of_the_handler(name.as_str()));
            let headers = headers.map(|(name, value)| Ok((name.to_string(), text(value)?)));
            Ok(Answer {
                method: call.method.to_owned(),
                path: call.path.to_owned(),
                status: response.status().as_u16(),
                headers: headers.collect::<Result<_>>()?,
                body: response.text().await?,
            })
        })
    }
}
