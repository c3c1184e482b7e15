//! Handlers that replay a captured response.

use std::{net::SocketAddr, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder,
    http::{
        Method, StatusCode,
        header::{HeaderName, HeaderValue},
    },
    web,
};
use bench::captured_response::{CapturedResponse, USER_HEADER};
use clap::Args;
use diesel::{QueryDsl, RunQueryDsl};
use drawbridge_core::{id::UserId, metrics::Metrics, settings::Timeouts};
use drawbridge_database::{Access, Database, DatabaseUrl, on_backend, schema::users};
use drawbridge_http::health;
use redis::{
    AsyncCommands, Client,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

/// How long Redis may take to accept a connection or to answer.
const REDIS_TIMEOUT: Duration = Duration::from_millis(250);

#[derive(Args)]
pub(crate) struct RedisGetArgs {
    /// URL of Redis
    #[arg(long)]
    url: String,
    /// Start of a record's key: everything before the user's ID
    #[arg(long)]
    prefix: String,
}

#[derive(Args)]
pub(crate) struct UserQueryArgs {
    /// URL of the database
    #[arg(long, value_name = "URL")]
    database_url: String,
}

/// A parsed response, ready to be replayed.
#[derive(Clone)]
struct CannedResponse {
    path: String,
    method: Method,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: web::Bytes,
}

impl TryFrom<CapturedResponse> for CannedResponse {
    type Error = anyhow::Error;

    fn try_from(captured: CapturedResponse) -> anyhow::Result<Self> {
        let headers = captured.headers.iter().map(|(name, value)| Ok((name.parse()?, value.parse()?)));
        Ok(Self {
            method: captured.method.parse()?,
            status: StatusCode::from_u16(captured.status)?,
            headers: headers.collect::<anyhow::Result<_>>()?,
            path: captured.path,
            body: captured.body.into(),
        })
    }
}

impl CannedResponse {
    fn replay(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in &self.headers {
            response.insert_header(header.clone());
        }
        response.body(self.body.clone())
    }
}

/// Serves one handler at the path of the response. A macro, because handlers have no common nameable type.
macro_rules! serve {
    ($address:expr, $canned:expr, $state:expr, $handler:expr) => {{
        let canned = $canned;
        let state = $state;
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(canned.clone()))
                .app_data(web::Data::new(state.clone()))
                .route(&canned.path, web::route().method(canned.method.clone()).to($handler))
                .route("/health/live", web::get().to(health::live))
        });
        Ok(server.bind($address)?.run().await?)
    }};
}

pub(crate) async fn serve_nothing(address: SocketAddr, response: CapturedResponse) -> anyhow::Result<()> {
    serve!(address, CannedResponse::try_from(response)?, (), replay_only)
}

async fn replay_only(canned: web::Data<CannedResponse>) -> impl Responder {
    canned.replay()
}

#[derive(Clone)]
struct RedisRecords {
    connection: ConnectionManager,
    key_prefix: String,
}

pub(crate) async fn serve_redis_get(
    address: SocketAddr,
    response: CapturedResponse,
    args: RedisGetArgs,
) -> anyhow::Result<()> {
    // This is the library's own way to share a connection. The first request opens the connection, on the
    // thread that handles the request.
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(REDIS_TIMEOUT))
        .set_response_timeout(Some(REDIS_TIMEOUT));
    let connection = ConnectionManager::new_lazy_with_config(Client::open(args.url)?, config)?;
    let records = RedisRecords { connection, key_prefix: args.prefix };
    serve!(address, CannedResponse::try_from(response)?, records, get_and_replay)
}

async fn get_and_replay(
    request: HttpRequest,
    canned: web::Data<CannedResponse>,
    records: web::Data<RedisRecords>,
) -> HttpResponse {
    let key = format!("{}{}", records.key_prefix, user_header(&request));
    match records.connection.clone().get::<_, Option<Vec<u8>>>(key).await {
        Ok(Some(_)) => canned.replay(),
        _ => HttpResponse::InternalServerError().finish(),
    }
}

pub(crate) async fn serve_user_query(
    address: SocketAddr,
    response: CapturedResponse,
    args: UserQueryArgs,
) -> anyhow::Result<()> {
    let url = DatabaseUrl::parse(&args.database_url).map_err(anyhow::Error::msg)?;
    let database = Database::new(url, Access::Read, Timeouts::default(), &Metrics::new());
    serve!(address, CannedResponse::try_from(response)?, database, query_and_replay)
}

async fn query_and_replay(
    request: HttpRequest,
    canned: web::Data<CannedResponse>,
    database: web::Data<Database>,
) -> HttpResponse {
    let Ok(id) = user_header(&request).parse::<UserId>() else { return HttpResponse::BadRequest().finish() };
    let found = database.query(move |connection| {
        on_backend!(connection, |c| {
            users::table
                .find(id)
                .select((users::id, users::email, users::version))
                .first::<(UserId, String, i64)>(c)
        })
    });
    match found.await {
        Ok(_) => canned.replay(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn user_header(request: &HttpRequest) -> &str {
    request.headers().get(USER_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
