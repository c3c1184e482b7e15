use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{problem::Problem, problems, request_id::RequestId};
use drawbridge_verification::token::AcceptedTokens;

use crate::{
    access::{self, Demand},
    app::App,
    identity,
    verdict::{self, Verdict},
};

problems! {
    /// Why a gateway must not let a request through. Gateways see no other status.
    pub(super) GatewayProblems as 401:
        MissingToken, InvalidToken, ExpiredToken, UserNotFound, UserDisabled, SessionRevoked
}

problems! {
    /// Why a gateway must not let a signed-in user through: `GUARDED_PATHS` demands more.
    pub(super) AccessProblems as 403: MissingRole, ConfirmationRequired, AmbiguousPath
}

/// `GET /auth-request`: answers nginx with 200 and the user in headers, or with 401, because `auth_request` accepts no
/// other status. During an outage, the response is 503, which nginx reports as an error and never as a refusal.
#[utoipa::path(
    get,
    path = "/auth-request",
    operation_id = "check_request",
    tag = "Gateways",
    responses(
        (
            status = 200,
            description = "The client is signed in.",
            headers(
                ("x-auth-status" = String, description = "`signed-in`; `anonymous` with 401; `unknown` with 503."),
                ("x-auth-user-id" = String, description = "The user's ID."),
                ("x-auth-email" = String, description = "The user's e-mail address, in UTF-8."),
                ("x-auth-email-verified" = String, description = "Whether the address is theirs: `true` or `false`."),
                ("x-auth-roles" = String, description = "The user's roles, separated by commas."),
                ("x-auth-roles-omitted" = String, description = "`true` if the roles take more than 2 KiB; then x-auth-roles is empty.")
            )
        ),
        GatewayProblems,
        AccessProblems
    )
)]
pub(crate) async fn auth_request(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let verdict = verdict::verify(&app, request.headers(), AcceptedTokens::Session).await;
    respond(&app, &request, verdict, RequestId::of(&request).as_ref()).await
}

/// The response to a verdict.
pub(crate) async fn respond(
    app: &App,
    request: &HttpRequest,
    verdict: Verdict,
    request_id: Option<&RequestId>,
) -> Result<HttpResponse, Problem> {
    let demand = access::find_demand(app, request)?;
    match verdict {
        Ok(grant) if !access::is_granted(&demand, &grant) => Err(access::refusal(&demand)),
        Ok(grant) => Ok(identity::response_with_renewal(app, request, &grant, request_id).await),
        Err(refusal) if demand == Demand::Nothing => Ok(identity::response_without_user(&refusal)),
        Err(refusal) => Err(identity::refusal_problem(refusal)),
    }
}
