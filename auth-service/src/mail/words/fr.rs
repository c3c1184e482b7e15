use super::{Phrase, Words};

pub(super) static WORDS: Words = Words {
    tag: "fr",
    register: Phrase {
        subject: "Confirmez votre adresse pour {site}",
        body: &[
            "Quelqu’un, vous-même sans doute, souhaite ouvrir un compte {site} avec l’adresse {email}.",
            "Si c’est bien vous, confirmez l’adresse et saisissez le mot de passe que vous avez choisi. Sinon, ne \
             faites rien : sans ce lien, aucun compte ne sera créé.",
        ],
        action: "Confirmer l’adresse",
    },
    register_known: Phrase {
        subject: "Vous avez déjà un compte {site}",
        body: &[
            "Quelqu’un, peut-être vous-même, a voulu ouvrir un compte {site} avec l’adresse {email}, qui en possède déjà \
             un.",
            "Si c’était vous, il suffit de vous connecter ; si vous avez oublié votre mot de passe, vous pourrez en \
             choisir un autre. Sinon, vous n’avez rien à faire.",
        ],
        action: "Se connecter",
    },
    verify: Phrase {
        subject: "Confirmez votre adresse pour {site}",
        body: &[
            "Merci de confirmer que {email} est bien votre adresse, afin que {site} puisse vous joindre si vous perdez \
             votre mot de passe.",
        ],
        action: "Confirmer l’adresse",
    },
    reset: Phrase {
        subject: "Choisissez un nouveau mot de passe pour {site}",
        body: &[
            "Quelqu’un, vous-même sans doute, a demandé un nouveau mot de passe pour le compte {email} sur {site}.",
            "Suivez le lien pour en choisir un. Tous les appareils seront alors déconnectés. Si ce n’était pas vous, ne \
             faites rien : votre mot de passe reste inchangé.",
        ],
        action: "Choisir un nouveau mot de passe",
    },
    change_address: Phrase {
        subject: "Confirmez votre nouvelle adresse pour {site}",
        body: &[
            "{email} doit devenir l’adresse d’un compte {site}. Suivez le lien pour le confirmer.",
            "Si vous n’êtes pas à l’origine de cette demande, ne faites rien : rien ne changera.",
        ],
        action: "Confirmer la nouvelle adresse",
    },
    address_taken: Phrase {
        subject: "Cette adresse possède déjà un compte {site}",
        body: &[
            "Quelqu’un, peut-être vous-même, a voulu utiliser {email} pour un autre compte {site}. Cette adresse possède \
             déjà son propre compte ; rien n’a donc été modifié.",
        ],
        action: "",
    },
    address_change_requested: Phrase {
        subject: "Votre adresse sur {site} va changer",
        body: &[
            "L’adresse de votre compte {site} doit être remplacée par {email}. Elle le sera dès qu’elle aura été confirmée \
             par le lien qui y a été envoyé.",
        ],
        action: "",
    },
    address_changed: Phrase {
        subject: "Votre adresse sur {site} a été modifiée",
        body: &[
            "L’adresse de votre compte {site} est désormais {email}. Les messages y seront envoyés dorénavant.",
        ],
        action: "",
    },
    new_device: Phrase {
        subject: "Nouvelle connexion à {site}",
        body: &["Quelqu’un s’est connecté à votre compte {email} depuis un appareil encore inconnu."],
        action: "",
    },
    password_changed: Phrase {
        subject: "Votre mot de passe {site} a été modifié",
        body: &["Le mot de passe de votre compte {email} a été modifié."],
        action: "",
    },
    totp_added: Phrase {
        subject: "Application d’authentification ajoutée sur {site}",
        body: &[
            "La connexion à votre compte {email} demande désormais un code de votre application d’authentification.",
        ],
        action: "",
    },
    totp_removed: Phrase {
        subject: "Application d’authentification retirée sur {site}",
        body: &[
            "La connexion à votre compte {email} ne demande plus de code de votre application d’authentification.",
        ],
        action: "",
    },
    passkey_added: Phrase {
        subject: "Clé d’accès ajoutée sur {site}",
        body: &["Une nouvelle clé d’accès permet de se connecter à votre compte {email}."],
        action: "",
    },
    passkey_removed: Phrase {
        subject: "Clé d’accès supprimée sur {site}",
        body: &[
            "Une clé d’accès de votre compte {email} a été supprimée. Elle ne permet plus de se connecter.",
        ],
        action: "",
    },
    recovery_codes_made: Phrase {
        subject: "Nouveaux codes de secours sur {site}",
        body: &[
            "De nouveaux codes de secours ont été créés pour votre compte {email}. Les anciens ne sont plus valables.",
        ],
        action: "",
    },
    recovery_code_used: Phrase {
        subject: "Code de secours utilisé sur {site}",
        body: &["Un code de secours de votre compte {email} a été utilisé. Il n’est plus valable."],
        action: "",
    },
    wrong_codes: Phrase {
        subject: "Codes erronés sur {site} : votre mot de passe est peut-être connu",
        body: &[
            "Quelqu’un a saisi le bon mot de passe de votre compte {email}, puis plusieurs codes erronés. Sans le bon code, \
             personne ne peut entrer, mais votre mot de passe est peut-être connu d’autrui.",
        ],
        action: "",
    },
    account_deleted: Phrase {
        subject: "Votre compte {site} a été supprimé",
        body: &["Le compte {email} a été supprimé avec tout ce qui s’y rattachait."],
        action: "",
    },
    minutes: "Le lien est valable {n} minutes et ne fonctionne qu’une fois.",
    hour: "Le lien est valable une heure et ne fonctionne qu’une fois.",
    hours: "Le lien est valable {n} heures et ne fonctionne qu’une fois.",
    link: "Si le bouton ne fonctionne pas, ouvrez ce lien :",
    not_you: "Ce n’était pas vous ? Choisissez sans attendre un nouveau mot de passe ; tous les appareils seront \
              déconnectés : {link}",
    not_you_factor: "Ce n’était pas vous ? Choisissez sans attendre un nouveau mot de passe, {link}, ce qui déconnecte tous \
                     les appareils ; connectez-vous et supprimez ce que vous n’avez pas ajouté. Un nouveau mot de passe ne \
                     suffit pas à le supprimer.",
    device: "Cela s’est passé {time} depuis {device}.",
    time: "le {day} {month} {year} à {clock} UTC",
    months: [
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
    ],
    on: "{browser} sur {system}",
    unknown_device: "un appareil inconnu",
    footer: "Vous recevez ce message parce que {email} a été saisi sur {site}, {origin}.",
};
