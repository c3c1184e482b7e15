//! Handlers that give an answer of the product, byte by byte.

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder,
    http::{
        Method, StatusCode,
        header::{HeaderName, HeaderValue},
    },
    web,
};
use bench::answer::{Answer, USER_HEADER};
use clap::Args;
use diesel::{QueryDsl, RunQueryDsl};
use drawbridge_core::{id::UserId, metrics::Metrics, settings::Timeouts};
use drawbridge_database::{Access, Database, DatabaseUrl, on_backend, schema::users};
use drawbridge_http::health;
use redis::{
    AsyncCommands, Client,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

#[derive(Args)]
pub(crate) struct RedisGet {
    #[arg(long)]
    url: String,
    /// What the record's key begins with; the user's id follows
    #[arg(long)]
    prefix: String,
}

#[derive(Args)]
pub(crate) struct UserQuery {
    #[arg(long)]
    database_url: String,
}

/// An answer, ready to be given.
#[derive(Clone)]
struct Canned {
    path: String,
    method: Method,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: web::Bytes,
}

impl TryFrom<Answer> for Canned {
    type Error = anyhow::Error;

    fn try_from(answer: Answer) -> anyhow::Result<Self> {
        let headers = answer.headers.iter().map(|(name, value)| Ok((name.parse()?, value.parse()?)));
        Ok(Self {
            method: answer.method.parse()?,
            status: StatusCode::from_u16(answer.status)?,
            headers: headers.collect::<anyhow::Result<_>>()?,
            path: answer.path,
            body: answer.body.into(),
        })
    }
}

impl Canned {
    fn give(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in &self.headers {
            response.insert_header(header.clone());
        }
        response.body(self.body.clone())
    }
}

/// Serves one handler at the answer's path.
macro_rules! serve {
    ($address:expr, $canned:expr, $state:expr, $handler:expr) => {{
        let (canned, state) = ($canned, $state);
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

pub(crate) async fn serve_nothing(address: (&str, u16), answer: Answer) -> anyhow::Result<()> {
    serve!(address, Canned::try_from(answer)?, (), nothing)
}

async fn nothing(canned: web::Data<Canned>) -> impl Responder {
    canned.give()
}

#[derive(Clone)]
struct Records {
    connection: ConnectionManager,
    prefix: String,
}

pub(crate) async fn serve_redis_get(
    address: (&str, u16),
    answer: Answer,
    floor: RedisGet,
) -> anyhow::Result<()> {
    // The library's own way to hold a connection: made by the first who asks, on the thread that answers.
    let limit = Some(std::time::Duration::from_millis(250));
    let config = ConnectionManagerConfig::new().set_connection_timeout(limit).set_response_timeout(limit);
    let client = Client::open(floor.url)?;
    let connection = ConnectionManager::new_lazy_with_config(client, config)?;
    let records = Records { connection, prefix: floor.prefix };
    serve!(address, Canned::try_from(answer)?, records, redis_get)
}

async fn redis_get(
    request: HttpRequest,
    canned: web::Data<Canned>,
    records: web::Data<Records>,
) -> HttpResponse {
    let key = format!("{}{}", records.prefix, user_text(&request));
    match records.connection.clone().get::<_, Option<Vec<u8>>>(key).await {
        Ok(Some(_)) => canned.give(),
        _ => HttpResponse::InternalServerError().finish(),
    }
}

pub(crate) async fn serve_user_query(
    address: (&str, u16),
    answer: Answer,
    floor: UserQuery,
) -> anyhow::Result<()> {
    let url = DatabaseUrl::parse(&floor.database_url).map_err(anyhow::Error::msg)?;
    let database = Database::new(url, Access::Read, Timeouts::default(), &Metrics::new());
    serve!(address, Canned::try_from(answer)?, database, user_query)
}

async fn user_query(
    request: HttpRequest,
    canned: web::Data<Canned>,
    database: web::Data<Database>,
) -> HttpResponse {
    let Ok(id) = user_text(&request).parse::<UserId>() else { return HttpResponse::BadRequest().finish() };
    let found = database.query(move |connection| {
        on_backend!(connection, |c| {
            users::table
                .find(id)
                .select((users::id, users::email, users::version))
                .first::<(UserId, String, i64)>(c)
        })
    });
    match found.await {
        Ok(_) => canned.give(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn user_text(request: &HttpRequest) -> &str {
    request.headers().get(USER_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
