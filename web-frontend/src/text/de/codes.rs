//! German texts per code: page titles, explanations of errors, and the names of events in the activity log.

/// Explains an error next to the form. Without an entry, the page shows the API's own detail in English.
pub(super) fn refusal(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_email" => "Geben Sie eine gültige E-Mail-Adresse ein, zum Beispiel name@example.com.",
        "password_too_short" => "Das Passwort muss mindestens 8 Zeichen lang sein.",
        "password_too_long" => "Das Passwort darf höchstens 1024 Byte lang sein.",
        "password_too_common" => "Dieses Passwort ist zu leicht zu erraten. Wählen Sie ein anderes.",
        "password_leaked" => "Dieses Passwort ist in einem Datenleck aufgetaucht. Wählen Sie ein anderes.",
        "email_taken" => "Es gibt bereits ein Konto mit dieser E-Mail-Adresse.",
        "invalid_credentials" => "E-Mail-Adresse oder Passwort ist falsch.",
        "user_disabled" => "Dieses Konto ist gesperrt. Wenden Sie sich an den Betreiber dieser Website.",
        "link_invalid" => "Dieser Link ist nicht mehr gültig.",
        "invalid_code" => {
            "Dieser Code ist falsch, abgelaufen oder bereits verwendet. Geben Sie einen neuen Code ein."
        }
        "login_expired" => "Die Anmeldung hat zu lange gedauert. Bitte melden Sie sich noch einmal an.",
        "second_factor_required" => {
            "Geben Sie auch einen Code aus der App oder einen Wiederherstellungscode ein."
        }
        "invalid_passkey" => {
            "Dieser Passkey wurde nicht akzeptiert. Versuchen Sie es noch einmal oder nutzen Sie eine andere \
             Methode."
        }
        "passkey_known" => "Auf diesem Gerät gibt es bereits einen Passkey für Ihr Konto.",
        "passkey_not_found" => "Diesen Passkey gibt es nicht mehr.",
        "too_many_passkeys" => {
            "Sie haben die Höchstzahl an Passkeys erreicht. Entfernen Sie zuerst einen anderen."
        }
        "invalid_name" => "Wählen Sie einen Namen mit 1 bis 60 Zeichen.",
        "last_factor" => {
            "Das ist Ihr einziger zweiter Faktor, und diese Website verlangt einen. Fügen Sie zuerst einen \
             anderen hinzu."
        }
        "last_way_in" => {
            "Ohne diese Methode könnten Sie sich nicht anmelden. Richten Sie zuerst eine andere ein."
        }
        "no_second_factor" => "Richten Sie zuerst eine Authentifizierungs-App oder einen Passkey ein.",
        "factor_not_possible" => "Das ist auf dieser Website nicht verfügbar.",
        "totp_not_begun" => "Das Einrichten hat zu lange gedauert. Bitte beginnen Sie noch einmal.",
        "totp_present" => {
            "Es ist bereits eine Authentifizierungs-App eingerichtet. Entfernen Sie diese zuerst."
        }
        "confirmation_required" => "Bestätigen Sie zuerst Ihre Identität.",
        "mail_not_configured" => {
            "Diese Website verschickt keine E-Mails. Bitten Sie den Betreiber um ein neues Passwort."
        }
        "busy" | "unavailable" => "Das ist gerade nicht möglich. Versuchen Sie es gleich noch einmal.",
        _ => return None,
    })
}

