//! What has a code: failures, refusals, and what happened with an account.

pub(super) fn refusal(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_email" => "Écrivez l’adresse sous la forme nom@domaine.",
        "password_too_short" => "Le mot de passe doit avoir au moins 8 caractères.",
        "password_too_long" => "Le mot de passe doit tenir dans 1024 octets.",
        "password_too_common" => {
            "Ce mot de passe est l’un des premiers qu’on essaierait. Choisissez-en un autre."
        }
        "password_leaked" => "Ce mot de passe a fuité d’un autre site. Choisissez-en un autre.",
        "email_taken" => "Cette adresse a déjà un compte.",
        "invalid_credentials" => "L’adresse e-mail ou le mot de passe est incorrect.",
        "user_disabled" => "Ce compte est désactivé. Adressez-vous aux responsables de ce site.",
        "link_invalid" => "Ce lien n’est plus valable.",
        "invalid_code" => "Ce code est incorrect ou a expiré. Saisissez celui qui est affiché en ce moment.",
        "login_expired" => "Cela a pris trop de temps. Veuillez vous reconnecter.",
        "second_factor_required" => "Saisissez aussi un code.",
        "invalid_passkey" => {
            "Cette clé d’accès n’a pas été acceptée. Réessayez, ou choisissez un autre moyen."
        }
        "passkey_known" => "Cet appareil a déjà une clé d’accès pour votre compte.",
        "passkey_not_found" => "Cette clé d’accès n’existe plus.",
        "too_many_passkeys" => "Vous ne pouvez pas avoir plus de clés d’accès. Retirez-en d’abord une.",
        "invalid_name" => "Choisissez un nom de 1 à 60 caractères.",
        "last_factor" => {
            "C’est votre seule seconde étape, et il en faut une ici. Configurez-en d’abord une autre."
        }
        "last_way_in" => {
            "Sans elle, vous ne pourriez plus vous connecter. Configurez d’abord un autre moyen."
        }
        "no_second_factor" => "Configurez d’abord une application d’authentification ou une clé d’accès.",
        "factor_not_possible" => "Ce n’est pas possible ici. Adressez-vous aux responsables de ce site.",
        "totp_not_begun" => "Cela a pris trop de temps. Recommencez.",
        "totp_present" => "Une application d’authentification est déjà configurée. Retirez-la d’abord.",
        "confirmation_required" => "Confirmez d’abord que c’est bien vous.",
        "mail_not_configured" => {
            "Ce site n’envoie pas d’e-mails. Demandez un nouveau mot de passe à ses responsables."
        }
        "busy" | "unavailable" => "Ce n’est pas possible en ce moment. Réessayez dans un instant.",
        _ => return None,
    })
}

pub(super) fn detail(code: &str) -> Option<&'static str> {
    Some(match code {
        "not_found" => "Vérifiez l’adresse.",
        "method_not_allowed" => "Cette page ne s’ouvre pas ainsi.",
        "internal_error" => "L’erreur a été notée sous le numéro ci-dessous.",
        "invalid_query" => "Une partie de l’adresse manque, est fausse ou figure deux fois.",
        "invalid_form" => "Un champ manque, est inconnu ou figure deux fois.",
        "payload_too_large" => "Le formulaire contient trop de texte.",
        "request_timeout" => "Renvoyez le formulaire.",
        "cross_site_request" => "Envoyez le formulaire depuis une page de ce site.",
        "missing_token" | "invalid_token" | "expired_token" | "session_revoked" | "user_not_found" => {
            "Veuillez vous reconnecter."
        }
        "cookie_missing" | "cookie_other_name" | "cookie_other_host" | "cookie_duplicate" | "tls_missing"
        | "clock_skew" => {
            "Vous avez été renvoyé plusieurs fois à la page de connexion sans être reconnu. Transmettez \
             l’indication qui suit aux responsables de ce site."
        }
        _ => return refusal(code),
    })
}

