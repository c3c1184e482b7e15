use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{
    openapi::{ApiDocument, render_api, render_problem},
    problem::{Code, Problem},
};

use crate::{
    app::App,
    language::Language,
    pages::{ApiPage, render},
};

/// `GET /openapi`: the JSON API of this origin as a page.
pub(crate) async fn show(
    app: web::Data<App>,
    document: web::Data<ApiDocument>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    show_page(&app, &request, "API", render_api(&document))
}

/// `GET /problems/{code}`: describes an error code. The `type` of every error response leads here.
pub(crate) async fn show_problem(
    app: web::Data<App>,
    request: HttpRequest,
    code: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let code = Code::find(&code).ok_or_else(|| Problem::new(Code::NotFound, "No error has this code."))?;
    show_page(&app, &request, code.title(), render_problem(code))
}

/// Shows a page for developers, which is the same for every visitor.
fn show_page(
    app: &App,
    request: &HttpRequest,
    title: &'static str,
    content: String,
) -> Result<HttpResponse, Problem> {
    let language = Language::from_headers(request.headers(), app.cookie.is_secure());
    let mut layout = app.layout(language);
    layout.has_menu = false;
    request.path().clone_into(&mut layout.current_path);
    render(&ApiPage { layout, title, content })
}
