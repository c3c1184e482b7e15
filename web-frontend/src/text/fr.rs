//! French.

mod account;
mod codes;

use chrono::{DateTime, Datelike, Utc};
use codes::{detail, refusal, title};

use super::{
    Address, Enrol, Field, Forgot, Form, Frame, Home, Logout, Passkey, Private, Problems, Register, Reset,
    Second, SignIn, Text, Time,
};

pub(crate) const FR: Text = Text {
    frame: Frame {
        skip: "Aller au contenu",
        navigation: "Connexion et déconnexion",
        sections: "Votre compte",
        account: "Compte",
        sign_in: "Se connecter",
        sign_up: "S’inscrire",
        sign_out: "Se déconnecter",
        language: "Langue",
        error: "Erreur\u{a0}: ",
        cancel: "Annuler",
    },
    field: Field {
        email: "Adresse e-mail",
        new_email: "Nouvelle adresse e-mail",
        password: "Mot de passe",
        current_password: "Mot de passe actuel",
        new_password: "Nouveau mot de passe",
        password_hint: "Au moins 8 caractères. Le mieux\u{a0}: une phrase entière, ou ce que propose \
                        votre gestionnaire de mots de passe.",
        show_password: "Afficher le mot de passe",
        hide_password: "Masquer le mot de passe",
        strength: "Solidité\u{a0}:",
        strengths: ["très faible", "faible", "moyenne", "bonne", "excellente"],
        code: "Code",
        recovery_code: "Code de secours",
        code_or_recovery_code: "Code de votre application ou code de secours",
    },
    problem: Problems {
        title,
        refusal,
        detail,
        too_many_attempts: |wait| format!("Trop de tentatives. Réessayez dans {wait}."),
        still_signed_in: "Si vous étiez connecté, vous l’êtes toujours. Rechargez la page dans un \
                          instant.",
        stale_form: "Le formulaire avait expiré, ou votre navigateur ne garde pas les cookies. Veuillez \
                     le renvoyer.",
        start: "Retour à l’accueil",
        number: "Si vous demandez de l’aide, indiquez ce numéro\u{a0}:",
    },
    home: Home {
        title: "Bienvenue",
        headline: "La porte est ouverte à ceux qui y ont leur place.",
        signed_in: |email| format!("Vous êtes connecté en tant que {email}."),
        signed_out: "Connectez-vous une fois, restez connecté sur cet appareil et voyez à tout moment où \
                     vous l’êtes encore.",
        to_private: "Aller à la page protégée",
        sign_up: "Créer un compte",
        steps: [
            [
                "Se connecter",
                "Avec un mot de passe ou une clé d’accès. Votre session tient dans un cookie qu’aucun \
                 script ne peut lire.",
            ],
            [
                "Entrer",
                "À chaque visite d’une page protégée, on vérifie qui vous êtes et si vous y avez encore \
                 accès.",
            ],
            [
                "Se déconnecter",
                "Votre session prend fin sur le serveur, aussitôt et partout, pas seulement dans ce \
                 navigateur.",
            ],
        ],
    },
    private: Private {
        title: "Page protégée",
        badge: "Vous êtes à l’intérieur",
        signed_in_as: "Connecté en tant que",
        since: "Depuis",
        until: "Jusqu’au",
        at_the_latest: "Au plus tard",
    },
    sign_in: SignIn {
        form: Form { title: "Connexion", intro: "", button: "Se connecter" },
        next: |path| format!("Connectez-vous pour accéder à {path}."),
        forgot: "Mot de passe oublié\u{a0}?",
        no_account: "Pas encore de compte\u{a0}?",
        expired: "Cela a pris trop de temps. Veuillez vous reconnecter.",
    },
    second: Second {
        form: Form {
            title: "Encore une étape",
            intro: "Saisissez le code qu’affiche en ce moment votre application d’authentification.",
            button: "Se connecter",
        },
        with_passkey: "Confirmez avec votre clé d’accès que c’est bien vous.",
        with_recovery_code: "Saisissez l’un de vos codes de secours. Chacun ne sert qu’une fois.",
        to_recovery_code: "Utiliser un code de secours",
        to_code: "Utiliser un code de l’application",
        start_over: "Recommencer",
    },
    enrol: Enrol {
        title: "Configurez une seconde étape",
        intro: "Ici, tout le monde se connecte en deux étapes, pour qu’un mot de passe seul n’ouvre \
                rien. Cela prend une minute.",
        authenticator: Form {
            title: "Application d’authentification",
            intro: "Une application sur votre téléphone affiche un code à saisir après votre mot de \
                    passe.",
            button: "Configurer une application",
        },
        passkey: Form {
            title: "Clé d’accès",
            intro: "Votre empreinte, votre visage, un code PIN ou une clé de sécurité. À l’abri de \
                    l’hameçonnage.",
            button: "Configurer une clé d’accès",
        },
    },
    passkey: Passkey {
        sign_in: "Se connecter avec une clé d’accès",
        use_one: "Utiliser une clé d’accès",
        or: "ou",
        waiting: "Suivez les indications de votre navigateur.",
        cancelled: "Rien n’a été confirmé. Réessayez quand vous serez prêt.",
        known: "Cet appareil a déjà une clé d’accès pour votre compte.",
        failed: "Cela n’a pas fonctionné. Réessayez, ou choisissez un autre moyen.",
        needs_script: "Les clés d’accès nécessitent JavaScript et un navigateur qui les prend en charge.",
    },
    register: Register {
        form: Form { title: "Créer un compte", intro: "", button: "S’inscrire" },
        have_account: "Vous avez déjà un compte\u{a0}?",
        ready: "Votre compte est prêt. Connectez-vous pour continuer.",
        sent_title: "Consultez votre messagerie",
        sent: |email| match email {
            Some(email) => format!(
                "Nous avons envoyé un message à {email}. Ouvrez le lien qu’il contient pour continuer."
            ),
            None => {
                "Nous vous avons envoyé un message. Ouvrez le lien qu’il contient pour continuer.".to_owned()
            }
        },
        sent_hint: "Toujours rien après quelques minutes\u{a0}? Regardez dans les courriers indésirables \
                    et vérifiez l’adresse.",
    },
    address: Address {
        form: Form {
            title: "Confirmez votre adresse",
            intro: "Saisissez votre mot de passe pour confirmer que cette adresse est bien la vôtre.",
            button: "Confirmer",
        },
        change: Form {
            title: "Changez d’adresse",
            intro: "Désormais, vous vous connecterez avec cette adresse.",
            button: "Utiliser cette adresse",
        },
        confirmed: "Votre adresse est confirmée.",
        changed: "Votre adresse a été changée.",
        invalid_title: "Ce lien n’est plus valable",
        invalid: "Il a déjà servi, un plus récent l’a remplacé, ou il a expiré.",
        invalid_hint: "Si vous venez de l’utiliser, tout va bien\u{a0}: connectez-vous.",
    },
    forgot: Forgot {
        form: Form {
            title: "Mot de passe oublié\u{a0}?",
            intro: "Saisissez votre adresse\u{a0}: nous vous enverrons un lien pour choisir un nouveau \
                    mot de passe.",
            button: "Recevoir le lien",
        },
        sent_title: "Consultez votre messagerie",
        sent: |email| match email {
            Some(email) => {
                format!("Si {email} correspond à un compte ici, un message avec un lien est en route.")
            }
            None => "Si cette adresse correspond à un compte ici, un message avec un lien est en route."
                .to_owned(),
        },
        sent_hint: "Le lien sert une seule fois et pas longtemps. Toujours rien\u{a0}? Regardez dans les \
                    courriers indésirables.",
        back: "Retour à la connexion",
    },
    reset: Reset {
        form: Form {
            title: "Choisissez un nouveau mot de passe",
            intro: "Vous serez déconnecté de tous vos appareils.",
            button: "Enregistrer le mot de passe",
        },
        done: "Votre mot de passe a été changé. Connectez-vous avec le nouveau.",
        ask_again: "Demander un nouveau lien",
    },
    logout: Logout {
        form: Form {
            title: "Se déconnecter\u{a0}?",
            intro: "Votre session sur cet appareil prend fin aussitôt sur tous les serveurs.",
            button: "Se déconnecter",
        },
        stay: "Rester connecté",
        done: "Vous êtes déconnecté.",
        not_now: "Vous êtes toujours connecté, car la déconnexion n’est pas possible en ce moment. \
                  Réessayez dans un instant.",
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
