//! French.

mod account;
mod codes;

use chrono::{DateTime, Datelike, Utc};
use codes::{detail, refusal, title};

use super::{
    AddressTexts, Enrol, Field, Forgot, Form, Frame, Home, Logout, Passkey, Private, Problems, Register,
    Reset, Second, SignIn, Text, Time,
};

pub(crate) const FR: Text = Text {
    frame: Frame {
        skip: "Aller au contenu",
        navigation: "Menu principal",
        sections: "Paramètres du compte",
        account: "Compte",
        sign_in: "Se connecter",
        sign_up: "Créer un compte",
        sign_out: "Se déconnecter",
        language: "Langue",
        error: "Erreur\u{a0}: ",
        cancel: "Annuler",
        one_moment: "Un instant…",
        go_on: "Continuer",
    },
    field: Field {
        email: "Adresse e-mail",
        new_email: "Nouvelle adresse e-mail",
        password: "Mot de passe",
        current_password: "Mot de passe actuel",
        new_password: "Nouveau mot de passe",
        password_hint: "Au moins 8 caractères. Préférez une phrase de passe ou un mot de passe généré.",
        show_password: "Afficher le mot de passe",
        hide_password: "Masquer le mot de passe",
        strength: "Solidité\u{a0}:",
        strengths: ["très faible", "faible", "moyenne", "bonne", "excellente"],
        code: "Code",
        recovery_code: "Code de récupération",
        code_or_recovery_code: "Code de l’application ou code de récupération",
    },
    problem: Problems {
        title,
        refusal,
        detail,
        too_many_attempts: |wait| format!("Trop de tentatives. Réessayez dans {wait}."),
        still_signed_in: "Si vous étiez connecté, vous l’êtes toujours. Rechargez la page dans un instant.",
        stale_form: "Le formulaire a expiré ou votre navigateur bloque les cookies. Veuillez réessayer.",
        home: "Retour à l’accueil",
        request_id: "Si vous contactez l’assistance, indiquez cet identifiant\u{a0}:",
    },
    home: Home {
        title: "Bienvenue",
        headline: "Connectez-vous une fois. Votre session reste ouverte sur cet appareil.",
        signed_in: |email| format!("Vous êtes connecté en tant que {email}."),
        signed_out: "Consultez à tout moment la liste de vos appareils connectés et déconnectez ceux que \
                     vous voulez.",
        to_private: "Ouvrir la page protégée",
        sign_up: "Créer un compte",
        steps: [
            [
                "Se connecter",
                "Avec un mot de passe ou une clé d’accès. Votre session est conservée dans un cookie \
                 qu’aucun script ne peut lire.",
            ],
            [
                "Ouvrir une page protégée",
                "À chaque visite, nous vérifions qui vous êtes et si vous y avez toujours accès.",
            ],
            [
                "Se déconnecter",
                "Votre session prend fin immédiatement sur le serveur, et pas seulement dans ce navigateur.",
            ],
        ],
    },
    private: Private {
        title: "Page protégée",
        badge: "Connecté",
        signed_in_as: "Connecté en tant que",
        since: "Depuis le",
        until: "Expiration en cas d’inactivité",
        at_the_latest: "Expiration au plus tard",
    },
    sign_in: SignIn {
        form: Form { title: "Connexion", intro: "", button: "Se connecter" },
        next: |path| format!("Connectez-vous pour accéder à {path}."),
        forgot: "Mot de passe oublié\u{a0}?",
        no_account: "Pas encore de compte\u{a0}?",
        expired: "La connexion a pris trop de temps. Veuillez recommencer.",
    },
    second: Second {
        form: Form {
            title: "Authentification à deux facteurs",
            intro: "Saisissez le code affiché par votre application d’authentification.",
            button: "Se connecter",
        },
        with_passkey: "Terminez la connexion avec votre clé d’accès.",
        with_recovery_code: "Saisissez l’un de vos codes de récupération. Chaque code ne sert qu’une fois.",
        to_recovery_code: "Utiliser un code de récupération",
        to_code: "Utiliser l’application d’authentification",
        start_over: "Recommencer",
    },
    enrol: Enrol {
        title: "Configurer l’authentification à deux facteurs",
        intro: "Ce site exige un second facteur\u{a0}: le mot de passe seul ne suffit pas pour se connecter. \
                La configuration prend environ une minute.",
        authenticator: Form {
            title: "Application d’authentification",
            intro: "Une application sur votre téléphone affiche un code à saisir après votre mot de passe.",
            button: "Configurer l’application",
        },
        passkey: Form {
            title: "Clé d’accès",
            intro: "Avec votre empreinte digitale, votre visage, un code PIN ou une clé de sécurité. Vous \
                    protège contre l’hameçonnage.",
            button: "Configurer une clé d’accès",
        },
    },
    passkey: Passkey {
        sign_in: "Se connecter avec une clé d’accès",
        use_one: "Utiliser une clé d’accès",
        or: "ou",
        waiting: "Suivez les instructions de votre navigateur.",
        cancelled: "L’opération n’a pas abouti. Réessayez quand vous le souhaitez.",
        already_registered: "Cet appareil a déjà une clé d’accès pour votre compte.",
        failed: "Une erreur s’est produite. Réessayez ou utilisez une autre méthode.",
        needs_script: "Les clés d’accès nécessitent JavaScript et un navigateur compatible.",
    },
    register: Register {
        form: Form { title: "Créer un compte", intro: "", button: "Créer un compte" },
        have_account: "Vous avez déjà un compte\u{a0}?",
        ready: "Votre compte est prêt. Connectez-vous pour continuer.",
        sent_title: "Consultez votre boîte de réception",
        sent: |email| match email {
            Some(email) => format!(
                "Nous avons envoyé un e-mail à {email}. Ouvrez le lien qu’il contient pour continuer."
            ),
            None => {
                "Nous vous avons envoyé un e-mail. Ouvrez le lien qu’il contient pour continuer.".to_owned()
            }
        },
        sent_hint: "Toujours pas d’e-mail après quelques minutes\u{a0}? Regardez dans vos courriers \
                    indésirables et vérifiez l’adresse.",
    },
    address: AddressTexts {
        form: Form {
            title: "Confirmez votre adresse e-mail",
            intro: "Saisissez votre mot de passe pour confirmer que cette adresse e-mail est bien la vôtre.",
            button: "Confirmer",
        },
        change: Form {
            title: "Confirmez votre nouvelle adresse e-mail",
            intro: "Saisissez votre mot de passe pour confirmer. Vous vous connecterez ensuite avec cette \
                    adresse.",
            button: "Confirmer",
        },
        confirmed: "Votre adresse e-mail a été confirmée.",
        changed: "Votre adresse e-mail a été modifiée.",
        invalid_title: "Ce lien n’est plus valide",
        invalid: "Il a expiré, a déjà été utilisé ou a été remplacé par un lien plus récent.",
        invalid_hint: "Si vous venez de l’utiliser, tout s’est bien passé. Vous pouvez vous connecter.",
    },
    forgot: Forgot {
        form: Form {
            title: "Mot de passe oublié\u{a0}?",
            intro: "Saisissez votre adresse e-mail. Nous vous enverrons un lien pour réinitialiser votre mot \
                    de passe.",
            button: "Recevoir le lien",
        },
        sent_title: "Consultez votre boîte de réception",
        sent: |email| match email {
            Some(email) => format!(
                "S’il existe un compte pour {email}, vous recevrez bientôt un e-mail avec un lien de \
                 réinitialisation."
            ),
            None => {
                "S’il existe un compte pour cette adresse, vous recevrez bientôt un e-mail avec un lien de \
                 réinitialisation."
                    .to_owned()
            }
        },
        sent_hint: "Le lien ne sert qu’une fois et expire rapidement. Toujours pas d’e-mail\u{a0}? Regardez \
                    dans vos courriers indésirables.",
        back: "Retour à la connexion",
    },
    reset: Reset {
        form: Form {
            title: "Choisissez un nouveau mot de passe",
            intro: "Tous vos appareils seront déconnectés.",
            button: "Réinitialiser le mot de passe",
        },
        done: "Votre mot de passe a été réinitialisé. Connectez-vous avec votre nouveau mot de passe.",
        ask_again: "Demander un nouveau lien",
    },
    logout: Logout {
        form: Form {
            title: "Se déconnecter\u{a0}?",
            intro: "Votre session sur cet appareil prendra fin immédiatement.",
            button: "Se déconnecter",
        },
        stay: "Rester connecté",
        done: "Vous êtes déconnecté.",
        not_now: "Vous êtes toujours connecté\u{a0}: la déconnexion est impossible pour le moment. Réessayez \
                  dans un instant.",
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
        units: [["seconde", "secondes"], ["minute", "minutes"], ["heure", "heures"], ["jour", "jours"]],
        and: " et ",
    },
};

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

fn moment(at: DateTime<Utc>) -> String {
    let month = MONTHS.get(at.month0() as usize).copied().unwrap_or_default();
    let day = if at.day() == 1 { "1er".to_owned() } else { at.day().to_string() };
    format!("{day} {month} {} à {} (UTC)", at.year(), at.format("%H\u{a0}h\u{a0}%M"))
}
