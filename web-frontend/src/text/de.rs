//! German.

mod account;
mod codes;

use chrono::{DateTime, Datelike, Utc};
use codes::{detail, refusal, title};

use super::{
    Address, Enrol, Field, Forgot, Form, Frame, Home, Logout, Passkey, Private, Problems, Register, Reset,
    Second, SignIn, Text, Time,
};

pub(crate) const DE: Text = Text {
    frame: Frame {
        skip: "Zum Inhalt springen",
        navigation: "An- und Abmelden",
        sections: "Ihr Konto",
        account: "Konto",
        sign_in: "Anmelden",
        sign_up: "Registrieren",
        sign_out: "Abmelden",
        language: "Sprache",
        error: "Fehler: ",
        cancel: "Abbrechen",
    },
    field: Field {
        email: "E-Mail-Adresse",
        new_email: "Neue E-Mail-Adresse",
        password: "Passwort",
        current_password: "Aktuelles Passwort",
        new_password: "Neues Passwort",
        password_hint: "Mindestens 8 Zeichen. Am besten ein ganzer Satz oder ein Vorschlag Ihres \
                        Passwortmanagers.",
        show_password: "Passwort anzeigen",
        hide_password: "Passwort verbergen",
        strength: "Stärke:",
        strengths: ["sehr schwach", "schwach", "mittel", "gut", "stark"],
        code: "Code",
        recovery_code: "Wiederherstellungscode",
        code_or_recovery_code: "Code aus Ihrer App oder Wiederherstellungscode",
    },
    problem: Problems {
        title,
        refusal,
        detail,
        too_many_attempts: |wait| {
            format!(
                "Das waren zu viele Versuche. Versuchen Sie es in {wait} \
                                           erneut."
            )
        },
        still_signed_in: "Falls Sie angemeldet waren, sind Sie es weiterhin. Laden Sie die Seite gleich \
                          noch einmal.",
        stale_form: "Das Formular war veraltet, oder Ihr Browser speichert keine Cookies. Bitte senden \
                     Sie es noch einmal ab.",
        start: "Zur Startseite",
        number: "Wenn Sie um Hilfe bitten, nennen Sie diese Nummer:",
    },
    home: Home {
        title: "Willkommen",
        headline: "Das Tor steht allen offen, die hierher gehören.",
        signed_in: |email| format!("Sie sind angemeldet als {email}."),
        signed_out: "Melden Sie sich einmal an, bleiben Sie auf diesem Gerät angemeldet und sehen Sie \
                     jederzeit, wo sonst noch.",
        to_private: "Zur geschützten Seite",
        sign_up: "Konto anlegen",
        steps: [
            [
                "Anmelden",
                "Mit Passwort oder Passkey. Ihre Sitzung steckt in einem Cookie, das kein Skript lesen \
                 kann.",
            ],
            [
                "Eintreten",
                "Bei jedem Aufruf einer geschützten Seite wird geprüft, wer Sie sind und ob Sie noch \
                 hineindürfen.",
            ],
            [
                "Abmelden",
                "Ihre Sitzung endet auf dem Server, sofort und überall, nicht nur in diesem Browser.",
            ],
        ],
    },
    private: Private {
        title: "Geschützte Seite",
        badge: "Sie sind drin",
        signed_in_as: "Angemeldet als",
        since: "Seit",
        until: "Bis",
        at_the_latest: "Längstens bis",
    },
    sign_in: SignIn {
        form: Form { title: "Anmelden", intro: "", button: "Anmelden" },
        next: |path| format!("Melden Sie sich an, um {path} zu öffnen."),
        forgot: "Passwort vergessen?",
        no_account: "Noch kein Konto?",
        expired: "Das hat zu lange gedauert. Bitte melden Sie sich noch einmal an.",
    },
    second: Second {
        form: Form {
            title: "Noch ein Schritt",
            intro: "Geben Sie den Code ein, den Ihre Authenticator-App gerade anzeigt.",
            button: "Anmelden",
        },
        with_passkey: "Bestätigen Sie mit Ihrem Passkey, dass Sie es sind.",
        with_recovery_code: "Geben Sie einen Ihrer Wiederherstellungscodes ein. Jeder gilt nur einmal.",
        to_recovery_code: "Wiederherstellungscode verwenden",
        to_code: "Code aus der App verwenden",
        start_over: "Von vorn beginnen",
    },
    enrol: Enrol {
        title: "Zweiten Schritt einrichten",
        intro: "Hier melden sich alle in zwei Schritten an, damit ein Passwort allein nichts öffnet. Das \
                Einrichten dauert eine Minute.",
        authenticator: Form {
            title: "Authenticator-App",
            intro: "Eine App auf Ihrem Telefon zeigt einen Code an, den Sie nach dem Passwort eingeben.",
            button: "App einrichten",
        },
        passkey: Form {
            title: "Passkey",
            intro: "Ihr Fingerabdruck, Ihr Gesicht, eine PIN oder ein Sicherheitsschlüssel. Sicher vor \
                    Phishing.",
            button: "Passkey einrichten",
        },
    },
    passkey: Passkey {
        sign_in: "Mit Passkey anmelden",
        use_one: "Passkey verwenden",
        or: "oder",
        waiting: "Folgen Sie den Anweisungen Ihres Browsers.",
        cancelled: "Es wurde nichts bestätigt. Versuchen Sie es noch einmal, wenn Sie so weit sind.",
        known: "Auf diesem Gerät gibt es schon einen Passkey für Ihr Konto.",
        failed: "Das hat nicht geklappt. Versuchen Sie es noch einmal, oder wählen Sie einen anderen \
                 Weg.",
        needs_script: "Passkeys brauchen JavaScript und einen Browser, der sie unterstützt.",
    },
    register: Register {
        form: Form { title: "Konto anlegen", intro: "", button: "Registrieren" },
        have_account: "Sie haben schon ein Konto?",
        ready: "Ihr Konto ist eingerichtet. Melden Sie sich jetzt an.",
        sent_title: "Sehen Sie in Ihr Postfach",
        sent: |email| match email {
            Some(email) => {
                format!(
                    "Wir haben eine Nachricht an {email} geschickt. Öffnen Sie den Link darin, um \
                     fortzufahren."
                )
            }
            None => "Wir haben Ihnen eine Nachricht geschickt. Öffnen Sie den Link darin, um \
                     fortzufahren."
                .to_owned(),
        },
        sent_hint: "Nach ein paar Minuten noch nichts da? Sehen Sie im Spam-Ordner nach, und prüfen Sie \
                    die Adresse.",
    },
    address: Address {
        form: Form {
            title: "Adresse bestätigen",
            intro: "Geben Sie Ihr Passwort ein, um zu bestätigen, dass diese Adresse Ihnen gehört.",
            button: "Bestätigen",
        },
        change: Form {
            title: "Adresse ändern",
            intro: "Künftig melden Sie sich mit dieser Adresse an.",
            button: "Diese Adresse verwenden",
        },
        confirmed: "Ihre Adresse ist bestätigt.",
        changed: "Ihre Adresse ist geändert.",
        invalid_title: "Dieser Link gilt nicht mehr",
        invalid: "Er wurde schon benutzt, durch einen neueren ersetzt oder ist abgelaufen.",
        invalid_hint: "Wenn Sie ihn gerade erst benutzt haben, ist alles in Ordnung: Melden Sie sich an.",
    },
    forgot: Forgot {
        form: Form {
            title: "Passwort vergessen?",
            intro: "Geben Sie Ihre Adresse ein. Wir schicken Ihnen einen Link, mit dem Sie ein neues \
                    Passwort wählen.",
            button: "Link anfordern",
        },
        sent_title: "Sehen Sie in Ihr Postfach",
        sent: |email| match email {
            Some(email) => {
                format!(
                    "Wenn es zu {email} hier ein Konto gibt, ist eine Nachricht mit einem Link unterwegs."
                )
            }
            None => "Wenn es zu dieser Adresse hier ein Konto gibt, ist eine Nachricht mit einem Link \
                 unterwegs."
                .to_owned(),
        },
        sent_hint: "Der Link gilt einmal und nicht lange. Noch nichts da? Sehen Sie im Spam-Ordner nach.",
        back: "Zurück zur Anmeldung",
    },
    reset: Reset {
        form: Form {
            title: "Neues Passwort wählen",
            intro: "Sie werden auf allen Geräten abgemeldet.",
            button: "Passwort speichern",
        },
        done: "Ihr Passwort ist geändert. Melden Sie sich mit dem neuen an.",
        ask_again: "Neuen Link anfordern",
    },
    logout: Logout {
        form: Form {
            title: "Abmelden?",
            intro: "Ihre Sitzung auf diesem Gerät endet sofort auf allen Servern.",
            button: "Abmelden",
        },
        stay: "Angemeldet bleiben",
        done: "Sie sind abgemeldet.",
        not_now: "Sie sind noch angemeldet, denn das Abmelden ist gerade nicht möglich. Versuchen Sie es \
                  gleich noch einmal.",
    },
    overview: account::OVERVIEW,
    password: account::PASSWORD,
    email: account::EMAIL,
    authenticator: account::AUTHENTICATOR,
    recovery_codes: account::RECOVERY_CODES,
    passkeys: account::PASSKEYS,
    sessions: account::SESSIONS,
    activity: account::ACTIVITY,
    data: account::DATA,
    delete: account::DELETE,
    confirm: account::CONFIRM,
    time: Time {
        moment,
        units: [["Sekunde", "Sekunden"], ["Minute", "Minuten"], ["Stunde", "Stunden"], ["Tag", "Tage"]],
        and: " und ",
    },
};

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

fn moment(at: DateTime<Utc>) -> String {
    let month = MONTHS.get(at.month0() as usize).copied().unwrap_or_default();
    format!("{}. {month} {}, {} Uhr (UTC)", at.day(), at.year(), at.format("%H:%M"))
}
