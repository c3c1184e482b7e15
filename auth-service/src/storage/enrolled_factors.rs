use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, dsl::select};
use drawbridge_core::id::UserId;
use drawbridge_database::{
    Connection, on_backend,
    schema::{passkeys, recovery_codes, totp_secrets},
};

use crate::domain::EnrolledFactors;

/// The second factors of an account.
pub fn find_enrolled_factors(connection: &mut Connection, user: UserId) -> QueryResult<EnrolledFactors> {
    let totp = totp_secrets::table
        .filter(totp_secrets::user_id.eq(user).and(totp_secrets::confirmed_at.is_not_null()));
    let codes = recovery_codes::table.filter(recovery_codes::user_id.eq(user));
    let keys = passkeys::table.filter(passkeys::user_id.eq(user));
    let (totp, recovery_codes, passkeys) = on_backend!(connection, |c| {
        select((totp.count().single_value(), codes.count().single_value(), keys.count().single_value()))
            .get_result::<(Option<i64>, Option<i64>, Option<i64>)>(c)
    })?;
    Ok(EnrolledFactors {
        totp: totp.unwrap_or(0) > 0,
        recovery_codes: recovery_codes.unwrap_or(0),
        passkeys: passkeys.unwrap_or(0),
    })
}