/// Explains an error on a page of its own. Without an entry, the page shows the API's own detail in English.
pub(super) fn detail(code: &str) -> Option<&'static str> {
    Some(match code {
        "not_found" => "Unter dieser Adresse gibt es keine Seite.",
        "method_not_allowed" => "Diese Seite lässt sich so nicht aufrufen.",
        "internal_error" => "Der Fehler wurde unter der unten angegebenen ID protokolliert.",
        "invalid_query" => "Ein Teil der Webadresse fehlt, ist ungültig oder kommt doppelt vor.",
        "invalid_form" => "Ein Feld fehlt, ist unbekannt oder kommt doppelt vor.",
        "payload_too_large" => "Die Anfrage ist größer, als diese Website erlaubt.",
        "request_timeout" => "Bitte versuchen Sie es noch einmal.",
        "missing_role" => {
            "Ihr Konto darf diese Seite nicht sehen. Wenn Sie sie brauchen, wenden Sie sich an den Betreiber dieser Website."
        }
        "ambiguous_path" => "Diese Adresse enthält Zeichen, die hier nicht erlaubt sind.",
        "bad_redirect" => {
            "Die Anwendung unter dieser Adresse hat auf eine Seite verwiesen, die nicht erreichbar ist."
        }
        "cross_site_request" => {
            "Anfragen von anderen Websites werden nicht angenommen. Bitte öffnen Sie diese Website direkt \
             und versuchen Sie es noch einmal."
        }
        "stale_form" => "Bitte laden Sie die Seite neu und versuchen Sie es noch einmal.",
        "too_many_attempts" => "Versuchen Sie es später noch einmal.",
        "missing_token" | "invalid_token" | "expired_token" | "session_revoked" | "user_not_found" => {
            "Bitte melden Sie sich an. Wenn das nicht hilft, wenden Sie sich an den Betreiber dieser Website."
        }
        "cookie_missing" | "cookie_other_name" | "cookie_other_host" | "cookie_duplicate" | "tls_missing"
        | "clock_skew" => {
            "Sie wurden mehrmals zur Anmeldung weitergeleitet, werden aber weiterhin nicht als angemeldet \
             erkannt. Leiten Sie den folgenden Hinweis an den Betreiber dieser Website weiter."
        }
        _ => return refusal(code),
    })
}

/// The title of an error page.
pub(super) fn title(code: &str) -> Option<&'static str> {
    account_title(code).or_else(|| session_title(code)).or_else(|| request_title(code))
}

/// Titles of errors about accounts, passwords and second factors.
fn account_title(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_email" => "Ungültige E-Mail-Adresse",
        "password_too_short" => "Passwort zu kurz",
        "password_too_long" => "Passwort zu lang",
        "password_too_common" => "Passwort zu leicht zu erraten",
        "password_leaked" => "Passwort aus einem Datenleck",
        "email_taken" => "E-Mail-Adresse bereits vergeben",
        "invalid_credentials" => "E-Mail-Adresse oder Passwort falsch",
        "second_factor_required" => "Zweiter Faktor erforderlich",
        "invalid_code" => "Ungültiger Code",
        "invalid_passkey" => "Passkey nicht akzeptiert",
        "login_expired" => "Anmeldung abgelaufen",
        "confirmation_required" => "Bestätigen Sie Ihre Identität",
        "link_invalid" => "Link nicht mehr gültig",
        "mail_not_configured" => "E-Mail-Versand nicht eingerichtet",
        "factor_not_possible" => "Nicht verfügbar",
        "totp_not_begun" => "Einrichtung abgelaufen",
        "totp_present" => "Authentifizierungs-App bereits eingerichtet",
        "no_second_factor" => "Kein zweiter Faktor eingerichtet",
        "last_factor" => "Einziger zweiter Faktor",
        "last_way_in" => "Einzige Anmeldemethode",
        "passkey_known" => "Passkey bereits vorhanden",
        "passkey_not_found" => "Passkey nicht gefunden",
        "too_many_passkeys" => "Zu viele Passkeys",
        "invalid_name" => "Ungültiger Name",
        _ => return None,
    })
}

/// Titles of errors about sessions and their cookies.
fn session_title(code: &str) -> Option<&'static str> {
    Some(match code {
        "missing_token" => "Sie sind nicht angemeldet",
        "invalid_token" => "Ihre Sitzung ist ungültig",
        "expired_token" => "Ihre Sitzung ist abgelaufen",
        "user_not_found" => "Konto nicht gefunden",
        "user_disabled" => "Konto gesperrt",
        "session_revoked" => "Ihre Sitzung wurde beendet",
        "cookie_missing" => "Sitzungscookie fehlt",
        "cookie_other_name" => "Sitzungscookie hat einen anderen Namen",
        "cookie_other_host" => "Sitzungscookie gehört zu einer anderen Adresse",
        "cookie_duplicate" => "Mehrere Sitzungscookies",
        "tls_missing" => "Verbindung nicht verschlüsselt",
        "clock_skew" => "Serveruhren gehen unterschiedlich",
        _ => return None,
    })
}