pub(super) fn title(code: &str) -> Option<&'static str> {
    Some(match code {
        "malformed_json" => "La requête n’est pas du JSON",
        "invalid_body" => "La requête a une autre forme",
        "invalid_form" => "Le formulaire est illisible",
        "invalid_query" => "L’adresse est illisible",
        "bad_request" => "La requête est incompréhensible",
        "unsupported_media_type" => "La requête est d’un autre type",
        "payload_too_large" => "La requête est trop grande",
        "request_timeout" => "La requête a pris trop de temps",
        "not_found" => "Il n’y a rien ici",
        "method_not_allowed" => "Ce n’est pas ainsi que cela marche",
        "invalid_email" => "L’adresse e-mail n’est pas valable",
        "password_too_short" => "Le mot de passe est trop court",
        "password_too_long" => "Le mot de passe est trop long",
        "password_too_common" => "Le mot de passe est facile à deviner",
        "password_leaked" => "Le mot de passe a fuité",
        "email_taken" => "Cette adresse a un compte",
        "invalid_credentials" => "Adresse e-mail ou mot de passe incorrect",
        "second_factor_required" => "Il manque une seconde étape",
        "invalid_code" => "Le code est incorrect",
        "invalid_passkey" => "La clé d’accès n’a pas été acceptée",
        "login_expired" => "La connexion a pris trop de temps",
        "confirmation_required" => "Confirmez que c’est bien vous",
        "link_invalid" => "Ce lien n’est plus valable",
        "mail_not_configured" => "Ce site n’envoie pas d’e-mails",
        "factor_not_possible" => "Ce n’est pas possible ici",
        "totp_not_begun" => "La configuration n’a pas été commencée",
        "totp_present" => "Une application est déjà configurée",
        "no_second_factor" => "Il n’y a pas de seconde étape",
        "last_factor" => "C’est la seule seconde étape",
        "last_way_in" => "C’est le dernier moyen d’entrer",
        "passkey_known" => "Cette clé d’accès existe déjà",
        "passkey_not_found" => "Cette clé d’accès n’existe pas",
        "too_many_passkeys" => "Il y a trop de clés d’accès",
        "invalid_name" => "Ce nom n’est pas possible",
        "missing_token" => "Vous n’êtes pas connecté",
        "invalid_token" => "Votre connexion n’est pas valable",
        "expired_token" => "Votre connexion a expiré",
        "user_not_found" => "Ce compte n’existe pas",
        "user_disabled" => "Ce compte est désactivé",
        "session_revoked" => "Votre session est terminée",
        "cookie_missing" => "Le cookie de connexion n’arrive pas",
        "cookie_other_name" => "Le cookie de connexion porte un autre nom",
        "cookie_other_host" => "Le cookie de connexion est lié à une autre adresse",
        "cookie_duplicate" => "Deux cookies de connexion arrivent au lieu d’un",
        "tls_missing" => "La page a été ouverte sans chiffrement",
        "clock_skew" => "Les horloges de ce site diffèrent",
        "cross_site_request" => "La requête vient d’un autre site",
        "stale_form" => "Le formulaire a expiré",
        "too_many_attempts" => "Trop de tentatives",
        "busy" => "Il y a trop à faire en ce moment",
        "unavailable" => "Hors d’atteinte en ce moment",
        "internal_error" => "Une erreur s’est produite ici",
        _ => return None,
    })
}

pub(super) fn kind(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "signed_up" => "Compte créé",
        "signed_in" => "Connexion",
        "sign_in_failed" => "Mot de passe incorrect",
        "second_factor_failed" => "Code incorrect",
        "signed_out" => "Déconnexion",
        "session_ended" => "Un appareil déconnecté",
        "sessions_ended" => "Autres appareils déconnectés",
        "password_changed" => "Mot de passe changé",
        "password_reset_requested" => "Nouveau mot de passe demandé",
        "password_reset" => "Nouveau mot de passe défini par un lien",
        "email_verified" => "Adresse confirmée",
        "email_change_requested" => "Changement d’adresse demandé",
        "email_changed" => "Adresse changée",
        "totp_added" => "Application d’authentification configurée",
        "totp_removed" => "Application d’authentification retirée",
        "recovery_codes_made" => "Codes de secours créés",
        "recovery_code_used" => "Code de secours utilisé",
        "passkey_added" => "Clé d’accès ajoutée",
        "passkey_renamed" => "Clé d’accès renommée",
        "passkey_removed" => "Clé d’accès retirée",
        "confirmed" => "Identité confirmée",
        "exported" => "Données téléchargées",
        "account_disabled" => "Compte désactivé",
        "account_enabled" => "Compte réactivé",
        "account_deleted" => "Compte supprimé",
        "roles_changed" => "Rôles modifiés",
        "factors_removed" => "Seconds facteurs retirés par un opérateur",
        "imported" => "Compte repris d’un autre système",
        _ => return None,
    })
}
