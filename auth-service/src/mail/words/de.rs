//! E-mail texts in German.

use super::phrases::{Phrase, Words};

pub(super) static WORDS: Words = Words {
    tag: "de",
    register: Phrase {
        subject: "Bestätigen Sie Ihre E-Mail-Adresse für {site}",
        body: &[
            "Jemand, hoffentlich Sie selbst, möchte bei {site} ein Konto mit der E-Mail-Adresse {email} \
             erstellen.",
            "Bestätigen Sie dafür die Adresse und geben Sie das gewählte Passwort ein. Wenn Sie das nicht \
             waren, können Sie diese E-Mail ignorieren: Ohne diesen Link wird kein Konto erstellt.",
        ],
        action: "E-Mail-Adresse bestätigen",
    },
    register_known: Phrase {
        subject: "Sie haben bereits ein Konto bei {site}",
        body: &[
            "Jemand, vielleicht Sie selbst, wollte bei {site} ein Konto mit der E-Mail-Adresse {email} \
             erstellen. Zu dieser Adresse gibt es bereits ein Konto.",
            "Wenn Sie das waren, melden Sie sich einfach an. Falls Sie Ihr Passwort vergessen haben, können \
             Sie es auf der Anmeldeseite zurücksetzen. Wenn Sie das nicht waren, müssen Sie nichts tun.",
        ],
        action: "Anmelden",
    },
    verify: Phrase {
        subject: "Bestätigen Sie Ihre E-Mail-Adresse für {site}",
        body: &["Bitte bestätigen Sie, dass {email} Ihre E-Mail-Adresse ist, damit {site} Ihnen einen Link \
                 schicken kann, falls Sie Ihr Passwort vergessen."],
        action: "E-Mail-Adresse bestätigen",
    },
    reset: Phrase {
        subject: "Setzen Sie Ihr Passwort für {site} zurück",
        body: &[
            "Jemand, hoffentlich Sie selbst, möchte das Passwort für das Konto {email} bei {site} \
             zurücksetzen.",
            "Über den Link können Sie ein neues Passwort wählen. Sie werden dabei auf allen Geräten \
             abgemeldet. Wenn Sie das nicht waren, können Sie diese E-Mail ignorieren: Ihr Passwort bleibt \
             unverändert.",
        ],
        action: "Neues Passwort wählen",
    },
    change_address: Phrase {
        subject: "Bestätigen Sie Ihre neue E-Mail-Adresse für {site}",
        body: &[
            "Jemand, hoffentlich Sie selbst, möchte {email} als neue E-Mail-Adresse für ein Konto bei {site} \
             verwenden. Bitte bestätigen Sie die Änderung.",
            "Wenn Sie das nicht waren, können Sie diese E-Mail ignorieren: Es ändert sich nichts.",
        ],
        action: "E-Mail-Adresse bestätigen",
    },
    address_taken: Phrase {
        subject: "Zu dieser E-Mail-Adresse gibt es bereits ein Konto bei {site}",
        body: &[
            "Jemand, vielleicht Sie selbst, wollte {email} für ein anderes Konto bei {site} verwenden. Die \
             Adresse gehört bereits zu einem Konto. Deshalb wurde nichts geändert.",
        ],
        action: "",
    },
    address_change_requested: Phrase {
        subject: "Ihre E-Mail-Adresse bei {site} soll geändert werden",
        body: &[
            "Die E-Mail-Adresse Ihres Kontos bei {site} wird in {email} geändert, sobald die neue Adresse \
             bestätigt ist. Den Bestätigungslink haben wir dorthin geschickt.",
        ],
        action: "",
    },
    address_changed: Phrase {
        subject: "Ihre E-Mail-Adresse bei {site} wurde geändert",
        body: &[
            "Die E-Mail-Adresse Ihres Kontos bei {site} lautet jetzt {email}. Ab sofort schicken wir E-Mails \
             an diese Adresse.",
        ],
        action: "",
    },
    new_device: Phrase {
        subject: "Neue Anmeldung bei {site}",
        body: &["Jemand hat sich mit einem neuen Gerät in Ihrem Konto {email} angemeldet."],
        action: "",
    },
    password_changed: Phrase {
        subject: "Ihr Passwort für {site} wurde geändert",
        body: &["Das Passwort Ihres Kontos {email} wurde geändert."],
        action: "",
    },
    totp_added: Phrase {
        subject: "Authentifizierungs-App bei {site} eingerichtet",
        body: &[
            "Für die Anmeldung in Ihrem Konto {email} ist jetzt ein Code aus einer Authentifizierungs-App \
             erforderlich.",
        ],
        action: "",
    },
    totp_removed: Phrase {
        subject: "Authentifizierungs-App bei {site} entfernt",
        body: &[
            "Für die Anmeldung in Ihrem Konto {email} ist kein Code aus Ihrer Authentifizierungs-App mehr \
             erforderlich.",
        ],
        action: "",
    },
    passkey_added: Phrase {
        subject: "Passkey bei {site} hinzugefügt",
        body: &["Ihrem Konto {email} wurde ein Passkey hinzugefügt. Er kann jetzt zur Anmeldung verwendet \
                 werden."],
        action: "",
    },
    passkey_removed: Phrase {
        subject: "Passkey bei {site} entfernt",
        body: &[
            "Ein Passkey Ihres Kontos {email} wurde entfernt. Er kann nicht mehr zur Anmeldung verwendet \
             werden.",
        ],
        action: "",
    },
    recovery_codes_made: Phrase {
        subject: "Neue Wiederherstellungscodes für {site}",
        body: &[
            "Für Ihr Konto {email} wurden neue Wiederherstellungscodes erstellt. Die bisherigen Codes sind \
             nicht mehr gültig.",
        ],
        action: "",
    },
    recovery_code_used: Phrase {
        subject: "Wiederherstellungscode bei {site} verwendet",
        body: &[
            "Einer der Wiederherstellungscodes Ihres Kontos {email} wurde verwendet. Er ist jetzt nicht mehr \
             gültig.",
        ],
        action: "",
    },
    wrong_codes: Phrase {
        subject: "Jemand kennt möglicherweise Ihr Passwort für {site}",
        body: &[
            "Jemand hat das richtige Passwort für Ihr Konto {email} eingegeben und danach mehrere falsche \
             Codes. Ohne richtigen Code ist keine Anmeldung möglich, aber diese Person kennt möglicherweise \
             Ihr Passwort.",
        ],
        action: "",
    },
    account_deleted: Phrase {
        subject: "Ihr Konto bei {site} wurde gelöscht",
        body: &["Ihr Konto {email} und alle zugehörigen Daten wurden gelöscht."],
        action: "",
    },
    minutes: "Der Link ist {n} Minuten gültig und funktioniert nur einmal.",
    hour: "Der Link ist eine Stunde gültig und funktioniert nur einmal.",
    hours: "Der Link ist {n} Stunden gültig und funktioniert nur einmal.",
    link: "Falls die Schaltfläche nicht funktioniert, öffnen Sie diesen Link:",
    not_you: "Waren Sie das nicht? Setzen Sie sofort Ihr Passwort zurück, um alle Geräte abzumelden: {link}",
    not_you_factor: "Waren Sie das nicht? Setzen Sie sofort Ihr Passwort unter {link} zurück, um alle Geräte \
                     abzumelden. Melden Sie sich dann an und entfernen Sie alles, was Sie nicht hinzugefügt \
                     haben. Ein neues Passwort allein entfernt es nicht.",
    device: "Das geschah {time} mit {device}.",
    time: "am {day}. {month} {year} um {clock} Uhr (UTC)",
    first_day: "1",
    clock: "%H:%M",
    months: [
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
    ],
    on: "{browser} unter {system}",
    unknown_device: "einem unbekannten Gerät",
    footer: "Sie erhalten diese E-Mail, weil die Adresse {email} bei {site} angegeben wurde: {origin}",
};
