//! German.

mod account;
mod codes;

use chrono::{DateTime, Datelike, Utc};
use codes::{detail, refusal, title};

use super::{
    AddressTexts, Enrol, Field, Forgot, Form, Frame, Home, Logout, Passkey, Private, Problems, Register,
    Reset, Second, SignIn, Text, Time,
};

pub(crate) const DE: Text = Text {
    frame: Frame {
        skip: "Zum Inhalt springen",
        navigation: "Hauptmenü",
        sections: "Kontoeinstellungen",
        account: "Konto",
        sign_in: "Anmelden",
        sign_up: "Konto erstellen",
        sign_out: "Abmelden",
        language: "Sprache",
        error: "Fehler: ",
        cancel: "Abbrechen",
        one_moment: "Einen Moment …",
        go_on: "Weiter",
    },
    field: Field {
        email: "E-Mail-Adresse",
        new_email: "Neue E-Mail-Adresse",
        password: "Passwort",
        current_password: "Aktuelles Passwort",
        new_password: "Neues Passwort",
        password_hint: "Mindestens 8 Zeichen. Am besten eine Passphrase oder ein generiertes Passwort.",
        show_password: "Passwort anzeigen",
        hide_password: "Passwort ausblenden",
        strength: "Stärke:",
        strengths: ["sehr schwach", "schwach", "mittel", "gut", "stark"],
        code: "Code",
        recovery_code: "Wiederherstellungscode",
        code_or_recovery_code: "Code aus der App oder Wiederherstellungscode",
    },
    problem: Problems {
        title,
        refusal,
        detail,
        too_many_attempts: |wait| {
            format!("Zu viele Versuche. Versuchen Sie es in {} noch einmal.", dative(wait))
        },
        still_signed_in: "Falls Sie angemeldet waren, sind Sie es weiterhin. Laden Sie die Seite gleich neu.",
        stale_form: "Das Formular ist abgelaufen oder Ihr Browser blockiert Cookies. Bitte versuchen Sie es \
                     noch einmal.",
        home: "Zur Startseite",
        request_id: "Geben Sie diese ID an, wenn Sie sich an den Support wenden:",
    },
    home: Home {
        title: "Willkommen",
        headline: "Einmal anmelden. Auf diesem Gerät angemeldet bleiben.",
        signed_in: |email| format!("Sie sind als {email} angemeldet."),
        signed_out: "Sie sehen jederzeit, auf welchen Geräten Sie angemeldet sind, und können jedes davon \
                     abmelden.",
        to_private: "Geschützte Seite öffnen",
        sign_up: "Konto erstellen",
        steps: [
            [
                "Anmelden",
                "Mit Passwort oder Passkey. Ihre Sitzung wird in einem Cookie gespeichert, das kein Skript \
                 auslesen kann.",
            ],
            [
                "Geschützte Seite öffnen",
                "Bei jedem Aufruf wird geprüft, wer Sie sind und ob Sie noch Zugriff haben.",
            ],
            ["Abmelden", "Ihre Sitzung endet sofort auf dem Server, nicht nur in diesem Browser."],
        ],
    },
    private: Private {
        title: "Geschützte Seite",
        badge: "Angemeldet",
        signed_in_as: "Angemeldet als",
        since: "Seit",
        until: "Läuft bei Inaktivität ab",
        at_the_latest: "Läuft spätestens ab",
    },
    sign_in: SignIn {
        form: Form { title: "Anmelden", intro: "", button: "Anmelden" },
        next: |path| format!("Melden Sie sich an, um {path} zu öffnen."),
        forgot: "Passwort vergessen?",
        no_account: "Noch kein Konto?",
        expired: "Die Anmeldung hat zu lange gedauert. Bitte melden Sie sich noch einmal an.",
    },
    second: Second {
        form: Form {
            title: "Zwei-Faktor-Authentifizierung",
            intro: "Geben Sie den Code aus Ihrer Authentifizierungs-App ein.",
            button: "Anmelden",
        },
        with_passkey: "Schließen Sie die Anmeldung mit Ihrem Passkey ab.",
        with_recovery_code: "Geben Sie einen Ihrer Wiederherstellungscodes ein. Jeder Code ist nur einmal \
                             gültig.",
        to_recovery_code: "Wiederherstellungscode verwenden",
        to_code: "Authentifizierungs-App verwenden",
        start_over: "Von vorn beginnen",
    },
    enrol: Enrol {
        title: "Zwei-Faktor-Authentifizierung einrichten",
        intro: "Diese Website verlangt einen zweiten Faktor, damit das Passwort allein nicht zum Anmelden \
                genügt. Das Einrichten dauert etwa eine Minute.",
        authenticator: Form {
            title: "Authentifizierungs-App",
            intro: "Eine App auf Ihrem Smartphone zeigt einen Code an, den Sie nach dem Passwort eingeben.",
            button: "App einrichten",
        },
        passkey: Form {
            title: "Passkey",
            intro: "Per Fingerabdruck, Gesicht, PIN oder Sicherheitsschlüssel. Schützt Sie vor Phishing.",
            button: "Passkey einrichten",
        },
    },
    passkey: Passkey {
        sign_in: "Mit Passkey anmelden",
        use_one: "Passkey verwenden",
        or: "oder",
        waiting: "Folgen Sie den Anweisungen Ihres Browsers.",
        cancelled: "Der Vorgang wurde nicht abgeschlossen. Versuchen Sie es noch einmal, wenn Sie so weit \
                    sind.",
        already_registered: "Auf diesem Gerät gibt es bereits einen Passkey für Ihr Konto.",
        failed: "Etwas ist schiefgelaufen. Versuchen Sie es noch einmal oder nutzen Sie eine andere Methode.",
        needs_script: "Passkeys benötigen JavaScript und einen Browser, der sie unterstützt.",
    },
    register: Register {
        form: Form { title: "Konto erstellen", intro: "", button: "Konto erstellen" },
        have_account: "Sie haben bereits ein Konto?",
        ready: "Ihr Konto ist eingerichtet. Melden Sie sich jetzt an.",
        sent_title: "Prüfen Sie Ihren Posteingang",
        sent: |email| match email {
            Some(email) => {
                format!(
                    "Wir haben eine E-Mail an {email} geschickt. Öffnen Sie den Link darin, um fortzufahren."
                )
            }
            None => "Wir haben Ihnen eine E-Mail geschickt. Öffnen Sie den Link darin, um fortzufahren."
                .to_owned(),
        },
        sent_hint: "Nach ein paar Minuten noch keine E-Mail da? Sehen Sie im Spam-Ordner nach und prüfen \
                    Sie, ob die Adresse stimmt.",
    },
    address: AddressTexts {
        form: Form {
            title: "E-Mail-Adresse bestätigen",
            intro: "Geben Sie Ihr Passwort ein, um zu bestätigen, dass diese E-Mail-Adresse Ihnen gehört.",
            button: "Bestätigen",
        },
        change: Form {
            title: "Neue E-Mail-Adresse bestätigen",
            intro: "Geben Sie zur Bestätigung Ihr Passwort ein. Danach melden Sie sich mit dieser Adresse \
                    an.",
            button: "Bestätigen",
        },
        confirmed: "Ihre E-Mail-Adresse wurde bestätigt.",
        changed: "Ihre E-Mail-Adresse wurde geändert.",
        invalid_title: "Dieser Link ist nicht mehr gültig",
        invalid: "Er ist abgelaufen, wurde bereits verwendet oder durch einen neueren ersetzt.",
        invalid_hint: "Wenn Sie ihn gerade eben verwendet haben, hat alles geklappt. Sie können sich \
                       anmelden.",
    },
    forgot: Forgot {
        form: Form {
            title: "Passwort vergessen?",
            intro: "Geben Sie Ihre E-Mail-Adresse ein. Wir schicken Ihnen einen Link, mit dem Sie Ihr \
                    Passwort zurücksetzen können.",
            button: "Link anfordern",
        },
        sent_title: "Prüfen Sie Ihren Posteingang",
        sent: |email| match email {
            Some(email) => {
                format!(
                    "Wenn es ein Konto für {email} gibt, erhalten Sie in Kürze eine E-Mail mit einem Link \
                     zum Zurücksetzen des Passworts."
                )
            }
            None => {
                "Wenn es ein Konto für diese Adresse gibt, erhalten Sie in Kürze eine E-Mail mit einem Link \
                 zum Zurücksetzen des Passworts."
                    .to_owned()
            }
        },
        sent_hint: "Der Link ist nur kurze Zeit und nur einmal gültig. Noch keine E-Mail da? Sehen Sie im \
                    Spam-Ordner nach.",
        back: "Zurück zur Anmeldung",
    },
    reset: Reset {
        form: Form {
            title: "Neues Passwort wählen",
            intro: "Sie werden dabei auf allen Geräten abgemeldet.",
            button: "Passwort zurücksetzen",
        },
        done: "Ihr Passwort wurde zurückgesetzt. Melden Sie sich mit dem neuen Passwort an.",
        ask_again: "Neuen Link anfordern",
    },
    logout: Logout {
        form: Form {
            title: "Abmelden?",
            intro: "Sie werden auf diesem Gerät sofort abgemeldet.",
            button: "Abmelden",
        },
        stay: "Angemeldet bleiben",
        done: "Sie wurden abgemeldet.",
        not_now: "Sie sind noch angemeldet: Das Abmelden ist gerade nicht möglich. Versuchen Sie es gleich \
                  noch einmal.",
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

/// Puts a length of time in the dative case: "7 Tage" becomes "7 Tagen". The other units do not change.
fn dative(length: &str) -> String {
    let words = length.split(' ').map(|word| if word == "Tage" { "Tagen" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
