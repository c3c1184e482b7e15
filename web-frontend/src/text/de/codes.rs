//! What has a code: failures, refusals, and what happened with an account.

pub(super) fn refusal(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_email" => "Schreiben Sie die Adresse in der Form name@domain.",
        "password_too_short" => "Das Passwort muss mindestens 8 Zeichen haben.",
        "password_too_long" => "Das Passwort darf höchstens 1024 Bytes lang sein.",
        "password_too_common" => {
            "Dieses Passwort wird mit als Erstes ausprobiert. Wählen Sie ein \
         anderes."
        }
        "password_leaked" => {
            "Dieses Passwort ist durch ein Leck einer anderen Website bekannt. Wählen Sie ein anderes."
        }
        "email_taken" => "Zu dieser Adresse gibt es schon ein Konto.",
        "invalid_credentials" => "Die E-Mail-Adresse oder das Passwort ist falsch.",
        "user_disabled" => "Dieses Konto ist gesperrt. Wenden Sie sich an die Betreiber dieser Website.",
        "link_invalid" => "Dieser Link gilt nicht mehr.",
        "invalid_code" => {
            "Dieser Code ist falsch oder abgelaufen. Geben Sie den ein, der gerade angezeigt wird."
        }
        "login_expired" => "Das hat zu lange gedauert. Bitte melden Sie sich noch einmal an.",
        "second_factor_required" => "Geben Sie auch einen Code ein.",
        "invalid_passkey" => {
            "Dieser Passkey wurde nicht angenommen. Versuchen Sie es noch einmal, oder wählen Sie einen \
             anderen Weg."
        }
        "passkey_known" => "Auf diesem Gerät gibt es schon einen Passkey für Ihr Konto.",
        "passkey_not_found" => "Diesen Passkey gibt es nicht mehr.",
        "too_many_passkeys" => "Mehr Passkeys sind nicht möglich. Entfernen Sie zuerst einen.",
        "invalid_name" => "Wählen Sie einen Namen mit 1 bis 60 Zeichen.",
        "last_factor" => {
            "Das ist Ihr letzter zweiter Schritt, und hier ist einer vorgeschrieben. Richten Sie zuerst \
             einen anderen ein."
        }
        "last_way_in" => {
            "Ohne ihn könnten Sie sich nicht mehr anmelden. Richten Sie zuerst einen anderen Weg ein."
        }
        "no_second_factor" => "Richten Sie zuerst eine Authenticator-App oder einen Passkey ein.",
        "factor_not_possible" => {
            "Das ist hier nicht möglich. Wenden Sie sich an die Betreiber dieser Website."
        }
        "totp_not_begun" => "Das hat zu lange gedauert. Beginnen Sie noch einmal.",
        "totp_present" => "Eine Authenticator-App ist schon eingerichtet. Entfernen Sie sie zuerst.",
        "confirmation_required" => "Bestätigen Sie zuerst, dass Sie es sind.",
        "mail_not_configured" => {
            "Diese Website verschickt keine E-Mails. Bitten Sie die Betreiber, Ihnen ein neues Passwort \
             einzurichten."
        }
        "busy" | "unavailable" => "Das ist gerade nicht möglich. Versuchen Sie es gleich noch einmal.",
        _ => return None,
    })
}

pub(super) fn detail(code: &str) -> Option<&'static str> {
    Some(match code {
        "not_found" => "Prüfen Sie die Adresse.",
        "method_not_allowed" => "Diese Seite lässt sich so nicht aufrufen.",
        "internal_error" => "Der Fehler wurde unter der Nummer unten festgehalten.",
        "invalid_query" => "Ein Teil der Adresse fehlt, ist falsch oder doppelt.",
        "invalid_form" => "Ein Feld fehlt, ist unbekannt oder doppelt.",
        "payload_too_large" => "Das Formular enthält zu viel Text.",
        "request_timeout" => "Senden Sie das Formular noch einmal.",
        "cross_site_request" => "Senden Sie das Formular von einer Seite dieser Website aus.",
        "missing_token" | "invalid_token" | "expired_token" | "session_revoked" | "user_not_found" => {
            "Bitte melden Sie sich noch einmal an."
        }
        "cookie_missing" | "cookie_other_name" | "cookie_other_host" | "cookie_duplicate" | "tls_missing"
        | "clock_skew" => {
            "Sie wurden mehrmals zur Anmeldung geschickt und gelten trotzdem nicht als angemeldet. \
             Wenden Sie sich mit dem folgenden Hinweis an die Betreiber dieser Website."
        }
        _ => return refusal(code),
    })
}

