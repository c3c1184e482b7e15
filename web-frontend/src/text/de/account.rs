//! The account pages in German.

use super::{codes::kind, dative};
use crate::text::{
    Activity, AuthenticatorTexts, Confirm, Data, Delete, EmailTexts, Form, Overview, PasskeyTexts,
    PasswordTexts, RecoveryCodes, SessionTexts,
};

pub(super) const OVERVIEW: Overview = Overview {
    title: "Ihr Konto",
    created: |date| format!("Konto erstellt am {date}"),
    security: "Anmeldung und Sicherheit",
    data: "Daten und Datenschutz",
    change: "Ändern",
    set_up: "Einrichten",
    manage: "Verwalten",
    view: "Ansehen",
    on: "Aktiv",
    off: "Nicht eingerichtet",
    verified: "Bestätigt",
    unverified: "Nicht bestätigt",
    unverified_hint: "Bestätigen Sie Ihre E-Mail-Adresse, damit Sie Ihr Passwort zurücksetzen können, falls \
                      Sie es vergessen.",
    resend: "Bestätigungs-E-Mail senden",
    resent: "Wir haben Ihnen eine E-Mail mit einem Bestätigungslink geschickt.",
    password_changed: |date| format!("Zuletzt geändert am {date}"),
    password_unchanged: "Noch nie geändert",
    passkeys: |number| match number {
        0 => "Noch keine".to_owned(),
        1 => "1 Passkey".to_owned(),
        _ => format!("{number} Passkeys"),
    },
    codes_left: |number| match number {
        0 => "Keine mehr übrig".to_owned(),
        _ => format!("Noch {number} übrig"),
    },
    few_codes: |number| match number {
        0 => "Sie haben keine Wiederherstellungscodes. Wenn Sie Ihr Gerät verlieren, können Sie sich nicht \
              mehr anmelden. Erstellen Sie jetzt neue Codes."
            .to_owned(),
        1 => "Sie haben nur noch einen Wiederherstellungscode. Erstellen Sie bald neue Codes.".to_owned(),
        _ => {
            format!("Sie haben nur noch {number} Wiederherstellungscodes. Erstellen Sie bald neue Codes.")
        }
    },
    sessions: |number| match number {
        1 => "Nur auf diesem Gerät angemeldet".to_owned(),
        _ => format!("Auf {number} Geräten angemeldet"),
    },
    no_second_factor: "Ihr Konto ist nur durch ein Passwort geschützt. Mit einem Passkey oder einer \
                       Authentifizierungs-App bleibt es auch dann sicher, wenn jemand Ihr Passwort erfährt.",
    required: "Zwei-Faktor-Authentifizierung erforderlich",
};

pub(super) const PASSWORD: PasswordTexts = PasswordTexts {
    form: Form { title: "Passwort ändern", intro: "", button: "Passwort ändern" },
    end_others: "Alle anderen Geräte abmelden",
    wrong: "Das Passwort ist falsch.",
    done: "Ihr Passwort wurde geändert.",
};

pub(super) const EMAIL: EmailTexts = EmailTexts {
    form: Form {
        title: "E-Mail-Adresse ändern",
        intro: "Wir schicken einen Link an die neue Adresse. Sobald Sie sie bestätigen, ersetzt sie die \
                bisherige.",
        button: "Link senden",
    },
    present: "Aktuelle E-Mail-Adresse",
    done: |email| {
        format!(
            "Wir haben einen Link an {email} geschickt. Öffnen Sie ihn, um Ihre neue E-Mail-Adresse zu \
             bestätigen."
        )
    },
    no_mail: "Diese Website verschickt keine E-Mails. Daher können Sie Ihre Adresse hier nicht ändern. \
              Wenden Sie sich an den Betreiber dieser Website.",
};

pub(super) const AUTHENTICATOR: AuthenticatorTexts = AuthenticatorTexts {
    title: "Authentifizierungs-App",
    intro: "Bei der Anmeldung geben Sie nach dem Passwort einen Code aus einer App auf Ihrem Smartphone ein. \
            Dafür eignen sich alle Authentifizierungs-Apps und auch viele Passwortmanager.",
    set_up: "App einrichten",
    scan: "Scannen Sie diesen QR-Code mit Ihrer Authentifizierungs-App.",
    qr_code_label: "QR-Code für Ihre Authentifizierungs-App",
    manual_entry: "Oder geben Sie diesen Schlüssel manuell ein:",
    code_hint: "Geben Sie den sechsstelligen Code aus der App ein. Er ändert sich alle 30 Sekunden.",
    new_qr_code: "Neuen QR-Code anzeigen",
    turn_on: "Aktivieren",
    on: "Ihre Authentifizierungs-App ist eingerichtet. Bei der Anmeldung werden Sie nach einem Code gefragt.",
    remove: "App entfernen",
    remove_hint: "Codes aus der App werden damit ungültig und nicht mehr abgefragt.",
    added: "Ihre Authentifizierungs-App ist eingerichtet.",
    removed: "Ihre Authentifizierungs-App wurde entfernt.",
};

