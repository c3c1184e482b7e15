//! HTTP client for the requests that are not measured.

use std::time::Duration;

use reqwest::{Client, Method};
use tokio::runtime::Runtime;

use crate::{
    captured_response::CapturedResponse,
    error::{MeasurementError, Result},
    request_template::RequestTemplate,
    server::ServerProcess,
    simulated_users::SimulatedUser,
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A blocking HTTP client that opens a new connection for each request.
pub(crate) struct HttpClient {
    runtime: Runtime,
    client: Client,
}

impl HttpClient {
    pub(crate) fn new() -> Result<Self> {
        drawbridge_core::tls::install_provider();
        let client = Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { runtime: Runtime::new()?, client })
    }

    /// Runs a future of the product's libraries to completion.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Sends a request on behalf of `user`. The response must have status 200.
    pub(crate) fn capture(
        &self,
        server: &ServerProcess,
        template: &RequestTemplate,
        user: &SimulatedUser,
    ) -> Result<CapturedResponse> {
        self.send(server, template, user)?.into_success()
    }

    /// Sends a request on behalf of `user`.
    pub(crate) fn send(
        &self,
        server: &ServerProcess,
        template: &RequestTemplate,
        user: &SimulatedUser,
    ) -> Result<CapturedResponse> {
        let method =
            Method::from_bytes(template.method.as_bytes()).map_err(MeasurementError::not_measured)?;
        let mut request = self.client.request(method, format!("{}{}", server.origin(), template.path));
        for (name, value) in &template.headers {
            request = request.header(*name, value.replace("$HEX", &user.hex()));
        }
        if template.has_token() {
            request = request.header("cookie", format!("token={}", user.token));
        }
        let request = request.body(template.body.replace("$HEX", &user.hex()));
        self.runtime.block_on(async {
            let response = request.send().await?;
            let mut headers = Vec::new();
            for (name, value) in response.headers() {
                if CapturedResponse::is_handler_header(name.as_str()) {
                    let value = value.to_str().map_err(MeasurementError::not_measured)?;
                    headers.push((name.to_string(), value.to_owned()));
                }
            }
            Ok(CapturedResponse {
                method: template.method.to_owned(),
                path: template.path.to_owned(),
                status: response.status().as_u16(),
                headers,
                body: response.text().await?,
            })
        })
    }
}