/// Titles of errors about the request or the service.
fn request_title(code: &str) -> Option<&'static str> {
    Some(match code {
        "malformed_json" => "Ungültiges JSON",
        "invalid_body" | "bad_request" => "Ungültige Anfrage",
        "invalid_form" => "Ungültiges Formular",
        "invalid_query" => "Ungültige Webadresse",
        "unsupported_media_type" => "Inhaltstyp nicht unterstützt",
        "payload_too_large" => "Anfrage zu groß",
        "request_timeout" => "Zeitüberschreitung",
        "missing_role" => "Kein Zugriff auf diese Seite",
        "ambiguous_path" => "Ungültige Adresse",
        "bad_redirect" => "Seite nicht erreichbar",
        "not_found" => "Seite nicht gefunden",
        "method_not_allowed" => "Methode nicht erlaubt",
        "cross_site_request" => "Anfrage von einer anderen Website",
        "stale_form" => "Formular abgelaufen",
        "proof_required" => "Nachweis erforderlich",
        "invalid_audience" => "Zielgruppe nicht erlaubt",
        "invalid_proof" => "Nachweis ungültig",
        "unknown_key" => "Schlüssel unbekannt",
        "proof_replayed" => "Nachweis bereits verwendet",
        "origin_not_registered" => "Adresse der Website nicht registriert",
        "invalid_origin" => "Ungültige Adresse der Website",
        "origin_taken" => "Adresse der Website bereits vergeben",
        "too_many_previews" => "Zu viele Vorschauen",
        "too_many_attempts" => "Zu viele Versuche",
        "busy" => "Gerade überlastet",
        "unavailable" => "Vorübergehend nicht verfügbar",
        "internal_error" => "Etwas ist schiefgelaufen",
        _ => return None,
    })
}

/// Names an event in the activity log.
pub(super) fn kind(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "signed_up" => "Konto erstellt",
        "signed_in" => "Angemeldet",
        "sign_in_failed" => "Anmeldung oder Passwortprüfung fehlgeschlagen",
        "second_factor_failed" => "Zweiter Faktor abgelehnt",
        "signed_out" => "Abgemeldet",
        "session_ended" => "Gerät abgemeldet",
        "sessions_ended" => "Sitzungen beendet",
        "password_changed" => "Passwort geändert",
        "password_reset_requested" => "Zurücksetzen des Passworts angefordert",
        "password_reset" => "Passwort zurückgesetzt",
        "email_verified" => "E-Mail-Adresse bestätigt",
        "email_change_requested" => "Änderung der E-Mail-Adresse angefordert",
        "email_changed" => "E-Mail-Adresse geändert",
        "totp_added" => "Authentifizierungs-App eingerichtet",
        "totp_removed" => "Authentifizierungs-App entfernt",
        "recovery_codes_made" => "Wiederherstellungscodes erstellt",
        "recovery_code_used" => "Wiederherstellungscode verwendet",
        "passkey_added" => "Passkey hinzugefügt",
        "passkey_renamed" => "Passkey umbenannt",
        "passkey_removed" => "Passkey entfernt",
        "confirmed" => "Identität bestätigt",
        "exported" => "Daten heruntergeladen",
        "account_disabled" => "Konto gesperrt",
        "account_enabled" => "Konto entsperrt",
        "account_deleted" => "Konto gelöscht",
        "roles_changed" => "Rollen geändert",
        "factors_removed" => "Zweite Faktoren vom Betreiber entfernt",
        "imported" => "Konto aus einem anderen System importiert",
        _ => return None,
    })
}