pub(super) const RECOVERY_CODES: RecoveryCodes = RecoveryCodes {
    title: "Wiederherstellungscodes",
    intro: "Mit einem Wiederherstellungscode können Sie sich anmelden, wenn Sie Ihr Smartphone oder Ihren \
            Passkey nicht zur Hand haben. Jeder Code ist nur einmal gültig.",
    left: |number| match number {
        0 => "Sie haben keine Codes mehr.".to_owned(),
        1 => "Sie haben noch 1 Code.".to_owned(),
        _ => format!("Sie haben noch {number} Codes."),
    },
    none_yet: "Sie erhalten Wiederherstellungscodes, sobald Sie eine Authentifizierungs-App oder einen \
               Passkey einrichten.",
    generate: "Neue Codes erstellen",
    generate_hint: "Ihre bisherigen Codes werden damit ungültig.",
    new_title: "Speichern Sie Ihre Codes",
    new_intro: "Diese Wiederherstellungscodes werden nicht noch einmal angezeigt. Sie brauchen sie, wenn Sie \
                Ihr Smartphone oder Ihren Passkey verlieren.",
    save_hint: "Drucken Sie diese Seite aus oder speichern Sie die Codes in Ihrem Passwortmanager.",
    list: "Ihre Wiederherstellungscodes",
    saved: "Ich habe die Codes gespeichert",
};

pub(super) const PASSKEYS: PasskeyTexts = PasskeyTexts {
    title: "Passkeys",
    intro: "Mit einem Passkey melden Sie sich per Fingerabdruck, Gesicht, PIN oder Sicherheitsschlüssel an. \
            So kann niemand ein Passwort stehlen oder erraten.",
    none: "Sie haben noch keine Passkeys.",
    list: "Ihre Passkeys",
    added_at: |date| format!("Hinzugefügt am {date}"),
    used_at: |date| format!("Zuletzt verwendet am {date}"),
    never_used: "Noch nicht verwendet",
    add_title: "Passkey hinzufügen",
    add: "Passkey hinzufügen",
    name: "Name",
    name_hint: "Damit Sie Ihre Passkeys unterscheiden können, zum Beispiel „Mein Smartphone“.",
    unnamed: "Passkey",
    rename: "Umbenennen",
    rename_this: |name| format!("Umbenennen: {name}"),
    save: "Speichern",
    remove: "Entfernen",
    remove_this: |name| format!("Entfernen: {name}"),
    added: "Ihr Passkey wurde hinzugefügt.",
    renamed: "Der Passkey wurde umbenannt.",
    removed: "Der Passkey wurde entfernt. Löschen Sie ihn auch auf Ihrem Gerät.",
    not_possible: "Passkeys sind auf dieser Website nicht verfügbar.",
};

pub(super) const SESSIONS: SessionTexts = SessionTexts {
    title: "Geräte",
    idle: |length| format!("Sie werden nach {} Inaktivität automatisch abgemeldet,", dative(length)),
    absolute: |length| format!("spätestens aber {length} nach der Anmeldung"),
    cap: |number| match number {
        1 => {
            "Sie können immer nur auf einem Gerät angemeldet sein. Wenn Sie sich auf einem anderen anmelden, \
             werden Sie hier abgemeldet."
                .to_owned()
        }
        _ => format!(
            "Sie können auf bis zu {number} Geräten angemeldet sein. Wenn Sie sich auf einem weiteren \
             anmelden, wird das am längsten angemeldete Gerät abgemeldet."
        ),
    },
    this_one: "Dieses Gerät",
    browser_on: |browser, os| format!("{browser} unter {os}"),
    unknown: "Unbekanntes Gerät",
    address: "IP-Adresse",
    signed_in: "Angemeldet am",
    last_seen: "Zuletzt aktiv",
    ends: "Läuft ab am",
    not_yet: "Noch nicht",
    end: "Abmelden",
    end_this: |device| format!("Abmelden: {device}"),
    end_others: "Alle anderen Geräte abmelden",
    end_others_hint: "Auf diesem Gerät bleiben Sie angemeldet.",
    ended: "Das Gerät wurde abgemeldet.",
    others_ended: |number| match number {
        0 => "Sie waren auf keinem anderen Gerät angemeldet.".to_owned(),
        1 => "1 anderes Gerät wurde abgemeldet.".to_owned(),
        _ => format!("{number} andere Geräte wurden abgemeldet."),
    },
};

pub(super) const ACTIVITY: Activity = Activity {
    title: "Aktivität",
    intro: "Anmeldungen und Änderungen in Ihrem Konto. Wenn Ihnen etwas verdächtig vorkommt, ändern Sie Ihr \
            Passwort und melden Sie alle anderen Geräte ab.",
    event: "Ereignis",
    date: "Datum",
    device: "Gerät",
    none: "Noch keine Aktivität.",
    older: "Ältere",
    newest: "Neueste",
    kind,
};

pub(super) const DATA: Data = Data {
    title: "Ihre Daten",
    intro: "Alles, was diese Website über Sie speichert, in einer einzigen JSON-Datei.",
    download: "Herunterladen",
    never: "Ihr Passwort ist nicht enthalten. Gespeichert wird nur ein Hash davon.",
};

pub(super) const DELETE: Delete = Delete {
    form: Form {
        title: "Konto löschen",
        intro: "Ihr Konto und alle zugehörigen Daten werden sofort gelöscht. Das lässt sich nicht rückgängig \
                machen.",
        button: "Konto löschen",
    },
    sure: "Ja, mein Konto löschen",
    not_sure: "Setzen Sie zur Bestätigung das Häkchen.",
    done: "Ihr Konto wurde gelöscht.",
};

pub(super) const CONFIRM: Confirm = Confirm {
    form: Form {
        title: "Bestätigen Sie Ihre Identität",
        intro: "Geben Sie Ihr Passwort ein, um fortzufahren. Es wird dann zehn Minuten lang nicht mehr \
                abgefragt.",
        button: "Bestätigen",
    },
    missing_factor_title: "Zweiter Faktor erforderlich",
    missing_factor: "Diese Seite ist nur für Personen, die sich mit einem zweiten Faktor angemeldet haben. \
                     Richten Sie einen Passkey oder eine Authentifizierungs-App ein, und öffnen Sie die Seite \
                     noch einmal.",
};
