use drawbridge_core::id::MailJobId;
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use super::{
    SendError,
    config::MailSender,
    html::{escape, with_links},
};

/// The content of an e-mail, which is sent both as plain text and as HTML.
pub(super) struct Letter {
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) paragraphs: Vec<String>,
    pub(super) action: Option<Action>,
    /// Small print below the button.
    pub(super) notes: Vec<String>,
    /// Introduces the action's URL below the button.
    pub(super) link_label: &'static str,
    pub(super) footer: String,
    pub(super) language: &'static str,
}

/// A button.
pub(super) struct Action {
    pub(super) label: String,
    pub(super) url: String,
}

// Mail clients load no style sheets, so every element has its style in an attribute.
const TEXT_STYLE: &str = "margin:0 0 16px;font:16px/1.5 sans-serif";
const SMALL_STYLE: &str = "margin:0 0 12px;font:14px/1.5 sans-serif;color:#555d70";
const LINK_ATTRIBUTES: &str = " style=\"color:#2f5bd7\"";
const BUTTON_STYLE: &str = "display:inline-block;padding:12px 20px;border-radius:8px;background:#2f5bd7;color:#ffffff;\
                            font:bold 16px sans-serif;text-decoration:none";

impl Letter {
    /// The letter as plain text.
    pub(super) fn text(&self) -> String {
        let mut parts = self.paragraphs.clone();
        parts.extend(self.action.as_ref().map(|Action { label, url }| format!("{label}:\n{url}")));
        parts.extend(self.notes.iter().cloned());
        format!("{}\n\n-- \n{}\n", parts.join("\n\n"), self.footer)
    }

    /// The letter as HTML. It loads no resources.
    fn html(&self) -> String {
        let mut body: String = self.paragraphs.iter().map(|text| paragraph(TEXT_STYLE, text)).collect();
        body.extend(self.action.as_ref().map(button));
        body.extend(self.notes.iter().map(|text| paragraph(SMALL_STYLE, text)));
        if let Some(Action { url, .. }) = &self.action {
            body += &paragraph(SMALL_STYLE, &format!("{} {url}", self.link_label));
        }
        body += "<hr style=\"border:0;border-top:1px solid #d5d9e4;margin:24px 0 12px\">\n";
        body += &paragraph(SMALL_STYLE, &self.footer);
        format!(
            "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body style=\"margin:0;padding:24px\"><div style=\"max-width:560px;margin:0 auto\">\n{body}</div></body></html>\n",
            self.language,
            escape(&self.subject)
        )
    }

    /// The letter as a message (RFC 5322). Its ID is the same in every attempt to send it.
    pub(super) fn message(&self, from: &MailSender, id: MailJobId) -> Result<Message, SendError> {
        let to: Mailbox = self.to.parse().map_err(SendError::permanent)?;
        let domain = from.0.email.domain();
        let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(self.text());
        let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(self.html());
        Message::builder()
            .from(from.0.clone())
            .to(to)
            .message_id(Some(format!("<{id}@{domain}>")))
            .subject(self.subject.clone())
            // Prevents automatic replies such as vacation notices (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ))
            .multipart(MultiPart::alternative().singlepart(text).singlepart(html))
            .map_err(SendError::permanent)
    }
}

fn paragraph(style: &str, text: &str) -> String {
    format!("<p style=\"{style}\">{}</p>\n", with_links(text, LINK_ATTRIBUTES))
}

fn button(Action { label, url }: &Action) -> String {
    format!(
        "<p style=\"margin:24px 0\"><a href=\"{}\" style=\"{BUTTON_STYLE}\">{}</a></p>\n",
        escape(url),
        escape(label)
    )
}