pub(super) fn title(code: &str) -> Option<&'static str> {
    Some(match code {
        "malformed_json" => "Die Anfrage ist kein JSON",
        "invalid_body" => "Die Anfrage hat eine andere Form",
        "invalid_form" => "Das Formular lässt sich nicht lesen",
        "invalid_query" => "Die Adresse lässt sich nicht lesen",
        "bad_request" => "Die Anfrage ist nicht zu verstehen",
        "unsupported_media_type" => "Die Anfrage hat einen anderen Inhaltstyp",
        "payload_too_large" => "Die Anfrage ist zu groß",
        "request_timeout" => "Die Anfrage hat zu lange gedauert",
        "not_found" => "Hier ist nichts",
        "method_not_allowed" => "So geht es nicht",
        "invalid_email" => "Die E-Mail-Adresse ist ungültig",
        "password_too_short" => "Das Passwort ist zu kurz",
        "password_too_long" => "Das Passwort ist zu lang",
        "password_too_common" => "Das Passwort ist leicht zu erraten",
        "password_leaked" => "Das Passwort ist durch ein Leck bekannt",
        "email_taken" => "Zu der Adresse gibt es ein Konto",
        "invalid_credentials" => "E-Mail-Adresse oder Passwort ist falsch",
        "second_factor_required" => "Ein zweiter Schritt fehlt",
        "invalid_code" => "Der Code ist falsch",
        "invalid_passkey" => "Der Passkey wurde nicht angenommen",
        "login_expired" => "Die Anmeldung hat zu lange gedauert",
        "confirmation_required" => "Bestätigen Sie, dass Sie es sind",
        "link_invalid" => "Dieser Link gilt nicht mehr",
        "mail_not_configured" => "Diese Website verschickt keine E-Mails",
        "factor_not_possible" => "Das ist hier nicht möglich",
        "totp_not_begun" => "Das Einrichten wurde nicht begonnen",
        "totp_present" => "Eine Authenticator-App ist schon eingerichtet",
        "no_second_factor" => "Es gibt keinen zweiten Schritt",
        "last_factor" => "Das ist der letzte zweite Schritt",
        "last_way_in" => "Das ist der letzte Weg hinein",
        "passkey_known" => "Diesen Passkey gibt es schon",
        "passkey_not_found" => "Diesen Passkey gibt es nicht",
        "too_many_passkeys" => "Es gibt zu viele Passkeys",
        "invalid_name" => "Dieser Name ist nicht möglich",
        "missing_token" => "Sie sind nicht angemeldet",
        "invalid_token" => "Ihre Anmeldung ist ungültig",
        "expired_token" => "Ihre Anmeldung ist abgelaufen",
        "user_not_found" => "Dieses Konto gibt es nicht",
        "user_disabled" => "Dieses Konto ist gesperrt",
        "session_revoked" => "Ihre Sitzung ist beendet",
        "cookie_missing" => "Das Anmelde-Cookie kommt nicht an",
        "cookie_other_name" => "Das Anmelde-Cookie hat einen anderen Namen",
        "cookie_other_host" => "Das Anmelde-Cookie gehört zu einer anderen Adresse",
        "cookie_duplicate" => "Statt einem kommen zwei Anmelde-Cookies an",
        "tls_missing" => "Die Seite wurde unverschlüsselt geöffnet",
        "clock_skew" => "Die Uhren dieser Website gehen verschieden",
        "cross_site_request" => "Die Anfrage kam von einer anderen Website",
        "stale_form" => "Das Formular ist veraltet",
        "too_many_attempts" => "Zu viele Versuche",
        "busy" => "Gerade ist zu viel los",
        "unavailable" => "Gerade nicht erreichbar",
        "internal_error" => "Hier ist etwas schiefgegangen",
        _ => return None,
    })
}

pub(super) fn kind(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "signed_up" => "Konto angelegt",
        "signed_in" => "Angemeldet",
        "sign_in_failed" => "Falsches Passwort",
        "second_factor_failed" => "Falscher Code",
        "signed_out" => "Abgemeldet",
        "session_ended" => "Ein Gerät abgemeldet",
        "sessions_ended" => "Andere Geräte abgemeldet",
        "password_changed" => "Passwort geändert",
        "password_reset_requested" => "Neues Passwort angefordert",
        "password_reset" => "Neues Passwort über einen Link gesetzt",
        "email_verified" => "Adresse bestätigt",
        "email_change_requested" => "Neue Adresse angegeben",
        "email_changed" => "Adresse geändert",
        "totp_added" => "Authenticator-App eingerichtet",
        "totp_removed" => "Authenticator-App entfernt",
        "recovery_codes_made" => "Wiederherstellungscodes erzeugt",
        "recovery_code_used" => "Wiederherstellungscode benutzt",
        "passkey_added" => "Passkey hinzugefügt",
        "passkey_renamed" => "Passkey umbenannt",
        "passkey_removed" => "Passkey entfernt",
        "confirmed" => "Identität bestätigt",
        "exported" => "Daten heruntergeladen",
        "account_disabled" => "Konto gesperrt",
        "account_enabled" => "Konto wieder freigegeben",
        "account_deleted" => "Konto gelöscht",
        "roles_changed" => "Rollen geändert",
        "factors_removed" => "Zweite Faktoren vom Betreiber entfernt",
        "imported" => "Konto aus einem anderen System übernommen",
        _ => return None,
    })
}
